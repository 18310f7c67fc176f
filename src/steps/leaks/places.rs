//! Where secrets are looked for on a running stack.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    time::{Duration, Instant},
};

use futures::{Stream, StreamExt as _, TryStreamExt as _};
use reqwest::{Client, Method, redirect};
use serde_json::Value;

use super::super::looks::unreadable;
use crate::{
    probe::{
        ProbeError,
        kernel::{self, Process},
        layers::{self, Looked, Pieces},
        search::{Hit, Needles},
    },
    run::Failure,
    stack::{
        Stack, StackError,
        engine::{Container, EngineError},
    },
};

/// How many pieces of an image may wait to be looked through.
const WAITING: usize = 16;
/// How long an error page may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// An address that is longer than any server takes.
const TOO_LONG: usize = 20_000;

/// A kind of place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    /// Compose files, Dockerfiles, env files.
    Files,
    /// What `docker inspect` shows to whoever may ask the engine.
    Description,
    /// Layers, configuration and history of an image.
    Image,
    /// `/proc/<pid>/environ`.
    Environment,
    /// `/proc/<pid>/cmdline`.
    CommandLine,
    /// The log of a container.
    Log,
    /// What a visitor is shown when something goes wrong.
    Page,
}

impl Place {
    /// All but the files.
    pub(super) const OBSERVED: [Self; 6] = [
        Self::Description,
        Self::Image,
        Self::Environment,
        Self::CommandLine,
        Self::Log,
        Self::Page,
    ];

    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Files => "the files",
            Self::Description => "the engine's description",
            Self::Image => "an image",
            Self::Environment => "the environment of a process",
            Self::CommandLine => "a command line",
            Self::Log => "a log",
            Self::Page => "an error page",
        }
    }

    pub(super) const fn help(self) -> &'static str {
        match self {
            Self::Files => {
                "take it out of the files: declare it in `secrets:` with a file outside version control, and name that by the `…_FILE` variable that the image reads; then change the value"
            }
            Self::Description => {
                "do not give it by `environment:`, `command:`, `healthcheck:` or `labels:`: give the service a file by `secrets:`, and let the program read it (`…_FILE`)"
            }
            Self::Image => {
                "do not copy it into the image, not even to delete it in a later step: give it at run time by `secrets:`, or to a build step by `RUN --mount=type=secret`; then change the value"
            }
            Self::Environment => {
                "let the program read the secret's file itself: what an entrypoint exports, every child inherits"
            }
            Self::CommandLine => {
                "give it by a file or by standard input: a command line is for everyone on the machine to read"
            }
            Self::Log => "do not log it, and change the value: logs are kept and passed on",
            Self::Page => {
                "show visitors no details of an error (debug mode off), and change the value"
            }
        }
    }
}

/// A secret that was found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Found {
    pub place: Place,
    /// For people; reads after "in".
    pub at: String,
    pub hit: Hit,
    /// The service that it is about, if it is one's.
    pub service: Option<String>,
}

type Seen = Vec<(String, String)>;

/// Looks everywhere.
pub(super) async fn look(
    stack: &Stack,
    needles: &Needles,
) -> Result<(BTreeSet<Found>, Seen), Failure> {
    let containers = stack.containers().await?;
    let mut found = BTreeSet::new();
    let mut seen = Seen::new();
    let (images, rest) = tokio::join!(images(stack, &containers, needles), async {
        let mut found = BTreeSet::new();
        let mut seen = Seen::new();
        // What they provoke is logged, and the logs come after them.
        let pages = pages(stack, needles, &mut found).await;
        for container in &containers {
            descriptions(stack, container, needles, &mut found).await?;
            let processes = processes(stack, container, needles, &mut found).await?;
            let bytes = log(stack, container, needles, &mut found).await?;
            let line = format!("its description, {processes} processes, {bytes} bytes of its log");
            seen.push((container.name.clone(), line));
        }
        seen.push((
            "error pages".to_owned(),
            if pages.is_empty() { "no web server is published".into() } else { pages.join("\n") },
        ));
        Ok::<_, Failure>((found, seen))
    });
    for (more, lines) in [images?, rest?] {
        found.extend(more);
        seen.extend(lines);
    }
    Ok((found, seen))
}

