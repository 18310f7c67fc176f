//! How edges run: straight through a column, where each has a row of its own, and in a curve from a
//! column to the next, where nothing else stands. So none can run through a box or a label.

use super::place::Area;

/// A piece of an edge, from where the one before ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Piece {
    /// A level line to here.
    Line(f64, f64),
    /// A curve to here, level at both ends.
    Curve(f64, f64),
}

/// An edge.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Route {
    pub start: (f64, f64),
    pub pieces: Vec<Piece>,
}

impl Piece {
    const fn end(self) -> (f64, f64) {
        match self {
            Self::Line(x, y) | Self::Curve(x, y) => (x, y),
        }
    }
}

impl Route {
    /// Where it ends.
    pub(super) fn end(&self) -> (f64, f64) {
        self.pieces.last().map_or(self.start, |piece| piece.end())
    }

    /// Whether it points to the right at its end.
    pub(super) fn ends_rightwards(&self) -> bool {
        let before = self.pieces.len().checked_sub(2).and_then(|at| self.pieces.get(at));
        self.end().0 >= before.map_or(self.start, |piece| piece.end()).0
    }

    /// Moves it to the left and up.
    pub(super) fn shift(&mut self, left: f64, up: f64) {
        self.start = (self.start.0 - left, self.start.1 - up);
        for piece in &mut self.pieces {
            let (Piece::Line(x, y) | Piece::Curve(x, y)) = piece;
            *x -= left;
            *y -= up;
        }
    }

    /// The edge as a chain of short lines.
    pub(super) fn points(&self) -> Vec<(f64, f64)> {
        const STEPS: u8 = 12;
        let mut points = vec![self.start];
        for piece in &self.pieces {
            let from = points.last().copied().unwrap_or(self.start);
            let to = piece.end();
            if let Piece::Curve(..) = piece {
                points.extend((1..STEPS).map(|step| {
                    let t = f64::from(step) / f64::from(STEPS);
                    (curve_x(from.0, to.0, t), curve_y(from.1, to.1, t))
                }));
            }
            points.push(to);
        }
        points
    }

    /// Whether it runs through an area.
    pub(super) fn crosses(&self, area: &Area) -> bool {
        let points = self.points();
        points.windows(2).any(|pair| match pair {
            [a, b] => line_meets(*a, *b, area),
            _ => false,
        })
    }
}

/// The third of a curve's length over which it stays level.
pub(super) const LEVEL: f64 = 0.5;

fn curve_x(from: f64, to: f64, t: f64) -> f64 {
    let (one, two) = (from + (to - from) * LEVEL, to - (to - from) * LEVEL);
    bezier([from, one, two, to], t)
}

fn curve_y(from: f64, to: f64, t: f64) -> f64 {
    bezier([from, from, to, to], t)
}

/// A point of a cubic Bézier curve.
fn bezier(controls: [f64; 4], t: f64) -> f64 {
    let rest = 1.0 - t;
    let weights = [rest * rest * rest, 3.0 * rest * rest * t, 3.0 * rest * t * t, t * t * t];
    controls.iter().zip(weights).map(|(control, weight)| control * weight).sum()
}

/// Whether a line runs through an area (Liang and Barsky).
fn line_meets(a: (f64, f64), b: (f64, f64), area: &Area) -> bool {
    const BORDER: f64 = 0.01;
    let (dx, dy) = (b.0 - a.0, b.1 - a.1);
    let (mut from, mut to) = (0.0_f64, 1.0_f64);
    let bounds = [
        (-dx, a.0 - area.x - BORDER),
        (dx, area.right() - BORDER - a.0),
        (-dy, a.1 - area.y - BORDER),
        (dy, area.bottom() - BORDER - a.1),
    ];
    for (step, room) in bounds {
        if step.abs() < f64::EPSILON {
            if room < 0.0 {
                return false;
            }
        } else if step < 0.0 {
            from = from.max(room / step);
        } else {
            to = to.min(room / step);
        }
    }
    from < to
}

/// A column: what stands in it has one centre.
struct Column {
    centre: f64,
    half: f64,
}

fn columns(wide: &[Area]) -> Vec<Column> {
    const SAME: f64 = 0.5;
    let mut columns: Vec<Column> = Vec::new();
    for area in wide {
        let (centre, half) = (area.centre().0, area.width / 2.0);
        match columns.iter_mut().find(|column| (column.centre - centre).abs() < SAME) {
            Some(column) => column.half = column.half.max(half),
            None => columns.push(Column { centre, half }),
        }
    }
    columns
}

/// One end of an edge at a box: which side, and towards which height.
struct End {
    edge: usize,
    is_start: bool,
    is_right: bool,
    towards: f64,
}

/// A row of an edge in a column: where it comes in, where it goes out, and at which height.
#[derive(Debug, Clone, Copy)]
struct Row {
    enters: f64,
    leaves: f64,
    y: f64,
    /// Its label stands here.
    is_labelled: bool,
}

