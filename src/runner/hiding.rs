//! What a run tells, without the secrets of its stacks: the news while it goes on, and the [`Run`]
//! that every report is made of.

use std::{
    collections::HashSet,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use camino::Utf8PathBuf;
use indexmap::{IndexMap, IndexSet};

use super::{Progress, Report, declared};
use crate::{
    compose::Project,
    config::Config,
    diagnostic::Diagnostic,
    run::{About, Outcome, Run, ScenarioRun},
    stack::StackEvent,
    steps::{Redactor, world::Running},
};

/// Hides the secrets of some projects in whatever Compose, preparations and scenarios tell.
pub(super) fn of_news<'p>(report: &Report, projects: impl Iterator<Item = &'p Project>) -> Report {
    through(report, Redactor::of(projects.map(|project| (project, [].as_slice()))))
}

/// The secrets of a run's stacks, to which those of a stack that comes up later are added.
#[derive(Debug, Clone, Default)]
pub(super) struct Secrets(Arc<RwLock<Vec<Arc<Redactor>>>>);

impl Secrets {
    /// Hides these as well from now on.
    pub(super) fn add(&self, redactor: Redactor) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).push(Arc::new(redactor));
    }

    /// All that are known now.
    pub(super) fn all(&self) -> Vec<Arc<Redactor>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The same news without some secrets.
pub(super) fn through(report: &Report, redactor: Redactor) -> Report {
    let secrets = Secrets::default();
    secrets.add(redactor);
    through_all(report, &secrets)
}

/// The same news without the secrets that are known when they are told.
pub(super) fn through_all(report: &Report, secrets: &Secrets) -> Report {
    let (report, secrets) = (Arc::clone(report), secrets.clone());
    Arc::new(move |progress| {
        let redactors = secrets.all();
        let shown = |text: String| {
            redactors.iter().fold(text, |text, redactor| redactor.text(&text).into_owned())
        };
        report(match progress {
            Progress::Begun { place, name } => Progress::Begun { place, name: shown(name) },
            Progress::Stack { environment, event } => {
                let event = match event {
                    StackEvent::Step(text) => StackEvent::Step(shown(text)),
                    StackEvent::Line(text) => StackEvent::Line(shown(text)),
                    event => event,
                };
                Progress::Stack { environment, event }
            }
            Progress::Scenario(told) => {
                let mut told = told.clone();
                for redactor in &redactors {
                    redactor.scenario(&mut told);
                }
                return report(Progress::Scenario(&told));
            }
            progress => progress,
        });
    })
}

/// The secrets of the stacks that run, of the environments whose stack did not come up, and of those
/// that were judged by their files alone.
pub(super) async fn of_stacks(
    config: &Config,
    environments: &[&str],
    overlays: &[Utf8PathBuf],
    stacks: impl Iterator<Item = &Arc<Running>>,
    by_files: &IndexMap<String, Arc<Project>>,
) -> Redactor {
    let mut known = Vec::new();
    let mut up = HashSet::new();
    for running in stacks {
        up.insert(running.stack.environment.as_str());
        // Without its containers the files of the secrets are left to read.
        let containers = running.stack.containers().await.unwrap_or_default();
        known.push((running.stack.project.clone(), containers));
    }
    for name in environments.iter().filter(|name| !up.contains(**name)) {
        if let Ok(project) = declared::load_one(config, name, overlays, None) {
            known.push((project, Vec::new()));
        }
    }
    let alone = by_files.iter().filter(|(name, _)| !environments.contains(&name.as_str()));
    let alone = alone.map(|(_, project)| (project.as_ref(), [].as_slice()));
    let known = known.iter().map(|(project, containers)| (project, containers.as_slice()));
    Redactor::of(known.chain(alone))
}

