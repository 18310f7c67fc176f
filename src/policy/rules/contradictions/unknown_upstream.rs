//! A name in nginx's configuration that is nobody's.

use std::collections::BTreeSet;

use super::web;
use crate::{
    compose::{
        Project, Service,
        tree::{Mapping, Node},
    },
    facts::answers::{place, services},
    policy::{Finding, Profile, Rule, Severity, Target},
    words::did_you_mean,
};

/// nginx does not start where it cannot find out an address.
pub static RULE: Rule = Rule {
    id: "unknown-upstream",
    severity: Severity::High,
    profile: Profile::Default,
    summary: "nginx passes requests to a name that is nobody's.",
    check,
    document: include_str!("unknown_upstream.md"),
};

/// Directives whose first argument is who gets the request.
const PASSES: &[&str] =
    &["fastcgi_pass", "grpc_pass", "memcached_pass", "proxy_pass", "scgi_pass", "uwsgi_pass"];

/// Names that every container has, or that the engine gives.
const OWN: &[&str] = &["localhost", "host.docker.internal", "gateway.docker.internal"];

fn check(target: &Target, found: &mut Vec<Finding>) {
    let project = &target.project;
    let mut known = None;
    for (name, service) in services::containers(project) {
        // On a network of others, or on the host's, names are not this project's alone.
        let external = service
            .networks
            .keys()
            .any(|key| project.networks.get(key).is_some_and(|network| network.is_external()));
        if external || service.network_mode.is_some() {
            continue;
        }
        let files = web::configurations(target, name, service);
        if files.is_empty() {
            continue;
        }
        let known = known.get_or_insert_with(|| names(project));
        let own = own_names(project, name, service);
        let mut makers = None;
        let mut groups: BTreeSet<&str> = BTreeSet::new();
        for file in &files {
            web::every(&file.directives, &mut |one| {
                if one.name == "upstream" {
                    groups.extend(one.arguments.first().map(String::as_str));
                }
            });
        }
        for file in &files {
            let mut asked: Vec<(&str, usize)> = Vec::new();
            web::every(&file.directives, &mut |one| {
                let servers = (one.name == "upstream").then_some(one.block.as_deref()).flatten();
                let servers =
                    servers.into_iter().flatten().filter(|server| server.name == "server");
                let passes = std::iter::once(one).filter(|one| PASSES.contains(&one.name.as_str()));
                for directive in servers.chain(passes) {
                    let host = directive.arguments.first().and_then(|argument| host(argument));
                    if let Some(host) = host {
                        asked.push((host, file.source.place(directive.span.start).line));
                    }
                }
            });
            let mut told = BTreeSet::new();
            for (host, line) in asked {
                let is_known = known.contains(host)
                    || own.contains(host)
                    || groups.contains(host)
                    || OWN.contains(&host)
                    || is_replica(project, host);
                if is_known || !told.insert(host) {
                    continue;
                }
                // A group of servers may be written when the image is built or the container starts.
                let makers = makers.get_or_insert_with(|| web::makers(target, name, service));
                if makers.iter().any(|text| web::has_group(text, host)) {
                    continue;
                }
                let near = did_you_mean(host, known.iter().map(String::as_str));
                let near =
                    near.map_or_else(String::new, |near| format!("; did you mean \"{near}\"?"));
                let origin = mount(service, &file.at);
                found.push(RULE.finding(
                    format!("services.{name}.nginx[{host}]"),
                    format!(
                        "{}:{line} passes requests to \"{host}\", and no service, alias or `extra_hosts` of service \"{name}\" is called so: nginx does not start",
                        file.source.path()
                    ),
                    format!("write the name of a service{near}"),
                    place::or_service(project, name, origin),
                ));
            }
        }
    }
}

/// The host of an argument; none for an address, a socket, a name of the internet, or a variable,
/// which nginx finds out at run time.
fn host(argument: &str) -> Option<&str> {
    let rest = argument.split_once("://").map_or(argument, |(_, rest)| rest);
    let host = rest.split(['/', ':', '?']).next()?;
    let is_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_';
    let open = argument.contains('$') || rest.starts_with("unix:") || host.is_empty();
    let number = host.bytes().all(|byte| byte.is_ascii_digit());
    (!open && !number && host.chars().all(is_name)).then_some(host)
}

/// Whether a host is a replica of a service by its container's name, `shop-web-2`. A project that is
/// not named in its files may be called anything.
fn is_replica(project: &Project, host: &str) -> bool {
    let named = project.name.origin.place.file().is_some();
    project.services.keys().any(|service| {
        let whose = host.rsplit_once('-').filter(|(_, number)| number.parse::<u16>().is_ok());
        let whose = whose.and_then(|(rest, _)| rest.strip_suffix(service)?.strip_suffix('-'));
        whose.is_some_and(|whose| !whose.is_empty() && (!named || whose == project.name.value))
    })
}

/// What the services of a project answer to.
fn names(project: &Project) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (name, service) in &project.services {
        names.insert(name.clone());
        let texts = [&service.container_name, &service.hostname];
        names.extend(texts.into_iter().flatten().map(|text| text.value.clone()));
        for used in service.networks.values() {
            names.extend(used.aliases.iter().map(|alias| alias.value.clone()));
        }
        // Replicas are called so.
        names.insert(format!("{}-{name}-1", project.name.value));
    }
    names.extend(project.disabled.iter().map(|(key, _)| key.to_string()));
    names
}

/// What a service alone has names for: `extra_hosts`, links.
fn own_names(project: &Project, name: &str, service: &Service) -> BTreeSet<String> {
    let links = service.links.iter().chain(&service.external_links);
    let mut names: BTreeSet<String> =
        links.map(|link| link.rsplit(':').next().unwrap_or_default().to_owned()).collect();
    let hosts = project.at(&["services", name, "extra_hosts"]);
    let entries = hosts.and_then(Node::as_mapping).into_iter().flat_map(Mapping::iter);
    names.extend(entries.map(|(key, _)| key.to_string()));
    let listed = hosts.and_then(Node::as_sequence).unwrap_or_default().iter();
    names.extend(listed.filter_map(|entry| {
        Some(entry.as_str()?.split([':', '=']).next().unwrap_or_default().to_owned())
    }));
    names
}

/// Where the mount of a file is written.
fn mount(service: &Service, at: &str) -> Option<crate::compose::journal::Origin> {
    let mounts = service.volumes.iter().filter(|mount| {
        let target = mount.target.as_ref().map_or("", |target| target.as_str());
        crate::facts::answers::path::is_within(at, target)
    });
    let nearest = mounts.max_by_key(|mount| mount.target.as_ref().map_or(0, |target| target.len()));
    nearest.and_then(|mount| mount.source.as_ref()).map(|source| source.origin)
}

#[cfg(test)]
mod tests {
    use super::host;

    #[test]
    fn the_host_is_what_has_to_be_found_out_at_start() {
        for (argument, wanted) in [
            ("http://api:3000/v1", Some("api")),
            ("php:9000", Some("php")),
            ("php", Some("php")),
            ("grpc://api", Some("api")),
            ("http://$upstream", None),
            ("http://api:3000$request_uri", None),
            ("http://127.0.0.1:80", None),
            ("http://[::1]:80", None),
            ("unix:/run/php.sock", None),
            ("http://unix:/run/a.sock:/", None),
            ("https://example.com/x", None),
        ] {
            assert_eq!(host(argument), wanted, "{argument}");
        }
    }
}
