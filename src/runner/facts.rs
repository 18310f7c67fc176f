//! What stacks are, as plain data: by their files at once, or as the running stack shows it.

use std::sync::Arc;

use super::{Progress, Report, declared, hiding, stack_diagnostic};
use crate::{
    compose::{
        Project,
        journal::{Journal, Origin},
    },
    config::Config,
    diagnostic::Diagnostic,
    facts::{
        Cell, Row, TOPICS, Topic,
        difference::{compare, is_same},
    },
    probe::facts::{Look, Undecided, expected, observed, unseen},
    run::{Disclosure, EnvironmentFacts, FactRow, FactTable, Line, Place, Shown},
    stack::{HealthBy, HostPorts, ImageChoice, Stack, StackError, Tell, Wish},
    steps::Redactor,
};

/// What the files of a configured environment say.
///
/// # Errors
/// Everything that is wrong with them.
pub fn declared_project(config: &Config, environment: &str) -> Result<Project, Vec<Diagnostic>> {
    declared::load_one(config, environment, &[], None)
}

/// What a running stack showed of itself.
pub struct Observed {
    /// Its files, with the journal that places of facts are in.
    pub project: Project,
    /// Its secrets.
    pub redactor: Redactor,
    /// The facts of each topic, or why nobody could find them out.
    pub facts: Vec<(&'static Topic, Result<Vec<Row>, Undecided>)>,
}

/// Brings up the stack of an environment as `verify` does, looks at it once, and takes it down.
///
/// # Errors
/// Why it does not come up or go down, or cannot be looked at.
pub async fn observe(
    config: &Config,
    environment: &str,
    topics: &[&'static Topic],
    report: &Report,
) -> Result<Observed, Vec<Diagnostic>> {
    let told = |why: StackError| vec![stack_diagnostic(environment, &why)];
    let known = declared_project(config, environment).ok();
    let news = hiding::of_news(report, known.iter());
    let name = environment.to_owned();
    let tell: Tell = Arc::new(move |event| news(Progress::Stack { environment: &name, event }));
    let wish = Wish {
        environment: environment.to_owned(),
        overlays: Vec::new(),
        ports: HostPorts::Free,
        images: ImageChoice::Automatic,
        health: HealthBy::Exec,
    };
    let stack = Stack::up(config, &wish, false, &tell, &|_| {}).await.map_err(told)?;
    let seen = look(&stack, topics).await;
    let down = stack.down().await;
    let seen = seen.map_err(told)?;
    down.map_err(told)?;
    Ok(seen)
}

/// A fact as it may be shown, with its place in the files.
#[must_use]
pub fn line(redactor: &Redactor, journal: &Journal, row: &Row) -> Line {
    let place = row.at.and_then(|origin| place(journal, origin));
    let cells = row.value.iter().map(|cell| shown(redactor, cell)).collect();
    Line { cells, seen: redactor.any(&row.shown), place }
}

/// Where something is written; nothing for what no file says.
pub(super) fn place(journal: &Journal, origin: Origin) -> Option<Place> {
    let source = journal.file(origin.place.file()?);
    let at = source.place(origin.place.span().start);
    Some(Place { file: source.path().to_string(), line: at.line, column: at.column })
}

fn shown(redactor: &Redactor, cell: &Cell) -> Shown {
    match cell {
        Cell::Unknown(why) => {
            Shown { text: "?".into(), kind: Disclosure::Unknown(redactor.any(why)) }
        }
        Cell::Secret(_) => {
            Shown { text: cell.known().unwrap_or_default().to_owned(), kind: Disclosure::Length }
        }
        Cell::Known(text) => {
            let shown = redactor.any(text);
            let kind = if shown == *text { Disclosure::Whole } else { Disclosure::Hidden };
            Shown { text: shown, kind }
        }
    }
}

/// What the files of an environment say, a table a topic.
pub(super) fn of_files(
    environment: &str,
    project: &Project,
    redactor: &Redactor,
) -> EnvironmentFacts {
    let row = |row: &Row| {
        let declared = Some(line(redactor, &project.journal, row));
        FactRow { declared, observed: None, drift: false }
    };
    let table = |topic: &Topic| {
        let rows = (topic.declared)(project).iter().map(row).collect();
        FactTable { rows, ..blank(topic) }
    };
    let tables = TOPICS.iter().map(table).collect();
    EnvironmentFacts { environment: environment.to_owned(), tables }
}

fn blank(topic: &Topic) -> FactTable {
    FactTable {
        topic: topic.name.to_owned(),
        about: topic.about.to_owned(),
        columns: topic.columns.iter().map(|column| (*column).to_owned()).collect(),
        keys: topic.keys.to_vec(),
        rows: Vec::new(),
        observed: false,
        unseen: None,
    }
}

/// What the files of a running stack say and what it shows, side by side.
///
/// # Errors
/// The engine's, when it cannot be looked at.
pub(super) async fn of_stack(
    stack: &Stack,
    redactor: &Redactor,
) -> Result<EnvironmentFacts, StackError> {
    let look = Look::at(stack).await?;
    let tables = TOPICS.iter().map(|topic| beside(topic, &look, redactor)).collect();
    Ok(EnvironmentFacts { environment: stack.environment.clone(), tables })
}

/// One topic of a running stack: what agrees is one row, what differs has both sides.
fn beside(topic: &Topic, look: &Look, redactor: &Redactor) -> FactTable {
    let journal = &look.project.journal;
    let there = match observed(topic, look) {
        Ok(there) => there,
        Err(why) => {
            let row = |row: &Row| {
                let declared = Some(line(redactor, journal, row));
                FactRow { declared, observed: None, drift: false }
            };
            let rows = (topic.declared)(&look.project).iter().map(row).collect();
            let unseen = unseen(topic).map_or_else(|| why.missing.clone(), str::to_owned);
            return FactTable { rows, unseen: Some(redactor.any(&unseen)), ..blank(topic) };
        }
    };
    let wanted = expected(topic, look, &there);
    let differences = compare(topic, &wanted, &there).differences;
    let mut rows = Vec::new();
    for row in &wanted {
        let difference = differences
            .iter()
            .find(|one| one.wanted.is_some_and(|wanted| std::ptr::eq(wanted, row)));
        rows.push(FactRow {
            declared: Some(line(redactor, journal, row)),
            observed: difference
                .and_then(|one| one.there)
                .map(|there| line(redactor, journal, there)),
            drift: difference.is_some(),
        });
    }
    for there in differences.iter().filter(|one| one.wanted.is_none()).filter_map(|one| one.there) {
        // Of a replica that differs, the files said it of the others too.
        let said = wanted.iter().find(|row| is_same(topic, row, there));
        let declared = said.map(|row| line(redactor, journal, row));
        let row = FactRow { declared, observed: Some(line(redactor, journal, there)), drift: true };
        let is_known = |known: &FactRow| {
            let cells = |line: &Option<Line>| line.as_ref().map(|line| line.cells.clone());
            cells(&known.observed) == cells(&row.observed)
        };
        if !rows.iter().any(is_known) {
            rows.push(row);
        }
    }
    FactTable { rows, observed: true, ..blank(topic) }
}

async fn look(stack: &Stack, topics: &[&'static Topic]) -> Result<Observed, StackError> {
    let look = Look::at(stack).await?;
    let containers = stack.containers().await?;
    let redactor = Redactor::of([(&look.project, containers.as_slice())]);
    let facts = topics.iter().map(|topic| {
        let rows = observed(topic, &look).map(|rows| {
            let mut once: Vec<Row> = Vec::new();
            // Replicas show the same.
            for row in rows {
                if once.iter().all(|known| known.value != row.value) {
                    once.push(row);
                }
            }
            once
        });
        (*topic, rows)
    });
    Ok(Observed { facts: facts.collect(), redactor, project: look.project.clone() })
}
