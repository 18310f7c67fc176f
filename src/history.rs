//! The folder in which runs leave their results for later ones.
//!
//! A result is a file of JSON, named by its time so that names sort by it, and by chance so that two runs
//! at once never meet. It is written beside its name and moved there whole. Nothing is ever removed or
//! written over, and of what cannot be read each file is told. What the results mean is
//! [`crate::run::history`]'s.

use std::{
    collections::hash_map::RandomState,
    fs::{self, File, OpenOptions},
    hash::{BuildHasher as _, Hasher as _},
    io::{self, Read as _, Write as _},
    os::unix::fs::OpenOptionsExt as _,
};

use camino::{Utf8Path, Utf8PathBuf};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{diagnostic::Diagnostic, run::history::Past, words::counted};

/// So many earlier results are read, the newest.
pub const MOST: usize = 100;
/// A result is no longer than this, in bytes.
pub const LONGEST: u64 = 4 << 20;
/// What every result says of itself.
const KIND: &str = "history";
/// The form of results: a key may be added to it, and none changes.
const VERSION: u64 = 1;
/// Files that cannot be read are told one by one up to this many.
const TOLD: usize = 5;

/// What earlier runs left.
#[derive(Debug, Default)]
pub struct Earlier {
    /// The oldest first.
    pub runs: Vec<Past>,
    /// Older results that were not read.
    pub unread: usize,
    /// Files that say nothing, and why; they are left as they are.
    pub warnings: Vec<Diagnostic>,
}

/// A result as it is written.
#[derive(Serialize)]
struct Written<'p> {
    seaworthy: &'static str,
    version: u64,
    #[serde(flatten)]
    past: &'p Past,
}

/// What tells a result from other files.
#[derive(Deserialize)]
struct Head {
    seaworthy: String,
    version: u64,
}

/// Writes a run's result into a folder, which is made if it is not there.
///
/// # Errors
/// What cannot be written, and why.
pub fn write(folder: &Utf8Path, past: &Past) -> Result<Utf8PathBuf, Box<Diagnostic>> {
    let cannot = |path: &Utf8Path, why: &dyn std::fmt::Display| {
        Box::new(
            Diagnostic::error(format!("cannot write the run's result to {path}: {why}")).help(
                "name a folder with --history that is there, or can be made, and may be written to, on a disk with space left",
            ),
        )
    };
    fs::create_dir_all(folder).map_err(|why| cannot(folder, &why))?;
    let written = Written { seaworthy: KIND, version: VERSION, past };
    let mut text = serde_json::to_vec(&written).map_err(|why| cannot(folder, &why))?;
    text.push(b'\n');
    if u64::try_from(text.len()).is_ok_and(|length| length > LONGEST) {
        let why = format!("it has {} bytes, and none of more than {LONGEST} is read", text.len());
        return Err(cannot(folder, &why));
    }
    let name = name(past);
    let (file, draft) =
        (folder.join(format!("{name}.json")), folder.join(format!(".{name}.draft")));
    let put = || -> io::Result<()> {
        let mut into = OpenOptions::new().write(true).create_new(true).open(&draft)?;
        into.write_all(&text)?;
        into.sync_all()?;
        fs::rename(&draft, &file)
    };
    put().map_err(|why| {
        // Without its end it is nobody's result.
        let _gone_or_never_made = fs::remove_file(&draft);
        cannot(&file, &why)
    })?;
    Ok(file)
}

/// `20261120T140500000Z-0123456789abcdef`: the time, and what no other run has.
fn name(past: &Past) -> String {
    let began = DateTime::parse_from_rfc3339(&past.started).unwrap_or_default();
    let mut chance = RandomState::new().build_hasher();
    chance.write_u32(std::process::id());
    let time = began.with_timezone(&Utc).format("%Y%m%dT%H%M%S%3f");
    format!("{time}Z-{:016x}", chance.finish())
}

/// Whether a file is named as [`name`] does.
fn is_result(name: &str) -> bool {
    let Some((time, chance)) = name.strip_suffix(".json").and_then(|name| name.split_once("Z-"))
    else {
        return false;
    };
    let digits = |text: &str| text.bytes().all(|c| c.is_ascii_digit());
    let is_time = time.split_once('T').is_some_and(|(day, time)| {
        day.len() == 8 && time.len() == 9 && digits(day) && digits(time)
    });
    is_time && chance.len() == 16 && chance.bytes().all(|c| c.is_ascii_hexdigit())
}

