//! Which services have a way to each other and a reason to go it, with the ports.
//!
//! The way is a network that both are on, or one namespace; the reason is that one names the other: it
//! waits for it, or its environment, command, links or configs say its name. Compose specification,
//! `networks`, `network_mode`, `depends_on`, `links`, `expose`; Dockerfile reference, `EXPOSE`.

use std::collections::BTreeSet;

use super::{
    Fact,
    answers::{reach, stores},
    image,
    ports::port_word,
};
use crate::compose::{Project, Service};

/// A service that another may reach and names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    /// Who is reached.
    pub to: String,
    /// On which ports, as far as the files tell: those that are named with it, or else those that it is
    /// known to listen on.
    pub ports: Vec<String>,
    /// The networks that both are on.
    pub networks: Vec<String>,
    /// Whether one names the other: a way that nobody names is there all the same.
    pub is_named: bool,
}

/// Every connection that has a reason, in the order of the services; the subject is who reaches.
#[must_use]
pub fn declared(project: &Project) -> Vec<Fact<Connection>> {
    let mut found = ways(project);
    found.retain(|fact| fact.value.is_named);
    found
}

/// Every way from a service to another, whether or not anything names it.
#[must_use]
pub fn ways(project: &Project) -> Vec<Fact<Connection>> {
    let mut found = Vec::new();
    for (name, service) in &project.services {
        let mine = reach::networks(project, name);
        let texts = reach::texts(project, name, service);
        for (other, target) in project.services.iter().filter(|(other, _)| *other != name) {
            let theirs = reach::networks(project, other);
            let networks: Vec<String> =
                mine.iter().filter(|one| theirs.contains(one)).map(ToString::to_string).collect();
            if networks.is_empty() {
                continue;
            }
            let called: Vec<String> =
                reach::names(other, target).iter().map(|name| name.to_lowercase()).collect();
            let named = Named::of(service, &texts, &called);
            let waits = service.depends_on.get(other);
            // Who waits for another's end has nobody to speak to.
            let for_its_end =
                waits.is_some_and(|one| one.condition() == "service_completed_successfully");
            let is_named = named.is_there || waits.is_some() && !for_its_end;
            let ports =
                if named.ports.is_empty() { listens(project, other, target) } else { named.ports };
            found.push(Fact {
                subject: name.clone(),
                value: Connection { to: other.clone(), ports, networks, is_named },
                shown: String::new(),
                at: Some(super::place(project, name, &["depends_on"])),
            });
        }
    }
    found
}

/// What texts say of a service.
struct Named {
    is_there: bool,
    /// `http://api:8080`, or `DB_HOST: db` with `DB_PORT: 3306`.
    ports: Vec<String>,
}

impl Named {
    fn of(service: &Service, texts: &[&str], called: &[String]) -> Self {
        let is_called = |word: &str| called.iter().any(|name| word.to_lowercase() == *name);
        let mut is_there = false;
        let mut ports = BTreeSet::new();
        for (word, behind) in texts.iter().flat_map(|text| reach::words(text)) {
            if is_called(word) {
                is_there = true;
                ports.extend(behind.strip_prefix(':').and_then(leading_port));
            }
        }
        for (key, value) in &service.environment {
            let host = value.as_deref().is_some_and(is_called);
            let Some(stem) = key.strip_suffix("HOST").filter(|_| host) else { continue };
            let port = service.environment.get(&format!("{stem}PORT"));
            ports.extend(port.and_then(|port| port.as_deref()).and_then(leading_port));
        }
        Self { is_there, ports: ports.iter().map(ToString::to_string).collect() }
    }
}

/// The port that a text begins with.
fn leading_port(text: &str) -> Option<u16> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text[..end].parse().ok().filter(|port| *port > 0)
}

/// The ports that a service is known to listen on: exposed, published, of its Dockerfile; or else the
/// usual one of the product that it is.
fn listens(project: &Project, name: &str, service: &Service) -> Vec<String> {
    let mut known: Vec<String> = Vec::new();
    let mut add = |port: String| {
        let port = port.strip_suffix("/tcp").map(str::to_owned).unwrap_or(port);
        if !known.contains(&port) {
            known.push(port);
        }
    };
    service.expose.iter().for_each(|port| add(port.value.clone()));
    service.ports.iter().for_each(|port| add(port_word(port.target(), port.protocol())));
    if let Ok(recipe) = image::recipe(project, name, service) {
        recipe.exposed().said.into_iter().for_each(|piece| add(piece.text));
    }
    if known.is_empty()
        && let Some(port) =
            stores::of(project, name, service).and_then(|store| store.ports().next())
    {
        known.push(port.to_string());
    }
    known
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        let project: Project =
            crate::compose::project::load_text("compose.yaml", text).expect("a model").into();
        declared(&project)
            .iter()
            .map(|fact| {
                let Connection { to, ports, networks, .. } = &fact.value;
                format!("{} {to} {} {}", fact.subject, ports.join(","), networks.join(","))
            })
            .collect()
    }

    #[test]
    fn a_connection_needs_a_way_and_a_reason() {
        let text = "services:\n  web: {image: web, networks: [front], depends_on: [app], environment: {DB: 'db:3306'}}\n  app: {image: app, networks: [front, back], environment: {DATABASE_URL: 'mysql://u@db:3307/x', CACHE_HOST: cache, CACHE_PORT: '6380'}}\n  db: {image: 'mysql:8', networks: [back]}\n  cache: {image: 'redis:7', networks: [back]}\nnetworks: {front: , back: }\n";
        // web names db, and has no way to it.
        assert_eq!(lines(text), ["web app  front", "app db 3307 back", "app cache 6380 back"]);
    }

    #[test]
    fn a_way_is_there_without_a_reason() {
        let text = "services:\n  a: {image: a, networks: [x]}\n  b: {image: 'redis:7', networks: [x]}\n  c: {image: c, networks: [y]}\nnetworks: {x: , y: }\n";
        assert!(lines(text).is_empty());
        let project: Project =
            crate::compose::project::load_text("compose.yaml", text).expect("a model").into();
        let ways = ways(&project);
        let told: Vec<String> = ways
            .iter()
            .map(|way| format!("{} {} {}", way.subject, way.value.to, way.value.ports.join(",")))
            .collect();
        assert_eq!(told, ["a b 6379", "b a "]);
        assert!(ways.iter().all(|way| !way.value.is_named));
    }

    #[test]
    fn what_no_text_says_of_a_port_the_target_says() {
        let text = "services:\n  a: {image: a, depends_on: [b, c, d]}\n  b: {image: b, expose: ['81', '82/udp']}\n  c: {image: c, ports: ['8080:80']}\n  d: {image: 'postgres:16'}\n";
        assert_eq!(lines(text), ["a b 81,82/udp default", "a c 80 default", "a d 5432 default"]);
    }

    #[test]
    fn who_has_ended_is_not_reached_and_one_namespace_is_a_way() {
        let text = "services:\n  a:\n    image: a\n    depends_on: {m: {condition: service_completed_successfully}}\n  m: {image: m, network_mode: 'service:b', environment: {B: b}}\n  b: {image: b, expose: ['9']}\n";
        assert_eq!(lines(text), ["m b 9 default"]);
    }
}
