//! RabbitMQ: what its queues hold, by its own command line in the container, and whom it lets in, by
//! AMQP 0-9-1 from beside it.
//!
//! The command line needs no password and no plugin, and counts at once; the management's numbers are
//! seconds old.

use std::time::Duration;

use serde::Deserialize;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    time::timeout,
};

use super::ProbeError;
use crate::stack::{dial, engine::Container};

/// The port of AMQP without TLS.
const PORT: u16 = 5672;
/// How long a login may take: a refusal is held back for a second.
const PATIENCE: Duration = Duration::from_secs(5);
/// No frame before a login is longer.
const LONGEST: u32 = 1 << 17;
/// "AMQP", and the version of the protocol.
const HEADER: &[u8] = b"AMQP\x00\x00\x09\x01";
/// A frame that carries a method, and the byte that ends each.
const METHOD: u8 = 1;
const END: u8 = 0xCE;
/// Connection.Tune, which follows a login that is let in.
const TUNE: [u8; 4] = [0, 10, 0, 30];
/// Connection.StartOk, which logs in.
const START_OK: [u8; 4] = [0, 10, 0, 11];

/// A queue as the server lists it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Queue {
    /// Its name.
    pub name: String,
    /// Messages that wait, and those that a consumer has in hand.
    pub messages: u64,
    /// Who takes messages from it.
    pub consumers: u64,
    /// Whether the queue itself outlives a restart of the server.
    pub durable: bool,
}

/// The command line that lists the queues of a virtual host.
#[must_use]
pub fn listing(host: &str) -> Vec<String> {
    let words = ["rabbitmqctl", "--quiet", "--vhost", host, "list_queues", "--formatter", "json"];
    let columns = ["name", "messages", "consumers", "durable"];
    words.iter().chain(&columns).map(|word| (*word).to_owned()).collect()
}

/// What a server keeps by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// Who may log in.
    Users,
    /// The rooms that queues lie in.
    VirtualHosts,
}

impl Kept {
    /// One of them.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Users => "user",
            Self::VirtualHosts => "virtual host",
        }
    }

    /// The command line that lists them.
    #[must_use]
    pub fn listing(self) -> Vec<String> {
        let list = match self {
            Self::Users => "list_users",
            Self::VirtualHosts => "list_vhosts",
        };
        let words = ["rabbitmqctl", "--quiet", list, "--formatter", "json"];
        words.map(str::to_owned).to_vec()
    }

    /// The names that it printed, in order.
    ///
    /// # Errors
    /// When it is no such list.
    pub fn names(self, printed: &str) -> Result<Vec<String>, ProbeError> {
        #[derive(Deserialize)]
        struct Row {
            #[serde(alias = "user")]
            name: String,
        }
        let list = printed.find('[').map_or(printed, |at| &printed[at..]);
        let rows: Vec<Row> = serde_json::from_str(list)
            .map_err(|why| ProbeError::new(format!("read the list of {}s", self.word()), &why))?;
        let mut names: Vec<String> = rows.into_iter().map(|row| row.name).collect();
        names.sort();
        Ok(names)
    }
}

/// What that command line printed, in the order of the names.
///
/// # Errors
/// When it is no list of queues.
pub fn queues(printed: &str) -> Result<Vec<Queue>, ProbeError> {
    // Warnings of Erlang may stand before it.
    let list = printed.find('[').map_or(printed, |at| &printed[at..]);
    let doing = || "read the list of queues".to_owned();
    let mut read: Vec<Queue> =
        serde_json::from_str(list).map_err(|why| ProbeError::new(doing(), &why))?;
    read.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(read)
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
    let doing = || format!("log in to {} by AMQP", container.name);
    let (mut stream, _) =
        dial::connect(container, PORT).await.map_err(|why| ProbeError::unreached(doing(), &why))?;
    let talk = async {
        stream.write_all(HEADER).await?;
        let start = frame(&mut stream).await?;
        if !start.starts_with(&[0, 10, 0, 10]) {
            return Err(std::io::Error::other("what answers speaks no AMQP 0-9-1"));
        }
        stream.write_all(&start_ok(user, password)).await?;
        // Whoever is not let in is told so, or the connection is closed.
        Ok(matches!(frame(&mut stream).await, Ok(answer) if answer.starts_with(&TUNE)))
    };
    let told = timeout(PATIENCE, talk).await;
    let told = told.map_err(|_| ProbeError {
        doing: doing(),
        why: format!("no answer within {PATIENCE:?}"),
    })?;
    told.map_err(|why| ProbeError::new(doing(), &why))
}

/// The payload of the next frame.
async fn frame(stream: &mut Box<dyn dial::Stream>) -> std::io::Result<Vec<u8>> {
    let mut head = [0; 7];
    stream.read_exact(&mut head).await?;
    let [kind, _, _, length @ ..] = head;
    let length = u32::from_be_bytes(length);
    if kind != METHOD || length > LONGEST {
        return Err(std::io::Error::other("what answers speaks no AMQP 0-9-1"));
    }
    let mut payload = vec![0; length as usize + 1];
    stream.read_exact(&mut payload).await?;
    payload.pop();
    Ok(payload)
}

/// The frame that logs in: no properties, the mechanism PLAIN, and the locale that every server has.
fn start_ok(user: &str, password: &str) -> Vec<u8> {
    let plain = format!("\0{user}\0{password}");
    let mut payload = START_OK.to_vec();
    payload.extend([0; 4]);
    payload.push(5);
    payload.extend(b"PLAIN");
    payload.extend(u32::try_from(plain.len()).unwrap_or_default().to_be_bytes());
    payload.extend(plain.as_bytes());
    payload.push(5);
    payload.extend(b"en_US");
    let mut frame = vec![METHOD, 0, 0];
    frame.extend(u32::try_from(payload.len()).unwrap_or_default().to_be_bytes());
    frame.extend(payload);
    frame.push(END);
    frame
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_queues_is_read_behind_a_warning() {
        let printed = "warning: the VM is running with native name encoding\n\
            [\n{\"name\":\"orders\",\"messages\":2,\"consumers\":0,\"durable\":true}\n]\n";
        let read = queues(printed).expect("a list");
        let orders = Queue { name: "orders".into(), messages: 2, consumers: 0, durable: true };
        assert_eq!(read, [orders]);
        assert_eq!(queues("[]").expect("a list"), []);
        assert!(queues("Error: unable to connect").is_err());
    }

    #[test]
    fn users_and_virtual_hosts_are_listed_by_name() {
        let users =
            "[\n{\"user\":\"worker\",\"tags\":[]}\n,{\"user\":\"guest\",\"tags\":[\"a\"]}\n]";
        assert_eq!(Kept::Users.names(users).expect("a list"), ["guest", "worker"]);
        let hosts = "warning: x\n[{\"name\":\"/\"}]";
        assert_eq!(Kept::VirtualHosts.names(hosts).expect("a list"), ["/"]);
        assert!(Kept::Users.names("Error").is_err());
    }

    #[test]
    fn a_login_is_one_frame() {
        let frame = start_ok("guest", "guest");
        assert_eq!(frame[..3], [METHOD, 0, 0]);
        let length = u32::from_be_bytes([frame[3], frame[4], frame[5], frame[6]]) as usize;
        assert_eq!(frame.len(), 7 + length + 1);
        assert_eq!(frame.last(), Some(&END));
        assert!(frame.windows(12).any(|part| part == b"\0guest\0guest"));
    }
}
