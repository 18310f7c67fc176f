//! Volumes in their short form: `"./data:/var/lib/data:ro,z"`.
//!
//! Compose specification, "volumes", "Short syntax": `VOLUME:CONTAINER_PATH` or
//! `VOLUME:CONTAINER_PATH:ACCESS_MODE`, or a container path alone.

use std::sync::LazyLock;

use regex::Regex;

use super::path;

/// What is mounted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MountSource {
    /// A directory or file of the host.
    Bind,
    /// A volume, named or not.
    #[default]
    Volume,
}

/// How the host's directory or file is mounted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Bind {
    /// `shared`, `rslave` and the like; empty if not given.
    pub propagation: String,
    /// `z` or `Z`; empty if not given.
    pub selinux: String,
    /// Whether the host's directory is made if it is missing.
    pub create_host_path: bool,
}

/// How a volume is mounted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Mount {
    /// Whether an empty volume stays so, without the image's files.
    pub nocopy: bool,
}

/// A mount. Sections that are `None` are absent; those that are there may be
/// empty, and both kinds may be, whatever `kind` says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Volume {
    /// What is mounted.
    pub kind: MountSource,
    /// Path or name, as written; empty for an anonymous volume.
    pub source: String,
    /// The path inside the container, cleaned.
    pub target: String,
    /// Whether the container may only read.
    pub read_only: bool,
    /// The `bind` section.
    pub bind: Option<Bind>,
    /// The `volume` section.
    pub volume: Option<Mount>,
}

/// Why a text is not a volume.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VolumeError {
    /// The empty text.
    #[error("a volume is empty: write \"source:/target\"")]
    Empty,
    /// Two colons in a row, or one at either end.
    #[error("{0:?} has an empty section between colons: expected \"source:/target:mode\"")]
    EmptySection(String),
    /// More sections than there are.
    #[error("{0:?} has too many colons: expected \"source:/target:mode\"")]
    TooManyColons(String),
}

/// Whether a path in a container begins with a drive, `a:/archive`: so it is read where a volume was to
/// have a name of one letter.
#[must_use]
pub fn is_on_drive(target: &str) -> bool {
    matches!(target.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic())
}

/// What to write instead.
#[must_use]
pub fn drive_help(target: &str) -> String {
    let (name, path) = target.split_once(':').unwrap_or((target, ""));
    format!(
        "one letter before the colon is read as a drive, so that \"{target}\" is a path in the container: give the volume a longer name, or write `{{type: volume, source: {name}, target: {path}}}`"
    )
}

/// What the reader appends to know the end, and so what ends a text early.
const END: char = '\0';

/// The mount a short form stands for. A source that begins with `.`, `/`, `~`,
/// a drive (`C:`) or `\\` is a path of the host. Colons inside `${…}` do not
/// separate. Unknown modes are dropped.
pub fn parse(text: &str) -> Result<Volume, VolumeError> {
    let mut volume = Volume::default();
    match text.len() {
        0 => return Err(VolumeError::Empty),
        1 | 2 => text.clone_into(&mut volume.target),
        _ => {
            fill(text, &mut volume)?;
            set_kind(&mut volume);
        }
    }
    if !volume.target.is_empty() {
        volume.target = path::clean(&volume.target);
    }
    Ok(volume)
}

fn fill(text: &str, volume: &mut Volume) -> Result<(), VolumeError> {
    let (mut section, mut depth) = (String::new(), 0_usize);
    let mut chars = text.chars().chain([END]).peekable();
    while let Some(c) = chars.next() {
        if c == '$' && chars.peek() == Some(&'{') {
            depth += 1;
            section.push(c);
        } else if c == '}' && depth > 0 {
            depth -= 1;
            section.push(c);
        } else if depth > 0 || !matches!(c, ':' | END) || (c == ':' && is_drive(&section)) {
            section.push(c);
        } else {
            set_section(c, std::mem::take(&mut section), volume, text)?;
        }
    }
    Ok(())
}

fn set_section(
    end: char,
    section: String,
    volume: &mut Volume,
    text: &str,
) -> Result<(), VolumeError> {
    if section.is_empty() {
        return Err(VolumeError::EmptySection(text.to_owned()));
    }
    if volume.source.is_empty() {
        let field = if end == END { &mut volume.target } else { &mut volume.source };
        *field = section;
    } else if volume.target.is_empty() {
        volume.target = section;
    } else if end == ':' {
        return Err(VolumeError::TooManyColons(text.to_owned()));
    } else {
        for option in section.split(',') {
            set_option(option, volume);
        }
    }
    Ok(())
}

