//! A log that grows for ever.

use crate::{
    facts::answers::{limit, place, services},
    policy::{Finding, Profile, Rule, Severity, Target},
};

/// A log that is never cut fills the disk.
pub static RULE: Rule = Rule {
    id: "unrotated-log",
    severity: Severity::Medium,
    profile: Profile::Strict,
    summary: "A service's log grows without a limit.",
    check,
    document: include_str!("unrotated_log.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    for (name, service) in services::containers(&target.project) {
        let logging = service.logging.as_ref();
        let driver =
            logging.and_then(|logging| logging.driver.as_ref()).filter(|it| !it.value.is_empty());
        let size = logging.and_then(|logging| logging.options.get("max-size"));
        let unlimited = !size.is_some_and(|size| limit::bounds_log(size.as_str()));
        let grows = match driver.map(|driver| driver.as_str()) {
            None | Some("json-file") => unlimited,
            // It rotates by itself at 20 MB.
            Some("local") => size.is_some_and(|size| !size.value.is_empty() && unlimited),
            Some(_) => false,
        };
        if grows {
            let written = size.map(|size| size.origin).or(driver.map(|driver| driver.origin));
            let origin = written.unwrap_or_else(|| place::key(&target.project, name, &["logging"]));
            found.push(RULE.finding(
                format!("services.{name}.logging"),
                format!("the log of service \"{name}\" grows without a limit"),
                "write `logging: {driver: local}`, or `options: {max-size: 10m, max-file: \"3\"}`",
                place::or_service(&target.project, name, Some(origin)),
            ));
        }
    }
}