/// Hides secrets in everything that a report may take from a run.
pub(super) fn in_run(redactor: &Redactor, run: &mut Run) {
    let Run { scenarios, only_observed, findings, errors, about, .. } = run;
    let About { document, timeline, left_out, remarks, lint, .. } = about;
    let found = lint.iter_mut().flat_map(|lint| &mut lint.findings).map(|one| &mut one.told);
    if let Some(document) = document {
        redactor.source(document);
    }
    for stretch in timeline {
        redactor.string(&mut stretch.what);
    }
    // Scenarios of a file follow each other: it is looked through once.
    let mut last: Option<(Arc<_>, Arc<_>)> = None;
    for scenario in scenarios.iter_mut().chain(only_observed).chain(left_out) {
        redactor.scenario(scenario);
        let written = Arc::clone(&scenario.source);
        match &last {
            Some((before, shown)) if Arc::ptr_eq(before, &written) => {
                scenario.source = Arc::clone(shown);
            }
            _ => {
                redactor.source(&mut scenario.source);
                last = Some((written, Arc::clone(&scenario.source)));
            }
        }
    }
    for Diagnostic { title, labels, notes, help, .. } in
        findings.iter_mut().chain(errors).chain(remarks).chain(found)
    {
        let texts = std::iter::once(title).chain(notes).chain(help);
        for text in texts {
            redactor.string(text);
            redactor.unquote(text);
        }
        for label in labels {
            redactor.string(&mut label.text);
            redactor.source(&mut label.source);
        }
    }
}

/// Whether nothing will be told of a run but how many scenarios passed, where only failures are told:
/// what takes its time is told by name.
pub(super) fn is_only_counted(run: &Run) -> bool {
    let Run { scenarios, findings, errors, about, .. } = run;
    let is_well = |scenario: &ScenarioRun| {
        let is_quick = scenario.duration < Duration::from_millis(500);
        scenario.outcome == Outcome::Passed && scenario.aftermath.is_none() && is_quick
    };
    findings.is_empty()
        && errors.is_empty()
        && about.remarks.is_empty()
        && scenarios.iter().all(is_well)
}

/// Takes out of a run what could hold a secret of nobody knows which, and leaves what is counted.
pub(super) fn but_counts(run: &mut Run) {
    let Run { scenarios, only_observed, about, .. } = run;
    for scenario in scenarios.iter_mut().chain(only_observed).chain(&mut about.left_out) {
        let ScenarioRun { feature, rule, name, tags, steps, .. } = scenario;
        feature.clear();
        *rule = None;
        name.clear();
        tags.clear();
        steps.clear();
    }
    about.document = None;
    about.timeline.clear();
}

