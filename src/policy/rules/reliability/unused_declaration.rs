//! What is declared and used by nobody.

use camino::Utf8Path;

use crate::policy::{Finding, Profile, Rule, Severity, Target};

/// What nobody uses misleads the reader.
pub static RULE: Rule = Rule {
    id: "unused-declaration",
    severity: Severity::Low,
    profile: Profile::Default,
    summary: "A network, volume, secret or config is declared and not used.",
    check,
    document: include_str!("unused_declaration.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    let project = &target.project;
    // A file without services is there to be laid over another, and so is an override by itself.
    let over = |name: &str| name.contains(".override.");
    let yaml = |path: &&Utf8Path| matches!(path.extension(), Some("yaml" | "yml"));
    let mut files = target.journal().files().iter().map(|file| file.path()).filter(yaml);
    let first = files.next().and_then(Utf8Path::file_name);
    let alone = first.is_some_and(over) && files.next().is_none();
    if alone || project.services.is_empty() && project.disabled.is_empty() {
        return;
    }
    for dropped in target.journal().dropped() {
        let kind = match dropped.section {
            "networks" => "network",
            "volumes" => "volume",
            "secrets" => "secret",
            "configs" => "config",
            "models" => "model",
            _ => continue,
        };
        found.push(RULE.finding(
            format!("{}.{}", dropped.section, dropped.name),
            format!("{kind} \"{}\" is declared and no service uses it", dropped.name),
            "remove it, or give it to the service that it was meant for",
            dropped.origin,
        ));
    }
}
