//! `seaworthy facts`: what a stack is, a table a topic, by its files or as it runs.

use std::sync::Arc;

use anstream::eprintln;
use camino::Utf8Path;
use clap::{Args, ValueEnum};
use rayon::prelude::*;

use super::{COULD_NOT, SOUND, USAGE, configuration, model::write, show, verify::interrupted};
use crate::{
    compose::{
        self, Project,
        project::{self, Depth},
    },
    config::{self, Config},
    diagnostic::Diagnostic,
    facts::{self, TOPICS, Topic},
    probe::facts::unseen,
    report::facts::{self as report, Table, Told},
    runner::{
        Progress, Report,
        facts::{Observed, declared_project, line, observe as observe_stack},
    },
    stack::StackEvent,
    steps::{self, Redactor},
    visible,
    words::{did_you_mean, quoted_list},
};

/// What the files of a folder are called without a `seaworthy.yaml`.
const UNNAMED: &str = "development";

/// Arguments of `facts`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Only this environment; may be given several times.
    #[arg(long, short, value_name = "NAME")]
    environment: Vec<String>,
    /// Only this topic; may be given several times.
    #[arg(long, value_name = "TOPIC", value_delimiter = ',')]
    topic: Vec<String>,
    /// Brings the stack up as `verify` does, and tells what the engine and the kernel show of it.
    #[arg(long)]
    pub(super) observed: bool,
    /// How to print.
    #[arg(long, value_enum, default_value_t = Form::Table, value_name = "FORMAT")]
    format: Form,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// Aligned tables, each fact with its file and line.
    Table,
    /// A feature with the closed sentences that say all of it.
    Gherkin,
    /// What docs/facts.schema.json describes.
    Json,
}

/// By the files: no engine, milliseconds.
pub(super) fn run(config: Option<&Utf8Path>, arguments: &Arguments) -> u8 {
    let topics = match topics(&arguments.topic) {
        Ok(topics) => topics,
        Err(why) => {
            show(&why);
            return USAGE;
        }
    };
    let projects = match projects(config, &arguments.environment) {
        Ok(projects) => projects,
        Err(errors) => return cannot(&errors),
    };
    let told: Vec<Told> = projects.par_iter().map(|one| one.told(&topics)).collect();
    print(arguments.format, &told)
}

/// By the running stack, an environment after the other.
pub(super) async fn observe(config: Option<&Utf8Path>, arguments: &Arguments) -> u8 {
    let topics = match topics(&arguments.topic) {
        Ok(topics) => topics,
        Err(why) => {
            show(&why);
            return USAGE;
        }
    };
    // Asked for by its name, a topic that no stack shows is told; else it is left out.
    let chosen = !arguments.topic.is_empty();
    let topics: Vec<&Topic> =
        topics.into_iter().filter(|topic| chosen || unseen(topic).is_none()).collect();
    let environments = configuration(config)
        .map_err(|why| vec![*why])
        .and_then(|config| Ok((names(&config, &arguments.environment)?, config)));
    let (names, config) = match environments {
        Ok(found) => found,
        Err(errors) => return cannot(&errors),
    };
    let report: Report = Arc::new(|progress| {
        if let Progress::Stack { environment, event: StackEvent::Step(text) } = progress {
            eprintln!("{}: {}", visible::line(environment), visible::line(&text));
        }
    });
    let observing = async {
        let (mut told, mut open) = (Vec::new(), Vec::new());
        for name in &names {
            let seen = observe_stack(&config, name, &topics, &report).await?;
            told.push(of_stack(name, seen, &mut open));
        }
        Ok::<_, Vec<Diagnostic>>((told, open))
    };
    let (told, open) = tokio::select! {
        seen = observing => match seen {
            Ok(seen) => seen,
            Err(errors) => return cannot(&errors),
        },
        () = interrupted() => {
            // The run was dropped, and with it the stack: its watchdog has removed everything.
            eprintln!("interrupted: everything that was made has been removed");
            return COULD_NOT;
        }
    };
    let code = print(arguments.format, &told);
    if open.is_empty() { code } else { cannot(&open) }
}

/// A stack's facts without its secrets; what nobody could find out is told besides.
fn of_stack(environment: &str, seen: Observed, open: &mut Vec<Diagnostic>) -> Told {
    let Observed { project, redactor, facts } = seen;
    let mut tables = Vec::new();
    for (topic, rows) in facts {
        match rows {
            Ok(rows) => {
                let lines = rows.iter().map(|row| line(&redactor, &project.journal, row)).collect();
                let asks = |sentence: &&str| {
                    steps::all().any(|step| step.expression == *sentence && step.observed.is_some())
                };
                let sentence = topic.sentence.filter(asks);
                tables.push(Table { topic, sentence, lines });
            }
            Err(why) => {
                let title = format!("nobody could {}: {}", why.tried, why.missing);
                let title = redactor.any(&format!("{environment}: {title}"));
                let help = if why.help.is_empty() { "leave the topic out" } else { &why.help };
                open.push(Diagnostic::error(title).help(help));
            }
        }
    }
    Told { environment: environment.to_owned(), configured: true, truth: "observed", tables }
}

fn cannot(errors: &[Diagnostic]) -> u8 {
    errors.iter().for_each(show);
    COULD_NOT
}

