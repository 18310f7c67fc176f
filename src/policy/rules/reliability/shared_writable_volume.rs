//! A volume that several write.

use indexmap::IndexMap;

use crate::{
    compose::journal::Origin,
    policy::{Finding, Profile, Rule, Severity, Target, rules::facts::place},
    words::quoted_list,
};

/// Two writers need to know of each other.
pub static RULE: Rule = Rule {
    id: "shared-writable-volume",
    severity: Severity::Low,
    profile: Profile::Strict,
    summary: "A volume is writable in several services.",
    check,
    document: include_str!("shared_writable_volume.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    let mut writers: IndexMap<&str, Vec<(&str, Origin)>> = IndexMap::new();
    for (name, service) in &target.project.services {
        for mount in &service.volumes {
            let is_volume = mount.kind.as_ref().is_some_and(|kind| kind.value == "volume");
            let read_only = mount.read_only.as_ref().is_some_and(|read_only| read_only.value);
            let Some(volume) = mount.source.as_ref().filter(|_| is_volume && !read_only) else {
                continue;
            };
            let writers = writers.entry(volume.as_str()).or_default();
            if !volume.value.is_empty() && !writers.iter().any(|(writer, _)| writer == name) {
                writers.push((name, place::or_service(target, name, Some(volume.origin))));
            }
        }
    }
    for (volume, writers) in writers {
        let [(_, first), others @ ..] = &writers[..] else { continue };
        if others.is_empty() {
            continue;
        }
        let finding = RULE.finding(
            format!("volumes.{volume}"),
            format!(
                "volume \"{volume}\" is writable in {}",
                quoted_list(writers.iter().map(|(name, _)| *name))
            ),
            "mount it read-only (`:ro`) where it is only read",
            *first,
        );
        found.push(others.iter().fold(finding, |finding, (name, origin)| {
            finding.also(*origin, format!("\"{name}\" writes it too"))
        }));
    }
}
