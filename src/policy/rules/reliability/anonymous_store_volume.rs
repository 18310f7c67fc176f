//! Data in a volume without a name.

use crate::{
    facts::answers::{place, stores},
    policy::{Finding, Profile, Rule, Severity, Target},
};

/// A volume without a name is lost with its container.
pub static RULE: Rule = Rule {
    id: "anonymous-store-volume",
    severity: Severity::Medium,
    profile: Profile::Default,
    summary: "A data store keeps its data in a volume without a name.",
    check,
    document: include_str!("anonymous_store_volume.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    for (name, service) in &target.project.services {
        let Some(store) = stores::run_by(&target.project, name, service) else { continue };
        if !store.keeps {
            continue;
        }
        for mount in stores::data_mounts(&target.project, name, service) {
            let kind = mount.kind.as_ref().map_or("volume", |kind| kind.as_str());
            let named = mount.source.as_ref().is_some_and(|source| !source.value.is_empty());
            if kind != "volume" || named {
                continue;
            }
            let at = mount.target.as_ref();
            found.push(RULE.finding(
                format!("services.{name}.volumes[{}]", at.map_or("", |at| at.as_str())),
                format!(
                    "{} in service \"{name}\" keeps its data in a volume without a name",
                    store.name
                ),
                format!(
                    "put a name before it, \"{name}-data:{}\", and declare it under `volumes:`",
                    at.map_or("", |at| at.as_str())
                ),
                place::or_service(&target.project, name, at.map(|at| at.origin)),
            ));
        }
    }
}
