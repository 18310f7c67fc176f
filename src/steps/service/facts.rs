//! Closed lists of what services are: one sentence a topic of facts, judged by the one judge.

use crate::steps::{
    Step,
    judging::facts::{by_files, on_stack},
};

pub(in crate::steps) static STEPS: &[Step] = &[
    Step::then(
        "exactly these images run:",
        "The image of each service, as named, or as Compose names what it builds; `any` leaves one open.",
        "exactly these images run:",
    )
    .table(&["service", "image"])
    .declared(|world, arguments| by_files(world, arguments, "images"))
    .observed(|world, arguments| Box::pin(on_stack(world, arguments, "images"))),
    Step::then(
        "exactly these services are attached to networks:",
        "Who is on which network; a network mode (host, none, service:db) where one is set.",
        "exactly these services are attached to networks:",
    )
    .table(&["service", "network"])
    .declared(|world, arguments| by_files(world, arguments, "attachments"))
    .observed(|world, arguments| Box::pin(on_stack(world, arguments, "attachments"))),
    Step::then(
        "exactly these commands run:",
        "Entry point and command of each service as a shell would read them, or none; the image's where its Dockerfile is at hand, else undecided; `any` leaves one open.",
        "exactly these commands run:",
    )
    .table(&["service", "entry point", "command"])
    .declared(|world, arguments| by_files(world, arguments, "command"))
    .observed(|world, arguments| Box::pin(on_stack(world, arguments, "command"))),
    Step::then(
        "exactly these environment variables are set:",
        "Every variable that the files give a service, and its value; on the running stack those of its containers that the image does not set. Paths are seen from the project's folder; of a secret only the length is told; `any` leaves one open.",
        "exactly these environment variables are set:",
    )
    .table(&["service", "variable", "value"])
    .declared(|world, arguments| by_files(world, arguments, "environment"))
    .observed(|world, arguments| Box::pin(on_stack(world, arguments, "environment"))),
    Step::then(
        "exactly these health checks are set:",
        "The command line of each service's health check and its times, none without one; the image's where its Dockerfile is at hand, else undecided; `any` leaves one open.",
        "exactly these health checks are set:",
    )
    .table(&["service", "command", "interval", "timeout", "retries"])
    .declared(|world, arguments| by_files(world, arguments, "health"))
    .observed(|world, arguments| Box::pin(on_stack(world, arguments, "health"))),
    Step::then(
        "exactly these restart policies are set:",
        "When the engine starts each service anew: no, always, unless-stopped, on-failure or on-failure:3.",
        "exactly these restart policies are set:",
    )
    .table(&["service", "policy"])
    .declared(|world, arguments| by_files(world, arguments, "restart"))
    .observed(|world, arguments| Box::pin(on_stack(world, arguments, "restart"))),
    Step::then(
        "exactly these replicas run:",
        "How many containers each service has.",
        "exactly these replicas run:",
    )
    .table(&["service", "replicas"])
    .declared(|world, arguments| by_files(world, arguments, "replicas"))
    .observed(|world, arguments| Box::pin(on_stack(world, arguments, "replicas"))),
    Step::then(
        "exactly these rights hold:",
        "As whom each service runs, its capabilities (none, default, all, or names by commas), whether it is privileged and can gain privileges (yes or no), and whether its root file system is read-only or writable; a user that only a base image names is undecided; `any` leaves one open.",
        "exactly these rights hold:",
    )
    .table(&[
        "service",
        "user",
        "capabilities",
        "privileged",
        "new privileges",
        "root file system",
    ])
    .declared(|world, arguments| by_files(world, arguments, "rights"))
    .observed(|world, arguments| Box::pin(on_stack(world, arguments, "rights"))),
    Step::then(
        "exactly these log drivers are set:",
        "The log driver of each service and its options (max-size=10m, …); undecided where the engine's configuration decides; `any` leaves one open.",
        "exactly these log drivers are set:",
    )
    .table(&["service", "driver", "options"])
    .declared(|world, arguments| by_files(world, arguments, "logging"))
    .observed(|world, arguments| Box::pin(on_stack(world, arguments, "logging"))),
];
