//! What starts a service anew when it has ended.
//!
//! Compose specification, `restart`, `deploy.restart_policy`; the second has the last word, as in
//! Compose itself.

use super::{Row, Topic, places};
use crate::compose::{Project, Service};

pub(super) const TOPIC: Topic = Topic {
    name: "restart",
    about: "when the engine starts a service anew",
    columns: &["service", "policy"],
    keys: &[0],
    key: "restart",
    sentence: Some("exactly these restart policies are set:"),
    declared,
};

/// A policy in the words of `restart:`; empty is `no`, and a number of attempts counts for
/// `on-failure` alone.
#[must_use]
pub fn word(policy: &str, attempts: i64) -> String {
    match policy {
        "" | "no" | "none" => "no".to_owned(),
        "any" | "always" => "always".to_owned(),
        "on-failure" if attempts > 0 => format!("on-failure:{attempts}"),
        other => other.to_owned(),
    }
}

/// The policy of a service, as Compose asks the engine for it.
#[must_use]
pub fn of(service: &Service) -> String {
    let deployed = service.deploy.as_ref().and_then(|deploy| deploy.restart_policy.as_ref());
    if let Some(policy) = deployed {
        let attempts = policy.max_attempts.as_ref().map_or(0, |attempts| attempts.value);
        return word(super::text(policy.condition.as_ref()), attempts.into());
    }
    let written = super::text(service.restart.as_ref());
    let (policy, attempts) = written.split_once(':').unwrap_or((written, ""));
    word(policy, attempts.parse().unwrap_or(0))
}

/// The policy of every service.
#[must_use]
pub fn declared(project: &Project) -> Vec<Row> {
    let rows = super::each(project, &[], |_, service| vec![of(service).into()]);
    rows.into_iter().map(|row| places::at_cell(project, &TOPIC, row)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::lines;

    #[test]
    fn a_policy_is_read_in_every_spelling() {
        for (text, is) in [
            ("init: true", "no"),
            ("restart: 'no'", "no"),
            ("restart: unless-stopped", "unless-stopped"),
            ("restart: 'on-failure:3'", "on-failure:3"),
            ("restart: on-failure", "on-failure"),
            ("restart: always, deploy: {restart_policy: {condition: none}}", "no"),
            ("deploy: {restart_policy: {condition: any, max_attempts: 3}}", "always"),
            ("deploy: {restart_policy: {condition: on-failure, max_attempts: 3}}", "on-failure:3"),
        ] {
            let text = format!("services:\n  a: {{image: a, {text}}}\n");
            assert_eq!(lines("restart", &text), [format!("| a | {is} |")], "{text}");
        }
    }
}
