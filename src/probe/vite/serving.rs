//! Which service serves Vite: by what the files declare, and by who answers for `/@vite/client`.
//!
//! A name says nothing: the service may be called anything. Its command, the scripts of its
//! `package.json`, its health check and its ports do, and its server itself.

use std::{fs, path::Path, time::Duration};

use indexmap::IndexMap;
use reqwest::Method;

use crate::{
    compose::{Project, Service},
    probe::{http, listeners},
    stack::{Stack, StackError, chain, dial, engine::Container},
};

/// The script that Vite's development server adds to every page.
pub const CLIENT: &str = "/@vite/client";
/// The port that Vite takes where it is told none.
const PORT: u16 = 5173;
/// How long a port may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);
/// How many ports of a container are asked.
const PORTS: usize = 8;

/// Programs that run a script of `package.json`.
const RUNNERS: [&str; 4] = ["npm", "pnpm", "yarn", "bun"];

/// Which service serves Vite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Serving {
    /// This one.
    One(String),
    /// Nobody can tell which of these, each with what speaks for it; none where nothing speaks for any.
    Undecided(IndexMap<String, String>),
}

impl Serving {
    /// The services whose logs tell more.
    pub fn services(&self) -> impl Iterator<Item = &String> {
        let (one, several) = match self {
            Self::One(service) => (Some(service), None),
            Self::Undecided(candidates) => (None, Some(candidates.keys())),
        };
        one.into_iter().chain(several.into_iter().flatten())
    }

    /// Why nobody can tell; none where somebody can.
    #[must_use]
    pub fn undecided(&self) -> Option<String> {
        let Self::Undecided(candidates) = self else { return None };
        if candidates.is_empty() {
            return Some(format!(
                "which service serves Vite is undecided: no service runs `vite` by its command or a script of its package.json, has a health check that asks for {CLIENT}, or has port {PORT}"
            ));
        }
        let told: Vec<String> =
            candidates.iter().map(|(name, why)| format!("\"{name}\" ({why})")).collect();
        Some(format!("which service serves Vite is undecided: {}", told.join(", ")))
    }
}

/// Which service of a running stack serves Vite.
///
/// # Errors
/// The engine's, when it does not list the containers.
pub async fn serving(stack: &Stack) -> Result<Serving, StackError> {
    let mut candidates = declared(&stack.project, stack.directory.as_std_path());
    let mut unseen = Vec::new();
    for container in stack.containers().await? {
        if container.absence().is_some() {
            continue;
        }
        let name = &container.service;
        match runs_vite(&stack.engine.processes(&container).await) {
            Some(Ok(why)) => {
                candidates.entry(name.clone()).or_insert(why);
            }
            // It may be one: only its answer tells.
            Some(Err(why)) if !candidates.contains_key(name) => {
                candidates.insert(name.clone(), why);
                unseen.push(name.clone());
            }
            Some(Err(_)) | None => {}
        }
    }
    let mut answering = Vec::new();
    let names: Vec<String> = candidates.keys().cloned().collect();
    for name in names {
        let said = match stack.service(&name).await {
            Ok(containers) => match containers.first() {
                Some(container) => answer(container).await,
                None => Err("it has no container".to_owned()),
            },
            Err(why) => Err(why.to_string()),
        };
        let told = match said {
            Ok(port) => {
                answering.push(name.clone());
                format!("it answers for {CLIENT} at port {port}")
            }
            Err(why) => why,
        };
        if let Some(why) = candidates.get_mut(&name) {
            *why = format!("{why}; {told}");
        }
    }
    Ok(decided(candidates, &answering, &unseen))
}

/// Who it is of those that may be, by who answers; `unseen` are those of whose processes nobody knows.
fn decided(
    candidates: IndexMap<String, String>,
    answering: &[String],
    unseen: &[String],
) -> Serving {
    if let [one] = answering {
        return Serving::One(one.clone());
    }
    match candidates.first() {
        // The only one that could: its log says why it does not.
        Some((one, _)) if candidates.len() == 1 && !unseen.contains(one) => {
            Serving::One(one.clone())
        }
        _ => Serving::Undecided(candidates),
    }
}

