//! Environment variables on their way: from the env file into the container.

pub(crate) mod declared;
pub(crate) mod env_file;

use std::sync::Arc;

use crate::steps::{
    Arguments, Step, StepResult, World,
    judging::{
        declared::{disclosed, key_origin, service},
        every::{self, Places, Told, Witness},
        verdict::judged,
    },
};
use crate::{
    compose::Project,
    facts::Violation,
    run::Failure,
    source::{Source, Span},
    stack::engine::Container,
};

pub(crate) static STEPS: &[Step] = &[
    Step::then(
        "variable {text} of file {text} is called {text}",
        "Gives the variable's value in an env file of the project a name, for later sentences: {name}.",
        "variable \"APP_NAME\" of file \".env.docker\" is called \"name\"",
    )
    .declared(|world, arguments| called(world, arguments, declared::of_file))
    .observed(|world, arguments| Box::pin(async move { called(world, arguments, of_stack) })),
    Step::then(
        "variable {text} of file {text} is {text}",
        "The variable has this value in an env file of the project.",
        "variable \"APP_NAME\" of file \".env\" is \"{name}\"",
    )
    .declared(|world, arguments| {
        let help = "write the value that is stated there, or state the one that is written";
        is_in_file(world, arguments, declared::of_file, help)
    })
    .observed(|world, arguments| {
        let help = "make the file anew from the one it is copied from";
        Box::pin(async move { is_in_file(world, arguments, of_stack, help) })
    }),
    Step::then(
        "variable {text} in {service} is {text}",
        "Each of the service's containers was started with the variable and this value.",
        "variable \"APP_NAME\" in \"api\" is \"{name}\"",
    )
    .declared(is_in_files_of)
    .observed(|world, arguments| Box::pin(is_in_service(world, arguments))),
    Step::then(
        "variable {text} is not set in {service}",
        "None of the service's containers was started with the variable, not even with an empty value: neither the files nor the image nor the engine set it.",
        "variable \"APP_DEBUG\" is not set in \"api\"",
    )
    .observed(|world, arguments| Box::pin(is_unset_in_service(world, arguments))),
    Step::then(
        "variable {text} of {service} comes from {text}",
        "The last file that sets the variable's value is this one, an env file or a Compose file, seen from the project's folder.",
        "variable \"APP_NAME\" of \"api\" comes from \".env\"",
    )
    .declared(declared::is_from),
    Step::then(
        "every variable of {service} comes from {text}",
        "The service has variables, and this file alone sets them.",
        "every variable of \"api\" comes from \".env\"",
    )
    .declared(declared::all_from),
    Step::then(
        "exactly these variables are set in {service}:",
        "Every variable that the files give the service, and the file that its value comes from. By the files alone: no engine keeps where a value came from.",
        "exactly these variables are set in \"database\":",
    )
    .table(&["variable", "comes from"])
    .declared(declared::exactly),
];

/// A variable as a file sets it, and its line.
type Setting = (String, Arc<Source>, Span);

/// A variable of a file as the running stack has it.
fn of_stack(world: &mut World, variable: &str, file: &str) -> Result<Setting, Failure> {
    let running = world.running()?;
    let path = running.stack.directory.join(file);
    let mut bounds = world.context()?.config.bounds();
    bounds.see(running.stack.views());
    env_file::read_at(&bounds, &path, &running.stack.seen(&path), variable, file)
}

type Read = fn(&mut World, &str, &str) -> Result<Setting, Failure>;

fn called(world: &mut World, arguments: &Arguments, read: Read) -> StepResult {
    let (variable, file, name) = (arguments.text(0)?, arguments.text(1)?, arguments.text(2)?);
    let (value, ..) = read(world, variable, file)?;
    world.name(name, &value, &format!("{variable} of {file}"))?;
    world
        .evidence(file, format!("{variable} = {}, called \"{name}\"", disclosed(variable, &value)));
    Ok(())
}

/// What is to be so of a variable and what is so instead; nothing where it has the wanted value. Of a
/// secret only the length is told.
fn differs(
    variable: &str,
    of: &str,
    wanted: &str,
    value: Option<&str>,
) -> Option<(String, String)> {
    let expected = format!("{variable} {of} is {}", disclosed(variable, wanted));
    let found =
        value.map_or_else(|| format!("{variable} is not set"), |value| disclosed(variable, value));
    (value != Some(wanted)).then_some((expected, found))
}

fn is_in_file(world: &mut World, arguments: &Arguments, read: Read, help: &str) -> StepResult {
    let (variable, file, wanted) =
        (arguments.text(0)?, arguments.text(1)?, world.fill(arguments.text(2)?)?);
    let (value, source, span) = read(world, variable, file)?;
    if let Some((expected, found)) = differs(variable, &format!("of {file}"), &wanted, Some(&value))
    {
        return Err(Failure::finding(expected, found).spot(&source, span).help(help));
    }
    world.evidence(file, format!("{variable} = {}", disclosed(variable, &value)));
    Ok(())
}

/// Judges that a service is given a variable with a value, by whoever says so.
fn is_given(variable: &str, wanted: &str, facts: &[Told<Option<String>>]) -> Vec<Violation> {
    let judge = |fact: &Told<Option<String>>| {
        let (name, value) = (&fact.subject, fact.value.value.as_deref());
        let of = match &fact.value.by {
            Witness::Files => format!("in \"{name}\""),
            Witness::Kernel { container } | Witness::Engine { container, .. } => {
                format!("in {container}")
            }
        };
        let (expected, found) = differs(variable, &of, wanted, value)?;
        Some(Violation {
            subject: format!("services.{name}.environment.{variable}"),
            expected,
            found,
            at: fact.place("environment"),
            help: format!(
                "give it to the service by `environment:` or `env_file:`; whatever sets it later wins (service \"{name}\")"
            ),
        })
    };
    facts.iter().filter_map(judge).collect()
}

