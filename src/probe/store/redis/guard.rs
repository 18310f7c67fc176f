//! Whether a Redis server wants a password, asked of the server itself in its own protocol (RESP).

use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};

use super::{PORT, password};
use crate::{
    probe::ProbeError,
    stack::{dial, engine::Container},
};

/// How long the server may take to answer a command.
const PATIENCE: Duration = Duration::from_secs(5);
/// A password that nobody has.
const WRONG: &str = "this-is-not-the-password-of-anybody";

/// What a server answers without a password, with a wrong one and with its own; or what the files say
/// that it will.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Guard {
    /// The files give it none.
    Bare,
    /// It obeys without one.
    Open {
        /// Its answer to `PING`.
        ping: String,
    },
    /// It does not refuse a wrong one.
    Lax {
        /// Its answer to `AUTH`.
        auth: String,
    },
    /// It wants one, and nothing that the service was given says which.
    Unknown,
    /// It does not obey with the one that the service was given.
    Refuses {
        /// Its answer to `AUTH`.
        auth: String,
        /// Its answer to `PING`.
        ping: String,
    },
    /// As it should be: every answer, a line each, or how the files give it one.
    Guarded(Vec<String>),
}

/// Says some lines to the server, and returns the first line of each answer.
async fn said(stream: Box<dyn dial::Stream>, lines: &[String]) -> std::io::Result<Vec<String>> {
    let mut stream = BufReader::new(stream);
    let mut answers = Vec::new();
    for line in lines {
        stream.write_all(line.as_bytes()).await?;
        let mut answer = String::new();
        // Whoever hangs up has not answered.
        if stream.read_line(&mut answer).await? == 0 {
            break;
        }
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

async fn asked<const N: usize>(
    container: &Container,
    commands: [&[&str]; N],
) -> Result<[String; N], ProbeError> {
    let doing = format!("speak to Redis in {}", container.name);
    let unanswered = |why: String| ProbeError { doing: doing.clone(), why };
    let stream = dial::connect(container, PORT).await;
    let (stream, _) = stream.map_err(|why| ProbeError::unreached(doing.clone(), &why))?;
    let commands: Vec<String> = commands.into_iter().map(command).collect();
    let answers = tokio::time::timeout(PATIENCE, said(stream, &commands)).await;
    let answers = answers.map_err(|_| unanswered(format!("no answer within {PATIENCE:?}")))?;
    let answers = answers.map_err(|why| unanswered(why.to_string()))?;
    answers.try_into().map_err(|_| unanswered("it hung up".into()))
}

/// Asks the server in a container.
///
/// # Errors
/// When it cannot be asked, or the password cannot be read that it was given.
pub async fn ask(container: &Container) -> Result<Guard, ProbeError> {
    let [without] = asked(container, [&["PING"]]).await?;
    if !without.starts_with("-NOAUTH") {
        return Ok(Guard::Open { ping: without });
    }
    let [wrong] = asked(container, [&["AUTH", WRONG]]).await?;
    if !wrong.starts_with("-WRONGPASS") && !wrong.starts_with("-ERR invalid password") {
        return Ok(Guard::Lax { auth: wrong });
    }
    let Some(password) = password::of(container).await else {
        let Some(why) = password::unread(container).await else { return Ok(Guard::Unknown) };
        let doing = format!("read the password that {} was given", container.name);
        let why = format!("{why}; run as root, on the engine's own machine");
        return Err(ProbeError { doing, why });
    };
    let [auth, ping] = asked(container, [&["AUTH", &password], &["PING"]]).await?;
    if auth != "+OK" || ping != "+PONG" {
        return Ok(Guard::Refuses { auth, ping });
    }
    Ok(Guard::Guarded(vec![
        format!("PING: {without}"),
        format!("AUTH with a wrong password: {wrong}"),
        format!("AUTH with its password: {auth}, PING: {ping}"),
    ]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_an_array_of_words() {
        assert_eq!(command(&["AUTH", "ä b"]), "*2\r\n$4\r\nAUTH\r\n$4\r\nä b\r\n");
    }
}
