//! Which services run, of which image, how often, and what the engine does when one ends.

use super::{Look, Seen, Undecided};
use crate::{
    facts::{Cell, Row, dependencies::state, logging, restart},
    stack::engine::Container,
};

/// The label by which Compose writes down who waits for whom.
const DEPENDENCIES: &str = "com.docker.compose.depends_on";

/// Every service of which a container runs, or has done its work; and by its own name every container
/// of the project that is no service's of these files.
pub(super) fn rows(look: &Look) -> Vec<Row> {
    let crew = look.crews().filter(|seen| is_there(seen)).map(|seen| {
        let service = &seen.container.service;
        let row = Row::new(service, std::iter::empty::<Cell>(), look.place(service, &[]));
        Row { shown: seen.says(&seen.container.state), ..row }
    });
    let strangers = look.strangers().map(|seen| {
        let container = &seen.container;
        let row = Row::new(&subject(look, seen), std::iter::empty::<Cell>(), None);
        Row { shown: seen.says(&format!("{} of {}", container.state, container.image)), ..row }
    });
    crew.chain(strangers).collect()
}

/// What to call a container that is no service's of the files; without the name of the run.
fn subject(look: &Look, seen: &Seen) -> String {
    let Container { name, service, .. } = &seen.container;
    if seen.is_once() {
        return format!("{service} run");
    }
    if !service.is_empty() {
        return service.clone();
    }
    let rest = name.strip_prefix(look.name.as_str()).and_then(|rest| rest.strip_prefix(['-', '_']));
    rest.unwrap_or(name).to_owned()
}

/// Whether a container runs, or has ended as one may that is not meant to go on.
fn is_there(seen: &Seen) -> bool {
    let container = &seen.container;
    match container.state.as_str() {
        "running" | "paused" | "restarting" => true,
        "exited" => {
            let goes_on = container.restart.applies(0, container.restarts)
                || container.health.is_some()
                || !container.asked.ports.is_empty();
            container.exit_code == 0 && !goes_on
        }
        _ => false,
    }
}

/// A row for each container, with what the engine says of it.
fn each(look: &Look, keys: &[&str], cells: impl Fn(&Seen) -> (Vec<Cell>, String)) -> Vec<Row> {
    let row = |seen: &Seen| {
        let (cells, word) = cells(seen);
        let service = &seen.container.service;
        Row { shown: seen.says(&word), ..Row::new(service, cells, look.place(service, keys)) }
    };
    look.crews().map(row).collect()
}

pub(super) fn images(look: &Look) -> Vec<Row> {
    each(look, &["image", "build"], |seen| {
        let container = &seen.container;
        let word = format!("made of {} ({})", container.image_tag, container.image_id);
        (vec![container.image.as_str().into()], word)
    })
}

pub(super) fn restarts(look: &Look) -> Vec<Row> {
    each(look, &["restart", "deploy"], |seen| {
        let policy = &seen.container.restart;
        (
            vec![restart::word(&policy.policy, policy.most).into()],
            format!("RestartPolicy: {policy}"),
        )
    })
}

pub(super) fn logs(look: &Look) -> Vec<Row> {
    each(look, &["logging"], |seen| {
        let log = &seen.container.asked.logging;
        let all = log.options.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let options = logging::options(all);
        let word = format!("LogConfig: {}; {options}", log.driver);
        (vec![log.driver.as_str().into(), options.into()], word)
    })
}

/// What the files leave to the engine: its driver, and no options where nobody gave any. Options that
/// are there may be the engine's own, or somebody's hand: nobody can tell.
pub(super) fn default_logs(look: &Look, mut rows: Vec<Row>) -> Vec<Row> {
    for row in &mut rows {
        let crew = || look.crews().filter(|seen| seen.container.service == row.subject);
        let bare = crew().all(|seen| seen.container.asked.logging.options.is_empty());
        if let [_, driver, options] = row.value.as_mut_slice() {
            if let (Cell::Unknown(_), Some(default)) = (&*driver, &look.log_driver) {
                *driver = default.as_str().into();
            }
            if bare && options.unknown().is_some() {
                *options = "none".into();
            }
        }
    }
    rows
}

pub(super) fn replicas(look: &Look) -> Vec<Row> {
    let row = |service: &String| {
        let crew = || look.crews().filter(|seen| seen.container.service == *service);
        let names: Vec<&str> = crew().map(|seen| seen.container.name.as_str()).collect();
        let shown = if names.is_empty() { "no container".to_owned() } else { names.join(", ") };
        let row =
            Row::new(service, [names.len().to_string()], look.place(service, &["scale", "deploy"]));
        Row { shown, ..row }
    };
    look.due.iter().map(row).collect()
}

/// As Compose wrote it down when it created the containers: no engine knows of it.
pub(super) fn dependencies(look: &Look) -> Result<Vec<Row>, Undecided> {
    let mut rows = Vec::new();
    for seen in look.crews() {
        let (container, service) = (&seen.container, &seen.container.service);
        let written = container.labels.get(DEPENDENCIES).ok_or_else(|| {
            let tried = format!("read what {} waits for", container.name);
            Undecided::new(tried, format!("it has no label {DEPENDENCIES}"))
                .help("let Compose create the container anew")
        })?;
        for one in written.split(',').filter(|one| !one.is_empty()) {
            let mut parts = one.split(':');
            let (Some(other), Some(condition)) = (parts.next(), parts.next()) else { continue };
            let used = look.service(service).and_then(|service| service.depends_on.get(other));
            let at = used.map(|used| used.origin).filter(|at| at.place.file().is_some());
            let at = at.or_else(|| look.place(service, &["depends_on"]));
            let row = Row::new(service, [other, state(condition)], at);
            rows.push(Row { shown: seen.says(&format!("{DEPENDENCIES}: {one}")), ..row });
        }
    }
    Ok(rows)
}

/// What is waited for, of the services that are in use: a dependency on another that is not required is
/// none.
pub(super) fn in_use(look: &Look, mut rows: Vec<Row>) -> Vec<Row> {
    rows.retain(|row| {
        let other = row.value.get(1).and_then(Cell::known);
        other.is_none_or(|other| look.project.services.contains_key(other))
    });
    rows
}
