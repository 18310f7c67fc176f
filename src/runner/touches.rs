//! What a scenario has to do with on a stack: the services that it breaks, and those that it looks at.
//!
//! Known from its sentences before anything starts ([`Touch`]), and from who reaches whom by the files:
//! a service that is broken breaks whoever asks it or waits for it, and a look at a service is one at
//! whatever it asks. Who asks a service that no file names to it is held to what a run holds everybody
//! to: it says so (`depends_on`). What the sentences do not say is everything.

use std::collections::BTreeSet;

use crate::{
    compose::Project,
    facts::connections,
    features::Planned,
    steps::{Match, Touch},
};

/// Services of a stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reach {
    /// All there are, or nobody knows which.
    All,
    /// These.
    Some(BTreeSet<String>),
}

impl Reach {
    const fn none() -> Self {
        Self::Some(BTreeSet::new())
    }

    fn add(&mut self, other: Self) {
        match (&mut *self, other) {
            (Self::Some(mine), Self::Some(more)) => mine.extend(more),
            (_, Self::All) => *self = Self::All,
            (Self::All, _) => {}
        }
    }

    pub(super) fn meets(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::All, Self::All) => true,
            (Self::All, Self::Some(names)) | (Self::Some(names), Self::All) => !names.is_empty(),
            (Self::Some(mine), Self::Some(others)) => !mine.is_disjoint(others),
        }
    }

    /// In words: `"queue"`, `everything`.
    pub(super) fn told(&self) -> String {
        match self {
            Self::All => "everything".to_owned(),
            Self::Some(names) => crate::words::quoted_list(names.iter().map(String::as_str)),
        }
    }
}

/// What a scenario has to do with on the stack of one environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Touched {
    /// What it breaks, with whoever asks it.
    pub(super) breaks: Reach,
    /// What it looks at, with whatever that asks.
    pub(super) looks: Reach,
}

impl Touched {
    /// Of a stack of whose files nothing is known.
    pub(super) const fn unknown(is_alone: bool) -> Self {
        let breaks = if is_alone { Reach::All } else { Reach::none() };
        Self { breaks, looks: Reach::All }
    }

    /// Whether one of them breaks what the other has to do with. Two that break something always meet:
    /// each of them proves that all that ran before it runs after it.
    pub(super) fn meets(&self, other: &Self) -> bool {
        let is_whole = |reach: &Reach| *reach != Reach::none();
        is_whole(&self.breaks) && is_whole(&other.breaks)
            || self.breaks.meets(&other.looks)
            || other.breaks.meets(&self.looks)
    }
}

/// Who asks whom on a stack, by its files.
#[derive(Debug)]
pub(super) struct Ways {
    services: Vec<String>,
    published: BTreeSet<String>,
    /// Who asks, and who is asked.
    asks: Vec<(String, String)>,
}

impl Ways {
    /// Of a project's services.
    pub(super) fn of(project: &Project) -> Self {
        let mut asks: Vec<(String, String)> = connections::declared(project)
            .into_iter()
            .map(|way| (way.subject, way.value.to))
            .collect();
        for (name, service) in &project.services {
            asks.extend(service.depends_on.keys().map(|on| (name.clone(), on.clone())));
        }
        let published = project.services.iter().filter(|(_, service)| !service.ports.is_empty());
        Self {
            services: project.services.keys().cloned().collect(),
            published: published.map(|(name, _)| name.clone()).collect(),
            asks,
        }
    }

    /// Some services and whatever they ask, and so on; backwards whoever asks them.
    fn closure<'a>(&'a self, from: impl Iterator<Item = &'a str>, backwards: bool) -> Reach {
        let mut found: Vec<&str> = Vec::new();
        for name in from {
            // A name that no service has is no reason to rule anything out.
            if !self.services.iter().any(|service| service == name) {
                return Reach::All;
            }
            if !found.contains(&name) {
                found.push(name);
            }
        }
        let mut at = 0;
        while let Some(name) = found.get(at).copied() {
            for (asks, asked) in &self.asks {
                let (here, there) = if backwards { (asked, asks) } else { (asks, asked) };
                if here == name && !found.contains(&there.as_str()) {
                    found.push(there);
                }
            }
            at += 1;
        }
        Reach::Some(found.into_iter().map(str::to_owned).collect())
    }

    /// What a sentence looks at.
    fn looks(&self, found: &Match) -> Reach {
        let named = || found.step.named(&found.arguments).into_iter();
        match found.step.touch() {
            Touch::Everything => Reach::All,
            Touch::Nothing => Reach::none(),
            Touch::Named | Touch::Commands => self.closure(named(), false),
            Touch::Visit => {
                let doors = self.published.iter().map(String::as_str);
                self.closure(doors.chain(named()), false)
            }
        }
    }

    /// What a scenario has to do with.
    pub(super) fn touched(&self, planned: &Planned, is_alone: bool) -> Touched {
        let steps = || planned.matches.iter();
        let mut looks = Reach::none();
        for found in steps() {
            looks.add(self.looks(found));
        }
        // What a visit or a command sets going may come out anywhere, by way of anybody.
        let sets_going =
            |found: &Match| matches!(found.step.touch(), Touch::Commands | Touch::Visit);
        if steps().any(sets_going) && steps().any(|found| found.step.awaits()) {
            looks = Reach::All;
        }
        let mut breaks = Reach::none();
        if is_alone {
            for found in steps().filter(|found| found.step.disrupts) {
                let named = found.step.named(&found.arguments);
                breaks.add(if found.step.touch() == Touch::Named {
                    self.closure(named.into_iter(), true)
                } else {
                    Reach::All
                });
            }
            // The tag alone does not say what is broken; neither does a program of the author's.
            let does_anything = |found: &Match| {
                matches!(found.step.touches, Some(Touch::Commands | Touch::Everything))
            };
            if breaks == Reach::none() || steps().any(does_anything) {
                breaks = Reach::All;
            }
        }
        Touched { breaks, looks }
    }
}

