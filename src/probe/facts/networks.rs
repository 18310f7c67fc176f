//! The networks of the stack and who is on them, as the engine has them.

use super::{Look, Seen};
use crate::facts::{Cell, Row};

/// The project's networks: those of the files, and what else has containers of it.
pub(super) fn rows(look: &Look) -> Vec<Row> {
    let joined =
        |name: &str| look.containers.iter().any(|seen| seen.container.addresses.contains_key(name));
    let mut rows = Vec::new();
    for network in &look.networks {
        let key = look.own.networks.declared(&network.name);
        let declared = look.project.networks.get(key);
        if declared.is_none() && !joined(&network.name) {
            continue;
        }
        // The private network that takes the place of somebody else's leads where that one does.
        let way_out = match declared {
            Some(declared) if declared.is_external() => {
                !declared.internal.as_ref().is_some_and(|internal| internal.value)
            }
            _ => !network.internal,
        };
        let at = declared.map(|declared| declared.origin);
        let row = Row::new(key, [if way_out { "yes" } else { "no" }], at);
        let shown = format!("network {}: internal {}", network.name, network.internal);
        rows.push(Row { shown, ..row });
    }
    // One that is shared on purpose is not the project's own.
    for name in look.own.networks.shared().filter(|name| joined(name)) {
        let key = look.own.networks.declared(name);
        let Some(declared) = look.project.networks.get(key) else { continue };
        let internal = declared.internal.as_ref().is_some_and(|internal| internal.value);
        let row = Row::new(key, [if internal { "no" } else { "yes" }], Some(declared.origin));
        rows.push(Row { shown: format!("network {name}, shared on purpose"), ..row });
    }
    rows
}

pub(super) fn attachments(look: &Look) -> Vec<Row> {
    look.crews().flat_map(|seen| attachments_of(look, seen)).collect()
}

/// The networks that one container is on.
#[must_use]
pub fn attachments_of(look: &Look, seen: &Seen) -> Vec<Row> {
    let mut rows = Vec::new();
    let service = &seen.container.service;
    let at = |network: &str| {
        let used = look.service(service).and_then(|service| service.networks.get(network));
        let origin = used.map(|used| used.origin).filter(|at| at.place.file().is_some());
        origin.or_else(|| look.place(service, &["networks", "network_mode"]))
    };
    for (name, addresses) in &seen.container.addresses {
        let network = look.own.networks.declared(name);
        let addresses: Vec<String> = addresses.iter().map(ToString::to_string).collect();
        let word = format!("on {name} {}", addresses.join(", "));
        let row = Row::new(service, [network], at(network));
        rows.push(Row { shown: seen.says(word.trim_end()), ..row });
    }
    if let Some(shared) = shared(look, seen) {
        let row = Row::new(service, [shared], look.place(service, &["network_mode"]));
        let word = format!("NetworkMode: {}", seen.container.asked.network_mode);
        rows.push(Row { shown: seen.says(&word), ..row });
    }
    rows
}

/// The network of another container that one shares, as `network_mode` writes it.
fn shared(look: &Look, seen: &Seen) -> Option<Cell> {
    let id = seen.container.asked.network_mode.strip_prefix("container:")?;
    let other = look.containers.iter().find(|other| other.container.id == id);
    Some(match other.map(|other| other.container.service.as_str()) {
        Some(service) if !service.is_empty() => format!("service:{service}").into(),
        _ => Cell::Unknown("it is that of a container which is not the project's".into()),
    })
}

/// The named volumes: those of the files that are there, and what else is mounted.
pub(super) fn volumes(look: &Look) -> Vec<Row> {
    let mounted = |name: &str| {
        let mounts = look.containers.iter().flat_map(|seen| &seen.container.mounts);
        mounts.filter(|mount| mount.kind == "volume").any(|mount| mount.source == name)
    };
    let mut rows = Vec::new();
    for (name, key) in &look.volumes {
        if !look.there.contains(name) && !mounted(name) {
            continue;
        }
        let declared = look.project.volumes.get(key);
        let external = declared.is_some_and(|declared| declared.is_external());
        let at = declared.map(|declared| declared.origin);
        let row = Row::new(key, [if external { "yes" } else { "no" }], at);
        rows.push(Row { shown: format!("volume {name}"), ..row });
    }
    for seen in look.crews() {
        let strange = seen.container.mounts.iter().filter(|mount| {
            let is_named = mount.source.len() != 64;
            mount.kind == "volume" && is_named && !look.volumes.contains_key(&mount.source)
        });
        for mount in strange {
            let own = look.there.contains(&mount.source);
            let name = look.volume(&mount.source);
            let row = Row::new(&name, [if own { "no" } else { "yes" }], None);
            rows.push(Row { shown: seen.says(&format!("volume {}", mount.source)), ..row });
        }
    }
    rows
}
