//! Texts over plain TCP: what a server says by itself, and what it answers.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::{Instant, timeout_at},
};

use super::ProbeError;

/// How much is listened to before a server is taken not to say it.
const MOST: usize = 1 << 20;

/// What a conversation came to.
#[derive(Debug)]
pub struct Said {
    /// Everything that was heard, as text.
    pub text: String,
    /// Whether the server ended it.
    pub ended: bool,
}

/// Connects, sends a text if there is one, and listens until `enough`, the end, or the time is over.
///
/// # Errors
/// When nobody takes the connection.
pub async fn talk(
    at: SocketAddr,
    send: Option<&str>,
    limit: Duration,
    enough: impl Fn(&str) -> bool,
) -> Result<Said, ProbeError> {
    let doing = || format!("connect to {at}");
    let deadline = Instant::now() + limit;
    let late = |_| ProbeError { doing: doing(), why: format!("no answer within {limit:?}") };
    let connected = timeout_at(deadline, TcpStream::connect(at)).await.map_err(late)?;
    let mut stream = connected.map_err(|why| ProbeError::new(doing(), &why))?;
    if let Some(text) = send {
        let written = timeout_at(deadline, stream.write_all(text.as_bytes())).await;
        written.map_err(late)?.map_err(|why| ProbeError::new(doing(), &why))?;
    }
    let mut heard = Vec::new();
    let mut part = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&heard).into_owned();
        if enough(&text) || heard.len() > MOST {
            return Ok(Said { text, ended: false });
        }
        match timeout_at(deadline, stream.read(&mut part)).await {
            Err(_) => return Ok(Said { text, ended: false }),
            // Reset or closed: there comes no more.
            Ok(Ok(0) | Err(_)) => return Ok(Said { text, ended: true }),
            Ok(Ok(count)) => heard.extend_from_slice(&part[..count]),
        }
    }
}
