//! What keeps each service in bounds and up: health checks, dependencies, limits, restarts, logs, rights.

use crate::facts::limits::Resource;
use crate::steps::{
    Need, Step,
    judging::facts::{by_files, on_stack},
    service::{limits, upkeep, writable},
};

pub(crate) static STEPS: &[Step] = &[
    Step::then(
        "every service has a health check",
        "The files give each service a command that tells whether it is well, or the Dockerfile of its image does; one that always succeeds is none.",
        "every service has a health check",
    )
    .excepts()
    .declared(upkeep::every_has_health_check),
    Step::then(
        "the health check of {service} runs {text}",
        "The files, or the Dockerfile of its image, give the service exactly this command line as its health check.",
        "the health check of \"cache\" runs \"redis-cli ping | grep -q PONG\"",
    )
    .declared(upkeep::health_check_runs),
    Step::then(
        "service {service} waits until {service} is {state}",
        "The first service is started only when the second is started, healthy, or completed.",
        "service \"api\" waits until \"database\" is healthy",
    )
    .declared(upkeep::waits),
    Step::then(
        "exactly these services wait for others:",
        "Every dependency: who waits for whom, to be started, healthy or completed; on the running stack as Compose wrote it down on the containers.",
        "exactly these services wait for others:",
    )
    .table(&["service", "waits for", "to be"])
    .declared(|world, arguments| by_files(world, arguments, "dependencies"))
    .observed(|world, arguments| Box::pin(on_stack(world, arguments, "dependencies"))),
    Step::then(
        "every service has a memory limit",
        "The files bound the memory of each service, and the kernel enforces just that.",
        "every service has a memory limit",
    )
    .excepts()
    .declared(|world, arguments| {
        limits::every_service_is_to_have(world, arguments, Resource::Memory)
    })
    .observed(|world, arguments| {
        Box::pin(limits::every_service_has(world, arguments, Resource::Memory))
    }),
    Step::then(
        "every service has a CPU limit",
        "The files bound the processor time of each service, and the kernel enforces just that.",
        "every service has a CPU limit",
    )
    .excepts()
    .declared(|world, arguments| {
        limits::every_service_is_to_have(world, arguments, Resource::Cpus)
    })
    .observed(|world, arguments| {
        Box::pin(limits::every_service_has(world, arguments, Resource::Cpus))
    }),
    Step::then(
        "every service has a process limit",
        "The files bound the number of processes of each service, and the kernel enforces just that.",
        "every service has a process limit",
    )
    .excepts()
    .declared(|world, arguments| {
        limits::every_service_is_to_have(world, arguments, Resource::Processes)
    })
    .observed(|world, arguments| {
        Box::pin(limits::every_service_has(world, arguments, Resource::Processes))
    }),
    Step::then(
        "every service is restarted after a failure",
        "The files state a restart policy that brings each service back.",
        "every service is restarted after a failure",
    )
    .excepts()
    .declared(upkeep::every_is_restarted),
    Step::then(
        "every service has a read-only root file system",
        "No service can write outside its mounts: the kernel mounts / read-only, and a write to it fails for that reason.",
        "every service has a read-only root file system",
    )
    .needs(&[Need::Root])
    .excepts()
    .declared(writable::root_by_files)
    .observed(|world, arguments| Box::pin(writable::root_on_stack(world, arguments))),
];
