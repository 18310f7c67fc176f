//! Vite's development server as the browser sees it: modules, and the websocket that announces changes.

use std::{
    fs::OpenOptions,
    io::{self, Write as _},
    net::SocketAddr,
    time::{Duration, Instant},
};

use camino::{Utf8Path, Utf8PathBuf};
use reqwest::{Method, Url};

use crate::steps::{
    Arguments, Step, StepResult, Touch, World,
    traffic::{http, web},
    world::Undo,
};
use crate::{
    facts::answers::ports,
    probe::{
        vite::{
            Client, NoClient,
            serving::{CLIENT, serving},
            without_token,
        },
        websocket::Socket,
    },
    run::Failure,
    stack::Stack,
};

/// How long a websocket may take to open.
const OPEN_LIMIT: Duration = Duration::from_secs(10);
const UPGRADE_HELP: &str = "the web server must speak HTTP/1.1 to Vite and pass the headers Upgrade and Connection on (nginx: proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection \"upgrade\")";
const CLIENT_HELP: &str = "let the client take host and port from the page (no host, port, clientPort and protocol under server.hmr), or name a port that the stack publishes and that leads to Vite";

pub(crate) static STEPS: &[Step] = &[
    Step::when(
        "the browser opens the websocket of Vite",
        "Reads Vite's client script through the web server and opens the websocket that it would open, at the host and port that it was told, with its second try.",
        "the browser opens the websocket of Vite",
    )
    .knows(&["Vite"])
    .touches(Touch::Visit)
    .observed(|world, _| Box::pin(open(world))),
    Step::when(
        "the file {text} is saved",
        "A developer saves a file of the project folder with one more line end; as the run sees it; the folder itself stays as it is.",
        "the file \"src/greeting.js\" is saved",
    )
    .touches(Touch::Everything)
    .observed(|world, arguments| Box::pin(save(world, arguments))),
    Step::when(
        "the file {text} is saved with {text} in place of {text}",
        "A developer replaces a text in a file of the project folder and saves it; it is put back afterwards.",
        "the file \"src/greeting.js\" is saved with \"Ahoy\" in place of \"Good day\"",
    )
    .touches(Touch::Everything)
    .observed(|world, arguments| Box::pin(save_with(world, arguments))),
    Step::then(
        "the websocket says {text}",
        "A message of this type arrives on the websocket.",
        "the websocket says \"connected\"",
    )
    .knows(&["Vite"])
    .touches(Touch::Nothing)
    .waits()
    .observed(|world, arguments| Box::pin(says(world, arguments))),
    Step::then(
        "the websocket announces an update of {path}",
        "A hot update of this module arrives on the websocket, and not a reload of the page.",
        "the websocket announces an update of \"/src/greeting.js\"",
    )
    .knows(&["Vite"])
    .touches(Touch::Nothing)
    .waits()
    .observed(|world, arguments| Box::pin(announces(world, arguments))),
];

/// Where an address leads: to the web server, or through a host port that the stack publishes.
/// Nothing else on this machine is the stack's, whoever may listen there.
enum Leads {
    To(SocketAddr),
    Nowhere(String),
    /// Nobody could say.
    Elsewhere(String),
}

fn leads(
    url: &Url,
    page: &Url,
    web: SocketAddr,
    stack: &Stack,
    doors: &[(u16, SocketAddr)],
) -> Leads {
    let host = url.host_str().unwrap_or_default();
    let port = url.port_or_known_default().unwrap_or_default();
    if url.scheme() != "ws" {
        return Leads::Elsewhere(format!("{} is asked with TLS", url.scheme()));
    }
    if page.host_str() == Some(host) && page.port_or_known_default() == Some(port) {
        return Leads::To(web);
    }
    if !web::names_of_the_host(stack).iter().any(|name| name == host) {
        return Leads::Elsewhere(format!("{host} is no name of this host"));
    }
    if let Some((_, at)) = doors.iter().find(|(published, _)| *published == port) {
        return Leads::To(*at);
    }
    let mut services = stack.project.services.keys();
    let on_the_host = services.find(|name| ports::host_network(&stack.project, name).is_some());
    match on_the_host {
        Some(name) => Leads::Elsewhere(format!(
            "no service publishes port {port}, and \"{name}\" shares the host's network"
        )),
        None => Leads::Nowhere(format!(
            "nothing answers there: no service publishes port {port} of the host"
        )),
    }
}

