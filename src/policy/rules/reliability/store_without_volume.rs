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
        let Some(store) = stores::run_by(&target.project, name, service) else { continue };
        let folders = stores::data_folders(&target.project, name);
        let Some(path) = folders.first().filter(|_| store.keeps) else { continue };
        let inherits = target.service(name).is_some_and(|node| node.get("volumes_from").is_some());
        let in_memory = service.tmpfs.iter().any(|path| {
            let path = path.split(':').next().unwrap_or_default();
            stores::is_data(&target.project, name, service, path)
        });
        if inherits
            || in_memory
            || stores::data_mounts(&target.project, name, service).next().is_some()
        {
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
