//! The obsolete `version`.

use crate::policy::{Finding, Fix, Profile, Rule, Severity, Target};

/// Compose ignores the version of the file.
pub static RULE: Rule = Rule {
    id: "obsolete-version",
    severity: Severity::Low,
    profile: Profile::Default,
    summary: "A file has the obsolete `version`.",
    check,
    document: include_str!("obsolete_version.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    for dropped in target.journal().dropped().iter().filter(|dropped| dropped.section == "version")
    {
        let finding = RULE.finding(
            "version",
            "`version` is obsolete: Compose ignores it and warns at each call",
            "remove the line",
            dropped.origin,
        );
        let fix = Fix::new("remove `version`").remove(dropped.origin, dropped.origin);
        found.push(finding.mended_by(Some(fix)));
    }
}
