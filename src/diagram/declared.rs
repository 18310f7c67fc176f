//! The picture that the declared facts of an environment make.

use indexmap::{IndexMap, IndexSet};

use super::{Edge, EdgeKind, Graph, Node, NodeKind, Zone};
use crate::{
    compose::Project,
    facts::{Row, answers::reach, connections, mounts, topic},
};

/// Draws an environment by its files.
#[must_use]
pub fn declared(environment: &str, project: &Project) -> Graph {
    let mut graph = Graph { title: environment.to_owned(), ..Graph::default() };
    services(&mut graph, project);
    published(&mut graph, project);
    connected(&mut graph, project);
    volumes(&mut graph, project);
    graph
}

fn rows(name: &str, project: &Project) -> Vec<Row> {
    topic(name).map(|topic| (topic.declared)(project)).unwrap_or_default()
}

/// A cell in the words of tables.
fn cell(row: &Row, at: usize) -> &str {
    row.value.get(at).and_then(|cell| cell.known()).unwrap_or("?")
}

fn services(graph: &mut Graph, project: &Project) {
    let leads_out: IndexMap<String, bool> = rows("networks", project)
        .iter()
        .map(|row| (row.subject.clone(), cell(row, 1) == "yes"))
        .collect();
    let attachments = rows("attachments", project);
    let (images, replicas) = (rows("images", project), rows("replicas", project));
    for row in rows("services", project) {
        let name = row.subject.as_str();
        let mut node = Node::new(NodeKind::Service, name);
        let networks = networks(project, name, &attachments);
        let known = graph.zones.iter().position(|zone| zone.networks == networks);
        node.zone = Some(known.unwrap_or_else(|| {
            let leads_out =
                networks.iter().any(|one| leads_out.get(one).copied().unwrap_or(*one != NONE));
            graph.zones.push(Zone { networks, leads_out, change: super::Change::Same });
            graph.zones.len() - 1
        }));
        let first = |rows: &[Row]| {
            let own = rows.iter().find(|row| row.subject == name);
            own.map(|row| cell(row, 1).to_owned()).unwrap_or_default()
        };
        node.replicas = first(&replicas);
        let image = first(&images);
        node.about.push(format!("image {image}"));
        // The registry is told on demand.
        node.lines.push(image.rsplit('/').next().unwrap_or(&image).to_owned());
        graph.nodes.push(node);
    }
}

/// What a service on no network of the files stands in.
const NONE: &str = "no network";

/// The networks of a service, or the words for what it has instead.
fn networks(project: &Project, name: &str, attachments: &[Row]) -> Vec<String> {
    let through: Vec<String> =
        reach::networks(project, name).into_iter().map(str::to_owned).collect();
    if !through.is_empty() {
        return through;
    }
    let mode = attachments.iter().find(|row| row.subject == name).map(|row| cell(row, 1));
    vec![match mode {
        None | Some("none") => NONE.to_owned(),
        Some("host") => "the host's own network".to_owned(),
        Some(other) => other.replacen(':', " ", 1),
    }]
}

fn published(graph: &mut Graph, project: &Project) {
    let mut edges: IndexMap<usize, IndexSet<String>> = IndexMap::new();
    for row in rows("ports", project) {
        let Some(to) = graph.node(NodeKind::Service, &row.subject) else { continue };
        let (port, host_port, address) = (cell(&row, 1), cell(&row, 2), cell(&row, 3));
        let mut label = match address {
            "any" => String::new(),
            "?" => "whatever it listens on".to_owned(),
            address if address.contains(':') => format!("[{address}]:"),
            "loopback" => "loopback ".to_owned(),
            address => format!("{address}:"),
        };
        if address != "?" {
            label += host_port;
            if host_port != port {
                label.extend(["→", port]);
            }
        }
        edges.entry(to).or_default().insert(label);
    }
    if edges.is_empty() {
        return;
    }
    let from = graph.nodes.len();
    let mut host = Node::new(NodeKind::Host, "host");
    host.lines.push("this machine".to_owned());
    host.about.push("what the stack publishes on this machine".to_owned());
    graph.nodes.push(host);
    for (to, labels) in edges {
        let labels = labels.into_iter().collect();
        graph.edges.push(Edge { labels, ..Edge::new(from, to, EdgeKind::Publishes) });
    }
}

fn connected(graph: &mut Graph, project: &Project) {
    for fact in connections::declared(project) {
        let ends = (
            graph.node(NodeKind::Service, &fact.subject),
            graph.node(NodeKind::Service, &fact.value.to),
        );
        let (Some(from), Some(to)) = ends else { continue };
        let about = vec![format!("on {}", fact.value.networks.join(", "))];
        let labels = fact.value.ports;
        graph.edges.push(Edge { labels, about, ..Edge::new(from, to, EdgeKind::Reaches) });
    }
    for row in rows("dependencies", project) {
        let ends = (
            graph.node(NodeKind::Service, &row.subject),
            graph.node(NodeKind::Service, cell(&row, 1)),
        );
        let (Some(from), Some(to)) = ends else { continue };
        let state = cell(&row, 2).to_owned();
        let known = graph
            .edges
            .iter_mut()
            .find(|edge| (edge.from, edge.to) == (from, to) && edge.kind == EdgeKind::Reaches);
        if let Some(known) = known {
            known.about.push(format!("waits for it to be {state}"));
        } else {
            let labels = vec![state];
            graph.edges.push(Edge { labels, ..Edge::new(from, to, EdgeKind::Waits) });
        }
    }
}

fn volumes(graph: &mut Graph, project: &Project) {
    let mut uses: IndexMap<String, Vec<(usize, String, &'static str)>> = IndexMap::new();
    for fact in mounts::declared(project) {
        let Some(service) = graph.node(NodeKind::Service, &fact.subject) else { continue };
        let mount = fact.value;
        if let Some(node) = graph.nodes.get_mut(service) {
            node.about.push(mount.told());
        }
        if let Some(volume) = mount.volume {
            uses.entry(volume).or_default().push((service, mount.target, mount.mode));
        }
    }
    for (name, users) in uses {
        let services: IndexSet<usize> = users.iter().map(|(service, ..)| *service).collect();
        if let (1, Some(first)) = (services.len(), users.first()) {
            if let Some(node) = graph.nodes.get_mut(first.0) {
                node.lines.push(format!("▤ {name}"));
            }
            continue;
        }
        let to = graph.nodes.len();
        graph.nodes.push(Node::new(NodeKind::Volume, &name));
        for from in services {
            let own: Vec<_> = users.iter().filter(|(service, ..)| *service == from).collect();
            let read_only = own.iter().all(|(.., mode)| *mode == "read-only");
            let labels = if read_only { vec!["read-only".to_owned()] } else { Vec::new() };
            let about = own.iter().map(|(_, at, mode)| format!("at {at} ({mode})")).collect();
            graph.edges.push(Edge { labels, about, ..Edge::new(from, to, EdgeKind::Mounts) });
        }
    }
}
