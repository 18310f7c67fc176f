//! A running stack as scenarios know it.

use std::sync::Arc;

use crate::stack::{Stack, engine::Container};
use crate::steps::world::{ears::Listened, faults::Faults, life::Life};

/// A running stack, what listens to its stores, and what its services went through.
#[derive(Debug)]
pub struct Running {
    /// The stack.
    pub stack: Stack,
    pub(crate) listened: Listened,
    /// What scenarios break, and when.
    pub faults: Faults,
    life: std::sync::Mutex<Life>,
    editing: Arc<tokio::sync::Mutex<()>>,
}

impl Running {
    /// Wraps a stack that is up.
    #[must_use]
    pub fn new(stack: Stack) -> Self {
        let life = std::sync::Mutex::new(Life::of(&stack));
        Self {
            stack,
            listened: Listened::default(),
            faults: Faults::default(),
            life,
            editing: Arc::default(),
        }
    }

    /// Waits for a scenario's turn at editing files: all that were edited are put back together.
    pub async fn turn_at_editing(&self) -> tokio::sync::OwnedMutexGuard<()> {
        Arc::clone(&self.editing).lock_owned().await
    }

    /// How often a container may have been restarted: as often as its policy did on the way up, and
    /// our own faults made it.
    #[must_use]
    pub fn excused_restarts(&self, container: &Container) -> i64 {
        self.life().restarts(&container.id)
    }

    /// What its services went through.
    pub(crate) fn life(&self) -> std::sync::MutexGuard<'_, Life> {
        self.life.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
