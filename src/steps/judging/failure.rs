//! What a stack or a probe that could not be asked means for a sentence.

use crate::steps::judging::walk;
use crate::{
    compose::Project,
    probe::{ProbeError, facts::Undecided},
    run::Failure,
    stack::{StackError, chain, engine::EngineError},
};

impl From<ProbeError> for Failure {
    fn from(why: ProbeError) -> Self {
        Self::undecided(why.doing, why.why)
    }
}

impl From<Undecided> for Failure {
    fn from(why: Undecided) -> Self {
        Self::undecided(why.tried, why.missing).help(why.help)
    }
}

impl From<StackError> for Failure {
    fn from(why: StackError) -> Self {
        let reason = chain(&why);
        let help = why.help();
        let logs = why.log().into_iter().collect();
        let failure = match &why {
            // The sentence speaks of something the stack does not have: that is a finding.
            StackError::NotReady(incident) => Self::from(incident.as_ref()),
            StackError::Engine(EngineError::NotRunning { doing, service, why }) => {
                Self::undecided(doing.as_str(), why.as_str()).services([service])
            }
            StackError::NoContainer { replicas: 0, .. } => {
                walk::nothing("ask the running stack", &reason)
            }
            StackError::NoService { .. }
            | StackError::NoContainer { .. }
            | StackError::NotPublished { .. } => {
                Self::finding("what the sentence speaks of is there", reason)
            }
            _ => Self::undecided("ask the running stack", reason),
        };
        let place = why.place().map(str::to_owned).or(failure.place.clone());
        Self { place, logs, ..failure.help(help) }
    }
}

/// Points at the first of these keys of a service that the files say, else at the service.
pub(crate) fn at_keys(
    project: &Project,
    service: &str,
    keys: &[&[&str]],
    failure: Failure,
) -> Failure {
    match project.written(service, keys) {
        Some((source, span)) => failure.spot(&source, span),
        None => failure.place(format!("service \"{service}\"")),
    }
}

/// An engine's answer as a failure about a service.
pub(crate) fn asked(doing: &str, service: &str, why: impl Into<StackError>) -> Failure {
    let mut failure = Failure::from(why.into()).services([service]);
    failure.expected = format!("{doing} service \"{service}\"");
    failure
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::FailureKind;

    #[test]
    fn a_program_that_fails_is_quoted_with_its_last_lines() {
        let failure = Failure::from(StackError::Program {
            what: "docker compose create".into(),
            status: "exit status: 1".into(),
            last_words: vec!["no such image".into()],
        });
        assert_eq!(failure.kind, FailureKind::Undecided);
        assert_eq!(failure.logs.len(), 1);
        assert_eq!(failure.logs[0].service, "docker compose create");
        assert_eq!(failure.logs[0].lines, ["no such image"]);
    }

    #[test]
    fn a_service_without_a_container_is_missing_only_where_the_files_start_one() {
        let of = |replicas| {
            let (name, place) = ("zero".to_owned(), Some("compose.yaml:4:5".to_owned()));
            Failure::from(StackError::NoContainer { name, replicas, place })
        };
        let idle = of(0);
        assert_eq!(idle.kind, FailureKind::Undecided);
        assert_eq!(
            idle.found,
            "there is nothing to judge: service \"zero\" is not started: scale 0"
        );
        assert_eq!(idle.place.as_deref(), Some("compose.yaml:4:5"));
        assert!(idle.help.contains("scale: 1"), "{}", idle.help);
        let gone = of(2);
        assert_eq!(gone.kind, FailureKind::Finding);
        assert_eq!(gone.found, "service \"zero\" has no container; the files declare 2 replicas");
    }

    #[test]
    fn a_command_that_nothing_can_run_is_undecided() {
        let failure = Failure::from(StackError::from(EngineError::NotRunning {
            doing: "run `true` in small-once-1".into(),
            service: "once".into(),
            why: "it has ended with 0".into(),
        }));
        assert_eq!(failure.kind, FailureKind::Undecided);
        assert_eq!(failure.expected, "run `true` in small-once-1");
        assert_eq!(failure.found, "it has ended with 0");
        assert_eq!(failure.services, ["once"]);
    }
}
