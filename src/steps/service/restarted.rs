//! How often a service was restarted since a scenario began.

use std::time::Duration;

use crate::{
    run::Failure,
    stack::{StackError, deaths::Death, engine::Container},
    steps::{Arguments, Step, StepResult, World, judging::declared::point_key, world::Running},
    words::counted,
};

/// How long no more may come.
const SETTLE: Duration = Duration::from_secs(1);

pub(crate) static STEPS: &[Step] = &[Step::then(
    "service {service} was restarted {number} time(s)",
    "Since the scenario began its containers, all together, have ended and were started again so many times, and no more come within a second.",
    "service \"worker\" was restarted 1 time",
)
.waits()
.observed(|world, arguments| Box::pin(restarted(world, arguments)))];

/// How often containers were started again after an end: one that does not run has ended once more.
fn times(ends: &[Death], containers: &[Container]) -> usize {
    let of = |container: &Container| {
        let ends = ends.iter().filter(|end| end.id == container.id && end.code.is_some()).count();
        let is_up = matches!(container.state.as_str(), "running" | "paused");
        ends - usize::from(ends > 0 && !is_up)
    };
    containers.iter().map(of).sum()
}

async fn now(
    world: &World,
    running: &Running,
    name: &str,
) -> Result<(usize, Vec<Container>), Failure> {
    let mark = world.marks.get(&running.stack.name).copied().unwrap_or_default();
    let containers = world.service(name).await?;
    running.stack.deaths.hear().await.map_err(StackError::from)?;
    let mut ends = running.stack.deaths.after(mark);
    ends.retain(|end| !running.faults.are_others(&world.place, name, end.at));
    Ok((times(&ends, &containers), containers))
}

async fn restarted(world: &mut World, arguments: &Arguments) -> StepResult {
    let name = arguments.text(0)?;
    let wanted = usize::try_from(arguments.number(1)?).unwrap_or(usize::MAX);
    let told = |times: usize| counted(i64::try_from(times).unwrap_or(i64::MAX), "time");
    let running = world.running()?;
    let wrong = |times: usize, containers: &[Container]| {
        let states: Vec<String> =
            containers.iter().map(|one| format!("{} is {}", one.name, one.state)).collect();
        let expected = format!("service \"{name}\" was restarted {}", told(wanted));
        let found = match times {
            0 => format!("not once since the scenario began; {}", states.join(", ")),
            _ => format!("{} since the scenario began; {}", told(times), states.join(", ")),
        };
        let help = if times < wanted {
            format!(
                "say what restarts it, before, and let the engine start it anew: `restart: unless-stopped` for service \"{name}\""
            )
        } else {
            format!("the log of \"{name}\" says why it ended again")
        };
        let failure = Failure::finding(expected, found).services([name]).help(help);
        point_key(&running.stack.project, name, "restart", failure)
    };
    world
        .eventually(arguments.within, || async {
            let (times, containers) = now(world, &running, name).await?;
            if times >= wanted { Ok(()) } else { Err(wrong(times, &containers)) }
        })
        .await?;
    tokio::time::sleep(SETTLE).await;
    let (times, containers) = now(world, &running, name).await?;
    if times != wanted {
        return Err(wrong(times, &containers));
    }
    world.evidence(format!("restarts of \"{name}\""), told(times));
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[test]
    fn an_end_that_nothing_came_after_is_no_restart() {
        let end = |id: &str, code| Death {
            id: id.to_owned(),
            service: "a".to_owned(),
            code,
            asked: false,
            out_of_memory: false,
            at: Instant::now(),
        };
        let container = |id: &str, state: &str| Container {
            id: id.to_owned(),
            state: state.to_owned(),
            ..Container::default()
        };
        let ends = [end("1", Some(137)), end("1", Some(0)), end("2", Some(1)), end("3", Some(1))];
        let of = |id: &str, state: &str| times(&ends, &[container(id, state)]);
        assert_eq!((of("1", "running"), of("1", "exited"), of("1", "restarting")), (2, 1, 1));
        assert_eq!((of("2", "running"), of("2", "exited"), of("4", "exited")), (1, 0, 0));
        let both = [container("1", "running"), container("2", "running")];
        assert_eq!(times(&ends, &both), 3, "one that is gone was not restarted");
        // A process that the kernel chose is no end of the container.
        assert_eq!(times(&[end("1", None)], &both), 0);
    }
}
