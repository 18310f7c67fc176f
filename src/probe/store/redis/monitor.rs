//! Listening to Redis by `MONITOR`.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use futures::StreamExt as _;

use super::{
    super::{Answer, Tap},
    client, connect,
};
use crate::{probe::ProbeError, stack::engine::Container};

/// How many commands are remembered.
const REMEMBERED: usize = 20_000;

/// How long a command of our own may take to be heard.
const ECHO: Duration = Duration::from_secs(2);
/// Between two looks whether it was.
const PAUSE: Duration = Duration::from_millis(2);

/// A connection that is told every command.
#[derive(Debug)]
struct Monitor {
    container: Container,
    heard: Arc<Mutex<Heard>>,
    listener: tokio::task::JoinHandle<()>,
}

/// What was heard, the latest commands of it.
#[derive(Debug, Default)]
struct Heard {
    commands: VecDeque<String>,
    forgotten: bool,
}

impl Drop for Monitor {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

pub(super) fn open(container: Container) -> Answer<'static, Box<dyn Tap>> {
    Box::pin(async move {
        let mut monitor = client(&container).await?.get_async_monitor().await.map_err(|why| {
            ProbeError::new(format!("listen to Redis in {}", container.name), &why)
        })?;
        let heard = Arc::new(Mutex::new(Heard::default()));
        let remember = Arc::clone(&heard);
        let listener = tokio::spawn(async move {
            let mut commands = monitor.on_message::<String>();
            while let Some(command) = commands.next().await {
                let Ok(mut remember) = remember.lock() else { return };
                if remember.commands.len() == REMEMBERED {
                    remember.commands.pop_front();
                    remember.forgotten = true;
                }
                remember.commands.push_back(command);
            }
        });
        let monitor = Monitor { container, heard, listener };
        // A server that refuses MONITOR may take the connection all the same.
        monitor.echo().await?;
        Ok(Box::new(monitor) as Box<dyn Tap>)
    })
}

impl Tap for Monitor {
    fn container(&self) -> &Container {
        &self.container
    }

    fn is_open(&self) -> bool {
        !self.listener.is_finished()
    }

    fn heard<'a>(&'a self, text: &'a str) -> Answer<'a, Vec<String>> {
        Box::pin(async move {
            self.echo().await?;
            let heard = recall(&self.heard)?;
            let found = heard.commands.iter().filter(|command| command.contains(text));
            let found: Vec<String> = found.cloned().collect();
            if found.is_empty() && heard.forgotten {
                return Err(ProbeError {
                    doing: format!("recall what Redis in {} was given", self.container.name),
                    why: format!("it was more than {REMEMBERED} commands"),
                });
            }
            Ok(found)
        })
    }

    fn close(&self) -> Answer<'_, ()> {
        Box::pin(async { Ok(()) })
    }
}

impl Monitor {
    /// Gives the server a command of our own and waits until it is heard: then all before it was heard too.
    async fn echo(&self) -> Result<(), ProbeError> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let deaf = |why: &str| ProbeError {
            doing: format!("listen to Redis in {}", self.container.name),
            why: why.to_owned(),
        };
        if self.listener.is_finished() {
            return Err(deaf("it has ended MONITOR: what came after is unknown"));
        }
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let mark = format!("tap-{:x}-{count:x}", std::process::id());
        let mut conn = connect(&self.container).await?;
        // A command that changes nothing and carries a text.
        redis::cmd("PING").arg(&mark).query_async::<()>(&mut conn).await.map_err(|why| {
            ProbeError::new(format!("ask Redis in {}", self.container.name), &why)
        })?;
        let begun = Instant::now();
        let came =
            |heard: &Heard| heard.commands.iter().rev().any(|command| command.contains(&mark));
        loop {
            if came(&*recall(&self.heard)?) {
                return Ok(());
            }
            if self.listener.is_finished() {
                return Err(deaf("it has ended MONITOR: what came after is unknown"));
            }
            if begun.elapsed() > ECHO {
                return Err(deaf("MONITOR does not show a command that was just given"));
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}

fn recall(heard: &Mutex<Heard>) -> Result<std::sync::MutexGuard<'_, Heard>, ProbeError> {
    heard
        .lock()
        .map_err(|why| ProbeError { doing: "recall what was heard".into(), why: why.to_string() })
}
