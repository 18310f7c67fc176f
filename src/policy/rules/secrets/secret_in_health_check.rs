//! Literals in `healthcheck.test`.

use crate::{
    facts::answers::secret::names,
    policy::{
        Finding, Profile, Rule, Severity, Target,
        secret::scan::{Leak, Where},
    },
};

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
        found.push(super::finding(&RULE, leak, message, remedy(target, leak)));
    }
}

/// Names the variable of the service that holds the same secret, if it has one; a user may be
/// called as the password is. Only a shell puts it in.
fn remedy(target: &Target, leak: &Leak) -> String {
    let service = leak.service.as_ref().and_then(|name| target.project.services.get(name));
    let literal = target.journal().text(leak.place).trim_matches(['"', '\'']);
    let same = service
        .into_iter()
        .flat_map(|service| &service.environment)
        .filter(|(name, _)| names::strength(name).is_some())
        .find(|(_, value)| value.value.as_ref().is_some_and(|value| value.as_str() == literal));
    let first = service
        .and_then(|service| service.healthcheck.as_ref()?.test.first())
        .map(|word| word.as_str());
    let shell = if first == Some("CMD") { " in a `CMD-SHELL`" } else { "" };
    match same {
        Some((name, _)) => format!(
            "use the variable that the container has, `$${name}`{shell}, or a check that needs no password"
        ),
        None => format!(
            "give the container the secret as a variable or a file, and read that{shell} with two dollars (`$$NAME`, `$$(cat /run/secrets/NAME)`), or take a check that needs no password"
        ),
    }
}
