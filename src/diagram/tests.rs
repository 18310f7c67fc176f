//! The pictures by their geometry, and that nobody's names are markup.

use super::{
    Edge, EdgeKind, Graph, Node, NodeKind, State, Zone, declared, difference,
    dot::dot,
    mermaid::mermaid,
    place::{Area, Picture, SMALL, place, title_room},
    svg::svg,
    text::width,
};
use crate::compose::Project;

const SIX: &str = include_str!("../../fixtures/diagram/six/compose.yaml");
const FORTY: &str = include_str!("../../fixtures/diagram/forty/compose.yaml");

fn model(text: &str) -> Project {
    crate::compose::project::load_text("compose.yaml", text).expect("a model").into()
}

fn drawn(name: &str, text: &str) -> Graph {
    declared(name, &model(text))
}

fn between(before: &str, after: &str) -> Graph {
    let (old, new) = (model(before), model(after));
    difference((&declared("one", &old), &old), (&declared("two", &new), &new))
}

/// Everything that a reader could trip over in a picture.
fn faults(graph: &Graph, picture: &Picture) -> Vec<String> {
    let mut faults = Vec::new();
    let whole = Area { x: 0.0, y: 0.0, width: picture.width, height: picture.height };
    let boxes: Vec<(String, Area)> = graph
        .nodes
        .iter()
        .zip(&picture.nodes)
        .map(|(node, shape)| (format!("box {}", node.name), shape.area))
        .collect();
    let labels: Vec<(String, Area)> = graph
        .edges
        .iter()
        .zip(&picture.labels)
        .filter_map(|(edge, label)| {
            Some((format!("label of {}", graph.told(edge)), label.as_ref()?.area))
        })
        .collect();
    let titles: Vec<(String, Area)> = picture
        .zones
        .iter()
        .filter(|zone| zone.area.width > 0.0)
        .map(|zone| {
            (format!("title {}", zone.title), title_room(zone.at, width(&zone.title, SMALL)))
        })
        .collect();
    let all: Vec<&(String, Area)> = boxes.iter().chain(&labels).chain(&titles).collect();
    for (at, (name, area)) in all.iter().enumerate() {
        if !whole.holds(area) {
            faults.push(format!("{name} is outside of the picture"));
        }
        for (other, with) in all.iter().take(at) {
            if area.meets(with) {
                faults.push(format!("{name} lies on {other}"));
            }
        }
    }
    for ((edge, route), label) in graph.edges.iter().zip(&picture.routes).zip(&picture.labels) {
        let told = graph.told(edge);
        let inside = |(x, y): (f64, f64)| {
            (0.0..=picture.width).contains(&x) && (0.0..=picture.height).contains(&y)
        };
        if !route.points().into_iter().all(inside) {
            faults.push(format!("{told} leaves the picture"));
        }
        for (at, (name, area)) in boxes.iter().enumerate() {
            if at != edge.from && at != edge.to && route.crosses(area) {
                faults.push(format!("{told} runs through {name}"));
            }
        }
        for (name, area) in &labels {
            let is_own = label.as_ref().is_some_and(|label| label.area == *area);
            if !is_own && route.crosses(area) {
                faults.push(format!("{told} runs through {name}"));
            }
        }
        // Its own label stands on it, and its ends touch its boxes.
        if label.as_ref().is_some_and(|label| !route.crosses(&label.area)) {
            faults.push(format!("{told} misses its label"));
        }
        for ((x, y), node) in [(route.start, edge.from), (route.end(), edge.to)] {
            let area = boxes[node].1;
            let touches = ((x - area.x).abs() < 0.1 || (x - area.right()).abs() < 0.1)
                && y > area.y
                && y < area.bottom();
            if !touches {
                faults.push(format!("{told} does not touch {}", boxes[node].0));
            }
        }
    }
    for (at, zone) in picture.zones.iter().enumerate() {
        if zone.area.width > 0.0 && !whole.holds(&zone.area) {
            faults.push(format!("zone {} is outside of the picture", zone.title));
        }
        for (node, (name, area)) in graph.nodes.iter().zip(&boxes) {
            if node.zone == Some(at) && !zone.area.holds(area) {
                faults.push(format!("zone {} does not hold {name}", zone.title));
            }
            if node.zone != Some(at) && zone.area.meets(area) {
                faults.push(format!("{name} lies in zone {}", zone.title));
            }
        }
        for other in picture.zones.iter().take(at) {
            if zone.area.meets(&other.area) {
                faults.push(format!("zone {} lies on {}", zone.title, other.title));
            }
        }
    }
    faults
}

