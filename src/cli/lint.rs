//! `seaworthy lint`: the policies on any Compose project.

use anstream::eprintln;
use camino::{Utf8Path, Utf8PathBuf};
use chrono::NaiveDate;
use clap::{Args, ValueEnum, builder::PossibleValuesParser};

use super::{COULD_NOT, SOUND, USAGE, colour, configuration, model::write, show};
use crate::{
    config,
    diagnostic::Diagnostic,
    lint::{
        self, Asked, baseline,
        discover::{self, Plan},
        since,
    },
    policy::Severity,
    report::findings::{FORMATS, format},
};

/// Arguments of `lint`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Compose files, each a project, or folders to search for projects; by default the
    /// environments of seaworthy.yaml, and without one this folder.
    #[arg(value_name = "FILE|DIR")]
    paths: Vec<Utf8PathBuf>,
    /// Adds the rules for what is released.
    #[arg(long)]
    strict: bool,
    /// The least severity that fails.
    #[arg(long, value_enum, value_name = "SEVERITY", default_value_t = Least::Medium)]
    fail_on: Least,
    /// Only this rule; may be given several times.
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    select: Vec<String>,
    /// Not this rule; may be given several times.
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    ignore: Vec<String>,
    /// Leaves out the findings that this file lists.
    #[arg(long, value_name = "FILE")]
    baseline: Option<Utf8PathBuf>,
    /// Writes the findings to a file for --baseline, and passes.
    #[arg(long, value_name = "FILE", conflicts_with = "since")]
    write_baseline: Option<Utf8PathBuf>,
    /// Only findings that the same projects do not have at this Git revision.
    #[arg(long, value_name = "REVISION")]
    since: Option<String>,
    /// How to report.
    #[arg(long, value_name = "FORMAT", default_value = "terminal",
        value_parser = PossibleValuesParser::new(FORMATS.iter().map(|format| format.name)))]
    format: String,
    /// Writes the report to a file.
    #[arg(long, value_name = "FILE")]
    output: Option<Utf8PathBuf>,
    /// The day on which exceptions are judged, for tests.
    #[arg(long, value_name = "DATE", hide = true)]
    today: Option<NaiveDate>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Least {
    Low,
    Medium,
    High,
    Critical,
}

pub(super) fn run(config: Option<&Utf8Path>, arguments: &Arguments) -> u8 {
    let rules = match lint::select(arguments.strict, &arguments.select, &arguments.ignore) {
        Ok(rules) => rules,
        Err(unknown) => {
            show(&Diagnostic::error(unknown.to_string()).help(unknown.help));
            return USAGE;
        }
    };
    let Some(here) =
        std::env::current_dir().ok().and_then(|here| Utf8PathBuf::from_path_buf(here).ok())
    else {
        show(
            &Diagnostic::error("cannot tell the current folder, or its name is not UTF-8")
                .help("change to another folder"),
        );
        return COULD_NOT;
    };
    let asked = Asked {
        rules,
        fail_on: match arguments.fail_on {
            Least::Low => Severity::Low,
            Least::Medium => Severity::Medium,
            Least::High => Severity::High,
            Least::Critical => Severity::Critical,
        },
        today: arguments.today.unwrap_or_else(|| chrono::Local::now().date_naive()),
        here,
    };
    lint(config, arguments, &asked).unwrap_or_else(|why| {
        show(&why);
        COULD_NOT
    })
}

fn lint(
    config: Option<&Utf8Path>,
    arguments: &Arguments,
    asked: &Asked,
) -> Result<u8, Box<Diagnostic>> {
    let plans = plans(config, &arguments.paths, &asked.here)?;
    let known = arguments.baseline.as_deref().map(baseline::read).transpose()?;
    let mut findings = lint::run(&plans, asked);
    if let Some(revision) = &arguments.since {
        since::subtract(&mut findings, &plans, asked, revision)?;
    }
    if let Some(file) = &arguments.write_baseline {
        save(file, &baseline::text(&findings, file))?;
        let count = findings.open().count();
        findings.all_notes().into_iter().for_each(show);
        eprintln!("{file} now knows {count} {}", if count == 1 { "finding" } else { "findings" });
        return Ok(SOUND);
    }
    if let (Some(known), Some(file)) = (&known, &arguments.baseline) {
        baseline::apply(&mut findings, known, file);
    }
    let Some(form) = format(&arguments.format) else { return Ok(USAGE) };
    let in_colour = form.for_people && arguments.output.is_none() && colour();
    let text = (form.render)(&findings, in_colour)
        .map_err(|why| Box::new(Diagnostic::error(format!("cannot write the report: {why}"))))?;
    match &arguments.output {
        Some(file) => save(file, &text)?,
        None => write(&text).map_err(|why| Box::new(Diagnostic::error(why)))?,
    }
    // Who reads a report for programs still wants to know.
    if !form.for_people {
        findings.all_notes().into_iter().for_each(show);
    }
    if !form.for_people || arguments.output.is_some() {
        eprintln!("{}", findings.summary());
    }
    Ok(findings.exit_code())
}

/// What to judge: as asked, else the configured environments, else what lies here.
fn plans(
    config: Option<&Utf8Path>,
    paths: &[Utf8PathBuf],
    here: &Utf8Path,
) -> Result<Vec<Plan>, Box<Diagnostic>> {
    if !paths.is_empty() {
        return discover::discover(paths, here);
    }
    let configured = here.ancestors().any(|folder| folder.join(config::FILE).is_file());
    if config.is_none() && !configured {
        return discover::discover(&[".".into()], here);
    }
    Ok(discover::configured(&configuration(config)?, here))
}

fn save(file: &Utf8Path, text: &str) -> Result<(), Box<Diagnostic>> {
    std::fs::write(file, text).map_err(|why| {
        Box::new(
            Diagnostic::error(format!("cannot write {file}: {why}"))
                .help("name a file in a folder that is there and may be written to"),
        )
    })
}
