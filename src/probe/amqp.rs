//! AMQP 0-9-1, as much of it as it takes to log in, to publish a message that is surely taken or surely
//! not, and to look at those that wait.
//!
//! A session is one connection with one channel. What it has in hand when it is closed goes back to its
//! place in the queue.

use std::{io, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    time::timeout,
};

use self::wire::{Arguments, Reader};
use super::ProbeError;
use crate::stack::{dial, engine::Container};

mod wire;

/// The port of AMQP without TLS.
const PORT: u16 = 5672;
/// How long one answer may take: a refusal to log in is held back for a second.
const PATIENCE: Duration = Duration::from_secs(5);
/// No frame is longer, as we ask for.
const LONGEST: u32 = 1 << 17;
/// "AMQP", and the version of the protocol.
const HEADER: &[u8] = b"AMQP\x00\x00\x09\x01";
/// What a frame carries, and the byte that ends each.
const METHOD: u8 = 1;
const CONTENT: u8 = 2;
const BODY: u8 = 3;
const HEARTBEAT: u8 = 8;
const END: u8 = 0xCE;
/// A message that outlives a restart of the server, if its queue does.
const PERSISTENT: u8 = 2;
/// The class of what is done with messages.
const BASIC: u16 = 60;

/// A method, by its class and its number there.
type Method = (u16, u16);

const START: Method = (10, 10);
const START_OK: Method = (10, 11);
const TUNE: Method = (10, 30);
const TUNE_OK: Method = (10, 31);
const OPEN: Method = (10, 40);
const OPEN_OK: Method = (10, 41);
const CLOSE: Method = (10, 50);
const CLOSE_OK: Method = (10, 51);
const CHANNEL_OPEN: Method = (20, 10);
const CHANNEL_OPEN_OK: Method = (20, 11);
const CHANNEL_CLOSE: Method = (20, 40);
const CHANNEL_CLOSE_OK: Method = (20, 41);
const SELECT: Method = (85, 10);
const SELECT_OK: Method = (85, 11);
const PUBLISH: Method = (BASIC, 40);
const RETURN: Method = (BASIC, 50);
const GET: Method = (BASIC, 70);
const GET_OK: Method = (BASIC, 71);
const GET_EMPTY: Method = (BASIC, 72);
const ACK: Method = (BASIC, 80);
const REJECT: Method = (BASIC, 90);
const NACK: Method = (BASIC, 120);

/// How to be let in.
#[derive(Debug, Clone, Copy)]
pub struct Login<'a> {
    /// The user.
    pub user: &'a str,
    /// Their password.
    pub password: &'a str,
    /// The virtual host.
    pub host: &'a str,
}

/// What became of a published message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Published {
    /// At least one queue has it.
    Taken,
    /// No queue has it, in the server's words.
    Lost(String),
}

/// A message that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// What it says.
    pub body: Vec<u8>,
    /// How the server calls it in this session.
    pub tag: u64,
}

/// What a server says instead of doing what was asked.
#[derive(Debug)]
enum Answer {
    Method(Method, Vec<u8>),
    /// It closed the channel or the connection: `NOT_FOUND - no queue 'x' in vhost '/'`.
    Closed(String),
}

/// A session with a server.
pub struct Session {
    stream: Box<dyn dial::Stream>,
    name: String,
    /// The server has closed the channel.
    is_shut: bool,
}

/// Whether the server lets a user in who comes from another container.
///
/// # Errors
/// When nobody answers on the port, or something that is no AMQP.
pub async fn lets_in(
    container: &Container,
    user: &str,
    password: &str,
) -> Result<bool, ProbeError> {
    Ok(login(container, user, password).await?.is_some())
}

/// A connection on which a user was let in.
async fn login(
    container: &Container,
    user: &str,
    password: &str,
) -> Result<Option<Session>, ProbeError> {
    let doing = || format!("log in to {} by AMQP", container.name);
    let (stream, _) =
        dial::connect(container, PORT).await.map_err(|why| ProbeError::unreached(doing(), &why))?;
    let mut session = Session { stream, name: container.name.clone(), is_shut: false };
    let talk = async {
        session.stream.write_all(HEADER).await?;
        let (kind, start) = session.frame().await?;
        if kind != METHOD || wire::method(&start) != Some(START) {
            return Err(io::Error::other("what answers speaks no AMQP 0-9-1"));
        }
        session.send(0, START_OK, &start_ok(user, password)).await?;
        // Whoever is not let in is told so, or the connection is closed.
        Ok(matches!(session.frame().await, Ok((METHOD, tune)) if wire::method(&tune) == Some(TUNE)))
    };
    Ok(in_time(doing, talk).await?.then_some(session))
}

