//! The passwords of a service, as the service itself was given them.
//!
//! A variable (`MYSQL_PASSWORD`), or the file that its `…_FILE` form names; of Redis also what
//! its command or its configuration file says. Files are read where the engine
//! mounted them from, else in the container. Nothing here prints a value.

use std::{
    fs::{self, File},
    io::{self, Read as _},
};

use rustix::fs::{Mode, OFlags, ResolveFlags, open, openat2};

use crate::stack::engine::Container;

/// No password is longer.
const LONGEST: u64 = 1 << 16;

/// A file of a running container, as its processes see it.
///
/// # Errors
/// The operating system's.
pub fn file_of(container: &Container, path: &str) -> io::Result<String> {
    let root = format!("/proc/{}/root", container.pid);
    let root = open(root, OFlags::PATH | OFlags::CLOEXEC, Mode::empty())?;
    // Links are followed as in the container, never out of it.
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let inside = path.trim_start_matches('/');
    let file = openat2(&root, inside, flags, Mode::empty(), ResolveFlags::IN_ROOT)?;
    let mut text = String::new();
    File::from(file).take(LONGEST).read_to_string(&mut text)?;
    Ok(text)
}

/// A file that is mounted into a container, or any other of its files.
fn read(container: &Container, path: &str) -> Option<String> {
    let mounted = container.mounts.iter().find_map(|mount| {
        let below = path.strip_prefix(&mount.target)?;
        let source = (mount.kind == "bind" && (below.is_empty() || below.starts_with('/')))
            .then(|| format!("{}{below}", mount.source))?;
        fs::read_to_string(source).ok()
    });
    mounted.or_else(|| file_of(container, path).ok())
}

/// The value of a variable of a container, or what the file says that `<name>_FILE` names.
#[must_use]
pub fn variable(container: &Container, name: &str) -> Option<String> {
    let plain = container.environment.get(name).cloned();
    let value = plain.or_else(|| {
        let path = container.environment.get(&format!("{name}_FILE"))?;
        // As `$(cat file)` in the entrypoints of the official images.
        Some(read(container, path)?.trim_end_matches(['\n', '\r']).to_owned())
    });
    value.filter(|value| !value.is_empty())
}

/// Variables from which the images and clients of Redis take the password.
pub const OF_REDIS: [&str; 4] =
    ["REDIS_PASSWORD", "REDISCLI_AUTH", "VALKEY_PASSWORD", "VALKEYCLI_AUTH"];

/// The password of a Redis server.
///
/// In this order: `--requirepass` of its command, literal or as `$(cat file)` or `$VARIABLE`; `requirepass` of a
/// configuration file that its command names; a variable or its `_FILE` form; the one secret
/// below `/run/secrets` whose name speaks of redis or of a password.
#[must_use]
pub fn redis(container: &Container) -> Option<String> {
    let words: Vec<&str> =
        container.command.iter().flat_map(|word| word.split_whitespace()).collect();
    in_command(container, &words)
        .or_else(|| in_files(container, &words))
        .or_else(|| OF_REDIS.iter().find_map(|name| variable(container, name)))
        .or_else(|| in_secrets(container))
        .filter(|password| !password.is_empty())
}

fn bare(word: &str) -> &str {
    word.trim_matches(['"', '\'', ';', ')'])
}

fn in_command(container: &Container, words: &[&str]) -> Option<String> {
    let at = words.iter().position(|word| bare(word) == "--requirepass")?;
    let next = bare(words.get(at + 1)?);
    let file = match next {
        "$(cat" => words.get(at + 2).map(|path| bare(path)),
        next => next.strip_prefix("$(<"),
    };
    if let Some(path) = file {
        return read(container, path).map(|text| text.trim_end().to_owned());
    }
    match next.strip_prefix('$') {
        Some(name) => variable(container, name.trim_matches(['{', '}'])),
        None => Some(next.to_owned()),
    }
}

