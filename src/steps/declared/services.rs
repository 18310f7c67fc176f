//! Services, images, commands and networks as the files have them.

use super::{point, point_key, section, service};
use crate::{
    compose::{Located, Project, Service, journal::Origin},
    run::Failure,
    steps::{Arguments, StepResult, World},
    words::quoted_list,
};

pub(in crate::steps) fn exactly(world: &mut World, arguments: &Arguments) -> StepResult {
    let wanted: Vec<&str> = arguments.rows.iter().map(|row| row[0].as_str()).collect();
    let project = world.project()?;
    let there: Vec<&str> = project
        .services
        .iter()
        .filter(|(_, service)| service.replicas() > 0)
        .map(|(name, _)| name.as_str())
        .collect();
    let more: Vec<&str> = there.iter().filter(|name| !wanted.contains(name)).copied().collect();
    let fewer: Vec<&str> = wanted.iter().filter(|name| !there.contains(name)).copied().collect();
    let mut found = Vec::new();
    if !more.is_empty() {
        found.push(format!("{} besides", quoted_list(more.iter().copied())));
    }
    if !fewer.is_empty() {
        found.push(format!("no {}", quoted_list(fewer.iter().copied())));
    }
    if found.is_empty() {
        world.saw("services", there.join(", "));
        return Ok(());
    }
    let failure = Failure::finding(
        format!("exactly {} run", quoted_list(wanted.iter().copied())),
        found.join(", and "),
    );
    Err(match more.first() {
        Some(first) => point_key(&project, first, "", failure).help(format!(
            "document service \"{first}\" here, or remove it from the Compose files or put it into a profile"
        )),
        None => section(&project, "services", failure).help(format!(
            "add service \"{}\" to the Compose files, or take it out of the table",
            fewer[0]
        )),
    })
}

pub(in crate::steps) fn one_network(world: &mut World, arguments: &Arguments) -> StepResult {
    let network = arguments.text(0)?;
    let project = world.project()?;
    if !project.networks.contains_key(network) {
        let failure = Failure::finding(
            format!("there is a network \"{network}\""),
            format!(
                "the networks are {}",
                quoted_list(project.networks.keys().map(String::as_str))
            ),
        );
        return Err(section(&project, "networks", failure)
            .help(format!("add `{network}:` to `networks:`, or correct the name")));
    }
    for (name, service) in &project.services {
        let on: Vec<&str> = service.networks.keys().map(String::as_str).collect();
        let mode = service.network_mode.as_ref();
        if on == [network] && mode.is_none() {
            continue;
        }
        let found = mode.map_or_else(
            || format!("it is on {}", quoted_list(on.iter().copied())),
            |mode| format!("its network mode is \"{}\"", mode.value),
        );
        let key = if mode.is_some() { "network_mode" } else { "networks" };
        let failure = Failure::finding(
            format!("service \"{name}\" is on network \"{network}\" and on no other"),
            found,
        )
        .help(format!("set `networks: [{network}]` for service \"{name}\""));
        let other = service.networks.iter().find(|(on, _)| *on != network);
        return Err(match other.filter(|(_, on)| on.origin.place.file().is_some()) {
            Some((_, on)) => point(&project, on.origin, failure),
            None => point_key(&project, name, key, failure),
        });
    }
    let names = project.services.keys().map(String::as_str);
    world.saw(format!("network \"{network}\""), names.collect::<Vec<_>>().join(", "));
    Ok(())
}

/// The image that a service's containers are made of: as named, or as Compose names what it builds.
fn image(project: &Project, name: &str, service: &Service) -> (String, Option<Origin>) {
    match &service.image {
        Some(image) => (image.value.clone(), Some(image.origin)),
        None => {
            (format!("{}-{name}", project.name.value), service.build.as_ref().map(|b| b.origin))
        }
    }
}

pub(in crate::steps) fn same_image(world: &mut World, arguments: &Arguments) -> StepResult {
    let names = arguments.names(0)?;
    let project = world.project()?;
    let mut images = Vec::new();
    for name in names {
        images.push((name, image(&project, name, service(&project, name)?)));
    }
    let lines: Vec<String> =
        images.iter().map(|(name, (image, _))| format!("{name}: {image}")).collect();
    let first = images.first().map(|(_, (image, _))| image.clone()).unwrap_or_default();
    let Some((name, (_, origin))) = images.iter().find(|(_, (image, _))| *image != first) else {
        world.saw("images", lines.join("\n"));
        return Ok(());
    };
    let failure = Failure::finding(
        format!("{} run the same image", quoted_list(names.iter().map(String::as_str))),
        lines.join("\n"),
    )
    .help("give them the same `image:` and build it once");
    Err(match origin {
        Some(origin) => point(&project, *origin, failure),
        None => point_key(&project, name, "", failure),
    })
}

pub(in crate::steps) fn runs_image(world: &mut World, arguments: &Arguments) -> StepResult {
    let (name, wanted) = (arguments.text(0)?, arguments.text(1)?);
    let project = world.project()?;
    let (image, origin) = image(&project, name, service(&project, name)?);
    if image == wanted {
        world.saw(format!("image of \"{name}\""), image);
        return Ok(());
    }
    let failure = Failure::finding(format!("service \"{name}\" runs {wanted}"), image)
        .help(format!("set `image: {wanted}` for service \"{name}\""));
    Err(match origin {
        Some(origin) => point(&project, origin, failure),
        None => point_key(&project, name, "", failure),
    })
}

fn words(words: &[Located<String>]) -> Vec<&str> {
    words.iter().map(|word| word.as_str()).collect()
}

/// Entry point and command as the files state them; empty where the image's own run.
pub(in crate::steps) fn command_line(service: &Service) -> String {
    let (entrypoint, command) = (service.entrypoint.as_deref(), service.command.as_deref());
    let all = words(entrypoint.unwrap_or_default()).into_iter();
    all.chain(words(command.unwrap_or_default())).collect::<Vec<_>>().join(" ")
}

pub(in crate::steps) fn runs_command(world: &mut World, arguments: &Arguments) -> StepResult {
    let (name, wanted) = (arguments.text(0)?, arguments.text(1)?);
    let project = world.project()?;
    let service = service(&project, name)?;
    let line = command_line(service);
    if line == wanted {
        world.saw(format!("command of \"{name}\""), line);
        return Ok(());
    }
    let found = if line.is_empty() {
        "the files state no command: the image's own runs".to_owned()
    } else {
        line
    };
    let key = if service.command.is_none() && service.entrypoint.is_some() {
        "entrypoint"
    } else {
        "command"
    };
    let failure =
        Failure::finding(format!("service \"{name}\" runs the command `{wanted}`"), found)
            .help(format!("set `command: {wanted}` for service \"{name}\""));
    Err(point_key(&project, name, key, failure))
}

pub(in crate::steps) fn replicas(world: &mut World, arguments: &Arguments) -> StepResult {
    let (name, wanted) = (arguments.text(0)?, arguments.number(1)?);
    let project = world.project()?;
    let count = service(&project, name)?.replicas();
    if u64::from(count) == wanted {
        world.saw(format!("replicas of \"{name}\""), count.to_string());
        return Ok(());
    }
    let failure =
        Failure::finding(format!("service \"{name}\" has {wanted} replicas"), count.to_string())
            .help(format!("set `deploy: {{ replicas: {wanted} }}` for service \"{name}\""));
    let key = if super::service(&project, name)?.scale.is_some() { "scale" } else { "deploy" };
    Err(point_key(&project, name, key, failure))
}