fn print(form: Form, told: &[Told]) -> u8 {
    let text = match form {
        Form::Table => report::table(told),
        Form::Gherkin => report::gherkin(told),
        Form::Json => report::json(told),
    };
    match write(&text) {
        Ok(()) => SOUND,
        Err(why) => {
            show(&Diagnostic::error(why));
            COULD_NOT
        }
    }
}

/// The topics of these names; all of them without a name.
pub(super) fn topics(names: &[String]) -> Result<Vec<&'static Topic>, Diagnostic> {
    if names.is_empty() {
        return Ok(TOPICS.iter().collect());
    }
    let find = |name: &String| {
        facts::topic(name).ok_or_else(|| {
            let known = TOPICS.iter().map(|topic| topic.name);
            let list = known.clone().collect::<Vec<_>>().join(", ");
            let help = match did_you_mean(name, known) {
                Some(near) => format!("did you mean \"{near}\"? The topics are {list}"),
                None => format!("the topics are {list}"),
            };
            Diagnostic::error(format!("there is no topic \"{name}\"")).help(help)
        })
    };
    names.iter().map(find).collect()
}

/// An environment and what its files say.
pub(super) struct Loaded {
    pub(super) name: String,
    configured: bool,
    pub(super) project: Project,
}

/// The environment of this name; without a name the first one of `seaworthy.yaml`, or the Compose project
/// of this folder where there is none.
pub(super) fn project(
    config: Option<&Utf8Path>,
    name: Option<&str>,
) -> Result<Loaded, Vec<Diagnostic>> {
    let wanted: Vec<String> = match name {
        Some(name) => vec![name.to_owned()],
        None if config.is_none() && !is_configured(&here()?) => Vec::new(),
        None => {
            let config = configuration(config).map_err(|why| vec![*why])?;
            config.environments.keys().take(1).cloned().collect()
        }
    };
    let mut projects = projects(config, &wanted)?;
    if projects.is_empty() {
        return Err(vec![Diagnostic::error("there is no environment")]);
    }
    Ok(projects.remove(0))
}

fn is_configured(here: &Utf8Path) -> bool {
    here.ancestors().any(|folder| folder.join(config::FILE).is_file())
}

/// The current folder.
fn here() -> Result<camino::Utf8PathBuf, Vec<Diagnostic>> {
    std::env::current_dir()
        .map_err(|why| why.to_string())
        .and_then(|here| {
            camino::Utf8PathBuf::from_path_buf(here)
                .map_err(|path| format!("{} is not UTF-8", path.display()))
        })
        .map_err(|why| {
            vec![
                Diagnostic::error(format!("cannot tell the current folder: {why}"))
                    .help("change to another folder"),
            ]
        })
}

fn projects(config: Option<&Utf8Path>, wanted: &[String]) -> Result<Vec<Loaded>, Vec<Diagnostic>> {
    let one = |why: Box<Diagnostic>| vec![*why];
    let here = here()?;
    if config.is_none() && !is_configured(&here) && wanted.is_empty() {
        let loaded = project::load(&compose::request_from(&here), Depth::Whole);
        let project = loaded.map_err(|refusal| refusal.0)?.into();
        return Ok(vec![Loaded { name: UNNAMED.into(), configured: false, project }]);
    }
    let config = configuration(config).map_err(one)?;
    let names = names(&config, wanted)?;
    let load = |name: &String| declared_project(&config, name);
    let loaded: Vec<_> = names.par_iter().map(load).collect();
    let (mut projects, mut errors) = (Vec::new(), Vec::new());
    for (name, loaded) in names.into_iter().zip(loaded) {
        match loaded {
            Ok(project) => projects.push(Loaded { name, configured: true, project }),
            Err(why) => errors.extend(why),
        }
    }
    if errors.is_empty() { Ok(projects) } else { Err(errors) }
}

/// The environments of these names; all of them without a name.
fn names(config: &Config, wanted: &[String]) -> Result<Vec<String>, Vec<Diagnostic>> {
    let known = || config.environments.keys();
    if let Some(name) = wanted.iter().find(|name| !config.environments.contains_key(*name)) {
        let list = quoted_list(known().map(String::as_str));
        let help = match did_you_mean(name, known().map(String::as_str)) {
            Some(near) => format!("did you mean \"{near}\"? seaworthy.yaml has {list}"),
            None => format!("seaworthy.yaml has {list}"),
        };
        return Err(vec![
            Diagnostic::error(format!("there is no environment \"{name}\"")).help(help),
        ]);
    }
    Ok(known().filter(|name| wanted.is_empty() || wanted.contains(name)).cloned().collect())
}

impl Loaded {
    /// Its secrets, for whoever shows what it is.
    pub(super) fn redactor(&self) -> Redactor {
        Redactor::of([(&self.project, [].as_slice())])
    }

    /// All facts of some topics, without secrets.
    pub(super) fn told(&self, topics: &[&'static Topic]) -> Told {
        let redactor = self.redactor();
        let table = |topic: &&'static Topic| {
            let rows = (topic.declared)(&self.project);
            let lines =
                rows.iter().map(|row| line(&redactor, &self.project.journal, row)).collect();
            Table { topic, sentence: topic.sentence, lines }
        };
        Told {
            environment: self.name.clone(),
            configured: self.configured,
            truth: "declared",
            tables: topics.iter().map(table).collect(),
        }
    }
}
