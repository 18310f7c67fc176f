//! `ipc: host`.

use super::namespaces;
use crate::policy::{Finding, Profile, Rule, Severity, Target};

/// A container reads the shared memory of the host.
pub static RULE: Rule = Rule {
    id: "host-ipc",
    severity: Severity::High,
    profile: Profile::Default,
    summary: "A container shares the host's memory segments and message queues.",
    check,
    document: include_str!("host_ipc.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    let words = (
        "shares the host's memory segments, semaphores and message queues",
        "remove `ipc: host`; for more shared memory write `shm_size`, for sharing between two services \
         `ipc: shareable` and `ipc: service:NAME`",
    );
    namespaces::host(&RULE, target, "ipc", words, found);
}