async fn in_time<T>(
    doing: impl Fn() -> String,
    talk: impl Future<Output = io::Result<T>>,
) -> Result<T, ProbeError> {
    let late = |_| ProbeError { doing: doing(), why: format!("no answer within {PATIENCE:?}") };
    let told = timeout(PATIENCE, talk).await.map_err(late)?;
    told.map_err(|why| ProbeError::new(doing(), &why))
}

/// The arguments of Connection.StartOk: no properties, the mechanism PLAIN, and the locale that every
/// server has.
fn start_ok(user: &str, password: &str) -> Arguments {
    let plain = format!("\0{user}\0{password}");
    Arguments::default().table().short("PLAIN").long(plain.as_bytes()).short("en_US")
}

impl Session {
    /// Logs in and opens a channel in a virtual host; none if the user is not let in.
    ///
    /// # Errors
    /// When nobody answers on the port or what answers is no AMQP; of a virtual host that is refused.
    pub async fn open(container: &Container, login: Login<'_>) -> Result<Option<Self>, ProbeError> {
        let Login { user, password, host } = login;
        let Some(mut session) = self::login(container, user, password).await? else {
            return Ok(None);
        };
        let doing = || format!("open the virtual host {host} of {}", container.name);
        let talk = async {
            let tuned = Arguments::default().u16(1).u32(LONGEST).u16(0);
            session.send(0, TUNE_OK, &tuned).await?;
            let host = Arguments::default().short(host).short("").u8(0);
            session.send(0, OPEN, &host).await?;
            session.expect(OPEN_OK).await?;
            session.send(1, CHANNEL_OPEN, &Arguments::default().short("")).await?;
            session.expect(CHANNEL_OPEN_OK).await
        };
        in_time(doing, talk).await?;
        Ok(Some(session))
    }

    /// Publishes a message and waits until the server says what became of it. Without an exchange's
    /// name the key is that of a queue.
    ///
    /// # Errors
    /// When it does not say.
    pub async fn publish(
        &mut self,
        exchange: &str,
        key: &str,
        body: &[u8],
    ) -> Result<Published, ProbeError> {
        let name = self.name.clone();
        in_time(|| format!("publish a message to {name}"), self.published(exchange, key, body))
            .await
    }

    async fn published(&mut self, exchange: &str, key: &str, body: &[u8]) -> io::Result<Published> {
        // Who asks for it is told when a message is in its queues.
        self.send(1, SELECT, &Arguments::default().u8(0)).await?;
        self.expect(SELECT_OK).await?;
        let mandatory = 1;
        let to = Arguments::default().u16(0).short(exchange).short(key).u8(mandatory);
        self.send(1, PUBLISH, &to).await?;
        self.write(1, CONTENT, &wire::content(BASIC, body.len(), PERSISTENT)).await?;
        for piece in body.chunks(LONGEST as usize - 8) {
            self.write(1, BODY, piece).await?;
        }
        let mut lost = None;
        loop {
            match self.answer().await? {
                Answer::Method(RETURN, payload) => {
                    let mut read = Reader::of_method(&payload);
                    let (code, why) = (read.u16()?, read.short()?);
                    self.content().await?;
                    lost = Some(format!("{why} ({code})"));
                }
                Answer::Method(ACK, _) => {
                    return Ok(lost.map_or(Published::Taken, Published::Lost));
                }
                Answer::Method(NACK, _) => {
                    return Ok(Published::Lost("the queue refuses it".to_owned()));
                }
                Answer::Closed(why) => return Ok(Published::Lost(why)),
                Answer::Method(..) => {}
            }
        }
    }