/// Reads what earlier runs left in a folder; `own` is the result of the run at hand.
#[must_use]
pub fn read(folder: &Utf8Path, own: Option<&Utf8Path>) -> Earlier {
    let mut earlier = Earlier::default();
    let listed = match names(folder) {
        Ok(listed) => listed,
        Err(why) if why.kind() == io::ErrorKind::NotFound => return earlier,
        Err(why) => {
            earlier.warnings.push(
                Diagnostic::warning(format!("earlier results in {folder} cannot be read: {why}"))
                    .help("name with --history a folder that may be read"),
            );
            return earlier;
        }
    };
    let (mut results, others): (Vec<String>, Vec<String>) =
        listed.into_iter().partition(|name| is_result(name));
    let own = own.and_then(Utf8Path::file_name);
    results.retain(|name| Some(name.as_str()) != own);
    results.sort_unstable();
    earlier.unread = results.len().saturating_sub(MOST);
    let mut odd: Vec<(Utf8PathBuf, Odd)> =
        others.into_iter().map(|name| (folder.join(name), Odd::Named)).collect();
    odd.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    for name in results.drain(earlier.unread..) {
        let file = folder.join(name);
        match result(&file) {
            Ok(past) => earlier.runs.push(past),
            Err(why) => odd.push((file, why)),
        }
    }
    // Names are cut to the same length, so that their order is that of time; clocks are not trusted further.
    earlier.runs.sort_by(|a, b| a.started.cmp(&b.started));
    let more = odd.len().saturating_sub(TOLD);
    earlier.warnings.extend(odd.iter().take(TOLD).map(|(file, why)| why.told(file)));
    if more > 0 {
        let more = counted(i128::try_from(more).unwrap_or(i128::MAX), "more file");
        earlier.warnings.push(
            Diagnostic::warning(format!("{more} in {folder} cannot be read as earlier results"))
                .help("mend or remove those named before: then these are named"),
        );
    }
    earlier
}

/// The files of a folder that might be results.
fn names(folder: &Utf8Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        let is_json = Utf8Path::new(&name).extension() == Some("json");
        if is_json && !name.starts_with('.') {
            names.push(name);
        }
    }
    Ok(names)
}

/// Why a file is no result.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Odd {
    /// It is not named as one.
    Named,
    /// It is a folder, a FIFO or the like.
    NoFile,
    /// It is of a form that is not known yet.
    Newer(u64),
    /// It does not say what a result says.
    Damaged(String),
    /// The operating system does not give it.
    Unreadable(String),
}

impl Odd {
    fn told(&self, file: &Utf8Path) -> Diagnostic {
        let (why, help) = match self {
            Self::Named => (
                "it is not named as a result is",
                "keep other files elsewhere, or under a name that does not end in .json",
            ),
            Self::NoFile => ("it is no plain file", "remove it, or keep it elsewhere"),
            Self::Newer(version) => (
                &*format!("it is of version {version}, and this seaworthy knows {VERSION}"),
                "use the newer seaworthy that wrote it, or name another folder with --history",
            ),
            Self::Damaged(why) => (
                why.as_str(),
                "it is left as it is: mend it, or remove it, and what it told is missing in the history",
            ),
            Self::Unreadable(why) => (why.as_str(), "see who may read it"),
        };
        Diagnostic::warning(format!("{file} is not read as the result of an earlier run: {why}"))
            .help(help)
    }
}

/// A file as a result.
fn result(file: &Utf8Path) -> Result<Past, Odd> {
    let unreadable = |why: io::Error| Odd::Unreadable(why.to_string());
    // A link may lead to a FIFO, which nobody may ever write to: neither opening nor reading waits.
    let nonblocking = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
    let is_plain = |known: &fs::Metadata| known.is_file();
    if !file.as_std_path().metadata().map_err(unreadable)?.is_file() {
        return Err(Odd::NoFile);
    }
    let opened = OpenOptions::new().read(true).custom_flags(nonblocking).open(file);
    let opened: File = opened.map_err(unreadable)?;
    if !is_plain(&opened.metadata().map_err(unreadable)?) {
        return Err(Odd::NoFile);
    }
    let mut text = Vec::new();
    opened.take(LONGEST + 1).read_to_end(&mut text).map_err(unreadable)?;
    if u64::try_from(text.len()).is_ok_and(|length| length > LONGEST) {
        return Err(Odd::Damaged(format!("it has more than {LONGEST} bytes")));
    }
    let no_json = |why: serde_json::Error| Odd::Damaged(format!("it is no result: {why}"));
    let head: Head = serde_json::from_slice(&text).map_err(no_json)?;
    if head.seaworthy != KIND {
        return Err(Odd::Damaged("it is something else of seaworthy's".into()));
    }
    if head.version > VERSION {
        return Err(Odd::Newer(head.version));
    }
    let past: Past = serde_json::from_slice(&text).map_err(no_json)?;
    sound(&past).map_err(Odd::Damaged)?;
    Ok(past)
}

/// Whether a result says what it may say: it is held against others.
fn sound(past: &Past) -> Result<(), String> {
    if !past.started.ends_with('Z') || DateTime::parse_from_rfc3339(&past.started).is_err() {
        return Err("\"started\" is no time of UTC".into());
    }
    let durations = past.ready.iter().map(|ready| ready.seconds).chain([past.seconds]);
    if durations.into_iter().any(|seconds| seconds < 0.0) {
        return Err("a duration is less than none".into());
    }
    let is_id =
        |id: &String| matches!(id.len(), 40 | 64) && id.bytes().all(|c| c.is_ascii_hexdigit());
    if past.commit.as_ref().is_some_and(|id| !is_id(id)) {
        return Err("\"commit\" is no commit's id".into());
    }
    Ok(())
}

#[cfg(test)]
mod tests;
