//! Vite's development server as the browser sees it: modules, and the websocket that announces changes.

use std::time::{Duration, Instant};

use reqwest::Method;

use super::{Arguments, Step, StepResult, World, http, web, world::Broken};
use crate::{
    probe::websocket::{Socket, vite_address},
    run::Failure,
};

/// The script that Vite's development server adds to every page.
const CLIENT: &str = "/@vite/client";
/// How long a websocket may take to open.
const OPEN_LIMIT: Duration = Duration::from_secs(10);
/// How often a file that another run edits is asked for.
const PAUSE: Duration = Duration::from_millis(50);

pub(super) static STEPS: &[Step] = &[
    Step::when(
        "the browser opens the websocket of Vite",
        "Reads Vite's client script through the web server and opens the websocket that it would open.",
        "the browser opens the websocket of Vite",
    )
    .observed(|world, _| Box::pin(open(world))),
    Step::when(
        "the file {text} is saved",
        "A developer saves a file of the project folder with one more line end; it is put back afterwards.",
        "the file \"resources/js/greeting.js\" is saved",
    )
    .observed(|world, arguments| Box::pin(save(world, arguments))),
    Step::then(
        "the websocket says {text}",
        "A message of this type arrives on the websocket.",
        "the websocket says \"connected\"",
    )
    .waits()
    .observed(|world, arguments| Box::pin(says(world, arguments))),
    Step::then(
        "the websocket announces an update of {path}",
        "A hot update of this module arrives on the websocket, and not a reload of the page.",
        "the websocket announces an update of \"/resources/js/greeting.js\"",
    )
    .waits()
    .observed(|world, arguments| Box::pin(announces(world, arguments))),
];

async fn open(world: &mut World) -> StepResult {
    let client = http::exchange(world, Method::GET, CLIENT, None, OPEN_LIMIT).await?;
    let (web, _) = web::server(&world.running()?.stack)?;
    let host = format!(
        "{}:{}",
        client.url.host_str().unwrap_or_default(),
        client.url.port_or_known_default().unwrap_or_default()
    );
    let script = client.text();
    let failure = |expected: &str, found: String, help: &str| {
        Failure::finding(expected, found)
            .place(format!("service \"{web}\" at {}", client.url))
            .services([&web])
            .help(help)
    };
    let url = vite_address(&script, &host).map_err(|why| {
        failure(
            "Vite's client script",
            format!("status {}: {}", client.status, why.why),
            "hand requests for /@vite/ on to the Vite server",
        )
    })?;
    let socket = Socket::open_vite(&url, &format!("http://{host}"), OPEN_LIMIT).await.map_err(|why| {
        failure(
            "the websocket of Vite opens",
            why.why,
            "the web server must speak HTTP/1.1 to Vite and pass the headers Upgrade and Connection on (nginx: proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection \"upgrade\")",
        )
    })?;
    world
        .saw("websocket", format!("101 Switching Protocols, subprotocol vite-hmr, at ws://{host}"));
    world.socket = Some(socket);
    Ok(())
}

async fn save(world: &mut World, arguments: &Arguments) -> StepResult {
    let running = world.running()?;
    let file = running.stack.directory.join(arguments.text(0)?);
    let cannot = |why: std::io::Error| {
        Failure::error(format!("save {file}"), why.to_string())
            .help("the path is relative to the folder of the Compose project")
    };
    // Another run may be editing the file: what is read before it has put it back is no original.
    while let Err(why) = running.stack.keep_original(&file) {
        if why.kind() != std::io::ErrorKind::WouldBlock {
            return Err(cannot(why));
        }
        tokio::time::sleep(PAUSE).await;
    }
    let mut text = std::fs::read(&file).map_err(cannot)?;
    world.broken.push(Broken::Edited(file.clone()));
    text.push(b'\n');
    let saved = Instant::now();
    std::fs::write(&file, text).map_err(cannot)?;
    world.saved = Some((file.clone(), saved));
    world.saw("file on the host", format!("{file} saved"));
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
    let services = world.running()?.stack.project.services.keys().cloned().collect::<Vec<_>>();
    let socket = world.socket.as_mut().ok_or_else(|| {
        Failure::error("listen to the websocket", "none is open")
            .help("say `When the browser opens the websocket of Vite` before")
    })?;
    socket.await_message(limit, fits).await.map_err(|why| {
        let heard: Vec<&str> = socket.heard.iter().map(|heard| heard.text.as_str()).collect();
        let heard = if heard.is_empty() {
            "nothing was heard".into()
        } else {
            format!("heard only: {}", heard.join(" "))
        };
        let concerned =
            services.iter().filter(|name| name.contains("node") || name.contains("vite"));
        Failure::finding(expected, format!("{}; {heard}", why.why)).services(concerned).help(help)
    })
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
    world.saw("websocket message", heard.text);
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
    world.saw(format!("websocket message{after}"), heard.text);
    Ok(())
}
