//! Where the files give a Redis server its password.
//!
//! The server reads its configuration file first and the options of its command line after it, and
//! the last `requirepass` counts, be it an empty one (redis.conf, "Passing arguments via the command
//! line"). A variable gives it none by itself: the images that read one do that in a start script.

use std::{collections::BTreeSet, fs, io};

use camino::Utf8Path;

use super::OF_REDIS;
use crate::{
    compose::{Project, Service, tree::Node},
    facts::{
        answers::{path, reference::Reference},
        image,
    },
    probe::ProbeError,
};

use super::guard::Guard;

/// What the files say of a server's password.
///
/// # Errors
/// When a file that may give it is there and not for us to read, or when the image decides whether it
/// reads the variable that is set.
pub fn of_files(project: &Project, name: &str, service: &Service) -> Result<Guard, ProbeError> {
    let given = Given::of(project, name, service);
    let words = given.words();
    let (by_file, unread) = given.by_files(&words);
    let last = given.by_command(&words).or(by_file);
    match last {
        Some(Setting { how: Some(how) }) => return Ok(Guard::Guarded(vec![how])),
        // An empty one is no password, whatever a variable says besides.
        Some(Setting { how: None }) => return Ok(Guard::Bare),
        None => {}
    }
    if let Some(why) = unread {
        return Err(why);
    }
    let Some(variable) = given.variable() else { return Ok(Guard::Bare) };
    match given.reads_variables(&words) {
        Some(true) => Ok(Guard::Guarded(vec![format!("by {variable}")])),
        Some(false) => Ok(Guard::Bare),
        None => Err(ProbeError {
            doing: format!("see whether {variable} gives the server its password"),
            why: format!("the image {} decides whether it reads it", given.image()),
        }),
    }
}

/// A `requirepass`: how it gives a password, or that it gives an empty one.
struct Setting {
    how: Option<String>,
}

/// Images whose start script reads no such variable.
const PLAIN: [&str; 6] = [
    "redis",
    "valkey",
    "valkey/valkey",
    "redis/redis-stack",
    "redis/redis-stack-server",
    "eqalpha/keydb",
];
/// Whose images read `REDIS_PASSWORD`, `VALKEY_PASSWORD` and their `_FILE` forms.
const READERS: [&str; 4] = ["bitnami", "bitnamilegacy", "bitnamisecure", "soldevelo"];
/// What starts a server without more ado.
const SERVERS: [&str; 4] =
    ["redis-server", "valkey-server", "keydb-server", "docker-entrypoint.sh"];

/// A server as its files describe it.
struct Given<'p> {
    project: &'p Project,
    name: &'p str,
    service: &'p Service,
}

impl<'p> Given<'p> {
    fn of(project: &'p Project, name: &'p str, service: &'p Service) -> Self {
        Self { project, name, service }
    }

    /// The image, or the base of the one that is built.
    fn image(&self) -> String {
        match image::recipe(self.project, self.name, self.service) {
            Ok(recipe) => recipe.base(),
            Err(_) => self.service.image.as_ref().map_or_else(String::new, |it| it.value.clone()),
        }
    }

    /// The words of its command, what a shell is given taken apart.
    fn words(&self) -> Vec<String> {
        let image::Command { entrypoint, command } =
            crate::facts::command::of(self.project, self.name, self.service);
        let listed = [entrypoint, command].into_iter().flat_map(Result::unwrap_or_default);
        let mut words: Vec<String> = Vec::new();
        for word in listed {
            if word.contains(char::is_whitespace) {
                words.extend(taken_apart(&word));
            } else {
                words.push(word);
            }
        }
        // The images of Redis Stack put these options behind the others.
        if self.image().contains("redis-stack") {
            words.extend(self.value("REDIS_ARGS").map(taken_apart).unwrap_or_default());
        }
        words
    }

