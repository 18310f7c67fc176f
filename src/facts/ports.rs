//! What the stack publishes on its host.
//!
//! Compose specification, `ports`, `network_mode`.

use std::net::IpAddr;

use super::{
    Cell, Fact, Row, Topic,
    answers::{ports, services},
};
use crate::compose::{Port, Project};

pub(super) const TOPIC: Topic = Topic {
    name: "ports",
    about: "the ports that services publish on the host",
    columns: &["service", "port", "host port", "host address"],
    keys: &[0, 1],
    key: "ports",
    sentence: Some("exactly these ports are published:"),
    declared: |project| declared(project).iter().map(row).collect(),
};

/// A port that is open on the host because of a service, in the words of tables.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Published {
    /// The container's port: `80`, `53/udp`.
    pub port: Cell,
    /// The host's port, `free` for any.
    pub host_port: Cell,
    /// `any`, `loopback`, or an address.
    pub host_address: Cell,
}

impl Published {
    /// A port as a service declares it.
    #[must_use]
    pub fn of(port: &Port) -> Self {
        let address = port.host_ip().and_then(|address| address.parse().ok());
        Self {
            port: port_word(port.target(), port.protocol()).into(),
            host_port: port.published().unwrap_or("free").into(),
            host_address: address_word(address).into(),
        }
    }
}

/// The word of tables for an address of the host; nothing is every one.
#[must_use]
pub fn address_word(address: Option<IpAddr>) -> String {
    match address {
        Some(address) if address.is_loopback() => "loopback".into(),
        Some(address) if !address.is_unspecified() => address.to_string(),
        _ => "any".into(),
    }
}

/// What a person writes for an address of the host, in the word of tables: `0.0.0.0` is any.
#[must_use]
pub fn address_cell(text: &str) -> String {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    bare.parse().map_or_else(|_| text.to_owned(), |address| address_word(Some(address)))
}

/// The word of tables for a port of a container.
#[must_use]
pub fn port_word(port: u16, protocol: &str) -> String {
    if protocol == "tcp" { port.to_string() } else { format!("{port}/{protocol}") }
}

/// Every port that the files publish. A service in the host's own network publishes whatever it
/// listens on, which no file tells; one without a network of its own publishes nothing.
#[must_use]
pub fn declared(project: &Project) -> Vec<Fact<Published>> {
    let mut facts = Vec::new();
    for (name, service) in services::made(project) {
        let fact = |value, origin| Fact {
            subject: name.clone(),
            value,
            shown: String::new(),
            at: Some(super::at(origin, project, name, "ports")),
        };
        if let Some(origin) = ports::host_network(project, name) {
            let why = "it is in the host's own network: whatever it listens on is published";
            let unknown = || Cell::Unknown(why.into());
            let value =
                Published { port: unknown(), host_port: unknown(), host_address: unknown() };
            facts.push(fact(value, origin));
            continue;
        }
        if !ports::has_effect(service) {
            continue;
        }
        facts.extend(service.ports.iter().map(|port| fact(Published::of(port), port.origin)));
    }
    facts
}

/// A fact as a row of the table.
#[must_use]
pub fn row(fact: &Fact<Published>) -> Row {
    let Published { port, host_port, host_address } = fact.value.clone();
    Row {
        shown: fact.shown.clone(),
        ..Row::new(&fact.subject, [port, host_port, host_address], fact.at)
    }
}

#[cfg(test)]
mod tests {
    use super::{super::tests::lines, address_cell};

    #[test]
    fn an_address_in_a_table_is_what_the_same_one_is_in_the_files() {
        for (written, word) in [
            ("0.0.0.0", "any"),
            ("::", "any"),
            ("[::]", "any"),
            ("any", "any"),
            ("127.0.0.1", "loopback"),
            ("::1", "loopback"),
            ("loopback", "loopback"),
            ("10.0.0.1", "10.0.0.1"),
            ("[fd00::1]", "fd00::1"),
            ("everywhere", "everywhere"),
        ] {
            assert_eq!(address_cell(written), word, "{written}");
        }
    }

    #[test]
    fn ports_are_told_with_the_address_of_the_host() {
        let text = "services:\n  a: {image: a, ports: ['80', '127.0.0.1:8080:80', '53:53/udp', '[::]:81:81', '10.0.0.1:82:82']}\n  b: {image: b, network_mode: host}\n";
        assert_eq!(
            lines("ports", text),
            [
                "| a | 80 | free | any |",
                "| a | 80 | 8080 | loopback |",
                "| a | 53/udp | 53 | any |",
                "| a | 81 | 81 | any |",
                "| a | 82 | 82 | 10.0.0.1 |",
                "| b | ? | ? | ? |",
            ]
        );
        let text = "services:\n  a: {image: a, ports: ['80:80'], networks: [h]}\n  b: {image: b, network_mode: none, ports: ['80:80']}\n  c: {image: c, network_mode: 'service:a'}\n  d: {provider: {type: p}, ports: ['81:80']}\n  e: {image: e, ports: ['82:80'], networks: [n]}\nnetworks: {h: {name: host, external: true}, n: {name: hosts, external: true}}\n";
        assert_eq!(
            lines("ports", text),
            ["| a | ? | ? | ? |", "| c | ? | ? | ? |", "| e | 80 | 82 | any |"]
        );
    }
}
