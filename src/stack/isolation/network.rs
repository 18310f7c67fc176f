//! Networks and addresses of a run's own.
//!
//! A private network takes the place of each that somebody else made, and fixed addresses move
//! into blocks that nobody uses, each to the same place within its block. What has no network of
//! its own at all is refused before anything starts ([`super::refuse`]).

use std::net::IpAddr;

use indexmap::IndexMap;
use ipnet::IpNet;
use serde_yaml::{Mapping, Value};

use super::{
    super::{StackError, engine::Engine, overlay::tagged},
    subnets::{self, Moved},
};
use crate::{
    compose::{
        ComposeError, Located, Project, Resource, Service,
        journal::{Origin, Refusal},
        tree::{Mapping as Tree, Node},
    },
    config::Shared,
    diagnostic::Diagnostic,
};

/// The option by which a network names its interface on the host, where it is there once.
const INTERFACE: &str = "com.docker.network.bridge.name";
/// Drivers that put containers into a network of the host's own.
const DIRECT: [&str; 2] = ["macvlan", "ipvlan"];

/// Whether Compose could not make a network because its block of addresses is in use.
#[must_use]
pub fn is_overlap(why: &StackError) -> bool {
    let StackError::Program { last_words, .. } = why else { return false };
    last_words.iter().any(|line| line.to_lowercase().contains("pool overlaps"))
}

/// A network of somebody else, as the engine has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Real {
    pub internal: bool,
    pub blocks: Vec<IpNet>,
}

/// What the engine and the host have, before anything is made.
#[derive(Debug, Clone, Default)]
pub(super) struct There {
    /// The networks that the files call external, by the engine's name.
    pub real: IndexMap<String, Real>,
    /// Blocks of addresses in use.
    pub taken: Vec<IpNet>,
}

/// A network of a run.
#[derive(Debug, Clone)]
struct Net {
    /// The engine's name.
    name: String,
    /// What the override file says of it; none for one that is shared.
    body: Option<Value>,
    moved: Vec<Moved>,
}

/// The networks of a run.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    networks: IndexMap<String, Net>,
    /// What a reader of the report has to know.
    pub notes: Vec<String>,
}

impl Plan {
    /// Plans the networks of a run.
    ///
    /// # Errors
    /// The engine's; [`ComposeError::Files`] with the place of a block for which there is no other.
    pub async fn make(
        engine: &Engine,
        project: &Project,
        shared: &Shared,
        run: &str,
    ) -> Result<Self, StackError> {
        let external: Vec<&str> = project
            .networks
            .values()
            .filter(|network| network.is_external())
            .filter_map(|network| Some(network.name.as_ref()?.as_str()))
            .collect();
        let mut there = engine.there(&external).await?;
        there.taken.extend(subnets::routed());
        Self::of(project, shared, run, there)
    }

    pub(super) fn of(
        project: &Project,
        shared: &Shared,
        run: &str,
        there: There,
    ) -> Result<Self, StackError> {
        let There { real, mut taken } = there;
        // Whoever starts the real stack meanwhile needs them.
        taken.extend(
            project
                .networks
                .keys()
                .flat_map(|key| blocks(project, key).into_iter().map(|(block, _)| block)),
        );
        let mut plan = Self::default();
        for (key, network) in &project.networks {
            let declared = network.name.as_ref().map_or(key.as_str(), |name| name.as_str());
            if network.is_external() && shared.networks.contains(key) {
                plan.notes.push(format!(
                    "network \"{key}\" is shared on purpose: the run joins \"{declared}\", without the names of its services"
                ));
                let net = Net { name: declared.to_owned(), body: None, moved: Vec::new() };
                plan.networks.insert(key.clone(), net);
                continue;
            }
            let name = format!("{run}_{key}");
            let foreign = network.is_external() || is_direct(network);
            if foreign {
                plan.notes.push(format!(
                    "a private network takes the place of \"{key}\" ({})",
                    if network.is_external() { "external" } else { "a network of the host's own" }
                ));
            }
            let known = real.get(declared).filter(|_| network.is_external());
            let mut wanted = blocks(project, key);
            for (address, origin) in fixed(project, key) {
                if !wanted.iter().any(|(block, _)| block.contains(&address)) {
                    wanted.push((around(address, known), origin));
                }
            }
            let mut moved = Vec::new();
            for (block, origin) in wanted {
                let seed = subnets::seed(&[run, key, &block.to_string()]);
                let own = subnets::free(block, seed, &taken)
                    .ok_or_else(|| no_room(project, key, block, origin))?;
                taken.push(own);
                moved.push(Moved { declared: block.trunc(), own });
            }
            let body = body(project, key, network, &name, known, &moved);
            plan.networks.insert(key.clone(), Net { name, body: Some(body), moved });
        }
        plan.tell_of_addresses(project);
        Ok(plan)
    }

