//! As whom a service's processes run, and what they may do: what sentences on rights are judged by.
//!
//! Compose specification, `user`, `privileged`, `security_opt`, `cap_add`, `cap_drop`; Dockerfile
//! reference, `USER`; credentials(7), capabilities(7).

use super::{
    answers::{
        capability::{self, Capabilities, texts},
        privileges, root,
    },
    image::{self, Known},
};
use crate::{
    compose::{Located, Project, Service},
    dockerfile::RunAs,
};

/// Somebody whom a service runs as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Users with their groups as `user:` writes them (`app`, `7:0`), real, effective, saved and of the
    /// file system where the kernel says so; or why nobody knows.
    pub users: Known<Vec<String>>,
    /// In the words of who says so.
    pub shown: String,
}

impl Identity {
    /// Whether it is known to be neither root nor of root's group.
    #[must_use]
    pub fn is_unprivileged(&self) -> bool {
        let is_root = |user: &String| root::is_root_or_its_group(user);
        self.users.as_ref().is_ok_and(|users| !users.is_empty() && !users.iter().any(is_root))
    }

    /// Whom the files name, or a Dockerfile at hand.
    #[must_use]
    pub fn declared(project: &Project, name: &str, service: &Service) -> Self {
        let known = |user: &str, shown: String| Self { users: Ok(vec![user.to_owned()]), shown };
        let unknown =
            |why: &str| Self { users: Err(why.to_owned()), shown: format!("has no `user`{why}") };
        if let Some(user) = service.user.as_ref().filter(|user| root::is_said(user)) {
            return known(user, format!("runs as \"{}\"", user.value));
        }
        match image::recipe(project, name, service).map(|recipe| recipe.run_as()) {
            Ok(RunAs::Named(user)) => {
                let ends = format!("has no `user`, and its Dockerfile ends as \"{}\"", user.text);
                known(&user.text, ends)
            }
            Ok(RunAs::Variable) => {
                unknown(", and its Dockerfile names one by a variable without a value")
            }
            Ok(RunAs::OfBase(base)) => {
                unknown(&format!(", and its Dockerfile none either: {} decides", base.text))
            }
            Err(_) => unknown(": its image decides, and most say root"),
        }
    }
}

/// Whether processes can gain privileges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealing {
    /// Whether the service is privileged: it need not gain any.
    pub privileged: bool,
    /// What is said of no-new-privileges: by the files once, by the kernel of each process.
    pub seals: Vec<Seal>,
}

/// Whether no-new-privileges is set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seal {
    /// Whether it is on; none if nothing is said of it.
    pub is_on: Option<bool>,
    /// In the words of who says so.
    pub shown: String,
}

impl Sealing {
    /// What the files say.
    #[must_use]
    pub fn declared(service: &Service) -> Self {
        let is_on = privileges::no_new_privileges(texts(&service.security_opt));
        let shown = match is_on {
            Some(true) => "sets no-new-privileges",
            Some(false) => "switches no-new-privileges off",
            None => "does not set no-new-privileges",
        };
        let seals = vec![Seal { is_on, shown: shown.to_owned() }];
        Self { privileged: is_privileged(service), seals }
    }
}

/// The capabilities that a service's processes have or could get.
#[derive(Debug, Clone)]
pub struct Granted {
    /// Whether the service is privileged.
    pub privileged: bool,
    /// What was asked for, as it is written, and where.
    pub added: Vec<Located<String>>,
    /// All that they have or could get.
    pub there: Capabilities,
    /// In the words of who says so.
    pub shown: String,
}

/// In what the capabilities of a service depart from those that it is to have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Departure {
    /// It is privileged, and so has all of them.
    Privileged,
    /// It has these of the engine's own, for which nobody asked.
    Kept(Vec<String>),
    /// It has these besides.
    More(Vec<String>),
    /// It has not got this one.
    Fewer(String),
}

impl Granted {
    /// What the files grant.
    #[must_use]
    pub fn declared(service: &Service) -> Self {
        Self {
            privileged: is_privileged(service),
            added: service.cap_add.clone(),
            there: capability::of(service),
            shown: String::new(),
        }
    }

