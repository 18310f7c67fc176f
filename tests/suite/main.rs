//! Tests that need no engine: the command line, and the house's own order.

mod cli;
mod positions;
mod properties;
mod tidy;