#[test]
fn nothing_lies_on_anything_else() {
    let (six, forty) = (drawn("six", SIX), drawn("forty", FORTY));
    let count =
        |graph: &Graph| graph.nodes.iter().filter(|node| node.kind == NodeKind::Service).count();
    assert_eq!((count(&six), count(&forty)), (6, 40));
    for graph in [&six, &forty, &between(SIX, FORTY), &between(FORTY, SIX)] {
        let picture = place(graph);
        assert_eq!(faults(graph, &picture), Vec::<String>::new(), "{}", graph.title);
    }
}

#[test]
fn a_fault_would_be_seen() {
    let graph = drawn("six", SIX);
    let picture = place(&graph);
    let mut one = picture.clone();
    one.nodes[0].area = one.nodes[1].area;
    assert!(!faults(&graph, &one).is_empty(), "a box on a box");
    let mut two = picture.clone();
    let moved = two.labels.iter_mut().flatten().next().expect("a label");
    moved.area = picture.nodes[0].area;
    assert!(!faults(&graph, &two).is_empty(), "a label on a box");
    let mut three = picture.clone();
    let (proxy, db) = (graph.node(NodeKind::Service, "proxy"), graph.node(NodeKind::Service, "db"));
    let (proxy, db) = (proxy.expect("proxy"), db.expect("db"));
    let far = graph.edges.iter().position(|edge| edge.from != proxy && edge.to != db);
    let far = far.expect("an edge between others");
    three.routes[far].start = picture.nodes[proxy].area.centre();
    three.routes[far].pieces = vec![super::route::Piece::Line(
        picture.nodes[db].area.centre().0,
        picture.nodes[db].area.centre().1,
    )];
    assert!(!faults(&graph, &three).is_empty(), "an edge through a box");
    let mut four = picture;
    four.zones[0].area.width = 1.0;
    assert!(!faults(&graph, &four).is_empty(), "a member outside of its zone");
}

#[test]
fn each_fault_of_a_picture_of_forty_has_its_name() {
    let graph = drawn("forty", FORTY);
    let picture = place(&graph);
    let named = |worse: &Picture, name: &str| {
        let all = faults(&graph, worse);
        assert!(all.iter().any(|fault| fault.contains(name)), "no {name:?} in {all:?}");
    };
    let of_labels = |picture: &Picture| -> Vec<Area> {
        picture.labels.iter().flatten().map(|label| label.area).collect()
    };
    let (first, second) = (of_labels(&picture)[0], of_labels(&picture)[1]);
    let mut worse = picture.clone();
    for label in worse.labels.iter_mut().flatten().filter(|label| label.area == first) {
        label.area = second;
    }
    named(&worse, "lies on label of");
    let mut worse = picture.clone();
    worse.routes[0].shift(0.0, picture.height * 2.0);
    named(&worse, "leaves the picture");
    let mut worse = picture.clone();
    worse.height = picture.height / 2.0;
    named(&worse, "is outside of the picture");
    let mut worse = picture.clone();
    for node in &mut worse.nodes {
        // As if boxes took twice the room.
        node.area.height *= 2.0;
    }
    named(&worse, "runs through box");
    let mut worse = picture;
    worse.zones[0].area = worse.zones[1].area;
    named(&worse, "lies on");
}

#[test]
fn no_rows_stay_empty_above_and_below() {
    for (name, text) in [("six", SIX), ("forty", FORTY)] {
        let picture = place(&drawn(name, text));
        let zones = picture.zones.iter().map(|zone| zone.area);
        let nodes = picture.nodes.iter().map(|node| node.area);
        let labels = picture.labels.iter().flatten().map(|label| label.area);
        let areas: Vec<Area> = zones.chain(nodes).chain(labels).collect();
        let ways: Vec<f64> =
            picture.routes.iter().flat_map(super::route::Route::points).map(|(_, y)| y).collect();
        let top = areas.iter().map(|area| area.y).chain(ways.iter().copied());
        let bottom = areas.iter().map(Area::bottom).chain(ways.iter().copied());
        let (top, bottom) = (top.fold(f64::MAX, f64::min), bottom.fold(0.0, f64::max));
        assert!(top < 20.0 && picture.height - bottom < 20.0, "{name}: {top}, {bottom}");
    }
}

