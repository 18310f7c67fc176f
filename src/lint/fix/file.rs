//! Which files may be written.

use std::{
    fs::{self, OpenOptions},
    os::unix::fs::MetadataExt as _,
};

use camino::{Utf8Path, Utf8PathBuf};

use crate::{lint::settings::STANDARD_INPUT, replace::replace, source::Source};

/// Where a file may be written: it is as it was read, inside, and ours to write.
///
/// # Errors
/// Why it may not.
pub(super) fn may_write(
    real: Option<&Utf8Path>,
    source: &Source,
    is_inside: impl FnOnce(&Utf8Path) -> bool,
) -> Result<Utf8PathBuf, String> {
    if source.path() == STANDARD_INPUT {
        return Err("the standard input cannot be written".into());
    }
    let real = real.ok_or("the file is no longer there")?;
    if !is_inside(real) {
        return Err("the file does not lie in the project's folder".into());
    }
    let cannot = |why: std::io::Error| format!("the file cannot be written: {why}");
    let found = fs::metadata(real).map_err(cannot)?;
    if !found.is_file() {
        return Err("it is no file".into());
    }
    // Who may do everything still heeds what the owner says.
    if found.mode() & 0o222 == 0 {
        return Err("the file is read-only".into());
    }
    if found.nlink() > 1 {
        return Err(
            "the file has a second name (a hard link), which would keep the old text".into()
        );
    }
    OpenOptions::new().write(true).open(real).map_err(cannot)?;
    let bytes = fs::read(real).map_err(cannot)?;
    if bytes != source.text().as_bytes() {
        return Err("the file has changed since it was read".into());
    }
    Ok(real.to_owned())
}

/// Takes back what was written, unless somebody else has written since.
///
/// # Errors
/// Why not.
pub(super) fn restore(real: &Utf8Path, new: &str, old: &str) -> Result<(), String> {
    let now = fs::read(real).map_err(|why| why.to_string())?;
    if now != new.as_bytes() {
        return Err("somebody else has changed it meanwhile".into());
    }
    replace(real, old.as_bytes()).map_err(|why| why.to_string())
}