    /// The networks that the run shares with others: the engine's names.
    pub fn shared(&self) -> impl Iterator<Item = &str> {
        self.networks.values().filter(|net| net.body.is_none()).map(|net| net.name.as_str())
    }

    /// The engine's name of a network of the files.
    #[must_use]
    pub fn name_of(&self, key: &str) -> Option<&str> {
        self.networks.get(key).map(|net| net.name.as_str())
    }

    /// What the files call a network of the engine; its own name if they call it nothing.
    #[must_use]
    pub fn declared<'a>(&'a self, name: &'a str) -> &'a str {
        self.networks.iter().find(|(_, net)| net.name == name).map_or(name, |(key, _)| key)
    }

    /// `networks:` of the override file.
    pub(in crate::stack) fn section(&self) -> Mapping {
        let own = self
            .networks
            .iter()
            .filter_map(|(key, net)| Some((Value::from(key.as_str()), net.body.clone()?)));
        own.collect()
    }

    /// What the override file says of a service: its fixed addresses, and its container's name as a
    /// name on its networks.
    pub(in crate::stack) fn service(
        &self,
        project: &Project,
        key: &str,
        service: &Service,
    ) -> Mapping {
        let mut body = Mapping::new();
        let alias = service.container_name.as_ref().map(|name| name.as_str());
        let mut uses = Mapping::new();
        for (network, joined) in &service.networks {
            let Some(net) = self.networks.get(network).filter(|net| net.body.is_some()) else {
                continue;
            };
            let mut entry = Mapping::new();
            let known = joined.aliases.iter().any(|known| Some(known.as_str()) == alias);
            if let Some(alias) = alias.filter(|alias| !known && *alias != key) {
                entry.insert("aliases".into(), vec![alias].into());
            }
            for (attribute, address) in
                [("ipv4_address", &joined.ipv4_address), ("ipv6_address", &joined.ipv6_address)]
            {
                let address = address.as_ref().and_then(|address| address.parse().ok());
                if let Some(own) = address.and_then(|address| net.address(address)) {
                    entry.insert(attribute.into(), own.to_string().into());
                }
            }
            if !entry.is_empty() {
                uses.insert(network.as_str().into(), entry.into());
            }
        }
        if !uses.is_empty() {
            body.insert("networks".into(), uses.into());
        }
        let at = |attribute: &str| project.at(&["services", key, attribute]);
        if let Some(hosts) = at("extra_hosts").and_then(Node::as_mapping) {
            let pairs: Vec<(&str, &str)> = hosts_of(hosts).collect();
            let moved = |address: &str| Some(self.address(address.parse().ok()?)?.to_string());
            if pairs.iter().any(|(_, address)| moved(address).is_some()) {
                let lines: Vec<String> = pairs
                    .into_iter()
                    .map(|(name, address)| {
                        format!("{name}={}", moved(address).unwrap_or_else(|| address.to_owned()))
                    })
                    .collect();
                body.insert("extra_hosts".into(), tagged("!override", lines.into()));
            }
        }
        if let Some(servers) = at("dns").and_then(Node::as_sequence) {
            let servers: Vec<&str> = servers.iter().filter_map(Node::as_str).collect();
            let moved = |server: &str| self.address(server.parse().ok()?);
            if servers.iter().any(|server| moved(server).is_some()) {
                let own = servers.into_iter().map(|server| {
                    moved(server).map_or_else(|| server.to_owned(), |own| own.to_string())
                });
                let own: Vec<String> = own.collect();
                body.insert("dns".into(), tagged("!override", own.into()));
            }
        }
        body
    }

    /// Where an address of the files went.
    fn address(&self, declared: IpAddr) -> Option<IpAddr> {
        self.networks.values().find_map(|net| net.address(declared))
    }

