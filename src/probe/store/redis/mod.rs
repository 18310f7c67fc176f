//! Redis over the network, with the password that the service itself was given.

pub mod declared;
pub mod guard;
mod monitor;
mod password;

use std::time::Duration;

use futures::StreamExt as _;
use redis::{
    AsyncCommands as _, Client, ConnectionAddr, ConnectionInfo, IntoConnectionInfo as _,
    aio::MultiplexedConnection,
};

use super::{Answer, KeyValue, Life, Permission, Record, Spoken, Subscription};
use crate::{
    probe::ProbeError,
    stack::{dial, engine::Container},
};

/// The protocol's port.
const PORT: u16 = 6379;

/// Variables from which the images and clients of Redis take the password.
const OF_REDIS: [&str; 4] =
    ["REDIS_PASSWORD", "REDISCLI_AUTH", "VALKEY_PASSWORD", "VALKEYCLI_AUTH"];

/// What can be asked of Redis, and of what speaks its protocol.
pub(super) const SPOKEN: Spoken = Spoken {
    products: &["Redis"],
    database: None,
    key_value: Some(open),
    tap: Some(monitor::open),
    to_be_heard: "Redis needs a user that may give MONITOR",
    dump: None,
};

/// A client for the server in a container.
///
/// The password is the one that the service was given ([`password::of`]).
///
/// It may connect once, through the container's own network.
///
/// # Errors
/// When the container's network cannot be reached.
async fn client(container: &Container) -> Result<Client, ProbeError> {
    let doing = format!("connect to Redis in {}", container.name);
    let at = dial::once(container, PORT)
        .await
        .map_err(|why| ProbeError::unreached(doing.clone(), &why))?;
    let mut info: ConnectionInfo = ConnectionAddr::Tcp(at.ip().to_string(), at.port())
        .into_connection_info()
        .map_err(|why| ProbeError::new(doing.clone(), &why))?;
    if let Some(password) = password::of(container).await {
        let settings = info.redis_settings().clone().set_password(password);
        info = info.set_redis_settings(settings);
    }
    Client::open(info).map_err(|why| ProbeError::new(doing, &why))
}

/// Connects to the server in a container.
///
/// # Errors
/// When the container's network cannot be reached, or the server's refusal.
async fn connect(container: &Container) -> Result<MultiplexedConnection, ProbeError> {
    client(container)
        .await?
        .get_multiplexed_async_connection()
        .await
        .map_err(|why| ProbeError::new(format!("connect to Redis in {}", container.name), &why))
}

/// A connection to a server.
struct Redis {
    container: Container,
    connection: MultiplexedConnection,
}

impl std::fmt::Debug for Redis {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Redis in {}", self.container.name)
    }
}

fn open(container: &Container) -> Answer<'_, Box<dyn KeyValue>> {
    Box::pin(async move {
        let connection = connect(container).await?;
        Ok(Box::new(Redis { container: container.clone(), connection }) as Box<dyn KeyValue>)
    })
}

impl KeyValue for Redis {
    fn kind<'a>(&'a self, key: &'a str) -> Answer<'a, Option<String>> {
        let mut connection = self.connection.clone();
        Box::pin(async move {
            let kind: Result<String, _> =
                redis::cmd("TYPE").arg(key).query_async(&mut connection).await;
            let kind = kind
                .map_err(|why| ProbeError::new(format!("ask what lies at key \"{key}\""), &why))?;
            Ok(match kind.as_str() {
                "none" => None,
                // "TYPE" in the commands' reference: a sorted set.
                "zset" => Some("sorted set".to_owned()),
                kind => Some(kind.to_owned()),
            })
        })
    }

    fn value<'a>(&'a self, key: &'a str) -> Answer<'a, Option<String>> {
        let mut connection = self.connection.clone();
        Box::pin(async move {
            let read = connection.get(key).await;
            read.map_err(|why| ProbeError::new(format!("read key \"{key}\""), &why))
        })
    }

    fn keys<'a>(&'a self, pattern: &'a str) -> Answer<'a, Vec<String>> {
        let mut connection = self.connection.clone();
        Box::pin(async move {
            let keys: Result<Vec<String>, _> = connection.keys(pattern).await;
            let mut keys =
                keys.map_err(|why| ProbeError::new(format!("list keys like \"{pattern}\""), &why))?;
            keys.sort();
            Ok(keys)
        })
    }

    fn list<'a>(&'a self, key: &'a str) -> Answer<'a, Vec<String>> {
        let mut connection = self.connection.clone();
        Box::pin(async move {
            let items = connection.lrange(key, 0, -1).await;
            items.map_err(|why| ProbeError::new(format!("read list \"{key}\""), &why))
        })
    }

