//! Variables that an image does not read.

use crate::{
    facts::{answers::place, knowledge::Fact},
    policy::{Finding, Profile, Rule, Severity, Target},
};

/// A password that nobody asks for.
pub static RULE: Rule = Rule {
    id: "ignored-variable",
    severity: Severity::High,
    profile: Profile::Default,
    summary: "An image does not read the variable with its password.",
    check,
    document: include_str!("ignored_variable.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    for known in super::servers(target).filter(|known| known.builder.is_none()) {
        let words = known.words();
        // An entry point, a script or a file of settings of the project's own may read it.
        let said = ["requirepass", ".sh", "--pass", "--user", "--auth"];
        let own = known.service.entrypoint.is_some()
            || words.iter().any(|word| said.iter().any(|said| word.contains(said)))
            || known.has_settings();
        if own {
            continue;
        }
        for row in known.rows {
            let Fact::Ignores { variable, so, reads, remedy } = row.fact else { continue };
            let in_words = words.iter().any(|word| word.contains(variable));
            let read = !reads.is_empty() && known.may_have(reads);
            if in_words || read || known.value(variable).is_none() {
                continue;
            }
            let name = known.name;
            let origin = known.service.environment.get(variable).map(|value| value.origin);
            found.push(RULE.finding(
                format!("services.{name}.environment.{variable}"),
                format!("the image of service \"{name}\" does not read {variable}: {so}"),
                remedy,
                place::or_service(&target.project, name, origin),
            ));
        }
    }
}
