//! Two containers that want the same port of the host.

use std::{net::IpAddr, ops::RangeInclusive};

use crate::policy::{
    Finding, Profile, Rule, Severity, Target,
    rules::facts::{
        place,
        ports::{self, Published},
    },
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
    let all: Vec<(Published<'_>, RangeInclusive<u16>)> = ports::all(target)
        .into_iter()
        .filter_map(|port| {
            let host = port.host.clone()?;
            Some((port, host))
        })
        .collect();
    for (at, (port, host)) in all.iter().enumerate() {
        let name = port.service;
        let origin = place::or_service(target, name, port.host_origin());
        let meets = |other: &&(Published<'_>, RangeInclusive<u16>)| {
            same_socket(port, &other.0)
                && intersect(host, &other.1)
                && run_together(target, name, other.0.service)
        };
        let replicas = target.project.services.get(name).map_or(1, |service| service.replicas());
        let room = if port.is_pool() { u32::from(host.end() - host.start()) + 1 } else { 1 };
        if replicas > room {
            found.push(RULE.finding(
                port.subject(),
                format!("{replicas} replicas of service \"{name}\" want {} of the host", port.host_text()),
                "leave the host's port out, give a range that is wide enough, or put a proxy before them",
                origin,
            ));
        } else if port.is_pool() {
            let fixed = all.iter().filter(|other| !other.0.is_pool()).filter(meets);
            let fixed: Vec<_> = fixed.collect();
            let free =
                host.clone().filter(|one| !fixed.iter().any(|(_, taken)| taken.contains(one)));
            if free.count() == 0
                && let Some(first) = fixed.first()
            {
                found.push(conflict(target, port, &first.0, "every port of the range is taken"));
            }
        } else if let Some((other, _)) =
            all.iter().take(at).filter(|other| !other.0.is_pool()).find(meets)
        {
            // By name, so that it is the same fault in whatever order services are written.
            let (port, other) =
                if port.service < other.service { (other, port) } else { (port, other) };
            found.push(conflict(target, port, other, "it is taken"));
        }
    }
}

/// Whether two services are meant to run side by side: a service of a profile is often the other's stand-in.
fn run_together(target: &Target, a: &str, b: &str) -> bool {
    let profiles = |name: &str| -> Vec<&str> {
        let service = target.project.services.get(name);
        let profiles = service.into_iter().flat_map(|service| &service.profiles);
        profiles.map(|profile| profile.value.as_str()).collect()
    };
    let (a, b) = (profiles(a), profiles(b));
    a.is_empty() && b.is_empty() || a.iter().any(|profile| b.contains(profile))
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
        place::or_service(target, name, port.host_origin()),
    )
    .also(place::or_service(target, taker, other.host_origin()), "taken here")
}

fn intersect(a: &RangeInclusive<u16>, b: &RangeInclusive<u16>) -> bool {
    a.start() <= b.end() && b.start() <= a.end()
}

/// Whether two listen on one address with one protocol.
fn same_socket(a: &Published<'_>, b: &Published<'_>) -> bool {
    if a.port.protocol() != b.port.protocol() {
        return false;
    }
    let text = |port: &Published<'_>| {
        port.port.host_ip().unwrap_or_default().trim_matches(['[', ']']).to_owned()
    };
    let (a, b) = (text(a), text(b));
    match (a.parse::<IpAddr>(), b.parse::<IpAddr>()) {
        (Ok(a), Ok(b)) => {
            a == b || a.is_ipv4() == b.is_ipv4() && (a.is_unspecified() || b.is_unspecified())
        }
        // Without an address it is every one of both versions.
        _ => a.is_empty() || b.is_empty() || a == b,
    }
}
