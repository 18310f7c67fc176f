//! Where two sources of facts disagree.
//!
//! The one judge of closed lists and of drift: rows that a table or another source has, held against
//! rows that are there. The order of rows says nothing.

use super::{Row, Topic};

/// A thing of which one source says something else than the other.
#[derive(Debug, Clone)]
pub struct Difference<'a> {
    /// What the first source says, for instance the files or a table; nothing where it has no such thing.
    pub wanted: Option<&'a Row>,
    /// What the second says, for instance the running stack.
    pub there: Option<&'a Row>,
}

/// A thing that cannot be compared, because one source does not know it.
#[derive(Debug, Clone)]
pub struct Open<'a> {
    /// The row with the unknown part.
    pub row: &'a Row,
    /// The row that it agrees with.
    pub other: &'a Row,
    /// The column.
    pub column: &'static str,
    /// Why nobody knows it.
    pub why: &'a str,
}

/// What two sources disagree on, and what nobody can tell.
#[derive(Debug, Clone, Default)]
pub struct Compared<'a> {
    /// In the order of the first source, then of the second.
    pub differences: Vec<Difference<'a>>,
    /// Rows that agree in all that is known.
    pub open: Vec<Open<'a>>,
}

/// Compares two sources of one topic.
#[must_use]
pub fn compare<'a>(topic: &Topic, wanted: &'a [Row], there: &'a [Row]) -> Compared<'a> {
    compare_by((topic.columns, topic.keys), wanted, there)
}

/// Compares rows of any table: with its columns, and the numbers of those that say which thing a row is
/// about; without any, no row is about the same thing as another.
#[must_use]
pub fn compare_by<'a>(
    (columns, keys): (&[&'static str], &[usize]),
    wanted: &'a [Row],
    there: &'a [Row],
) -> Compared<'a> {
    let mut compared = Compared::default();
    let mut taken = vec![false; there.len()];
    let mut matched = vec![false; wanted.len()];
    // What is known whole comes first: a row with an unknown part must not take its partner.
    for whole in [true, false] {
        for (row, matched) in wanted.iter().zip(&mut matched).filter(|(_, matched)| !**matched) {
            // The same thing may be seen several times: a fact of each replica.
            for (other, taken) in there.iter().zip(&mut taken) {
                let same = if whole { row.value == other.value } else { agrees(row, other) };
                if same && (whole || !*taken) {
                    (*matched, *taken) = (true, true);
                    let both = open(columns, row, other).chain(open(columns, other, row));
                    compared.open.extend(both);
                }
            }
        }
    }
    let unmatched = wanted.iter().zip(&matched).filter(|(_, matched)| !**matched);
    for (row, _) in unmatched {
        let same = |(there, taken): (&Row, &bool)| !taken && same_by(keys, row, there);
        let at = there.iter().zip(&taken).position(same);
        if let Some(taken) = at.and_then(|at| taken.get_mut(at)) {
            *taken = true;
        }
        let there = at.and_then(|at| there.get(at));
        compared.differences.push(Difference { wanted: Some(row), there });
    }
    let besides = there.iter().zip(&taken).filter(|(_, taken)| !**taken);
    compared
        .differences
        .extend(besides.map(|(row, _)| Difference { wanted: None, there: Some(row) }));
    compared
}

/// Whether two rows say the same, as far as both know.
fn agrees(a: &Row, b: &Row) -> bool {
    a.value.len() == b.value.len() && a.value.iter().zip(&b.value).all(|(a, b)| a.agrees(b))
}

/// Whether two rows are about the same thing.
#[must_use]
pub fn is_same(topic: &Topic, a: &Row, b: &Row) -> bool {
    same_by(topic.keys, a, b)
}

fn same_by(keys: &[usize], a: &Row, b: &Row) -> bool {
    let agree = |at: &usize| match (a.value.get(*at), b.value.get(*at)) {
        (Some(a), Some(b)) => a.agrees(b),
        _ => false,
    };
    !keys.is_empty() && keys.iter().all(agree)
}

