//! Environment variables as the files set them.

use std::sync::Arc;

use crate::steps::judging::declared::{absolute, point, point_key, service, shown};
use crate::{
    compose::{
        Project,
        journal::{Origin, Step, VariableOrigin},
    },
    run::Failure,
    source::{Source, Span},
    steps::{
        Arguments, StepResult, World,
        judging::{
            closed::{Subject, compare, row, table},
            violations,
        },
        service::values::env_file::read,
    },
};

/// A variable of a file of the project: its value and its line; a file that is made is read from
/// the one that it is made from.
pub(in crate::steps) fn of_file(
    world: &mut World,
    variable: &str,
    file: &str,
) -> Result<(String, Arc<Source>, Span), Failure> {
    let (path, made) = world.original(file)?;
    let found = read(&world.context()?.config.bounds(), &path, variable, file)?;
    if made {
        world.evidence(file, format!("judged by {path}, which it is made from"));
    }
    Ok(found)
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
        world.evidence(format!("environment of \"{name}\""), format!("{variable} from {from}"));
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
    let mut failures = Vec::new();
    for (variable, value) in environment {
        let from = comes_from(&project, value.origin);
        if from != wanted {
            let failure = Failure::finding(
                expected.as_str(),
                format!("{variable} comes from {}", shown(&folder, &from)),
            )
            .help(format!("set {variable} in {file} and nowhere later"));
            let failure = point(&project, value.origin, failure);
            failures.push((format!("services.{name}.environment.{variable}"), failure));
        }
    }
    violations::first(failures)?;
    world.evidence(
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
        there.push(row([variable, shown.trim_start_matches("./")], value.origin));
    }
    let mut wanted = Vec::new();
    for row in &arguments.rows {
        let (path, _) = world.original(&row[1])?;
        let shown = shown(&folder, path.as_str());
        wanted.push(vec![row[0].clone(), shown.trim_start_matches("./").to_owned()]);
    }
    let subject = Subject { what: "variables", key: "environment", section: false, topic: None };
    compare(world, &project, &subject, &table(&wanted), &there).map_err(|why| {
        if why.spot.is_some() { why } else { point_key(&project, name, "environment", why) }
    })
}
