//! A graph as one `svg` element: for a file of its own, or inline in a page.
//!
//! Colours are custom properties that a page may set (`--diagram-ink` and so on); without a page they
//! follow the reader's light or dark. Nothing in it is loaded, and no text of others is markup.

use std::fmt::{self, Write as _};

use super::{
    Change, Edge, EdgeKind, Graph, NodeKind, State,
    place::{Area, LEADING, NAME, Picture, SMALL, place},
    route::{LEVEL, Piece, Route},
    text::{short, width},
};

/// The style sheet; each picture of a page brings it, and one would do.
const STYLE: &str = "\
.seaworthy-diagram{--ink:var(--diagram-ink,#1c2128);--dim:var(--diagram-dim,#57606a);--paper:var(--diagram-paper,#fff);--zone:var(--diagram-zone,#f3f5f7);--line:var(--diagram-line,#6e7781);--proven:var(--diagram-proven,#00655b);--broken:var(--diagram-broken,#b3261e);--undecided:var(--diagram-undecided,#855300);--not-asked:var(--diagram-not-asked,#5c6672);font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;font-size:11px;fill:var(--ink);background:var(--paper)}\
@media(prefers-color-scheme:dark){.seaworthy-diagram{--ink:var(--diagram-ink,#e6edf3);--dim:var(--diagram-dim,#a3adb8);--paper:var(--diagram-paper,#0f1318);--zone:var(--diagram-zone,#191f26);--line:var(--diagram-line,#8b949e);--proven:var(--diagram-proven,#56d3c2);--broken:var(--diagram-broken,#ff8f85);--undecided:var(--diagram-undecided,#e5b567);--not-asked:var(--diagram-not-asked,#9aa5b1)}}\
.seaworthy-diagram .zone{fill:var(--zone);stroke:var(--line)}\
.seaworthy-diagram .open{stroke-dasharray:5 4}\
.seaworthy-diagram .box{fill:var(--paper);stroke:var(--ink);stroke-width:1.2}\
.seaworthy-diagram .lid,.seaworthy-diagram .edge{fill:none;stroke:var(--line);stroke-width:1.4}\
.seaworthy-diagram .lid{stroke:var(--ink)}\
.seaworthy-diagram .name{font-size:13px;font-weight:600}\
.seaworthy-diagram .dim{fill:var(--dim)}\
.seaworthy-diagram .title{fill:var(--dim);font-weight:600;paint-order:stroke;stroke:var(--zone);stroke-width:3px}\
.seaworthy-diagram .chip{fill:var(--paper);stroke:var(--line)}\
.seaworthy-diagram .head{fill:var(--line);stroke:none}\
.seaworthy-diagram .waits .edge{stroke-dasharray:2 4}\
.seaworthy-diagram .mounts .edge{stroke-dasharray:7 3}\
.seaworthy-diagram .proven{--line:var(--proven)}\
.seaworthy-diagram .broken{--line:var(--broken)}\
.seaworthy-diagram .broken .edge{stroke-width:2.6}\
.seaworthy-diagram .undecided{--line:var(--undecided)}\
.seaworthy-diagram .undecided .edge{stroke-dasharray:9 4}\
.seaworthy-diagram .not-asked{--line:var(--not-asked)}\
.seaworthy-diagram .not-asked .edge{stroke-dasharray:2 3}\
.seaworthy-diagram .added{--line:var(--proven)}\
.seaworthy-diagram .removed{--line:var(--broken)}\
.seaworthy-diagram .changed{--line:var(--undecided)}\
.seaworthy-diagram .node.added .box{stroke:var(--proven);stroke-width:2.4}\
.seaworthy-diagram .node.removed .box{stroke:var(--broken);stroke-dasharray:5 3}\
.seaworthy-diagram .node.changed .box{stroke:var(--undecided);stroke-width:2.4;stroke-dasharray:12 3}\
.seaworthy-diagram .removed .edge{stroke-dasharray:5 3}\
.seaworthy-diagram .connection:hover{--line:var(--ink)}\
.seaworthy-diagram .connection:hover .edge{stroke-width:3}\
.seaworthy-diagram a:focus-visible .box,.seaworthy-diagram a:focus-visible .edge{stroke-width:4}\
.seaworthy-diagram .state{fill:var(--line);font-weight:600}";

