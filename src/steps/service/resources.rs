//! Closed lists of what the files declare, and the running stack has: mounts, networks, volumes, secrets,
//! configs; and of what only the files can say: builds, profiles.

use crate::steps::{
    Arguments, Step, StepResult, World,
    judging::facts::{by_files, declared_rows, judge, named, on_stack, written},
    service::{mounts, networks},
};
use crate::{
    compose::{self, Project},
    run::Failure,
};

pub(crate) static STEPS: &[Step] = &[
    Step::then(
        "exactly these mounts are in place:",
        "Every mount of every service: kind (folder, volume, tmpfs), source, path, and whether it is read-only or writable; on the running stack by the kernel's list. What only an image asks for is left out.",
        "exactly these mounts are in place:",
    )
    .table(&["service", "kind", "source", "path", "mode"])
    .declared(|world, arguments| by_files(world, arguments, "mounts"))
    .observed(|world, arguments| Box::pin(on_stack(world, arguments, "mounts"))),
    Step::then(
        "no service mounts a folder of the host",
        "No service has a bind mount.",
        "no service mounts a folder of the host",
    )
    .declared(|world, _| mounts::nobody_but(world, &[])),
    Step::then(
        "no service but {services} mounts a folder of the host",
        "No other service has a bind mount.",
        "no service but \"web\" and \"api\" mounts a folder of the host",
    )
    .declared(|world, arguments| mounts::nobody_but(world, arguments.names(0)?)),
    Step::then(
        "exactly these images are built:",
        "Every service with a build: its image, context, Dockerfile and target stage, the folders seen from the project's. By the files alone: no engine keeps what an image was built of.",
        "exactly these images are built:",
    )
    .table(&["service", "image", "context", "Dockerfile", "target"])
    .declared(|world, arguments| by_files(world, arguments, "builds")),
    Step::then(
        "exactly these networks are declared:",
        "Every network that a service uses; the way out is no where it is internal. On the running stack the networks that the engine made for it, and those that its containers are on.",
        "exactly these networks are declared:",
    )
    .table(&["network", "way out"])
    .declared(|world, arguments| by_files(world, arguments, "networks"))
    .observed(|world, arguments| Box::pin(on_stack(world, arguments, "networks"))),
    Step::then(
        "services {services} and no other are attached to network {network}",
        "These services are on the network, and nobody else is.",
        "services \"database\" and \"api\" and no other are attached to network \"back\"",
    )
    .declared(networks::nobody_else_by_files),
    Step::then(
        "exactly these volumes are declared:",
        "Every named volume that a service uses, and whether somebody else made it (external). On the running stack the volumes that the engine made for it, and those that its containers mount.",
        "exactly these volumes are declared:",
    )
    .table(&["volume", "external"])
    .declared(|world, arguments| by_files(world, arguments, "volumes"))
    .observed(|world, arguments| Box::pin(on_stack(world, arguments, "volumes"))),
    Step::then(
        "exactly these secrets are given:",
        "Every secret that a service is given, and the file in its containers; `any` leaves a path open.",
        "exactly these secrets are given:",
    )
    .table(&["service", "secret", "path"])
    .declared(|world, arguments| by_files(world, arguments, "secrets"))
    .observed(|world, arguments| Box::pin(on_stack(world, arguments, "secrets"))),
    Step::then(
        "exactly these configs are given:",
        "Every config that a service is given, and the file in its containers; `any` leaves a path open.",
        "exactly these configs are given:",
    )
    .table(&["service", "config", "path"])
    .declared(|world, arguments| by_files(world, arguments, "configs"))
    .observed(|world, arguments| Box::pin(on_stack(world, arguments, "configs"))),
    Step::then(
        "exactly these services run in profiles only:",
        "Every service that is not there by default, and its profiles, by commas. By the files alone: a profile is a word of the files.",
        "exactly these services run in profiles only:",
    )
    .table(&["service", "profiles"])
    .declared(profiles),
];

fn profiles(world: &mut World, arguments: &Arguments) -> StepResult {
    let context = world.context()?;
    let name = world.environment.clone().unwrap_or_default();
    let Some(environment) = context.config.environments.get(&name) else {
        return Err(Failure::undecided("find the environment", "no Given names one"));
    };
    let mut invocation = compose::invocation(&context.config, environment, &context.overlays);
    invocation.profiles = vec!["*".into()];
    let project: Project = compose::load_declared(&context.config, environment, &invocation)
        .map_err(|why| {
            Failure::finding("the files are sound with every profile", why.to_string())
                .place(format!("the {name} environment"))
                .help(why.help())
        })?;
    let topic = named("profiles")?;
    judge(world, &project, topic, &written(topic, &arguments.rows), &declared_rows(&project, topic))
}
