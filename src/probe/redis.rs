//! Redis over the network, with the password that the service itself was given.

use redis::{
    AsyncCommands as _, Client, ConnectionAddr, ConnectionInfo, IntoConnectionInfo as _,
    aio::MultiplexedConnection,
};

use super::ProbeError;
use crate::stack::engine::Container;

/// The protocol's port.
const PORT: u16 = 6379;

/// A client for the server in a container.
///
/// The password is that of `--requirepass` in its command, or of `REDIS_PASSWORD`.
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
    if let Some(password) = password(container) {
        let settings = info.redis_settings().clone().set_password(password);
        info = info.set_redis_settings(settings);
    }
    Client::open(info).map_err(|why| ProbeError::new(doing, &why))
}

fn password(container: &Container) -> Option<String> {
    let words = container.command.iter().flat_map(|word| word.split_whitespace());
    let in_command = words.skip_while(|word| *word != "--requirepass").nth(1);
    in_command
        .map(str::to_owned)
        .or_else(|| container.environment.get("REDIS_PASSWORD").cloned())
        .filter(|password| !password.is_empty())
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
