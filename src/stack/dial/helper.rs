//! The second way: a container of ours that shares the container's network, made of this very program.
//!
//! Its image is imported through the engine's API, without a registry: this program and the
//! libraries that it is linked to. Container and image carry the run's project in a label, by which
//! the sweep removes them. In it [`main`] answers; its standard streams are the way in and out.

use std::{
    collections::{BTreeSet, HashMap},
    fs,
    path::Path,
    process::ExitCode,
    time::Duration,
};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures::{StreamExt as _, TryStreamExt as _};
use testcontainers::bollard::{
    body_full,
    container::LogOutput,
    errors::Error as EngineFault,
    exec::{CreateExecOptions, StartExecResults},
    models::{ContainerCreateBody, HostConfig},
    query_parameters as query,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream},
    sync::Mutex,
};

use super::inside::{self, Answer, Question, Target};
use crate::stack::engine::{Container, Engine, PROJECT_LABEL};

/// The hidden subcommand of the container's processes.
pub const SUBCOMMAND: &str = "inside";
/// The label of what is ours; its value is the project.
pub const HELPER_LABEL: &str = "seaworthy.project";
/// How long an answer may take: names are asked for with patience.
const LIMIT: Duration = Duration::from_secs(30);
/// Where the program and its libraries lie in the image.
const PROGRAM: &str = "seaworthy";
const LIBRARIES: &str = "lib";
/// What the program says before the bytes of a connection.
const OPEN: &str = "open";

/// What was made: images by project, containers by the container that they share with, and its start.
#[derive(Debug, Default)]
struct Made {
    images: HashMap<String, Result<Image, String>>,
    containers: HashMap<(String, Option<DateTime<Utc>>), Container>,
}

/// An image of this program.
#[derive(Debug, Clone)]
struct Image {
    name: String,
    /// What runs the program.
    words: Vec<String>,
}

/// Locked while something is made, so that it is made once.
static MADE: Mutex<Option<Made>> = Mutex::const_new(None);

/// A container of ours in the network of another, and the words that run our program in it.
async fn of(engine: &Engine, container: &Container) -> Result<(Container, Vec<String>), String> {
    let project = container.labels.get(PROJECT_LABEL).cloned().unwrap_or_default();
    let mut made = MADE.lock().await;
    let made = made.get_or_insert_default();
    if !made.images.contains_key(&project) {
        let image = import(engine, &project).await;
        made.images.insert(project.clone(), image);
    }
    let image = made.images[&project].clone()?;
    let key = (container.id.clone(), container.started);
    if let Some(known) = made.containers.get(&key)
        && engine.container(&known.id).await.is_ok_and(|now| now.pid != 0)
    {
        return Ok((known.clone(), image.words));
    }
    let helper = start(engine, container, &project, &image).await?;
    made.containers.insert(key, helper.clone());
    Ok((helper, image.words))
}

async fn start(
    engine: &Engine,
    container: &Container,
    project: &str,
    image: &Image,
) -> Result<Container, String> {
    let body = ContainerCreateBody {
        image: Some(image.name.clone()),
        entrypoint: Some(image.words.clone()),
        cmd: Some(vec!["wait".into()]),
        // Nobody: connecting takes no rights.
        user: Some("65534:65534".into()),
        labels: Some([(HELPER_LABEL.to_owned(), project.to_owned())].into()),
        host_config: Some(HostConfig {
            network_mode: Some(format!("container:{}", container.id)),
            cap_drop: Some(vec!["ALL".into()]),
            security_opt: Some(vec!["no-new-privileges".into()]),
            readonly_rootfs: Some(true),
            ..HostConfig::default()
        }),
        ..ContainerCreateBody::default()
    };
    let made = engine
        .docker
        .create_container(None::<query::CreateContainerOptions>, body)
        .await
        .map_err(|why| why.to_string())?;
    let helper = engine.container(&made.id).await.map_err(|why| why.to_string())?;
    engine.start(&helper).await.map_err(|why| super::super::error::chain(&why))?;
    engine.container(&made.id).await.map_err(|why| why.to_string())
}

/// Makes the image, and leaves it to the sweep.
async fn import(engine: &Engine, project: &str) -> Result<Image, String> {
    let told = engine.docker.version().await.map_err(|why| why.to_string())?;
    let (own, its) = (go_architecture(), told.arch.unwrap_or_default());
    if own != its {
        return Err(format!("this program is for {own}, the engine for {its}"));
    }
    let (archive, words) = tokio::task::spawn_blocking(pack)
        .await
        .map_err(|why| why.to_string())?
        .map_err(|why| format!("cannot pack this program: {why}"))?;
    let name = format!("{project}-helper");
    let options = query::CreateImageOptionsBuilder::new()
        .from_src("-")
        .repo(&name)
        .tag("latest")
        .changes(vec![format!("LABEL {HELPER_LABEL}={project}")])
        .build();
    let body = body_full(Bytes::from(archive));
    let imported: Result<Vec<_>, _> =
        engine.docker.create_image(Some(options), Some(body), None).try_collect().await;
    imported.map_err(|why| format!("the engine does not import an image: {why}"))?;
    Ok(Image { name, words })
}

