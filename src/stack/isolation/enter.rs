//! Running a program where the views of a run stand in the place of the real folders.
//!
//! A hidden subcommand of this binary takes a mount namespace of its own, binds each view over its
//! folder, and becomes the program. A path of the project that a script spells out then leads into
//! the view as well, and one that leads out of it to what lies beside the real folder
//! (`mount_namespaces(7)`).

use std::{env, ffi::OsString, io, os::unix::process::CommandExt as _, process::Command};

use rustix::{
    mount::{MountPropagationFlags, mount_bind_recursive, mount_change},
    thread::UnshareFlags,
};

/// The hidden subcommand.
pub const SUBCOMMAND: &str = "in-view";
/// The exit code of a shell that could not run a command (POSIX, "Exit Status for Commands").
pub const NOT_RUN: u8 = 127;
/// What is printed before the reason, so that it is told from a program's own 127.
pub const CANNOT: &str = "seaworthy cannot run ";

/// Becomes the program, with each `folder` covered by its `view`; returns only when that fails.
#[must_use]
pub fn enter(over: &[String], command: &[OsString]) -> io::Error {
    let Some((program, arguments)) = command.split_first() else {
        return io::Error::other("no program is named");
    };
    if let Err(why) = cover(over) {
        return why;
    }
    Command::new(program).args(arguments).exec()
}

fn cover(over: &[String]) -> io::Result<()> {
    if over.is_empty() {
        return Ok(());
    }
    // Where we are stays the folder that is about to be covered, unless it is entered anew.
    let here = env::current_dir()?;
    // No thread shares anything with this one: the process has no other.
    #[expect(deprecated, reason = "the other form is `unsafe`, for flags that are not used here")]
    rustix::thread::unshare(UnshareFlags::NEWNS)?;
    mount_change("/", MountPropagationFlags::PRIVATE | MountPropagationFlags::REC)?;
    // Inner folders last: an outer one would cover them.
    let mut pairs: Vec<(&String, &String)> =
        over.as_chunks().0.iter().map(|[folder, view]| (folder, view)).collect();
    pairs.sort_by_key(|(folder, _)| folder.len());
    for (folder, view) in pairs {
        mount_bind_recursive(view.as_str(), folder.as_str())?;
    }
    env::set_current_dir(here)
}
