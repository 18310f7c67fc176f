//! Environment variables as the files set them.

use std::sync::Arc;

use super::{disclosed, point, point_key, service};
use crate::{
    run::Failure,
    source::{Source, Span},
    steps::{Arguments, StepResult, World, values::read},
};

/// A variable of a file of the project: its value and its line; a file that is made is read from
/// the one that it is made from.
fn read_declared(
    world: &mut World,
    variable: &str,
    file: &str,
) -> Result<(String, Arc<Source>, Span), Failure> {
    let (path, made) = world.original(file)?;
    let found = read(&path, variable, file)?;
    if made {
        world.saw(file, format!("judged by {path}, which it is made from"));
    }
    Ok(found)
}

pub(in crate::steps) fn called(world: &mut World, arguments: &Arguments) -> StepResult {
    let (variable, file, name) = (arguments.text(0)?, arguments.text(1)?, arguments.text(2)?);
    let (value, ..) = read_declared(world, variable, file)?;
    world.saw(file, format!("{variable} = {}, called \"{name}\"", disclosed(variable, &value)));
    world.names.insert(name.to_owned(), value);
    Ok(())
}

pub(in crate::steps) fn is_in_file(world: &mut World, arguments: &Arguments) -> StepResult {
    let (variable, file, wanted) =
        (arguments.text(0)?, arguments.text(1)?, world.fill(arguments.text(2)?)?);
    let (value, source, span) = read_declared(world, variable, file)?;
    if value == wanted {
        world.saw(file, format!("{variable} = {}", disclosed(variable, &value)));
        return Ok(());
    }
    let expected = format!("{variable} of {file} is {}", disclosed(variable, &wanted));
    Err(Failure::finding(expected, disclosed(variable, &value))
        .spot(&source, span)
        .help("write the value that is stated there, or state the one that is written"))
}

pub(in crate::steps) fn is_in_service(world: &mut World, arguments: &Arguments) -> StepResult {
    let (variable, name, wanted) =
        (arguments.text(0)?, arguments.text(1)?, world.fill(arguments.text(2)?)?);
    let project = world.project()?;
    let environment = &service(&project, name)?.environment;
    let entry = environment.get(variable);
    let value = entry.and_then(|entry| entry.value.as_ref());
    if value == Some(&wanted) {
        world.saw(
            format!("environment of \"{name}\""),
            format!("{variable} = {}", disclosed(variable, &wanted)),
        );
        return Ok(());
    }
    let expected = format!("{variable} in \"{name}\" is {}", disclosed(variable, &wanted));
    let found = value.map_or_else(
        || format!("{variable} is not set"),
        |value| disclosed(variable, value),
    );
    let failure = Failure::finding(expected, found).help(format!(
        "give it to the service by `environment:` or `env_file:`; whatever sets it later wins (service \"{name}\")"
    ));
    Err(match entry.filter(|entry| entry.origin.place.file().is_some()) {
        Some(entry) => point(&project, entry.origin, failure),
        None => point_key(&project, name, "environment", failure),
    })
}
