//! Chromium as a program: where it is, and how it is started so that it reaches nothing but the stack.

use std::{
    env,
    ffi::OsString,
    fmt::Write as _,
    net::SocketAddr,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Stdio,
};

use camino::Utf8Path;
use tokio::process::Command;

/// The variable that names the program.
pub const VARIABLE: &str = "SEAWORTHY_CHROMIUM";
/// Its names on the `PATH`, in the order in which they are looked for.
pub const NAMES: [&str; 5] =
    ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];
/// How to get one.
pub const INSTALL: &str = "apt-get install --no-install-recommends chromium";

/// The pipe that the browser reads commands from.
pub(super) const TO: &str = "to";
/// The pipe that it writes answers to.
pub(super) const FROM: &str = "from";
/// What it says on its error output.
pub(super) const LOG: &str = "log";

/// No window, no helpers of its maker's, no profile of before.
const OPTIONS: &[&str] = &[
    "--headless=new",
    "--remote-debugging-pipe",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-dev-shm-usage",
    "--disable-breakpad",
    "--disable-crash-reporter",
    "--no-first-run",
    "--no-default-browser-check",
    "--no-proxy-server",
];
/// Opens the pipes under the numbers that `--remote-debugging-pipe` speaks on.
const SCRIPT: &str = "exec 3<to 4>from && exec \"$@\"";

/// A host and port that people type, and where they lead now.
pub type Door = (String, SocketAddr);

/// Finds the program.
///
/// # Errors
/// Where it was looked for.
pub fn find() -> Result<PathBuf, String> {
    find_in(env::var_os(VARIABLE), env::var_os("PATH"))
}

fn find_in(named: Option<OsString>, path: Option<OsString>) -> Result<PathBuf, String> {
    if let Some(named) = named.filter(|named| !named.is_empty()) {
        let program = PathBuf::from(named);
        return if is_program(&program) {
            Ok(program)
        } else {
            Err(format!("{VARIABLE} names {}, which is no program", program.display()))
        };
    }
    let folders: Vec<PathBuf> = env::split_paths(&path.unwrap_or_default()).collect();
    let places = NAMES.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    places.into_iter().find(|place| is_program(place)).ok_or_else(|| {
        format!("none of {} is on the PATH, and {VARIABLE} is not set", NAMES.join(", "))
    })
}

fn is_program(path: &Path) -> bool {
    path.metadata().is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}

/// The rules by which every name and address but those of the stack leads nowhere.
fn rules(doors: &[Door]) -> String {
    let mut rules = String::new();
    for (typed, at) in doors {
        let _written = write!(rules, "MAP {typed} {at}, ");
    }
    rules + "MAP * ~NOTFOUND"
}

/// The command, with all that it writes in `folder`.
pub(super) fn command(
    program: &Path,
    folder: &Utf8Path,
    doors: &[Door],
) -> std::io::Result<Command> {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", SCRIPT, "sh"]).arg(program).args(OPTIONS);
    if rustix::process::geteuid().is_root() {
        // Chromium refuses to be root with its sandbox.
        command.arg("--no-sandbox");
    }
    command
        .arg(format!("--user-data-dir={}", folder.join("profile")))
        .arg(format!("--host-resolver-rules={}", rules(doors)))
        .arg("about:blank")
        .current_dir(folder)
        .env("HOME", folder)
        // The folder as such would make the path of a socket in it too long.
        .env("TMPDIR", ".")
        .env("DBUS_SESSION_BUS_ADDRESS", "disabled:")
        .env_remove("XDG_CONFIG_HOME")
        .env_remove("XDG_CACHE_HOME")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(std::fs::File::create(folder.join(LOG))?);
    Ok(command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_named_program_goes_before_the_path_and_must_be_one() {
        assert_eq!(find_in(Some("/bin/sh".into()), None), Ok("/bin/sh".into()));
        let why = find_in(Some("/nowhere/chromium".into()), Some("/usr/bin".into()));
        assert!(why.is_err_and(|why| why.contains("/nowhere/chromium")), "not the PATH's instead");
        let why = find_in(Some("".into()), Some("/nowhere".into())).expect_err("none");
        assert!(why.contains("chromium-browser") && why.contains(VARIABLE), "{why}");
    }

    #[test]
    fn what_is_no_door_of_the_stack_leads_nowhere() {
        let doors = [("localhost:80".to_owned(), SocketAddr::from(([127, 0, 0, 1], 49153)))];
        assert_eq!(rules(&doors), "MAP localhost:80 127.0.0.1:49153, MAP * ~NOTFOUND");
    }
}
