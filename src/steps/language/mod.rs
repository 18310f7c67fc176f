//! The language apart from its sentences: parameters and their values, how a written sentence is
//! matched, and what a scenario may and may not say.

pub(super) mod arguments;
pub(super) mod candidate;
pub(super) mod empty;
pub(super) mod former;
pub(super) mod grammar;
pub(super) mod matching;
pub(super) mod meaning;
pub(super) mod meant;
pub mod order;
pub(super) mod phrases;
pub(super) mod rows;
pub(super) mod scan;
pub mod step;
pub(super) mod topics;
pub mod touch;
pub mod vocabulary;