/// This program's architecture in the engine's words.
fn go_architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "x86" => "386",
        "powerpc64" => "ppc64le",
        other => other,
    }
}

/// The program with its libraries as an archive, and the words that run it there.
fn pack() -> std::io::Result<(Vec<u8>, Vec<String>)> {
    let mut archive = tar::Builder::new(Vec::new());
    let mut add = |name: &str, bytes: &[u8]| {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o755);
        archive.append_data(&mut header, name, bytes)
    };
    add(PROGRAM, &fs::read("/proc/self/exe")?)?;
    let mut loader = None;
    for library in libraries(&fs::read_to_string("/proc/self/maps")?) {
        let Some(name) = Path::new(&library).file_name().and_then(|name| name.to_str()) else {
            continue;
        };
        let place = format!("{LIBRARIES}/{name}");
        add(&place, &fs::read(&library)?)?;
        if name.starts_with("ld-") {
            loader = Some(format!("/{place}"));
        }
    }
    let mut words = Vec::new();
    // A program that is linked to nothing runs by itself.
    if let Some(loader) = loader {
        words.extend([loader, "--library-path".into(), format!("/{LIBRARIES}")]);
    }
    words.extend([format!("/{PROGRAM}"), SUBCOMMAND.to_owned()]);
    Ok((archive.into_inner()?, words))
}

/// The libraries that a process has loaded, as `/proc/<pid>/maps` names them (proc(5)).
fn libraries(maps: &str) -> BTreeSet<String> {
    /// Before the name stand addresses, rights, offset, device and inode.
    const NAME: usize = 5;
    let name = |line: &str| {
        let name = line.split_whitespace().nth(NAME)?;
        let file = Path::new(name).file_name()?.to_str()?;
        (name.starts_with('/') && file.contains(".so")).then(|| name.to_owned())
    };
    maps.lines().filter_map(name).collect()
}

/// Asks a question from there.
///
/// # Errors
/// Why there is no such container.
pub(super) async fn ask(
    engine: &Engine,
    container: &Container,
    question: &Question,
) -> Result<Answer, String> {
    let (helper, mut words) = of(engine, container).await?;
    let asked = serde_json::to_string(question).map_err(|why| why.to_string())?;
    words.extend(["ask".to_owned(), asked]);
    let done = engine.execute(&helper, &words, LIMIT).await;
    let done = done.map_err(|why| super::super::error::chain(&why))?;
    serde_json::from_str(&done.output)
        .map_err(|_| format!("it answers with {}: {}", done.code, done.output.trim()))
}

/// Connects from there; the inner error is what the addresses answered.
///
/// # Errors
/// Why there is no such container.
pub(super) async fn dial(
    engine: &Engine,
    container: &Container,
    target: &Target,
) -> Result<Result<DuplexStream, String>, String> {
    /// How much of a connection is on its way at a time.
    const BUFFER: usize = 1 << 16;
    let (helper, mut words) = of(engine, container).await?;
    let target = serde_json::to_string(target).map_err(|why| why.to_string())?;
    words.extend(["dial".to_owned(), target]);
    let options = CreateExecOptions {
        attach_stdin: Some(true),
        attach_stdout: Some(true),
        attach_stderr: Some(true),
        cmd: Some(words),
        ..CreateExecOptions::default()
    };
    let exec =
        engine.docker.create_exec(&helper.id, options).await.map_err(|why| why.to_string())?;
    let started = engine.docker.start_exec(&exec.id, None).await.map_err(|why| why.to_string())?;
    let StartExecResults::Attached { mut output, mut input } = started else {
        return Err("the engine does not attach us to it".into());
    };
    let first = tokio::time::timeout(LIMIT, head(&mut output)).await;
    let early = match first.map_err(|_| format!("no answer within {LIMIT:?}"))? {
        Ok(early) => early,
        Err(why) => return Ok(Err(why)),
    };
    let (own, theirs) = tokio::io::duplex(BUFFER);
    let (mut from_us, mut to_us) = tokio::io::split(theirs);
    tokio::spawn(async move {
        let _ended = tokio::io::copy(&mut from_us, &mut input).await;
        let _closed = input.shutdown().await;
    });
    tokio::spawn(async move {
        if to_us.write_all(&early).await.is_err() {
            return;
        }
        while let Some(Ok(LogOutput::StdOut { message })) = output.next().await {
            if to_us.write_all(&message).await.is_err() {
                return;
            }
        }
        let _closed = to_us.shutdown().await;
    });
    Ok(Ok(own))
}

