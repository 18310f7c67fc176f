//! Values with which an image does not start.

use crate::{
    facts::{answers::place, knowledge::Fact},
    policy::{Finding, Profile, Rule, Severity, Target},
};

/// A container that never runs.
pub static RULE: Rule = Rule {
    id: "refused-variable",
    severity: Severity::High,
    profile: Profile::Default,
    summary: "An image refuses the value of a variable.",
    check,
    document: include_str!("refused_variable.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    for known in super::servers(target).filter(|known| !known.has_own_entrypoint()) {
        for row in known.rows {
            let Fact::Refuses { variable, value, with, without, why, remedy } = row.fact else {
                continue;
            };
            let Some(said) = known.value(variable) else { continue };
            let other = value.is_some_and(|value| value != said);
            let kept =
                !without.is_empty() && (known.may_have(without) || by_option(&known, without));
            if other || kept || !(with.is_empty() || known.has(with)) {
                continue;
            }
            let name = known.name;
            let given = known.service.environment.get(variable);
            let origin = given.map(|given| place::of_value(&target.project, given.origin));
            // Other values may be secrets.
            let set = value.map_or_else(
                || format!("{variable} as it is set here"),
                |value| format!("{variable}={value}"),
            );
            found.push(RULE.finding(
                format!("services.{name}.environment.{variable}"),
                format!("the image of service \"{name}\" does not start with {set}: {why}"),
                remedy,
                place::or_service(&target.project, name, origin),
            ));
        }
    }
}

/// Whether an option of the command says what a variable would: `--master-key` for `MEILI_MASTER_KEY`.
fn by_option(known: &super::Known<'_>, variables: &[&str]) -> bool {
    let options = variables.iter().filter_map(|name| name.split_once('_'));
    let options = options.map(|(_, rest)| format!("--{}", rest.to_lowercase().replace('_', "-")));
    let words = known.words();
    options.into_iter().any(|option| words.iter().any(|word| word.contains(&option)))
}
