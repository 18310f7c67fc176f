//! The command line: what is asked, handed to who does it, and told in the asked form.

mod check;
mod coverage;
mod diagram;
mod document;
mod explain;
mod facts;
mod fixes;
mod history;
mod lint;
mod live;
mod model;
mod report;
mod reports;
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
    features::Shard,
    outside,
    policy::secret::hide::guessed,
    report::terminal::Detail,
    stack, visible,
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
    /// A file or folder outside the repository that messages may quote; may be given several times.
    #[arg(long, global = true, value_name = "PATH")]
    trust: Vec<Utf8PathBuf>,
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
    /// Prints the model that the Compose files stand for, as `docker compose config` does; needs an engine
    /// for digests alone.
    Config(model::Arguments),
    /// Tells what the stack is, a table a topic or as sentences: by its files, without an engine, or as it runs.
    Facts(facts::Arguments),
    /// Draws an environment by its files, or what two environments differ in; needs no engine.
    Diagram(diagram::Arguments),
    /// Keeps blocks in Markdown files true: diagrams, facts, claims with their verdicts; needs no engine.
    Document(document::Arguments),
    /// Writes any report of a run that `--report json=FILE` has kept, or of several runs together.
    Report(report::Arguments),
    /// Lists the sentences that scenarios are made of.
    Steps {
        /// Only sentences in which, or in the products and needs of which, all these words occur.
        words: Vec<String>,
        /// As a Markdown file.
        #[arg(long)]
        markdown: bool,
    },
    /// Looks at engine, Compose, images and ports, and says how to mend what is missing.
    Doctor,
    /// Removes what earlier runs left behind: after a crash of the machine, or of `--keep`.
    Gc {
        /// Projects to remove; by default all of runs that are over.
        projects: Vec<String>,
    },
    /// Looks from inside the network of a container that it shares.
    #[command(name = stack::dial::SUBCOMMAND, hide = true)]
    Inside {
        /// What is asked.
        words: Vec<String>,
    },
    /// Cleans up after a run that cannot do so itself.
    #[command(name = stack::watchdog::SUBCOMMAND, hide = true)]
    WatchOver {
        /// The Compose project.
        project: String,
    },
    /// Becomes a program for which the run's views stand in the place of folders.
    #[command(name = stack::isolation::enter::SUBCOMMAND, hide = true)]
    InView {
        /// A folder, and in the next its view.
        #[arg(long)]
        over: Vec<String>,
        /// The program and its arguments.
        #[arg(last = true)]
        command: Vec<std::ffi::OsString>,
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
    /// Only one part of all these scenarios, such as 1/4, so that several machines judge all of them.
    #[arg(long, value_name = "NUMBER/PARTS")]
    shard: Option<Shard>,
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
    #[command(flatten)]
    reports: reports::Reporting,
    /// Writes the result as JUnit XML, with - to the standard output: short for --report junit=FILE.
    #[arg(long, value_name = "FILE")]
    junit: Option<Utf8PathBuf>,
    #[command(flatten)]
    history: history::Keeping,
    #[command(flatten)]
    coverage: Required,
    #[command(flatten)]
    words: Words,
}

/// Whether document and scenarios have to speak of the same claims.
#[derive(Debug, Args)]
struct Required {
    /// Fails if the document states a claim without a scenario, or a scenario's tag is no claim of it.
    #[arg(long)]
    require_coverage: bool,
}

/// How much is told on the terminal.
#[derive(Debug, Args)]
struct Words {
    /// Tells only the verdict and what is broken.
    #[arg(long, short, conflicts_with = "verbose")]
    quiet: bool,
    /// Tells every scenario, also those that are not judged, and each step with what it saw.
    #[arg(long, short)]
    verbose: bool,
}

impl Words {
    const fn detail(&self) -> Detail {
        match (self.quiet, self.verbose) {
            (true, _) => Detail::Quiet,
            (_, true) => Detail::Full,
            _ => Detail::Usual,
        }
    }
}

