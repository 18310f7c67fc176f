//! `seaworthy report`: any report of a run that was kept as JSON, and of several runs together.

use anstream::eprintln;
use camino::{Utf8Path, Utf8PathBuf};

use super::{
    COULD_NOT, USAGE, history,
    reports::{self, Reports},
    show,
};
use crate::{
    diagnostic::Diagnostic,
    report::{FORMATS, guess_in_run, json, terminal},
    run::{self, Run, history::Asking},
    runner, visible,
};

/// A file of more bytes is no run.
const LONGEST: u64 = 1 << 30;

/// Arguments of `report`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Reports as `--report` of verify has them: FORMAT=FILE, or FORMAT for the standard output; and
    /// with --merge the files to join.
    #[arg(value_name = "FORMAT[=FILE]")]
    words: Vec<String>,
    /// The run: what `--report json=FILE` of verify or check has written.
    #[arg(long, value_name = "FILE", conflicts_with = "merge", required_unless_present = "merge")]
    from: Option<Utf8PathBuf>,
    /// Joins the runs of several machines: every other word is a file as --from has it.
    #[arg(long)]
    merge: bool,
    /// Leaves the result of the joined run in this folder, and tells what earlier ones there say.
    #[arg(long, value_name = "DIR", conflicts_with = "from", value_parser = history::folder)]
    history: Option<Utf8PathBuf>,
}

pub(super) fn run(arguments: &Arguments) -> u8 {
    let (asked, files) = sorted(arguments);
    let asked = match Reports::of_words(FORMATS, &asked) {
        Ok(asked) => asked,
        Err(why) => {
            show(&why);
            return USAGE;
        }
    };
    if files.is_empty() {
        show(&Diagnostic::error("no run is named").help("name the files to join after --merge"));
        return USAGE;
    }
    let mut runs = Vec::new();
    for file in files {
        match read(&file) {
            Ok(run) => runs.push((visible::line(file.as_str()).into_owned(), run)),
            Err(why) => {
                show(&why);
                return COULD_NOT;
            }
        }
    }
    let joined = match runs.pop() {
        // One that was kept is what it was, be it a part.
        Some((_, kept)) if !arguments.merge => Ok(kept),
        last => {
            runs.extend(last);
            run::merge(runs)
        }
    };
    let mut run = match joined {
        Ok(run) => run,
        Err(why) => {
            show(&why);
            return COULD_NOT;
        }
    };
    // What asked is not told: who asked a running stack verified.
    let observed = |scenario: &run::ScenarioRun| scenario.truth == run::Truth::Observed;
    let command = if run.scenarios.iter().any(observed) { Asking::Verify } else { Asking::Check };
    let kept = history::keep(arguments.history.as_deref(), command, &mut run);
    let printed = asked.people_read();
    let colour = reports::people_see_colour(printed);
    reports::tell_people(printed, &terminal::checked(&run, terminal::Detail::Usual, colour));
    if asked.write(&run) && kept { run.exit_code() } else { COULD_NOT }
}

/// The reports that are asked for, and the files of runs.
fn sorted(arguments: &Arguments) -> (Vec<String>, Vec<Utf8PathBuf>) {
    let is_report = |word: &&String| {
        let format = word.split_once('=').map_or(word.as_str(), |(format, _)| format);
        let known = FORMATS.iter().any(|known| known.name == format);
        // A file may have any name; one that is not there is taken for a report that is none.
        known || !arguments.merge || word.contains('=') && !Utf8Path::new(word.as_str()).exists()
    };
    let (asked, files): (Vec<&String>, Vec<&String>) = arguments.words.iter().partition(is_report);
    let files = files.into_iter().map(Utf8PathBuf::from).chain(arguments.from.clone());
    (asked.into_iter().cloned().collect(), files.collect())
}

/// Reads a run from its file.
pub(super) fn read(file: &Utf8Path) -> Result<Run, Box<Diagnostic>> {
    let shown = visible::line(file.as_str());
    let cannot = |why: String| {
        Box::new(
            Diagnostic::error(format!("cannot read {shown}: {why}"))
                .help("name a file that `--report json=FILE` of check or verify has written"),
        )
    };
    let known = file.metadata().map_err(|why| cannot(why.to_string()))?;
    if known.is_dir() {
        return Err(cannot("it is a folder".into()));
    }
    if known.len() > LONGEST {
        return Err(cannot(format!("it has more than {LONGEST} bytes")));
    }
    let bytes = std::fs::read(file).map_err(|why| cannot(why.to_string()))?;
    let text = String::from_utf8(bytes).map_err(|why| {
        let before = &why.as_bytes()[..why.utf8_error().valid_up_to()];
        let line = before.split(|byte| *byte == b'\n').count();
        let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let column = String::from_utf8_lossy(&before[start..]).chars().count() + 1;
        cannot(format!("{shown}:{line}:{column} is no UTF-8"))
    })?;
    json::read(&text).map_err(|wrong| {
        let why = visible::line(&wrong.why);
        let title = format!("{shown}:{}:{}: {why}", wrong.line, wrong.column);
        Box::new(Diagnostic::error(title).help(wrong.help))
    })
}

/// A run that could not begin, as reports may tell it.
pub(super) fn refused(shard: Option<crate::features::Shard>, why: Vec<Diagnostic>) -> Run {
    let mut run = runner::refused(why);
    guess_in_run(&mut run);
    mark_part(shard, &mut run);
    run
}

/// What a part of the scenarios without any comes to: nothing is wrong with it.
pub(super) fn nothing_in(shard: crate::features::Shard) -> Diagnostic {
    let why = Diagnostic::warning(format!("the part {shard} has no scenario to judge"));
    why.help("take fewer parts: the others judge all that was asked for")
}

/// Lets a run know, and every report of it say, which part of the scenarios it has judged.
pub(super) fn mark_part(shard: Option<crate::features::Shard>, run: &mut Run) {
    run.about.shard = shard.and_then(crate::features::Shard::part);
    run.errors.extend(run.about.shard.map(run::Part::told));
}

/// Says which part of the scenarios is judged here.
pub(super) fn say_part(shard: crate::features::Shard, own: usize, others: usize) {
    eprintln!("part {shard}: {own} of {} scenarios; the others are not asked here", own + others);
}
