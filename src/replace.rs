//! Replacing a file as a whole: whoever reads it meanwhile sees the old one or the new one.

use std::{
    fs,
    io::{self, Write as _},
    os::unix::fs::{MetadataExt as _, fchown},
};

use camino::Utf8Path;

/// Writes a file anew. A link stays one and what it leads to is written; mode and owner are kept.
///
/// # Errors
/// The operating system's; then the file is as it was.
pub fn replace(path: &Utf8Path, bytes: &[u8]) -> io::Result<()> {
    let real = path.canonicalize_utf8()?;
    let name = real.file_name().unwrap_or("file");
    let beside = real.with_file_name(format!(".{name}.seaworthy-{}", std::process::id()));
    let mut file = fs::File::create_new(&beside)?;
    let written = (|| {
        file.write_all(bytes)?;
        let (old, new) = (fs::metadata(&real)?, file.metadata()?);
        if (old.uid(), old.gid()) != (new.uid(), new.gid()) {
            fchown(&file, Some(old.uid()), Some(old.gid()))?;
        }
        // Last: a new owner takes some bits away.
        file.set_permissions(old.permissions())?;
        file.sync_all()?;
        fs::rename(&beside, &real)
    })();
    if written.is_err() {
        // What is left of it is of no use; the first error is told.
        let _removed = fs::remove_file(&beside);
    }
    written
}
