//! Placeholders that nobody has to change.

use crate::{
    compose::journal::{Step, VariableOrigin},
    facts::answers::{
        place,
        secret::names::{self, Strength},
    },
    policy::{
        Finding, Profile, Rule, Severity, Target,
        secret::{texts, values},
    },
};

/// A service has a placeholder as its password, key or token.
pub static RULE: Rule = Rule {
    id: "placeholder-password",
    severity: Severity::Low,
    profile: Profile::Strict,
    summary: "A service has a placeholder as its password, key or token.",
    check,
    document: include_str!("placeholder_password.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    // An env file that two services name says it once.
    let mut told: Vec<Option<String>> = Vec::new();
    for (service, definition) in &target.project.services {
        for (name, value) in &definition.environment {
            let text = value.value.as_deref().unwrap_or_default();
            let described = text.contains(['<', '[', '{', '.']) || text.is_empty();
            let none =
                ["none", "null", "nil", "empty", "unset", "invalid", "unconfigured", "unspecified"]
                    .contains(&text.to_lowercase().as_str());
            let placeholder = match names::strength(name) {
                Some(Strength::Password) => values::is_placeholder(text) && !none,
                // A word in the place of a key is often what switches a function off.
                Some(Strength::Token | Strength::Key) => values::asks_for_another(text),
                None => false,
            };
            let named = placeholder && !described;
            // What stands for a variable without a value is nobody's password.
            let steps = target.journal().steps(value.origin);
            let unset = steps
                .iter()
                .any(|step| matches!(step, Step::Variable { from: VariableOrigin::Unset, .. }));
            if !unset && (named || texts::has_placeholder(text)) {
                let origin = place::of_value(&target.project, value.origin);
                let place = target.journal().place(origin.place);
                let in_file = origin.place.file() != value.origin.place.file();
                if told.contains(&place) {
                    continue;
                }
                told.push(place);
                let (message, remedy) = if named {
                    (
                        format!("service \"{service}\" has a placeholder as its {name}"),
                        if in_file {
                            format!(
                                "write the real one there, in a file that git ignores; `${{{name}:?}}` in the Compose file lets nothing start without it"
                            )
                        } else {
                            format!(
                                "write `${{{name}:?}}`, so that nothing starts without a real one"
                            )
                        },
                    )
                } else {
                    (
                        format!(
                            "service \"{service}\" has a placeholder as the password in {name}"
                        ),
                        "put a variable there, so that nothing starts without a real one".into(),
                    )
                };
                let subject = format!("services.{service}.environment.{name}");
                found.push(RULE.finding(subject, message, remedy, origin));
            }
        }
    }
}
