//! Placeholders that nobody has to change.

use crate::policy::{
    Finding, Profile, Rule, Severity, Target,
    secret::{
        names::{self, Strength},
        values,
    },
};

/// A published service has a placeholder as its password.
pub static RULE: Rule = Rule {
    id: "placeholder-password",
    severity: Severity::Low,
    profile: Profile::Strict,
    summary: "A published service has a placeholder as its password.",
    check,
    document: include_str!("placeholder_password.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    // An env file that two services name says it once.
    let mut told: Vec<Option<String>> = Vec::new();
    for (service, definition) in &target.project.services {
        if definition.ports.is_empty() {
            continue;
        }
        for (name, value) in &definition.environment {
            let text = value.value.as_deref().unwrap_or_default();
            let described = text.contains(['<', '[', '{', '.']) || text.is_empty();
            let none =
                ["none", "null", "nil", "empty", "unset"].contains(&text.to_lowercase().as_str());
            if names::strength(name) == Some(Strength::Password)
                && values::is_placeholder(text)
                && !described
                && !none
            {
                let origin = super::written_at(target.journal(), value.origin);
                let place = target.journal().place(origin.place);
                if told.contains(&place) {
                    continue;
                }
                told.push(place);
                found.push(RULE.finding(
                    format!("services.{service}.environment.{name}"),
                    format!(
                        "service \"{service}\" publishes a port and has a placeholder as its {name}"
                    ),
                    format!("write `${{{name}:?}}`, so that nothing starts without a real one"),
                    origin,
                ));
            }
        }
    }
}
