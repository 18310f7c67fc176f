//! Tests that need no engine: the command line, and the house's own order.

mod check;
mod cli;
mod findings;
mod lint;
mod mutation;
mod positions;
mod properties;
mod queries;
mod rules;
mod secrets;
mod tidy;
