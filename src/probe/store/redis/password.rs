//! The password of a Redis server, as the service itself was given it: by its command, its
//! configuration file, a variable or a secret. Nothing here prints a value.

use std::io;

use super::OF_REDIS;
use crate::{
    probe::credentials::{file_of, read, variable},
    stack::engine::{Container, ELSEWHERE},
};

/// Why a file that may hold the password of a Redis server cannot be read; none if all can, or are
/// not there.
pub(super) async fn unread(container: &Container) -> Option<String> {
    let words = container.command.iter().flat_map(|word| word.split_whitespace()).map(bare);
    let words = words.map(|word| word.trim_start_matches("$(<").to_owned());
    let named =
        OF_REDIS.iter().filter_map(|name| container.environment.get(&format!("{name}_FILE")));
    let secrets = container.mounts.iter().map(|mount| mount.target.clone());
    let files = words.chain(named.cloned()).chain(secrets);
    let files = files.filter(|file| {
        file.starts_with("/run/secrets/") || file.starts_with('/') && file.contains(".conf")
    });
    for file in files {
        let Err(why) = file_of(container, &file) else { continue };
        let absent = [io::ErrorKind::NotFound, io::ErrorKind::IsADirectory].contains(&why.kind());
        // Of a container that is elsewhere nothing is there for us.
        let absent = absent && container.pid != ELSEWHERE;
        if !absent && read(container, &file).await.is_none() {
            return Some(format!("{file}: {why}"));
        }
    }
    None
}

/// The password of a Redis server.
///
/// In this order: `--requirepass` of its command, literal or as `$(cat file)` or `$VARIABLE`; `requirepass` of a
/// configuration file that its command names; a variable or its `_FILE` form; the one secret
/// below `/run/secrets` whose name speaks of redis or of a password.
pub(super) async fn of(container: &Container) -> Option<String> {
    let words: Vec<&str> =
        container.command.iter().flat_map(|word| word.split_whitespace()).collect();
    let mut password = in_command(container, &words).await;
    if password.is_none() {
        password = in_files(container, &words).await;
    }
    for name in OF_REDIS {
        if password.is_none() {
            password = variable(container, name).await;
        }
    }
    if password.is_none() {
        password = in_secrets(container).await;
    }
    password.filter(|password| !password.is_empty())
}

fn bare(word: &str) -> &str {
    word.trim_matches(['"', '\'', ';', ')'])
}

async fn in_command(container: &Container, words: &[&str]) -> Option<String> {
    let at = words.iter().position(|word| bare(word) == "--requirepass")?;
    let next = bare(words.get(at + 1)?);
    let file = match next {
        "$(cat" => words.get(at + 2).map(|path| bare(path)),
        next => next.strip_prefix("$(<"),
    };
    if let Some(path) = file {
        return read(container, path).await.map(|text| text.trim_end().to_owned());
    }
    match next.strip_prefix('$') {
        Some(name) => variable(container, name.trim_matches(['{', '}'])).await,
        None => Some(next.to_owned()),
    }
}

async fn in_files(container: &Container, words: &[&str]) -> Option<String> {
    let mut files: Vec<String> = words
        .iter()
        .map(|word| bare(word))
        .filter(|word| word.starts_with('/'))
        .filter(|word| word.contains(".conf") || word.starts_with("/run/secrets/"))
        .map(str::to_owned)
        .collect();
    let mut at = 0;
    // A file may include others; a circle of them ends too.
    while let Some(file) = files.get(at).cloned() {
        let text = read(container, &file).await;
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

async fn in_secrets(container: &Container) -> Option<String> {
    let targets = container.mounts.iter().map(|mount| mount.target.as_str());
    let secrets = targets.filter(|target| target.starts_with("/run/secrets/"));
    let named = |target: &&str| {
        let name = target.to_lowercase();
        name.contains("redis") || name.contains("pass")
    };
    let [one] = secrets.filter(named).collect::<Vec<_>>()[..] else { return None };
    let text = read(container, one).await?;
    let line = text.lines().find_map(|line| line.trim().strip_prefix("requirepass "));
    Some(bare(line.unwrap_or(&text).trim()).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::credentials::tests::{container, mounted};

    #[tokio::test]
    async fn the_password_of_redis_is_found_where_it_is_given() {
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
            let found = of(&container(command, variables, mounts)).await;
            assert_eq!(found.as_deref(), Some("aye"), "{command} {variables:?}");
        }
        let (_folder, two) =
            mounted(&[("/run/secrets/redis_a", "aye"), ("/run/secrets/redis_b", "nay")]);
        assert_eq!(of(&container("redis-server", &[], two)).await, None, "nobody can tell which");
        assert_eq!(of(&container("redis-server", &[], Vec::new())).await, None);
    }
}
