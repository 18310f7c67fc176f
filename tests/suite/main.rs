//! Tests that need no engine: the command line, and the house's own order.

mod cli;
mod lint;
mod positions;
mod properties;
mod rules;
mod tidy;