    /// Tells of texts that hold an address which was moved: nobody can know what it is for.
    fn tell_of_addresses(&mut self, project: &Project) {
        let mut found = Vec::new();
        for (name, service) in &project.services {
            let variables = service.environment.iter().filter_map(|(variable, value)| {
                let text = value.value.as_deref()?;
                Some((format!("`{variable}` of service \"{name}\""), text, value.origin))
            });
            let words = [("command", &service.command), ("entrypoint", &service.entrypoint)];
            let words = words.iter().flat_map(|(key, words)| {
                words.iter().flatten().map(move |word| {
                    (format!("`{key}` of service \"{name}\""), word.as_str(), word.origin)
                })
            });
            for (what, text, origin) in variables.chain(words) {
                let Some((declared, own)) =
                    addresses_in(text).find_map(|address| Some((address, self.address(address)?)))
                else {
                    continue;
                };
                let place = project.journal.place(origin.place);
                let place = place.map_or_else(String::new, |place| format!(" ({place})"));
                found.push(format!(
                    "{what}{place} speaks of {declared}, which is {own} in this run: write the service's name instead"
                ));
            }
            let hosts = project.at(&["services", name, "extra_hosts"]).and_then(Node::as_mapping);
            for (host, address) in hosts.into_iter().flat_map(hosts_of) {
                if address == "host-gateway" {
                    found.push(format!(
                        "service \"{name}\" reaches this host as \"{host}\": what listens there is not the run's own"
                    ));
                }
            }
        }
        self.notes.append(&mut found);
    }
}

impl Net {
    fn address(&self, declared: IpAddr) -> Option<IpAddr> {
        self.moved.iter().find_map(|moved| moved.address(declared))
    }
}

/// The pairs of `extra_hosts`: a name, an address.
fn hosts_of(hosts: &Tree) -> impl Iterator<Item = (&str, &str)> {
    hosts.iter().flat_map(|(name, addresses)| {
        let several = addresses.as_sequence().unwrap_or_default().iter();
        let one = addresses.as_str().into_iter();
        several.filter_map(Node::as_str).chain(one).map(move |address| (&*name.text, address))
    })
}

/// The addresses that a text names.
fn addresses_in(text: &str) -> impl Iterator<Item = IpAddr> + '_ {
    let is_part = |letter: char| letter.is_ascii_hexdigit() || matches!(letter, '.' | ':');
    let words = text.split(move |letter: char| !is_part(letter));
    words.filter_map(|word| {
        let bare = word.trim_matches(['.', ':']);
        let host = bare.rsplit_once(':').map(|(host, _)| host);
        [Some(word), Some(bare), host].into_iter().flatten().find_map(|word| word.parse().ok())
    })
}

fn is_direct(network: &Resource) -> bool {
    network.driver.as_ref().is_some_and(|driver| DIRECT.contains(&driver.as_str()))
}

fn ipam<'p>(project: &'p Project, key: &str) -> Vec<&'p Node> {
    let config = project.at(&["networks", key, "ipam", "config"]).and_then(Node::as_sequence);
    config.unwrap_or_default().iter().collect()
}

/// The blocks that the files give a network.
fn blocks(project: &Project, key: &str) -> Vec<(IpNet, Origin)> {
    let subnets = ipam(project, key).into_iter().filter_map(|entry| entry.get("subnet"));
    subnets.filter_map(|subnet| Some((subnet.as_str()?.parse().ok()?, subnet.origin))).collect()
}

/// The fixed addresses on a network.
fn fixed(project: &Project, key: &str) -> Vec<(IpAddr, Origin)> {
    let uses = project.services.values().filter_map(|service| service.networks.get(key));
    uses.flat_map(|joined| [&joined.ipv4_address, &joined.ipv6_address].into_iter().flatten())
        .filter_map(|address| Some((address.parse().ok()?, address.origin)))
        .collect()
}

/// The block of a network that the files know only by an address in it.
fn around(address: IpAddr, real: Option<&Real>) -> IpNet {
    let real = real.and_then(|real| real.blocks.iter().find(|block| block.contains(&address)));
    let length = if address.is_ipv4() { 24 } else { 64 };
    real.copied().unwrap_or_else(|| {
        IpNet::new(address, length).map_or_else(|_| IpNet::from(address), |block| block.trunc())
    })
}

