//! Literals in `healthcheck.test`.

use crate::policy::{Finding, Profile, Rule, Severity, Target, secret::scan::Where};

/// A secret is written in a health check.
pub static RULE: Rule = Rule {
    id: "secret-in-health-check",
    severity: Severity::High,
    profile: Profile::Default,
    summary: "A secret is written in a health check.",
    check,
    document: include_str!("secret_in_health_check.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    for leak in super::literals(target, Where::HealthCheck) {
        let message = super::message(leak, "its health check");
        found.push(super::finding(&RULE, leak, message, "use the variable that the container has, `$$MYSQL_ROOT_PASSWORD`, or a check that needs no password"));
    }
}