/// Calls back with every text of a JSON document and the path to it.
fn texts(value: &Value, path: &str, act: &mut impl FnMut(&str, &str)) {
    match value {
        Value::String(text) => act(path, text),
        Value::Array(items) => items.iter().for_each(|item| texts(item, path, act)),
        Value::Object(entries) => {
            for (key, item) in entries {
                act(path, key);
                texts(item, &format!("{path}.{key}"), act);
            }
        }
        _ => {}
    }
}

async fn descriptions(
    stack: &Stack,
    container: &Container,
    needles: &Needles,
    found: &mut BTreeSet<Found>,
) -> Result<(), Failure> {
    let text = stack.engine.description(container).await.map_err(StackError::from)?;
    let description: Value = serde_json::from_str(&text).map_err(|why| {
        Failure::error(format!("read the description of {}", container.name), why.to_string())
    })?;
    texts(&description, "", &mut |path, text| {
        for hit in needles.find(text.as_bytes()) {
            let key = path.trim_start_matches('.');
            // The key of a map may be the secret itself.
            let key = if needles.find(key.as_bytes()).is_empty() { key } else { "a key" };
            let at = format!("{key} of {} (docker inspect)", container.name);
            let service = Some(container.service.clone());
            found.insert(Found { place: Place::Description, at, hit, service });
        }
    });
    Ok(())
}

async fn processes(
    stack: &Stack,
    container: &Container,
    needles: &Needles,
    found: &mut BTreeSet<Found>,
) -> Result<usize, Failure> {
    if container.pid == 0 {
        return Ok(0);
    }
    // A health check is there now and then only: what it says is in the engine's description.
    let own = kernel::processes(&stack.engine, container).await.map_err(StackError::from)?;
    let mut count = 0;
    for Process { id, name: program, .. } in own {
        for (file, place) in [("environ", Place::Environment), ("cmdline", Place::CommandLine)] {
            let bytes = match fs::read(format!("/proc/{id}/{file}")) {
                Ok(bytes) => bytes,
                // It has ended since it was listed.
                Err(why) if why.kind() == io::ErrorKind::NotFound => continue,
                Err(why) if why.raw_os_error() == Some(rustix::io::Errno::SRCH.raw_os_error()) => {
                    continue;
                }
                Err(why) => {
                    return Err(unreadable(container, &format!("/proc/<pid>/{file}"), &why));
                }
            };
            for hit in needles.find(&bytes) {
                let at = format!("/proc/<pid>/{file} of {program} in {}", container.name);
                let service = Some(container.service.clone());
                found.insert(Found { place, at, hit, service });
            }
        }
        count += 1;
    }
    Ok(count)
}

async fn log(
    stack: &Stack,
    container: &Container,
    needles: &Needles,
    found: &mut BTreeSet<Found>,
) -> Result<usize, Failure> {
    let mut search = needles.search();
    let mut bytes = 0;
    let mut pieces = std::pin::pin!(stack.engine.whole_log(container));
    while let Some(piece) = pieces.try_next().await.map_err(StackError::from)? {
        bytes += piece.len();
        search.feed(&piece);
    }
    for hit in search.found() {
        let at = format!("the log of {}", container.name);
        let service = Some(container.service.clone());
        found.insert(Found { place: Place::Log, at, hit, service });
    }
    Ok(bytes)
}

async fn images(
    stack: &Stack,
    containers: &[Container],
    needles: &Needles,
) -> Result<(BTreeSet<Found>, Seen), Failure> {
    let names: BTreeMap<String, String> = containers
        .iter()
        .map(|container| (container.image_id.clone(), container.image.clone()))
        .filter(|(id, _)| !id.is_empty())
        .collect();
    let ids: Vec<&str> = names.keys().map(String::as_str).collect();
    if ids.is_empty() {
        return Ok((BTreeSet::new(), Vec::new()));
    }
    let begun = Instant::now();
    let pieces = stack.engine.saved(&ids);
    let Looked { found, layers, files, bytes, unread } =
        through(pieces, needles, &names).await.map_err(|why| {
            Failure::error("look through the images", why.to_string())
                .help("`docker save` of the same images says more")
        })?;
    if let Some(first) = unread.first() {
        return Err(Failure::error("look through every layer", first.clone())
            .help("store the images uncompressed or by gzip"));
    }
    let summary = format!(
        "{}: {layers} layers, {files} files, {} MiB in {:.1} s",
        names.values().cloned().collect::<Vec<_>>().join(", "),
        bytes >> 20,
        begun.elapsed().as_secs_f64()
    );
    let service = |place: &str| {
        let of = |one: &&Container| place.contains(one.image.as_str());
        containers.iter().find(of).map(|container| container.service.clone())
    };
    let found = found.into_iter().map(|found| Found {
        place: Place::Image,
        service: service(&found.place),
        at: found.place,
        hit: found.hit,
    });
    Ok((found.collect(), vec![("images".to_owned(), summary)]))
}

