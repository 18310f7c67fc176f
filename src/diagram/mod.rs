//! Pictures of a stack: who is on which network, who reaches whom, what is published and kept.
//!
//! A [`Graph`] is made of the declared facts of one environment, or of what two environments differ in;
//! whoever has verdicts marks its edges. [`svg`], [`mermaid`] and [`dot`] are functions of it. Nothing
//! here knows engines, runs or pages, and the same graph is the same picture, byte by byte.

mod declared;
mod difference;
pub mod dot;
pub mod mermaid;
mod place;
mod route;
pub mod svg;
#[cfg(test)]
mod tests;
mod text;

pub use self::{declared::declared, difference::difference};
pub use crate::run::graph::{Change, Edge, EdgeKind, Graph, Node, NodeKind, State, Zone};
