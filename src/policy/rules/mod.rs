//! The rules, by group: one file a rule, and beside it the document that is also its test.

pub mod contradictions;
pub mod demands;
pub mod images;
pub mod isolation;
pub mod network;
pub mod reliability;
pub mod secrets;

use super::Rule;

/// All groups with their rules.
pub static GROUPS: &[(&str, &[&Rule])] = &[
    ("isolation", isolation::RULES),
    ("network", network::RULES),
    ("secrets", secrets::RULES),
    ("images", images::RULES),
    ("demands", demands::RULES),
    ("reliability", reliability::RULES),
    ("contradictions", contradictions::RULES),
];
