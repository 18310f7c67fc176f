//! The picture of what two environments differ in.

use super::{Change, Edge, Graph, Node, NodeKind, Zone};
use crate::{
    compose::Project,
    facts::{Row, Topic, difference::compare, topic},
};

/// Topics of which a change of a service is shown.
const TOLD: [&str; 17] = [
    "images",
    "replicas",
    "attachments",
    "ports",
    "mounts",
    "command",
    "health",
    "restart",
    "limits",
    "rights",
    "logging",
    "environment",
    "builds",
    "secrets",
    "configs",
    "profiles",
    "writable",
];

/// Draws what the second environment has, what it has no more, and what is otherwise in it; each is a
/// picture and the files that it was made of.
#[must_use]
pub fn difference(before: (&Graph, &Project), after: (&Graph, &Project)) -> Graph {
    let topics: Vec<Compared> = TOLD
        .iter()
        .filter_map(|name| topic(name))
        .map(|topic| (topic, (topic.declared)(before.1), (topic.declared)(after.1)))
        .collect();
    let (before, after) = (before.0, after.0);
    let mut graph = Graph {
        title: Graph::between(&before.title, &after.title),
        is_difference: true,
        ..after.clone()
    };
    for zone in &mut graph.zones {
        zone.change = match before.zones.iter().find(|old| old.networks == zone.networks) {
            None => Change::Added,
            Some(old) if old.leads_out != zone.leads_out => Change::Changed,
            Some(_) => Change::Same,
        };
    }
    let mut places = Vec::new();
    for node in &mut graph.nodes {
        let same = |old: &&Node| (old.kind, &old.name) == (node.kind, &node.name);
        match before.nodes.iter().find(same) {
            None => node.change = Change::Added,
            Some(_) if node.kind == NodeKind::Service => compared(node, &topics),
            Some(_) => {}
        }
    }
    for old in &before.nodes {
        let at = graph.node(old.kind, &old.name).unwrap_or_else(|| {
            let zone = old.zone.and_then(|zone| before.zones.get(zone));
            let zone = zone.map(|zone| zone_of(&mut graph, zone));
            graph.nodes.push(Node { zone, change: Change::Removed, ..old.clone() });
            graph.nodes.len() - 1
        });
        places.push(at);
    }
    let moved: Vec<Edge> = before
        .edges
        .iter()
        .filter_map(|old| {
            Some(Edge { from: *places.get(old.from)?, to: *places.get(old.to)?, ..old.clone() })
        })
        .collect();
    let is_same = |a: &Edge, b: &Edge| (a.from, a.to, a.kind) == (b.from, b.to, b.kind);
    for edge in &mut graph.edges {
        match moved.iter().find(|old| is_same(old, edge)) {
            None => edge.change = Change::Added,
            Some(old) if old.labels != edge.labels => {
                edge.change = Change::Changed;
                edge.about.push(format!("was: {}", words(&old.labels)));
            }
            Some(_) => {}
        }
    }
    for old in moved {
        if graph.edges.iter().all(|edge| !is_same(&old, edge)) {
            graph.edges.push(Edge { change: Change::Removed, ..old });
        }
    }
    graph
}

fn words(labels: &[String]) -> String {
    if labels.is_empty() { "nothing stated".to_owned() } else { labels.join(", ") }
}

/// The zone of these networks; one that only the first environment has is added.
fn zone_of(graph: &mut Graph, zone: &Zone) -> usize {
    let known = graph.zones.iter().position(|known| known.networks == zone.networks);
    known.unwrap_or_else(|| {
        graph.zones.push(Zone { change: Change::Removed, ..zone.clone() });
        graph.zones.len() - 1
    })
}

/// A topic, with what both environments say of it.
type Compared = (&'static Topic, Vec<Row>, Vec<Row>);

/// Tells in which topics a service differs; the judge of facts says in which.
fn compared(node: &mut Node, told: &[Compared]) {
    let mut topics = Vec::new();
    for (topic, was, is) in told {
        let own = |rows: &[Row]| -> Vec<Row> {
            rows.iter().filter(|row| row.subject == node.name).cloned().collect()
        };
        let (was, is) = (own(was), own(is));
        let differences = compare(topic, &was, &is).differences;
        if differences.is_empty() {
            continue;
        }
        topics.push(topic.name);
        for one in differences {
            let line = |row: Option<&Row>| row.map_or_else(|| "nothing".to_owned(), Row::line);
            node.about.push(format!("{}: {} → {}", topic.name, line(one.wanted), line(one.there)));
        }
    }
    if !topics.is_empty() {
        node.change = Change::Changed;
        node.lines.extend(topics.chunks(3).map(|some| format!("~ {}", some.join(", "))));
    }
}

#[cfg(test)]
mod tests {
    use super::{super::declared, *};

    fn drawn(name: &str, text: &str) -> (Graph, Project) {
        let project: Project =
            crate::compose::project::load_text("compose.yaml", text).expect("a model").into();
        (declared(name, &project), project)
    }

    fn difference(before: &(Graph, Project), after: &(Graph, Project)) -> Graph {
        super::difference((&before.0, &before.1), (&after.0, &after.1))
    }

    #[test]
    fn what_came_went_and_changed_is_told() {
        let before = drawn(
            "one",
            "services:\n  a: {image: a, networks: [n], depends_on: [b], expose: ['1']}\n  b: {image: b, networks: [n], expose: ['2']}\n  c: {image: c, networks: [m]}\nnetworks: {n: , m: }\n",
        );
        let after = drawn(
            "two",
            "services:\n  a: {image: a, networks: [n], depends_on: [b, d]}\n  b: {image: 'b:2', networks: [n], expose: ['3']}\n  d: {image: d, networks: [n]}\nnetworks: {n: {internal: true}}\n",
        );
        let graph = difference(&before, &after);
        let change = |name: &str| {
            let at = graph.node(NodeKind::Service, name).expect("a node");
            graph.nodes[at].change
        };
        let changes = ["a", "b", "c", "d"].map(change);
        assert_eq!(changes, [Change::Same, Change::Changed, Change::Removed, Change::Added]);
        let b = graph.node(NodeKind::Service, "b").expect("a node");
        assert!(
            graph.nodes[b].lines.contains(&"~ images".to_owned()),
            "{:?}",
            graph.nodes[b].lines
        );
        let zones: Vec<String> = graph.zones.iter().map(Zone::title).collect();
        assert_eq!(zones, ["~ n · no way out", "− m"]);
        let edges: Vec<String> = graph.edges.iter().map(|edge| graph.told(edge)).collect();
        assert_eq!(edges, ["a reaches b on 3: changed", "a reaches d: added"]);
        let same = difference(&after, &after);
        assert!(same.nodes.iter().all(|node| node.change == Change::Same));
        assert!(same.edges.iter().all(|edge| edge.change == Change::Same));
    }
}
