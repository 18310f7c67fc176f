//! Sentences on every service that both truths judge: what a witness says of each, as facts, and one
//! pure judge over them. The judge knows neither files nor engine; here is what hands it the facts of
//! the truth that is asked for.

use futures::{StreamExt as _, stream};

use crate::steps::{
    Arguments, StepResult, World,
    judging::{
        declared::key_origin,
        exceptions::{settle, something},
        looks::{by_configuration, with_services, without},
        verdict, walk,
    },
};
use crate::{
    compose::{Project, Service, journal::Origin},
    facts::{Fact, Violation, answers::services},
    run::Failure,
    stack::engine::Container,
};

/// How many containers are asked at once.
const AT_ONCE: usize = 8;

/// Whose word a fact is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Witness {
    /// The files'.
    Files,
    /// The kernel's, on a container that runs.
    Kernel {
        /// The container's name.
        container: String,
    },
    /// The engine's, on a container that no longer runs: what it was asked for.
    Engine {
        /// The container's name.
        container: String,
        /// Why the kernel has nothing to say.
        why: String,
    },
}

impl Witness {
    /// Who can be heard of a container: the kernel, or the engine alone.
    pub(crate) fn of(container: &Container) -> Self {
        let name = container.name.clone();
        match container.absence() {
            None => Self::Kernel { container: name },
            Some(why) => Self::Engine { container: name, why },
        }
    }
}