/// Numbers that look like any.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(limit).expect("a limit")).expect("a number")
    }
}

fn random(seed: u64) -> Graph {
    let mut numbers = Numbers(seed * 7919 + 13);
    let (nodes, zones) = (2 + numbers.below(28), 1 + numbers.below(7));
    let mut graph = Graph { title: format!("random {seed}"), ..Graph::default() };
    for zone in 0..zones {
        let networks = (0..=numbers.below(4)).map(|network| format!("net-{zone}-{network}"));
        let networks = networks.collect();
        graph.zones.push(Zone { networks, leads_out: zone % 2 == 0, change: super::Change::Same });
    }
    for at in 0..nodes {
        let kind = if at % 7 == 6 { NodeKind::Volume } else { NodeKind::Service };
        let mut node = Node::new(kind, &format!("n{at}{}", "x".repeat(numbers.below(20))));
        node.lines = (0..numbers.below(4)).map(|line| format!("line {line}")).collect();
        node.zone = Some(numbers.below(zones + 1)).filter(|zone| *zone < zones);
        graph.nodes.push(node);
    }
    for _ in 0..nodes + numbers.below(nodes) {
        let (from, to) = (numbers.below(nodes), numbers.below(nodes));
        let kind = [EdgeKind::Reaches, EdgeKind::Mounts, EdgeKind::Waits][numbers.below(3)];
        if from != to {
            let labels = (0..numbers.below(3)).map(|port| format!("80{port}")).collect();
            graph.edges.push(Edge { labels, ..Edge::new(from, to, kind) });
        }
    }
    graph
}

#[test]
fn nothing_lies_on_anything_else_whatever_is_drawn() {
    for seed in 1..=60 {
        let graph = random(seed);
        let picture = place(&graph);
        let faults = faults(&graph, &picture);
        assert_eq!(faults, Vec::<String>::new(), "{}", graph.title);
    }
}

#[test]
fn the_same_graph_is_the_same_picture() {
    let graph = drawn("forty", FORTY);
    assert_eq!(svg(&graph, "a"), svg(&drawn("forty", FORTY), "a"));
    assert_eq!(mermaid(&graph), mermaid(&drawn("forty", FORTY)));
    assert_eq!(dot(&graph), dot(&drawn("forty", FORTY)));
}

#[test]
fn an_empty_graph_is_a_picture() {
    let text = svg(&Graph { title: "nothing".into(), ..Graph::default() }, "a");
    assert!(text.contains("<title id=\"a-title\">The environment nothing</title>"), "{text}");
    assert!(text.ends_with("</svg>\n"), "{text}");
}

/// The names of all elements, each start with its end.
fn elements(text: &str) -> Vec<String> {
    let (mut open, mut all) = (Vec::new(), Vec::new());
    for piece in text.split('<').skip(1) {
        let (tag, _) = piece.split_once('>').expect("a tag ends");
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name), "{tag}");
        } else {
            let name = tag.split([' ', '/']).next().unwrap_or_default().to_owned();
            all.push(name.clone());
            if !tag.ends_with('/') {
                open.push(name);
            }
        }
    }
    assert!(open.is_empty(), "{open:?}");
    all
}

const HOSTILE: &str = "</text><script>alert(1)</script>\"'&]) --> \u{202e}\n::error::x";

#[test]
fn what_others_wrote_is_no_markup() {
    let mut graph = drawn("six", SIX);
    graph.each_text(|text| text.push_str(HOSTILE));
    graph.edges[0].link = Some("javascript:\"<x>".into());
    let text = svg(&graph, "a\"><b");
    let known = ["svg", "title", "desc", "style", "g", "a", "rect", "path", "text"];
    for element in elements(&text) {
        assert!(known.contains(&element.as_str()), "{element}");
    }
    assert!(!text.contains('\u{202e}') && !text.contains("<script"), "{text}");
    assert!(!text.contains("javascript"), "a link that is none of a page");
    let text = mermaid(&graph);
    assert!(!text.contains("<script") && !text.contains('\u{202e}'), "{text}");
    for line in text.lines().filter(|line| line.contains('"')) {
        assert_eq!(line.matches('"').count() % 2, 0, "{line}");
        assert!(!line.trim_start().starts_with("::"), "{line}");
    }
    let text = dot(&graph);
    assert!(text.contains("\\\"") && !text.contains('\u{202e}'), "{text}");
}