/// Where the files give a service a variable, or any.
fn written(project: &Project, name: &str, variable: &str) -> Places {
    let service = project.services.get(name);
    let value = service.and_then(|service| service.environment.get(variable));
    let origin = value.map(|value| value.origin).filter(|origin| origin.place.file().is_some());
    let origin = origin.or_else(|| key_origin(project, name, "environment"));
    origin.map(|origin| ("environment", origin)).into_iter().collect()
}

fn is_in_files_of(world: &mut World, arguments: &Arguments) -> StepResult {
    let (variable, name, wanted) =
        (arguments.text(0)?, arguments.text(1)?, world.fill(arguments.text(2)?)?);
    let project = world.project()?;
    let value = service(&project, name)?.environment.get(variable);
    let value = value.and_then(|entry| entry.value.clone()).or_else(|| by_engine(variable));
    let places = written(&project, name, variable);
    let facts = [every::told(&project, name, Witness::Files, value, places)];
    judged(&project, None, is_given(variable, &wanted, &facts))?;
    let shown = format!("{variable} = {}", disclosed(variable, &wanted));
    world.evidence(format!("environment of \"{name}\""), shown);
    Ok(())
}

/// Judges that a service is not given a variable, by whoever says so.
fn is_not_given(variable: &str, facts: &[Told<Option<String>>]) -> Vec<Violation> {
    let judge = |fact: &Told<Option<String>>| {
        let (name, value) = (&fact.subject, fact.value.value.as_deref()?);
        let of = match &fact.value.by {
            Witness::Files => format!("in \"{name}\""),
            Witness::Kernel { container } | Witness::Engine { container, .. } => {
                format!("in {container}")
            }
        };
        Some(Violation {
            subject: format!("services.{name}.environment.{variable}"),
            expected: format!("{variable} {of} is not set"),
            found: format!("it is {}", disclosed(variable, value)),
            at: fact.place("environment"),
            help: format!(
                "remove it from `environment:` and from each `env_file:` of service \"{name}\"; where neither has it, its image does"
            ),
        })
    };
    facts.iter().filter_map(judge).collect()
}

/// What the engine itself sets in every container whose image and files do not.
fn by_engine(variable: &str) -> Option<String> {
    let is_set = matches!(variable, "PATH" | "HOSTNAME" | "HOME");
    is_set.then(|| "what the engine sets in every container".to_owned())
}

/// What a container was started with.
fn given(variable: &str, container: &Container) -> (Option<String>, String) {
    let value = container.environment.get(variable).cloned();
    let shown = match &value {
        Some(value) => format!("{variable} = {}", disclosed(variable, value)),
        None => format!("{variable} is not set"),
    };
    (value, shown)
}

async fn is_unset_in_service(world: &mut World, arguments: &Arguments) -> StepResult {
    let (variable, name) = (arguments.text(0)?, arguments.text(1)?);
    let ask = async |container: &Container| {
        let (value, shown) = given(variable, container);
        Ok((value.or_else(|| by_engine(variable)), shown))
    };
    let places = |project: &Project, name: &str| written(project, name, variable);
    every::of_service(world, name, ask, places, |facts| is_not_given(variable, facts)).await
}

async fn is_in_service(world: &mut World, arguments: &Arguments) -> StepResult {
    let (variable, name, wanted) =
        (arguments.text(0)?, arguments.text(1)?, world.fill(arguments.text(2)?)?);
    let ask = async |container: &Container| Ok(given(variable, container));
    let places = |project: &Project, name: &str| written(project, name, variable);
    every::of_service(world, name, ask, places, |facts| is_given(variable, &wanted, facts)).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::steps::judging::every::samples::{said, witnesses};

    #[test]
    fn a_variable_has_the_wanted_value_or_what_it_has_is_told() {
        let [files, kernel, engine] = witnesses();
        for (by, variable, value, says) in [
            (&files, "TZ", Some("UTC"), None),
            (&files, "TZ", Some("CET"), Some(("TZ in \"a\" is \"UTC\"", "\"CET\""))),
            (&files, "TZ", None, Some(("TZ in \"a\" is \"UTC\"", "TZ is not set"))),
            (&kernel, "TZ", Some("UTC"), None),
            (&kernel, "TZ", Some(""), Some(("TZ in shop-a-1 is \"UTC\"", "\"\""))),
            (&engine, "TZ", None, Some(("TZ in shop-a-1 is \"UTC\"", "TZ is not set"))),
            // A secret is told by neither.
            (
                &kernel,
                "DB_PASSWORD",
                Some("hunter2"),
                Some((
                    "DB_PASSWORD in shop-a-1 is 3 characters that are not shown",
                    "7 characters that are not shown",
                )),
            ),
        ] {
            let facts = [said(by.clone(), value.map(str::to_owned))];
            let told = is_given(variable, "UTC", &facts);
            let told: Vec<_> =
                told.iter().map(|one| (one.expected.as_str(), one.found.as_str())).collect();
            assert_eq!(told, says.into_iter().collect::<Vec<_>>(), "{by:?} {value:?}");
        }
    }
}