/// The line of Vite's configuration that tells the client where to go.
fn told_at(stack: &Stack, client: &Client) -> Option<String> {
    let name = &client.configuration;
    let mounted = stack.project.services.values().flat_map(|service| &service.volumes);
    let mounted = mounted.filter_map(|mount| {
        let target = mount.target.as_ref()?.as_str();
        let source = mount.source.as_ref()?.as_str();
        target.ends_with(&format!("/{name}")).then(|| Utf8PathBuf::from(source))
    });
    let file: Utf8PathBuf = mounted.chain([stack.directory.join(name)]).next()?;
    // Where it cannot be read, the service is named alone.
    let text = std::fs::read_to_string(&file).ok()?;
    let line = |word: &str| text.lines().position(|line| line.contains(word));
    let line = line("clientPort").or_else(|| line("hmr"))?;
    let here = std::env::current_dir().ok()?;
    let file = file.strip_prefix(Utf8PathBuf::from_path_buf(here).ok()?).unwrap_or(&file);
    Some(format!("{file}:{}", line + 1))
}

async fn open(world: &mut World) -> StepResult {
    let script = http::exchange(world, Method::GET, CLIENT, http::Body::None, OPEN_LIMIT).await?;
    let running = world.running()?;
    let stack = &running.stack;
    let (web, port) = web::server(stack)?;
    let at = stack.published(&web, port).await?;
    let origin = script.url.origin().ascii_serialization();
    let served = format!("service \"{web}\" at {}", script.url);
    let failure = |expected: &str, found: String, help: &str| {
        Failure::finding(expected, found).place(served.clone()).services([&web]).help(help)
    };
    let client = match Client::read(&script.text()) {
        Ok(client) => client,
        Err(why @ NoClient::Other) => {
            let failure = failure(
                "Vite's client script",
                format!("status {}: {why}", script.status),
                "hand requests for /@vite/ on to the Vite server",
            );
            return Err(of_vite(stack, failure).await);
        }
        Err(why @ NoClient::Unknown(_)) => {
            return Err(Failure::undecided("read Vite's client script", why.to_string())
                .place(served.clone())
                .help("seaworthy knows the clients of Vite 2 to 7; a real browser knows all: `When a real browser opens \"/\"`"));
        }
    };
    let addresses = client
        .addresses(&script.url)
        .map_err(|why| failure("the websocket of Vite opens", why, CLIENT_HELP))?;
    let doors = web::doors(stack).await?;
    let (mut tried, mut unknown) = (Vec::new(), None);
    let mut socket = None;
    for (which, url) in ["", ", after the first try failed"].into_iter().zip(&addresses) {
        let shown = without_token(url);
        match leads(url, &script.url, at, stack, &doors) {
            Leads::Nowhere(why) => tried.push(format!("{shown}: {why}")),
            Leads::Elsewhere(why) => {
                tried.push(format!("{shown}: {why}"));
                unknown.get_or_insert(why);
            }
            Leads::To(at) => match Socket::open_vite(url, at, &origin, OPEN_LIMIT).await {
                Ok(opened) => {
                    socket = Some((which, at, opened));
                    break;
                }
                Err(why) => tried.push(format!("{shown}: {}", why.why)),
            },
        }
    }
    if let Some((which, at, opened)) = socket {
        let seen = format!(
            "101 Switching Protocols, subprotocol vite-hmr, at {}{which}; it leads to {at}",
            opened.url
        );
        let seen = tried.iter().fold(seen, |seen, tried| seen + "\nbefore it: " + tried);
        world.evidence("websocket", seen);
        world.socket = Some(opened);
        return Ok(());
    }
    let found = tried.join("; then ");
    if unknown.is_some() {
        return Err(Failure::undecided("open the websocket of Vite as its client would", found)
            .place(told_at(stack, &client).unwrap_or(served))
            .help("say in seaworthy.yaml by what name people reach the stack (`web: { address: … }`), or let Vite's client take the page's own address: no host and protocol under server.hmr"));
    }
    let mut failure = failure("the websocket of Vite opens", found, UPGRADE_HELP);
    if !client.told().is_empty() {
        failure.place = told_at(stack, &client).or(failure.place);
        failure = failure
            .note(format!("Vite's client was told server.hmr's {}", client.told().join(", ")))
            .help(CLIENT_HELP);
    }
    Err(failure)
}

