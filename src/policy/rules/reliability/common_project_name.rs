//! A project that is called as many others are.

use camino::Utf8Path;

use crate::policy::{Finding, Profile, Rule, Severity, Target};

/// Two projects of one name are one project for Compose.
pub static RULE: Rule = Rule {
    id: "common-project-name",
    severity: Severity::Low,
    profile: Profile::Strict,
    summary: "A project has no name but that of a folder as many have it.",
    check,
    document: include_str!("common_project_name.md"),
};

/// What folders are called that say where files are and not what they are of.
#[rustfmt::skip]
const COMMON: &[&str] = &[
    "app", "backend", "build", "ci", "code", "compose", "config", "container", "containers", "deploy",
    "deployment", "dev", "devcontainer", "devops", "docker", "docker-compose", "dockerfiles", "example",
    "examples", "frontend", "infra", "infrastructure", "local", "prod", "production", "server",
    "services", "source", "src", "stack", "staging", "test", "tests", "web",
];

fn check(target: &Target, found: &mut Vec<Finding>) {
    let project = &target.project;
    let name = &project.name;
    let folder = Utf8Path::new(&project.folder).file_name().unwrap_or_default();
    let folder = folder.trim_start_matches('.').to_lowercase();
    // A name that is written elsewhere than in the Compose files may be the folder's too.
    let is_set = target.journal().files().iter().any(|file| {
        file.text().lines().any(|line| line.trim_start().starts_with("COMPOSE_PROJECT_NAME="))
    });
    if name.origin.place.file().is_some()
        || is_set
        || folder != name.value
        || !COMMON.contains(&folder.as_str())
    {
        return;
    }
    let first = project.at(&["services"]).and_then(|services| services.as_mapping()?.iter().next());
    let Some((first, _)) = first else { return };
    found.push(RULE.finding(
        "name",
        format!("the project is called \"{folder}\" after its folder, as many others are"),
        "write `name:` at the top of the file, with what the project is called",
        first.origin,
    ));
}
