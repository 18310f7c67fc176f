//! A folder of the host over what the image's build has made.

use std::collections::BTreeSet;

use camino::Utf8Path;

use super::{ignored::Repository, made, starts};
use crate::{
    compose::Service,
    facts::{
        answers::{path, place},
        image,
        mounts::shown,
    },
    policy::{Finding, Profile, Rule, Severity, Target},
};

/// A mount hides what the image has at its path.
pub static RULE: Rule = Rule {
    id: "build-hidden-by-mount",
    severity: Severity::Medium,
    profile: Profile::Default,
    summary: "A mounted folder hides what the image's build has made.",
    check,
    document: include_str!("build_hidden_by_mount.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    let project = &target.project;
    if !project.has_files() {
        return;
    }
    let repository = Repository::around(project);
    for (name, service) in &project.services {
        let Ok(recipe) = image::recipe(project, name, service) else { continue };
        let bind = |kind: &str| kind == "bind";
        if !service.volumes.iter().any(|mount| mount.kind.as_ref().is_some_and(|kind| bind(kind))) {
            continue;
        }
        let mut known = BTreeSet::new();
        for made in made::by(&recipe) {
            let Some((source, at, origin)) = hiding(service, &made.at) else { continue };
            // Where several folders may be meant, the name of one alone says nothing.
            if !["vendor", "node_modules", ".venv"]
                .contains(&Utf8Path::new(&made.at).file_name().unwrap_or_default())
                || !known.insert(made.at.clone())
            {
                continue;
            }
            let rest = made.at.strip_prefix(at.trim_end_matches('/')).unwrap_or_default();
            let host = Utf8Path::new(&source).join(rest.trim_start_matches('/'));
            let left_out = repository.leaves_out(&host, true);
            let there = host.is_dir();
            if there && !left_out
                || starts::say(target, name, service, made.again)
                || is_for_another(target, name, service, &made.at)
            {
                continue;
            }
            let folder = shown(&project.folder, host.as_str());
            let (what, severity) = match (there, left_out) {
                (true, _) => (
                    format!(
                        "what stands in its place is {folder}, which git leaves out: on another machine there is none, or another"
                    ),
                    Severity::Low,
                ),
                (false, true) => {
                    (format!("and {folder}, which git leaves out, is not there"), RULE.severity)
                }
                (false, false) => (format!("and {folder} is not there"), RULE.severity),
            };
            let piece = &made.instruction.arguments;
            let finding = RULE.finding(
                format!("services.{name}.volumes[{at}]"),
                format!(
                    "the mount at {at} hides {} of the image of service \"{name}\", which {} made; {what}",
                    made.at, made.by
                ),
                format!("mount a volume over it as well, `- {}`, or mount only the folders that are worked on", made.at),
                place::or_service(project, name, Some(origin)),
            );
            let finding = finding.also(recipe.origin(project, piece), "made here");
            found.push(Finding { severity, ..finding });
        }
    }
}

/// Programs that need `node_modules`.
const NODE: &[&str] = &["node", "npm", "npx", "pnpm", "yarn", "bun"];

/// Whether another service of the same build keeps the modules of Node in a mount of their own, and
/// this one starts nothing that reads them: whoever wrote that knows what is hidden.
fn is_for_another(target: &Target, name: &str, service: &Service, made: &str) -> bool {
    let build = |service: &Service| {
        let build = service.build.as_ref()?;
        let text = |text: &Option<crate::compose::Located<String>>| {
            text.as_ref().map(|text| text.value.clone())
        };
        Some((text(&build.context), text(&build.dockerfile), text(&build.target)))
    };
    let own = build(service);
    let keeps = |other: &Service| {
        other
            .volumes
            .iter()
            .any(|mount| mount.target.as_ref().is_some_and(|at| path::real(at) == path::real(made)))
    };
    let mut others = target.project.services.iter().filter(|(other, _)| *other != name);
    Utf8Path::new(made).file_name() == Some("node_modules")
        && own.is_some()
        && others.any(|(_, other)| build(other) == own && keeps(other))
        && !starts::say(target, name, service, NODE)
}

/// The bind mount over a path of the image, unless another mount stands below it there.
fn hiding(
    service: &Service,
    made: &str,
) -> Option<(String, String, crate::compose::journal::Origin)> {
    let above = service.volumes.iter().filter_map(|mount| {
        let at = mount.target.as_ref()?;
        path::is_within(made, at).then_some((mount, at))
    });
    let (mount, at) = above.max_by_key(|(_, at)| path::real(at).len())?;
    let source = mount.source.as_ref()?;
    let kept = service
        .tmpfs
        .iter()
        .any(|entry| path::is_within(made, entry.split(':').next().unwrap_or_default()));
    let bind = mount.kind.as_ref().is_some_and(|kind| kind.value == "bind");
    (bind && !kept).then(|| (source.value.clone(), at.value.clone(), mount.origin))
}
