//! Tests that need no engine: the command line, and the house's own order.

mod check;
mod cli;
mod config;
mod contradictions;
mod coverage;
mod diagram;
mod document;
#[path = "../conformance/engine.rs"]
mod engine;
mod facts;
mod faults;
mod findings;
mod fixed;
mod fixes;
mod forms;
mod history;
mod hostile;
mod lint;
mod mutation;
mod overlaid;
mod page;
mod parts;
mod plan;
mod positions;
mod program;
mod projects;
mod properties;
mod queries;
mod reports;
mod rooms;
mod rules;
mod secrets;
mod settings;
mod tidy;
mod unreadable;
mod words;
