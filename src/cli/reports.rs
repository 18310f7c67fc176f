//! `--report FORMAT=FILE`: which reports are asked for, and where they go.

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicBool, Ordering},
};

use anstream::eprintln;
use camino::Utf8PathBuf;
use clap::Args;

use super::{colour, model, show};
use crate::{
    diagnostic::Diagnostic,
    report::{FORMATS, Format, findings},
    visible,
};

/// The options that every command with reports has.
#[derive(Debug, Args)]
pub(super) struct Reporting {
    #[arg(long, value_name = "FORMAT[=FILE]", help = help())]
    report: Vec<Asked>,
}

fn help() -> String {
    let of_all: Vec<&str> = findings::FORMATS.iter().map(|format| format.name).collect();
    let of_runs = FORMATS.iter().map(|format| format.name);
    let of_runs: Vec<&str> = of_runs.filter(|name| !of_all.contains(name)).collect();
    format!(
        "Writes a report ({}; of check and verify also {}); may be given several times. Without =FILE, or with =-, it goes to the standard output",
        of_all.join(", "),
        of_runs.join(", ")
    )
}

impl Reports<crate::run::Run> {
    /// Those that some words ask for, each as `--report` has it.
    ///
    /// # Errors
    /// As of [`Reports::of`].
    pub(super) fn of_words(
        formats: &'static [Format<crate::run::Run>],
        words: &[String],
    ) -> Result<Self, Box<Diagnostic>> {
        let wrong = |why: String| Box::new(Diagnostic::error(why));
        let asked: Result<_, _> = words.iter().map(|word| word.parse().map_err(wrong)).collect();
        Self::of(formats, &Reporting { report: asked? }, None)
    }
}

/// A report as it is asked for.
#[derive(Debug, Clone)]
struct Asked {
    format: String,
    /// None for the standard output.
    file: Option<Utf8PathBuf>,
}

impl std::str::FromStr for Asked {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (format, file) =
            text.split_once('=').map_or((text, "-"), |(format, file)| (format, file));
        if file.is_empty() {
            return Err(format!("name a file after the =, or write {format} alone"));
        }
        let file = (file != "-").then(|| file.into());
        Ok(Self { format: format.to_owned(), file })
    }
}

/// The reports of a command about a `T`.
pub(super) struct Reports<T: 'static> {
    all: Vec<(&'static Format<T>, Option<Utf8PathBuf>)>,
}

impl<T> Reports<T> {
    /// Those that the options ask for, the short forms (a format and its file) among them.
    ///
    /// # Errors
    /// When there is no such format, or two reports want one place.
    pub(super) fn of(
        formats: &'static [Format<T>],
        arguments: &Reporting,
        short: Option<(String, Option<Utf8PathBuf>)>,
    ) -> Result<Self, Box<Diagnostic>> {
        let short = short.map(|(format, file)| {
            let file = file.filter(|file| file != "-");
            Asked { format, file }
        });
        let mut all = Vec::new();
        for Asked { format, file } in arguments.report.iter().cloned().chain(short) {
            let Some(known) = formats.iter().find(|known| known.name == format) else {
                let names: Vec<&str> = formats.iter().map(|known| known.name).collect();
                let title = format!("there is no report \"{}\"", visible::line(&format));
                let help = format!("possible values: {}", names.join(", "));
                return Err(Box::new(Diagnostic::error(title).help(help)));
            };
            all.push((known, file));
        }
        let reports = Self { all };
        reports.keep_apart()?;
        Ok(reports)
    }

    /// Sees to it that no report spoils another.
    fn keep_apart(&self) -> Result<(), Box<Diagnostic>> {
        let mut files = BTreeSet::new();
        for file in self.all.iter().filter_map(|(_, file)| file.as_ref()) {
            if !files.insert(file) {
                return Err(Box::new(
                    Diagnostic::error(format!("two reports are to be written to {file}"))
                        .help("name a file for each"),
                ));
            }
        }
        let printed: Vec<_> = self.all.iter().filter(|(_, file)| file.is_none()).collect();
        match printed.iter().find(|(format, _)| !format.is_lines) {
            Some((format, _)) if printed.len() > 1 => Err(Box::new(
                Diagnostic::error(format!(
                    "{} is one document, and other reports go to the standard output too",
                    format.name
                ))
                .help(format!("write it to a file: --report {}=FILE", format.name)),
            )),
            _ => Ok(()),
        }
    }

    /// Whether the standard output is people's: nothing else was asked for there.
    pub(super) fn people_read(&self) -> bool {
        self.print_for_people() || self.all.iter().all(|(_, file)| file.is_some())
    }

    /// Whether a report for people was asked for on the standard output.
    pub(super) fn print_for_people(&self) -> bool {
        self.all.iter().any(|(format, file)| file.is_none() && format.for_people)
    }

    /// Whether none was asked for.
    pub(super) const fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Whether any report tells what a run was of.
    pub(super) fn tell_about(&self) -> bool {
        self.all.iter().any(|(format, _)| format.tells_about)
    }

    /// Whether any report is for people.
    pub(super) fn any_for_people(&self) -> bool {
        self.all.iter().any(|(format, _)| format.for_people)
    }

    /// Writes all of them, whatever becomes of one; whether all could be written. What people read
    /// on the standard output is the command's own to print, before.
    pub(super) fn write(&self, what: &T) -> bool {
        // What people could not be told is as lost as a file that could not be written.
        let mut all = !UNTOLD.load(Ordering::Relaxed);
        for (format, file) in &self.all {
            if file.is_none() && format.for_people {
                continue;
            }
            let written = (format.render)(what, false).and_then(|text| match file {
                Some(file) => std::fs::write(file, text).map_err(|why| why.to_string()),
                None => model::write(&text).map_err(|why| why.replace("cannot write: ", "")),
            });
            match (written, file) {
                (Ok(()), None) => {}
                (Ok(()), Some(file)) => {
                    let text = format!("{}: {}", format.name, visible::line(file.as_str()));
                    eprintln!("{}", visible::output(&text));
                }
                (Err(why), file) => {
                    all = false;
                    let place = file.as_ref().map_or("the standard output", |file| file.as_str());
                    let help = "name a file in a folder that is there and may be written to, on a disk with space left";
                    show(&Diagnostic::error(format!("cannot write {place}: {why}")).help(help));
                }
            }
        }
        all
    }
}

/// Whether something that people should have read could not be written.
static UNTOLD: AtomicBool = AtomicBool::new(false);

/// What people read, where they read it: not between the lines of a report for programs.
pub(super) fn tell_people(is_theirs: bool, text: &str) {
    if !is_theirs {
        anstream::eprint!("{text}");
    } else if let Err(why) = model::write(text) {
        UNTOLD.store(true, Ordering::Relaxed);
        show(&Diagnostic::error(why).help("look at where the standard output leads"));
    }
}

/// Whether what people read may have colours.
pub(super) fn people_see_colour(is_theirs: bool) -> bool {
    if is_theirs {
        return colour();
    }
    anstream::AutoStream::choice(&std::io::stderr()) != anstream::ColorChoice::Never
}
