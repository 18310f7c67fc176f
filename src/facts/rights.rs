//! What each service's processes may do.
//!
//! Compose specification, `user`, `privileged`, `cap_add`, `cap_drop`, `security_opt`, `read_only`;
//! capabilities(7).

pub use super::answers::{capability::Capabilities, privileges::no_new_privileges};
use super::{
    Cell, Row, Topic,
    answers::{capability, root},
    image, yes_or_no,
};
use crate::compose::{Located, Project, Service};

pub(super) const TOPIC: Topic = Topic {
    name: "rights",
    about: "as whom each service runs, and what it may do",
    columns: &[
        "service",
        "user",
        "capabilities",
        "privileged",
        "new privileges",
        "root file system",
    ],
    keys: &[0],
    key: "user",
    sentence: Some("exactly these rights hold:"),
    declared,
};

/// What a service may do, in the words of tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rights {
    /// The user as `user:` or `USER` writes it, `root` where nobody else is named.
    pub user: Cell,
    /// What its processes can have at most.
    pub capabilities: Capabilities,
    /// Whether it is privileged.
    pub privileged: bool,
    /// Whether its processes can gain privileges.
    pub new_privileges: bool,
    /// Whether it can write to the root file system.
    pub writable: bool,
}

impl Rights {
    /// The cells of the table.
    #[must_use]
    pub fn cells(&self) -> Vec<Cell> {
        vec![
            self.user.clone(),
            self.capabilities.word().into(),
            yes_or_no(self.privileged).into(),
            yes_or_no(self.new_privileges).into(),
            super::mounts::mode(self.writable).into(),
        ]
    }
}

/// The word of tables for a user: nobody named is root.
#[must_use]
pub fn user_word(user: &str) -> String {
    let user = user.trim();
    if user.is_empty() { "root".to_owned() } else { user.to_owned() }
}

/// What a service may do by its files, and by its Dockerfile where that is at hand.
#[must_use]
pub fn of(project: &Project, name: &str, service: &Service) -> Rights {
    let is = |value: Option<&Located<bool>>| value.is_some_and(|value| value.value);
    let named = service.user.as_ref().filter(|user| root::is_said(user));
    let user = match named {
        Some(user) => Ok(user.value.clone()),
        None => image::recipe(project, name, service).and_then(|recipe| recipe.user()),
    };
    let texts = |list: &[Located<String>]| -> Vec<String> {
        list.iter().map(|name| name.value.clone()).collect()
    };
    let privileged = is(service.privileged.as_ref());
    Rights {
        user: user.map_or_else(Cell::Unknown, |user| user_word(&user).into()),
        capabilities: capability::of(service),
        privileged,
        new_privileges: no_new_privileges(texts(&service.security_opt)) != Some(true),
        writable: !is(service.read_only.as_ref()),
    }
}

/// What every service may do.
#[must_use]
pub fn declared(project: &Project) -> Vec<Row> {
    const KEYS: [&str; 6] =
        ["user", "cap_drop", "cap_add", "privileged", "security_opt", "read_only"];
    super::each(project, &KEYS, |name, service| of(project, name, service).cells())
}

#[cfg(test)]
mod tests {
    use super::super::tests::lines;

    #[test]
    fn rights_are_told_with_what_the_image_decides() {
        for (text, is) in [
            ("image: a", "? | default | no | yes | writable"),
            ("image: a, user: '33:33', cap_drop: [ALL]", "33:33 | none | no | yes | writable"),
            (
                "image: a, user: x, privileged: true, read_only: true, security_opt: ['no-new-privileges:true']",
                "x | all | yes | no | read-only",
            ),
            (
                "image: a, user: x, security_opt: ['no-new-privileges', 'no-new-privileges=false']",
                "x | default | no | yes | writable",
            ),
            (
                "build: {dockerfile_inline: \"FROM x\\nUSER y\"}",
                "y | default | no | yes | writable",
            ),
            ("build: {dockerfile_inline: FROM scratch}", "root | default | no | yes | writable"),
        ] {
            let text = format!("services:\n  a: {{{text}}}\n");
            assert_eq!(lines("rights", &text), [format!("| a | {is} |")], "{text}");
        }
    }
}
