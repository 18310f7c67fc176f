//! `seaworthy verify`: from arguments to a run, and from a run to an exit code.

use std::sync::Arc;

use anstream::{eprintln, print};
use camino::{Utf8Path, Utf8PathBuf};
use tokio::signal::unix::{SignalKind, signal};

use super::{
    COULD_NOT, Ports, SOUND, USAGE, Verify, Which, configuration, coverage,
    live::Live,
    report::{mark_part, nothing_in, refused, say_part},
    reports::{self, Reports},
    show,
};
use crate::{
    config::Config,
    diagnostic::Diagnostic,
    features::{self, Filter, Planned, Suite},
    report::{FORMATS, evidence, guess_in_run, terminal},
    run::{Run, history::Asking},
    runner::{self, Options, Report},
    stack::{HealthBy, HostPorts, ImageChoice, Wish},
    steps::Vocabulary,
    visible,
};

pub(super) async fn run(file: Option<&Utf8Path>, arguments: Verify) -> u8 {
    let junit = arguments.junit.clone().map(|file| ("junit".to_owned(), Some(file)));
    let asked = match Reports::of(FORMATS, &arguments.reports, junit) {
        Ok(asked) => asked,
        Err(why) => {
            show(&why);
            return USAGE;
        }
    };
    let (config, suite) = match load(file, &arguments.which) {
        Ok(loaded) => loaded,
        Err(errors) => {
            errors.iter().for_each(show);
            asked.write(&refused(arguments.which.shard, errors));
            return COULD_NOT;
        }
    };
    let required = arguments.coverage.require_coverage;
    let coverage = match coverage::of(&config, &suite, &arguments.which, required) {
        Ok(coverage) => coverage,
        Err(errors) => {
            errors.iter().for_each(show);
            asked.write(&refused(arguments.which.shard, errors));
            return COULD_NOT;
        }
    };
    let options = options(&arguments, asked.tell_about());
    if let Err(why) = runner::refuse(&config, &options) {
        show(&why);
        asked.write(&refused(arguments.which.shard, vec![*why]));
        return COULD_NOT;
    }
    if arguments.plan {
        print!("{}", visible::output(&runner::plan(&config, &suite, &options)));
        return SOUND;
    }
    let printed = asked.people_read();
    let colour = reports::people_see_colour(printed);
    let detail = arguments.words.detail();
    let live = Arc::new(Live::new(colour, printed, detail));
    let report: Report = {
        let live = Arc::clone(&live);
        Arc::new(move |progress| live.tell(&progress))
    };
    let finished = tokio::select! {
        run = runner::verify(&config, suite, &options, &report) => Some(run),
        () = interrupted() => None,
    };
    live.finish();
    let Some(mut run) = finished else {
        // The run was dropped, and with it the stack: its watchdog has removed everything.
        eprintln!("interrupted: everything that the run made has been removed");
        let why = Diagnostic::error("interrupted before its end: nothing is proven")
            .help("let the run end");
        asked.write(&refused(arguments.which.shard, vec![why]));
        return COULD_NOT;
    };
    coverage.tell(&mut run);
    mark_part(arguments.which.shard, &mut run);
    guess_in_run(&mut run);
    if let Some(shard) = arguments.which.shard.filter(|_| run.scenarios.is_empty()) {
        run.errors.push(nothing_in(shard));
    }
    let kept = arguments.history.keep(Asking::Verify, &mut run);
    reports::tell_people(printed, &terminal::ended(&run, detail, colour));
    let written = asked.write(&run);
    if keep_evidence(&run, &arguments) && written && kept { run.exit_code() } else { COULD_NOT }
}

/// Ctrl-C, or the signal by which CI systems end a job.
pub(super) async fn interrupted() {
    let (Ok(mut interrupt), Ok(mut terminate), Ok(mut hangup)) = (
        signal(SignalKind::interrupt()),
        signal(SignalKind::terminate()),
        signal(SignalKind::hangup()),
    ) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
        _ = hangup.recv() => {}
    }
    eprintln!("\ninterrupted: removing what the run made …");
}

/// The configuration, and which features of it are asked for.
pub(super) struct Wanted {
    pub config: Config,
    filter: Filter,
    /// The feature files.
    pub files: Vec<Utf8PathBuf>,
}

/// Reads the configuration and the scenarios that are asked for; at least one.
pub(super) fn load(
    file: Option<&Utf8Path>,
    arguments: &Which,
) -> Result<(Config, Suite), Vec<Diagnostic>> {
    let wanted = wanted(file, arguments)?;
    let suite = suite(&wanted, arguments)?;
    Ok((wanted.config, suite))
}