fn set_option(option: &str, volume: &mut Volume) {
    match option {
        "ro" => volume.read_only = true,
        "rw" => volume.read_only = false,
        "nocopy" => volume.volume = Some(Mount { nocopy: true }),
        "rprivate" | "private" | "rshared" | "shared" | "rslave" | "slave" => {
            option.clone_into(&mut volume.bind.get_or_insert_default().propagation);
        }
        "z" | "Z" => option.clone_into(&mut volume.bind.get_or_insert_default().selinux),
        _ => {}
    }
}

fn set_kind(volume: &mut Volume) {
    if is_host_path(&volume.source) {
        volume.kind = MountSource::Bind;
        volume.bind.get_or_insert_default().create_host_path = true;
    } else {
        volume.kind = MountSource::Volume;
        volume.volume.get_or_insert_default();
    }
}

fn is_host_path(source: &str) -> bool {
    source.starts_with(['.', '/', '~'])
        || source.starts_with(r"\\")
        || source.split_once(':').is_some_and(|(drive, _)| is_drive(drive))
}

/// Whether this is one letter, of any script.
fn is_drive(text: &str) -> bool {
    static LETTER: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\A\p{L}\z").ok());
    LETTER.as_ref().is_some_and(|letter| letter.is_match(text))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn volume(text: &str) -> Volume {
        parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    fn places(text: &str) -> (MountSource, String, String) {
        let Volume { kind, source, target, .. } = volume(text);
        (kind, source, target)
    }

    #[test]
    fn a_path_is_bound_and_a_name_is_a_volume() {
        for source in [".", "./a", "../a", "/a", "~", "~/a", r"C:\a", "c:/a", r"\\.\pipe\a", "é:a"]
        {
            let expected = (MountSource::Bind, source.to_owned(), "/b".to_owned());
            assert_eq!(places(&format!("{source}:/b/./")), expected);
        }
        for source in ["data", "a.b", "${A:-./a}", "$A"] {
            let expected = (MountSource::Volume, source.to_owned(), "/b".to_owned());
            assert_eq!(places(&format!("{source}:/b")), expected);
        }
    }

    #[test]
    fn a_target_alone_is_an_anonymous_volume() {
        assert_eq!(places("/a/../b"), (MountSource::Volume, String::new(), "/b".to_owned()));
        assert_eq!(volume("/a").volume, None);
        assert_eq!(volume("/ab").volume, Some(Mount::default()));
        assert_eq!(places("a:/b"), (MountSource::Volume, String::new(), "a:/b".to_owned()));
    }

    #[test]
    fn modes_fill_the_sections_they_belong_to() {
        let bound = volume("./a:/b:ro,z,rshared,unheard-of");
        assert!(bound.read_only);
        let section =
            Bind { propagation: "rshared".into(), selinux: "z".into(), create_host_path: true };
        assert_eq!((bound.bind, bound.volume), (Some(section), None));
        let named = volume("ab:/c:ro,rw,nocopy,Z");
        assert!(!named.read_only);
        assert_eq!(named.volume, Some(Mount { nocopy: true }));
        assert_eq!(named.bind, Some(Bind { selinux: "Z".into(), ..Bind::default() }));
    }

    #[test]
    fn colons_inside_a_variable_do_not_separate() {
        assert_eq!(
            places("${A:-${B:-./c}}:/d"),
            (MountSource::Volume, "${A:-${B:-./c}}".to_owned(), "/d".to_owned())
        );
        assert_eq!(places("${A:/b:/c"), (MountSource::Volume, String::new(), String::new()));
    }

    #[test]
    fn empty_sections_and_too_many_are_refused() {
        assert_eq!(parse(""), Err(VolumeError::Empty));
        for text in [":/a", "ab::/b", "ab:/b:", "/ab:"] {
            assert!(matches!(parse(text), Err(VolumeError::EmptySection(_))), "{text}");
        }
        assert!(matches!(parse("ab:/c:ro:z"), Err(VolumeError::TooManyColons(_))));
    }

    proptest! {
        #[test]
        fn no_text_panics(text in r"[aé./~:\\$\{\},\x00]{0,16}(:(ro|z|,){0,3})?|.{0,8}") {
            let _ = parse(&text);
        }
    }
}