/// Draws edges between boxes; `wide` is all that stands in columns, `paths` the points between the ends,
/// `labels` what stands on each edge itself.
pub(super) fn routes(
    boxes: &[Area],
    wide: &[Area],
    ends: &[(usize, usize)],
    paths: &[Vec<(f64, f64)>],
    labels: &[Option<Area>],
) -> Vec<Route> {
    let columns = columns(wide);
    let half = |x: f64| {
        let near = columns.iter().find(|column| (column.centre - x).abs() < 0.5);
        near.map_or(0.0, |column| column.half)
    };
    let ports = ports(boxes, ends, paths);
    let mut routes = Vec::new();
    for (at, (from, to)) in ends.iter().enumerate() {
        let (Some(first), Some(last)) = (boxes.get(*from), boxes.get(*to)) else {
            routes.push(Route::default());
            continue;
        };
        let (start_y, end_y) = ports.get(at).copied().unwrap_or_default();
        let path = paths.get(at).map_or(&[][..], Vec::as_slice);
        let own = labels.get(at).copied().flatten();
        let sign = if last.centre().0 >= first.centre().0 { 1.0 } else { -1.0 };
        let inner = path.iter().map(|&(x, y)| Row {
            enters: x - sign * half(x),
            leaves: x + sign * half(x),
            y,
            is_labelled: own.is_some_and(|own| (own.centre().0 - x).abs() < 0.5),
        });
        // Through the rest of its own column, then from column to column.
        let (near, far) = (first.centre().0, last.centre().0);
        let start = Row {
            enters: near + sign * first.width / 2.0,
            leaves: near + sign * half(near),
            y: start_y,
            is_labelled: true,
        };
        let end = Row {
            enters: far - sign * half(far),
            leaves: far - sign * last.width / 2.0,
            y: end_y,
            is_labelled: true,
        };
        let rows: Vec<Row> = [start].into_iter().chain(inner).chain([end]).collect();
        // Its own ends it may come near, and its label it runs through.
        let others = wide.iter().filter(|area| Some(**area) != own);
        let others: Vec<Area> = others
            .map(|area| if area == first || area == last { *area } else { area.with_air() })
            .collect();
        routes.push(drawn(&rows, &others));
    }
    routes
}

/// An edge through its rows, but those that it can pass by without meeting anything.
fn drawn(rows: &[Row], others: &[Area]) -> Route {
    let Some(first) = rows.first() else { return Route::default() };
    let mut pieces = vec![Piece::Line(first.leaves, first.y)];
    let mut at = 0;
    while let Some(here) = rows.get(at) {
        let behind = rows.get(at + 1..).unwrap_or_default();
        let reach =
            behind.iter().position(|row| row.is_labelled).map_or(behind.len(), |row| row + 1);
        let is_free = |row: &&Row| {
            let curve = Route {
                start: (here.leaves, here.y),
                pieces: vec![Piece::Curve(row.enters, row.y)],
            };
            others.iter().all(|area| !curve.crosses(area))
        };
        let furthest =
            (1..reach).rev().find(|step| behind.get(*step).as_ref().is_some_and(is_free));
        let step = furthest.unwrap_or(0);
        let Some(row) = behind.get(step) else { break };
        pieces.extend([Piece::Curve(row.enters, row.y), Piece::Line(row.leaves, row.y)]);
        at += step + 1;
    }
    joined((first.enters, first.y), &pieces)
}

/// The pieces without those that go nowhere, level ones as one line.
fn joined(start: (f64, f64), pieces: &[Piece]) -> Route {
    const NOWHERE: f64 = 0.05;
    let mut route = Route { start, pieces: Vec::new() };
    for piece in pieces {
        let (from, to) = (route.end(), piece.end());
        if (from.0 - to.0).abs() < NOWHERE && (from.1 - to.1).abs() < NOWHERE {
            continue;
        }
        let is_level = (from.1 - to.1).abs() < NOWHERE;
        let piece = if is_level { Piece::Line(to.0, from.1) } else { *piece };
        match (route.pieces.last_mut(), piece) {
            (Some(Piece::Line(x, _)), Piece::Line(further, _)) => *x = further,
            _ => route.pieces.push(piece),
        }
    }
    route
}

/// The heights at which each edge leaves and enters: spread over the side of a box, in the order in
/// which they go on, and level where one is alone.
fn ports(boxes: &[Area], ends: &[(usize, usize)], paths: &[Vec<(f64, f64)>]) -> Vec<(f64, f64)> {
    const CORNER: f64 = 8.0;
    let mut heights = vec![(0.0, 0.0); ends.len()];
    for (at, area) in boxes.iter().enumerate() {
        let mut here = Vec::new();
        for (edge, (from, to)) in ends.iter().enumerate() {
            let path = paths.get(edge).map_or(&[][..], Vec::as_slice);
            for (own, other, is_start) in [(*from, *to, true), (*to, *from, false)] {
                let Some(other) = boxes.get(other).filter(|_| own == at) else { continue };
                let next = if is_start { path.first() } else { path.last() };
                let towards = next.map_or(other.centre().1, |next| next.1);
                let is_right = other.centre().0 > area.centre().0
                    || (is_start && (other.centre().0 - area.centre().0).abs() < f64::EPSILON);
                here.push(End { edge, is_start, is_right, towards });
            }
        }
        for is_right in [true, false] {
            let mut side: Vec<&End> = here.iter().filter(|end| end.is_right == is_right).collect();
            side.sort_by(|a, b| a.towards.total_cmp(&b.towards));
            let count = f64::from(u16::try_from(side.len()).unwrap_or(u16::MAX));
            for (place, end) in side.iter().enumerate() {
                let place = f64::from(u16::try_from(place).unwrap_or(u16::MAX));
                let even = area.y + area.height * (place + 1.0) / (count + 1.0);
                let alone = end.towards.clamp(area.y + CORNER, area.bottom() - CORNER);
                let height = if side.len() == 1 { alone } else { even };
                if let Some(heights) = heights.get_mut(end.edge) {
                    *(if end.is_start { &mut heights.0 } else { &mut heights.1 }) = height;
                }
            }
        }
    }
    heights
}