/// Where keys of a service are written.
pub(crate) type Places = Vec<(&'static str, Origin)>;

/// What a witness says of a service.
#[derive(Debug, Clone)]
pub(crate) struct Said<T> {
    pub by: Witness,
    pub value: T,
    /// Where the keys are written that say it.
    pub places: Places,
}

/// A fact with its witness.
pub(crate) type Told<T> = Fact<Said<T>>;

/// What a witness says of a service of a project.
pub(crate) fn told<T>(
    project: &Project,
    service: &str,
    by: Witness,
    value: T,
    places: Places,
) -> Told<T> {
    Fact {
        subject: service.to_owned(),
        value: Said { by, value, places },
        shown: String::new(),
        at: key_origin(project, service, ""),
    }
}

impl<T> Told<T> {
    /// Whom the fact is about, as messages call them: the service, or its container.
    pub(crate) fn who(&self) -> String {
        match &self.value.by {
            Witness::Files => format!("service \"{}\"", self.subject),
            Witness::Kernel { container } | Witness::Engine { container, .. } => container.clone(),
        }
    }

    /// What is found, and how it is known.
    pub(crate) fn found(&self, found: &str) -> String {
        match &self.value.by {
            Witness::Files | Witness::Kernel { .. } => found.to_owned(),
            Witness::Engine { why, .. } => format!("{found} (by its configuration: {why})"),
        }
    }

    /// Where a key is written, else where the service is.
    pub(crate) fn place(&self, key: &str) -> Option<Origin> {
        let known = self.value.places.iter().find(|(known, _)| *known == key);
        known.map(|(_, origin)| *origin).or(self.at)
    }

    /// What is not so; `found` reads after whom it is about.
    pub(crate) fn violation(
        &self,
        expected: &str,
        found: &str,
        key: &str,
        help: impl Into<String>,
    ) -> Violation {
        Violation {
            subject: self.subject.clone(),
            expected: expected.to_owned(),
            found: format!("{} {}", self.who(), self.found(found)),
            at: self.place(key),
            help: help.into(),
        }
    }
}

/// Where those of some keys are that the files of a service write.
pub(crate) fn places(project: &Project, service: &str, keys: &[&'static str]) -> Places {
    let written = |key: &&'static str| {
        project.at(&["services", service, key])?;
        Some((*key, key_origin(project, service, key)?))
    };
    keys.iter().filter_map(written).collect()
}

/// Judges every service by the files.
pub(crate) fn by_files<T>(
    world: &mut World,
    arguments: &Arguments,
    expected: &str,
    says: impl Fn(&Project, &str, &Service) -> (T, Places),
    judge: impl Fn(&[Told<T>]) -> Vec<Violation>,
) -> StepResult {
    let project = world.project()?;
    let facts = services::made(&project).map(|(name, service)| {
        let (value, places) = says(&project, name, service);
        told(&project, name, Witness::Files, value, places)
    });
    let facts: Vec<Told<T>> = facts.collect();
    let judged: Vec<String> = services::made(&project).map(|(name, _)| name.clone()).collect();
    something(&judged, expected, "the files have no service that is in use")?;
    settle(world, &project, arguments, expected, &judged, judge(&facts))
}

/// Judges every container of every service; what the witness shows of each is kept as evidence.
pub(crate) async fn on_stack<T>(
    world: &mut World,
    arguments: &Arguments,
    expected: &str,
    ask: impl AsyncFn(&Service, &Container) -> Result<(T, String), Failure>,
    places: impl Fn(&Project, &str) -> Places,
    judge: impl Fn(&[Told<T>]) -> Vec<Violation>,
) -> StepResult {
    let running = world.running()?;
    let walked = walk::walk(world, expected).await?;
    let project = walked.project(&running.stack);
    let (mut facts, mut judged) = (Vec::new(), Vec::new());
    let asked = with_services(project, &walked)?.into_iter();
    // Side by side: one who waits for an answer that does not come holds up no other.
    let mut answers = stream::iter(asked)
        .map(|(service, container)| {
            let answer = ask(service, container);
            async move { (container, answer.await) }
        })
        .buffered(AT_ONCE);
    while let Some((container, answer)) = answers.next().await {
        let (value, shown) = answer?;
        let (name, by) = (&container.service, Witness::of(container));
        world.evidence(container.name.clone(), evidence(&by, &shown));
        facts.push(told(project, name, by, value, places(project, name)));
        if !judged.contains(name) {
            judged.push(name.clone());
        }
    }
    settle(world, project, &without(arguments, &walked.idle), expected, &judged, judge(&facts))
}

/// Judges every container of one service; what the witness shows of each is kept as evidence. What is
/// wrong with one is a finding, whatever nobody knows of another.
pub(crate) async fn of_service<T>(
    world: &mut World,
    name: &str,
    ask: impl AsyncFn(&Container) -> Result<(T, String), Failure>,
    places: impl Fn(&Project, &str) -> Places,
    judge: impl Fn(&[Told<T>]) -> Vec<Violation>,
) -> StepResult {
    let running = world.running()?;
    let project = &running.stack.project;
    let (mut facts, mut unknown) = (Vec::new(), None);
    for container in world.service(name).await? {
        let by = Witness::of(&container);
        match ask(&container).await {
            Ok((value, shown)) => {
                world.evidence(container.name.clone(), evidence(&by, &shown));
                facts.push(told(project, name, by, value, places(project, name)));
            }
            Err(why) => unknown = unknown.or(Some(why)),
        }
    }
    verdict::judged(project, None, judge(&facts))?;
    unknown.map_or(Ok(()), Err)
}

/// What a witness shows, as evidence.
pub(crate) fn evidence(by: &Witness, shown: &str) -> String {
    match by {
        Witness::Files | Witness::Kernel { .. } => shown.to_owned(),
        Witness::Engine { why, .. } => by_configuration(why, shown),
    }
}

#[cfg(test)]
mod tests {
    use super::{
        samples::{said, witnesses},
        *,
    };

    #[test]
    fn a_violation_names_whom_it_is_about_and_how_that_is_known() {
        let of = |by: Witness| said(by, ()).violation("x", "is open", "user", "y").found;
        assert_eq!(
            witnesses().map(of),
            [
                "service \"a\" is open",
                "shop-a-1 is open",
                "shop-a-1 is open (by its configuration: it has ended with 0)",
            ]
        );
    }

    #[test]
    fn a_violation_lies_at_the_key_that_says_it() {
        let text = "services:\n  a:\n    image: a\n    cap_add: [X]\n";
        let project: Project =
            crate::compose::project::load_text("compose.yaml", text).expect("a model").into();
        let places = places(&project, "a", &["cap_drop", "cap_add"]);
        assert_eq!(places.len(), 1);
        let fact = told(&project, "a", Witness::Files, (), places);
        let line = |key: &str| {
            let origin = fact.violation("x", "y", key, "z").at.expect("a place");
            project.journal.place(origin.place).expect("a file")
        };
        assert_eq!(line("cap_add"), "compose.yaml:4:5");
        assert_eq!(line("cap_drop"), "compose.yaml:2:3");
    }
}

/// Plain facts for the tests of judges.
#[cfg(test)]
pub(crate) mod samples {
    use super::{Fact, Said, Told, Witness};

    /// What a witness says of service `a`, written nowhere.
    pub(crate) fn said<T>(by: Witness, value: T) -> Told<T> {
        let value = Said { by, value, places: Vec::new() };
        Fact { subject: "a".to_owned(), value, shown: String::new(), at: None }
    }

    /// The three witnesses.
    pub(crate) fn witnesses() -> [Witness; 3] {
        let container = || "shop-a-1".to_owned();
        let why = "it has ended with 0".to_owned();
        [
            Witness::Files,
            Witness::Kernel { container: container() },
            Witness::Engine { container: container(), why },
        ]
    }
}
