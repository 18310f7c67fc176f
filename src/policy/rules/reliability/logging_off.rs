//! No log at all.

use crate::policy::{Finding, Profile, Rule, Severity, Target};

/// Without a log nobody can say what happened.
pub static RULE: Rule = Rule {
    id: "logging-off",
    severity: Severity::Medium,
    profile: Profile::Strict,
    summary: "A service's log is thrown away.",
    check,
    document: include_str!("logging_off.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    for (name, service) in &target.project.services {
        let driver = service.logging.as_ref().and_then(|logging| logging.driver.as_ref());
        if let Some(driver) = driver.filter(|driver| driver.value.eq_ignore_ascii_case("none")) {
            found.push(RULE.finding(
                format!("services.{name}.logging.driver"),
                format!("the log of service \"{name}\" is thrown away"),
                "use the driver `local`, or `json-file` with `max-size`",
                driver.origin,
            ));
        }
    }
}
