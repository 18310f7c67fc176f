//! What lint says about its own work: files it cannot judge, and comments that allow.
//!
//! They are rules so that they are selected, ignored, explained and reported as the
//! others are; their findings are made where files are loaded and comments are read.

use super::{Profile, Rule, Severity};

/// A file could not be loaded, so that no rule has judged it.
pub static NOT_LOADABLE: Rule = Rule {
    id: "not-loadable",
    severity: Severity::High,
    profile: Profile::Default,
    summary: "A Compose file cannot be loaded.",
    check: |_, _| (),
    document: include_str!("not_loadable.md"),
};

/// A comment allows a finding, and nobody says why.
pub static ALLOW_WITHOUT_REASON: Rule = Rule {
    id: "allow-without-reason",
    severity: Severity::Medium,
    profile: Profile::Default,
    summary: "A comment allows a finding without a reason.",
    check: |_, _| (),
    document: include_str!("allow_without_reason.md"),
};

/// A comment allows what nobody does.
pub static UNUSED_ALLOW: Rule = Rule {
    id: "unused-allow",
    severity: Severity::Low,
    profile: Profile::Default,
    summary: "A comment allows a finding that is not there.",
    check: |_, _| (),
    document: include_str!("unused_allow.md"),
};

/// A comment allows something that is no rule.
pub static UNKNOWN_ALLOW: Rule = Rule {
    id: "unknown-allow",
    severity: Severity::Medium,
    profile: Profile::Default,
    summary: "A comment allows a rule that does not exist.",
    check: |_, _| (),
    document: include_str!("unknown_allow.md"),
};

/// The day is over until which a comment allowed something.
pub static EXPIRED_ALLOW: Rule = Rule {
    id: "expired-allow",
    severity: Severity::Medium,
    profile: Profile::Default,
    summary: "A comment allowed a finding until a day that is over.",
    check: |_, _| (),
    document: include_str!("expired_allow.md"),
};

/// All of them.
pub static RULES: &[&Rule] =
    &[&NOT_LOADABLE, &ALLOW_WITHOUT_REASON, &UNUSED_ALLOW, &UNKNOWN_ALLOW, &EXPIRED_ALLOW];
