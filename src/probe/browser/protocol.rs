//! The Chrome DevTools Protocol over a pair of pipes: commands, their answers, and events.
//!
//! A message is JSON text that ends in a zero byte (`--remote-debugging-pipe`). Nobody else can
//! speak on the pipes, as could anybody of this machine on a debugging port; and the browser
//! ends by itself when the pipe to it is closed, however we ended.

use std::{collections::VecDeque, io, path::Path, time::Duration};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::unix::pipe,
    time::{Instant, timeout_at},
};

/// How long one command may take.
const LIMIT: Duration = Duration::from_secs(15);
/// How long one may take until the browser has a page. The first browser comes from the disk, which
/// images that were built a moment ago keep busy; how long that takes says nothing about the stack.
const START: Duration = Duration::from_mins(1);

/// Why a command has no result.
#[derive(Debug, thiserror::Error)]
pub enum ProtocolError {
    /// The browser does not do it, in its own words.
    #[error("{0}")]
    Refused(String),
    /// No answer came in time.
    #[error("the browser did not answer {method} within {}", humantime::format_duration(*.limit))]
    Silent {
        /// The command.
        method: String,
        /// How long it was waited for.
        limit: Duration,
    },
    /// The pipes.
    #[error("the pipe to the browser: {0}")]
    Pipe(#[from] io::Error),
}

/// Our ends of the pipes.
#[derive(Debug)]
pub struct Protocol {
    to: pipe::Sender,
    from: pipe::Receiver,
    unread: Vec<u8>,
    last: u64,
    /// The page that commands are for, once there is one.
    session: Option<String>,
    events: VecDeque<Value>,
}

impl Protocol {
    /// Opens two named pipes, which exist already: the one the browser reads, and the one it writes.
    ///
    /// # Errors
    /// The operating system's.
    pub fn open(to: &Path, from: &Path) -> io::Result<Self> {
        // Neither waits for the browser's end to be opened.
        let open = || {
            let mut options = pipe::OpenOptions::new();
            options.read_write(true);
            options
        };
        Ok(Self {
            to: open().open_sender(to)?,
            from: open().open_receiver(from)?,
            unread: Vec::new(),
            last: 0,
            session: None,
            events: VecDeque::new(),
        })
    }

    /// From now on commands are for this page.
    pub fn attach(&mut self, session: String) {
        self.session = Some(session);
    }

    /// Sends a command and waits for its result. Events that come before it are kept.
    ///
    /// # Errors
    /// [`ProtocolError`].
    pub async fn call(&mut self, method: &str, parameters: Value) -> Result<Value, ProtocolError> {
        let limit = if self.session.is_some() { LIMIT } else { START };
        let deadline = Instant::now() + limit;
        let silent = || ProtocolError::Silent { method: method.to_owned(), limit };
        let id =
            timeout_at(deadline, self.send(method, parameters)).await.map_err(|_| silent())??;
        loop {
            let mut message = timeout_at(deadline, self.read()).await.map_err(|_| silent())??;
            if message.get("id").and_then(Value::as_u64) != Some(id) {
                self.keep(message).await?;
                continue;
            }
            if let Some(error) = message.get("error") {
                let words = error.get("message").and_then(Value::as_str);
                return Err(ProtocolError::Refused(words.unwrap_or_default().to_owned()));
            }
            return Ok(message.get_mut("result").map(Value::take).unwrap_or_default());
        }
    }

    /// The next event, of those that came and those to come; none by the deadline.
    ///
    /// # Errors
    /// [`ProtocolError::Pipe`].
    pub async fn event(&mut self, deadline: Instant) -> Result<Option<Value>, ProtocolError> {
        loop {
            if let Some(event) = self.events.pop_front() {
                return Ok(Some(event));
            }
            let Ok(message) = timeout_at(deadline, self.read()).await else { return Ok(None) };
            self.keep(message?).await?;
        }
    }

    /// The next event that came already.
    pub fn event_so_far(&mut self) -> Option<Value> {
        self.events.pop_front()
    }

    async fn keep(&mut self, message: Value) -> Result<(), ProtocolError> {
        let Some(method) = message.get("method").and_then(Value::as_str) else { return Ok(()) };
        if method == "Page.javascriptDialogOpening" {
            // The page stands still until somebody answers.
            self.send("Page.handleJavaScriptDialog", json!({"accept": true})).await?;
        }
        self.events.push_back(message);
        Ok(())
    }

    async fn send(&mut self, method: &str, parameters: Value) -> io::Result<u64> {
        self.last += 1;
        let mut message = json!({"id": self.last, "method": method, "params": parameters});
        if let Some(session) = &self.session {
            message["sessionId"] = session.as_str().into();
        }
        let mut bytes = message.to_string().into_bytes();
        bytes.push(0);
        self.to.write_all(&bytes).await?;
        Ok(self.last)
    }

    /// Reads a message. What it has read of one stays when it is given up.
    async fn read(&mut self) -> io::Result<Value> {
        loop {
            if let Some(end) = self.unread.iter().position(|byte| *byte == 0) {
                let message: Vec<u8> = self.unread.drain(..=end).collect();
                return serde_json::from_slice(&message[..end]).map_err(io::Error::other);
            }
            if self.from.read_buf(&mut self.unread).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }
}