/// Says which secrets a report may show, because nobody could read them; once, whoever has them.
pub(super) fn unread(secrets: &Secrets) -> Vec<Diagnostic> {
    let redactors = secrets.all();
    let why = redactors.iter().flat_map(|redactor| redactor.unread());
    let why: IndexSet<&str> = why.map(String::as_str).collect();
    let told = why.into_iter().map(|why| {
        Diagnostic::warning("a secret that cannot be read may be shown by the reports")
            .note(why)
            .help("make its file readable for whoever runs this, or set its variable")
    });
    told.collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::run::{Evidence, StepRun, Truth};

    fn project(text: &str) -> Project {
        crate::compose::project::load_text("compose.yaml", text).expect("a model").into()
    }

    #[test]
    fn what_compose_says_is_told_without_secrets() {
        let project = project(
            "services:\n  app: {image: app, environment: {DB_PASSWORD: Blau-und-Rot-und-2}}\n",
        );
        let told: Arc<Mutex<Vec<String>>> = Arc::default();
        let report: Report = {
            let told = Arc::clone(&told);
            Arc::new(move |progress| {
                if let Progress::Stack { event: StackEvent::Line(line), .. } = progress {
                    told.lock().expect("no panic before").push(line);
                }
            })
        };
        let news = of_news(&report, std::iter::once(&project));
        let event = StackEvent::Line("Step 2: ARG X=Blau-und-Rot-und-2".into());
        news(Progress::Stack { environment: "e", event });
        let told = told.lock().expect("no panic before");
        assert_eq!(*told, ["Step 2: ARG X=[DB_PASSWORD of app, hidden]"]);
    }

    /// One that passed, of which a secret was seen.
    fn scenario(name: &str) -> ScenarioRun {
        let source = crate::source::Source::new("a.feature", "Feature: f\n");
        let step = StepRun {
            keyword: "Then".into(),
            text: "it is so".into(),
            span: source.line(1),
            outcome: Outcome::Passed,
            exceptions: Vec::new(),
            connections: Vec::new(),
            evidence: vec![Evidence::new("env", "X=Blau-und-Rot-und-2")],
            failure: None,
            duration: Duration::ZERO,
        };
        ScenarioRun {
            source,
            feature: "f".into(),
            rule: None,
            name: name.to_owned(),
            line: 1,
            tags: Vec::new(),
            environments: Vec::new(),
            truth: Truth::Observed,
            outcome: Outcome::Passed,
            not_run: None,
            steps: vec![step],
            aftermath: None,
            duration: Duration::ZERO,
        }
    }

    #[test]
    fn of_what_is_only_counted_no_word_is_left() {
        let run = |scenarios| Run { scenarios, ..crate::runner::refused(Vec::new()) };
        let well = run(vec![scenario("with Blau-und-Rot-und-2")]);
        assert!(is_only_counted(&well));
        let mut counted = well.clone();
        but_counts(&mut counted);
        assert_eq!(counted.scenarios.len(), 1);
        assert!(!format!("{:?}", counted.scenarios).contains("Blau"), "{:?}", counted.scenarios);
        let failed = ScenarioRun { outcome: Outcome::Failed, ..scenario("a") };
        let slow = ScenarioRun { duration: Duration::from_secs(2), ..scenario("a") };
        assert!(!is_only_counted(&run(vec![scenario("b"), failed])));
        assert!(!is_only_counted(&run(vec![slow])));
        let told = vec![Diagnostic::error("a")];
        assert!(!is_only_counted(&Run { errors: told.clone(), ..well.clone() }));
        assert!(!is_only_counted(&Run { findings: told, ..well }));
    }

    #[test]
    fn what_a_scenario_saw_is_told_without_secrets() {
        let project = project(
            "services:\n  app: {image: app, environment: {DB_PASSWORD: Blau-und-Rot-und-2}}\n",
        );
        let told: Arc<Mutex<Vec<String>>> = Arc::default();
        let report: Report = {
            let told = Arc::clone(&told);
            Arc::new(move |progress| {
                let mut told = told.lock().expect("no panic before");
                match progress {
                    Progress::Begun { name, .. } => told.push(name),
                    Progress::Scenario(run) => {
                        told.push(run.name.clone());
                        told.push(run.steps[0].evidence[0].seen.clone());
                    }
                    _ => {}
                }
            })
        };
        let news = of_news(&report, std::iter::once(&project));
        let name = "with Blau-und-Rot-und-2".to_owned();
        let run = scenario(&name);
        news(Progress::Begun { place: "a.feature:1".into(), name });
        news(Progress::Scenario(&run));
        let told = told.lock().expect("no panic before");
        let hidden = "[DB_PASSWORD of app, hidden]";
        let with = format!("with {hidden}");
        assert_eq!(*told, [with.clone(), with, format!("X={hidden}")]);
    }

    #[test]
    fn a_secret_that_cannot_be_read_is_told_of() {
        let project = project(
            "secrets: {key: {file: /nowhere/key}}\nservices:\n  app: {image: app, secrets: [key]}\n",
        );
        let secrets = Secrets::default();
        assert!(unread(&secrets).is_empty());
        // Of both stacks of an environment.
        secrets.add(Redactor::of([]));
        secrets.add(Redactor::of([(&project, [].as_slice())]));
        secrets.add(Redactor::of([(&project, [].as_slice())]));
        let told = unread(&secrets);
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].notes[0].contains("read secret \"key\""), "{told:?}");
        assert!(told[0].help.is_some());
    }
}
