//! A container's name that Compose passes on and the engine refuses.

use crate::{
    facts::answers::place,
    policy::{Finding, Profile, Rule, Severity, Target},
};

/// Compose passes any name on; the engine does not take it.
pub static RULE: Rule = Rule {
    id: "malformed-container-name",
    severity: Severity::High,
    profile: Profile::Default,
    summary: "A container has a name that the engine refuses.",
    check,
    document: include_str!("malformed_container_name.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    let project = &target.project;
    for (name, service) in &project.services {
        let Some(fixed) = &service.container_name else { continue };
        if fixed.value.is_empty()
            || is_valid(&fixed.value)
            || place::has_unset(project, fixed.origin)
        {
            continue;
        }
        let near = valid(&fixed.value);
        let near = if is_valid(&near) { near } else { name.clone() };
        found.push(RULE.finding(
            format!("services.{name}.container_name"),
            format!(
                "the engine refuses the container name \"{}\" of service \"{name}\"",
                fixed.value
            ),
            format!(
                "write `container_name: {near}`, or remove it; a name has two or more letters, digits, `_`, `.` and `-`, and begins with a letter or digit"
            ),
            fixed.origin,
        ));
    }
}

fn is_valid(name: &str) -> bool {
    let mut letters = name.chars();
    letters.next().is_some_and(|letter| letter.is_ascii_alphanumeric())
        && name.len() > 1
        && letters.all(may_follow)
}

fn may_follow(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '_' | '.' | '-')
}

/// The nearest name that the engine takes.
fn valid(name: &str) -> String {
    let letters: String =
        name.chars().map(|letter| if may_follow(letter) { letter } else { '-' }).collect();
    letters.trim_matches(['-', '_', '.']).to_owned()
}
