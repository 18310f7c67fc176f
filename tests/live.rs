//! Tests that need a container engine: that every check can fail, that every way to go wrong is
//! told clearly, and that nothing is left behind, however a run ends.
//!
//! One test at a time: what a test leaves must be its own, and timing must not depend on neighbours.

#[path = "live/broken.rs"]
mod broken;
#[path = "live/errors.rs"]
mod errors;
#[path = "live/hardened.rs"]
mod hardened;
#[path = "live/keeping.rs"]
mod keeping;
#[path = "live/machine.rs"]
mod machine;
#[path = "live/support.rs"]
mod support;
#[path = "live/survival.rs"]
mod survival;