/// Arguments of `verify`.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
struct Verify {
    #[command(flatten)]
    which: Which,
    /// Prints in which order the scenarios would run, and which side by side, and starts nothing.
    #[arg(long, conflicts_with_all = ["report", "junit", "evidence"])]
    plan: bool,
    /// At most as many stacks of an environment, so that what breaks something runs on two at once
    /// [default: 2 with four processors or more, one for each stack, and free memory].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=2))]
    stacks: Option<u8>,
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
    #[command(flatten)]
    reports: reports::Reporting,
    /// Writes the result as JUnit XML, with - to the standard output: short for --report junit=FILE.
    #[arg(long, value_name = "FILE")]
    junit: Option<Utf8PathBuf>,
    #[command(flatten)]
    history: history::Keeping,
    #[command(flatten)]
    coverage: Required,
    #[command(flatten)]
    words: Words,
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

/// Says something that others may have a word in; no line of it commands a runner.
fn say(text: &str) {
    println!("{}", visible::output(text));
}

fn show(diagnostic: &Diagnostic) {
    // What the loader refuses may stand beside a secret.
    let shown = guessed(diagnostic.clone());
    eprintln!("{}", diagnostic::render(&shown, colour()));
}

/// What runs whatever speaks to an engine.
fn asynchronous() -> Result<tokio::runtime::Runtime, Diagnostic> {
    // reqwest is built without a default TLS provider; a second call changes nothing.
    let _installed = rustls::crypto::ring::default_provider().install_default();
    tokio::runtime::Runtime::new().map_err(|why| {
        Diagnostic::error(format!("cannot start: {why}"))
            .help("look at the limits of this user (ulimit -a)")
    })
}

/// Does what the command line asks for.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    outside::trust(&cli.trust);
    if let Command::WatchOver { project } = &cli.command {
        return match stack::watchdog::watch_over(project) {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::from(COULD_NOT),
        };
    }
    if let Command::Inside { words } = &cli.command {
        return stack::dial::main(words);
    }
    if let Command::InView { over, command } = &cli.command {
        use stack::isolation::enter;
        let why = enter::enter(over, command);
        eprintln!("{}{why}", enter::CANNOT);
        return ExitCode::from(enter::NOT_RUN);
    }
    if let Command::Config(arguments) = &cli.command {
        return ExitCode::from(model::run(cli.config.as_deref(), arguments));
    }
    if let Command::Facts(arguments) = &cli.command
        && !arguments.observed
    {
        return ExitCode::from(facts::run(cli.config.as_deref(), arguments));
    }
    if let Command::Diagram(arguments) = &cli.command {
        return ExitCode::from(diagram::run(cli.config.as_deref(), arguments));
    }
    if let Command::Document(arguments) = &cli.command {
        return ExitCode::from(document::run(cli.config.as_deref(), arguments));
    }
    if let Command::Report(arguments) = &cli.command {
        return ExitCode::from(report::run(arguments));
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
    let runtime = match asynchronous() {
        Ok(runtime) => runtime,
        Err(why) => {
            show(&why);
            return ExitCode::from(COULD_NOT);
        }
    };
    let code = runtime.block_on(async {
        match cli.command {
            Command::Verify(arguments) => verify::run(cli.config.as_deref(), arguments).await,
            Command::Facts(arguments) => facts::observe(cli.config.as_deref(), &arguments).await,
            Command::Steps { words, markdown } => {
                steps::run(cli.config.as_deref(), &words, markdown)
            }
            Command::Doctor => doctor(cli.config.as_deref()).await,
            Command::Gc { projects } => gc(&projects).await,
            Command::Check(_)
            | Command::Config(_)
            | Command::Diagram(_)
            | Command::Document(_)
            | Command::Lint(_)
            | Command::Report(_)
            | Command::Explain { .. }
            | Command::Inside { .. }
            | Command::WatchOver { .. }
            | Command::InView { .. } => SOUND,
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
    let findings = doctor::examine(config.as_ref().map_err(|why| &**why)).await;
    for finding in &findings {
        let mark = match finding.state {
            doctor::State::Good => "ok     ",
            doctor::State::Note => "note   ",
            doctor::State::Missing => "MISSING",
        };
        say(&format!("{mark} {}: {}", visible::line(&finding.what), visible::lines(&finding.seen)));
        if let Some(mend) = &finding.mend {
            say(&format!("        mend it with: {}", visible::lines(mend)));
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
                say("nothing is left of earlier runs");
            }
            let mut code = SOUND;
            for (project, done) in collected {
                match done {
                    Ok(removed) => {
                        let project = visible::line(&project);
                        say(&format!(
                            "{project}: {removed} containers, networks, volumes and images removed"
                        ));
                    }
                    Err(why) => {
                        say(&format!(
                            "{}: left alone, {}",
                            visible::line(&project),
                            visible::lines(&why)
                        ));
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
