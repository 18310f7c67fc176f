//! `seaworthy lint`: the policies on any Compose project.

use anstream::eprintln;
use camino::{Utf8Path, Utf8PathBuf};
use chrono::NaiveDate;
use clap::{Args, ValueEnum, builder::PossibleValuesParser};

use super::{
    COULD_NOT, SOUND, USAGE, fixes,
    reports::{self, Reports},
    show,
};
use crate::{
    config::Config,
    diagnostic::Diagnostic,
    findings::Findings,
    lint::{
        self, Asked, baseline,
        discover::{self, Discovered, Plan},
        named::{self, Named},
        section::Settled,
        since,
    },
    policy::Severity,
    report::findings::{self, FORMATS},
    visible,
};

/// Arguments of `lint`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Compose files, each a project, folders to search for projects, or - for the standard input;
    /// by default the environments of seaworthy.yaml, and without one this folder.
    #[arg(value_name = "FILE|DIR")]
    paths: Vec<Utf8PathBuf>,
    /// A Compose file of one project, as Compose has it; may be given several times.
    #[arg(long = "file", short = 'f', value_name = "FILE", conflicts_with = "paths")]
    files: Vec<Utf8PathBuf>,
    /// An env file instead of `.env`; may be given several times.
    #[arg(long = "env-file", value_name = "FILE")]
    env_files: Vec<Utf8PathBuf>,
    /// A profile to enable instead of all; may be given several times.
    #[arg(long = "profile", value_name = "PROFILE")]
    profiles: Vec<String>,
    /// The folder that relative paths start from; by default that of the first file.
    #[arg(long, value_name = "DIR")]
    project_directory: Option<Utf8PathBuf>,
    /// Adds the rules for what is released.
    #[arg(long)]
    strict: bool,
    /// The least severity that fails; by default what seaworthy.yaml says, else medium.
    #[arg(long, value_enum, value_name = "SEVERITY")]
    fail_on: Option<Least>,
    /// Only this rule; may be given several times.
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    select: Vec<String>,
    /// Not this rule; may be given several times.
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    ignore: Vec<String>,
    /// Leaves out the findings that this file lists; by default the one that seaworthy.yaml names.
    #[arg(long, value_name = "FILE")]
    baseline: Option<Utf8PathBuf>,
    /// Writes the findings to a file for --baseline, and passes.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["since", "report"])]
    write_baseline: Option<Utf8PathBuf>,
    /// Only findings that the same projects do not have at this Git revision.
    #[arg(long, value_name = "REVISION")]
    since: Option<String>,
    #[command(flatten)]
    fixes: fixes::Fixing,
    #[command(flatten)]
    reports: reports::Reporting,
    /// How to report: short for --report FORMAT, with --output for --report FORMAT=FILE.
    #[arg(long, value_name = "FORMAT",
        value_parser = PossibleValuesParser::new(FORMATS.iter().map(|format| format.name)))]
    format: Option<String>,
    /// Writes the report of --format to a file.
    #[arg(long, value_name = "FILE")]
    output: Option<Utf8PathBuf>,
    /// The day on which exceptions are judged, for tests.
    #[arg(long, value_name = "DATE", hide = true)]
    today: Option<NaiveDate>,
}