/// The height of the legend.
const LEGEND: f64 = 26.0;
/// The length of an arrow's head.
const HEAD: f64 = 8.0;

/// The picture; `id` is the beginning of all ids in it, and one of its own on the page.
#[must_use]
pub fn svg(graph: &Graph, id: &str) -> String {
    let picture = place(graph);
    let legend = legend(graph);
    let wide = picture.width.max(legend.1 + 16.0).max(120.0).ceil();
    let high = (picture.height + LEGEND).ceil();
    let id = escaped(id);
    let mut out = String::new();
    add(
        &mut out,
        format_args!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"seaworthy-diagram\" role=\"group\" aria-labelledby=\"{id}-title {id}-desc\" viewBox=\"0 0 {wide} {high}\" width=\"{wide}\" height=\"{high}\" style=\"--wide:{wide}px\">\n<title id=\"{id}-title\">{}</title>\n<desc id=\"{id}-desc\">{}</desc>\n<style>{STYLE}</style>\n",
            escaped(&title(graph)),
            escaped(&description(graph)),
        ),
    );
    zones(&mut out, graph, &picture);
    for ((edge, route), label) in graph.edges.iter().zip(&picture.routes).zip(&picture.labels) {
        let class = edge_class(edge);
        open(&mut out, &format!("connection {class}"), link(edge.link.as_ref()));
        let told = [graph.told(edge)].into_iter().chain(edge.about.iter().cloned());
        tooltip(&mut out, &told.collect::<Vec<_>>());
        add(&mut out, format_args!("<path class=\"edge\" d=\"{}\"/>", path(route)));
        add(&mut out, format_args!("<path class=\"head\" d=\"{}\"/>", head(route)));
        if let Some(label) = label {
            let Area { x, y, width, height } = label.area;
            add(
                &mut out,
                format_args!(
                    "<rect class=\"chip\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"4\"/>",
                    n(x),
                    n(y),
                    n(width),
                    n(height)
                ),
            );
            let (middle, line) = label.area.centre();
            let class = if edge.state.is_some() || edge.change != Change::Same {
                " class=\"state\""
            } else {
                ""
            };
            add(
                &mut out,
                format_args!(
                    "<text{class} x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
                    n(middle),
                    n(line + 4.0),
                    escaped(&label.text)
                ),
            );
        }
        close(&mut out, link(edge.link.as_ref()).is_some());
    }
    nodes(&mut out, graph, &picture);
    add(
        &mut out,
        format_args!(
            "<g class=\"legend\" transform=\"translate(8 {})\">{}</g>\n</svg>\n",
            n(picture.height + 4.0),
            legend.0
        ),
    );
    out
}

/// What it is a picture of.
fn title(graph: &Graph) -> String {
    let what = if graph.is_difference { "The differences of" } else { "The environment" };
    format!("{what} {}", crate::visible::line(&graph.title))
}

/// The picture in words, for who cannot see it.
fn description(graph: &Graph) -> String {
    let mut told = Vec::new();
    for (at, zone) in graph.zones.iter().enumerate() {
        let members = graph.nodes.iter().filter(|node| node.zone == Some(at));
        let members: Vec<String> = members.map(super::Node::heading).collect();
        told.push(format!("On {}: {}.", zone.title(), members.join(", ")));
    }
    told.extend(graph.edges.iter().map(|edge| format!("{}.", graph.told(edge))));
    crate::visible::whole_line(&told.join(" ")).into_owned()
}