/// Lets a thread look through images while they come from the engine.
async fn through(
    pieces: impl Stream<Item = Result<bytes::Bytes, EngineError>>,
    needles: &Needles,
    names: &BTreeMap<String, String>,
) -> Result<Looked, io::Error> {
    let (sender, receiver) = tokio::sync::mpsc::channel(WAITING);
    let (needles, names) = (needles.clone(), names.clone());
    let reader =
        tokio::task::spawn_blocking(move || layers::look(Pieces::new(receiver), &needles, &names));
    let mut pieces = std::pin::pin!(pieces);
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|why| {
            let reason = std::error::Error::source(&why).map(ToString::to_string);
            io::Error::other(format!("{why}: {}", reason.unwrap_or_default()))
        });
        // The reader has stopped at an error, which it tells.
        if sender.send(piece).await.is_err() {
            break;
        }
    }
    drop(sender);
    reader.await.map_err(io::Error::other)?
}

/// Asks every published web server for what it cannot give, and looks at what it answers.
async fn pages(stack: &Stack, needles: &Needles, found: &mut BTreeSet<Found>) -> Vec<String> {
    const WEB: [(&str, &str); 5] =
        [("80", "http"), ("8080", "http"), ("8000", "http"), ("443", "https"), ("8443", "https")];
    let mut lines = Vec::new();
    for (name, service) in &stack.project.services {
        for port in &service.ports {
            let scheme = WEB.iter().find(|(web, _)| port.published() == Some(web));
            let Some((web, scheme)) = scheme else { continue };
            let Ok(at) = stack.published(name, port.target()).await else { continue };
            let long = "a".repeat(TOO_LONG);
            for (what, method, path) in [
                ("what is not there", Method::GET, "/seaworthy-is-not-there"),
                ("what is no path", Method::GET, "/%00%ff?a[]=%"),
                ("what may not be posted to", Method::POST, "/"),
                ("a path that is too long", Method::GET, long.as_str()),
            ] {
                let url = format!("{scheme}://{at}/{}", path.trim_start_matches('/'));
                let head = format!("{method} {what} on port {web} of \"{name}\"");
                match page(&url, method).await {
                    Ok((status, text)) => {
                        lines.push(format!("{head}: {status}, {} bytes", text.len()));
                        for hit in needles.find(text.as_bytes()) {
                            let at = format!("the answer to {head}");
                            let service = Some(name.clone());
                            found.insert(Found { place: Place::Page, at, hit, service });
                        }
                    }
                    Err(why) => lines.push(format!("{head}: {}", why.why)),
                }
            }
        }
    }
    lines
}

/// Status and everything that is sent, head and body.
async fn page(url: &str, method: Method) -> Result<(u16, String), ProbeError> {
    let why = |why: reqwest::Error| ProbeError::new("ask for an error page", &why.without_url());
    // Whose certificate it is says nothing on what the page shows.
    let client = Client::builder()
        .redirect(redirect::Policy::none())
        .tls_danger_accept_invalid_certs(true)
        .no_proxy()
        .timeout(PATIENCE)
        .build()
        .map_err(why)?;
    let response = client.request(method, url).send().await.map_err(why)?;
    let status = response.status().as_u16();
    let mut text = String::new();
    for (name, value) in response.headers() {
        text.push_str(name.as_str());
        text.push_str(": ");
        text.push_str(&String::from_utf8_lossy(value.as_bytes()));
        text.push('\n');
    }
    text.push_str(&String::from_utf8_lossy(&response.bytes().await.map_err(why)?));
    Ok((status, text))
}