    fn value(&self, variable: &str) -> Option<&'p str> {
        self.service.environment.get(variable)?.value.as_deref()
    }

    /// The last `requirepass` of its command.
    fn by_command(&self, words: &[String]) -> Option<Setting> {
        let mut last = None;
        for (at, word) in words.iter().enumerate() {
            let asks =
                at > 0 && words.get(at - 1).is_some_and(|word| word.eq_ignore_ascii_case("get"));
            if asks || !is_requirepass(word.trim_start_matches("--")) {
                continue;
            }
            let value = words.get(at + 1).map_or("", String::as_str);
            // A variable of the service that is empty leaves an empty password.
            let variable = value.strip_prefix('$').map(|name| name.trim_matches(['{', '}']));
            let is_empty = value.is_empty()
                || [";", "|", "&", "&&", "||"].contains(&value)
                || variable.is_some_and(|name| self.value(name) == Some(""));
            let how = (!is_empty).then(|| "by `requirepass` of its command".to_owned());
            last = Some(Setting { how });
        }
        last
    }

    /// The last `requirepass` of the files that it reads; besides, a file that may have one, is
    /// there and is not for us to read.
    fn by_files(&self, words: &[String]) -> (Option<Setting>, Option<ProbeError>) {
        let plain = self.reads_variables(words) == Some(false);
        let targets = self.targets();
        let mut open: Vec<(String, Content)> = Vec::new();
        let named = words.iter().filter(|word| word.starts_with('/'));
        open.extend(named.filter_map(|word| Some((word.clone(), within(&targets, word)?))));
        if !plain {
            // A start script of the image may name any file.
            open.extend(targets.iter().map(|(target, content)| (target.clone(), content.clone())));
        }
        let (mut last, mut unread) = (None, None);
        let mut read = BTreeSet::new();
        open.reverse();
        while let Some((target, content)) = open.pop() {
            if !read.insert(target.clone()) {
                continue;
            }
            let text = match content.text() {
                Ok(text) => text,
                Err(why) if why.kind() == io::ErrorKind::PermissionDenied => {
                    let doing = format!("look for `requirepass` in {}", content.told(&target));
                    unread.get_or_insert(ProbeError { doing, why: why.to_string() });
                    continue;
                }
                // What a secret says is not there before it is made.
                Err(_) if target.starts_with("/run/secrets/") && words.contains(&target) => {
                    let told = target.trim_start_matches("/run/secrets/");
                    let how = format!(
                        "by the secret \"{told}\", its configuration, which is made before the start"
                    );
                    last = Some(Setting { how: Some(how) });
                    continue;
                }
                Err(_) => continue,
            };
            for line in text.lines() {
                let line = line.trim();
                let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
                let value = rest.trim().trim_matches(['"', '\'']);
                if is_requirepass(word) {
                    let how = format!("by a line of {}", content.told(&target));
                    last = Some(Setting { how: Some(how).filter(|_| !value.is_empty()) });
                } else if word.eq_ignore_ascii_case("include") {
                    match within(&targets, value) {
                        Some(content) if content.is_there() => {
                            open.push((value.to_owned(), content));
                        }
                        _ if value.starts_with("/run/secrets/") => {
                            let how = format!("by a line of {}", content.told(&target));
                            last = Some(Setting { how: Some(how) });
                        }
                        _ => {}
                    }
                }
            }
        }
        (last, unread)
    }

    /// What lies at which path of its containers: mounts, configs, secrets.
    fn targets(&self) -> Vec<(String, Content)> {
        let Self { project, service, .. } = self;
        let mounted = service.volumes.iter().filter_map(|used| {
            let source = used.source.as_ref().filter(|source| source.starts_with('/'))?;
            Some((path::real(used.target.as_ref()?), Content::File(source.value.clone())))
        });
        let configs = service.configs.iter().filter_map(|used| {
            let key = used.source.as_ref()?.as_str();
            let config = project.configs.get(key)?;
            let content = project.at(&["configs", key, "content"]).and_then(Node::as_str);
            let content = match (&config.file, content) {
                (Some(file), _) => Content::File(file.value.clone()),
                (None, content) => Content::Text(content?.to_owned()),
            };
            Some((path::real(&path::of_config(used)), content))
        });
        let secrets = service.secrets.iter().filter_map(|used| {
            let file = project.secrets.get(used.source.as_ref()?.as_str())?.file.as_ref()?;
            Some((path::of_secret(used), Content::File(file.value.clone())))
        });
        mounted.chain(configs).chain(secrets).collect()
    }

    /// The variable that is to give a password, if one is set.
    fn variable(&self) -> Option<String> {
        let is_set = |name: &String| self.value(name).is_some_and(|value| !value.is_empty());
        // What the client takes alone gives the server none.
        let of_server = OF_REDIS.iter().filter(|name| !name.ends_with("CLI_AUTH"));
        of_server.flat_map(|name| [(*name).to_owned(), format!("{name}_FILE")]).find(is_set)
    }

    /// Whether the image puts such a variable in force; none if nobody knows.
    fn reads_variables(&self, words: &[String]) -> Option<bool> {
        let image = self.image();
        let reference = Reference::new(&image);
        let name = reference.repository.strip_prefix("library/").unwrap_or(reference.repository);
        let owner = name.split('/').next().unwrap_or_default();
        if READERS.contains(&owner) {
            return Some(true);
        }
        let starts = words.first().is_none_or(|word| {
            let program = word.rsplit('/').next().unwrap_or(word);
            SERVERS.contains(&program)
                || word.starts_with('-')
                || Utf8Path::new(word).extension() == Some("conf")
        });
        (PLAIN.contains(&name) && starts).then_some(false)
    }
}