    /// The first message that waits in a queue, in this session's hand from now on; none if none
    /// waits.
    ///
    /// # Errors
    /// When the server does not give it, for instance as there is no such queue.
    pub async fn take(&mut self, queue: &str) -> Result<Option<Message>, ProbeError> {
        let name = self.name.clone();
        in_time(|| format!("look into queue \"{queue}\" of {name}"), self.taken(queue)).await
    }

    async fn taken(&mut self, queue: &str) -> io::Result<Option<Message>> {
        let keeps = 0;
        self.send(1, GET, &Arguments::default().u16(0).short(queue).u8(keeps)).await?;
        loop {
            match self.answer().await? {
                Answer::Method(GET_OK, payload) => {
                    let tag = Reader::of_method(&payload).u64()?;
                    let body = self.content().await?;
                    return Ok(Some(Message { body, tag }));
                }
                Answer::Method(GET_EMPTY, _) => return Ok(None),
                Answer::Closed(why) => return Err(io::Error::other(why)),
                Answer::Method(..) => {}
            }
        }
    }

    /// Rejects a message that is in hand, for good: it is not queued again.
    ///
    /// # Errors
    /// When it cannot be told to the server.
    pub async fn reject(&mut self, message: &Message) -> Result<(), ProbeError> {
        let name = self.name.clone();
        let queued_again = 0;
        let which = Arguments::default().u64(message.tag).u8(queued_again);
        in_time(|| format!("reject a message of {name}"), self.send(1, REJECT, &which)).await
    }

    /// Closes the session, after which all that is in hand has its place in the queue again.
    ///
    /// # Errors
    /// When the server does not say so.
    pub async fn close(mut self) -> Result<(), ProbeError> {
        let name = self.name.clone();
        let talk = async {
            let well = || Arguments::default().u16(200).short("").u16(0).u16(0);
            if !self.is_shut {
                self.send(1, CHANNEL_CLOSE, &well()).await?;
                self.until(CHANNEL_CLOSE_OK).await?;
            }
            self.send(0, CLOSE, &well()).await?;
            self.until(CLOSE_OK).await
        };
        in_time(|| format!("close the session with {name}"), talk).await
    }

    /// Passes over what was still on its way.
    async fn until(&mut self, wanted: Method) -> io::Result<()> {
        loop {
            match self.answer().await? {
                Answer::Method(method, _) if method == wanted => return Ok(()),
                Answer::Method(..) => {}
                Answer::Closed(why) => return Err(io::Error::other(why)),
            }
        }
    }

    async fn expect(&mut self, wanted: Method) -> io::Result<()> {
        match self.answer().await? {
            Answer::Method(method, _) if method == wanted => Ok(()),
            Answer::Method((class, method), _) => {
                Err(io::Error::other(format!("the server answers with method {class}.{method}")))
            }
            Answer::Closed(why) => Err(io::Error::other(why)),
        }
    }

    /// The next method that the server sends.
    async fn answer(&mut self) -> io::Result<Answer> {
        loop {
            let (kind, payload) = self.frame().await?;
            if kind == HEARTBEAT {
                continue;
            }
            let method = wire::method(&payload).filter(|_| kind == METHOD);
            let method = method
                .ok_or_else(|| io::Error::other("the server sends no method where one is due"))?;
            if matches!(method, CLOSE | CHANNEL_CLOSE) {
                let mut read = Reader::of_method(&payload);
                let (_code, why) = (read.u16()?, read.short()?);
                if method == CHANNEL_CLOSE {
                    self.is_shut = true;
                    self.send(1, CHANNEL_CLOSE_OK, &Arguments::default()).await?;
                }
                return Ok(Answer::Closed(why));
            }
            return Ok(Answer::Method(method, payload));
        }
    }

    /// What follows a method that hands out a message.
    async fn content(&mut self) -> io::Result<Vec<u8>> {
        let (kind, head) = self.frame().await?;
        let size = Some(&head).filter(|_| kind == CONTENT).map(|head| wire::size(head));
        let size = size.ok_or_else(|| io::Error::other("a message without a header"))??;
        let mut body = Vec::new();
        while (body.len() as u64) < size {
            let (kind, piece) = self.frame().await?;
            if kind != BODY {
                return Err(io::Error::other("a message that ends before its end"));
            }
            body.extend(piece);
        }
        Ok(body)
    }

