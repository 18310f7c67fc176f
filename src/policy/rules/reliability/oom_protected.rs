//! Protection from the kernel when memory runs out.

use crate::policy::{Finding, Profile, Rule, Severity, Target};

/// Whoever is spared, another one is ended.
pub static RULE: Rule = Rule {
    id: "oom-protected",
    severity: Severity::Medium,
    profile: Profile::Default,
    summary: "A service is protected from the out-of-memory killer.",
    check,
    document: include_str!("oom_protected.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    for (name, service) in &target.project.services {
        if let Some(off) = service.oom_kill_disable.as_ref().filter(|off| off.value) {
            found.push(RULE.finding(
                format!("services.{name}.oom_kill_disable"),
                format!("service \"{name}\" is never ended when memory runs out"),
                "remove `oom_kill_disable`, and give the service a memory limit that fits",
                off.origin,
            ));
        }
        if let Some(adjusted) = service.oom_score_adj.as_ref().filter(|score| score.value < 0) {
            found.push(RULE.finding(
                format!("services.{name}.oom_score_adj"),
                format!(
                    "service \"{name}\" is spared when memory runs out (oom_score_adj {})",
                    adjusted.value
                ),
                "remove `oom_score_adj`, and give each service a memory limit",
                adjusted.origin,
            ));
        }
    }
}
