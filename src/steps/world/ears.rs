//! What listens to the stores of a running stack.

use std::sync::Arc;

use indexmap::IndexMap;

use crate::{probe::store::Tap, run::Failure};

/// The stores of a stack that scenarios ask about, by service.
pub(crate) type Listened = tokio::sync::Mutex<IndexMap<String, Ear>>;

/// One of them.
#[derive(Debug, Default)]
pub(crate) struct Ear {
    /// How many scenarios ask.
    pub(crate) users: usize,
    pub(crate) state: State,
}

#[derive(Debug, Default)]
pub(crate) enum State {
    #[default]
    Closed,
    /// No store, or none that runs: its log tells what it was asked.
    NoStore,
    Open(Vec<Arc<dyn Tap>>),
    Deaf(Failure),
}
