//! What the environments are, a table a topic: rows that are the same stand once, what differs stands
//! side by side, and where the running stack is otherwise than the files both are shown.

use indexmap::{IndexMap, IndexSet};

use super::{
    markup::{Html, mark, slug},
    page::Page,
};
use crate::run::{Disclosure, FactRow, FactTable, Line, Run};

/// How many environments there are facts of; the word for where a row holds depends on it.
pub(super) fn environments(run: &Run) -> Vec<&str> {
    run.about.facts.iter().map(|facts| facts.environment.as_str()).collect()
}

/// Whether a running stack is otherwise than its files anywhere.
pub(super) fn has_drift(run: &Run) -> bool {
    let tables = run.about.facts.iter().flat_map(|facts| &facts.tables);
    tables.flat_map(|table| &table.rows).any(|row| row.drift)
}

/// The topics that have rows anywhere, in their order.
pub(super) fn topics(run: &Run) -> IndexMap<&str, Vec<(&str, &FactTable)>> {
    let mut topics: IndexMap<&str, Vec<(&str, &FactTable)>> = IndexMap::new();
    for facts in &run.about.facts {
        for table in facts.tables.iter().filter(|table| !table.rows.is_empty()) {
            topics.entry(&table.topic).or_default().push((&facts.environment, table));
        }
    }
    topics
}

/// A row, with the environments in which it is so.
struct Held<'r> {
    row: &'r FactRow,
    environments: IndexSet<&'r str>,
}

pub(super) fn write(html: &mut Html, page: &Page<'_>) {
    let run = page.told.run;
    let known = environments(run);
    html.raw("<p>Read from the files");
    let observed = run.about.facts.iter().flat_map(|facts| &facts.tables);
    html.raw(if observed.clone().any(|table| table.observed) {
        " and held against what the engine and the kernel show of the running stacks. A row is as both say; where they differ, both are shown."
    } else {
        ". No running stack was looked at."
    });
    if known.len() > 1 {
        html.raw(" A row without an environment is so in all of them: ");
        for (at, name) in known.iter().enumerate() {
            html.raw(if at == 0 { "" } else { ", " }).line(name);
        }
        html.raw(".");
    }
    html.raw("</p>");
    compared(html, page);
    for (topic, tables) in topics(run) {
        let Some((_, first)) = tables.first() else { continue };
        let differs = known.len() > 1
            && held(&tables).iter().any(|held| held.environments.len() < known.len());
        let drifts =
            tables.iter().flat_map(|(_, table)| &table.rows).filter(|row| row.drift).count();
        html.raw("<details class=\"topic\"");
        html.raw(if drifts > 0 { " open>" } else { ">" });
        html.raw("<summary><h3>").text(topic).raw("</h3> <span class=\"about\">");
        html.text(&first.about).raw("</span>");
        if drifts > 0 {
            html.raw(" <span class=\"state broken\"><span aria-hidden=\"true\">✗</span> ");
            html.number(drifts).raw(" differ</span>");
        } else if differs {
            html.raw(" <span class=\"tag\">environments differ</span>");
        }
        html.raw("</summary><div class=\"body\"").attribute("id", &format!("facts-{topic}"));
        html.raw(">");
        table(html, &tables, known.len());
        html.raw("</div></details>");
    }
}

/// The scenarios that hold environments against each other.
fn compared(html: &mut Html, page: &Page<'_>) {
    let comparing = |claim: &&super::claims::Claim<'_>| {
        claim.verdicts.iter().any(|verdict| verdict.scenario.environments.len() > 1)
    };
    let claims: Vec<_> = page.claims.values().filter(comparing).collect();
    if claims.is_empty() {
        return;
    }
    html.raw("<p>Claims that hold environments against each other:");
    for claim in claims {
        let state = claim.state();
        html.raw(" <a class=\"mark ").raw(state.class()).raw("\"");
        html.attribute("href", &format!("#{}", super::scenario::claim_anchor(claim.id)));
        html.raw("><span aria-hidden=\"true\">").raw(state.sign()).raw("</span> ");
        html.line(claim.id).raw("<span class=\"spoken\"> ").raw(state.word()).raw("</span></a>");
    }
    html.raw("</p>");
}

