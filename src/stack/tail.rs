//! The last words of a service, or why nobody can read them.

use super::{Stack, error::chain};
use crate::run::LogTail;

impl Stack {
    /// The last lines of a service's log, over all its replicas.
    pub async fn log_tail(&self, service: &str, lines: usize) -> LogTail {
        let mut tail = Vec::new();
        match self.service(service).await {
            Ok(replicas) => {
                for container in replicas {
                    let log = self.engine.log(&container.id, Some(lines)).await;
                    tail.extend(log.unwrap_or_else(|why| {
                        vec![format!("(its log cannot be read: {})", chain(&why))]
                    }));
                }
            }
            Err(why) => tail.push(format!("(no log: {})", chain(&why))),
        }
        let from = tail.len().saturating_sub(lines);
        LogTail { service: service.to_owned(), lines: tail.split_off(from) }
    }
}