async fn save(world: &mut World, arguments: &Arguments) -> StepResult {
    let change = |mut text: Vec<u8>| {
        text.push(b'\n');
        Ok(text)
    };
    edit(world, arguments, change).await
}

async fn save_with(world: &mut World, arguments: &Arguments) -> StepResult {
    let (name, new, old) = (arguments.text(0)?, arguments.text(1)?, arguments.text(2)?);
    let (new, old) = (world.fill(new)?, world.fill(old)?);
    let change = |text: Vec<u8>| match String::from_utf8(text) {
        Ok(text) if text.contains(&old) => Ok(text.replace(&old, &new).into_bytes()),
        _ => Err(Failure::finding(format!("{name} contains \"{old}\""), "it does not")
            .place(name.to_owned())
            .help("name a text of that file as it is written there")),
    };
    edit(world, arguments, change).await
}

/// Writes a file without emptying it first: who watches it never reads it empty. The file stays the
/// same one, as a mount of this file alone demands; one that is gone is made again.
fn write_over(file: &Utf8Path, text: &[u8]) -> io::Result<()> {
    let mut open = OpenOptions::new().write(true).create(true).truncate(false).open(file)?;
    open.write_all(text)?;
    open.set_len(text.len() as u64)
}

/// Saves a file with a change; it is put back after the scenario.
async fn edit(
    world: &mut World,
    arguments: &Arguments,
    change: impl FnOnce(Vec<u8>) -> Result<Vec<u8>, Failure>,
) -> StepResult {
    let running = world.running()?;
    if world.editing.is_none() {
        world.editing = Some(running.turn_at_editing().await);
    }
    let file = running.stack.directory.join(arguments.text(0)?);
    let cannot = |why: io::Error| {
        Failure::undecided(format!("save {file}"), why.to_string())
            .help("the path is relative to the folder of the Compose project")
    };
    let seen = running.stack.own(&file)?;
    let before = std::fs::read(&seen).map_err(cannot)?;
    let (edited, text) = (seen.clone(), before.clone());
    world.undos.push(Undo::new("edited", &[], move |_| {
        Box::pin(async move {
            write_over(&edited, &text).map_err(|why| {
                Failure::undecided(format!("put {edited} back as it was"), why.to_string())
            })
        })
    }));
    let text = change(before)?;
    if let Some(browser) = &mut world.real_browser {
        browser.mark().await?;
    }
    let saved = Instant::now();
    write_over(&seen, &text).map_err(cannot)?;
    world.saved = Some((file.clone(), saved));
    world.evidence("file on the host", format!("{file} saved, in the view of the run"));
    Ok(())
}

/// A message's type, as Vite's protocol names it ("`HMRPayload`" in Vite's sources).
fn kind(message: &str) -> Option<String> {
    let message: serde_json::Value = serde_json::from_str(message).ok()?;
    Some(message.get("type")?.as_str()?.to_owned())
}

fn updates(message: &str, path: &str) -> bool {
    let Ok(message) = serde_json::from_str::<serde_json::Value>(message) else { return false };
    let updates = message.get("updates").and_then(serde_json::Value::as_array);
    // `acceptedPath` is the module that changed, `path` the one that takes the change in.
    let names = |update: &serde_json::Value| {
        ["path", "acceptedPath"]
            .iter()
            .any(|key| update.get(key).and_then(|path| path.as_str()) == Some(path))
    };
    updates.is_some_and(|updates| updates.iter().any(names))
}

