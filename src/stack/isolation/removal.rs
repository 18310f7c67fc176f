//! The end of a run's folder.

use std::{
    io::{self, ErrorKind},
    process::Stdio,
};

use tokio::process::Command;

use crate::{
    endpoint,
    stack::{programs, rundir::RunDir},
};

/// Where the folder is in the container that removes it.
const INSIDE: &str = "/run-of-seaworthy";

/// Takes the views of a run away and removes its folder. Containers run by root may have left
/// files in a copy that this user may not remove: then a container of the stack's own images does.
///
/// # Errors
/// The operating system's, with what a person may do about it.
pub async fn remove(folder: &RunDir) -> io::Result<()> {
    if let Some(name) = folder.path().file_name() {
        programs::end_left(name);
    }
    let denied = match folder.remove() {
        Err(why) if why.kind() == ErrorKind::PermissionDenied => why,
        done => return done,
    };
    for image in folder.images() {
        let mount = format!("{}:{INSIDE}", folder.path());
        let command = ["run", "--rm", "--network=none", "--user=0:0", "--pull=never"];
        let views = format!("{INSIDE}/views");
        // Without an entrypoint of its own the image's might start a server.
        let mut docker = Command::new("docker");
        endpoint::hand_to(docker.as_std_mut());
        let ended = docker
            .args(command)
            .args(["--volume", &mount, "--entrypoint", "rm", &image, "-rf", &views])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .await?;
        if ended.success() {
            return folder.remove();
        }
    }
    let why = format!(
        "{denied}; containers left files of other users there: `sudo rm -rf {}`",
        folder.path()
    );
    Err(io::Error::new(ErrorKind::PermissionDenied, why))
}
