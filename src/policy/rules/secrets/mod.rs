//! Rules on secrets: where one is written that should come from outside.
//!
//! What a secret is says [`crate::policy::secret`]; a rule takes its part of the leaks that were found.

mod credentials_in_url;
mod default_secret;
mod images;
mod known_token;
mod placeholder_password;
mod secret_as_build_argument;
mod secret_as_variable;
mod secret_in_build_argument;
mod secret_in_command;
mod secret_in_config;
mod secret_in_dockerfile;
mod secret_in_env_file;
mod secret_in_environment;
mod secret_in_health_check;
mod secret_in_label;
mod secret_in_text;
#[cfg(test)]
mod tests;
mod world_readable_secret;

use crate::policy::{
    Finding, Rule, Severity, Target,
    secret::{
        SecretKind,
        scan::{self, How, Leak, Where},
    },
};

/// The group's rules.
pub static RULES: &[&Rule] = &[
    &known_token::RULE,
    &credentials_in_url::RULE,
    &secret_in_environment::RULE,
    &secret_in_build_argument::RULE,
    &secret_in_label::RULE,
    &secret_in_command::RULE,
    &secret_in_health_check::RULE,
    &secret_in_config::RULE,
    &secret_in_dockerfile::RULE,
    &secret_in_text::RULE,
    &default_secret::RULE,
    &secret_in_env_file::RULE,
    &secret_as_variable::RULE,
    &secret_as_build_argument::RULE,
    &placeholder_password::RULE,
    &world_readable_secret::RULE,
];

/// The literals in one part of the files; tokens and addresses have rules of their own.
fn literals(target: &Target, at: Where) -> impl Iterator<Item = &Leak> {
    scan::leaks(target).iter().filter(move |leak| {
        leak.at == at
            && leak.how == How::Literal
            && matches!(leak.kind, SecretKind::Named | SecretKind::Pair)
    })
}

/// A finding at the secret itself. A password that everybody tries first gives no real secret away,
/// but protects nothing: it is one step less severe.
fn finding(
    rule: &'static Rule,
    leak: &Leak,
    message: String,
    remedy: impl Into<String>,
) -> Finding {
    let mut finding =
        rule.finding(leak.subject.as_str(), message, remedy, leak.origin.inside(leak.place));
    if leak.well_known && rule.severity == Severity::High {
        finding.severity = Severity::Medium;
    }
    finding
}

/// What is wrong: whose part of the files says a secret, and why it is taken for one.
fn message(leak: &Leak, part: &str) -> String {
    let owner = match (&leak.service, leak.at) {
        (Some(service), Where::Dockerfile) => format!("the Dockerfile of service \"{service}\""),
        (Some(service), _) => format!("service \"{service}\""),
        (None, _) => leak.subject.clone(),
    };
    format!("{owner} has a secret written in {part}: {}", leak.why)
}
