//! Rules on what keeps a stack running: limits, health, restarts, logs and data.

mod anonymous_store_volume;
mod common_project_name;
mod container_name;
mod dependency_on_profile;
mod disabled_health_check;
mod health_check_without_shell;
mod impossible_memory_limit;
mod killed_at_stop;
mod logging_off;
mod malformed_container_name;
mod meaningless_health_check;
mod no_cpu_limit;
mod no_health_check;
mod no_memory_limit;
mod no_pids_limit;
mod no_restart_policy;
mod oom_protected;
mod restarted_one_shot;
mod short_stop;
mod slow_health_check;
mod source_mounted_in_production;
mod store_without_volume;
mod unbounded_restart;
mod unlimited_swap;
mod unrotated_log;
mod unset_variable;
mod unused_declaration;
mod waits_for_no_health_check;
mod waits_for_start_only;

pub(super) use self::source_mounted_in_production::{ENVIRONMENTS, is_production, says_production};
pub use unused_declaration::RULE as UNUSED_DECLARATION;

use crate::policy::Rule;

/// The group's rules.
pub static RULES: &[&Rule] = &[
    &no_memory_limit::RULE,
    &no_cpu_limit::RULE,
    &no_pids_limit::RULE,
    &impossible_memory_limit::RULE,
    &oom_protected::RULE,
    &unlimited_swap::RULE,
    &no_health_check::RULE,
    &disabled_health_check::RULE,
    &meaningless_health_check::RULE,
    &health_check_without_shell::RULE,
    &slow_health_check::RULE,
    &waits_for_start_only::RULE,
    &waits_for_no_health_check::RULE,
    &no_restart_policy::RULE,
    &unbounded_restart::RULE,
    &restarted_one_shot::RULE,
    &logging_off::RULE,
    &unrotated_log::RULE,
    &container_name::RULE,
    &malformed_container_name::RULE,
    &common_project_name::RULE,
    &killed_at_stop::RULE,
    &short_stop::RULE,
    &dependency_on_profile::RULE,
    &anonymous_store_volume::RULE,
    &store_without_volume::RULE,
    &source_mounted_in_production::RULE,
    &unused_declaration::RULE,
    &unset_variable::RULE,
];