/// What a file of a container says.
#[derive(Debug, Clone)]
enum Content {
    /// What a file or folder of this host does.
    File(String),
    /// This.
    Text(String),
}

impl Content {
    fn text(&self) -> io::Result<String> {
        match self {
            Self::File(file) => fs::read_to_string(file),
            Self::Text(text) => Ok(text.clone()),
        }
    }

    fn is_there(&self) -> bool {
        match self {
            Self::File(file) => fs::exists(file).unwrap_or(true),
            Self::Text(_) => true,
        }
    }

    fn told<'a>(&'a self, target: &'a str) -> &'a str {
        match self {
            Self::File(file) => file,
            Self::Text(_) => target,
        }
    }
}

/// What lies at a path: itself, or in a folder that is mounted above it.
fn within(targets: &[(String, Content)], at: &str) -> Option<Content> {
    let at = path::real(at);
    let above = targets.iter().filter(|(target, _)| path::is_within(&at, target));
    let (target, content) = above.max_by_key(|(target, _)| target.len())?;
    let rest = at.strip_prefix(&path::real(target))?.trim_start_matches('/');
    Some(match content {
        Content::File(file) if !rest.is_empty() => Content::File(format!("{file}/{rest}")),
        content => content.clone(),
    })
}

fn is_requirepass(word: &str) -> bool {
    word.eq_ignore_ascii_case("requirepass")
}

