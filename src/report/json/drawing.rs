//! A drawing of an environment, as it was made from the files: what stands in it and what it is
//! connected with. What the files say of a service besides is among the facts.

use std::iter;

use serde::Deserialize;
use serde_json::{Value, json};

use super::read::Wrong;
use crate::diagram::{Change, Edge, EdgeKind, Graph, Node, NodeKind, State, Zone};

const CHANGES: [Change; 4] = [Change::Same, Change::Added, Change::Removed, Change::Changed];
const STATES: [State; 4] = [State::Proven, State::Broken, State::Undecided, State::NotAsked];
const NODES: [NodeKind; 3] = [NodeKind::Host, NodeKind::Service, NodeKind::Volume];
const EDGES: [EdgeKind; 4] =
    [EdgeKind::Publishes, EdgeKind::Reaches, EdgeKind::Waits, EdgeKind::Mounts];

const fn node_word(kind: NodeKind) -> &'static str {
    match kind {
        NodeKind::Host => "host",
        NodeKind::Service => "service",
        NodeKind::Volume => "volume",
    }
}

const fn edge_word(kind: EdgeKind) -> &'static str {
    match kind {
        EdgeKind::Publishes => "publishes",
        EdgeKind::Reaches => "reaches",
        EdgeKind::Waits => "waits",
        EdgeKind::Mounts => "mounts",
    }
}

pub(super) fn of(graph: &Graph) -> Value {
    let zones = graph.zones.iter().map(|zone| {
        json!({
            "networks": zone.networks,
            "leads_out": zone.leads_out,
            "change": zone.change.word(),
        })
    });
    let nodes = graph.nodes.iter().map(|node| {
        json!({
            "kind": node_word(node.kind),
            "name": node.name,
            "zone": node.zone,
            "replicas": node.replicas,
            "lines": node.lines,
            "about": node.about,
            "change": node.change.word(),
        })
    });
    let edges = graph.edges.iter().map(|edge| {
        json!({
            "from": edge.from,
            "to": edge.to,
            "kind": edge_word(edge.kind),
            "labels": edge.labels,
            "about": edge.about,
            "state": edge.state.map(State::word),
            "change": edge.change.word(),
        })
    });
    json!({
        "title": graph.title,
        "is_difference": graph.is_difference,
        "zones": zones.collect::<Vec<_>>(),
        "nodes": nodes.collect::<Vec<_>>(),
        "edges": edges.collect::<Vec<_>>(),
    })
}

/// A drawing as the file has it.
#[derive(Deserialize)]
pub(super) struct Drawing {
    title: String,
    is_difference: bool,
    zones: Vec<ZoneOf>,
    nodes: Vec<NodeOf>,
    edges: Vec<EdgeOf>,
}

#[derive(Deserialize)]
struct ZoneOf {
    networks: Vec<String>,
    leads_out: bool,
    change: String,
}

#[derive(Deserialize)]
struct NodeOf {
    kind: String,
    name: String,
    zone: Option<usize>,
    replicas: String,
    lines: Vec<String>,
    about: Vec<String>,
    change: String,
}

#[derive(Deserialize)]
struct EdgeOf {
    from: usize,
    to: usize,
    kind: String,
    labels: Vec<String>,
    about: Vec<String>,
    state: Option<String>,
    change: String,
}

/// What a word stands for.
fn known<T: Copy>(
    all: &[T],
    word: impl Fn(T) -> &'static str,
    said: &str,
    key: &'static str,
) -> Result<T, Wrong> {
    let found = all.iter().copied().find(|one| word(*one) == said);
    found.ok_or_else(|| Wrong::new(format!("\"{said}\" is no such word")).within(key))
}

impl Drawing {
    pub(super) fn graph(self) -> Result<Graph, Wrong> {
        let (zones, nodes) = (self.zones.len(), self.nodes.len());
        let change = |word: &str| known(&CHANGES, Change::word, word, "change");
        let zone = |zone: ZoneOf| {
            Ok(Zone {
                change: change(&zone.change)?,
                networks: zone.networks,
                leads_out: zone.leads_out,
            })
        };
        let node = |node: NodeOf| {
            if node.zone.is_some_and(|zone| zone >= zones) {
                return Err(Wrong::new(format!("there are {zones} zones")).within("zone"));
            }
            let kind = known(&NODES, node_word, &node.kind, "kind")?;
            Ok(Node {
                zone: node.zone,
                replicas: node.replicas,
                lines: node.lines,
                about: node.about,
                change: change(&node.change)?,
                ..Node::new(kind, &node.name)
            })
        };
        let edge = |edge: EdgeOf| {
            for (key, end) in [("from", edge.from), ("to", edge.to)] {
                if end >= nodes {
                    return Err(Wrong::new(format!("there are {nodes} nodes")).within(key));
                }
            }
            let kind = known(&EDGES, edge_word, &edge.kind, "kind")?;
            let state = edge.state.map(|word| known(&STATES, State::word, &word, "state"));
            Ok(Edge {
                labels: edge.labels,
                about: edge.about,
                state: state.transpose()?,
                change: change(&edge.change)?,
                ..Edge::new(edge.from, edge.to, kind)
            })
        };
        Ok(Graph {
            title: self.title,
            is_difference: self.is_difference,
            zones: each(self.zones, "zones", zone)?,
            nodes: each(self.nodes, "nodes", node)?,
            edges: each(self.edges, "edges", edge)?,
        })
    }
}

/// Every element of a list, or what is wrong with one, and where.
pub(super) fn each<T, U>(
    all: Vec<T>,
    key: &'static str,
    mut one: impl FnMut(T) -> Result<U, Wrong>,
) -> Result<Vec<U>, Wrong> {
    let mut done = Vec::with_capacity(all.len());
    for (at, each) in iter::zip(0.., all) {
        done.push(one(each).map_err(|wrong| wrong.at(at).within(key))?);
    }
    Ok(done)
}