fn zones(out: &mut String, graph: &Graph, picture: &Picture) {
    for (zone, zoned) in graph.zones.iter().zip(&picture.zones) {
        let Area { x, y, width, height } = zoned.area;
        if width <= 0.0 {
            continue;
        }
        let way = if zone.leads_out { " open" } else { "" };
        let change = change_class(zone.change);
        add(
            out,
            format_args!(
                "<g class=\"{change}\"><title>{}</title><rect class=\"zone{way}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"8\"/></g>\n",
                escaped(&zone.title()),
                n(x),
                n(y),
                n(width),
                n(height)
            ),
        );
    }
    // Above the edges' ground, below the edges themselves: an edge is never hidden by a title.
    for zoned in picture.zones.iter().filter(|zoned| zoned.area.width > 0.0) {
        let (x, y) = zoned.at;
        add(
            out,
            format_args!(
                "<text class=\"title\" x=\"{}\" y=\"{}\">{}</text>\n",
                n(x),
                n(y),
                escaped(&zoned.title)
            ),
        );
    }
}

fn nodes(out: &mut String, graph: &Graph, picture: &Picture) {
    for (node, shape) in graph.nodes.iter().zip(&picture.nodes) {
        let kind = match node.kind {
            NodeKind::Host => "host",
            NodeKind::Service => "service",
            NodeKind::Volume => "volume",
        };
        let change = change_class(node.change);
        open(out, &format!("node {kind} {change}"), link(node.link.as_ref()));
        let told = [node.name.clone()].into_iter().chain(node.about.iter().cloned());
        tooltip(out, &told.collect::<Vec<_>>());
        let Area { x, y, width, height } = shape.area;
        let (right, bottom) = (shape.area.right(), shape.area.bottom());
        let lid = 8.0;
        let lines = f64::from(u16::try_from(shape.lines.len()).unwrap_or(u16::MAX));
        let mut top = y + (height - NAME - LEADING * lines) / 2.0 + NAME - 2.0;
        if node.kind == NodeKind::Volume {
            top += lid / 2.0;
            let (left, right, half) = (n(x), n(right), n(width / 2.0));
            add(
                out,
                format_args!(
                    "<path class=\"box\" d=\"M{left} {0}A{half} {lid} 0 0 1 {right} {0}V{1}A{half} {lid} 0 0 1 {left} {1}Z\"/><path class=\"lid\" d=\"M{left} {0}A{half} {lid} 0 0 0 {right} {0}\"/>",
                    n(y + lid),
                    n(bottom - lid)
                ),
            );
        } else {
            let round = if node.kind == NodeKind::Host { 18.0 } else { 5.0 };
            add(
                out,
                format_args!(
                    "<rect class=\"box\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"{round}\"/>",
                    n(x),
                    n(y),
                    n(width),
                    n(height)
                ),
            );
        }
        let middle = n(shape.area.centre().0);
        add(
            out,
            format_args!(
                "<text class=\"name\" x=\"{middle}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
                n(top),
                escaped(&shape.heading)
            ),
        );
        for line in &shape.lines {
            top += LEADING;
            add(
                out,
                format_args!(
                    "<text class=\"dim\" x=\"{middle}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
                    n(top),
                    escaped(line)
                ),
            );
        }
        close(out, link(node.link.as_ref()).is_some());
    }
}

/// What the signs mean, of those that occur, and how wide it is.
fn legend(graph: &Graph) -> (String, f64) {
    let mut out = String::new();
    let mut x = 0.0;
    let mut sample = |class: &str, text: &str, dash: bool| {
        if dash {
            add(
                &mut out,
                format_args!(
                    "<g class=\"{class}\"><path class=\"edge\" d=\"M{} 8H{}\"/></g>",
                    n(x),
                    n(x + 26.0)
                ),
            );
            x += 32.0;
        }
        add(
            &mut out,
            format_args!("<text class=\"dim\" x=\"{}\" y=\"12\">{}</text>", n(x), escaped(text)),
        );
        x += width(text, SMALL) + 18.0;
    };
    for (kind, class, text) in [
        (EdgeKind::Reaches, "", "reaches, on port"),
        (EdgeKind::Waits, "waits", "waits for"),
        (EdgeKind::Mounts, "mounts", "mounts"),
    ] {
        if graph.edges.iter().any(|edge| edge.kind == kind) {
            sample(class, text, true);
        }
    }
    for state in [State::Proven, State::Broken, State::Undecided, State::NotAsked] {
        if graph.edges.iter().any(|edge| edge.state == Some(state)) {
            sample(state_class(state), &format!("{} {}", state.sign(), state.word()), true);
        }
    }
    if graph.is_difference {
        for change in [Change::Added, Change::Removed, Change::Changed] {
            let sign = change.sign().unwrap_or_default();
            sample(change_class(change), &format!("{sign} {}", change.word()), true);
        }
    }
    if graph.nodes.iter().any(|node| node.lines.iter().any(|line| line.starts_with('▤'))) {
        sample("", "▤ volume of its own", false);
    }
    for (leads_out, text) in [(true, "dashed zone: a way out"), (false, "solid zone: none")] {
        if graph.zones.iter().any(|zone| zone.leads_out == leads_out) {
            sample("", text, false);
        }
    }
    (out, x)
}

