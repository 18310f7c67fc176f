//! Phase: warns of host ports that two services publish.
//!
//! Docker Compose accepts such files; the engine then refuses to start the second service.

use std::collections::HashMap;

use super::{
    journal::{Journal, Origin},
    tree::{Key, Mapping, Node, Value},
};
use crate::diagnostic::Diagnostic;

/// A host port that is bound for certain; a range from which the engine chooses is not.
struct Binding<'a> {
    service: &'a Key,
    address: &'a str,
    port: u16,
    protocol: &'a str,
    origin: Origin,
}

/// The warnings, in the order of the services.
#[must_use]
pub fn conflicts(model: &Mapping, journal: &Journal) -> Vec<Diagnostic> {
    let mut bindings: HashMap<(u16, &str), Bound<'_>> = HashMap::new();
    let mut found = Vec::new();
    let services = model.get("services").and_then(Node::as_mapping);
    for (service, node) in services.into_iter().flat_map(Mapping::iter) {
        let ports = node.get("ports").and_then(Node::as_sequence).unwrap_or_default();
        for binding in ports.iter().filter_map(|port| binding(service, port)) {
            let bound = bindings.entry((binding.port, binding.protocol)).or_default();
            if let Some(first) = bound.first(&binding) {
                found.push(conflict(first, &binding, journal));
            }
            bound.push(binding);
        }
    }
    found
}

fn binding<'a>(service: &'a Key, port: &'a Node) -> Option<Binding<'a>> {
    let text = |key: &str| port.get(key).and_then(Node::as_str);
    let published = match &port.get("published")?.value {
        Value::String(text) => text.parse().ok()?,
        Value::Int(number) => u16::try_from(*number).ok()?,
        _ => return None,
    };
    Some(Binding {
        service,
        address: text("host_ip").unwrap_or_default(),
        port: Some(published).filter(|port| *port != 0)?,
        protocol: text("protocol").unwrap_or("tcp"),
        origin: port.origin,
    })
}

/// All who want one port by one protocol.
#[derive(Default)]
struct Bound<'a> {
    all: Vec<Binding<'a>>,
    /// The first on each address; one that is every address stands for itself.
    on: HashMap<&'a str, usize>,
}

const EVERYWHERE: [&str; 3] = ["", "0.0.0.0", "::"];

impl<'a> Bound<'a> {
    /// The first who would be in another's way.
    fn first(&self, other: &Binding<'_>) -> Option<&Binding<'a>> {
        if EVERYWHERE.contains(&other.address) {
            return self.all.first();
        }
        let own = EVERYWHERE.into_iter().chain([other.address]);
        let first = own.filter_map(|address| self.on.get(address)).min()?;
        self.all.get(*first)
    }

    fn push(&mut self, binding: Binding<'a>) {
        self.on.entry(binding.address).or_insert(self.all.len());
        self.all.push(binding);
    }
}

fn conflict(first: &Binding<'_>, second: &Binding<'_>, journal: &Journal) -> Diagnostic {
    let title = format!(
        "host port {}/{} is published by \"{}\" and by \"{}\"",
        second.port, second.protocol, first.service.text, second.service.text
    );
    let diagnostic = journal.point(Diagnostic::warning(title), second.origin, "again");
    let diagnostic = match first.origin.place.file() {
        Some(file) => diagnostic.at(journal.file(file), first.origin.place.span(), "first"),
        None => diagnostic,
    };
    diagnostic.help("only one of them can start: publish another host port, or none")
}

#[cfg(test)]
mod tests {
    use crate::compose::project::load_text;

    fn warnings(ports: &str) -> Vec<String> {
        let text = format!(
            "services:\n  a: {{image: x, ports: [\"8080:80\"]}}\n  b: {{image: x, ports: [{ports}]}}\n"
        );
        let loaded = load_text("compose.yaml", &text).expect("a sound file");
        loaded.journal.warnings().iter().map(|warning| warning.title.clone()).collect()
    }

    #[test]
    fn two_services_cannot_have_one_host_port() {
        let said = "host port 8080/tcp is published by \"a\" and by \"b\"";
        assert_eq!(warnings("\"127.0.0.1:8080:8000\""), [said]);
        assert_eq!(warnings("\"8079-8081:79-81\""), [said]);
        assert_eq!(warnings("\"8080:53/udp\", \"8081:80\", \"80\""), <[&str; 0]>::default());
        assert_eq!(warnings("\"8080-8090:80\""), <[&str; 0]>::default());
    }
}