/// The rows of a topic in all environments: equal ones once, those about one thing next to each other.
fn held<'r>(tables: &[(&'r str, &'r FactTable)]) -> Vec<Held<'r>> {
    let cells = |line: &'r Option<Line>| line.as_ref().map(|line| line.cells.as_slice());
    let mut things: IndexMap<Vec<&str>, Vec<Held<'r>>> = IndexMap::new();
    for (environment, table) in tables {
        for row in &table.rows {
            let held = things.entry(key(table, row)).or_default();
            let same = |known: &&mut Held<'r>| {
                cells(&known.row.declared) == cells(&row.declared)
                    && cells(&known.row.observed) == cells(&row.observed)
            };
            match held.iter_mut().find(same) {
                Some(known) => _ = known.environments.insert(environment),
                None => held.push(Held { row, environments: IndexSet::from([*environment]) }),
            }
        }
    }
    things.into_values().flatten().collect()
}

/// What a row is about.
fn key<'r>(table: &FactTable, row: &'r FactRow) -> Vec<&'r str> {
    let line = row.declared.as_ref().or(row.observed.as_ref());
    let cell = |at: &usize| Some(line?.cells.get(*at)?.text.as_str());
    let subject = std::iter::once(&0).chain(table.keys.iter().filter(|at| **at != 0));
    subject.map(|at| cell(at).unwrap_or_default()).collect()
}

/// The facts of a topic that a document keeps, of one environment, with what the running stack shows; none
/// where this run has no such facts.
pub(super) fn kept(html: &mut Html, run: &Run, environment: &str, topic: &str) -> Option<()> {
    let facts = run.about.facts.iter().find(|facts| facts.environment == environment)?;
    let found = facts.tables.iter().find(|table| table.topic == topic)?;
    if found.rows.is_empty() {
        html.raw("<p>None.</p>");
        return Some(());
    }
    anchored(html, &[(environment, found)], 1, false);
    Some(())
}

fn table(html: &mut Html, tables: &[(&str, &FactTable)], environments: usize) {
    anchored(html, tables, environments, true);
}

/// A table, whose rows links may lead to if it is the one in the chapter.
fn anchored(html: &mut Html, tables: &[(&str, &FactTable)], environments: usize, anchors: bool) {
    let Some((_, first)) = tables.first() else { return };
    let rows = held(tables);
    let differs = rows.iter().any(|held| held.environments.len() < environments);
    let places = rows.iter().any(|held| place(held.row).is_some());
    let folder = folder(rows.iter().filter_map(|held| place(held.row)));
    let folder = folder.as_str();
    html.raw("<div class=\"wide\" tabindex=\"0\"><table class=\"fact\"><thead><tr>");
    for column in &first.columns {
        html.raw("<th scope=\"col\">").text(column).raw("</th>");
    }
    if differs {
        html.raw("<th scope=\"col\">in</th>");
    }
    if places {
        html.raw("<th scope=\"col\">declared at");
        if !folder.is_empty() {
            html.raw("<br><small>in ").line(folder).raw("</small>");
        }
        html.raw("</th>");
    }
    html.raw("</tr></thead><tbody>");
    let mut last: Option<Vec<&str>> = None;
    for held in &rows {
        let about = key(first, held.row);
        let again = last.as_ref() == Some(&about);
        let anchor =
            format!("fact-{}-{}-{}", first.topic, slug(&about.join(" ")), mark(&about.join("\0")));
        html.raw(match (held.row.drift, again) {
            (true, _) => "<tr class=\"drift\"",
            (false, true) => "<tr class=\"again\"",
            (false, false) => "<tr",
        });
        if anchors && !again {
            html.attribute("id", &anchor);
        }
        html.raw(">");
        cells(html, first, held.row);
        if differs {
            html.raw("<td>");
            if held.environments.len() < environments {
                for (at, name) in held.environments.iter().enumerate() {
                    html.raw(if at == 0 { "" } else { ", " }).line(name);
                }
            }
            html.raw("</td>");
        }
        if places {
            html.raw("<td class=\"place\">");
            if let Some(place) = place(held.row) {
                html.raw("<code>").line(place.strip_prefix(folder).unwrap_or(&place));
                html.raw("</code>");
            }
            html.raw("</td>");
        }
        html.raw("</tr>");
        last = Some(about);
    }
    html.raw("</tbody></table></div>");
    unseen(html, tables);
}

fn place(row: &FactRow) -> Option<String> {
    let line = row.declared.as_ref().or(row.observed.as_ref())?;
    Some(line.place.as_ref()?.told())
}

/// The folder that all places lie in, with its slash; empty where they have none in common.
pub(super) fn folder(places: impl Iterator<Item = String>) -> String {
    let common = |a: String, b: String| {
        let same = a.split_inclusive('/').zip(b.split_inclusive('/'));
        same.take_while(|(a, b)| a == b && a.ends_with('/')).map(|(a, _)| a).collect()
    };
    let common: String = places.reduce(common).unwrap_or_default();
    common.rfind('/').map_or_else(String::new, |at| common[..=at].to_owned())
}

