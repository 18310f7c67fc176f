//! Closed lists of what the files declare: mounts, builds, networks, volumes, secrets, configs, profiles.

use super::{
    Arguments, Step, StepResult, World,
    closed::{Row, Subject, compare},
    declared::{self, mounts, shown},
};
use crate::{
    compose::{self, FileUse, Located, Project},
    run::Failure,
    words::quoted_list,
};

pub(super) static STEPS: &[Step] = &[
    Step::then(
        "exactly these mounts are in place:",
        "Every mount of every service: kind (folder, volume, tmpfs), source, path, and whether it is read-only or writable.",
        "exactly these mounts are in place:",
    )
    .table(&["service", "kind", "source", "path", "mode"])
    .declared(exactly_mounts),
    Step::then(
        "no service mounts a folder of the host",
        "No service has a bind mount.",
        "no service mounts a folder of the host",
    )
    .declared(|world, _| only_these_mount(world, &[])),
    Step::then(
        "no service but {services} mounts a folder of the host",
        "No other service has a bind mount.",
        "no service but \"nginx\" and \"app\" mounts a folder of the host",
    )
    .declared(|world, arguments| only_these_mount(world, arguments.names(0)?)),
    Step::then(
        "exactly these images are built:",
        "Every service with a build: its image, context, Dockerfile and target stage, the folders seen from the project's.",
        "exactly these images are built:",
    )
    .table(&["service", "image", "context", "Dockerfile", "target"])
    .declared(builds),
    Step::then(
        "exactly these networks are declared:",
        "Every network that a service uses; the way out is no where it is internal.",
        "exactly these networks are declared:",
    )
    .table(&["network", "way out"])
    .declared(networks),
    Step::then(
        "services {services} and no other are attached to network {text}",
        "These services are on the network, and nobody else is.",
        "services \"db\" and \"app\" and no other are attached to network \"back\"",
    )
    .declared(attached),
    Step::then(
        "exactly these volumes are declared:",
        "Every named volume that a service uses, and whether somebody else made it (external).",
        "exactly these volumes are declared:",
    )
    .table(&["volume", "external"])
    .declared(volumes),
    Step::then(
        "exactly these secrets are given:",
        "Every secret that a service is given, and the file in its containers.",
        "exactly these secrets are given:",
    )
    .table(&["service", "secret", "path"])
    .declared(|world, arguments| files(world, arguments, "secrets", |service| &service.secrets)),
    Step::then(
        "exactly these configs are given:",
        "Every config that a service is given, and the file in its containers.",
        "exactly these configs are given:",
    )
    .table(&["service", "config", "path"])
    .declared(|world, arguments| files(world, arguments, "configs", |service| &service.configs)),
    Step::then(
        "exactly these services run in profiles only:",
        "Every service that is not there by default, and its profiles, by commas.",
        "exactly these services run in profiles only:",
    )
    .table(&["service", "profiles"])
    .declared(profiles),
];

fn exactly_mounts(world: &mut World, arguments: &Arguments) -> StepResult {
    let (project, folder) = (world.project()?, world.folder()?);
    let mut there = Vec::new();
    for (name, service) in &project.services {
        for (mount, origin) in mounts::all(&folder, service) {
            let cells = [name, &mount.kind, &mount.source, &mount.target, mount.mode];
            there.push(Row::new(cells, origin));
        }
    }
    let subject = Subject { what: "mounts", key: "volumes", section: false };
    compare(world, &project, &subject, &arguments.rows, &there)
}

fn only_these_mount(world: &mut World, allowed: &[String]) -> StepResult {
    let (project, folder) = (world.project()?, world.folder()?);
    for name in allowed {
        declared::service(&project, name)?;
    }
    for (name, service) in project.services.iter().filter(|(name, _)| !allowed.contains(name)) {
        let mounts = mounts::all(&folder, service);
        let Some((mount, origin)) = mounts.iter().find(|(mount, _)| mount.kind == "folder") else {
            continue;
        };
        let failure = Failure::finding(
            "no other service mounts a folder of the host",
            format!("service \"{name}\" mounts {}", mount.told()),
        )
        .help("use a named volume, or put the files into the image");
        return Err(declared::point(&project, *origin, failure));
    }
    world.saw(
        "bind mounts",
        format!("of {} alone", quoted_list(allowed.iter().map(String::as_str))),
    );
    Ok(())
}

fn text(value: Option<&Located<String>>) -> String {
    value.map(|value| value.value.clone()).unwrap_or_default()
}

