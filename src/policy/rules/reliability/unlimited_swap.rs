//! Swap without a limit, and swappiness.

use crate::policy::{Finding, Profile, Rule, Severity, Target};

/// A memory limit with unlimited swap is none.
pub static RULE: Rule = Rule {
    id: "unlimited-swap",
    severity: Severity::Low,
    profile: Profile::Strict,
    summary: "A service may swap without a limit, or sets a swappiness that has no effect.",
    check,
    document: include_str!("unlimited_swap.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    for (name, service) in &target.project.services {
        if let Some(swap) = service.memswap_limit.as_ref().filter(|swap| swap.value == -1) {
            found.push(RULE.finding(
                format!("services.{name}.memswap_limit"),
                format!("service \"{name}\" may swap as much as the machine has"),
                "write `memswap_limit` with the value of `mem_limit` for no swap",
                swap.origin,
            ));
        }
        if let Some(swappiness) = &service.mem_swappiness {
            found.push(RULE.finding(
                format!("services.{name}.mem_swappiness"),
                format!("service \"{name}\" sets a swappiness, which engines on cgroup v2 ignore"),
                "remove `mem_swappiness`; bound swap with `memswap_limit`",
                swappiness.origin,
            ));
        }
    }
}