/// The parts of a row that nobody knows.
fn open<'a>(
    columns: &[&'static str],
    row: &'a Row,
    other: &'a Row,
) -> impl Iterator<Item = Open<'a>> {
    let cells = columns.iter().zip(&row.value);
    cells.filter_map(move |(column, cell)| Some(Open { row, other, column, why: cell.unknown()? }))
}

#[cfg(test)]
mod tests {
    use super::{
        super::{Cell, limits},
        *,
    };

    fn rows(lines: &[[&str; 4]]) -> Vec<Row> {
        let row = |cells: &[&str; 4]| Row::new(cells[0], cells[1..].iter().copied(), None);
        lines.iter().map(row).collect()
    }

    #[test]
    fn what_differs_is_told_with_both_sides() {
        let topic = super::super::topic("limits").expect("a topic");
        let wanted = rows(&[["a", "1 GiB", "1", "10"], ["b", "none", "none", "none"]]);
        let there = rows(&[["b", "none", "none", "none"], ["a", "2 GiB", "1", "10"]]);
        let compared = compare(topic, &wanted, &there);
        let [one] = &compared.differences[..] else { panic!("{compared:?}") };
        assert_eq!(one.wanted.expect("a row").line(), "| a | 1 GiB | 1 | 10 |");
        assert_eq!(one.there.expect("a row").line(), "| a | 2 GiB | 1 | 10 |");
        assert_eq!(limits::size(Some(1536.0)), "1536 B");
    }

    #[test]
    fn what_nobody_knows_is_no_difference() {
        let topic = super::super::topic("limits").expect("a topic");
        let wanted = rows(&[["a", "1 GiB", "1", "10"]]);
        let mut there = rows(&[["a", "1 GiB", "1", "10"]]);
        there[0].value[3] = Cell::Unknown("the image says it".into());
        let compared = compare(topic, &wanted, &there);
        assert!(compared.differences.is_empty());
        assert_eq!(compared.open[0].column, "processes");
    }

    #[test]
    fn a_row_with_an_unknown_part_takes_nobody_elses_partner() {
        let topic = super::super::topic("limits").expect("a topic");
        let mut wanted = rows(&[["a", "1 GiB", "1", "10"], ["a", "2 GiB", "1", "10"]]);
        wanted[0].value[1] = Cell::Unknown("left open".into());
        let there = rows(&[["a", "2 GiB", "1", "10"], ["a", "3 GiB", "1", "10"]]);
        let compared = compare(topic, &wanted, &there);
        assert!(compared.differences.is_empty(), "{compared:?}");
        assert_eq!(compared.open[0].other.line(), "| a | 3 GiB | 1 | 10 |");
    }

    #[test]
    fn what_is_about_the_same_thing_is_told_together() {
        let topic = super::super::topic("mounts").expect("a topic");
        let mount =
            |source: &str, path: &str| Row::new("a", ["volume", source, path, "writable"], None);
        let (wanted, there) =
            ([mount("x", "/x"), mount("y", "/y")], [mount("z", "/z"), mount("v", "/y")]);
        let compared = compare(topic, &wanted, &there);
        let told =
            |row: Option<&Row>| row.map(|row| row.value[2].known().unwrap_or("?").to_owned());
        let told: Vec<_> =
            compared.differences.iter().map(|one| (told(one.wanted), told(one.there))).collect();
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(told, [(some("x"), None), (some("y"), some("v")), (None, some("z"))]);
    }

    #[test]
    fn what_only_one_source_has_is_told_and_replicas_count_once() {
        let topic = super::super::topic("limits").expect("a topic");
        let one = rows(&[["a", "1 GiB", "1", "10"]]);
        let twice = rows(&[["a", "1 GiB", "1", "10"], ["a", "1 GiB", "1", "10"]]);
        assert!(compare(topic, &one, &twice).differences.is_empty());
        let none: [Row; 0] = [];
        assert!(compare(topic, &one, &none).differences[0].there.is_none());
        assert!(compare(topic, &none, &one).differences[0].wanted.is_none());
    }
}
