//! A build from whatever somebody pushed last.

use crate::{
    facts::answers::place,
    policy::{Finding, Profile, Rule, Severity, Target},
};

/// A build from a branch is another build tomorrow.
pub static RULE: Rule = Rule {
    id: "unpinned-remote-context",
    severity: Severity::Medium,
    profile: Profile::Default,
    summary: "A remote build context is not pinned, or not protected on its way.",
    check,
    document: include_str!("unpinned_remote_context.md"),
};

/// Names that are branches nearly everywhere.
const BRANCHES: &[&str] = &["HEAD", "main", "master", "trunk", "develop", "dev", "latest"];

fn check(target: &Target, found: &mut Vec<Finding>) {
    for (name, service) in &target.project.services {
        let context = service.build.as_ref().and_then(|build| build.context.as_ref());
        let Some(context) = context else { continue };
        let text = context.as_str();
        let (url, fragment) = text.split_once('#').unwrap_or((text, ""));
        let plain = url.starts_with("http://") || url.starts_with("git://");
        let host =
            ["git@", "ssh://", "git://", "github.com/"].iter().any(|start| url.starts_with(start));
        let git = host
            || (url.starts_with("http")
                && url.contains("://")
                && url.strip_suffix(".git").is_some());
        let reference = fragment.split(':').next().unwrap_or_default();
        let reference = reference.strip_prefix("refs/heads/").unwrap_or(reference);
        let (why, remedy) = if plain {
            ("comes over the network without protection", "use https:// or ssh://")
        } else if git && reference.is_empty() {
            ("is whatever the default branch holds", "name a commit: `….git#COMMIT`")
        } else if git && BRANCHES.contains(&reference) {
            ("is whatever the branch holds", "name a commit: `….git#COMMIT`")
        } else {
            continue;
        };
        found.push(RULE.finding(
            format!("services.{name}.build.context"),
            format!("the build context of service \"{name}\" {why}"),
            remedy,
            place::or_service(&target.project, name, Some(context.origin)),
        ));
    }
}
