//! What a sentence came to.

use std::time::Duration;

use super::{Evidence, Exception, Failure, Outcome};
use crate::source::Span;

/// A step and what came of it.
#[derive(Debug, Clone)]
pub struct StepRun {
    /// The keyword as written (`Given`, `And`, …).
    pub keyword: String,
    /// The sentence.
    pub text: String,
    /// Its line in the feature file.
    pub span: Span,
    /// How it ended.
    pub outcome: Outcome,
    /// The exceptions that the sentence names.
    pub exceptions: Vec<Exception>,
    /// The connections that it tried one by one, as its own words do not name them.
    pub connections: Vec<Connection>,
    /// What was seen.
    pub evidence: Vec<Evidence>,
    /// Why it failed.
    pub failure: Option<Failure>,
    /// How long it took.
    pub duration: Duration,
}

/// A connection between two services that a closed list was held against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    /// The service that reaches, or should not.
    pub from: String,
    /// The service that is reached.
    pub to: String,
    /// The TCP port; none where every port was tried and none should be reached.
    pub port: Option<String>,
    /// Whether the list has it.
    pub is_wanted: bool,
    /// Whether it is as the list says.
    pub outcome: Outcome,
}
