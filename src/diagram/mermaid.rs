//! A graph as a Mermaid flow chart, which code forges draw in Markdown.

use std::fmt::{self, Write as _};

use super::{Change, EdgeKind, Graph, Node, NodeKind, State};

/// The flow chart, without the fence around it.
#[must_use]
pub fn mermaid(graph: &Graph) -> String {
    let mut out = String::from("flowchart LR\n");
    let names = names(graph);
    let mut zones: Vec<String> = Vec::new();
    for (at, zone) in graph.zones.iter().enumerate() {
        let members = || numbered(graph).filter(move |(_, node)| node.zone == Some(at));
        if members().next().is_none() {
            continue;
        }
        let name = free(&format!("zone_{}", plain(&zone.networks.join(" "))), &zones);
        add(&mut out, format_args!("  subgraph {name}[{}]\n", quoted(&[zone.title()])));
        zones.push(name);
        for (number, node) in members() {
            add(&mut out, format_args!("    {}\n", shape(&names[number], node)));
        }
        out.push_str("  end\n");
    }
    for (number, node) in numbered(graph).filter(|(_, node)| node.zone.is_none()) {
        add(&mut out, format_args!("  {}\n", shape(&names[number], node)));
    }
    for edge in &graph.edges {
        let (Some(from), Some(to)) = (names.get(edge.from), names.get(edge.to)) else { continue };
        let line = match (edge.kind, edge.state) {
            (EdgeKind::Waits, _) | (_, Some(State::NotAsked | State::Undecided)) => "-.->",
            (_, Some(State::Broken)) => "==>",
            _ if edge.change == Change::Removed => "-.->",
            (EdgeKind::Mounts, _) => "---",
            _ => "-->",
        };
        let mut label = edge.label();
        if edge.kind == EdgeKind::Waits {
            label = format!("waits: {label}");
        }
        let label = if label.is_empty() { label } else { format!("|{}|", quoted(&[label])) };
        add(&mut out, format_args!("  {from} {line}{label} {to}\n"));
    }
    classes(&mut out, graph, &names);
    out
}

fn numbered(graph: &Graph) -> impl Iterator<Item = (usize, &Node)> {
    graph.nodes.iter().enumerate()
}

/// A name for each node that Mermaid takes for nothing else, and that stays the same while the others
/// come and go.
pub(super) fn names(graph: &Graph) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for node in &graph.nodes {
        let name = match node.kind {
            NodeKind::Host => "host".to_owned(),
            NodeKind::Service => format!("service_{}", plain(&node.name)),
            NodeKind::Volume => format!("volume_{}", plain(&node.name)),
        };
        names.push(free(&name, &names));
    }
    names
}

/// A text in letters that a name may have.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect()
}

/// A name that is not taken.
fn free(name: &str, taken: &[String]) -> String {
    let numbered = (2..).map(|number| format!("{name}_{number}"));
    let mut names = std::iter::once(name.to_owned()).chain(numbered);
    names.find(|name| !taken.contains(name)).unwrap_or_default()
}

fn shape(name: &str, node: &Node) -> String {
    let text: Vec<String> =
        [node.heading()].into_iter().chain(node.lines.iter().cloned()).collect();
    let text = quoted(&text);
    match node.kind {
        NodeKind::Host => format!("{name}([{text}])"),
        NodeKind::Service => format!("{name}[{text}]"),
        NodeKind::Volume => format!("{name}[({text})]"),
    }
}

/// Lines as one text of Mermaid: entities for all that could end it or be taken for markup.
fn quoted(lines: &[String]) -> String {
    let mut out = String::from('"');
    for (at, line) in lines.iter().enumerate() {
        if at > 0 {
            out.push_str("<br>");
        }
        for c in crate::visible::line(line).chars() {
            let plain = c.is_alphanumeric() || " .,:/-_+()→×▤✓✗–−·~?=@…".contains(c);
            if plain {
                out.push(c);
            } else {
                add(&mut out, format_args!("#{};", u32::from(c)));
            }
        }
    }
    out.push('"');
    out
}

/// Colours of states and changes; the signs are in the labels.
fn classes(out: &mut String, graph: &Graph, names: &[String]) {
    for (change, style) in [
        (Change::Added, "stroke:#00655b,stroke-width:3px"),
        (Change::Removed, "stroke:#b3261e,stroke-dasharray:5 3"),
        (Change::Changed, "stroke:#855300,stroke-width:3px"),
    ] {
        let of: Vec<&str> = graph
            .nodes
            .iter()
            .zip(names)
            .filter(|(node, _)| node.change == change)
            .map(|(_, name)| name.as_str())
            .collect();
        if !of.is_empty() {
            let word = change.word();
            add(out, format_args!("  classDef {word} {style}\n  class {} {word}\n", of.join(",")));
        }
    }
    for (state, style) in [
        (State::Proven, "stroke:#00655b,stroke-width:2px"),
        (State::Broken, "stroke:#b3261e,stroke-width:4px"),
        (State::Undecided, "stroke:#855300,stroke-width:2px"),
        (State::NotAsked, "stroke:#5c6672"),
    ] {
        let of: Vec<String> = graph
            .edges
            .iter()
            .enumerate()
            .filter(|(_, edge)| edge.state == Some(state))
            .map(|(at, _)| at.to_string())
            .collect();
        if !of.is_empty() {
            add(out, format_args!("  linkStyle {} {style}\n", of.join(",")));
        }
    }
}

/// Adds a piece; a text takes any.
fn add(out: &mut String, piece: fmt::Arguments<'_>) {
    let _infallible = out.write_fmt(piece);
}