fn no_room(project: &Project, key: &str, block: IpNet, origin: Origin) -> StackError {
    let what = Diagnostic::error(format!(
        "network \"{key}\" has the block {block}, and no private block of its size is free for the run"
    ));
    let told = project.journal.point(what, origin, "").help(
        "give the network a smaller block (a /24 has room for 253 containers), or stop what uses the others",
    );
    ComposeError::Files(Refusal(vec![told])).into()
}

/// What the override file says of a network.
fn body(
    project: &Project,
    key: &str,
    network: &Located<Resource>,
    name: &str,
    real: Option<&Real>,
    moved: &[Moved],
) -> Value {
    let mut body = Mapping::new();
    body.insert("name".into(), name.into());
    let foreign = network.is_external() || is_direct(network);
    if foreign {
        let declared = network.internal.as_ref().is_some_and(|internal| internal.value);
        if declared || real.is_some_and(|real| real.internal) {
            body.insert("internal".into(), true.into());
        }
        let sixth = moved.iter().any(|moved| moved.own.addr().is_ipv6());
        if sixth {
            body.insert("enable_ipv6".into(), true.into());
        }
    } else if let Some(options) =
        project.at(&["networks", key, "driver_opts"]).and_then(Node::as_mapping)
        && options.contains(INTERFACE)
    {
        let rest: Mapping = options
            .iter()
            .filter(|(option, _)| &*option.text != INTERFACE)
            .map(|(option, value)| {
                (Value::from(&*option.text), value.as_str().unwrap_or_default().into())
            })
            .collect();
        body.insert("driver_opts".into(), tagged("!override", rest.into()));
    }
    if !moved.is_empty() {
        let mut own = Mapping::new();
        let declared = (!foreign).then(|| project.at(&["networks", key, "ipam"])).flatten();
        if let Some(driver) = declared.and_then(|ipam| ipam.get("driver")?.as_str()) {
            own.insert("driver".into(), driver.into());
        }
        if let Some(options) = declared.and_then(|ipam| ipam.get("options")?.as_mapping()) {
            let options: Mapping = options
                .iter()
                .map(|(option, value)| {
                    (Value::from(&*option.text), value.as_str().unwrap_or_default().into())
                })
                .collect();
            own.insert("options".into(), options.into());
        }
        own.insert("config".into(), Value::Sequence(config(&ipam(project, key), moved)));
        body.insert("ipam".into(), tagged("!override", own.into()));
    }
    if foreign { tagged("!override", body.into()) } else { body.into() }
}

/// `ipam.config` in the run's own blocks.
fn config(entries: &[&Node], moved: &[Moved]) -> Vec<Value> {
    let written = |entry: &Node, key: &str| {
        entry.get(key).and_then(Node::as_str).map(str::to_owned).filter(|text| !text.is_empty())
    };
    let one = |moved: &Moved| {
        let mut own = Mapping::new();
        own.insert("subnet".into(), moved.own.to_string().into());
        let entry = entries.iter().find(|entry| {
            let subnet = written(entry, "subnet").and_then(|subnet| subnet.parse().ok());
            subnet.is_some_and(|subnet: IpNet| subnet.trunc() == moved.declared)
        });
        let Some(entry) = entry else { return own.into() };
        let address = |text: &str| moved.address(text.parse().ok()?);
        if let Some(gateway) = written(entry, "gateway").and_then(|text| address(&text)) {
            own.insert("gateway".into(), gateway.to_string().into());
        }
        let range = written(entry, "ip_range").and_then(|text| text.parse().ok());
        if let Some(range) = range.and_then(|range| moved.part(range)) {
            own.insert("ip_range".into(), range.to_string().into());
        }
        if let Some(others) = entry.get("aux_addresses").and_then(Node::as_mapping) {
            let others: Mapping = others
                .iter()
                .filter_map(|(name, text)| {
                    let own = address(text.as_str()?)?;
                    Some((Value::from(&*name.text), own.to_string().into()))
                })
                .collect();
            own.insert("aux_addresses".into(), others.into());
        }
        own.into()
    };
    moved.iter().map(one).collect()
}

#[cfg(test)]
pub(in crate::stack) mod tests;
