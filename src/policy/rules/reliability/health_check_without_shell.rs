//! Shell syntax where there is no shell.

use crate::{
    facts::answers::place,
    policy::{Finding, Profile, Rule, Severity, Target},
};

/// `CMD` runs a program, not a shell.
pub static RULE: Rule = Rule {
    id: "health-check-without-shell",
    severity: Severity::Medium,
    profile: Profile::Default,
    summary: "A health check uses shell syntax without a shell.",
    check,
    document: include_str!("health_check_without_shell.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    for (name, service) in &target.project.services {
        let Some(check) = &service.healthcheck else { continue };
        let [kind, words @ ..] = &check.test[..] else { continue };
        if kind.value != "CMD" {
            continue;
        }
        let operator = words.iter().find(|word| {
            matches!(
                word.value.as_str(),
                "||" | "&&" | "|" | ";" | ">" | "<" | "2>&1" | ">/dev/null"
            )
        });
        let sentence =
            words.first().filter(|first| first.value.trim().contains(char::is_whitespace));
        let (wrong, what) = match (sentence, operator) {
            (Some(first), _) => {
                (first, "its first word is a whole command, and no program is called so".to_owned())
            }
            (None, Some(word)) => {
                (word, format!("\"{}\" is handed to the program as a word", word.value))
            }
            (None, None) => continue,
        };
        found.push(RULE.finding(
            format!("services.{name}.healthcheck.test"),
            format!("the health check of service \"{name}\" has no shell: {what}"),
            "write the command as one string, or as [\"CMD-SHELL\", \"…\"]",
            place::or_service(&target.project, name, Some(wrong.origin)),
        ));
    }
}
