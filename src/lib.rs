//! seaworthy proves that a Compose stack is what its architecture document says.
//!
//! The parts, each knowing only those before it:
//! `source ← diagnostic ← compose ← facts ← {policy, stack}`, then
//! `stack ← probe ← steps ← runner`; `report` sees `source`, `diagnostic` and `run` alone. `docs/design.md` tells why.

pub mod cli;
pub mod compose;
pub mod config;
pub mod diagnostic;
pub mod diagram;
pub mod dockerfile;
pub mod doctor;
pub mod document;
pub mod endpoint;
pub mod facts;
pub mod features;
pub mod findings;
mod git;
pub mod history;
pub mod lint;
pub mod nginx;
pub mod outside;
pub mod plain;
pub mod policy;
pub mod probe;
mod replace;
pub mod report;
pub mod run;
pub mod runner;
pub mod source;
pub mod stack;
pub mod steps;
pub mod visible;
pub mod words;
