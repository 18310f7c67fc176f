//! Environment variables as the files set them.

use std::sync::Arc;

use super::{absolute, disclosed, point, point_key, service, shown};
use crate::{
    compose::{
        Project,
        journal::{Origin, Step, VariableOrigin},
    },
    run::Failure,
    source::{Source, Span},
    steps::{
        Arguments, StepResult, World,
        closed::{Row, Subject, compare},
        values::read,
    },
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
    let found =
        value.map_or_else(|| format!("{variable} is not set"), |value| disclosed(variable, value));
    let failure = Failure::finding(expected, found).help(format!(
        "give it to the service by `environment:` or `env_file:`; whatever sets it later wins (service \"{name}\")"
    ));
    Err(match entry.filter(|entry| entry.origin.place.file().is_some()) {
        Some(entry) => point(&project, entry.origin, failure),
        None => point_key(&project, name, "environment", failure),
    })
}

/// The file that a variable's value comes from, as a path: the last that had a say.
fn comes_from(project: &Project, origin: Origin) -> String {
    let steps = project.journal.steps(origin);
    let from = steps.iter().rev().find_map(|step| match step {
        Step::Variable { from, .. } => Some(from),
        _ => None,
    });
    let place = match from {
        Some(VariableOrigin::Shell) => return "the shell".into(),
        Some(VariableOrigin::Unset) => return "nowhere".into(),
        Some(VariableOrigin::EnvFile(place)) => *place,
        _ => origin.place,
    };
    match place.file() {
        Some(file) => absolute(project.journal.file(file).path()).to_string(),
        None => "nowhere".into(),
    }
}

pub(in crate::steps) fn is_from(world: &mut World, arguments: &Arguments) -> StepResult {
    let (variable, name, file) = (arguments.text(0)?, arguments.text(1)?, arguments.text(2)?);
    let project = world.project()?;
    let (wanted, _) = world.original(file)?;
    let entry = service(&project, name)?.environment.get(variable);
    let expected = format!("variable {variable} of \"{name}\" comes from {file}");
    let Some(entry) = entry else {
        let failure = Failure::finding(expected, format!("{variable} is not set")).help(format!(
            "give it to the service by `environment:` or `env_file:` (service \"{name}\")"
        ));
        return Err(point_key(&project, name, "environment", failure));
    };
    let from = comes_from(&project, entry.origin);
    if from == wanted {
        world.saw(format!("environment of \"{name}\""), format!("{variable} from {from}"));
        return Ok(());
    }
    let shown = shown(&world.folder()?, &from);
    let failure = Failure::finding(expected, format!("it comes from {shown}"))
        .help(format!("set {variable} in {file} and nowhere later"));
    Err(point(&project, entry.origin, failure))
}

pub(in crate::steps) fn all_from(world: &mut World, arguments: &Arguments) -> StepResult {
    let (name, file) = (arguments.text(0)?, arguments.text(1)?);
    let (project, folder) = (world.project()?, world.folder()?);
    let (wanted, _) = world.original(file)?;
    let environment = &service(&project, name)?.environment;
    let expected = format!("every variable of \"{name}\" comes from {file}");
    if environment.is_empty() {
        let failure = Failure::finding(expected, "it has no variable")
            .help(format!("write `env_file: {file}` for service \"{name}\""));
        return Err(point_key(&project, name, "env_file", failure));
    }
    for (variable, value) in environment {
        let from = comes_from(&project, value.origin);
        if from != wanted {
            let failure = Failure::finding(
                expected,
                format!("{variable} comes from {}", shown(&folder, &from)),
            )
            .help(format!("set {variable} in {file} and nowhere later"));
            return Err(point(&project, value.origin, failure));
        }
    }
    world.saw(
        format!("environment of \"{name}\""),
        format!("{} variables from {wanted}", environment.len()),
    );
    Ok(())
}

pub(in crate::steps) fn exactly(world: &mut World, arguments: &Arguments) -> StepResult {
    let name = arguments.text(0)?;
    let (project, folder) = (world.project()?, world.folder()?);
    let mut there = Vec::new();
    for (variable, value) in &service(&project, name)?.environment {
        let from = comes_from(&project, value.origin);
        let shown = shown(&folder, &from);
        there.push(Row::new([variable, shown.trim_start_matches("./")], value.origin));
    }
    let mut wanted = Vec::new();
    for row in &arguments.rows {
        let (path, _) = world.original(&row[1])?;
        let shown = shown(&folder, path.as_str());
        wanted.push(vec![row[0].clone(), shown.trim_start_matches("./").to_owned()]);
    }
    let subject = Subject { what: "variables", key: "environment", section: false };
    compare(world, &project, &subject, &wanted, &there).map_err(|why| {
        if why.spot.is_some() { why } else { point_key(&project, name, "environment", why) }
    })
}
