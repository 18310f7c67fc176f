//! Tests that need no engine: the command line, and the house's own order.

mod cli;
mod lint;
mod rules;
mod tidy;
