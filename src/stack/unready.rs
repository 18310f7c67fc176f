//! A service that does not come up, in words: what it did last, and where the files declare it.

use super::{
    StackError, blame,
    engine::{Container, EngineError},
    ready::{LAST_WORDS, Startup, awaited_by},
};
use crate::run::Incident;

/// The keys that say what a service runs.
pub const RUNS: &[&[&str]] = &[&["command"], &["entrypoint"], &["image"], &["build"]];
/// The keys that say how it is.
const HEALTH: &[&[&str]] = &[&["healthcheck", "test"], &["healthcheck"], &["image"]];

/// Why a service is not ready.
pub(super) enum NotReady {
    Crashed(Box<Container>),
    NoProgram { words: Vec<String>, said: String, code: i64 },
    Late { last: String, must_end: bool },
    Engine(EngineError),
}

/// `once`, `3 times`
#[must_use]
pub fn times(count: usize) -> String {
    match count {
        1 => "once".into(),
        several => format!("{several} times"),
    }
}

/// `exit code 1`, `exit codes 1 and 137`; each code once.
#[must_use]
pub fn told_codes(codes: &[i64]) -> String {
    let mut known: Vec<i64> = codes.to_vec();
    known.sort_unstable();
    known.dedup();
    match known.as_slice() {
        [] => "an exit code that the engine did not tell".into(),
        [one] => format!("exit code {one}"),
        [before @ .., last] => {
            let before: Vec<String> = before.iter().map(ToString::to_string).collect();
            format!("exit codes {} and {last}", before.join(", "))
        }
    }
}

pub(super) async fn error(way: &Startup<'_>, container: &Container, why: NotReady) -> StackError {
    let Startup { engine, project, .. } = way;
    let service = &container.service;
    let log = engine.log(&container.id, Some(LAST_WORDS)).await;
    let no_log = log
        .as_ref()
        .err()
        .map(|why| format!("its log cannot be read: {}", super::error::chain(why)));
    let last_words = blame::tail(log.unwrap_or_default());
    let incident = |what: String, keys: &[&[&str]], help: String| Incident {
        spot: project.written(service, keys),
        notes: no_log.clone().into_iter().collect(),
        help,
        last_words: last_words.clone(),
        ..Incident::new(service, format!("does not come up: {what}"))
    };
    let keep = format!(
        "the last words above say why; `--keep-on-failure` keeps the stack so that `docker logs` and `docker exec` can be used on \"{service}\""
    );
    let incident = match why {
        NotReady::Engine(why) => return StackError::Engine(why),
        NotReady::Crashed(now) => {
            let mut codes = way.deaths.codes(&now.id);
            if now.state == "exited" || now.state == "dead" {
                codes.push(now.exit_code);
            }
            let keys: &[&[&str]] = if now.exit_code == 0 && now.restarts == 0 {
                &[&["healthcheck"], &["ports"], &["command"], &["image"]]
            } else {
                RUNS
            };
            let ends = if now.restarts > 0 { "keeps ending" } else { "ended" };
            let memory = if now.out_of_memory { " (OOM-killed)" } else { "" };
            let restarts = match now.restarts {
                0 => String::new(),
                1 => format!(" (1 restart, policy {})", now.restart),
                several => format!(" ({several} restarts, policy {})", now.restart),
            };
            let what = format!("it {ends} with {}{memory}{restarts}", told_codes(&codes));
            let mut incident = incident(what, keys, keep);
            if now.restarts == 0 && now.exit_code == 0 {
                incident.help = format!(
                    "a service that has a health check, publishes a port or is always started again is meant to go on: let \"{service}\" go on, or take that away from it"
                );
            }
            if let Some(waits) = awaited_by(project, service) {
                incident.notes.push(format!("\"{waits}\" waits for it to complete successfully"));
            }
            incident
        }
        NotReady::NoProgram { words, said, code } => incident(
            format!("the program of its health check is not in the image ({code}: {said})"),
            HEALTH,
            format!(
                "put the program into the image of \"{service}\", or check with one that is there: `{}`",
                words.join(" ")
            ),
        ),
        NotReady::Late { last, must_end } => incident(
            format!("it was not ready after {:.0?}: {last}", way.limit),
            if must_end { RUNS } else { HEALTH },
            keep,
        ),
    };
    if blame::is_disk_full(&incident.last_words) {
        StackError::DiskFull(Box::new(incident))
    } else {
        StackError::NotReady(Box::new(incident))
    }
}

/// A service that its policy restarted on the way up, and which is well since.
pub(super) async fn restarted(way: &Startup<'_>, container: &Container, restarts: i64) -> Incident {
    let service = &container.service;
    let last_words = way.engine.log(&container.id, Some(LAST_WORDS)).await.unwrap_or_default();
    let how_often = times(usize::try_from(restarts).unwrap_or_default());
    let codes = told_codes(&way.deaths.codes(&container.id));
    let what = format!(
        "ended {how_often} with {codes} on the way up and was restarted by its policy ({})",
        container.restart
    );
    Incident {
        spot: way.project.written(service, &[&["restart"], &["deploy", "restart_policy"]]),
        help: format!(
            "let \"{service}\" wait for what it needs: `depends_on` with `condition: service_healthy`"
        ),
        last_words: blame::tail(last_words),
        ..Incident::new(service, what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_codes_are_told_each_once() {
        assert_eq!(told_codes(&[4, 4]), "exit code 4");
        assert_eq!(told_codes(&[137, 1, 1]), "exit codes 1 and 137");
        assert!(told_codes(&[]).contains("did not tell"));
        assert_eq!([times(1), times(3)], ["once".to_owned(), "3 times".to_owned()]);
    }
}