    fn hash<'a>(&'a self, key: &'a str) -> Answer<'a, Record> {
        let mut connection = self.connection.clone();
        Box::pin(async move {
            let fields: Result<Vec<(String, String)>, _> = connection.hgetall(key).await;
            let fields =
                fields.map_err(|why| ProbeError::new(format!("read hash \"{key}\""), &why))?;
            let mut fields: Record =
                fields.into_iter().map(|(field, value)| (field, Some(value))).collect();
            fields.sort_keys();
            Ok(fields)
        })
    }

    fn members<'a>(&'a self, key: &'a str) -> Answer<'a, Vec<String>> {
        let mut connection = self.connection.clone();
        Box::pin(async move {
            let members: Result<Vec<String>, _> = connection.smembers(key).await;
            let mut members =
                members.map_err(|why| ProbeError::new(format!("read set \"{key}\""), &why))?;
            members.sort();
            Ok(members)
        })
    }

    fn stream<'a>(&'a self, key: &'a str) -> Answer<'a, Vec<String>> {
        let mut connection = self.connection.clone();
        Box::pin(async move {
            let mut asked = redis::cmd("XRANGE");
            asked.arg(key).arg("-").arg("+");
            let entries: Result<Vec<(String, Vec<String>)>, _> =
                asked.query_async(&mut connection).await;
            let entries =
                entries.map_err(|why| ProbeError::new(format!("read stream \"{key}\""), &why))?;
            let told = |(id, words): (String, Vec<String>)| {
                let fields = words.chunks(2).map(|field| field.join("="));
                std::iter::once(id).chain(fields).collect::<Vec<_>>().join(" ")
            };
            Ok(entries.into_iter().map(told).collect())
        })
    }

    fn life<'a>(&'a self, key: &'a str) -> Answer<'a, Life> {
        let mut connection = self.connection.clone();
        Box::pin(async move {
            let left: Result<i64, _> = connection.pttl(key).await;
            let left = left
                .map_err(|why| ProbeError::new(format!("read how long \"{key}\" lives"), &why))?;
            // "PTTL" in the commands' reference: -2 without a key, -1 without an end.
            Ok(match u64::try_from(left) {
                Ok(left) => Life::Ends(Duration::from_millis(left)),
                Err(_) if left == -1 => Life::Endless,
                Err(_) => Life::None,
            })
        })
    }

    fn may<'a>(&'a self, user: &'a str, command: &'a str) -> Answer<'a, Permission> {
        let mut connection = self.connection.clone();
        Box::pin(async move {
            let mut asked = redis::cmd("ACL");
            asked.arg("DRYRUN").arg(user).arg(command.split_whitespace().collect::<Vec<_>>());
            let answer: Result<String, redis::RedisError> =
                asked.query_async(&mut connection).await;
            match answer {
                Ok(answer) if answer == "OK" => Ok(Permission::Given),
                Ok(refusal) => Ok(Permission::Refused(refusal)),
                Err(why) if why.to_string().contains("not found") => {
                    // An unknown command is said in the same words; users are listed.
                    let listed: Result<Vec<String>, _> =
                        redis::cmd("ACL").arg("USERS").query_async(&mut connection).await;
                    match listed {
                        Ok(users) if !users.iter().any(|known| known == user) => {
                            Ok(Permission::NoUser(users))
                        }
                        _ => Err(ProbeError::new(format!("ask what \"{user}\" may do"), &why)),
                    }
                }
                Err(why) => {
                    let ProbeError { doing, why } =
                        ProbeError::new(format!("ask whether \"{user}\" may run {command}"), &why);
                    let needs = "write the command with as many arguments as it takes; the server must be Redis 7, Valkey, or newer";
                    Err(ProbeError { doing, why: format!("{why}; {needs}") })
                }
            }
        })
    }

    fn set<'a>(&'a self, key: &'a str, value: &'a str) -> Answer<'a, ()> {
        let mut connection = self.connection.clone();
        Box::pin(async move {
            let done = connection.set(key, value).await;
            done.map_err(|why| ProbeError::new(format!("set key \"{key}\""), &why))
        })
    }

    fn subscribe<'a>(&'a self, channel: &'a str) -> Answer<'a, Subscription> {
        Box::pin(subscribe(&self.container, channel))
    }
}

async fn subscribe(container: &Container, channel: &str) -> Result<Subscription, ProbeError> {
    let doing = format!("subscribe to channel \"{channel}\" in {}", container.name);
    let mut subscriber = client(container)
        .await?
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
    Ok(Subscription { service, channel, messages, heard: Vec::new() })
}
