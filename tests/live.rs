//! Tests that need a container engine: that every check can fail, that every way to go wrong is
//! told clearly, and that nothing is left behind, however a run ends.
//!
//! One test at a time: what a test leaves must be its own, and timing must not depend on neighbours.

#[path = "live/bound.rs"]
mod bound;
#[path = "live/broken.rs"]
mod broken;
#[path = "live/cases.rs"]
mod cases;
#[path = "live/drift.rs"]
mod drift;
#[path = "live/errors.rs"]
mod errors;
#[path = "live/facts.rs"]
mod facts;
#[path = "live/hardened.rs"]
mod hardened;
#[path = "live/hostile.rs"]
mod hostile;
#[path = "live/images.rs"]
mod images;
#[path = "live/isolation_beside.rs"]
mod isolation_beside;
#[path = "live/isolation_network.rs"]
mod isolation_network;
#[path = "live/isolation_storage.rs"]
mod isolation_storage;
#[path = "live/keeping.rs"]
mod keeping;
#[path = "live/kinds.rs"]
mod kinds;
#[path = "live/lifecycle.rs"]
mod lifecycle;
#[path = "live/logs.rs"]
mod logs;
#[path = "live/machine.rs"]
mod machine;
#[path = "live/messages.rs"]
mod messages;
#[path = "live/programs.rs"]
mod programs;
#[path = "live/queues.rs"]
mod queues;
#[path = "live/reach.rs"]
mod reach;
#[path = "live/side.rs"]
mod side;
#[path = "live/stacks.rs"]
mod stacks;
#[path = "live/state.rs"]
mod state;
#[path = "live/stores.rs"]
mod stores;
#[path = "live/support.rs"]
mod support;
#[path = "live/survival.rs"]
mod survival;
#[path = "live/traffic.rs"]
mod traffic;
#[path = "live/walk.rs"]
mod walk;
#[path = "live/whole.rs"]
mod whole;
#[path = "live/words.rs"]
mod words;