    /// In what they depart from these, by their names without `CAP_`, and no other.
    #[must_use]
    pub fn departures(&self, wanted: &[String]) -> Vec<Departure> {
        if self.privileged {
            return vec![Departure::Privileged];
        }
        let asked = texts(&self.added).chain(wanted.iter().map(String::as_str));
        let kept: Vec<String> = self.there.kept(asked).into_iter().map(str::to_owned).collect();
        let is_wanted = |name: &str| wanted.iter().any(|wanted| wanted == name);
        let more: Vec<String> = match &self.there {
            _ if is_wanted(capability::ALL) => Vec::new(),
            Capabilities::All | Capabilities::AllBut(_) => vec![capability::ALL.to_owned()],
            Capabilities::These(names) => {
                let more = names.iter().filter(|name| !is_wanted(name) && !kept.contains(name));
                more.cloned().collect()
            }
        };
        let kept = (!kept.is_empty()).then_some(Departure::Kept(kept));
        let more = (!more.is_empty()).then_some(Departure::More(more));
        let fewer = wanted.iter().filter(|name| !self.there.has(name)).cloned();
        kept.into_iter().chain(more).chain(fewer.map(Departure::Fewer)).collect()
    }
}

fn is_privileged(service: &Service) -> bool {
    service.privileged.as_ref().is_some_and(|privileged| privileged.value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn services(text: &str) -> Project {
        let text = format!("services:\n  a: {{{text}}}\n");
        crate::compose::project::load_text("compose.yaml", &text).expect("a model").into()
    }

    #[test]
    fn whom_a_service_runs_as_is_known_by_its_files_or_by_nobody() {
        for (text, unprivileged, shown) in [
            ("image: a, user: app", true, "runs as \"app\""),
            ("image: a, user: 'app:root'", false, "runs as \"app:root\""),
            ("image: a", false, "has no `user`: its image decides, and most say root"),
            (
                "build: {dockerfile_inline: \"FROM x\\nUSER y\"}",
                true,
                "has no `user`, and its Dockerfile ends as \"y\"",
            ),
            (
                "build: {dockerfile_inline: FROM x}",
                false,
                "has no `user`, and its Dockerfile none either: x decides",
            ),
        ] {
            let project = services(text);
            let is = Identity::declared(&project, "a", &project.services["a"]);
            assert_eq!((is.is_unprivileged(), is.shown.as_str()), (unprivileged, shown), "{text}");
        }
        let nobody = Identity { users: Ok(Vec::new()), shown: String::new() };
        assert!(!nobody.is_unprivileged(), "of nobody nothing is known");
    }

    #[test]
    fn capabilities_depart_from_those_that_are_wanted() {
        let of = |text: &str, wanted: &[&str]| {
            let project = services(&format!("image: a, {text}"));
            let wanted: Vec<String> = wanted.iter().map(|name| (*name).to_owned()).collect();
            Granted::declared(&project.services["a"]).departures(&wanted)
        };
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(of("cap_drop: [ALL]", &[]), []);
        assert_eq!(of("cap_drop: [ALL], cap_add: [CAP_CHOWN]", &["CHOWN"]), []);
        assert_eq!(of("privileged: true, cap_drop: [ALL]", &[]), [Departure::Privileged]);
        let [Departure::Kept(kept)] = &of("init: true", &["CHOWN"])[..] else { panic!("kept") };
        assert_eq!(kept.len(), capability::DEFAULTS.len() - 1);
        assert_eq!(
            of("cap_drop: [ALL], cap_add: [CHOWN, KILL]", &["KILL", "SYSLOG"]),
            [Departure::More(names(&["CHOWN"])), Departure::Fewer("SYSLOG".into())]
        );
        assert_eq!(of("cap_add: [ALL]", &[]).last(), Some(&Departure::More(names(&["ALL"]))));
        assert_eq!(of("cap_add: [ALL]", &["ALL"]), []);
    }
}