impl Arguments {
    /// The project as Compose has it.
    fn named(&self) -> Named<'_> {
        Named {
            files: &self.files,
            env_files: &self.env_files,
            profiles: &self.profiles,
            directory: self.project_directory.as_deref(),
        }
    }

    /// The report that `--format` and `--output` ask for.
    fn short(&self) -> Option<(String, Option<Utf8PathBuf>)> {
        let asked = self.format.is_some() || self.output.is_some();
        let format = self.format.clone().unwrap_or_else(|| "terminal".into());
        asked.then(|| (format, self.output.clone()))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Least {
    Low,
    Medium,
    High,
    Critical,
}

impl Least {
    const fn severity(self) -> Severity {
        match self {
            Self::Low => Severity::Low,
            Self::Medium => Severity::Medium,
            Self::High => Severity::High,
            Self::Critical => Severity::Critical,
        }
    }
}

pub(super) fn run(config: Option<&Utf8Path>, arguments: &Arguments) -> u8 {
    let short = arguments.short();
    let reports = match Reports::of(FORMATS, &arguments.reports, short.clone()) {
        Ok(reports) => reports,
        Err(why) => {
            show(&why);
            return USAGE;
        }
    };
    if let Some(why) = arguments.fixes.refuse(&reports) {
        show(&why);
        return USAGE;
    }
    // Who says how to report wants nothing else printed.
    let printed = if short.is_some() { reports.print_for_people() } else { reports.people_read() };
    let Some(here) =
        std::env::current_dir().ok().and_then(|here| Utf8PathBuf::from_path_buf(here).ok())
    else {
        show(
            &Diagnostic::error("cannot tell the current folder, or its name is not UTF-8")
                .help("change to another folder"),
        );
        return COULD_NOT;
    };
    let (config, settled) = match settings(config, &here) {
        Ok(found) => found,
        Err(why) => {
            show(&why);
            return COULD_NOT;
        }
    };
    let rules = lint::select_in(&settled, arguments.strict, &arguments.select, &arguments.ignore);
    let rules = match rules {
        Ok(rules) => rules,
        Err(unknown) => {
            show(&Diagnostic::error(unknown.to_string()).help(unknown.help));
            return USAGE;
        }
    };
    let today = arguments.today.unwrap_or_else(|| chrono::Local::now().date_naive());
    let mut asked = Asked::of(rules, &settled, today, here);
    if let Some(least) = arguments.fail_on {
        asked.fail_on = least.severity();
    }
    let plans = plans(config.as_ref(), arguments, &asked);
    plans
        .and_then(|found| lint(found, arguments, &settled, &asked, &reports, printed))
        .unwrap_or_else(|why| {
            show(&why);
            COULD_NOT
        })
}

/// The configuration, if there is one, and what it sets.
fn settings(
    config: Option<&Utf8Path>,
    here: &Utf8Path,
) -> Result<(Option<Config>, Settled), Box<Diagnostic>> {
    let found = match config {
        Some(file) => Some(file.to_owned()),
        None => Config::nearest(here),
    };
    let Some(file) = found else { return Ok((None, Settled::default())) };
    // Paths are shown as seen from here.
    let file = file.strip_prefix(here).unwrap_or(&file);
    let mut read = Config::read_for_lint(file)?;
    if read.root == "." {
        read.root = Utf8PathBuf::new();
    }
    let settled = Settled::of(&read, here)?;
    Ok((Some(read), settled))
}

fn lint(
    Discovered { plans, unread }: Discovered,
    arguments: &Arguments,
    settled: &Settled,
    asked: &Asked,
    reports: &Reports<Findings>,
    printed: bool,
) -> Result<u8, Box<Diagnostic>> {
    let plans = &plans[..];
    // Who writes a baseline wants all that there is.
    let ours = settled.baseline.as_deref().filter(|_| arguments.write_baseline.is_none());
    let ours = ours.map(|file| file.strip_prefix(&asked.here).unwrap_or(file));
    let file = arguments.baseline.as_deref().or(ours);
    let named_at = settled.baseline_at.clone().filter(|_| arguments.baseline.is_none());
    let known = file.map(baseline::read).transpose();
    let known = known.map_err(|why| Box::new(why.or_at(named_at)))?;
    let judge = || {
        let mut findings = lint::run(plans, asked);
        findings.notes.extend(settled.notes.iter().cloned());
        findings.notes.extend(unread.iter().map(|(_, note)| note.clone()));
        if let Some(revision) = &arguments.since {
            since::subtract(&mut findings, plans, asked, revision)?;
        }
        if let (Some(known), Some(file), None) = (&known, file, &arguments.write_baseline) {
            baseline::apply(&mut findings, known, file);
        }
        Ok(findings)
    };
    let findings = arguments.fixes.findings(plans, asked, judge)?;
    if let Some(file) = &arguments.write_baseline {
        save(file, &baseline::text(&findings, file))?;
        let count = findings.open().count();
        findings.all_notes().into_iter().for_each(show);
        let file = visible::line(file.as_str());
        eprintln!("{file} now knows {count} {}", if count == 1 { "finding" } else { "findings" });
        return Ok(SOUND);
    }
    if arguments.fixes.preview(&findings, plans) {
        // The diff is what was asked for.
    } else if printed {
        let text = findings::for_people(&findings, reports::people_see_colour(true));
        reports::tell_people(true, &text);
    } else {
        // Who reads a report for programs still wants to know.
        if !reports.any_for_people() {
            findings.all_notes().into_iter().for_each(show);
        }
        eprintln!("{}", findings.summary());
    }
    if !reports.write(&findings) {
        return Ok(COULD_NOT);
    }
    Ok(findings.exit_code())
}

/// What to judge: as asked, else the configured environments, else what lies here.
fn plans(
    config: Option<&Config>,
    arguments: &Arguments,
    asked: &Asked,
) -> Result<Discovered, Box<Diagnostic>> {
    let (named, here) = (arguments.named(), &asked.here);
    let all = |plans| Ok(Discovered { plans, ..Discovered::default() });
    let mut found = if !arguments.paths.is_empty() {
        let found = discover::discover(&arguments.paths, here)?;
        let plans = found.plans.into_iter().map(|plan| named.over(plan, here));
        Discovered { plans: plans.collect::<Result<_, _>>()?, ..found }
    } else if named.is_any() {
        return all(vec![named.plan(here)?]);
    } else if let Some(config) = config.filter(|config| !config.environments.is_empty()) {
        return all(discover::configured(config, here));
    } else if named::by_process() {
        return all(vec![named.plan(here)?]);
    } else {
        discover::discover(&[".".into()], here)?
    };
    let is_left_out = |plan: &Plan| plan.own().iter().all(|file| asked.left_out.has(file));
    found.plans.retain(|plan| !is_left_out(plan));
    found.unread.retain(|(folder, _)| !asked.left_out.has(folder));
    Ok(found)
}

fn save(file: &Utf8Path, text: &str) -> Result<(), Box<Diagnostic>> {
    std::fs::write(file, text).map_err(|why| {
        Box::new(
            Diagnostic::error(format!("cannot write {file}: {why}"))
                .help("name a file in a folder that is there and may be written to"),
        )
    })
}
