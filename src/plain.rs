//! Opening what a project names, and never waiting for it.
//!
//! A path may lead to anything: a folder, a named pipe that nobody writes to, a socket, a
//! device. Opening or reading one of these may wait for ever, so it is told what it is.

use std::{
    fs::{self, File},
    io::{self, Error, ErrorKind, Read as _},
    os::unix::fs::FileTypeExt as _,
    sync::OnceLock,
};

use camino::Utf8Path;
use rustix::io::Errno;

/// Opens a file for reading.
///
/// The empty device is an empty file. A pipe that the caller has open already (`/dev/fd/63`, as a
/// shell passes `<(command)`) has somebody who writes to it, and is read.
///
/// # Errors
/// The operating system's, and in words of our own for what is no file.
pub fn open(path: &Utf8Path) -> io::Result<File> {
    let kind = fs::metadata(path).map_err(|why| of_link(path, why))?.file_type();
    let refused = |kind, what: &str| Err(Error::new(kind, what.to_owned()));
    if kind.is_dir() {
        return refused(ErrorKind::IsADirectory, "it is a folder");
    }
    if kind.is_socket() {
        return refused(ErrorKind::InvalidInput, "it is a socket, not a file");
    }
    if kind.is_fifo() && !is_passed(path) {
        return refused(ErrorKind::InvalidInput, "it is a named pipe, not a file");
    }
    if (kind.is_char_device() || kind.is_block_device())
        && !is_passed(path)
        && path != "/dev/null"
        && fs::canonicalize(path).is_ok_and(|real| real.as_os_str() != "/dev/null")
    {
        return refused(ErrorKind::InvalidInput, "it is a device, not a file");
    }
    File::open(path)
}

/// Of a link that leads nowhere, that it does.
fn of_link(path: &Utf8Path, why: Error) -> Error {
    if !path.is_symlink() {
        return why;
    }
    if why.kind() == ErrorKind::NotFound {
        return Error::new(why.kind(), "it is a link to what is not there");
    }
    if why.raw_os_error() == Some(Errno::LOOP.raw_os_error()) {
        return Error::new(why.kind(), "it is a link that leads back to itself");
    }
    why
}

/// How much of the standard input is read.
const LARGEST: u64 = (256 << 20) + 1;

/// The standard input, whole: it is read once, and may be asked for more than once.
///
/// # Errors
/// The operating system's.
pub fn standard_input() -> io::Result<&'static [u8]> {
    static READ: OnceLock<Result<Vec<u8>, (ErrorKind, String)>> = OnceLock::new();
    let read = READ.get_or_init(|| {
        let mut bytes = Vec::new();
        let read = io::stdin().take(LARGEST).read_to_end(&mut bytes);
        read.map(|_| bytes).map_err(|why| (why.kind(), why.to_string()))
    });
    read.as_deref().map_err(|(kind, why)| Error::new(*kind, why.clone()))
}

/// Whether a path names what this process has open.
fn is_passed(path: &Utf8Path) -> bool {
    path == "/dev/stdin" || path.starts_with("/dev/fd") || path.starts_with("/proc/self/fd")
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use super::*;

    fn refused(path: &Utf8Path) -> String {
        open(path).expect_err("no file").to_string()
    }

    #[test]
    fn what_is_no_file_is_told_and_not_waited_for() {
        let folder = tempfile::tempdir().expect("a folder");
        let folder = Utf8Path::from_path(folder.path()).expect("UTF-8");
        let made = std::process::Command::new("mkfifo").arg(folder.join("p")).status();
        assert!(made.expect("mkfifo").success());
        let _listening = UnixListener::bind(folder.join("s")).expect("a socket");
        assert_eq!(refused(folder), "it is a folder");
        assert_eq!(refused(&folder.join("p")), "it is a named pipe, not a file");
        assert_eq!(refused(&folder.join("s")), "it is a socket, not a file");
        assert_eq!(refused("/dev/zero".into()), "it is a device, not a file");
        std::os::unix::fs::symlink(folder.join("p"), folder.join("l")).expect("a link");
        assert_eq!(refused(&folder.join("l")), "it is a named pipe, not a file");
        for (link, to) in [("d", "gone"), ("c", "c"), ("one", "other"), ("other", "one")] {
            std::os::unix::fs::symlink(to, folder.join(link)).expect("a link");
        }
        assert_eq!(refused(&folder.join("d")), "it is a link to what is not there");
        assert_eq!(open(&folder.join("d")).expect_err("no file").kind(), ErrorKind::NotFound);
        assert_eq!(refused(&folder.join("c")), "it is a link that leads back to itself");
        assert_eq!(refused(&folder.join("one")), "it is a link that leads back to itself");
        assert!(open("/dev/null".into()).is_ok());
    }
}
