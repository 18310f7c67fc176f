//! Rules on two files that contradict each other: what one says is not so by the other.

mod build_hidden_by_mount;
mod checks;
mod comment_as_value;
mod debug_in_production;
mod dollar_taken_by_compose;
mod expose_with_mapping;
mod ignored;
mod localhost_is_ipv6;
mod made;
mod mounted_file_missing;
mod mysql_ping;
mod name_on_shared_network;
mod program_not_in_image;
mod shell_words_lost;
mod stale_volume_over_build;
mod starts;
mod unknown_upstream;
mod web;

pub use self::mounted_file_missing::RULE as MOUNTED_FILE_MISSING;
use crate::policy::Rule;

/// The group's rules.
pub static RULES: &[&Rule] = &[
    &mounted_file_missing::RULE,
    &unknown_upstream::RULE,
    &build_hidden_by_mount::RULE,
    &stale_volume_over_build::RULE,
    &comment_as_value::RULE,
    &expose_with_mapping::RULE,
    &shell_words_lost::RULE,
    &mysql_ping::RULE,
    &program_not_in_image::RULE,
    &localhost_is_ipv6::RULE,
    &debug_in_production::RULE,
    &dollar_taken_by_compose::RULE,
    &name_on_shared_network::RULE,
];