async fn listen(
    world: &mut World,
    arguments: &Arguments,
    expected: String,
    fits: impl Fn(&str) -> bool,
    help: &str,
) -> Result<crate::probe::websocket::Heard, Failure> {
    let limit = world.limit(arguments.within)?;
    let running = world.running()?;
    let socket = world.socket.as_mut().ok_or_else(|| {
        Failure::undecided("listen to the websocket", "none is open")
            .help("say `When the browser opens the websocket of Vite` before")
    })?;
    let why = match socket.await_message(limit, fits).await {
        Ok(heard) => return Ok(heard),
        Err(why) => why,
    };
    let heard: Vec<&str> = socket.heard.iter().map(|heard| heard.text.as_str()).collect();
    let heard = if heard.is_empty() {
        "nothing was heard".into()
    } else {
        format!("heard only: {}", heard.join(" "))
    };
    let failure = Failure::finding(expected, format!("{}; {heard}", why.why)).help(help);
    Err(of_vite(&running.stack, failure).await)
}

/// A failure with the service that serves Vite, whose log tells more; or with why nobody can tell
/// which one it is.
async fn of_vite(stack: &Stack, mut failure: Failure) -> Failure {
    let serving = match serving(stack).await {
        Ok(serving) => serving,
        Err(why) => {
            return failure.note(format!(
                "which service serves Vite is undecided: {}",
                crate::stack::chain(&why)
            ));
        }
    };
    let more = serving.services().filter(|name| !failure.services.contains(name)).cloned();
    let more: Vec<String> = more.collect();
    failure.services.extend(more);
    match serving.undecided() {
        Some(why) => failure.note(why),
        None => failure,
    }
}

async fn says(world: &mut World, arguments: &Arguments) -> StepResult {
    let wanted = arguments.text(0)?;
    let heard = listen(
        world,
        arguments,
        format!("a message of type \"{wanted}\""),
        |message| kind(message).as_deref() == Some(wanted),
        "look at the log of the Vite server",
    )
    .await?;
    world.evidence("websocket message", heard.text);
    Ok(())
}

async fn announces(world: &mut World, arguments: &Arguments) -> StepResult {
    let path = arguments.text(0)?;
    let heard = listen(
        world,
        arguments,
        format!("an update of \"{path}\""),
        |message| kind(message).as_deref() == Some("update") && updates(message, path),
        "the Vite server must see changes of the mounted folder, the module must have been requested before, and it (or one that imports it) must accept hot updates (import.meta.hot.accept)",
    )
    .await?;
    let after = world.saved.as_ref().map(|(_, saved)| heard.at.saturating_duration_since(*saved));
    let after = after.map_or_else(String::new, |after| {
        format!(" {:.1} ms after the file was saved", after.as_secs_f64() * 1000.0)
    });
    world.evidence(format!("websocket message{after}"), heard.text);
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt as _;

    use super::*;

    #[test]
    fn a_file_is_written_over_as_the_same_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let top = Utf8Path::from_path(folder.path()).expect("UTF-8");
        let file = top.join("a.js");
        std::fs::write(&file, "a long text").expect("a file");
        let inode = || std::fs::metadata(&file).expect("a file").ino();
        let before = inode();
        for text in ["short", "a text that is longer than it was"] {
            write_over(&file, text.as_bytes()).expect("written");
            assert_eq!(std::fs::read_to_string(&file).expect("a text"), text);
            assert_eq!(inode(), before);
        }
        std::fs::remove_file(&file).expect("removed");
        write_over(&file, b"again").expect("made again");
        assert_eq!(std::fs::read_to_string(&file).expect("a text"), "again");
        assert!(write_over(&top.join("none/a.js"), b"").is_err());
    }
}
