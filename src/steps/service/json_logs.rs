//! What a service logs as JSON: lines with some fields, and that every line is one.

use serde_json::Value;

use crate::steps::{
    Arguments, Step, StepResult, World,
    service::logs::{self, log_failure},
};
use crate::{probe::http::field, run::Failure};

/// How many lines are shown when none fits.
const SHOWN: usize = 5;

pub(crate) static STEPS: &[Step] = &[
    Step::then(
        "the log of {service} shows a line of JSON with:",
        "A line that a replica logged since the stack came up is a JSON object with these values in these fields (dots lead inwards).",
        "the log of \"api\" shows a line of JSON with:",
    )
    .pairs()
    .waits()
    .observed(|world, arguments| Box::pin(shows(world, arguments))),
    Step::then(
        "every line of the log of {service} is JSON",
        "There is a line, and each that was logged since the stack came up is a JSON object.",
        "every line of the log of \"api\" is JSON",
    )
    .observed(|world, arguments| Box::pin(all(world, arguments))),
];

/// The JSON object that a line is.
fn object(line: &str) -> Option<Value> {
    serde_json::from_str(line.trim()).ok().filter(Value::is_object)
}

/// Whether a line has these values.
fn has(line: &str, wanted: &[(String, String)]) -> bool {
    let fits = |value: &Value| {
        wanted.iter().all(|(name, wanted)| field(value, name).as_ref() == Some(wanted))
    };
    object(line).as_ref().is_some_and(fits)
}

async fn shows(world: &mut World, arguments: &Arguments) -> StepResult {
    let service = arguments.text(0)?;
    let filled = |(name, cell): (String, String)| Ok((name, world.fill(&cell)?));
    let wanted = arguments.pairs().into_iter().map(filled);
    let wanted = wanted.collect::<Result<Vec<(String, String)>, Failure>>()?;
    let told: Vec<String> = wanted.iter().map(|(name, value)| format!("{name}={value}")).collect();
    // Of a service that has no container nothing will ever be logged.
    world.service(service).await?;
    let line = world
        .eventually(arguments.within, || async {
            let log = logs::read(world, service).await?;
            if let Some(line) = log.lines.iter().find(|line| has(line, &wanted)) {
                return Ok(line.clone());
            }
            if let Some(cut) = log.cut {
                return Err(cut);
            }
            let objects: Vec<&String> =
                log.lines.iter().filter(|line| object(line).is_some()).collect();
            let found = match objects.as_slice() {
                [] => format!("none of its {} lines is JSON", log.lines.len()),
                some => {
                    let last = some.iter().rev().take(SHOWN).rev();
                    let last: Vec<&str> = last.map(|line| line.as_str()).collect();
                    format!("no such line; of {} the last are\n{}", some.len(), last.join("\n"))
                }
            };
            Err(log_failure(service, format!("a line of JSON with {}", told.join(" ")), found))
        })
        .await?;
    world.evidence(format!("log of \"{service}\""), line);
    Ok(())
}

async fn all(world: &mut World, arguments: &Arguments) -> StepResult {
    let service = arguments.text(0)?;
    let log = logs::read(world, service).await?;
    let expected = || format!("every line of the log of \"{service}\" is JSON");
    if let Some(line) = log.lines.iter().find(|line| object(line).is_none()) {
        let help = format!("let everything in \"{service}\" log in one form, what starts it too");
        return Err(log_failure(service, expected(), line.clone()).help(help));
    }
    if let Some(cut) = log.cut {
        return Err(cut);
    }
    if log.lines.is_empty() {
        return Err(Failure::undecided(expected(), "it has logged nothing yet")
            .place(format!("log of service \"{service}\""))
            .services([service])
            .help("ask after something that it logs"));
    }
    world.evidence(format!("log of \"{service}\""), format!("{} lines", log.lines.len()));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_an_object_with_values_in_it() {
        let line = r#" {"level":"error","code":7,"request":{"path":"/a"}} "#;
        let with = |pairs: &[(&str, &str)]| {
            let pairs: Vec<_> =
                pairs.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
            has(line, &pairs)
        };
        assert!(with(&[("level", "error"), ("code", "7"), ("request.path", "/a")]));
        assert!(!with(&[("level", "error"), ("code", "8")]));
        assert!(!with(&[("none", "")]));
        for line in ["level=error", "7", "[{\"level\":1}]", ""] {
            assert_eq!(object(line), None, "{line}");
        }
    }
}