/// Reads the configuration, and finds the features that are asked for.
pub(super) fn wanted(
    file: Option<&Utf8Path>,
    arguments: &Which,
) -> Result<Wanted, Vec<Diagnostic>> {
    let one = |why: Box<Diagnostic>| vec![*why];
    let config = configuration(file).map_err(one)?;
    for name in &arguments.environment {
        if !config.environments.contains_key(name) {
            let known: Vec<&str> = config.environments.keys().map(String::as_str).collect();
            return Err(vec![
                Diagnostic::error(format!("there is no environment \"{name}\""))
                    .help(format!("seaworthy.yaml names: {}", known.join(", "))),
            ]);
        }
    }
    let tags = arguments.tags.as_deref().map(str::parse).transpose().map_err(|why| {
        vec![
            Diagnostic::error(format!("cannot read the tag expression: {why}"))
                .help("write for instance \"@FLOW-1 and not @disruptive\""),
        ]
    })?;
    let mut paths = Vec::new();
    let mut places = Vec::new();
    for path in &arguments.paths {
        let (path, line) = features::file_and_line(path);
        places.extend(line.map(|line| (path.clone(), line)));
        paths.push(path);
    }
    let named = paths.clone();
    if paths.is_empty() {
        paths.push(config.path(&config.features));
    }
    let filter = Filter {
        tags,
        name: arguments.name.clone(),
        environments: config.with_also(&arguments.environment),
        places,
        named,
    };
    let files = features::files(&paths).map_err(|why| {
        let named_at = config.named_at(&["features"]).filter(|_| arguments.paths.is_empty());
        vec![why.or_at(named_at)]
    })?;
    Ok(Wanted { config, filter, files })
}

/// Reads the scenarios that are asked for; at least one.
pub(super) fn suite(wanted: &Wanted, arguments: &Which) -> Result<Suite, Vec<Diagnostic>> {
    let Wanted { config, filter, files } = wanted;
    let mut suite = features::load(config, &Vocabulary::default(), files, filter)?;
    if !arguments.paths.is_empty() {
        suite.rest.extend(elsewhere(config, files));
    }
    let all = suite.plan.len();
    if suite.plan.is_empty() {
        return Err(vec![
            Diagnostic::error("no scenario fits what was asked for")
                .help("loosen --tags, --name, --environment or the line"),
        ]);
    }
    if let Some(shard) = arguments.shard {
        suite.keep(shard);
        say_part(shard, suite.plan.len(), all - suite.plan.len());
    }
    Ok(suite)
}

/// The scenarios of the configured folder in files that were not asked for; none of what cannot be read.
fn elsewhere(config: &Config, asked: &[Utf8PathBuf]) -> Vec<Planned> {
    let Ok(mut files) = features::files(&[config.path(&config.features)]) else {
        return Vec::new();
    };
    let real = |file: &Utf8PathBuf| file.canonicalize_utf8().unwrap_or_else(|_| file.clone());
    let asked: Vec<Utf8PathBuf> = asked.iter().map(real).collect();
    files.retain(|file| !asked.contains(&real(file)));
    let loaded = features::load(config, &Vocabulary::default(), &files, &Filter::default());
    loaded.map(|suite| suite.plan).unwrap_or_default()
}

fn options(arguments: &Verify, about: bool) -> Options {
    let images = match (arguments.airgap, arguments.registry) {
        (true, _) => ImageChoice::StandIns,
        (_, true) => ImageChoice::Registry,
        _ => ImageChoice::Automatic,
    };
    Options {
        wish: Wish {
            environment: String::new(),
            overlays: arguments.overlay.clone(),
            ports: if arguments.ports == Ports::Declared {
                HostPorts::Declared
            } else {
                HostPorts::Free
            },
            images,
            health: if arguments.engine_health { HealthBy::Engine } else { HealthBy::Exec },
        },
        about,
        stacks: arguments.stacks,
        fail_fast: arguments.fail_fast,
        keep: arguments.keep,
        keep_on_failure: arguments.keep_on_failure,
    }
}

/// Keeps the evidence where it was asked for; whether it could be written.
fn keep_evidence(run: &Run, arguments: &Verify) -> bool {
    let Some(folder) = &arguments.evidence else { return true };
    match evidence::write(run, folder) {
        Ok(_) => {
            let text = format!("evidence: {}", visible::line(folder.as_str()));
            eprintln!("{}", visible::output(&text));
            true
        }
        Err(why) => {
            let help = "look at the folder's permissions and the space left on its disk";
            show(&Diagnostic::error(format!("cannot write {folder}: {why}")).help(help));
            false
        }
    }
}
