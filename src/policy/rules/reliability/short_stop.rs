//! Too little time for a data store to end.

use crate::{
    compose::values::duration,
    facts::answers::{place, services, stores},
    policy::{Finding, Profile, Rule, Severity, Target},
};

/// A data store writes down what it holds before it ends.
pub static RULE: Rule = Rule {
    id: "short-stop",
    severity: Severity::Low,
    profile: Profile::Strict,
    summary: "A data store has ten seconds or less to stop.",
    check,
    document: include_str!("short_stop.md"),
};

/// How long the engine waits if nobody says more, in nanoseconds.
const DEFAULT: i64 = 10_000_000_000;

fn check(target: &Target, found: &mut Vec<Finding>) {
    let ending = services::one_shots(&target.project);
    let running = services::containers(&target.project).filter(|(name, _)| !ending.contains(name));
    for (name, service) in running {
        let store = stores::run_by(&target.project, name, service);
        let Some(store) = store.filter(|store| store.keeps) else { continue };
        let said = service.stop_grace_period.as_ref();
        let time = said.map_or(Ok(DEFAULT), |said| duration::parse(said));
        // That it is killed at once is told as such.
        if !time.is_ok_and(|time| (1..=DEFAULT).contains(&time)) {
            continue;
        }
        found.push(RULE.finding(
            format!("services.{name}.stop_grace_period"),
            format!(
                "{} in service \"{name}\" has {} to stop, and is killed then",
                store.name,
                said.map_or("10s", |said| said.as_str())
            ),
            "write `stop_grace_period: 1m30s`: the engine waits no longer than the store needs",
            said.map_or_else(|| place::key(&target.project, name, &["image"]), |said| said.origin),
        ));
    }
}
