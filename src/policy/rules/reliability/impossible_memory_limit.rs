//! Memory limits that the engine refuses.

use crate::policy::{Finding, Profile, Rule, Severity, Target};

/// A limit without a unit is in bytes.
pub static RULE: Rule = Rule {
    id: "impossible-memory-limit",
    severity: Severity::Medium,
    profile: Profile::Default,
    summary: "A memory limit cannot be kept.",
    check,
    document: include_str!("impossible_memory_limit.md"),
};

/// The engine starts no container with less.
const LEAST: i64 = 6 * 1024 * 1024;

fn check(target: &Target, found: &mut Vec<Finding>) {
    for (name, service) in &target.project.services {
        let resources = service.deploy.as_ref().and_then(|deploy| deploy.resources.as_ref());
        let limits = resources.and_then(|resources| resources.limits.as_ref());
        let reserved = resources.and_then(|resources| resources.reservations.as_ref());
        // The one that holds, as `Service::memory_limit` says.
        let deployed = limits.and_then(|limits| limits.memory.as_ref());
        let mut written = [deployed, service.mem_limit.as_ref()].into_iter().flatten();
        let Some(limit) = written.find(|limit| limit.value > 0) else { continue };
        let reserved = reserved.and_then(|reserved| reserved.memory.as_ref());
        let reserved = service.mem_reservation.as_ref().or(reserved);
        let bytes = limit.value;
        let mut tell = |what: &str, message: String, remedy: &str, origin| {
            found.push(RULE.finding(format!("services.{name}.{what}"), message, remedy, origin));
        };
        if bytes < LEAST {
            tell(
                "mem_limit",
                format!(
                    "service \"{name}\" may use {bytes} bytes of memory: the engine wants 6 MiB at least"
                ),
                "write the unit: `512m`",
                limit.origin,
            );
        } else if let Some(reserved) = reserved.filter(|reserved| reserved.value > bytes) {
            tell(
                "mem_reservation",
                format!(
                    "service \"{name}\" reserves {} bytes of memory and may use {bytes}",
                    reserved.value
                ),
                "reserve no more than the limit",
                reserved.origin,
            );
        } else if let Some(swap) =
            service.memswap_limit.as_ref().filter(|swap| (1..bytes).contains(&swap.value))
        {
            tell(
                "memswap_limit",
                format!(
                    "service \"{name}\" may use {} bytes of memory and swap, and {bytes} of memory alone",
                    swap.value
                ),
                "`memswap_limit` is memory and swap together: write no less than `mem_limit`",
                swap.origin,
            );
        }
    }
}
