//! A check that notices too late.

use crate::{
    compose::{Located, values::duration},
    facts::answers::place,
    policy::{Finding, Profile, Rule, Severity, Target},
};

/// A check that notices after an hour helps nobody.
pub static RULE: Rule = Rule {
    id: "slow-health-check",
    severity: Severity::Low,
    profile: Profile::Strict,
    summary: "A health check takes more than ten minutes to notice.",
    check,
    document: include_str!("slow_health_check.md"),
};

/// In nanoseconds.
const SECOND: i64 = 1_000_000_000;

/// When people will have noticed by themselves.
const LIMIT: i64 = 600 * SECOND;

fn check(target: &Target, found: &mut Vec<Finding>) {
    for (name, service) in &target.project.services {
        let Some(check) = &service.healthcheck else { continue };
        let interval = nanoseconds(check.interval.as_ref());
        let timeout = nanoseconds(check.timeout.as_ref());
        let retries = check.retries.as_ref().map_or(3, |retries| i64::from(retries.value.max(1)));
        let notices = interval.saturating_add(timeout).saturating_mul(retries);
        if notices <= LIMIT {
            continue;
        }
        // What weighs most is what to change.
        let timed =
            if timeout > interval { check.timeout.as_ref() } else { check.interval.as_ref() };
        let most = timed.map(|timed| timed.origin);
        found.push(RULE.finding(
            format!("services.{name}.healthcheck"),
            format!(
                "the health check of service \"{name}\" may take {} minutes to notice",
                notices / SECOND / 60
            ),
            "shorten `interval` and `timeout`, or lower `retries`",
            place::or_service(
                &target.project,
                name,
                most.or_else(|| check.retries.as_ref().map(|it| it.origin)),
            ),
        ));
    }
}

/// A duration; the engine's default is 30 s, for zero too.
fn nanoseconds(text: Option<&Located<String>>) -> i64 {
    let read = text.and_then(|text| duration::parse(text).ok());
    read.filter(|read| *read > 0).unwrap_or(30 * SECOND)
}