#[test]
fn a_state_is_told_by_sign_colour_and_word_and_leads_to_its_evidence() {
    let mut graph = drawn("six", SIX);
    assert!(graph.mark(("app", "db", "5432"), State::Proven, Some("#evidence-1")));
    assert!(graph.mark(("worker", "db", "5432"), State::Broken, Some("#evidence-2")));
    assert!(graph.mark(("worker", "cache", "6379"), State::Undecided, None));
    assert!(graph.mark(("proxy", "app", "8000"), State::NotAsked, None));
    let text = svg(&graph, "a");
    for part in [
        "class=\"connection reaches proven\" href=\"#evidence-1\"><title>app reaches db on 5432: proven",
        ">✓ 5432</text>",
        "class=\"connection reaches broken\" href=\"#evidence-2\"",
        ">✗ 5432</text>",
        ">? 6379</text>",
        ">– 8000</text>",
        ">✗ broken</text>",
    ] {
        assert!(text.contains(part), "no {part} in\n{text}");
    }
    let picture = place(&graph);
    assert_eq!(faults(&graph, &picture), Vec::<String>::new());
    assert!(text.contains(" style=\"--wide:"), "a page knows its width: {text}");
    let text = mermaid(&graph);
    for part in ["service_app -->|\"✓ 5432\"| service_db", "==>|\"✗ 5432\"|", "stroke:#b3261e"]
    {
        assert!(text.contains(part), "no {part} in\n{text}");
    }
    assert!(dot(&graph).contains("label=\"✗ 5432\", color=\"#b3261e\", penwidth=3"));
}

#[test]
fn the_picture_of_an_environment_has_all_that_its_facts_have() {
    let graph = drawn("six", SIX);
    let zones: Vec<String> = graph.zones.iter().map(Zone::title).collect();
    assert_eq!(
        zones,
        ["edge + web", "web + data · no way out", "data + mail", "data · no way out", "mail",]
    );
    let edges: Vec<String> = graph.edges.iter().map(|edge| graph.told(edge)).collect();
    assert_eq!(
        edges,
        [
            "host leads to proxy by 80, 443",
            "host leads to db by loopback 5432",
            "proxy reaches app on 8000",
            "app reaches db on 5432",
            "app reaches cache on 6379",
            "worker reaches db on 5432",
            "worker reaches cache on 6379",
            "worker reaches relay on 25",
            "proxy mounts media, read-only",
            "app mounts media",
            "worker mounts media",
        ]
    );
    let worker = graph.node(NodeKind::Service, "worker").expect("a node");
    assert_eq!(graph.nodes[worker].heading(), "worker ×3");
    let db = graph.node(NodeKind::Service, "db").expect("a node");
    assert_eq!(graph.nodes[db].lines, ["postgres:16", "▤ database"]);
}

#[test]
fn a_volume_that_binds_a_folder_is_still_drawn_as_used() {
    let bound = "{driver_opts: {o: bind, device: /srv/media}}";
    let text = format!(
        "services:\n  a: {{image: a, volumes: ['media:/m', 'own:/o']}}\n  b: {{image: b, volumes: ['media:/m:ro']}}\n\
         volumes:\n  media: {bound}\n  own: {bound}\n"
    );
    let graph = drawn("bound", &text);
    let edges: Vec<String> = graph.edges.iter().map(|edge| graph.told(edge)).collect();
    assert_eq!(edges, ["a mounts media", "b mounts media, read-only"]);
    let a = graph.node(NodeKind::Service, "a").expect("a node");
    assert_eq!(graph.nodes[a].lines, ["a", "▤ own"]);
    assert!(graph.nodes[a].about.contains(&"folder ./srv/media at /m (writable)".to_owned()));
}
