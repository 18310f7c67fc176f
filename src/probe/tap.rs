//! Listening in on the stores: what commands Redis is given, what statements MySQL is given.
//!
//! A tap is opened once a stack, before the first request, and tells afterwards which
//! commands carried a request's id. Redis is listened to by `MONITOR`; MySQL by its
//! general query log, written to the table `mysql.general_log` of this stack alone.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use futures::StreamExt as _;
use mysql_async::prelude::Queryable as _;

use super::{ProbeError, redis, sql};
use crate::stack::engine::{Container, Engine, EngineError};

/// How many commands of Redis are remembered.
const REMEMBERED: usize = 20_000;

/// What a container stores things with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Store {
    /// MySQL or MariaDB.
    Sql,
    /// Redis or Valkey.
    Redis,
}

/// Looks at the programs that run in a container.
///
/// # Errors
/// The engine's.
pub async fn store(engine: &Engine, container: &Container) -> Result<Option<Store>, EngineError> {
    let programs = engine.programs(container).await?;
    Ok(programs.iter().find_map(|program| match program.as_str() {
        "mysqld" | "mariadbd" => Some(Store::Sql),
        "redis-server" | "valkey-server" => Some(Store::Redis),
        _ => None,
    }))
}

/// An open tap on one container.
#[derive(Debug)]
pub struct Tap {
    /// The container that is listened to.
    pub container: Container,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Sql,
    Redis { heard: Arc<Mutex<VecDeque<String>>>, listener: tokio::task::JoinHandle<()> },
}

impl Drop for Tap {
    fn drop(&mut self) {
        if let Kind::Redis { listener, .. } = &self.kind {
            listener.abort();
        }
    }
}

impl Tap {
    /// Opens a tap.
    ///
    /// # Errors
    /// When the server cannot be reached or does not let itself be listened to.
    pub async fn open(container: Container, store: Store) -> Result<Self, ProbeError> {
        let kind = match store {
            Store::Sql => {
                let mut conn = sql::connect(&container, sql::Login::Root).await?;
                conn.query_drop("SET GLOBAL log_output = 'TABLE'").await.map_err(|why| {
                    ProbeError::new("switch the general query log to a table", &why)
                })?;
                conn.query_drop("SET GLOBAL general_log = 'ON'")
                    .await
                    .map_err(|why| ProbeError::new("switch on the general query log", &why))?;
                let _closed = conn.disconnect().await;
                Kind::Sql
            }
            Store::Redis => {
                let mut monitor =
                    redis::client(&container)?.get_async_monitor().await.map_err(|why| {
                        ProbeError::new(format!("listen to Redis in {}", container.name), &why)
                    })?;
                let heard = Arc::new(Mutex::new(VecDeque::new()));
                let remember = Arc::clone(&heard);
                let listener = tokio::spawn(async move {
                    let mut commands = monitor.on_message::<String>();
                    while let Some(command) = commands.next().await {
                        let Ok(mut remember) = remember.lock() else { return };
                        if remember.len() == REMEMBERED {
                            remember.pop_front();
                        }
                        remember.push_back(command);
                    }
                });
                Kind::Redis { heard, listener }
            }
        };
        Ok(Self { container, kind })
    }

    /// The commands or statements heard so far in which a text occurs.
    ///
    /// # Errors
    /// When the server cannot be asked.
    pub async fn heard(&self, text: &str) -> Result<Vec<String>, ProbeError> {
        match &self.kind {
            Kind::Redis { heard, .. } => {
                let heard = heard.lock().map_err(|why| ProbeError {
                    doing: "recall what was heard".into(),
                    why: why.to_string(),
                })?;
                Ok(heard.iter().filter(|command| command.contains(text)).cloned().collect())
            }
            Kind::Sql => {
                let mut conn = sql::connect(&self.container, sql::Login::Root).await?;
                // The condition is computed so that this very statement does not contain the text.
                let statements: Vec<Vec<u8>> = conn
                    .exec(
                        "SELECT argument FROM mysql.general_log WHERE command_type IN ('Query', 'Execute') \
                         AND LOCATE(CONVERT(FROM_BASE64(?) USING utf8mb4), CONVERT(argument USING utf8mb4)) > 0",
                        (base64(text),),
                    )
                    .await
                    .map_err(|why| ProbeError::new("read the general query log", &why))?;
                let _closed = conn.disconnect().await;
                Ok(statements
                    .iter()
                    .map(|bytes| String::from_utf8_lossy(bytes).into_owned())
                    .collect())
            }
        }
    }
}

fn base64(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}
