//! No time to end.

use crate::{
    compose::values::duration,
    policy::{Finding, Fix, Profile, Rule, Severity, Target},
};

/// A service that is killed cannot finish what it does.
pub static RULE: Rule = Rule {
    id: "killed-at-stop",
    severity: Severity::Medium,
    profile: Profile::Strict,
    summary: "A service is killed at once when it is stopped.",
    check,
    document: include_str!("killed_at_stop.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    for (name, service) in &target.project.services {
        let killed = service.stop_grace_period.as_ref();
        let killed =
            killed.filter(|period| duration::parse(period).is_ok_and(|period| period <= 0));
        if let Some(period) = killed {
            let finding = RULE.finding(
                format!("services.{name}.stop_grace_period"),
                format!("service \"{name}\" is killed at once when it is stopped"),
                "remove `stop_grace_period`: ten seconds are the default",
                period.origin,
            );
            let fix = Fix::new("remove `stop_grace_period`")
                .remove(period.origin, period.origin)
                .touching(&["services", name, "stop_grace_period"]);
            found.push(finding.mended_by(Some(fix)));
        }
    }
}
