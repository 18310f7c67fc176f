//! Folders that an image must write to.

use crate::{
    facts::{
        answers::{path, place},
        knowledge::Fact,
    },
    policy::{Finding, Profile, Rule, Severity, Target},
};

/// A container that does not start, or not for long.
pub static RULE: Rule = Rule {
    id: "read-only-without-writable-path",
    severity: Severity::Medium,
    profile: Profile::Default,
    summary: "A read-only image has no place for what it must write.",
    check,
    document: include_str!("read_only_without_writable_path.md"),
};

/// Words of a command that move what is written.
const MOVED: &[&str] = &[".conf", ".cnf", "pid", "socket", "tmpdir", "nounixsocket"];

fn check(target: &Target, found: &mut Vec<Finding>) {
    for known in super::servers(target).filter(|known| !known.has_own_entrypoint()) {
        let (name, service) = (known.name, known.service);
        let Some(read_only) = service.read_only.as_ref().filter(|read_only| read_only.value) else {
            continue;
        };
        let moved = |word: &&str| MOVED.iter().any(|part| word.to_lowercase().contains(part));
        if known.has_named_settings() || known.words().iter().any(moved) {
            continue;
        }
        let written = known.rows.iter().filter_map(|row| match row.fact {
            Fact::Writes(path) => Some(path),
            _ => None,
        });
        let missing: Vec<&str> = written
            .filter(|at| !known.mounted().any(|mount| path::is_within(at, &mount)))
            .collect();
        if missing.is_empty() {
            continue;
        }
        let all = missing.join(" and ");
        found.push(RULE.finding(
            format!("services.{name}.read_only"),
            format!(
                "the root of service \"{name}\" is read-only, and its image must write to {all}"
            ),
            format!("write `tmpfs: [{}]`", missing.join(", ")),
            place::or_service(&target.project, name, Some(read_only.origin)),
        ));
    }
}
