//! The small values inside a Compose file: durations, sizes, ports, words.
//!
//! Pure functions from text to value and back, with no knowledge of trees,
//! files or positions. Each one accepts and refuses exactly what the reference
//! loader, compose-go, accepts and refuses, down to its oddities: a stack that
//! starts with Docker Compose must load here, and to the same project.

pub mod duration;
pub mod glob;
pub mod host;
pub mod number;
pub mod path;
pub mod port;
pub mod project_name;
pub mod size;
pub mod volume;
pub mod words;
