//! Redis over the network, with the password that the service itself was given.

use futures::StreamExt as _;
use redis::{
    AsyncCommands as _, Client, ConnectionAddr, ConnectionInfo, IntoConnectionInfo as _,
    aio::MultiplexedConnection,
};

use super::{ProbeError, credentials};
use crate::stack::engine::Container;

/// The protocol's port.
const PORT: u16 = 6379;

/// A client for the server in a container.
///
/// The password is the one that the service was given ([`credentials::redis`]).
///
/// # Errors
/// No address.
pub fn client(container: &Container) -> Result<Client, ProbeError> {
    let doing = format!("connect to Redis in {}", container.name);
    let address = container.address().ok_or_else(|| ProbeError {
        doing: doing.clone(),
        why: "the container has no address".into(),
    })?;
    let mut info: ConnectionInfo = ConnectionAddr::Tcp(address.to_string(), PORT)
        .into_connection_info()
        .map_err(|why| ProbeError::new(doing.clone(), &why))?;
    if let Some(password) = credentials::redis(container) {
        let settings = info.redis_settings().clone().set_password(password);
        info = info.set_redis_settings(settings);
    }
    Client::open(info).map_err(|why| ProbeError::new(doing, &why))
}

/// Connects to the server in a container.
///
/// # Errors
/// No address, or the server's refusal.
pub async fn connect(container: &Container) -> Result<MultiplexedConnection, ProbeError> {
    client(container)?
        .get_multiplexed_async_connection()
        .await
        .map_err(|why| ProbeError::new(format!("connect to Redis in {}", container.name), &why))
}

/// An open subscription to a channel.
#[derive(Debug)]
pub struct Subscription {
    /// The service whose server it is.
    pub service: String,
    /// The channel's name.
    pub channel: String,
    messages: tokio::sync::mpsc::UnboundedReceiver<String>,
    /// What arrived so far.
    pub heard: Vec<String>,
}

impl Subscription {
    /// Subscribes to a channel of the server in a container.
    ///
    /// # Errors
    /// As [`connect`].
    pub async fn open(container: &Container, channel: &str) -> Result<Self, ProbeError> {
        let doing = format!("subscribe to channel \"{channel}\" in {}", container.name);
        let mut subscriber = client(container)?
            .get_async_pubsub()
            .await
            .map_err(|why| ProbeError::new(doing.clone(), &why))?;
        subscriber.subscribe(channel).await.map_err(|why| ProbeError::new(doing, &why))?;
        let (sender, messages) = tokio::sync::mpsc::unbounded_channel();
        tokio::spawn(async move {
            let mut stream = subscriber.into_on_message();
            while let Some(message) = stream.next().await {
                let text = message.get_payload().unwrap_or_default();
                if sender.send(text).is_err() {
                    return;
                }
            }
        });
        let (service, channel) = (container.service.clone(), channel.to_owned());
        Ok(Self { service, channel, messages, heard: Vec::new() })
    }

    /// Waits for a message that contains a text; `None` when none came in time.
    pub async fn hear(&mut self, text: &str, limit: std::time::Duration) -> Option<String> {
        if let Some(heard) = self.heard.iter().find(|heard| heard.contains(text)) {
            return Some(heard.clone());
        }
        let deadline = tokio::time::Instant::now() + limit;
        while let Ok(Some(message)) = tokio::time::timeout_at(deadline, self.messages.recv()).await
        {
            self.heard.push(message.clone());
            if message.contains(text) {
                return Some(message);
            }
        }
        None
    }
}

/// Sets a key to a string.
///
/// # Errors
/// The server's.
pub async fn set(
    connection: &mut MultiplexedConnection,
    key: &str,
    value: &str,
) -> Result<(), ProbeError> {
    connection
        .set(key, value)
        .await
        .map_err(|why| ProbeError::new(format!("set key \"{key}\""), &why))
}

/// The names of keys that fit a pattern (`KEYS` in the server's manual).
///
/// # Errors
/// The server's.
pub async fn keys(
    connection: &mut MultiplexedConnection,
    pattern: &str,
) -> Result<Vec<String>, ProbeError> {
    let mut keys: Vec<String> = connection
        .keys(pattern)
        .await
        .map_err(|why| ProbeError::new(format!("list keys like \"{pattern}\""), &why))?;
    keys.sort();
    Ok(keys)
}

/// The string at a key; `None` when there is no such key.
///
/// # Errors
/// The server's, for instance that the key holds no string.
pub async fn value(
    connection: &mut MultiplexedConnection,
    key: &str,
) -> Result<Option<String>, ProbeError> {
    connection.get(key).await.map_err(|why| ProbeError::new(format!("read key \"{key}\""), &why))
}

/// The items of a list; empty when there is no such key.
///
/// # Errors
/// The server's, for instance that the key holds no list.
pub async fn list(
    connection: &mut MultiplexedConnection,
    key: &str,
) -> Result<Vec<String>, ProbeError> {
    connection
        .lrange(key, 0, -1)
        .await
        .map_err(|why| ProbeError::new(format!("read list \"{key}\""), &why))
}
