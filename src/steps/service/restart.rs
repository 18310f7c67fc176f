//! What starts a single service anew, by the files or as the engine keeps it.

use crate::steps::{
    Arguments, Step, StepResult, World,
    judging::{
        declared::{self, key_origin},
        facts::{declared_rows, named},
        verdict::judged,
    },
};
use crate::{
    compose::Project,
    facts::{Row, Violation, restart},
    probe::facts::{self, Look, Undecided},
};

pub(crate) static STEPS: &[Step] = &[Step::then(
    "the restart policy of {service} is {text}",
    "When the engine starts the service anew: \"no\", \"always\", \"unless-stopped\", \"on-failure\", or \"on-failure:3\".",
    "the restart policy of \"worker\" is \"unless-stopped\"",
)
.declared(by_files)
.observed(|world, arguments| Box::pin(on_stack(world, arguments)))];

fn by_files(world: &mut World, arguments: &Arguments) -> StepResult {
    let (name, wanted) = (arguments.text(0)?, arguments.text(1)?);
    let project = world.project()?;
    let service = declared::service(&project, name)?;
    let mut rows = declared_rows(&project, named("restart")?);
    if !rows.iter().any(|row| row.subject == name) {
        // Of a service that is not started the files say it all the same.
        rows.push(Row::new(name, [restart::of(service)], None));
    }
    judge(world, &project, (name, wanted), &rows)
}

async fn on_stack(world: &mut World, arguments: &Arguments) -> StepResult {
    let (name, wanted) = (arguments.text(0)?, arguments.text(1)?);
    world.service(name).await?;
    let look = Look::at(&world.running()?.stack).await?;
    let rows = facts::observed(named("restart")?, &look)?;
    judge(world, &look.project, (name, wanted), &rows)
}

fn judge(
    world: &mut World,
    project: &Project,
    (name, wanted): (&str, &str),
    rows: &[Row],
) -> StepResult {
    judged(project, None, differs(project, (name, wanted), rows)?)?;
    world.evidence(format!("restart policy of \"{name}\""), wanted);
    Ok(())
}

/// Judges that each row of a service says the policy that is wanted.
fn differs(
    project: &Project,
    (name, wanted): (&str, &str),
    rows: &[Row],
) -> Result<Vec<Violation>, Undecided> {
    let expected = format!("the restart policy of \"{name}\" is \"{wanted}\"");
    let mut own = rows.iter().filter(|row| row.subject == name).peekable();
    if own.peek().is_none() {
        return Err(Undecided::new(expected, "nobody says it"));
    }
    let mut violations = Vec::new();
    for row in own {
        let cell = row.value.get(1);
        let Some(policy) = cell.and_then(|cell| cell.known()) else {
            let why = cell.and_then(|cell| cell.unknown()).unwrap_or("no row says it");
            return Err(Undecided::new(expected, why));
        };
        if policy != wanted {
            violations.push(Violation {
                subject: name.to_owned(),
                expected: expected.clone(),
                found: format!("\"{policy}\""),
                at: row.at.or_else(|| key_origin(project, name, "restart")),
                help: format!("write `restart: \"{wanted}\"` for service \"{name}\""),
            });
        }
    }
    Ok(violations)
}
