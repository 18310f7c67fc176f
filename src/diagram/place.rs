//! Where everything stands: boxes in columns from left to right, zones around their services, a place
//! of its own for each label.
//!
//! The `dagre` crate assigns columns and rows, with zones as clusters; ends of edges and the title of
//! a zone are placed here, and `route` draws the edges in what is free.

use dagre::{
    EdgeLabel, GraphLabel, LayoutOptions, NodeLabel, RankDir,
    graph::{Graph as Layered, GraphOptions},
    layout::types::LabelPos,
};

use super::{
    Edge, Graph, NodeKind,
    route::{self, Route},
    text::{short, width},
};

/// The size of names.
pub(super) const NAME: f64 = 13.0;
/// The size of everything else.
pub(super) const SMALL: f64 = 11.0;
/// From a line to the next.
pub(super) const LEADING: f64 = 15.0;
/// Around the letters of a box.
pub(super) const PADDING: f64 = 10.0;
/// Of a name.
const LONGEST: usize = 34;
/// Of a zone's title.
const LONGEST_TITLE: usize = 60;
/// The height of a label.
const LABEL: f64 = 18.0;
/// Between two ends of edges at a box.
const PORT: f64 = 10.0;
/// Around the whole.
const MARGIN: f64 = 16.0;

/// A rectangle by its upper left corner.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Area {
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
}

impl Area {
    fn around(x: f64, y: f64, width: f64, height: f64) -> Self {
        Self { x: x - width / 2.0, y: y - height / 2.0, width, height }
    }

    pub(super) fn right(&self) -> f64 {
        self.x + self.width
    }

    pub(super) fn bottom(&self) -> f64 {
        self.y + self.height
    }

    /// With some room around it.
    pub(super) fn with_air(&self) -> Self {
        const AIR: f64 = 5.0;
        Self {
            x: self.x - AIR,
            y: self.y - AIR,
            width: self.width + 2.0 * AIR,
            height: self.height + 2.0 * AIR,
        }
    }

    pub(super) fn centre(&self) -> (f64, f64) {
        (self.x + self.width / 2.0, self.y + self.height / 2.0)
    }

    /// Whether two areas have more than a border in common.
    pub(super) fn meets(&self, other: &Self) -> bool {
        const BORDER: f64 = 0.01;
        self.x + BORDER < other.right()
            && other.x + BORDER < self.right()
            && self.y + BORDER < other.bottom()
            && other.y + BORDER < self.bottom()
    }

    #[cfg(test)]
    pub(super) fn holds(&self, other: &Self) -> bool {
        self.x <= other.x
            && self.y <= other.y
            && self.right() >= other.right()
            && self.bottom() >= other.bottom()
    }
}

/// A box with its text.
#[derive(Debug, Clone)]
pub(super) struct Boxed {
    pub area: Area,
    pub heading: String,
    pub lines: Vec<String>,
}

/// A label of an edge.
#[derive(Debug, Clone)]
pub(super) struct Label {
    pub area: Area,
    pub text: String,
}

/// A zone with its title.
#[derive(Debug, Clone)]
pub(super) struct Zoned {
    pub area: Area,
    pub title: String,
    /// Where the title begins.
    pub at: (f64, f64),
}

/// A whole picture; each list in the order of the graph's.
#[derive(Debug, Clone)]
pub(super) struct Picture {
    pub width: f64,
    pub height: f64,
    pub nodes: Vec<Boxed>,
    pub zones: Vec<Zoned>,
    pub routes: Vec<Route>,
    pub labels: Vec<Option<Label>>,
}

fn number(count: usize) -> f64 {
    f64::from(u16::try_from(count).unwrap_or(u16::MAX))
}

/// The texts of a box, and how much room they take.
fn boxed(graph: &Graph) -> Vec<Boxed> {
    let mut boxes: Vec<Boxed> = graph
        .nodes
        .iter()
        .enumerate()
        .map(|(at, node)| {
            let heading = short(&node.heading(), LONGEST);
            let lines: Vec<String> = node.lines.iter().map(|line| short(line, LONGEST)).collect();
            let widest = lines.iter().map(|line| width(line, SMALL));
            let widest = widest.fold(width(&heading, NAME), f64::max);
            // The lid of a volume takes room.
            let lid = if node.kind == NodeKind::Volume { 8.0 } else { 0.0 };
            let ends = |end: fn(&Edge) -> usize| {
                let count = graph.edges.iter().filter(|edge| end(edge) == at).count();
                PORT * number(count + 1)
            };
            let text = NAME + LEADING * number(lines.len()) + 2.0 * PADDING + lid;
            let area = Area {
                width: (widest + 2.0 * PADDING).max(80.0).ceil(),
                height: text.max(ends(|edge| edge.from)).max(ends(|edge| edge.to)),
                ..Area::default()
            };
            Boxed { area, heading, lines }
        })
        .collect();
    // A zone is as wide as its title: one of its boxes sees to that.
    for (at, zone) in graph.zones.iter().enumerate() {
        let title = width(&short(&zone.name(), LONGEST_TITLE), SMALL);
        let members = graph.nodes.iter().zip(&mut boxes).filter(|(node, _)| node.zone == Some(at));
        let widest = members.max_by(|(_, a), (_, b)| a.area.width.total_cmp(&b.area.width));
        if let Some((_, widest)) = widest {
            widest.area.width = widest.area.width.max(title.ceil());
        }
    }
    boxes
}