    async fn send(
        &mut self,
        channel: u16,
        method: Method,
        arguments: &Arguments,
    ) -> io::Result<()> {
        self.write(channel, METHOD, &arguments.of(method)).await
    }

    async fn write(&mut self, channel: u16, kind: u8, payload: &[u8]) -> io::Result<()> {
        self.stream.write_all(&wire::frame(channel, kind, payload)).await?;
        self.stream.flush().await
    }

    /// The next frame: what it carries, and its payload.
    async fn frame(&mut self) -> io::Result<(u8, Vec<u8>)> {
        let mut head = [0; 7];
        self.stream.read_exact(&mut head).await?;
        let [kind, _, _, length @ ..] = head;
        let length = u32::from_be_bytes(length);
        if !matches!(kind, METHOD | CONTENT | BODY | HEARTBEAT) || length > LONGEST {
            return Err(io::Error::other("what answers speaks no AMQP 0-9-1"));
        }
        let mut payload = vec![0; length as usize + 1];
        self.stream.read_exact(&mut payload).await?;
        payload.pop();
        Ok((kind, payload))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_is_one_frame() {
        let frame = wire::frame(0, METHOD, &start_ok("guest", "guest").of(START_OK));
        assert_eq!(frame[..3], [METHOD, 0, 0]);
        let length = u32::from_be_bytes([frame[3], frame[4], frame[5], frame[6]]) as usize;
        assert_eq!(frame.len(), 7 + length + 1);
        assert_eq!(frame.last(), Some(&END));
        assert!(frame.windows(12).any(|part| part == b"\0guest\0guest"));
    }

    /// A session with a server that says this, and what the session told it.
    async fn with(said: Vec<u8>) -> (Session, tokio::io::DuplexStream) {
        let (ours, mut theirs) = tokio::io::duplex(1 << 16);
        theirs.write_all(&said).await.expect("room");
        (Session { stream: Box::new(ours), name: "broker-1".to_owned(), is_shut: false }, theirs)
    }

    #[tokio::test]
    async fn a_message_that_comes_back_is_lost_and_one_that_is_acknowledged_is_not() {
        let select = wire::frame(1, METHOD, &Arguments::default().of(SELECT_OK));
        let ack = wire::frame(1, METHOD, &Arguments::default().u64(1).u8(0).of(ACK));
        let (mut session, _server) = with([select.clone(), ack.clone()].concat()).await;
        assert_eq!(session.publish("", "tasks", b"x").await.expect("told"), Published::Taken);
        let back = Arguments::default().u16(312).short("NO_ROUTE").short("").short("tasks");
        let back = wire::frame(1, METHOD, &back.of(RETURN));
        let head = wire::frame(1, CONTENT, &wire::content(BASIC, 1, PERSISTENT));
        let body = wire::frame(1, BODY, b"x");
        let (mut session, _server) = with([select, back, head, body, ack].concat()).await;
        let lost = Published::Lost("NO_ROUTE (312)".to_owned());
        assert_eq!(session.publish("", "tasks", b"x").await.expect("told"), lost);
    }

    #[tokio::test]
    async fn a_message_is_taken_in_pieces_and_a_queue_that_is_not_there_is_told() {
        let got = Arguments::default().u64(7).u8(0).short("").short("tasks").u32(0);
        let got = wire::frame(1, METHOD, &got.of(GET_OK));
        let head = wire::frame(1, CONTENT, &wire::content(BASIC, 4, PERSISTENT));
        let pieces = [wire::frame(1, BODY, b"ay"), wire::frame(8, HEARTBEAT, b"")];
        let (mut session, _server) =
            with([got, head, pieces[0].clone(), wire::frame(1, BODY, b"e!")].concat()).await;
        let message = session.take("tasks").await.expect("told").expect("a message");
        assert_eq!(message, Message { body: b"aye!".to_vec(), tag: 7 });
        let gone = Arguments::default().u16(404).short("NOT_FOUND - no queue").u16(60).u16(70);
        let gone = wire::frame(1, METHOD, &gone.of(CHANNEL_CLOSE));
        let (mut session, _server) = with([pieces[1].clone(), gone].concat()).await;
        let why = session.take("tasks").await.expect_err("no such queue");
        assert!(why.why.contains("no queue"), "{why}");
    }
}
