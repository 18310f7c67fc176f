//! How a run is told. Each format is a function of what happened; none finds anything out.

pub mod evidence;
pub mod findings;
pub mod junit;
pub mod terminal;