fn in_files(container: &Container, words: &[&str]) -> Option<String> {
    let mut files: Vec<String> = words
        .iter()
        .map(|word| bare(word))
        .filter(|word| word.starts_with('/'))
        .filter(|word| word.contains(".conf") || word.starts_with("/run/secrets/"))
        .map(str::to_owned)
        .collect();
    let mut at = 0;
    // A file may include others; a circle of them ends too.
    while let Some(text) = files.get(at).map(|file| read(container, file)) {
        for line in text.unwrap_or_default().lines() {
            match line.split_once(char::is_whitespace).map(|(word, rest)| (word, bare(rest.trim())))
            {
                Some(("requirepass", password)) => return Some(password.to_owned()),
                Some(("include", file)) if !files.iter().any(|known| known == file) => {
                    files.push(file.to_owned());
                }
                _ => {}
            }
        }
        at += 1;
    }
    None
}

fn in_secrets(container: &Container) -> Option<String> {
    let targets = container.mounts.iter().map(|mount| mount.target.as_str());
    let secrets = targets.filter(|target| target.starts_with("/run/secrets/"));
    let named = |target: &&str| {
        let name = target.to_lowercase();
        name.contains("redis") || name.contains("pass")
    };
    let [one] = secrets.filter(named).collect::<Vec<_>>()[..] else { return None };
    let text = read(container, one)?;
    let line = text.lines().find_map(|line| line.trim().strip_prefix("requirepass "));
    Some(bare(line.unwrap_or(&text).trim()).to_owned())
}

#[cfg(test)]
mod tests {
    use indexmap::IndexMap;
    use std::time::Duration;

    use super::*;
    use crate::stack::engine::Mount;

    fn container(command: &str, variables: &[(&str, &str)], mounts: Vec<Mount>) -> Container {
        let of = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Container {
            id: String::new(),
            name: "store-1".into(),
            service: "store".into(),
            image: String::new(),
            image_id: String::new(),
            state: "running".into(),
            exit_code: 0,
            restarts: 0,
            health: None,
            health_test: Vec::new(),
            command: vec!["sh".into(), "-c".into(), command.into()],
            environment: variables.iter().map(of).collect(),
            pid: 0,
            addresses: IndexMap::new(),
            bindings: Vec::new(),
            labels: IndexMap::new(),
            mounts,
            health_timeout: Duration::ZERO,
        }
    }

    /// Files, each mounted at its path.
    fn mounted(files: &[(&str, &str)]) -> (tempfile::TempDir, Vec<Mount>) {
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

    #[test]
    fn a_variable_may_stand_in_a_file() {
        let (_folder, mounts) = mounted(&[("/run/secrets/db", "aye\n")]);
        let both = container("", &[("A", "plain"), ("B_FILE", "/run/secrets/db")], mounts);
        assert_eq!(variable(&both, "A").as_deref(), Some("plain"));
        assert_eq!(variable(&both, "B").as_deref(), Some("aye"));
        assert_eq!(variable(&both, "C"), None);
    }

    #[test]
    fn the_password_of_redis_is_found_where_it_is_given() {
        let secret = [("/run/secrets/store_password", "aye\n")];
        let conf = [
            ("/etc/redis.conf", "port 6379\ninclude /run/secrets/acl\n"),
            ("/run/secrets/acl", "requirepass \"aye\"\n"),
        ];
        for (command, variables, files) in [
            ("redis-server --requirepass aye", &[] as &[_], &[] as &[_]),
            (
                "exec redis-server --requirepass \"$(cat /run/secrets/store_password)\"",
                &[],
                &secret,
            ),
            ("redis-server --requirepass \"$REDIS_PASSWORD\"", &[("REDIS_PASSWORD", "aye")], &[]),
            ("redis-server /etc/redis.conf", &[], &conf),
            ("redis-server", &[("REDIS_PASSWORD_FILE", "/run/secrets/store_password")], &secret),
            ("redis-server", &[("REDISCLI_AUTH", "aye")], &[]),
            ("run-the-server", &[], &secret),
        ] {
            let (_folder, mounts) = mounted(files);
            let found = redis(&container(command, variables, mounts));
            assert_eq!(found.as_deref(), Some("aye"), "{command} {variables:?}");
        }
        let (_folder, two) =
            mounted(&[("/run/secrets/redis_a", "aye"), ("/run/secrets/redis_b", "nay")]);
        assert_eq!(redis(&container("redis-server", &[], two)), None, "nobody can tell which");
        assert_eq!(redis(&container("redis-server", &[], Vec::new())), None);
    }
}
