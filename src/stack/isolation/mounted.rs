//! The mounts below a folder, as the kernel lists them, and their end.
//!
//! proc(5), `/proc/<pid>/mountinfo`: the fifth field is the place, with blanks in octal.

use std::{fs, io};

use camino::{Utf8Path, Utf8PathBuf};
use rustix::{
    io::Errno,
    mount::{UnmountFlags, unmount},
};

/// How often the list is read again: a mount may lie on another.
const ROUNDS: usize = 8;

/// The places of all mounts strictly below a folder, in the order they were made.
///
/// # Errors
/// The operating system's.
pub(super) fn below(folder: &Utf8Path) -> io::Result<Vec<Utf8PathBuf>> {
    let text = fs::read_to_string("/proc/self/mountinfo")?;
    let places = text.lines().filter_map(|line| line.split(' ').nth(4)).map(unescaped);
    Ok(places.filter(|place| place != folder && place.starts_with(folder)).collect())
}

fn unescaped(field: &str) -> Utf8PathBuf {
    let mut bytes = Vec::new();
    let mut rest = field.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let octal = (*first == b'\\').then(|| after.get(..3)).flatten();
        let byte = octal
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 8).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &after[3..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned().into()
}

/// Takes every mount below a folder away, the last first, and proves it.
///
/// # Errors
/// What is still mounted.
pub fn unmount_below(folder: &Utf8Path) -> io::Result<()> {
    // The kernel knows a folder by its real name.
    let folder = match folder.canonicalize_utf8() {
        Ok(folder) => folder,
        Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(why) => return Err(why),
    };
    let mut last = None;
    for _ in 0..ROUNDS {
        let places = below(&folder)?;
        if places.is_empty() {
            return Ok(());
        }
        for place in places.iter().rev() {
            let done = unmount(place.as_std_path(), UnmountFlags::NOFOLLOW);
            // Whoever still uses it keeps it; nobody finds it any more.
            let detach = UnmountFlags::NOFOLLOW | UnmountFlags::DETACH;
            let done = match done {
                Err(Errno::BUSY) => unmount(place.as_std_path(), detach),
                done => done,
            };
            if let Err(why) = done {
                last = Some(format!("{place}: {why}"));
            }
        }
    }
    match below(&folder)?.first() {
        None => Ok(()),
        Some(left) => {
            let why = last.unwrap_or_else(|| "no reason was given".into());
            Err(io::Error::other(format!("{left} is still mounted ({why})")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_read_with_their_blanks() {
        assert_eq!(unescaped(r"/a\040b/c\134d"), r"/a b/c\d");
        assert_eq!(unescaped(r"/a\04"), r"/a\04");
    }

    #[test]
    fn the_root_has_mounts_below_it() {
        let places = below(Utf8Path::new("/")).expect("the kernel's list");
        assert!(places.iter().any(|place| place == "/proc"), "{places:?}");
    }
}
