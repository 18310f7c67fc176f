//! Environment variables on their way: from the env file into the container.

use std::sync::Arc;

use camino::Utf8Path;

use super::{Arguments, Step, StepResult, World, declared::values as declared};
use crate::{
    run::Failure,
    source::{Source, Span},
};

pub(super) static STEPS: &[Step] = &[
    Step::then(
        "variable {text} of file {text} is called {text}",
        "Gives the variable's value in an env file of the project a name, for later sentences: {name}.",
        "variable \"APP_NAME\" of file \".env.docker\" is called \"name\"",
    )
    .declared(declared::called)
    .observed(|world, arguments| Box::pin(async move { called(world, arguments) })),
    Step::then(
        "variable {text} of file {text} is {text}",
        "The variable has this value in an env file of the project.",
        "variable \"APP_NAME\" of file \".env\" is \"{name}\"",
    )
    .declared(declared::is_in_file)
    .observed(|world, arguments| Box::pin(async move { is_in_file(world, arguments) })),
    Step::then(
        "variable {text} in {service} is {text}",
        "Each of the service's containers was started with the variable and this value.",
        "variable \"APP_NAME\" in \"app\" is \"{name}\"",
    )
    .declared(declared::is_in_service)
    .observed(|world, arguments| Box::pin(is_in_service(world, arguments))),
    Step::then(
        "variable {text} of {service} comes from {text}",
        "The last file that sets the variable's value is this one, an env file or a Compose file, seen from the project's folder.",
        "variable \"APP_NAME\" of \"app\" comes from \".env\"",
    )
    .declared(declared::is_from),
    Step::then(
        "every variable of {service} comes from {text}",
        "The service has variables, and this file alone sets them.",
        "every variable of \"app\" comes from \".env\"",
    )
    .declared(declared::all_from),
    Step::then(
        "exactly these variables are set in {service}:",
        "Every variable that the files give the service, and the file that its value comes from.",
        "exactly these variables are set in \"db\":",
    )
    .table(&["variable", "comes from"])
    .declared(declared::exactly),
];

/// A variable's value in a file of lines `NAME=value`, and the line. Blanks around the sign and
/// quotes around the value do not belong to it; the last line that sets it counts.
pub(super) fn read(
    path: &Utf8Path,
    variable: &str,
    file: &str,
) -> Result<(String, Arc<Source>, Span), Failure> {
    // As seen from here, like every other place.
    let here = std::env::current_dir().unwrap_or_default();
    let shown = Utf8Path::from_path(&here).and_then(|here| path.strip_prefix(here).ok());
    let source = Source::read(shown.unwrap_or(path)).map_err(|why| {
        Failure::finding(format!("the project has a file {file}"), why.to_string())
            .place(path.to_string())
            .help("the path is relative to the folder of the Compose project")
    })?;
    let lines = source.text().lines().enumerate();
    let found = lines.filter_map(|(index, line)| {
        let line = line.trim();
        let (name, value) = line.strip_prefix("export ").unwrap_or(line).split_once('=')?;
        (name.trim() == variable).then(|| (index + 1, value.trim().to_owned()))
    });
    let (line, value) = found.last().ok_or_else(|| {
        Failure::finding(format!("{file} sets {variable}"), "it does not".to_owned())
            .place(path.to_string())
            .help(format!("add a line {variable}=…"))
    })?;
    let quoted =
        ['"', '\''].iter().find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote));
    let value = quoted.unwrap_or(&value).to_owned();
    let span = source.line(line);
    Ok((value, source, span))
}

fn read_of_stack(world: &World, variable: &str, file: &str) -> Result<String, Failure> {
    let path = world.running()?.stack.directory.join(file);
    Ok(read(&path, variable, file)?.0)
}

fn called(world: &mut World, arguments: &Arguments) -> StepResult {
    let (variable, file, name) = (arguments.text(0)?, arguments.text(1)?, arguments.text(2)?);
    let value = read_of_stack(world, variable, file)?;
    world.saw(file, format!("{variable} = {value}, called \"{name}\""));
    world.names.insert(name.to_owned(), value);
    Ok(())
}

fn is_in_file(world: &mut World, arguments: &Arguments) -> StepResult {
    let (variable, file, wanted) =
        (arguments.text(0)?, arguments.text(1)?, world.fill(arguments.text(2)?)?);
    let value = read_of_stack(world, variable, file)?;
    if value == wanted {
        world.saw(file, format!("{variable} = {value}"));
        return Ok(());
    }
    Err(Failure::finding(format!("{variable} of {file} is \"{wanted}\""), format!("\"{value}\""))
        .place(world.running()?.stack.directory.join(file).to_string())
        .help("make the file anew from the one it is copied from"))
}

async fn is_in_service(world: &mut World, arguments: &Arguments) -> StepResult {
    let (variable, service, wanted) =
        (arguments.text(0)?, arguments.text(1)?, world.fill(arguments.text(2)?)?);
    let running = world.running()?;
    for container in world.service(service).await? {
        let value = container.environment.get(variable);
        if value != Some(&wanted) {
            let found = value
                .map_or_else(|| format!("{variable} is not set"), |value| format!("\"{value}\""));
            let project = &running.stack.project;
            let written = project.services.get(service).and_then(|of| of.environment.get(variable));
            let place = written
                .and_then(|value| project.journal.place(value.origin.place))
                .or_else(|| project.place_of(service, "environment"));
            return Err(Failure::finding(format!("{variable} in {} is \"{wanted}\"", container.name), found)
                .place(place.unwrap_or_else(|| format!("service \"{service}\"")))
                .help(format!("give it to the service by `environment:` or `env_file:`; whatever sets it later wins (service \"{service}\")")));
        }
        world.saw(format!("environment of {}", container.name), format!("{variable}={wanted}"));
    }
    Ok(())
}
