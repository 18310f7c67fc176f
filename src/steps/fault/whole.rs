//! The whole stack goes down and comes up again, as on a machine that is started anew or updated: what
//! it keeps is in its volumes, and who came up once comes up twice.

use crate::steps::{Arguments, Step, StepResult, World, judging::walk::nothing, world::Undo};
use crate::{
    run::{Failure, FailureKind},
    stack::{Stack, StackError, engine::Container},
    words::counted,
};

/// What undoes it is called so.
const DOWN: &str = "taken down";

pub(crate) static STEPS: &[Step] = &[
    Step::when(
        "the stack is taken down and brought up again",
        "Every container of it is asked to end and removed, who depends on others before them; volumes with a name stay. Then all are created anew, started in the order of the files, and waited for as at the beginning of the run.",
        "the stack is taken down and brought up again",
    )
    .disrupts()
    .observed(|world, _: &Arguments| Box::pin(again(world, true))),
    Step::when(
        "the stack is restarted",
        "Every container of it is asked to end, who depends on others before them; then the same are started in the order of the files, those that had completed as well, and waited for as at the beginning of the run.",
        "the stack is restarted",
    )
    .disrupts()
    .observed(|world, _: &Arguments| Box::pin(again(world, false))),
];

/// Takes the stack down, with its containers or without, and up again.
async fn again(world: &mut World, removes: bool) -> StepResult {
    let running = world.running()?;
    let stack = &running.stack;
    let services: Vec<String> = stack.brought_up().into_iter().map(str::to_owned).collect();
    for service in &services {
        running.close_taps(service).await;
    }
    world.undos.push(Undo::new(DOWN, &services, |world| {
        Box::pin(async move { up(world).await.map(|_| ()) })
    }));
    let old = stack.take_down(removes).await?;
    if old.is_empty() {
        return Err(nothing("take the stack down", "it has no container"));
    }
    let new = up(world).await?;
    let same = |one: &&Container| old.iter().any(|other| other.id == one.id);
    if let Some(stays) = new.iter().find(same).filter(|_| removes) {
        return Err(Failure::undecided(
            "remove every container and create it again",
            format!("{} is still the old one", stays.name),
        ));
    }
    // It is up, which is proven: what ends from now on is news.
    world.targets.extend(services);
    world.undos.retain(|undo| !undo.does(DOWN));
    let count = |all: &[Container]| counted(all.len() as u64, "container");
    let done = if removes { "removed" } else { "stopped" };
    let told = format!("{} {done}, {} started and ready", count(&old), count(&new));
    world.evidence(format!("the stack {}", running.stack.name), told);
    Ok(())
}

/// Brings up whatever is not, and notes what that took.
async fn up(world: &mut World) -> Result<Vec<Container>, Failure> {
    let limit = world.context()?.config.timeouts.ready;
    let running = world.running()?;
    let up = running.stack.bring_up_again(limit).await;
    let (readiness, crew) = up.map_err(|why| not_again(&running.stack, why))?;
    let mut life = running.life();
    life.told.extend(readiness.incidents);
    life.known.extend(readiness.containers);
    Ok(crew)
}

/// That a service does not come up which did at the beginning.
fn not_again(stack: &Stack, why: StackError) -> Failure {
    let service = why.finding().map(|incident| incident.service.clone());
    let mut failure = Failure::from(why);
    if let (FailureKind::Finding, Some(service)) = (failure.kind, service) {
        failure.expected = format!("service \"{service}\" comes up a second time");
        failure.notes.push(format!(
            "it came up when {} was new: what its first life left in volumes and other services is there now",
            stack.name
        ));
        // What it said is quoted for the service.
        failure.logs.clear();
        failure = failure.services([&service]);
    }
    failure
}