fn edge_class(edge: &Edge) -> String {
    let kind = match edge.kind {
        EdgeKind::Publishes => "publishes",
        EdgeKind::Reaches => "reaches",
        EdgeKind::Waits => "waits",
        EdgeKind::Mounts => "mounts",
    };
    let state = edge.state.map(state_class).unwrap_or_default();
    [kind, state, change_class(edge.change)].join(" ").trim_end().to_owned()
}

const fn state_class(state: State) -> &'static str {
    match state {
        State::Proven => "proven",
        State::Broken => "broken",
        State::Undecided => "undecided",
        State::NotAsked => "not-asked",
    }
}

const fn change_class(change: Change) -> &'static str {
    match change {
        Change::Same => "",
        Change::Added => "added",
        Change::Removed => "removed",
        Change::Changed => "changed",
    }
}

fn path(route: &Route) -> String {
    let mut at = route.start;
    let mut out = format!("M{} {}", n(at.0), n(at.1));
    for piece in &route.pieces {
        match *piece {
            Piece::Line(x, y) => {
                add(&mut out, format_args!("L{} {}", n(x), n(y)));
                at = (x, y);
            }
            Piece::Curve(x, y) => {
                let level = (x - at.0) * LEVEL;
                let (one, two) = (at.0 + level, x - level);
                add(
                    &mut out,
                    format_args!("C{} {} {} {} {} {}", n(one), n(at.1), n(two), n(y), n(x), n(y)),
                );
                at = (x, y);
            }
        }
    }
    out
}

fn head(route: &Route) -> String {
    let (x, y) = route.end();
    let back = if route.ends_rightwards() { -HEAD } else { HEAD };
    format!("M{} {}l{back} -4v8z", n(x), n(y))
}

/// A link within a page or a site; nothing that runs.
fn link(link: Option<&String>) -> Option<&str> {
    let starts = |link: &&str| {
        ["#", "https://", "http://", "./", "/"].iter().any(|start| link.starts_with(start))
    };
    link.map(String::as_str).filter(starts)
}

fn open(out: &mut String, class: &str, link: Option<&str>) {
    let class = class.split_whitespace().collect::<Vec<_>>().join(" ");
    match link {
        Some(link) => {
            add(out, format_args!("<a class=\"{class}\" href=\"{}\">", escaped(link)));
        }
        None => add(out, format_args!("<g class=\"{class}\">")),
    }
}

fn close(out: &mut String, is_link: bool) {
    out.push_str(if is_link { "</a>\n" } else { "</g>\n" });
}

fn tooltip(out: &mut String, told: &[String]) {
    let lines: Vec<String> = told.iter().map(|line| short(line, 400)).collect();
    add(out, format_args!("<title>{}</title>", escaped(&lines.join("\n"))));
}

/// Adds a piece; a text takes any.
fn add(out: &mut String, piece: fmt::Arguments<'_>) {
    let _infallible = out.write_fmt(piece);
}

/// A number of at most one decimal.
fn n(number: f64) -> String {
    let rounded = (number * 10.0).round() / 10.0;
    // Not "-0".
    if rounded == 0.0 { "0".to_owned() } else { rounded.to_string() }
}

/// Text that is no markup (XML 1.0, section 2.4), what cannot be seen shown.
fn escaped(text: &str) -> String {
    let shown = crate::visible::text(text);
    let mut out = String::with_capacity(shown.len());
    for c in shown.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}
