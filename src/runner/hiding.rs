//! What a run tells, without the secrets of its stacks: the news while it goes on, and the [`Run`]
//! that every report is made of.

use std::sync::Arc;

use camino::Utf8PathBuf;
use indexmap::IndexMap;

use super::{Progress, Report, declared};
use crate::{
    compose::Project,
    config::Config,
    diagnostic::Diagnostic,
    run::Run,
    stack::StackEvent,
    steps::{Hidden, world::Running},
};

/// Hides the secrets of some projects in whatever Compose and preparations say.
pub(super) fn of_news<'p>(report: &Report, projects: impl Iterator<Item = &'p Project>) -> Report {
    let hidden = Hidden::of(projects.map(|project| (project, [].as_slice())));
    let report = Arc::clone(report);
    Arc::new(move |progress| {
        let shown = |text: String| hidden.text(&text).into_owned();
        report(match progress {
            Progress::Stack { environment, event } => {
                let event = match event {
                    StackEvent::Step(text) => StackEvent::Step(shown(text)),
                    StackEvent::Line(text) => StackEvent::Line(shown(text)),
                    event => event,
                };
                Progress::Stack { environment, event }
            }
            progress => progress,
        });
    })
}

/// The secrets of the stacks that run, and of the environments whose stack did not come up.
pub(super) async fn of_stacks(
    config: &Config,
    environments: &[&str],
    overlays: &[Utf8PathBuf],
    stacks: &IndexMap<String, Arc<Running>>,
) -> Hidden {
    let mut known = Vec::new();
    for name in environments {
        if let Some(running) = stacks.get(*name) {
            // Without its containers the files of the secrets are left to read.
            let containers = running.stack.containers().await.unwrap_or_default();
            known.push((running.stack.project.clone(), containers));
        } else if let Ok(project) = declared::load_one(config, name, overlays) {
            known.push((project, Vec::new()));
        }
    }
    Hidden::of(known.iter().map(|(project, containers)| (project, containers.as_slice())))
}

/// Hides secrets in everything that a report may take from a run.
pub(super) fn in_run(hidden: &Hidden, run: &mut Run) {
    let Run { scenarios, only_observed, errors, .. } = run;
    // Scenarios of a file follow each other: it is looked through once.
    let mut last: Option<(Arc<_>, Arc<_>)> = None;
    for scenario in scenarios.iter_mut().chain(only_observed) {
        hidden.scenario(scenario);
        let written = Arc::clone(&scenario.source);
        match &last {
            Some((before, shown)) if Arc::ptr_eq(before, &written) => {
                scenario.source = Arc::clone(shown);
            }
            _ => {
                hidden.source(&mut scenario.source);
                last = Some((written, Arc::clone(&scenario.source)));
            }
        }
    }
    for Diagnostic { title, labels, notes, help, .. } in errors {
        let texts = std::iter::once(title).chain(notes).chain(help);
        texts.for_each(|text| hidden.string(text));
        for label in labels {
            hidden.string(&mut label.text);
            hidden.source(&mut label.source);
        }
    }
}

/// Says which secrets a report may show, because nobody could read them.
pub(super) fn unread(hidden: &Hidden) -> impl Iterator<Item = Diagnostic> + '_ {
    hidden.unread().iter().map(|why| {
        Diagnostic::warning("a secret that cannot be read may be shown by the reports")
            .note(why.as_str())
            .help("make its file readable for whoever runs this, or set its variable")
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

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

    #[test]
    fn a_secret_that_cannot_be_read_is_told_of() {
        let project = project(
            "secrets: {key: {file: /nowhere/key}}\nservices:\n  app: {image: app, secrets: [key]}\n",
        );
        let hidden = Hidden::of([(&project, [].as_slice())]);
        let told: Vec<Diagnostic> = unread(&hidden).collect();
        assert_eq!(told.len(), 1);
        assert!(told[0].notes[0].contains("read secret \"key\""), "{told:?}");
        assert!(told[0].help.is_some());
    }
}
