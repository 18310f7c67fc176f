//! seaworthy proves that a Compose stack is what its architecture document says.
//!
//! The parts, each knowing only those before it:
//! `source ← diagnostic ← compose ← stack ← probe ← steps ← runner`; `report` sees
//! `source`, `diagnostic` and `run` alone. `docs/design.md` tells why.

pub mod cli;
pub mod compose;
pub mod config;
pub mod diagnostic;
pub mod dockerfile;
pub mod doctor;
pub mod features;
pub mod findings;
pub mod lint;
pub mod nginx;
pub mod policy;
pub mod probe;
pub mod report;
pub mod run;
pub mod runner;
pub mod source;
pub mod stack;
pub mod steps;
pub mod words;
