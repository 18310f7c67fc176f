//! The command line: what is asked, handed to who does it, and told in the asked form.

mod check;
mod explain;
mod lint;
mod live;
mod model;
mod steps;
mod verify;

use std::process::ExitCode;

use anstream::{eprintln, println};
use camino::{Utf8Path, Utf8PathBuf};
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::{
    config::Config,
    diagnostic::{self, Diagnostic},
    doctor,
    policy::secret::hide::guessed,
    stack,
};

/// Nothing is wrong.
pub const SOUND: u8 = 0;
/// Findings, or failed scenarios.
pub const FINDINGS: u8 = 1;
/// What was asked makes no sense.
pub const USAGE: u8 = 2;
/// It could not be found out.
pub const COULD_NOT: u8 = 3;

/// Proves that a Compose stack is what its architecture document says.
#[derive(Debug, Parser)]
#[command(
    version,
    max_term_width = 100,
    after_help = "Exit codes: 0 sound, 1 findings, 2 wrong usage, 3 could not run."
)]
pub struct Cli {
    /// The configuration; by default the nearest seaworthy.yaml upwards from here.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<Utf8PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// The main job: brings the stack up and proves every scenario on it.
    Verify(Verify),
    /// Judges Compose files by rules that hold for any project; needs no engine and no configuration.
    Lint(lint::Arguments),
    /// Says why a rule is and what to do about it; without a name, lists the rules.
    Explain {
        /// The rule.
        rule: Option<String>,
    },
    /// Judges every scenario that the files can judge; needs no engine and starts nothing.
    Check(Check),
    /// Prints the model that the Compose files stand for, as `docker compose config` does; needs no engine.
    Config(model::Arguments),
    /// Lists the sentences that scenarios are made of.
    Steps {
        /// Only sentences in which all these words occur.
        words: Vec<String>,
    },
    /// Looks at engine, Compose, images and ports, and says how to mend what is missing.
    Doctor,
    /// Removes what earlier runs left behind: after a crash of the machine, or of `--keep`.
    Gc {
        /// Projects to remove; by default all of runs that are over.
        projects: Vec<String>,
    },
    /// Cleans up after a run that cannot do so itself.
    #[command(name = stack::watchdog::SUBCOMMAND, hide = true)]
    WatchOver {
        /// The Compose project.
        project: String,
    },
}

/// Which scenarios are asked for.
#[derive(Debug, Args)]
struct Which {
    /// Feature files, folders of them, or <FILE:LINE>; by default the configured folder.
    paths: Vec<Utf8PathBuf>,
    /// Only scenarios that speak of this environment and of no other; may be given several times.
    #[arg(long, short, value_name = "NAME")]
    environment: Vec<String>,
    /// Only scenarios that a tag expression picks: "@FLOW-1 and not @disruptive".
    #[arg(long, short, value_name = "EXPRESSION")]
    tags: Option<String>,
    /// Only scenarios in whose title this text occurs.
    #[arg(long, short, value_name = "TEXT")]
    name: Option<String>,
}

/// Arguments of `check`.
#[derive(Debug, Args)]
struct Check {
    #[command(flatten)]
    which: Which,
    /// Judges no further scenario once one has failed.
    #[arg(long)]
    fail_fast: bool,
    /// A Compose file to add after all others; may be given several times.
    #[arg(long, value_name = "FILE")]
    overlay: Vec<Utf8PathBuf>,
    /// Writes the result as JUnit XML.
    #[arg(long, value_name = "FILE")]
    junit: Option<Utf8PathBuf>,
    /// Names every scenario, also those that only the running stack can judge.
    #[arg(long, short)]
    verbose: bool,
}