/// What of a container's processes speaks for it, as one does whose image says its command; else why
/// nobody can tell, and nothing where none of them is Vite.
fn runs_vite<E: std::error::Error>(
    lines: &Result<Vec<String>, E>,
) -> Option<Result<String, String>> {
    let lines = match lines {
        Ok(lines) => lines,
        Err(why) => return Some(Err(format!("its processes cannot be listed: {}", chain(why)))),
    };
    let line = lines.iter().find(|line| line.split_whitespace().any(is_vite))?;
    Some(Ok(format!("a process of it is `{line}`")))
}

/// The port at which a container answers for Vite's client; else why none does.
async fn answer(container: &Container) -> Result<u16, String> {
    let tables = dial::tables(container).await.map_err(|why| why.to_string())?;
    let listeners = listeners::in_tables(&tables);
    let mut ports: Vec<u16> = listeners.into_iter().map(|listener| listener.port).collect();
    ports.sort_unstable_by_key(|port| (*port != PORT, *port));
    ports.dedup();
    let mut asked = Vec::new();
    for port in ports.iter().take(PORTS) {
        let told = match dial::once(container, *port).await {
            Ok(at) => {
                let url = format!("http://{at}{CLIENT}");
                match http::raw(&url, Method::GET, PATIENCE).await {
                    Ok((200, text)) if super::is_client(&text) => return Ok(*port),
                    Ok((status, _)) => format!("{port} (status {status})"),
                    Err(http::Unanswered::Unasked(why) | http::Unanswered::HungUp(why)) => {
                        format!("{port} ({why})")
                    }
                }
            }
            Err(why) => format!("{port} ({})", chain(&why)),
        };
        asked.push(told);
    }
    Err(if asked.is_empty() {
        "it listens on no port".to_owned()
    } else {
        format!("it does not answer for {CLIENT} at port {}", asked.join(", "))
    })
}

/// The services that may serve Vite by what the files say, each with what speaks for it. A port alone
/// speaks for one only where nothing else speaks for any.
fn declared(project: &Project, directory: &Path) -> IndexMap<String, String> {
    let of = |signs: fn(&Service, &Path) -> Option<String>| -> IndexMap<String, String> {
        let services = project.services.iter();
        services
            .filter_map(|(name, service)| Some((name.clone(), signs(service, directory)?)))
            .collect()
    };
    let runs = of(runs);
    if runs.is_empty() { of(has_the_port) } else { runs }
}

fn runs(service: &Service, directory: &Path) -> Option<String> {
    let lists = [&service.entrypoint, &service.command];
    let words: Vec<&str> = lists
        .into_iter()
        .flatten()
        .flatten()
        .flat_map(|word| word.split([' ', '\t', '\n', ';', '&', '|', '"', '\'']))
        .filter(|word| !word.is_empty())
        .collect();
    if let Some(word) = words.iter().find(|word| is_vite(word)) {
        return Some(format!("its command runs `{word}`"));
    }
    if let Some(found) = script(&words).and_then(|name| by_script(service, directory, name)) {
        return Some(found);
    }
    let check = service.healthcheck.as_ref().map(|check| &check.test);
    let asks = check.into_iter().flatten().any(|word| word.contains("/@vite/"));
    asks.then(|| "its health check asks Vite".to_owned())
}

/// `vite`, `/app/node_modules/.bin/vite`, `node_modules/vite/bin/vite.js`.
fn is_vite(word: &str) -> bool {
    let name = word.rsplit('/').next().unwrap_or(word);
    matches!(name, "vite" | "vite.js" | "vite.mjs") || name.starts_with("vite@")
}

/// The script of `package.json` that a command runs.
fn script<'w>(words: &[&'w str]) -> Option<&'w str> {
    let at = words.iter().position(|word| RUNNERS.contains(word))?;
    words[at + 1..].iter().find(|word| **word != "run" && !word.starts_with('-')).copied()
}

fn by_script(service: &Service, directory: &Path, script: &str) -> Option<String> {
    let mounted = service.volumes.iter().filter_map(|mount| mount.source.as_ref());
    let built = service.build.as_ref().and_then(|build| build.context.as_ref());
    let folders = mounted.map(|source| source.as_str()).chain(built.map(|path| path.as_str()));
    folders.map(|folder| directory.join(folder).join("package.json")).find_map(|file| {
        // One that is not there speaks for nobody.
        let text = fs::read_to_string(&file).ok()?;
        let package: serde_json::Value = serde_json::from_str(&text).ok()?;
        let line = package.get("scripts")?.get(script)?.as_str()?;
        let vite = line.split_whitespace().any(is_vite);
        vite.then(|| format!("its command runs the script \"{script}\", which is `{line}`"))
    })
}

