//! `seaworthy verify`: from arguments to a run, and from a run to an exit code.

use std::sync::Arc;

use anstream::{eprintln, print, println};
use camino::Utf8Path;
use tokio::signal::unix::{SignalKind, signal};

use super::{COULD_NOT, Ports, Verify, Which, colour, configuration, live::Live, show};
use crate::{
    config::Config,
    diagnostic::Diagnostic,
    features::{self, Filter, Suite},
    report::{evidence, junit, terminal},
    run::Run,
    runner::{self, Options, Report},
    stack::{HealthBy, HostPorts, ImageChoice, Wish},
    steps::Vocabulary,
};

pub(super) async fn run(file: Option<&Utf8Path>, arguments: Verify) -> u8 {
    let (config, suite) = match load(file, &arguments.which) {
        Ok(loaded) => loaded,
        Err(errors) => {
            errors.iter().for_each(show);
            return COULD_NOT;
        }
    };
    let options = options(&arguments);
    let live = Arc::new(Live::new(colour()));
    let report: Report = {
        let live = Arc::clone(&live);
        Arc::new(move |progress| live.tell(&progress))
    };
    let finished = tokio::select! {
        run = runner::verify(&config, suite, &options, &report) => Some(run),
        () = interrupted() => None,
    };
    live.finish();
    let Some(run) = finished else {
        // The run was dropped, and with it the stack: its watchdog has removed everything.
        eprintln!("interrupted: everything that the run made has been removed");
        return COULD_NOT;
    };
    print!("{}", terminal::summary(&run, colour()));
    let code = run.exit_code();
    if write_reports(&run, &arguments) { code } else { code.max(COULD_NOT) }
}

/// Ctrl-C, or the signal by which CI systems end a job.
async fn interrupted() {
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

/// Reads the configuration and the scenarios that are asked for; at least one.
pub(super) fn load(
    file: Option<&Utf8Path>,
    arguments: &Which,
) -> Result<(Config, Suite), Vec<Diagnostic>> {
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
    if paths.is_empty() {
        paths.push(config.path(&config.features));
    }
    let filter = Filter {
        tags,
        name: arguments.name.clone(),
        environments: config.with_also(&arguments.environment),
        places,
    };
    let files = features::files(&paths).map_err(one)?;
    let suite = features::load(&config, &Vocabulary::default(), &files, &filter)?;
    if suite.plan.is_empty() {
        return Err(vec![
            Diagnostic::error("no scenario fits what was asked for")
                .help("loosen --tags, --name, --environment or the line"),
        ]);
    }
    Ok((config, suite))
}

fn options(arguments: &Verify) -> Options {
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
        fail_fast: arguments.fail_fast,
        keep: arguments.keep,
        keep_on_failure: arguments.keep_on_failure,
    }
}

/// Writes the reports that were asked for; whether all could be written.
fn write_reports(run: &Run, arguments: &Verify) -> bool {
    let mut all = true;
    let mut told = |what: &str, path: &Utf8Path, written: Result<(), String>| match written {
        Ok(()) => println!("{what}: {path}"),
        Err(why) => {
            let help = "look at the folder's permissions and the space left on its disk";
            show(&Diagnostic::error(format!("cannot write {path}: {why}")).help(help));
            all = false;
        }
    };
    if let Some(file) = &arguments.junit {
        let text = junit::render(run).map_err(|why| why.to_string());
        let write = |text| std::fs::write(file, text).map_err(|why| why.to_string());
        told("JUnit XML", file, text.and_then(write));
    }
    if let Some(folder) = &arguments.evidence {
        let written = evidence::write(run, folder).map(|_| ()).map_err(|why| why.to_string());
        told("evidence", folder, written);
    }
    all
}
