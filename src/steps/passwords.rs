//! Stores that ask for a password: declared by the files, and asked of the server itself.

use std::{fs, net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
};

use super::{
    Arguments, Step, StepResult, World,
    declared::{self, point_key},
};
use crate::{
    compose::{Project, Service},
    probe::credentials,
    run::Failure,
    stack::engine::Container,
};

/// The port of Redis's protocol.
const PORT: u16 = 6379;
/// How long the server may take to answer a command.
const PATIENCE: Duration = Duration::from_secs(5);
/// A password that nobody has.
const WRONG: &str = "this-is-not-the-password-of-anybody";

pub(super) static STEPS: &[Step] = &[Step::then(
    "Redis in service {service} refuses commands without a password",
    "The files give the server a password; it refuses a command without one and with a wrong one, and obeys one with the password that the service was given.",
    "Redis in service \"redis\" refuses commands without a password",
)
.declared(by_files)
.observed(|world, arguments| Box::pin(refuses(world, arguments)))];

const HELP: &str = "give it a password from a secret: pass `requirepass` by a configuration file or standard input (or the image's `REDIS_PASSWORD_FILE`), as a word of `command:` it is in the process list";

/// Where the files give a server its password; none if they do not.
fn given(project: &Project, service: &Service) -> Option<String> {
    let lists = [&service.entrypoint, &service.command];
    let words: Vec<&str> =
        lists.into_iter().flatten().flatten().map(|word| word.as_str()).collect();
    if words.iter().any(|word| word.contains("requirepass")) {
        return Some("by `requirepass` of its command".into());
    }
    let variable = credentials::OF_REDIS.iter().find_map(|name| {
        let set = |name: &str| {
            let value = service.environment.get(name).and_then(|value| value.value.as_deref());
            value.is_some_and(|value| !value.is_empty())
        };
        let file = format!("{name}_FILE");
        // What the client takes alone gives the server none.
        let of_server = !name.ends_with("CLI_AUTH");
        (of_server && (set(name) || set(&file))).then(|| format!("by {name}"))
    });
    variable.or_else(|| by_unmade_secret(project, service, &words)).or_else(|| {
        let mounted = service.volumes.iter().filter_map(|used| used.source.as_ref());
        let configs = service
            .configs
            .iter()
            .filter_map(|used| project.configs.get(used.source.as_ref()?.as_str())?.file.as_ref());
        let secrets = service
            .secrets
            .iter()
            .filter_map(|used| project.secrets.get(used.source.as_ref()?.as_str())?.file.as_ref());
        let mut files = mounted.chain(configs).chain(secrets);
        files.find_map(|file| {
            let text = fs::read_to_string(file.as_str()).ok()?;
            let asks = |line: &str| {
                let mut words = line.split_whitespace();
                let (first, second) = (words.next(), words.next().unwrap_or("\"\""));
                // What a secret says is not there before it is made.
                first == Some("requirepass") && second != "\"\""
                    || first == Some("include") && second.starts_with("/run/secrets/")
            };
            text.lines().any(asks).then(|| format!("by a line of {}", file.as_str()))
        })
    })
}

/// A secret that the server is started with as its configuration, and whose file is not made yet:
/// what it says is for the running stack to judge.
fn by_unmade_secret(project: &Project, service: &Service, words: &[&str]) -> Option<String> {
    service.secrets.iter().find_map(|used| {
        let source = used.source.as_ref()?.as_str();
        let target = used.target.as_ref().map_or(source, |target| target.as_str());
        let at = if target.starts_with('/') {
            target.to_owned()
        } else {
            format!("/run/secrets/{target}")
        };
        let file = project.secrets.get(source)?.file.as_ref()?;
        let unmade = words.contains(&at.as_str()) && !fs::exists(file.as_str()).unwrap_or(true);
        unmade.then(|| {
            format!("by the secret \"{source}\", its configuration, which is made before the start")
        })
    })
}

fn expected(name: &str) -> String {
    format!("Redis in service \"{name}\" refuses commands without a password")
}

fn by_files(world: &mut World, arguments: &Arguments) -> StepResult {
    let name = arguments.text(0)?;
    let project = world.project()?;
    let service = declared::service(&project, name)?;
    if let Some(how) = given(&project, service) {
        world.saw(format!("password of \"{name}\""), how);
        return Ok(());
    }
    let failure = Failure::finding(expected(name), "the files give it no password")
        .help(format!("{HELP} (service \"{name}\")"));
    Err(point_key(&project, name, "command", failure))
}