/// Arguments of `verify`.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
struct Verify {
    #[command(flatten)]
    which: Which,
    /// Starts no further scenario once one has failed.
    #[arg(long)]
    fail_fast: bool,
    /// Which host ports are bound: free ones of the loopback interface, or those the files declare.
    #[arg(long, value_enum, default_value_t = Ports::Free, value_name = "WHICH")]
    ports: Ports,
    /// Uses the stand-in images even if the registry can be reached.
    #[arg(long, conflicts_with = "registry")]
    airgap: bool,
    /// Uses the registry's images and no stand-ins.
    #[arg(long)]
    registry: bool,
    /// Waits for the engine's own health verdict instead of running the health checks in a quick loop.
    #[arg(long)]
    engine_health: bool,
    /// A Compose file to add after all others; may be given several times.
    #[arg(long, value_name = "FILE")]
    overlay: Vec<Utf8PathBuf>,
    /// Leaves the stack running, and says how to reach and how to remove it.
    #[arg(long)]
    keep: bool,
    /// Leaves the stack running if anything failed.
    #[arg(long)]
    keep_on_failure: bool,
    /// Writes the result as JUnit XML.
    #[arg(long, value_name = "FILE")]
    junit: Option<Utf8PathBuf>,
    /// Writes what each step saw, a file a scenario.
    #[arg(long, value_name = "DIR")]
    evidence: Option<Utf8PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Ports {
    Free,
    Declared,
}

/// Whether the terminal takes colours.
fn colour() -> bool {
    anstream::AutoStream::choice(&std::io::stdout()) != anstream::ColorChoice::Never
}

fn show(diagnostic: &Diagnostic) {
    // What the loader refuses may stand beside a secret.
    let shown = guessed(diagnostic.clone());
    eprintln!("{}", diagnostic::render(&shown, colour()));
}

/// Does what the command line asks for.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    if let Command::WatchOver { project } = &cli.command {
        return match stack::watchdog::watch_over(project) {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::from(COULD_NOT),
        };
    }
    if let Command::Config(arguments) = &cli.command {
        return ExitCode::from(model::run(cli.config.as_deref(), arguments));
    }
    if let Command::Check(arguments) = &cli.command {
        return ExitCode::from(check::run(cli.config.as_deref(), arguments));
    }
    if let Command::Lint(arguments) = &cli.command {
        return ExitCode::from(lint::run(cli.config.as_deref(), arguments));
    }
    if let Command::Explain { rule } = &cli.command {
        return ExitCode::from(explain::run(rule.as_deref()));
    }
    // reqwest is built without a default TLS provider; a second call changes nothing.
    let _installed = rustls::crypto::ring::default_provider().install_default();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(why) => {
            show(
                &Diagnostic::error(format!("cannot start: {why}"))
                    .help("look at the limits of this user (ulimit -a)"),
            );
            return ExitCode::from(COULD_NOT);
        }
    };
    let code = runtime.block_on(async {
        match cli.command {
            Command::Verify(arguments) => verify::run(cli.config.as_deref(), arguments).await,
            Command::Steps { words } => steps::run(cli.config.as_deref(), &words),
            Command::Doctor => doctor(cli.config.as_deref()).await,
            Command::Gc { projects } => gc(&projects).await,
            Command::Check(_)
            | Command::Config(_)
            | Command::Lint(_)
            | Command::Explain { .. }
            | Command::WatchOver { .. } => SOUND,
        }
    });
    ExitCode::from(code)
}

/// The configuration, or what is wrong with it.
fn configuration(file: Option<&Utf8Path>) -> Result<Config, Box<Diagnostic>> {
    if let Some(file) = file {
        return Config::read(file);
    }
    let here = std::env::current_dir()
        .ok()
        .and_then(|here| Utf8PathBuf::from_path_buf(here).ok())
        .unwrap_or_else(|| ".".into());
    let mut config = Config::find(&here)?;
    // Paths are shown as seen from here.
    if let Ok(relative) = config.root.strip_prefix(&here) {
        config.root = relative.to_owned();
    }
    Ok(config)
}

async fn doctor(file: Option<&Utf8Path>) -> u8 {
    let config = configuration(file);
    if let Err(why) = &config
        && file.is_some()
    {
        show(why);
        return COULD_NOT;
    }
    let findings = doctor::examine(config.as_ref().ok()).await;
    for finding in &findings {
        let mark = match finding.state {
            doctor::State::Good => "ok     ",
            doctor::State::Note => "note   ",
            doctor::State::Missing => "MISSING",
        };
        println!("{mark} {}: {}", finding.what, finding.seen);
        if let Some(mend) = &finding.mend {
            println!("        mend it with: {mend}");
        }
    }
    if findings.iter().any(|finding| finding.state == doctor::State::Missing) {
        COULD_NOT
    } else {
        SOUND
    }
}

async fn gc(projects: &[String]) -> u8 {
    match stack::collect_garbage(projects).await {
        Err(why) => {
            show(&Diagnostic::error(crate::runner::chain(&why)).help(why.help()));
            COULD_NOT
        }
        Ok(collected) => {
            if collected.is_empty() {
                println!("nothing is left of earlier runs");
            }
            let mut code = SOUND;
            for (project, done) in collected {
                match done {
                    Ok(removed) => {
                        println!("{project}: {removed} containers, networks and volumes removed");
                    }
                    Err(why) => {
                        println!("{project}: left alone, {why}");
                        // A live run is as it should be, unless it was named.
                        if !projects.is_empty() {
                            code = COULD_NOT;
                        }
                    }
                }
            }
            code
        }
    }
}
