//! Rules on what keeps a container from the host and from the others.

mod privileged_container;

use crate::policy::Rule;

/// The group's rules.
pub static RULES: &[&Rule] = &[&privileged_container::RULE];