/// Lays a graph out.
pub(super) fn place(graph: &Graph) -> Picture {
    let mut boxes = boxed(graph);
    let texts: Vec<String> = graph.edges.iter().map(|edge| short(&edge.label(), LONGEST)).collect();
    let mut layered: Layered<NodeLabel, EdgeLabel> =
        Layered::with_options(GraphOptions { directed: true, multigraph: true, compound: true });
    let has_members = |at: usize| graph.nodes.iter().any(|node| node.zone == Some(at));
    for at in (0..graph.zones.len()).filter(|at| has_members(*at)) {
        layered.set_node(zone_key(at), Some(NodeLabel::default()));
    }
    for (at, (node, shape)) in graph.nodes.iter().zip(&boxes).enumerate() {
        let Area { width, height, .. } = shape.area;
        layered.set_node(node_key(at), Some(NodeLabel { width, height, ..NodeLabel::default() }));
        if let Some(zone) = node.zone {
            layered.set_parent(&node_key(at), Some(&zone_key(zone)));
        }
    }
    for (at, (edge, text)) in graph.edges.iter().zip(&texts).enumerate() {
        if edge.from == edge.to {
            continue;
        }
        let (width, height) =
            if text.is_empty() { (0.0, 0.0) } else { ((width(text, SMALL) + 10.0).ceil(), LABEL) };
        let label = EdgeLabel { width, height, labelpos: LabelPos::Center, ..EdgeLabel::default() };
        let (from, to) = (node_key(edge.from), node_key(edge.to));
        layered.set_edge(from, to, Some(label), Some(&edge_key(at)));
    }
    let options = LayoutOptions {
        rankdir: RankDir::LR,
        nodesep: 24.0,
        edgesep: 20.0,
        // Where many edges change their rows, they need room to do it apart.
        ranksep: 46.0 + number(graph.edges.len()).min(50.0) * 0.8,
        marginx: MARGIN,
        marginy: MARGIN,
        ..LayoutOptions::default()
    };
    dagre::layout(&mut layered, Some(options));
    let area = |key: &str| {
        layered.node(key).map(|node| {
            Area::around(node.x.unwrap_or(0.0), node.y.unwrap_or(0.0), node.width, node.height)
        })
    };
    for (at, shape) in boxes.iter_mut().enumerate() {
        shape.area = area(&node_key(at)).unwrap_or(shape.area);
    }
    let areas: Vec<Area> = boxes.iter().map(|shape| shape.area).collect();
    let mut labels = Vec::new();
    let mut paths = Vec::new();
    for (at, (edge, text)) in graph.edges.iter().zip(texts).enumerate() {
        let (from, to) = (node_key(edge.from), node_key(edge.to));
        let laid = layered.edge(&from, &to, Some(&edge_key(at)));
        let at = laid.and_then(|laid| Some((laid.x?, laid.y?, laid.width, laid.height)));
        let label = at
            .filter(|_| !text.is_empty())
            .map(|(x, y, width, height)| Label { area: Area::around(x, y, width, height), text });
        labels.push(label);
        let points = laid.map_or(&[][..], |laid| laid.points.as_slice());
        let inner = points.len().saturating_sub(2);
        paths.push(points.iter().skip(1).take(inner).map(|point| (point.x, point.y)).collect());
    }
    let wide: Vec<Area> =
        areas.iter().copied().chain(labels.iter().flatten().map(|label| label.area)).collect();
    let ends: Vec<(usize, usize)> = graph.edges.iter().map(|edge| (edge.from, edge.to)).collect();
    let own: Vec<Option<Area>> =
        labels.iter().map(|label| label.as_ref().map(|label| label.area)).collect();
    let routes = route::routes(&areas, &wide, &ends, &paths, &own);
    let zones = graph
        .zones
        .iter()
        .enumerate()
        .map(|(at, zone)| {
            let members = graph.nodes.iter().zip(&boxes);
            let members = members.filter(|(node, _)| node.zone == Some(at));
            let members: Vec<Area> = members.map(|(_, shape)| shape.area).collect();
            let area = around(&area(&zone_key(at)).unwrap_or_default(), &members);
            titled(area, &zone.name(), &routes, &wide)
        })
        .collect();
    let size = layered.graph_label::<GraphLabel>();
    let (width, height) = size.map_or((0.0, 0.0), |size| (size.width, size.height));
    trimmed(Picture { width, height, nodes: boxes, zones, routes, labels })
}

