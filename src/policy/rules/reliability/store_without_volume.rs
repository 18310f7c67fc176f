//! A data store that keeps nothing.

use crate::{
    facts::answers::{place, services, stores},
    policy::{Finding, Profile, Rule, Severity, Target},
};

/// Data needs a place that outlives the container.
pub static RULE: Rule = Rule {
    id: "store-without-volume",
    severity: Severity::Medium,
    profile: Profile::Strict,
    summary: "A data store has no volume for its data.",
    check,
    document: include_str!("store_without_volume.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    for (name, service) in services::containers(&target.project) {
        let Some(store) = stores::run_by(service) else { continue };
        let Some(path) = store.data.first() else { continue };
        let inherits = target.service(name).is_some_and(|node| node.get("volumes_from").is_some());
        let in_memory = service.tmpfs.iter().any(|path| {
            stores::is_data(service, store, path.split(':').next().unwrap_or_default())
        });
        if inherits || in_memory || stores::data_mounts(service, store).next().is_some() {
            continue;
        }
        found.push(RULE.finding(
            format!("services.{name}.volumes"),
            format!("{} in service \"{name}\" has no volume for its data", store.name),
            format!("mount a named volume: \"{name}-data:{path}\", or `tmpfs: [{path}]` if the data may be lost"),
            place::key(&target.project, name, &["volumes"]),
        ));
    }
}