/// The words of a script: quotes taken away, remarks left out. What is quoted and speaks of
/// `requirepass` is taken apart as well: it is a line of a configuration.
fn taken_apart(script: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    let mut letters = script.chars().peekable();
    let mut depth = 0_usize;
    while let Some(c) = letters.next() {
        match (quote, c) {
            (None, '#') if word.is_none() && depth == 0 => {
                while letters.next_if(|c| *c != '\n').is_some() {}
            }
            (None | Some('"'), '\\') => {
                if let Some(c) = letters.next().filter(|c| *c != '\n') {
                    word.get_or_insert_default().push(c);
                }
            }
            (_, '(') if depth > 0 || word.as_ref().is_some_and(|word| word.ends_with('$')) => {
                depth += 1;
                word.get_or_insert_default().push(c);
            }
            (_, ')') if depth > 0 => {
                depth -= 1;
                word.get_or_insert_default().push(c);
            }
            (_, c) if depth > 0 => word.get_or_insert_default().push(c),
            (None, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (Some(open), c) if open == c => quote = None,
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (None, ';' | '|' | '&' | '(' | ')') => {
                words.extend(word.take());
                words.push(c.to_string());
            }
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    let apart = |word: String| -> Vec<String> {
        let speaks = word.to_ascii_lowercase().contains("requirepass");
        if !speaks || !word.contains(char::is_whitespace) {
            return vec![word];
        }
        // `printf` writes `\n` for the end of a line.
        let text = word.replace("\\n", "\n");
        let parts = text.split_whitespace().map(|part| part.trim_matches(['"', '\'']).to_owned());
        parts.collect()
    };
    words.into_iter().flat_map(apart).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Result<bool, String> {
        let text = format!(
            "services:\n  a: {{{text}}}\nconfigs: {{c: {{content: \"port 1\\nrequirepass x\\n\"}}, d: {{content: \"requirepass x\\nRequirePass ''\\n\"}}}}\nsecrets: {{s: {{file: /not/there}}}}\n"
        );
        let project: Project =
            crate::compose::project::load_text("compose.yaml", &text).expect("a model").into();
        let guard = of_files(&project, "a", &project.services["a"]);
        guard.map(|guard| matches!(guard, Guard::Guarded(_))).map_err(|why| why.why)
    }

    #[test]
    fn a_password_is_seen_wherever_the_files_give_it() {
        for (text, is) in [
            ("image: redis, command: redis-server --requirepass secret", true),
            ("image: redis, command: [--requirepass, secret]", true),
            ("image: redis, command: [redis-server, '--requirepass secret']", true),
            ("image: redis, command: redis-server", false),
            ("image: redis, command: redis-server --requirepass", false),
            ("image: redis, command: 'redis-server --requirepass \"\"'", false),
            ("image: redis, command: [redis-server, --requirepass, '']", false),
            ("image: redis, command: [redis-server, --requirepass, a, --requirepass, '']", false),
            ("image: redis, command: [redis-server, --requirepass, '', --requirePass, a]", true),
            (
                "image: redis, environment: {P: ''}, command: [sh, -c, 'redis-server --requirepass \"$$P\"']",
                false,
            ),
            (
                "image: redis, environment: {P: a}, command: [sh, -c, 'exec redis-server --requirepass $${P}']",
                true,
            ),
            (
                "image: redis, command: [sh, -c, 'exec redis-server --requirepass \"$$(cat /run/secrets/s)\"']",
                true,
            ),
            (
                "image: redis, command: [sh, -c, \"# redis-server --requirepass a\\nexec redis-server\"]",
                false,
            ),
            ("image: redis, command: [sh, -c, 'exec redis-server # --requirepass a']", false),
            (
                "image: redis, command: [sh, -c, 'echo \"requirepass $$(cat /run/secrets/s)\" | redis-server -']",
                true,
            ),
            (
                "image: redis, command: [sh, -c, \"printf 'requirepass %s\\\\n' \\\"$$(cat /run/secrets/s)\\\" | redis-server -\"]",
                true,
            ),
            ("image: redis, configs: [{source: c, target: /c}], command: redis-server /c", true),
            ("image: redis, configs: [{source: d, target: /c}], command: redis-server /c", false),
            ("image: redis, configs: [{source: c, target: /c}]", false),
            (
                "image: redis, configs: [{source: c, target: /c}], command: [redis-server, /c, --requirepass, '']",
                false,
            ),
            ("image: redis, secrets: [s], command: redis-server /run/secrets/s", true),
            ("image: redis, secrets: [s]", false),
            ("image: redis/redis-stack, environment: {REDIS_ARGS: '--requirepass a'}", true),
            ("image: redis, environment: {REDIS_ARGS: '--requirepass a'}", false),
        ] {
            assert_eq!(said(text), Ok(is), "{text}");
        }
    }

    #[test]
    fn a_variable_gives_a_password_where_the_image_reads_it() {
        for (text, is) in [
            (
                "image: 'bitnami/redis:7', environment: {REDIS_PASSWORD_FILE: /run/secrets/a}",
                Ok(true),
            ),
            ("image: 'bitnami/valkey:8', environment: {VALKEY_PASSWORD: a}", Ok(true)),
            ("image: 'bitnami/redis:7', environment: {REDIS_PASSWORD: ''}", Ok(false)),
            ("image: 'redis:7', environment: {REDIS_PASSWORD: a}", Ok(false)),
            (
                "image: 'docker.io/library/redis:7', environment: {REDIS_PASSWORD_FILE: /a}",
                Ok(false),
            ),
            ("image: 'valkey/valkey:8', environment: {VALKEY_PASSWORD: a}", Ok(false)),
            ("image: 'redis:7', environment: {REDISCLI_AUTH: a}", Ok(false)),
            (
                "image: x, build: {dockerfile_inline: 'FROM redis:7'}, environment: {REDIS_PASSWORD: a}",
                Ok(false),
            ),
            (
                "image: 'shop/redis:7', environment: {REDIS_PASSWORD: a}",
                Err("the image shop/redis:7 decides whether it reads it"),
            ),
            (
                "image: 'redis:7', entrypoint: /start.sh, environment: {REDIS_PASSWORD: a}",
                Err("the image redis:7 decides whether it reads it"),
            ),
        ] {
            assert_eq!(said(text), is.map_err(str::to_owned), "{text}");
        }
    }
}