fn builds(world: &mut World, arguments: &Arguments) -> StepResult {
    let (project, folder) = (world.project()?, world.folder()?);
    let mut there = Vec::new();
    for (name, service) in &project.services {
        let Some(build) = &service.build else { continue };
        let cells = [
            name.clone(),
            text(service.image.as_ref()),
            shown(&folder, &text(build.context.as_ref())),
            text(build.dockerfile.as_ref()),
            text(build.target.as_ref()),
        ];
        let origin = declared::key_origin(&project, name, "build").unwrap_or(build.origin);
        there.push(Row::new(cells, origin));
    }
    let subject = Subject { what: "builds", key: "build", section: false };
    compare(world, &project, &subject, &arguments.rows, &there)
}

fn yes_or_no(yes: bool) -> &'static str {
    if yes { "yes" } else { "no" }
}

fn networks(world: &mut World, arguments: &Arguments) -> StepResult {
    let project = world.project()?;
    let rows = project.networks.iter().map(|(name, network)| {
        let internal = network.internal.as_ref().is_some_and(|internal| internal.value);
        Row::new([name, yes_or_no(!internal)], network.origin)
    });
    let there: Vec<Row> = rows.collect();
    let subject = Subject { what: "networks", key: "networks", section: true };
    compare(world, &project, &subject, &arguments.rows, &there)
}

fn attached(world: &mut World, arguments: &Arguments) -> StepResult {
    let (wanted, network) = (arguments.names(0)?, arguments.text(1)?);
    let project = world.project()?;
    for name in wanted {
        let on = &declared::service(&project, name)?.networks;
        if !on.contains_key(network) {
            let names = on.keys().map(String::as_str);
            let failure = Failure::finding(
                format!("service \"{name}\" is attached to network \"{network}\""),
                format!("it is attached to {}", quoted_list(names)),
            )
            .help(format!("add `{network}` to `networks:` of service \"{name}\""));
            return Err(declared::point_key(&project, name, "networks", failure));
        }
    }
    for (name, service) in project.services.iter().filter(|(name, _)| !wanted.contains(name)) {
        if let Some(on) = service.networks.get(network) {
            let failure = Failure::finding(
                format!("no other service is attached to network \"{network}\""),
                format!("service \"{name}\" is"),
            )
            .help(format!("remove `{network}` from `networks:` of service \"{name}\""));
            return Err(match on.origin.place.file() {
                Some(_) => declared::point(&project, on.origin, failure),
                None => declared::point_key(&project, name, "networks", failure),
            });
        }
    }
    world.saw(format!("network \"{network}\""), wanted.join(", "));
    Ok(())
}

fn volumes(world: &mut World, arguments: &Arguments) -> StepResult {
    let project = world.project()?;
    let rows = project
        .volumes
        .iter()
        .map(|(name, volume)| Row::new([name, yes_or_no(volume.is_external())], volume.origin));
    let there: Vec<Row> = rows.collect();
    let subject = Subject { what: "volumes", key: "volumes", section: true };
    compare(world, &project, &subject, &arguments.rows, &there)
}

fn files(
    world: &mut World,
    arguments: &Arguments,
    what: &str,
    of: fn(&compose::Service) -> &Vec<Located<FileUse>>,
) -> StepResult {
    let project = world.project()?;
    let mut there = Vec::new();
    for (name, service) in &project.services {
        for used in of(service) {
            let source = text(used.source.as_ref());
            let given = text(used.target.as_ref());
            let path = match (what, given.as_str()) {
                (_, given) if given.starts_with('/') => given.to_owned(),
                ("secrets", "") => format!("/run/secrets/{source}"),
                ("secrets", name) => format!("/run/secrets/{name}"),
                (_, "") => format!("/{source}"),
                (_, name) => format!("/{name}"),
            };
            there.push(Row::new([name.clone(), source, path], used.origin));
        }
    }
    let subject = Subject { what, key: what, section: false };
    compare(world, &project, &subject, &arguments.rows, &there)
}

fn profiles(world: &mut World, arguments: &Arguments) -> StepResult {
    let context = world.context()?;
    let name = world.environment.clone().unwrap_or_default();
    let Some(environment) = context.config.environments.get(&name) else {
        return Err(Failure::error("find the environment", "no Given names one"));
    };
    let mut invocation = compose::invocation(&context.config, environment, &context.overlays);
    invocation.profiles = vec!["*".into()];
    let project: Project = compose::load_declared(&context.config, environment, &invocation)
        .map_err(|why| {
            Failure::finding("the files are sound with every profile", why.to_string())
                .place(format!("the {name} environment"))
                .help(why.help())
        })?;
    let mut there = Vec::new();
    for (name, service) in
        project.services.iter().filter(|(_, service)| !service.profiles.is_empty())
    {
        let profiles: Vec<&str> = service.profiles.iter().map(|profile| profile.as_str()).collect();
        let origin = declared::key_origin(&project, name, "profiles");
        there.push(Row { cells: vec![name.clone(), profiles.join(", ")], origin });
    }
    let subject = Subject { what: "services of profiles", key: "profiles", section: false };
    compare(world, &project, &subject, &arguments.rows, &there)
}
