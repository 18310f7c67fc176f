//! The passwords of a service, as the service itself was given them.
//!
//! A variable (`MYSQL_PASSWORD`), or the file that its `…_FILE` form names. Files are read where the
//! engine mounted them from, else in the container. Nothing here prints a value.

use std::{
    fs::{self, File},
    io::{self, Read as _},
};

use rustix::fs::OFlags;

use super::files;
use crate::stack::engine::{Container, ELSEWHERE, Engine};

/// No password is longer.
const LONGEST: u64 = 1 << 16;

/// A file of a running container, as its processes see it.
///
/// # Errors
/// The operating system's.
pub fn file_of(container: &Container, path: &str) -> io::Result<String> {
    let file = files::open_in(container.pid, path, OFlags::RDONLY | OFlags::NONBLOCK)?;
    let mut text = String::new();
    File::from(file).take(LONGEST).read_to_string(&mut text)?;
    Ok(text)
}

/// A file that is mounted into a container, or any other of its files; by the engine's own copy where
/// its files are not this host's, or not ours to read.
pub(super) async fn read(container: &Container, path: &str) -> Option<String> {
    let mounted = container.mounts.iter().find_map(|mount| {
        let below = path.strip_prefix(&mount.target)?;
        // The folders of another host are somebody else's here.
        let source = (mount.kind == "bind"
            && container.pid != ELSEWHERE
            && (below.is_empty() || below.starts_with('/')))
        .then(|| format!("{}{below}", mount.source))?;
        fs::read_to_string(source).ok()
    });
    if let Some(text) = mounted.or_else(|| file_of(container, path).ok()) {
        return Some(text);
    }
    let copied = Engine::connect().await.ok()?.file(container, path).await.ok()??;
    String::from_utf8(copied).ok()
}

/// The value of a variable of a container, or what the file says that `<name>_FILE` names.
pub async fn variable(container: &Container, name: &str) -> Option<String> {
    let value = if let Some(plain) = container.environment.get(name) {
        plain.clone()
    } else {
        let path = container.environment.get(&format!("{name}_FILE"))?;
        // As `$(cat file)` in the entrypoints of the official images.
        read(container, path).await?.trim_end_matches(['\n', '\r']).to_owned()
    };
    Some(value).filter(|value| !value.is_empty())
}

#[cfg(test)]
pub(super) mod tests {
    use indexmap::IndexMap;
    use std::time::Duration;

    use super::*;
    use crate::stack::engine::Mount;

    pub fn container(command: &str, variables: &[(&str, &str)], mounts: Vec<Mount>) -> Container {
        let of = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Container {
            id: String::new(),
            name: "store-1".into(),
            service: "store".into(),
            image: String::new(),
            image_tag: String::new(),
            image_id: String::new(),
            state: "running".into(),
            exit_code: 0,
            restarts: 0,
            started: None,
            finished: None,
            restart: crate::stack::engine::Restart::default(),
            out_of_memory: false,
            health: None,
            health_test: Vec::new(),
            command: vec!["sh".into(), "-c".into(), command.into()],
            environment: variables.iter().map(of).collect(),
            pid: 0,
            addresses: IndexMap::new(),
            hardware: IndexMap::new(),
            bindings: Vec::new(),
            labels: IndexMap::new(),
            mounts,
            health_timeout: Duration::ZERO,
            asked: crate::stack::engine::Asked::default(),
        }
    }

    /// Files, each mounted at its path.
    pub fn mounted(files: &[(&str, &str)]) -> (tempfile::TempDir, Vec<Mount>) {
        let folder = tempfile::tempdir().expect("a folder");
        let mount = |(at, (target, text)): (usize, &(&str, &str))| {
            let source = folder.path().join(at.to_string());
            fs::write(&source, text).expect("a file");
            let source = source.to_str().expect("UTF-8").to_owned();
            Mount { kind: "bind".into(), source, target: (*target).to_owned(), writable: false }
        };
        let mounts = files.iter().enumerate().map(mount).collect();
        (folder, mounts)
    }

    #[tokio::test]
    async fn a_variable_may_stand_in_a_file() {
        let (_folder, mounts) = mounted(&[("/run/secrets/db", "aye\n")]);
        let both = container("", &[("A", "plain"), ("B_FILE", "/run/secrets/db")], mounts);
        assert_eq!(variable(&both, "A").await.as_deref(), Some("plain"));
        assert_eq!(variable(&both, "B").await.as_deref(), Some("aye"));
        assert_eq!(variable(&both, "C").await, None);
    }
}
