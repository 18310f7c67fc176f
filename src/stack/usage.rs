//! What a container uses, by the engine's own count (`GET /containers/{id}/stats` of its API).

use std::collections::HashMap;

use futures::StreamExt as _;
use testcontainers::bollard::query_parameters as query;

use super::engine::{Container, Engine, EngineError, refused};

impl Engine {
    /// The memory that a container uses, in bytes, without what the kernel may take back at once: as
    /// `docker stats` counts it. None where it does not run, or the engine does not count.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn memory(&self, container: &Container) -> Result<Option<u64>, EngineError> {
        let options = query::StatsOptionsBuilder::new().stream(false).one_shot(true).build();
        let mut told = Box::pin(self.docker.stats(&container.id, Some(options)));
        let Some(first) = told.next().await else { return Ok(None) };
        let first = first.map_err(refused(format!("count the memory of {}", container.name)))?;
        let memory = first.memory_stats.unwrap_or_default();
        Ok(memory.usage.map(|usage| used(usage, &memory.stats.unwrap_or_default())))
    }
}

/// Of what is in use, what is no file's that nobody reads: version 1 of control groups calls these
/// `total_inactive_file`, version 2 `inactive_file`.
fn used(usage: u64, stats: &HashMap<String, u64>) -> u64 {
    let idle = stats.get("total_inactive_file").or_else(|| stats.get("inactive_file"));
    idle.filter(|idle| **idle < usage).map_or(usage, |idle| usage - idle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_nobody_reads_do_not_count() {
        let stats = |pairs: &[(&str, u64)]| -> HashMap<String, u64> {
            pairs.iter().map(|(name, bytes)| ((*name).to_owned(), *bytes)).collect()
        };
        assert_eq!(used(100, &stats(&[("inactive_file", 30), ("anon", 60)])), 70);
        assert_eq!(used(100, &stats(&[("total_inactive_file", 40), ("inactive_file", 30)])), 60);
        assert_eq!(used(100, &stats(&[])), 100);
        assert_eq!(used(10, &stats(&[("inactive_file", 30)])), 10, "counted at two moments");
    }
}
