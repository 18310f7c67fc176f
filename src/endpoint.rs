//! Which engine a run speaks to: found out once, as the docker program does, and handed to every
//! call: the Engine API, `docker compose`, the watchdog, commands on the host.
//!
//! Docker's documentation, "Docker contexts" and "Use the Docker command line: environment variables".

use std::{
    fmt::Write as _,
    fs, io,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use serde::Deserialize;
use sha2::{Digest as _, Sha256};

/// The engine of this machine, where nothing names another.
const DEFAULT: &str = "unix:///var/run/docker.sock";
/// The context that stands for `DOCKER_HOST` or this machine's engine.
const DEFAULT_CONTEXT: &str = "default";

/// An engine's address, and how one speaks to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// `unix:///path` or `tcp://host:port`.
    pub host: String,
    /// What named it, to be read after "by".
    pub named_by: String,
    /// The folder with `ca.pem`, `cert.pem` and `key.pem`, where TLS is spoken.
    pub certificates: Option<PathBuf>,
}

/// No engine can be told from what is set, or not one that we can speak to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// A context that does not exist.
    #[error("there is no Docker context \"{name}\" (named by {by})")]
    NoContext {
        /// As written.
        name: String,
        /// What names it.
        by: String,
    },
    /// A file of Docker's configuration that cannot be read.
    #[error("cannot read {}: {why}", .file.display())]
    Unreadable {
        /// Which one.
        file: PathBuf,
        /// Why not.
        why: String,
    },
    /// An address of a kind that we do not speak.
    #[error("cannot speak to the engine at {host} (named by {by}): {why}")]
    Unspoken {
        /// The address.
        host: String,
        /// What names it.
        by: String,
        /// What is not spoken.
        why: &'static str,
    },
}

impl EndpointError {
    /// What to do next.
    #[must_use]
    pub fn help(&self) -> String {
        match self {
            Self::NoContext { by, .. } => format!(
                "`docker context ls` lists those there are: correct {by}, or unset it (`docker context use default`)"
            ),
            Self::Unreadable { .. } => {
                "correct the file, or set DOCKER_HOST, which needs none".into()
            }
            Self::Unspoken { host, .. } if host.starts_with("ssh://") => format!(
                "forward its socket: `ssh -nNT -L /tmp/engine.sock:/var/run/docker.sock {}`, then DOCKER_HOST=unix:///tmp/engine.sock",
                host.trim_start_matches("ssh://")
            ),
            Self::Unspoken { .. } => {
                "set DOCKER_HOST to unix:///PATH or tcp://HOST:PORT; with TLS also DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH".into()
            }
        }
    }
}

/// What is set that bears on the choice of an engine.
#[derive(Debug, Clone, Default)]
struct Settings {
    host: Option<String>,
    context: Option<String>,
    /// The folder of Docker's configuration.
    folder: Option<PathBuf>,
    tls: bool,
    verify: bool,
    certificates: Option<PathBuf>,
}

impl Settings {
    fn of_environment() -> Self {
        // What is empty is not set.
        let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let text = |name: &str| variable(name).map(|value| value.to_string_lossy().into_owned());
        let home = || std::env::home_dir().map(|home| home.join(".docker"));
        Self {
            host: text("DOCKER_HOST"),
            context: text("DOCKER_CONTEXT"),
            folder: variable("DOCKER_CONFIG").map(PathBuf::from).or_else(home),
            tls: variable("DOCKER_TLS").is_some(),
            verify: variable("DOCKER_TLS_VERIFY").is_some(),
            certificates: variable("DOCKER_CERT_PATH").map(PathBuf::from),
        }
    }
}

/// The engine of this run; the same at every call.
///
/// # Errors
/// [`EndpointError`], the same at every call.
pub fn current() -> Result<&'static Endpoint, EndpointError> {
    static CURRENT: OnceLock<Result<Endpoint, EndpointError>> = OnceLock::new();
    CURRENT.get_or_init(|| resolve(&Settings::of_environment())).as_ref().map_err(Clone::clone)
}

/// `DOCKER_HOST`, else the context of `DOCKER_CONTEXT`, else `currentContext` of the configuration.
fn resolve(settings: &Settings) -> Result<Endpoint, EndpointError> {
    if let Some(host) = &settings.host {
        return of_variables(settings, host, "DOCKER_HOST");
    }
    let (name, by) = match &settings.context {
        Some(name) => (name.clone(), "DOCKER_CONTEXT".to_owned()),
        None => match current_context(settings)? {
            Some((name, file)) => (name, format!("currentContext of {}", file.display())),
            None => (DEFAULT_CONTEXT.to_owned(), String::new()),
        },
    };
    if name == DEFAULT_CONTEXT {
        let by = "Docker's default";
        return if settings.tls || settings.verify {
            of_variables(settings, "tcp://localhost:2376", by)
        } else {
            of_variables(settings, DEFAULT, by)
        };
    }
    of_context(settings, &name, &by)
}

