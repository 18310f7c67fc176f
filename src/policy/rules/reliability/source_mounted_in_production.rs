//! The working copy, mounted in production.

use crate::{
    compose::{Service, VolumeUse},
    facts::answers::place,
    policy::{Finding, Profile, Rule, Severity, Target},
};

/// What runs should be what was built.
pub static RULE: Rule = Rule {
    id: "source-mounted-in-production",
    severity: Severity::Medium,
    profile: Profile::Strict,
    summary: "Source code is mounted in production.",
    check,
    document: include_str!("source_mounted_in_production.md"),
};

/// Variables by which programs are told where they run.
pub const ENVIRONMENTS: &[&str] = &[
    "APP_ENV",
    "ASPNETCORE_ENVIRONMENT",
    "DJANGO_ENV",
    "DOTNET_ENVIRONMENT",
    "ENVIRONMENT",
    "FLASK_ENV",
    "MIX_ENV",
    "NODE_ENV",
    "RACK_ENV",
    "RAILS_ENV",
    "SYMFONY_ENV",
];

/// Where images keep the program.
const CODE: &[&str] = &[
    "/app",
    "/code",
    "/home/node/app",
    "/opt/app",
    "/project",
    "/src",
    "/srv",
    "/srv/app",
    "/usr/src",
    "/usr/src/app",
    "/var/www",
    "/var/www/html",
    "/workspace",
];

fn check(target: &Target, found: &mut Vec<Finding>) {
    let files = target.journal().files().iter();
    let by_name =
        files.filter(|file| says_production(file.path().file_name().unwrap_or_default())).count()
            > 0;
    for (name, service) in &target.project.services {
        if !by_name && !is_production(service) {
            continue;
        }
        let source = service.volumes.iter().find(|mount| is_source(mount, service));
        if let Some(at) = source.and_then(|mount| mount.target.as_ref()) {
            let origin = source.and_then(|mount| mount.source.as_ref()).map(|source| source.origin);
            found.push(RULE.finding(
                format!("services.{name}.volumes[{}]", at.value),
                format!(
                    "service \"{name}\" runs the source code of the host at {} in production",
                    at.value
                ),
                "build the code into the image, and remove the mount",
                place::or_service(&target.project, name, origin),
            ));
        }
    }
}

/// Whether a file is one for production by its name: `compose.prod.yaml`, `docker-compose.production.yml`.
pub fn says_production(file: &str) -> bool {
    let words = file.split(['.', '-', '_']);
    file.contains("compose")
        && words.into_iter().any(|word| matches!(word, "prod" | "production" | "prd"))
}

/// Whether a service is told by a variable that it runs in production.
pub fn is_production(service: &Service) -> bool {
    let said = ENVIRONMENTS.iter().filter_map(|name| service.environment.get(*name)?.as_deref());
    said.into_iter().any(|value| matches!(value.to_lowercase().as_str(), "prod" | "production"))
}

fn is_source(mount: &VolumeUse, service: &Service) -> bool {
    let (Some(kind), Some(from), Some(at)) = (&mount.kind, &mount.source, &mount.target) else {
        return false;
    };
    let context = service.build.as_ref().and_then(|build| build.context.as_ref());
    let context = context.map(|context| context.value.trim_end_matches('/'));
    let from = from.value.trim_end_matches('/');
    let built_from = context.is_some_and(|context| {
        let inside = context.strip_prefix(from).is_some_and(|rest| rest.starts_with('/'));
        context == from || inside && !from.is_empty()
    });
    let code = CODE.contains(&at.value.trim_end_matches('/'));
    kind.value == "bind" && (built_from || code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::project::load_text;

    #[test]
    fn a_file_is_for_production_by_its_name() {
        let found = |file| {
            let text = "services: {app: {image: a, volumes: [./src:/app]}}";
            let target = Target { project: load_text(file, text).expect("a model").into() };
            crate::policy::judge(&target, [&RULE]).len()
        };
        assert_eq!(found("docker-compose.production.yml"), 1);
        assert_eq!(found("compose-prod.yaml"), 1);
        assert_eq!(found("compose.yaml"), 0);
        assert_eq!(found("compose.products.yaml"), 0);
    }
}
