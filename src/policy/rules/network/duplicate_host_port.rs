//! Two containers that want the same port of the host.

use std::{collections::HashMap, net::IpAddr, ops::RangeInclusive};

use crate::{
    facts::answers::{
        place,
        ports::{self, Published},
    },
    policy::{Finding, Profile, Rule, Severity, Target},
};

/// A port of the host can be had once.
pub static RULE: Rule = Rule {
    id: "duplicate-host-port",
    severity: Severity::High,
    profile: Profile::Default,
    summary: "The same host port is published twice.",
    check,
    document: include_str!("duplicate_host_port.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    let all: Vec<(Published<'_>, RangeInclusive<u16>)> = ports::all(&target.project)
        .into_iter()
        .filter_map(|port| {
            let host = port.host.clone()?;
            let service = target.project.services.get(port.service)?;
            // Of a service with a scale of 0 no container is started.
            (service.replicas() > 0).then_some((port, host))
        })
        .collect();
    let mut taken = Taken::default();
    for (at, (port, host)) in all.iter().enumerate().filter(|(_, (port, _))| !port.is_pool()) {
        taken.take(target, port, host, at);
    }
    for (at, (port, host)) in all.iter().enumerate() {
        let name = port.service;
        let origin = place::or_service(&target.project, name, port.host_origin());
        let first = |one: u16| taken.first(target, port, one);
        let replicas = target.project.services.get(name).map_or(1, |service| service.replicas());
        let room = if port.is_pool() { u32::from(host.end() - host.start()) + 1 } else { 1 };
        if replicas > room && !is_of_swarm(target, name) {
            found.push(RULE.finding(
                port.subject(),
                format!("{replicas} replicas of service \"{name}\" want {} of the host", port.host_text()),
                "leave the host's port out, give a range that is wide enough, or put a proxy before them",
                origin,
            ));
        } else if port.is_pool() {
            let others: Option<Vec<usize>> = host.clone().map(first).collect();
            let other = others.and_then(|others| others.into_iter().min());
            if let Some((other, _)) = other.and_then(|other| all.get(other)) {
                found.push(conflict(target, port, other, "every port of the range is taken"));
            }
        } else if let Some((other, _)) = host
            .clone()
            .filter_map(first)
            .min()
            .filter(|first| *first < at)
            .and_then(|at| all.get(at))
        {
            // By name, so that it is the same fault in whatever order services are written.
            let (port, other) =
                if port.service < other.service { (other, port) } else { (port, other) };
            found.push(conflict(target, port, other, "it is taken"));
        }
    }
}

/// Keys of `deploy` that Swarm alone reads: its mesh takes a port once for all replicas.
const OF_SWARM: &[&str] = &["endpoint_mode", "placement", "rollback_config", "update_config"];

fn is_of_swarm(target: &Target, name: &str) -> bool {
    let deploy = target.project.at(&["services", name, "deploy"]);
    deploy.is_some_and(|deploy| OF_SWARM.iter().any(|key| deploy.get(key).is_some()))
}

/// A port of the host, its protocol, and the profile of whoever wants it; none of one without profiles.
/// Only services that have a profile in common, or none both, are meant to run side by side: a service of a
/// profile is often the other's stand-in.
type Socket<'a> = (u16, &'a str, Option<&'a str>);

/// Who is the first, by a number, to have a port.
#[derive(Default)]
struct Taken<'a>(HashMap<Socket<'a>, Firsts<'a>>);

/// The first on each address of one socket.
#[derive(Default)]
struct Firsts<'a> {
    of_all: Option<usize>,
    of_version: [Option<usize>; 2],
    on: HashMap<Address<'a>, usize>,
}

impl<'a> Taken<'a> {
    /// Takes all ports of a range; whoever comes first is called with the lowest number.
    fn take(
        &mut self,
        target: &'a Target,
        port: &Published<'a>,
        host: &RangeInclusive<u16>,
        number: usize,
    ) {
        let address = Address::of(port);
        for (profile, one) in of_profiles(target, port.service)
            .into_iter()
            .flat_map(|profile| host.clone().map(move |one| (profile, one)))
        {
            let firsts = self.0.entry((one, port.port.protocol(), profile)).or_default();
            firsts.of_all.get_or_insert(number);
            if let Some(version) = address.version() {
                firsts.of_version[version].get_or_insert(number);
            }
            firsts.on.entry(address).or_insert(number);
        }
    }

    /// The first who has a port of the host where another wants it too.
    fn first(&self, target: &'a Target, port: &Published<'a>, one: u16) -> Option<usize> {
        let address = Address::of(port);
        let of_profiles = of_profiles(target, port.service).into_iter();
        let firsts = of_profiles.filter_map(|of| self.0.get(&(one, port.port.protocol(), of)));
        firsts
            .flat_map(|firsts| match address {
                Address::All => vec![firsts.of_all],
                Address::AllOf(version) => {
                    vec![firsts.on.get(&Address::All).copied(), firsts.of_version[version]]
                }
                Address::One(of) => {
                    let everywhere = [Address::All, Address::AllOf(usize::from(of.is_ipv6()))];
                    let own = everywhere.into_iter().chain([address]);
                    own.map(|address| firsts.on.get(&address).copied()).collect()
                }
                Address::Text(_) => {
                    [Address::All, address].map(|address| firsts.on.get(&address).copied()).into()
                }
            })
            .flatten()
            .min()
    }
}

/// The profiles of a service, or the one place of those without.
fn of_profiles<'a>(target: &'a Target, service: &str) -> Vec<Option<&'a str>> {
    let service = target.project.services.get(service);
    let profiles = service.into_iter().flat_map(|service| &service.profiles);
    let profiles: Vec<_> = profiles.map(|profile| Some(profile.value.as_str())).collect();
    if profiles.is_empty() { vec![None] } else { profiles }
}

fn conflict(target: &Target, port: &Published<'_>, other: &Published<'_>, why: &str) -> Finding {
    let (name, taker) = (port.service, other.service);
    RULE.finding(
        port.subject(),
        format!(
            "service \"{name}\" wants {} of the host: {why} by service \"{taker}\"",
            port.host_text()
        ),
        "choose another port of the host for one of them",
        place::or_service(&target.project, name, port.host_origin()),
    )
    .also(place::or_service(&target.project, taker, other.host_origin()), "taken here")
}

/// The address of this machine that a port is published on.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Address<'a> {
    /// None is said: every one of both versions.
    All,
    /// Every one of IPv4 (0) or IPv6 (1).
    AllOf(usize),
    One(IpAddr),
    /// What is no address meets only what is written alike.
    Text(&'a str),
}

impl<'a> Address<'a> {
    fn of(port: &Published<'a>) -> Self {
        let text = port.port.host_ip().unwrap_or_default().trim_matches(['[', ']']);
        match text.parse::<IpAddr>() {
            Ok(address) if address.is_unspecified() => Self::AllOf(usize::from(address.is_ipv6())),
            Ok(address) => Self::One(address),
            Err(_) if text.is_empty() => Self::All,
            Err(_) => Self::Text(text),
        }
    }

    const fn version(self) -> Option<usize> {
        match self {
            Self::AllOf(version) => Some(version),
            Self::One(address) => Some(if address.is_ipv6() { 1 } else { 0 }),
            Self::All | Self::Text(_) => None,
        }
    }
}