/// Says some lines to the server, and returns the first line of each answer.
async fn said(at: SocketAddr, lines: &[String]) -> std::io::Result<Vec<String>> {
    let mut stream = BufReader::new(TcpStream::connect(at).await?);
    let mut answers = Vec::new();
    for line in lines {
        stream.write_all(line.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_line(&mut answer).await?;
        answers.push(answer.trim_end().to_owned());
    }
    Ok(answers)
}

/// A command as the protocol's arrays write it: a password may have any bytes.
fn command(words: &[&str]) -> String {
    let words = words.iter().map(|word| format!("${}\r\n{word}\r\n", word.len()));
    let body: String = words.clone().collect();
    format!("*{}\r\n{body}", words.count())
}

async fn asked(container: &Container, commands: &[String]) -> Result<Vec<String>, Failure> {
    let doing = format!("speak to Redis in {}", container.name);
    let address = container
        .address()
        .ok_or_else(|| Failure::error(doing.clone(), "the container has no address"))?;
    let asking = said(SocketAddr::new(address, PORT), commands);
    match tokio::time::timeout(PATIENCE, asking).await {
        Ok(answers) => answers.map_err(|why| Failure::error(doing, why.to_string())),
        Err(_) => Err(Failure::error(doing, format!("no answer within {PATIENCE:?}"))),
    }
}

async fn refuses(world: &mut World, arguments: &Arguments) -> StepResult {
    let name = arguments.text(0)?;
    let running = world.running()?;
    let project = &running.stack.project;
    let wrong = |found: String, help: String| {
        let failure = Failure::finding(expected(name), found).services([name]).help(help);
        Err(point_key(project, name, "command", failure))
    };
    for container in world.service(name).await? {
        let ping = command(&["PING"]);
        let without = asked(&container, std::slice::from_ref(&ping)).await?;
        let without = without.first().map_or("", String::as_str);
        if !without.starts_with("-NOAUTH") {
            let found = format!("PING without a password: {without}");
            return wrong(found, format!("{HELP} (service \"{name}\")"));
        }
        let false_one = asked(&container, &[command(&["AUTH", WRONG])]).await?;
        let false_one = false_one.first().map_or("", String::as_str);
        if !false_one.starts_with("-WRONGPASS") && !false_one.starts_with("-ERR invalid password") {
            return wrong(format!("AUTH with a wrong password: {false_one}"), HELP.into());
        }
        let Some(password) = credentials::redis(&container) else {
            let found = "it wants a password, and nothing that the service was given says which";
            return wrong(
                found.into(),
                format!(
                    "give service \"{name}\" one secret whose name has \"redis\" or \"pass\" in it, or REDIS_PASSWORD_FILE"
                ),
            );
        };
        let answers = asked(&container, &[command(&["AUTH", &password]), ping]).await?;
        let [login, answer] = answers.as_slice() else {
            return Err(Failure::error(
                format!("speak to Redis in {}", container.name),
                "it hung up",
            ));
        };
        if login != "+OK" || answer != "+PONG" {
            let found = format!("with the password that it was given: {login}, PING: {answer}");
            return wrong(found, "give the server and its clients the same secret".into());
        }
        world.saw(
            container.name.clone(),
            format!("PING: {without}\nAUTH with a wrong password: {false_one}\nAUTH with its password: {login}, PING: {answer}"),
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_seen_wherever_the_files_give_it() {
        let of = |text: &str| {
            let text = format!("services:\n  a: {{image: redis, {text}}}\n");
            let project: Project =
                crate::compose::project::load_text("compose.yaml", &text).expect("a model").into();
            given(&project, &project.services["a"])
        };
        assert!(of("command: redis-server --requirepass secret").is_some());
        assert!(of("environment: {REDIS_PASSWORD_FILE: /run/secrets/a}").is_some());
        assert!(of("environment: {REDISCLI_AUTH: secret}").is_none(), "that is for clients");
        assert!(of("command: redis-server").is_none());
    }

    #[test]
    fn a_command_is_an_array_of_words() {
        assert_eq!(command(&["AUTH", "ä b"]), "*2\r\n$4\r\nAUTH\r\n$4\r\nä b\r\n");
    }
}
