//! Which published service reaches which data store, and whether anything says that it should.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    ports::{self, Address},
    stores::{self, Store},
};
use crate::compose::{Project, Service, tree::Node};

/// A published service and a data store that share a network although nothing says that one uses the other.
#[derive(Debug)]
pub struct Pair<'a> {
    /// The published service.
    pub from: &'a str,
    /// The data store.
    pub to: &'a str,
    /// What the store is.
    pub store: &'static Store,
    /// The networks that both are on.
    pub networks: Vec<&'a str>,
    /// The services that it names and that lead to the store: the tier that stands between.
    pub between: Vec<&'a str>,
}

/// The services that others than this machine can reach.
#[must_use]
pub fn entries(project: &Project) -> BTreeSet<&str> {
    let open = ports::all(project).into_iter().filter(|port| port.address() != Address::Loopback);
    open.map(|port| port.service).collect()
}

/// The service whose network a service is in: another's, or its own.
#[must_use]
pub fn home<'a>(project: &'a Project, name: &'a str) -> &'a str {
    let mut name = name;
    // A circle of shared networks ends here too.
    for _ in 0..=project.services.len() {
        let mode = project.services.get(name).and_then(|service| service.network_mode.as_ref());
        match mode.and_then(|mode| mode.value.strip_prefix("service:")) {
            Some(other) => name = other,
            None => break,
        }
    }
    name
}

/// The networks of a service, or of the one whose network it shares.
#[must_use]
pub fn networks<'a>(project: &'a Project, name: &'a str) -> Vec<&'a str> {
    match project.services.get(home(project, name)) {
        Some(service) if service.network_mode.is_none() => {
            service.networks.keys().map(String::as_str).collect()
        }
        _ => Vec::new(),
    }
}

/// Every pair, in the order of the services.
#[must_use]
pub fn pairs(project: &Project) -> Vec<Pair<'_>> {
    let services = &project.services;
    let entries = entries(project);
    let stores: Vec<(&str, &Store)> = services
        .iter()
        .filter_map(|(name, service)| Some((name.as_str(), stores::of(project, name, service)?)))
        .collect();
    if entries.is_empty() || stores.is_empty() {
        return Vec::new();
    }
    let uses = uses(project);
    let mut found = Vec::new();
    for from in services.keys().map(String::as_str) {
        if !entries.contains(from) || stores.iter().any(|(store, _)| *store == from) {
            continue;
        }
        let mine = networks(project, from);
        for &(to, store) in &stores {
            let theirs = networks(project, to);
            let shared: Vec<&str> =
                mine.iter().copied().filter(|network| theirs.contains(network)).collect();
            let named = &uses[from];
            if shared.is_empty() || named.contains(to) {
                continue;
            }
            let between = named.iter().copied().filter(|next| leads_to(&uses, next, to)).collect();
            found.push(Pair { from, to, store, networks: shared, between });
        }
    }
    found
}

fn leads_to(uses: &BTreeMap<&str, BTreeSet<&str>>, from: &str, to: &str) -> bool {
    let mut seen = BTreeSet::from([from]);
    let mut open = vec![from];
    while let Some(at) = open.pop() {
        for next in uses.get(at).into_iter().flatten() {
            if *next == to {
                return true;
            }
            if seen.insert(next) {
                open.push(next);
            }
        }
    }
    false
}

/// The services that each names: in `depends_on`, links, environment, command or configs.
fn uses(project: &Project) -> BTreeMap<&str, BTreeSet<&str>> {
    let services = &project.services;
    let mut known: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (name, service) in services {
        for called in names(name, service) {
            known.entry(called.to_lowercase()).or_default().push(name);
        }
    }
    let used = |(name, service): (&'_ String, &'_ Service)| {
        let mut used: BTreeSet<&str> = BTreeSet::new();
        let waits = service.depends_on.keys().map(String::as_str);
        for text in waits.chain(texts(project, name, service)) {
            for (word, _) in words(text) {
                used.extend(known.get(&word.to_lowercase()).into_iter().flatten());
            }
        }
        used.remove(name.as_str());
        used
    };
    services.iter().map(|(name, service)| (name.as_str(), used((name, &service.value)))).collect()
}

/// The words of a text that may be names of services, each with what stands behind it.
pub fn words(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    let mut rest = text;
    std::iter::from_fn(move || {
        let word = rest.trim_start_matches(|c| !is_part(c));
        let end = word.find(|c| !is_part(c)).unwrap_or(word.len());
        let (word, behind) = word.split_at(end);
        rest = behind;
        (!word.is_empty()).then_some((word, behind))
    })
}

/// The names by which others on the same network find a service.
#[must_use]
pub fn names<'a>(name: &'a str, service: &'a Service) -> Vec<&'a str> {
    let aliases = service.networks.values().flat_map(|network| &network.aliases);
    let written = [service.container_name.as_ref(), service.hostname.as_ref()];
    let mut names = vec![name];
    names.extend(written.into_iter().flatten().chain(aliases).map(|text| text.as_str()));
    names
}

/// Everything of a service in which another may be named, but for whom it waits for.
#[must_use]
pub fn texts<'a>(project: &'a Project, name: &str, service: &'a Service) -> Vec<&'a str> {
    let mut texts: Vec<&str> = Vec::new();
    let lists = [service.command.as_deref(), service.entrypoint.as_deref()];
    let listed = lists.into_iter().flatten().flatten().chain(&service.links);
    texts.extend(listed.map(|text| text.as_str()));
    texts.extend(service.environment.values().filter_map(|value| value.as_deref()));
    for config in service.configs.iter().filter_map(|config| config.source.as_ref()) {
        let content = project.at(&["configs", config.as_str(), "content"]);
        texts.extend(content.and_then(Node::as_str));
    }
    let mode = project.at(&["services", name]).and_then(|node| node.get("network_mode"));
    texts.extend(mode.and_then(Node::as_str));
    texts
}
