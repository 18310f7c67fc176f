//! Whether a dump is good for anything: it is loaded into an empty server of the same image.

use std::time::Duration;

use testcontainers::{
    ContainerAsync, GenericImage, ImageExt as _,
    core::{AccessMode, Mount},
    runners::AsyncRunner as _,
};

use super::{Login, Part, Spoken, detect_by_port, names, spoken};
use crate::{
    facts::products::PRODUCTS,
    probe::ProbeError,
    stack::{
        engine::{Container, Engine, EngineError, PROJECT_LABEL},
        health::{self, Pace},
    },
};

/// Where the dump is in the empty server.
pub(super) const DUMP: &str = "/tmp/dump.sql";
/// How long an empty server may take to start, and a dump to load.
const LIMIT: Duration = Duration::from_mins(1);
/// The pause between two looks at the server.
const PAUSE: Duration = Duration::from_millis(50);
/// Where the secrets lie that a server is started with.
const SECRETS: &str = "/run/secrets/";

/// How a product's server loads a dump.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    /// The command line by which it loads [`DUMP`] into a database.
    pub(super) command: fn(&str) -> String,
    /// By what a dump is seen to be whole; reads after "look at the last lines of the dump: ".
    pub(super) end: &'static str,
}

/// Why there is nothing to compare.
#[derive(Debug)]
pub enum Unrestored {
    /// Nobody could try, and what would help.
    Untried(ProbeError, String),
    /// The server does not load it: what it said, and what to do.
    Refused(String, String),
}

impl From<ProbeError> for Unrestored {
    fn from(why: ProbeError) -> Self {
        Self::Untried(why, String::new())
    }
}

fn engine_said(doing: &str) -> impl Fn(EngineError) -> Unrestored {
    move |why| Unrestored::Untried(ProbeError::new(doing, &why), why.help())
}

/// What a database holds when a dump of it was loaded into an empty server like the one that it is of.
/// The server is labelled as the project's, and goes again.
///
/// # Errors
/// [`Unrestored`].
pub async fn restored(
    engine: &Engine,
    project: &str,
    original: &Container,
    dump: Vec<u8>,
    database: &str,
) -> Result<Vec<Part>, Unrestored> {
    let product = detect_by_port(engine, original).await?;
    let spoken = product.and_then(spoken).filter(|spoken| spoken.dump.is_some());
    let spoken = spoken.ok_or_else(|| ProbeError {
        doing: format!("load a dump into an empty server like {}", original.name),
        why: format!(
            "{} runs there; seaworthy can load dumps of {}",
            product.map_or("no store that is known", |product| product.name),
            names(|spoken| spoken.dump.is_some()).join(", ")
        ),
    })?;
    let server = start(project, original, dump, spoken).await?;
    let parts = loaded(engine, server.id(), original, database, spoken).await;
    let removed = server.rm().await;
    removed.map_err(|why| ProbeError::new("remove the server", &why))?;
    parts
}

async fn start(
    project: &str,
    original: &Container,
    dump: Vec<u8>,
    spoken: &Spoken,
) -> Result<ContainerAsync<GenericImage>, Unrestored> {
    let network = original.addresses.keys().next().cloned().unwrap_or_default();
    let (name, tag) =
        original.image_tag.rsplit_once(':').unwrap_or((&original.image_tag, "latest"));
    let mut request = GenericImage::new(name, tag)
        .with_network(network)
        .with_label(PROJECT_LABEL, project)
        .with_startup_timeout(LIMIT)
        .with_copy_to(DUMP, dump);
    let products = PRODUCTS.iter().filter(|known| spoken.products.contains(&known.name));
    let prefixes: Vec<&str> = products.flat_map(|known| known.variables).copied().collect();
    for (name, value) in &original.environment {
        if prefixes.iter().any(|prefix| name.starts_with(prefix)) {
            request = request.with_env_var(name, value);
        }
    }
    // What those variables name by `_FILE`, and what the health check reads.
    for secret in original.mounts.iter().filter(|mount| mount.target.starts_with(SECRETS)) {
        let mount = Mount::bind_mount(secret.source.clone(), secret.target.clone());
        request = request.with_mount(mount.with_access_mode(AccessMode::ReadOnly));
    }
    request.start().await.map_err(|why| {
        Unrestored::Untried(
            ProbeError::new("start an empty server", &why),
            "look at the memory and the disk of this machine".into(),
        )
    })
}

/// Waits for the empty server, loads the dump that was copied into it, and reads what is there then.
async fn loaded(
    engine: &Engine,
    id: &str,
    original: &Container,
    database: &str,
    spoken: &Spoken,
) -> Result<Vec<Part>, Unrestored> {
    let failed = engine_said("wait for the empty server");
    let server = health::until_well(Pace::steady(LIMIT, PAUSE), async || {
        let server = match engine.container(id).await {
            Ok(server) => server,
            Err(why) => return Ok(Err(failed(why))),
        };
        // The check of the original: a service may have another than its image.
        let asked = Container { health_test: original.health_test.clone(), ..server };
        Ok(match health::complaint(engine, &asked, LIMIT).await {
            Ok(None) => Ok(asked),
            Ok(Some(why)) => {
                Err(Unrestored::from(ProbeError { doing: "wait for the empty server".into(), why }))
            }
            // What has ended does not come up any more.
            Err(why @ EngineError::NotRunning { .. }) => return Err(failed(why)),
            Err(why) => Err(failed(why)),
        })
    })
    .await??;
    let (Some(Load { command, end }), Some(open)) = (spoken.dump, spoken.database) else {
        return Err(ProbeError {
            doing: format!("load a dump into an empty server like {}", original.name),
            why: "nobody knows how: this is a defect of seaworthy".into(),
        }
        .into());
    };
    let words = ["/bin/sh".to_owned(), "-c".into(), command(database)];
    let done = engine.execute(&server, &words, LIMIT).await;
    let done = done.map_err(engine_said("load the dump into the empty server"))?;
    if done.code != 0 {
        let help = format!("look at the last lines of the dump: {end}");
        return Err(Unrestored::Refused(done.output.trim().to_owned(), help));
    }
    let mut connection = open(&server, Login::Root).await?;
    let parts = connection.contents(database).await;
    connection.close().await;
    Ok(parts?)
}