/// The cells of a row; where the two sources differ, both, each with its sign and word.
fn cells(html: &mut Html, table: &FactTable, row: &FactRow) {
    let (declared, observed) = (row.declared.as_ref(), row.observed.as_ref());
    for at in 0..table.columns.len() {
        let of = |line: Option<&Line>| line.and_then(|line| line.cells.get(at)).cloned();
        let (said, seen) = (of(declared), of(observed));
        html.raw(if at == 0 { "<th scope=\"row\">" } else { "<td>" });
        let shown = said.as_ref().or(seen.as_ref());
        let differs =
            row.drift && said != seen && (observed.is_some() || at > 0 || table.columns.len() == 1);
        if differs {
            html.raw("<span class=\"side\"><small>files</small> ");
            match &said {
                Some(cell) => self::cell(html, &cell.text, &cell.kind),
                None => _ = html.raw("<i>nothing</i>"),
            }
            html.raw("</span><span class=\"side broken\"><small>✗ running</small> ");
            match &seen {
                Some(cell) => self::cell(html, &cell.text, &cell.kind),
                None => _ = html.raw("<i>nothing</i>"),
            }
            html.raw("</span>");
        } else if let Some(cell) = shown {
            self::cell(html, &cell.text, &cell.kind);
        }
        html.raw(if at == 0 { "</th>" } else { "</td>" });
    }
}

fn cell(html: &mut Html, text: &str, kind: &Disclosure) {
    match kind {
        Disclosure::Unknown(why) => {
            html.raw("<span class=\"open\">? <small>").line(why).raw("</small></span>");
        }
        Disclosure::Length | Disclosure::Hidden => {
            html.raw("<span class=\"hidden\">").line(text).raw("</span>");
        }
        Disclosure::Whole => _ = html.line(text),
    }
}

/// Why a running stack did not show a topic.
fn unseen(html: &mut Html, tables: &[(&str, &FactTable)]) {
    let mut reasons: IndexSet<&str> = IndexSet::new();
    reasons.extend(tables.iter().filter_map(|(_, table)| table.unseen.as_deref()));
    for reason in reasons {
        html.raw("<p class=\"note\">By the files alone: ").line(reason).raw(".</p>");
    }
}

#[cfg(test)]
mod tests {
    use super::{super::super::samples, *};

    fn chapter(run: &Run) -> String {
        let page = Page::of(run);
        let mut html = Html::default();
        write(&mut html, &page);
        html.into_string()
    }

    #[test]
    fn what_is_the_same_stands_once_and_drift_shows_both_sides() {
        let run = samples::with_facts();
        let text = chapter(&run);
        assert_eq!(text.matches("<th scope=\"row\">db</th>").count(), 1, "{text}");
        for part in [
            "<h3>limits</h3>",
            "1 differ</span>",
            "<span class=\"side\"><small>files</small> 512 MiB</span>",
            "<span class=\"side broken\"><small>✗ running</small> 256 MiB</span>",
            "<td>small</td>",
            "<br><small>in shop/</small>",
            "<code>compose.yaml:7</code>",
            "? <small>the image &lt;b&gt; decides</small>",
            "By the files alone: no engine keeps it.",
            "id=\"fact-limits-db-",
        ] {
            assert!(text.contains(part), "no {part:?} in\n{text}");
        }
        assert!(has_drift(&run));
        assert!(!text.contains("<b> decides"), "{text}");
    }

    #[test]
    fn places_are_told_from_the_folder_that_they_share() {
        for (places, shared) in [
            (vec!["a/b/c.yml:1", "a/b/d.yml:2"], "a/b/"),
            (vec!["a/b/c.yml:1", "a/d.yml:2", "a/b/e.yml:1"], "a/"),
            (vec!["c.yml:1", "a/d.yml:2"], ""),
            (vec!["a/b.yml:1"], "a/"),
            (vec![], ""),
        ] {
            assert_eq!(
                folder(places.iter().map(|place| (*place).to_owned())),
                shared,
                "{places:?}"
            );
        }
    }

    #[test]
    fn anchors_of_facts_are_the_same_in_the_next_run() {
        let anchors = |run: &Run| -> Vec<String> {
            let text = chapter(run);
            let ids = text.split("id=\"fact-").skip(1);
            ids.map(|id| id.split('"').next().unwrap_or_default().to_owned()).collect()
        };
        let mut run = samples::with_facts();
        let before = anchors(&run);
        run.about.facts[0].tables[0].rows.reverse();
        let mut after = anchors(&run);
        assert!(before.len() > 1);
        after.sort();
        let mut before = before;
        before.sort();
        assert_eq!(before, after);
    }
}
