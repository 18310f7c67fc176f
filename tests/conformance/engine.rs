//! An engine that only tells digests: what a registry says of some images, and what is here of others.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    os::unix::net::{UnixListener, UnixStream},
    path::Path,
    sync::{Arc, Mutex},
    thread,
};

/// What is answered, by the name that is asked for.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// Of the registry: a reference in full, and its digest.
    pub registry: Vec<(&'static str, String)>,
    /// Of this machine: a reference in full, and the digests that its image came by.
    pub here: Vec<(&'static str, Vec<String>)>,
}

/// An engine that listens; it ends with the test.
pub struct Engine {
    /// What `DOCKER_HOST` must be.
    pub host: String,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Engine {
    /// Listens in a folder.
    pub fn start(folder: &Path, known: Known) -> Self {
        let socket = folder.join("engine.sock");
        let listener = UnixListener::bind(&socket).expect("a socket");
        let heard = Arc::new(Mutex::new(Vec::new()));
        let all = Arc::clone(&heard);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let (known, all) = (known.clone(), Arc::clone(&all));
                thread::spawn(move || answer(client, &known, &all));
            }
        });
        Self { host: format!("unix://{}", socket.display()), heard }
    }

    /// The paths that were asked for.
    pub fn heard(&self) -> Vec<String> {
        self.heard.lock().expect("what was heard").clone()
    }
}

fn answer(mut client: UnixStream, known: &Known, heard: &Mutex<Vec<String>>) {
    let mut lines = BufReader::new(client.try_clone().expect("a second handle")).lines();
    let Some(Ok(request)) = lines.next() else { return };
    let _headers = lines.by_ref().map_while(Result::ok).take_while(|line| !line.is_empty()).count();
    let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
    heard.lock().expect("what was heard").push(path.clone());
    let (status, body) = told(&path, known);
    let body = if request.starts_with("HEAD") { String::new() } else { body };
    let _gone = write!(
        client,
        "HTTP/1.1 {status}\r\nApi-Version: 1.41\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
}

fn told(path: &str, known: &Known) -> (&'static str, String) {
    let path = path.split('?').next().unwrap_or_default();
    let path = path.strip_prefix("/v1.41").unwrap_or(path).replace("%2F", "/").replace("%3A", ":");
    let within = |start: &str| path.strip_prefix(start)?.strip_suffix("/json").map(str::to_owned);
    if path == "/_ping" {
        return ("200 OK", "OK".into());
    }
    if path == "/version" {
        return (
            "200 OK",
            r#"{"Version": "20.10", "ApiVersion": "1.41", "MinAPIVersion": "1.12"}"#.into(),
        );
    }
    if let Some(name) = within("/distribution/") {
        let found = known.registry.iter().find(|(known, _)| *known == name);
        return match found {
            Some((_, digest)) => (
                "200 OK",
                format!(
                    r#"{{"Descriptor": {{"mediaType": "application/vnd.oci.image.index.v1+json", "digest": "{digest}", "size": 1}}, "Platforms": []}}"#
                ),
            ),
            None => (
                "500 Internal Server Error",
                r#"{"message": "Get \"https://registry.invalid/v2/\": dial tcp: no such host"}"#
                    .into(),
            ),
        };
    }
    if let Some(name) = within("/images/")
        && let Some((_, digests)) = known.here.iter().find(|(known, _)| *known == name)
    {
        return ("200 OK", format!(r#"{{"Id": "sha256:1", "RepoDigests": {digests:?}}}"#));
    }
    ("404 Not Found", r#"{"message": "no such image"}"#.into())
}
