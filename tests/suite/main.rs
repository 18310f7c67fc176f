//! Tests that need no engine: the command line, and the house's own order.

mod check;
mod cli;
mod mutation;
mod tidy;
