//! Where secrets are looked for on a running stack.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use futures::TryStreamExt as _;
use reqwest::Method;
use serde_json::Value;

use crate::steps::{judging::looks::unreadable, service::logs};
use crate::{
    probe::{
        http::{self, Unanswered},
        kernel::{self, Process},
        layers::{self, Looked, folders::ImageFolders},
        processes,
        search::{Hit, Needles, Secret},
    },
    run::Failure,
    stack::{Stack, StackError, engine::Container, logging::Kept},
};

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
pub(super) struct Sighting {
    pub place: Place,
    /// For people; reads after "in".
    pub at: String,
    pub hit: Hit,
    /// The service that it is about, if it is one's.
    pub service: Option<String>,
}

type Seen = Vec<(String, String)>;

/// What a look everywhere came to.
pub(super) struct Everywhere {
    pub found: BTreeSet<Sighting>,
    pub seen: Seen,
    /// A page that nobody answered.
    pub unasked: Option<Failure>,
    /// What may have been in a log and is gone.
    pub gone: Option<Failure>,
}

/// Looks everywhere. What nobody can look at is told last: what is found is found.
pub(super) async fn look(
    stack: &Stack,
    containers: &[Container],
    needles: &Needles,
) -> Result<Everywhere, Failure> {
    let mut found = BTreeSet::new();
    let mut seen = Seen::new();
    let (mut unasked, mut gone) = (None, None);
    let (images, rest) = tokio::join!(images(stack, containers, needles), async {
        let mut found = BTreeSet::new();
        let mut seen = Seen::new();
        // What they provoke is logged, and the logs come after them.
        let pages = pages(stack, containers, needles, &mut found).await.unwrap_or_else(|why| {
            let told = format!("not all could be asked: {}", why.found);
            unasked = Some(why);
            vec![told]
        });
        for container in containers {
            descriptions(stack, container, needles, &mut found).await?;
            let processes = processes(stack, container, needles, &mut found).await?;
            let (bytes, cut) = log(stack, container, needles, &mut found).await?;
            gone = gone.take().or(cut);
            let processes = match container.absence() {
                None => format!("{processes} processes"),
                Some(why) => format!("no process (by its configuration: {why})"),
            };
            let line = format!("its description, {processes}, {bytes} bytes of its log");
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
    Ok(Everywhere { found, seen, unasked, gone })
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
    found: &mut BTreeSet<Sighting>,
) -> Result<(), Failure> {
    let text = stack.engine.description(container).await.map_err(StackError::from)?;
    let description: Value = serde_json::from_str(&text).map_err(|why| {
        Failure::undecided(format!("read the description of {}", container.name), why.to_string())
    })?;
    texts(&description, "", &mut |path, text| {
        for hit in needles.find(text.as_bytes()) {
            let key = path.trim_start_matches('.');
            // The key of a map may be the secret itself.
            let key = if needles.find(key.as_bytes()).is_empty() { key } else { "a key" };
            let at = format!("{key} of {} (docker inspect)", container.name);
            let service = Some(container.service.clone());
            found.insert(Sighting { place: Place::Description, at, hit, service });
        }
    });
    Ok(())
}

async fn processes(
    stack: &Stack,
    container: &Container,
    needles: &Needles,
    found: &mut BTreeSet<Sighting>,
) -> Result<usize, Failure> {
    if container.pid == 0 {
        return Ok(0);
    }
    // A health check is there now and then only: what it says is in the engine's description.
    let own = processes::all(&stack.engine, container).await?;
    let mut count = 0;
    for Process { id, name: program, .. } in own {
        for (file, place) in [("environ", Place::Environment), ("cmdline", Place::CommandLine)] {
            let bytes = kernel::file_of(id, file)
                .map_err(|why| unreadable(container, &format!("/proc/<pid>/{file}"), &why))?;
            // It has ended since it was listed.
            let Some(bytes) = bytes else { continue };
            for hit in needles.find(&bytes) {
                let at = format!("/proc/<pid>/{file} of {program} in {}", container.name);
                let service = Some(container.service.clone());
                found.insert(Sighting { place, at, hit, service });
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
    found: &mut BTreeSet<Sighting>,
) -> Result<(usize, Option<Failure>), Failure> {
    let mut search = needles.search();
    let mut bytes = 0;
    let mut kept = Kept::default();
    let mut pieces = std::pin::pin!(stack.engine.whole_log(container));
    while let Some(piece) = pieces.try_next().await.map_err(StackError::from)? {
        bytes += piece.len();
        kept.add(&piece);
        search.feed(&piece);
    }
    for hit in search.found() {
        let at = format!("the log of {}", container.name);
        let service = Some(container.service.clone());
        found.insert(Sighting { place: Place::Log, at, hit, service });
    }
    Ok((bytes, logs::cut(&stack.project, container, kept)))
}

async fn images(
    stack: &Stack,
    containers: &[Container],
    needles: &Needles,
) -> Result<(BTreeSet<Sighting>, Seen), Failure> {
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
    let unseen = |why: String| {
        Failure::undecided("look through the images", why)
            .help("`docker save` of the same images says more")
    };
    let looked = match in_place(stack, &names).await? {
        Some(images) => {
            let needles = needles.clone();
            tokio::task::spawn_blocking(move || layers::folders::look(&images, &needles))
                .await
                .map_err(|why| unseen(why.to_string()))?
        }
        None => layers::stream(stack.engine.saved(&ids), needles, &names).await,
    };
    let Looked { found, layers, files, bytes, unread } =
        looked.map_err(|why| unseen(why.to_string()))?;
    if let Some(first) = unread.first() {
        return Err(Failure::undecided("look through every layer", first.clone())
            .help("store the images uncompressed or by gzip"));
    }
    if layers == 0 {
        let what = "look through the images";
        return Err(Failure::undecided(what, "the engine saved no layer that is understood")
            .help("`docker save` of the same images shows what it gives instead"));
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
    let found = found.into_iter().map(|found| Sighting {
        place: Place::Image,
        service: service(&found.place),
        at: found.place,
        hit: found.hit,
    });
    Ok((found.collect(), vec![("images".to_owned(), summary)]))
}

/// Where the engine keeps the images, if each of them can be read where it lies.
async fn in_place(
    stack: &Stack,
    names: &BTreeMap<String, String>,
) -> Result<Option<Vec<ImageFolders>>, Failure> {
    let mut images = Vec::new();
    for (id, name) in names {
        let Some((configuration, layers)) =
            stack.engine.image_folders(id).await.map_err(StackError::from)?
        else {
            return Ok(None);
        };
        images.push(ImageFolders { name: name.clone(), configuration, layers });
    }
    Ok(Some(images))
}

/// What a server is asked that it cannot give: what it is, the method, and the path.
fn questions() -> [(&'static str, Method, String); 4] {
    [
        ("what is not there", Method::GET, "seaworthy-is-not-there".to_owned()),
        ("what is no path", Method::GET, "%00%ff?a[]=%".to_owned()),
        ("what may not be posted to", Method::POST, String::new()),
        ("a path that is too long", Method::GET, "a".repeat(TOO_LONG)),
    ]
}

/// Asks every published web server for what it cannot give, and looks at what it answers.
///
/// # Errors
/// Undecided when one cannot be asked: a page that nobody has seen is not known to show nothing.
async fn pages(
    stack: &Stack,
    containers: &[Container],
    needles: &Needles,
    found: &mut BTreeSet<Sighting>,
) -> Result<Vec<String>, Failure> {
    const WEB: [(&str, &str); 5] =
        [("80", "http"), ("8080", "http"), ("8000", "http"), ("443", "https"), ("8443", "https")];
    let mut lines = Vec::new();
    for (name, service) in &stack.project.services {
        // Who is not started shows no page.
        if !containers.iter().any(|container| container.service == *name) {
            continue;
        }
        for port in &service.ports {
            let published = port.published().unwrap_or("free");
            let Some((web, scheme)) = WEB.iter().find(|(web, _)| published == *web) else {
                lines.push(format!("host port {published} of \"{name}\": not asked, it is no usual port of a web server"));
                continue;
            };
            let unasked = |head: &str, why: String| {
                Failure::undecided(format!("ask for {head}"), why)
                    .place(format!("service \"{name}\", port {}", port.target()))
                    .services([name])
                    .help(format!("let \"{name}\" run and answer while it is asked"))
            };
            let at = stack.published(name, port.target()).await;
            let at =
                at.map_err(|why| unasked(&format!("a page of \"{name}\""), why.to_string()))?;
            let mut is_web = false;
            for (what, method, path) in questions() {
                let head = format!("{method} {what} on port {web} of \"{name}\"");
                match http::raw(&format!("{scheme}://{at}/{path}"), method, PATIENCE).await {
                    Ok((status, text)) => {
                        is_web = true;
                        lines.push(format!("{head}: {status}, {} bytes", text.len()));
                        for hit in needles.find(text.as_bytes()) {
                            let at = format!("the answer to {head}");
                            let service = Some(name.clone());
                            found.insert(Sighting { place: Place::Page, at, hit, service });
                        }
                    }
                    // A web server that takes a question and hangs up has shown nothing.
                    Err(Unanswered::HungUp(why)) if is_web => lines.push(format!("{head}: {why}")),
                    Err(Unanswered::HungUp(why) | Unanswered::Unasked(why)) => {
                        return Err(unasked(&head, why));
                    }
                }
            }
        }
    }
    Ok(lines)
}

/// What secrets are looked for by, in every form.
pub(super) fn needles(secrets: &[Secret]) -> Result<Needles, Failure> {
    Needles::new(secrets).map_err(|why| Failure::undecided("look for the secrets", why.to_string()))
}
