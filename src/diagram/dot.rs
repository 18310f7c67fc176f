//! A graph in the language of Graphviz.

use std::fmt::{self, Write as _};

use super::{Change, EdgeKind, Graph, Node, NodeKind, State, mermaid::names};

/// The `digraph`.
#[must_use]
pub fn dot(graph: &Graph) -> String {
    let names = names(graph);
    let mut out = format!(
        "digraph {} {{\n  rankdir=LR;\n  graph [fontname=\"monospace\", fontsize=11];\n  node [shape=box, fontname=\"monospace\", fontsize=11];\n  edge [fontname=\"monospace\", fontsize=10];\n",
        quoted(std::slice::from_ref(&graph.title))
    );
    let member = |out: &mut String, depth: &str, name: &str, node: &Node| {
        let text: Vec<String> =
            [node.heading()].into_iter().chain(node.lines.iter().cloned()).collect();
        let shape = match node.kind {
            NodeKind::Host => ", shape=oval",
            NodeKind::Service => "",
            NodeKind::Volume => ", shape=cylinder",
        };
        let change = changed(node.change);
        add(out, format_args!("{depth}{name} [label={}{shape}{change}];\n", quoted(&text)));
    };
    for (at, zone) in graph.zones.iter().enumerate() {
        let style = if zone.leads_out { "dashed" } else { "solid" };
        add(
            &mut out,
            format_args!(
                "  subgraph cluster_{at} {{\n    label={};\n    style={style};\n",
                quoted(&[zone.title()])
            ),
        );
        for (node, name) in graph.nodes.iter().zip(&names).filter(|(node, _)| node.zone == Some(at))
        {
            member(&mut out, "    ", name, node);
        }
        out.push_str("  }\n");
    }
    for (node, name) in graph.nodes.iter().zip(&names).filter(|(node, _)| node.zone.is_none()) {
        member(&mut out, "  ", name, node);
    }
    for edge in &graph.edges {
        let (Some(from), Some(to)) = (names.get(edge.from), names.get(edge.to)) else { continue };
        let style = match edge.kind {
            EdgeKind::Waits => ", style=dotted",
            EdgeKind::Mounts => ", style=dashed",
            EdgeKind::Publishes | EdgeKind::Reaches => "",
        };
        let state = match edge.state {
            None => "",
            Some(State::Proven) => ", color=\"#00655b\"",
            Some(State::Broken) => ", color=\"#b3261e\", penwidth=3",
            Some(State::Undecided) => ", color=\"#855300\"",
            Some(State::NotAsked) => ", color=\"#5c6672\"",
        };
        let change = changed(edge.change);
        let label = quoted(&[edge.label()]);
        add(&mut out, format_args!("  {from} -> {to} [label={label}{style}{state}{change}];\n"));
    }
    out.push_str("}\n");
    out
}

const fn changed(change: Change) -> &'static str {
    match change {
        Change::Same => "",
        Change::Added => ", color=\"#00655b\", penwidth=2",
        Change::Removed => ", color=\"#b3261e\", style=dashed",
        Change::Changed => ", color=\"#855300\", penwidth=2",
    }
}

/// Lines as one quoted string (the DOT language, "String"); entities are for no text of others.
fn quoted(lines: &[String]) -> String {
    let mut out = String::from('"');
    for (at, line) in lines.iter().enumerate() {
        if at > 0 {
            out.push_str("\\n");
        }
        for c in crate::visible::line(line).chars() {
            match c {
                '"' | '\\' => out.extend(['\\', c]),
                '&' => out.push_str("&amp;"),
                c => out.push(c),
            }
        }
    }
    out.push('"');
    out
}

/// Adds a piece; a text takes any.
fn add(out: &mut String, piece: fmt::Arguments<'_>) {
    let _infallible = out.write_fmt(piece);
}
