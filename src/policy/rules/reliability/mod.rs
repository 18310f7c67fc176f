//! Rules on reliability.

use crate::policy::Rule;

/// The group's rules.
pub static RULES: &[&Rule] = &[];