/// What the program says of the connection, on its standard error, and the bytes of the connection that
/// came before: the engine carries the two side by side, and some servers greet at once.
async fn head(
    output: &mut (impl futures::Stream<Item = Result<LogOutput, EngineFault>> + Unpin),
) -> Result<Vec<u8>, String> {
    let (mut told, mut early) = (Vec::new(), Vec::new());
    while let Some(piece) = output.next().await {
        match piece.map_err(|why| why.to_string())? {
            LogOutput::StdErr { message } => told.extend_from_slice(&message),
            other => early.extend_from_slice(other.as_ref()),
        }
        if told.ends_with(b"\n") {
            break;
        }
    }
    let told = String::from_utf8_lossy(&told);
    match told.trim_end() {
        OPEN => Ok(early),
        // Where the program does not run, the engine says so among its output.
        "" => Err(String::from_utf8_lossy(&early).trim_end().to_owned()),
        why => Err(why.to_owned()),
    }
}

/// The life of the program in such a container.
#[must_use]
pub fn main(words: &[String]) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let Ok(runtime) = runtime else { return ExitCode::FAILURE };
    let done = match words {
        [command, question] if command == "ask" => runtime.block_on(answer(question)),
        [command, target] if command == "dial" => runtime.block_on(pipe(target)),
        [command] if command == "wait" => runtime.block_on(std::future::pending()),
        _ => Err(std::io::Error::other("nothing was asked")),
    };
    // A thread that still reads must not keep us.
    runtime.shutdown_background();
    if done.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

async fn answer(question: &str) -> std::io::Result<()> {
    let answer = inside::answer(serde_json::from_str(question)?).await;
    let mut stdout = tokio::io::stdout();
    stdout.write_all(&serde_json::to_vec(&answer)?).await?;
    stdout.flush().await
}

async fn pipe(target: &str) -> std::io::Result<()> {
    let mut told = tokio::io::stderr();
    let dialled = match serde_json::from_str(target) {
        Ok(target) => inside::dial(&target).await,
        Err(_) => Err(format!("\"{target}\" is no target")),
    };
    let (stream, _) = match dialled {
        Ok(dialled) => dialled,
        Err(why) => {
            told.write_all(format!("{why}\n").as_bytes()).await?;
            return told.flush().await;
        }
    };
    told.write_all(format!("{OPEN}\n").as_bytes()).await?;
    told.flush().await?;
    let (mut from, mut to) = stream.into_split();
    let sending = async {
        let _ended = tokio::io::copy(&mut tokio::io::stdin(), &mut to).await;
        let _closed = to.shutdown().await;
        // What the other side has yet to say is still to be heard.
        std::future::pending::<()>().await;
    };
    let hearing = async {
        let mut stdout = tokio::io::stdout();
        let mut piece = vec![0; 1 << 14];
        loop {
            let length = from.read(&mut piece).await?;
            if length == 0 {
                return Ok(());
            }
            stdout.write_all(&piece[..length]).await?;
            stdout.flush().await?;
        }
    };
    tokio::select! {
        heard = hearing => heard,
        () = sending => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_server_that_greets_at_once_is_heard_whole() {
        let out = |text: &'static str| Ok(LogOutput::StdOut { message: text.into() });
        let err = |text: &'static str| Ok(LogOutput::StdErr { message: text.into() });
        let open = err("open\n");
        for (pieces, says) in [
            (vec![err("open\n"), out("K 9.7")], Ok("")),
            (vec![out("K 9.7"), open], Ok("K 9.7")),
            (vec![out("K\n"), err("op"), err("en\n"), out("9.7")], Ok("K\n")),
            (
                vec![err("172.18.0.2:80: connection refused\n")],
                Err("172.18.0.2:80: connection refused"),
            ),
            (vec![out("OCI runtime exec failed\n")], Err("OCI runtime exec failed")),
        ] {
            let heard = head(&mut futures::stream::iter(pieces)).await;
            assert_eq!(heard, says.map(|text: &str| text.into()).map_err(str::to_owned));
        }
    }

    #[test]
    fn this_program_is_packed_with_what_it_is_linked_to() {
        let maps = "7f00-7f01 r-xp 00000000 fe:00 12 /usr/lib/x86_64-linux-gnu/libc.so.6\n\
            7f01-7f02 r--p 00001000 fe:00 12 /usr/lib/x86_64-linux-gnu/libc.so.6\n\
            7f02-7f03 r-xp 00000000 fe:00 13 /usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2\n\
            7f03-7f04 rw-p 00000000 00:00 0 [heap]\n7f04-7f05 r-xp 00000000 fe:00 14 /usr/bin/seaworthy\n";
        let found: Vec<String> = libraries(maps).into_iter().collect();
        let folder = "/usr/lib/x86_64-linux-gnu";
        assert_eq!(
            found,
            [format!("{folder}/ld-linux-x86-64.so.2"), format!("{folder}/libc.so.6")]
        );
    }
}