#[cfg(test)]
mod tests {
    use camino::Utf8PathBuf;

    use super::*;
    use crate::{
        compose::project,
        config::Config,
        features::{self, Filter},
        steps::Vocabulary,
    };

    const STACK: &str = "services:
  web: {image: 'nginx:1', ports: ['8080:80'], depends_on: [api]}
  api: {image: api, environment: {DB_HOST: db}}
  db: {image: 'postgres:16'}
  worker: {image: worker, environment: {DATABASE: 'postgres://db/x'}}
  cron: {image: cron, network_mode: none}
";

    fn touched(is_alone: bool, sentences: &[&str]) -> Touched {
        let config: Config =
            serde_yaml::from_str("environments: {dev: {files: [a.yml]}}").expect("YAML");
        let folder = tempfile::tempdir().expect("a folder");
        let file = Utf8PathBuf::from_path_buf(folder.path().join("a.feature")).expect("UTF-8");
        let tag = if is_alone { "  @disruptive\n" } else { "" };
        let text = format!(
            "Feature: f\n{tag}  Scenario: s\n    Given the running dev environment\n    {}\n",
            sentences.join("\n    ")
        );
        std::fs::write(&file, text).expect("a file");
        let filter = Filter { named: vec![file.clone()], ..Filter::default() };
        let suite = features::load(&config, &Vocabulary::default(), &[file], &filter);
        let project = project::load_text("compose.yaml", STACK).expect("a model").into();
        Ways::of(&project).touched(&suite.expect("a sound feature").plan[0], is_alone)
    }

    fn some(names: &[&str]) -> Reach {
        Reach::Some(names.iter().map(|&name| name.to_owned()).collect())
    }

    #[test]
    fn a_look_at_a_service_is_one_at_whatever_it_asks() {
        let looks = |sentences: &[&str]| touched(false, sentences).looks;
        assert_eq!(looks(&["Then variable \"A\" in \"db\" is \"b\""]), some(&["db"]));
        assert_eq!(looks(&["Then the log of \"worker\" shows \"done\""]), some(&["worker", "db"]));
        assert_eq!(looks(&["Then every service is healthy"]), Reach::All);
        assert_eq!(
            looks(&["When the browser requests \"/\"", "Then the response is 200"]),
            some(&["web", "api", "db"])
        );
    }

    #[test]
    fn what_a_visit_sets_going_may_come_out_anywhere() {
        let visit = "When the browser requests \"/\"";
        let row = "Then key \"k\" in \"db\" is \"v\"";
        assert_eq!(touched(false, &[visit, row]).looks, Reach::All);
        assert_eq!(touched(false, &[row]).looks, some(&["db"]));
        let command = "Then command \"start\" in \"api\" succeeds";
        assert_eq!(touched(false, &[command, row]).looks, Reach::All);
        assert_eq!(touched(false, &[command]).looks, some(&["api", "db"]));
        let post = ["When the browser sends POST \"/\"", "Then the response is 202"];
        assert_eq!(touched(false, &post).looks, Reach::All);
    }

    #[test]
    fn who_breaks_a_service_breaks_whoever_asks_it() {
        let breaks = |sentences: &[&str]| touched(true, sentences).breaks;
        assert_eq!(
            breaks(&["When service \"db\" is stopped", "Then the log of \"db\" shows \"x\""]),
            some(&["db", "api", "web", "worker"])
        );
        assert_eq!(
            breaks(&["When service \"worker\" is paused", "Then the log of \"db\" shows \"x\""]),
            some(&["worker"])
        );
        assert_eq!(breaks(&["Then the log of \"db\" shows \"x\""]), Reach::All, "the tag alone");
        assert_eq!(
            breaks(&[
                "When service \"worker\" is paused",
                "Then running \"./x.sh\" in the project folder succeeds"
            ]),
            Reach::All
        );
        assert_eq!(
            breaks(&[
                "When service \"worker\" is paused",
                "Then command \"rm -r /data\" in \"db\" succeeds"
            ]),
            Reach::All,
            "a command may break what it likes"
        );
        assert_eq!(
            breaks(&["When service \"nobody\" is paused", "Then the log of \"db\" shows \"x\""]),
            Reach::All
        );
    }

    #[test]
    fn those_meet_of_whom_one_breaks_what_the_other_looks_at() {
        let pause = |name: &str| {
            touched(
                true,
                &[
                    &format!("When service \"{name}\" is paused"),
                    "Then the log of \"cron\" shows \"x\"",
                ],
            )
        };
        let look = touched(false, &["Then variable \"A\" in \"db\" is \"b\""]);
        let visit =
            touched(false, &["When the browser requests \"/\"", "Then the response is 200"]);
        let all = touched(false, &["Then every service is healthy"]);
        assert!(!pause("worker").meets(&look) && !look.meets(&pause("worker")));
        assert!(!pause("worker").meets(&visit) && !look.meets(&visit) && !all.meets(&visit));
        assert!(pause("worker").meets(&all) && all.meets(&pause("cron")));
        assert!(pause("db").meets(&look) && visit.meets(&pause("db")));
        assert!(pause("worker").meets(&pause("cron")), "each proves that all came back");
    }
}