/// An address without a context; TLS as the variables say.
fn of_variables(settings: &Settings, host: &str, by: &str) -> Result<Endpoint, EndpointError> {
    let folder = settings.certificates.clone().or_else(|| settings.folder.clone());
    let certificates = (settings.tls || settings.verify).then_some(folder).flatten();
    spoken(host, by, certificates, settings.verify)
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ConfigFile {
    current_context: String,
}

fn unreadable(file: &Path, why: &dyn std::fmt::Display) -> EndpointError {
    EndpointError::Unreadable { file: file.to_owned(), why: why.to_string() }
}

/// The context that Docker's configuration names, and the file that does.
fn current_context(settings: &Settings) -> Result<Option<(String, PathBuf)>, EndpointError> {
    let Some(folder) = &settings.folder else { return Ok(None) };
    let file = folder.join("config.json");
    let text = match fs::read_to_string(&file) {
        Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(None),
        text => text.map_err(|why| unreadable(&file, &why))?,
    };
    let config: ConfigFile = serde_json::from_str(&text).map_err(|why| unreadable(&file, &why))?;
    Ok(Some((config.current_context, file)).filter(|(name, _)| !name.is_empty()))
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Meta {
    endpoints: Endpoints,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Endpoints {
    docker: Docker,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Docker {
    #[serde(rename = "Host")]
    host: String,
    #[serde(rename = "SkipTLSVerify")]
    skip_verify: bool,
}

/// The id under which a context lies in the store: its name's SHA-256.
fn identity(name: &str) -> String {
    Sha256::digest(name.as_bytes()).iter().fold(String::new(), |mut hex, byte| {
        let _infallible = write!(hex, "{byte:02x}");
        hex
    })
}

/// A context of the store: `contexts/meta/<id>/meta.json`, certificates in `contexts/tls/<id>/docker`,
/// where the id is the name's SHA-256.
fn of_context(settings: &Settings, name: &str, by: &str) -> Result<Endpoint, EndpointError> {
    let missing = || EndpointError::NoContext { name: name.to_owned(), by: by.to_owned() };
    let contexts = settings.folder.as_ref().ok_or_else(missing)?.join("contexts");
    let id = identity(name);
    let file = contexts.join("meta").join(&id).join("meta.json");
    let text = match fs::read_to_string(&file) {
        Err(why) if why.kind() == io::ErrorKind::NotFound => return Err(missing()),
        text => text.map_err(|why| unreadable(&file, &why))?,
    };
    let meta: Meta = serde_json::from_str(&text).map_err(|why| unreadable(&file, &why))?;
    let docker = meta.endpoints.docker;
    let certificates = Some(contexts.join("tls").join(&id).join("docker"));
    let certificates = certificates.filter(|folder| folder.is_dir());
    let host = if docker.host.is_empty() { DEFAULT } else { &docker.host };
    spoken(host, &format!("context \"{name}\" ({by})"), certificates, !docker.skip_verify)
}

/// The address in full, if we can speak to it.
fn spoken(
    host: &str,
    by: &str,
    certificates: Option<PathBuf>,
    verify: bool,
) -> Result<Endpoint, EndpointError> {
    let refused =
        |why| Err(EndpointError::Unspoken { host: host.to_owned(), by: by.to_owned(), why });
    let made =
        |host: String, certificates| Ok(Endpoint { host, named_by: by.to_owned(), certificates });
    match host.split_once("://") {
        Some(("unix", "")) => made(DEFAULT.to_owned(), None),
        Some(("unix", _)) => made(host.to_owned(), None),
        Some(("tcp", rest)) => {
            if certificates.is_some() && !verify {
                return refused("TLS without a check of the engine's certificate is not spoken");
            }
            made(tcp(rest, certificates.is_some()), certificates)
        }
        Some(("ssh", _)) => refused("SSH is not spoken"),
        Some(_) => refused("only unix:// and tcp:// are spoken"),
        None if host.contains('/') => refused("it begins with no scheme"),
        None => spoken(&format!("tcp://{host}"), by, certificates, verify),
    }
}

/// An address of TCP with Docker's own host and ports where it names none.
fn tcp(rest: &str, tls: bool) -> String {
    let (authority, path) =
        rest.split_once('/').map_or((rest, None), |(at, path)| (at, Some(path)));
    // The colons of an address of IP version 6 stand in brackets.
    let behind = authority.rsplit_once(']').map_or(authority, |(_, behind)| behind);
    let (name, port) = match behind.rsplit_once(':') {
        Some((_, port)) => (&authority[..authority.len() - port.len() - 1], port),
        None => (authority, ""),
    };
    let name = if name.is_empty() { "localhost" } else { name };
    let port = if !port.is_empty() {
        port
    } else if tls {
        "2376"
    } else {
        "2375"
    };
    let path = path.map(|path| format!("/{path}")).unwrap_or_default();
    format!("tcp://{name}:{port}{path}")
}

impl Endpoint {
    /// Hands it to a program that will run: whatever it calls reaches this engine and no other.
    pub fn hand_to(&self, command: &mut Command) {
        for name in ["DOCKER_CONTEXT", "DOCKER_TLS", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH"] {
            command.env_remove(name);
        }
        command.env("DOCKER_HOST", &self.host);
        if let Some(folder) = &self.certificates {
            command.env("DOCKER_TLS_VERIFY", "1").env("DOCKER_CERT_PATH", folder);
        }
    }

    /// The path of its socket, if it has one.
    #[must_use]
    pub fn socket(&self) -> Option<&Path> {
        self.host.strip_prefix("unix://").map(Path::new)
    }
}

impl std::fmt::Display for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} (by {})", self.host, self.named_by)
    }
}

/// Hands the run's engine to a program that will run. Where there is none, nothing is brought up
/// that a program could speak to.
pub fn hand_to(command: &mut Command) {
    if let Ok(endpoint) = current() {
        endpoint.hand_to(command);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A configuration with the context `two`.
    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        let id = identity("two");
        let meta = folder.path().join("contexts/meta").join(id);
        fs::create_dir_all(&meta).expect("a folder");
        let text = r#"{"Name":"two","Metadata":{},"Endpoints":{"docker":{"Host":"unix:///two.sock","SkipTLSVerify":false}}}"#;
        fs::write(meta.join("meta.json"), text).expect("a file");
        fs::write(folder.path().join("config.json"), r#"{"auths":{},"currentContext":"two"}"#)
            .expect("a file");
        folder
    }

    fn with(folder: &tempfile::TempDir) -> Settings {
        Settings { folder: Some(folder.path().to_owned()), ..Settings::default() }
    }

    #[test]
    fn a_host_wins_over_a_context_which_wins_over_the_configuration() {
        let folder = folder();
        let host = |settings: &Settings| resolve(settings).map(|endpoint| endpoint.host);
        let configured = with(&folder);
        assert_eq!(host(&configured).as_deref(), Ok("unix:///two.sock"));
        let named = Settings { context: Some("default".into()), ..configured.clone() };
        assert_eq!(host(&named).as_deref(), Ok(DEFAULT));
        let first = Settings { host: Some("unix:///one.sock".into()), ..named };
        assert_eq!(host(&first).as_deref(), Ok("unix:///one.sock"));
        assert_eq!(host(&Settings::default()).as_deref(), Ok(DEFAULT));
    }

    #[test]
    fn a_context_that_is_not_there_is_named() {
        let folder = folder();
        let settings = Settings { context: Some("three".into()), ..with(&folder) };
        let why = resolve(&settings).expect_err("no such context");
        let told = "there is no Docker context \"three\" (named by DOCKER_CONTEXT)";
        assert_eq!(why.to_string(), told);
        fs::write(folder.path().join("config.json"), "{").expect("a file");
        let why = resolve(&with(&folder)).expect_err("no JSON");
        assert!(matches!(why, EndpointError::Unreadable { .. }), "{why}");
    }

    #[test]
    fn addresses_are_completed_as_docker_does() {
        for (written, meant) in [
            ("tcp://engine", "tcp://engine:2375"),
            ("tcp://", "tcp://localhost:2375"),
            ("engine:2375", "tcp://engine:2375"),
            ("tcp://[::1]:5", "tcp://[::1]:5"),
            ("tcp://[::1]", "tcp://[::1]:2375"),
            ("unix://", DEFAULT),
        ] {
            let settings = Settings { host: Some(written.into()), ..Settings::default() };
            let found = resolve(&settings).map(|endpoint| endpoint.host);
            assert_eq!(found.as_deref(), Ok(meant), "{written}");
        }
        let secure = Settings {
            host: Some("tcp://engine".into()),
            verify: true,
            certificates: Some("/certificates".into()),
            ..Settings::default()
        };
        let found = resolve(&secure).expect("an engine");
        assert_eq!(found.host, "tcp://engine:2376");
        assert_eq!(found.certificates.as_deref(), Some(Path::new("/certificates")));
    }

    #[test]
    fn what_is_not_spoken_is_refused_with_a_way_out() {
        for host in ["ssh://me@there", "npipe:////./pipe/docker", "http://there"] {
            let settings = Settings { host: Some(host.into()), ..Settings::default() };
            let why = resolve(&settings).expect_err(host);
            assert!(why.to_string().contains(host), "{why}");
            assert!(why.help().contains("DOCKER_HOST"), "{}", why.help());
        }
        let unchecked = Settings {
            host: Some("tcp://engine".into()),
            tls: true,
            certificates: Some("/certificates".into()),
            ..Settings::default()
        };
        assert!(resolve(&unchecked).is_err());
    }
}
