//! What sentences on every service share on the running stack: each container is looked at, what
//! was seen is kept, and what is not so is held against the exceptions.

use super::{
    Arguments, StepResult, World, declared,
    exceptions::{Fault, settle},
};
use crate::{
    compose::{Project, Service},
    run::Failure,
    stack::engine::Container,
};

/// What a look at a container came to.
pub(super) struct Look {
    /// What was seen, in the kernel's words.
    pub seen: String,
    /// What is not so.
    pub lack: Option<Lack>,
}

/// What is not so in a container.
pub(super) struct Lack {
    /// What is there instead; reads after the container's name.
    pub found: String,
    /// The key of the service to look at.
    pub key: &'static str,
    /// What to do.
    pub help: String,
}

/// Why something of a container cannot be read by us.
pub(super) fn unreadable(
    container: &Container,
    what: &str,
    why: &impl std::fmt::Display,
) -> Failure {
    Failure::error(format!("read {what} of {}", container.name), why.to_string())
        .help("run as root, on the engine's own machine")
}

/// What is so of a container that runs no more.
pub(super) fn ended(container: &Container) -> Look {
    let seen = format!("not looked at: it has ended with {}", container.exit_code);
    // Who ends by itself and well has done its work; nothing of it runs.
    let done = container.state == "exited" && container.exit_code == 0;
    let lack = (!done).then(|| Lack {
        found: format!("is {}, and cannot be looked at", container.state),
        key: "",
        help: format!("look at the log of service \"{}\"", container.service),
    });
    Look { seen, lack }
}

/// The containers of the services that the files have, each with its service.
pub(super) fn with_services(
    project: &Project,
    containers: Vec<Container>,
) -> Vec<(&Service, Container)> {
    let service = |container: Container| {
        let service = project.services.get(&container.service)?;
        Some((&service.value, container))
    };
    containers.into_iter().filter_map(service).collect()
}

/// Looks at every container, and holds what is not so against the exceptions.
pub(super) async fn every(
    world: &mut World,
    arguments: &Arguments,
    expected: &str,
    look: impl AsyncFn(&Service, &Container) -> Result<Look, Failure>,
) -> StepResult {
    let running = world.running()?;
    let project = &running.stack.project;
    let mut faults = Vec::new();
    let mut judged: Vec<String> = Vec::new();
    for (service, container) in with_services(project, running.stack.containers().await?) {
        let Look { seen, lack } =
            if container.pid == 0 { ended(&container) } else { look(service, &container).await? };
        world.saw(container.name.clone(), seen);
        faults.extend(lack.map(|lack| Fault {
            found: format!("{} {}", container.name, lack.found),
            origin: declared::key_origin(project, &container.service, lack.key),
            help: lack.help,
            subject: container.service.clone(),
        }));
        if !judged.contains(&container.service) {
            judged.push(container.service.clone());
        }
    }
    settle(world, project, arguments, expected, &judged, faults)
}
