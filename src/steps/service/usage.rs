//! How much of the machine a service uses now.

use crate::{
    facts::answers::size,
    run::Failure,
    stack::StackError,
    steps::{
        Arguments, Step, StepResult, World,
        judging::{declared::point_key, looks},
        language::arguments::Unit,
    },
};

pub(crate) static STEPS: &[Step] = &[Step::then(
    "service {service} uses less than {quantity} of memory",
    "Each of its containers uses less than this now, by the engine's count; files that the kernel keeps in memory and nobody reads do not count (as `docker stats` has it).",
    "service \"worker\" uses less than 256 MiB of memory",
)
.observed(|world, arguments| Box::pin(memory(world, arguments)))];

async fn memory(world: &mut World, arguments: &Arguments) -> StepResult {
    let (name, (bound, unit)) = (arguments.text(0)?, arguments.quantity(1)?);
    if !matches!(unit, Unit::Bytes) {
        return Err(Failure::undecided("compare the memory of a service", "that is no size")
            .help("write a size, as in \"256 MiB\""));
    }
    let expected = format!("service \"{name}\" uses less than {} of memory", size::told(bound));
    let running = world.running()?;
    let mut seen = Vec::new();
    for container in world.service(name).await? {
        if let Some(why) = container.absence() {
            return Err(looks::gone(&container, &expected, &why));
        }
        let memory = running.stack.engine.memory(&container).await.map_err(StackError::from)?;
        let Some(memory) = memory else {
            return Err(looks::gone(&container, &expected, "the engine counts no memory of it"));
        };
        #[expect(clippy::cast_precision_loss, reason = "no machine has so much memory")]
        let memory = memory as f64;
        let told = format!("{} uses {:.1} MiB", container.name, memory / 1_048_576.0);
        if memory >= bound {
            let failure = Failure::finding(expected, told).services([name]).help(format!(
                "let \"{name}\" use less; `mem_limit:` says what it may use at most"
            ));
            return Err(point_key(&running.stack.project, name, "mem_limit", failure));
        }
        seen.push(told);
    }
    world.evidence(format!("memory of \"{name}\""), seen.join("\n"));
    Ok(())
}