/// With one margin around all that is drawn: the layout keeps rows for zones that stay empty, and knows
/// nothing of how `route` leads an edge around.
fn trimmed(mut picture: Picture) -> Picture {
    let zones = picture.zones.iter().map(|zone| zone.area).filter(|area| area.width > 0.0);
    let areas = zones
        .chain(picture.nodes.iter().map(|node| node.area))
        .chain(picture.labels.iter().flatten().map(|label| label.area))
        .flat_map(|area| [(area.x, area.y), (area.right(), area.bottom())]);
    let points: Vec<_> = areas.chain(picture.routes.iter().flat_map(Route::points)).collect();
    if points.is_empty() {
        return picture;
    }
    let least = |all: &mut dyn Iterator<Item = f64>| all.fold(f64::INFINITY, f64::min) - MARGIN;
    let most = |all: &mut dyn Iterator<Item = f64>| all.fold(f64::NEG_INFINITY, f64::max) + MARGIN;
    let left = least(&mut points.iter().map(|point| point.0));
    let up = least(&mut points.iter().map(|point| point.1));
    picture.width = most(&mut points.iter().map(|point| point.0)) - left;
    picture.height = most(&mut points.iter().map(|point| point.1)) - up;
    let nodes = picture.nodes.iter_mut().map(|node| &mut node.area);
    let labels = picture.labels.iter_mut().flatten().map(|label| &mut label.area);
    for area in nodes.chain(labels) {
        area.x -= left;
        area.y -= up;
    }
    for zone in &mut picture.zones {
        zone.area.x -= left;
        zone.area.y -= up;
        zone.at = (zone.at.0 - left, zone.at.1 - up);
    }
    for route in &mut picture.routes {
        route.shift(left, up);
    }
    picture
}

/// A zone no higher than its members and its title need: the layout keeps room for edges in it.
fn around(area: &Area, members: &[Area]) -> Area {
    const BELOW: f64 = 14.0;
    let top = members.iter().map(|one| one.y).fold(f64::INFINITY, f64::min);
    let bottom = members.iter().map(Area::bottom).fold(f64::NEG_INFINITY, f64::max);
    if top > bottom {
        return Area::default();
    }
    let y = area.y.max(top - SMALL - BELOW);
    Area { y, height: area.bottom().min(bottom + BELOW) - y, ..*area }
}

/// A zone's title where it meets nothing, if there is such a place; else where it meets edges only.
fn titled(area: Area, title: &str, routes: &[Route], others: &[Area]) -> Zoned {
    const STEP: f64 = 24.0;
    let title = short(title, LONGEST_TITLE);
    let wide = width(&title, SMALL);
    let (left, right) = (area.x + 6.0, (area.right() - 6.0 - wide).max(area.x + 6.0));
    let (top, bottom) = (area.y + SMALL + 2.0, area.bottom() - 4.0);
    let mut places = vec![(left, top), (right, top)];
    let mut x = left + STEP;
    while x < right {
        places.push((x, top));
        x += STEP;
    }
    places.extend([(left, bottom), (right, bottom)]);
    let bare = |at: &&(f64, f64)| {
        let room = title_room(**at, wide);
        others.iter().all(|other| !room.meets(other))
    };
    let free = |at: &&(f64, f64)| {
        bare(at) && routes.iter().all(|route| !route.crosses(&title_room(**at, wide)))
    };
    let at = places.iter().find(free).or_else(|| places.iter().find(bare));
    Zoned { area, at: at.copied().unwrap_or((left, top)), title }
}

/// The room of a title that begins here.
pub(super) fn title_room(at: (f64, f64), wide: f64) -> Area {
    Area { x: at.0, y: at.1 - SMALL + 1.0, width: wide, height: SMALL + 2.0 }
}

fn node_key(at: usize) -> String {
    format!("n{at}")
}

fn zone_key(at: usize) -> String {
    format!("z{at}")
}

fn edge_key(at: usize) -> String {
    format!("e{at}")
}
