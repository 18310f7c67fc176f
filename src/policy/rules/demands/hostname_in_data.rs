//! Data that only a container of the same name finds.

use crate::{
    facts::{
        answers::{path, place},
        knowledge::Fact,
    },
    policy::{Finding, Profile, Rule, Severity, Target},
};

/// A new container, a new and empty folder.
pub static RULE: Rule = Rule {
    id: "hostname-in-data",
    severity: Severity::Medium,
    profile: Profile::Default,
    summary: "The data folder carries the hostname, and no hostname is set.",
    check,
    document: include_str!("hostname_in_data.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    for known in super::servers(target) {
        let (name, service) = (known.name, known.service);
        let named = known.rows.iter().find_map(|row| match row.fact {
            Fact::NamedAfterHost { variable, hostname } => Some((variable, hostname)),
            _ => None,
        });
        let Some((variable, hostname)) = named else { continue };
        let is_data = |at: &str| {
            known.rows.iter().any(|row| {
                let (Fact::Volume(data) | Fact::Folder(data)) = row.fact else { return false };
                path::is_within(data, at) || path::is_within(at, data)
            })
        };
        let kept = service.volumes.iter().find(|mount| {
            let volume = mount.kind.as_ref().is_some_and(|kind| kind.value != "tmpfs");
            let at = mount.target.as_ref();
            volume && mount.source.is_some() && at.is_some_and(|at| is_data(at))
        });
        let Some(kept) = kept else { continue };
        let in_image = |text: &str| {
            known
                .instructions()
                .iter()
                .any(|one| one.keyword == "ENV" && one.arguments.text.contains(text))
        };
        let said = known.may_have(&[variable])
            || in_image(variable)
            || known.has_named_settings()
            || hostname && service.hostname.is_some();
        // In another's network the name is the other's too.
        if said || service.network_mode.is_some() {
            continue;
        }
        let origin = kept.target.as_ref().map(|at| at.origin);
        let (after, remedy) = if hostname {
            ("hostname", format!("write `hostname: {name}`, or set {variable}"))
        } else {
            ("address", format!("set {variable}, such as {name}@127.0.0.1 for a single node"))
        };
        found.push(RULE.finding(
            format!("services.{name}.hostname"),
            format!(
                "the data of service \"{name}\" lies in a folder named after its {after}, and a new container may have another"
            ),
            remedy,
            place::or_service(&target.project, name, origin),
        ));
    }
}
