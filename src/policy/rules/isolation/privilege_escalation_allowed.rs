//! `no-new-privileges` is missing.

use super::containers::containers;
use crate::{
    facts::answers::privileges::seals,
    policy::{Finding, Profile, Rule, Severity, Target},
};

/// A process can become more than it was started as.
pub static RULE: Rule = Rule {
    id: "privilege-escalation-allowed",
    severity: Severity::Medium,
    profile: Profile::Strict,
    summary: "A process in a container can gain privileges through a set-user-id program.",
    check,
    document: include_str!("privilege_escalation_allowed.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    for container in containers(target) {
        let options = container.service.security_opt.iter();
        // The engine goes by the last.
        let last =
            options.filter_map(|option| Some((seals(&option.value)?, option.origin))).next_back();
        let (what, place) = match last {
            Some((true, _)) => continue,
            Some((false, origin)) => ("switches no-new-privileges off", origin),
            None => ("does not set no-new-privileges", container.key()),
        };
        found.push(RULE.finding(
            container.subject("security_opt[no-new-privileges]"),
            format!(
                "service \"{}\" {what}: a set-user-id program makes an intruder root there",
                container.name
            ),
            "write `security_opt: [\"no-new-privileges:true\"]`",
            place,
        ));
    }
}