fn has_the_port(service: &Service, _: &Path) -> Option<String> {
    let exposed = service.expose.iter().filter_map(|port| port.split('/').next()?.parse().ok());
    let mut ports = service.ports.iter().map(|port| port.target()).chain(exposed);
    ports.any(|port| port == PORT).then(|| format!("it has port {PORT}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str, directory: &Path) -> Vec<(String, String)> {
        let project: Project =
            crate::compose::project::load_text("compose.yaml", text).expect("a model").into();
        declared(&project, directory).into_iter().collect()
    }

    fn names(text: &str) -> Vec<String> {
        of(text, Path::new("/nowhere")).into_iter().map(|(name, _)| name).collect()
    }

    #[test]
    fn a_name_says_nothing_and_the_command_does() {
        let text = "services:\n  node: {image: node, command: node server.js, ports: ['5173:5173']}\n  \
             assets: {image: a, command: [node, node_modules/vite/bin/vite.js, --host]}\n  \
             invite: {image: a, command: ./invite --reinvite}\n";
        assert_eq!(names(text), ["assets"]);
        assert_eq!(names(&text.replace("vite/bin/vite.js", "x.js")), ["node"], "by its port");
        let check = "services:\n  a: {image: a, healthcheck: {test: 'wget http://localhost:3000/@vite/client'}}\n";
        assert_eq!(names(check), ["a"]);
        assert!(names("services:\n  node: {image: node}\n  vite: {image: b}\n").is_empty());
    }

    #[test]
    fn a_script_of_package_json_is_read() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::create_dir(folder.path().join("web")).expect("a folder");
        let package = r#"{"scripts": {"dev": "NODE_ENV=dev vite --host", "start": "node x.js"}}"#;
        fs::write(folder.path().join("web/package.json"), package).expect("a file");
        let text = |script: &str| {
            format!(
                "services:\n  a: {{image: a, command: npm run {script}, volumes: ['{}:/app']}}\n",
                folder.path().join("web").display()
            )
        };
        let found = of(&text("dev"), folder.path());
        assert_eq!(found.len(), 1);
        assert!(found[0].1.contains("\"dev\""), "{found:?}");
        assert!(of(&text("start"), folder.path()).is_empty());
    }

    #[test]
    fn who_cannot_be_asked_is_no_nobody() {
        let of = |names: &[&str]| -> IndexMap<String, String> {
            names.iter().map(|name| ((*name).to_owned(), "why".to_owned())).collect()
        };
        let list = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let one = |name: &str| Serving::One(name.to_owned());
        assert_eq!(decided(of(&["a", "b"]), &list(&["b"]), &[]), one("b"));
        assert_eq!(decided(of(&["a"]), &[], &[]), one("a"), "its log tells why it is silent");
        for (candidates, answering, unseen) in [
            (vec![], vec![], vec![]),
            (vec!["a"], vec![], vec!["a"]),
            (vec!["a", "b"], vec![], vec!["b"]),
        ] {
            let serving = decided(of(&candidates), &list(&answering), &list(&unseen));
            assert_eq!(serving, Serving::Undecided(of(&candidates)), "{candidates:?}");
        }
        let refused = Err(std::io::Error::other("the engine is gone"));
        let told = runs_vite(&refused).expect("nobody knows").expect_err("nobody knows");
        assert_eq!(told, "its processes cannot be listed: the engine is gone");
        let lines =
            |line: &str| -> std::io::Result<Vec<String>> { Ok(vec!["sh".into(), line.into()]) };
        assert!(
            runs_vite(&lines("node /app/node_modules/.bin/vite --host"))
                .is_some_and(|is| is.is_ok())
        );
        assert!(runs_vite(&lines("node server.js")).is_none());
    }

    #[test]
    fn several_or_none_are_undecided_by_name() {
        let none = Serving::Undecided(IndexMap::new());
        assert!(none.undecided().expect("undecided").contains("no service runs `vite`"));
        let two = ["web", "docs"].map(|name| (name.to_owned(), "its command runs `vite`".into()));
        let two = Serving::Undecided(two.into_iter().collect());
        let told = two.undecided().expect("undecided");
        assert!(told.contains("\"web\" (its command") && told.contains("\"docs\" ("), "{told}");
        assert_eq!(Serving::One("web".into()).undecided(), None);
    }
}
