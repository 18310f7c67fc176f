//! Which environment a scenario speaks of, and by which truths it wants to be judged.

use crate::steps::{Arguments, Step, StepResult, Touch, World};

pub(crate) static STEPS: &[Step] = &[
    Step::given(
        "the {environment} environment",
        "Speaks of an environment; judged by the files and on the running stack, as far as the other steps can be.",
        "the development environment",
    )
    .touches(Touch::Nothing)
    .declared(speak_of)
    .observed(|world, arguments| Box::pin(async move { go_to(world, arguments.text(0)?).await })),
    Step::given(
        "the running {environment} environment",
        "Speaks of an environment as it runs; judged on the running stack only.",
        "the running development environment",
    )
    .touches(Touch::Nothing)
    .observed(|world, arguments| Box::pin(async move { go_to(world, arguments.text(0)?).await })),
    Step::given(
        "the files of the {environment} environment",
        "Speaks of an environment as it is written; judged by the files only.",
        "the files of the production environment",
    )
    .touches(Touch::Nothing)
    .declared(speak_of),
    Step::given(
        "the {environment} and {environment} environments",
        "Speaks of two environments as they are written, to compare them; judged by the files only.",
        "the development and production environments",
    )
    .touches(Touch::Nothing)
    .declared(|world, arguments| {
        world.environment = Some(arguments.text(0)?.to_owned());
        world.other_environment = Some(arguments.text(1)?.to_owned());
        Ok(())
    }),
];

/// Goes to a running environment. What was broken in another one is mended before, and nothing
/// of the visit there is taken along but the names that were given.
pub(crate) async fn go_to(world: &mut World, environment: &str) -> StepResult {
    if world.scratch.is_some() || world.environment.as_deref().is_some_and(|at| at != environment) {
        world.restore().await?;
        world.end_visit();
    }
    world.environment = Some(environment.to_owned());
    Ok(())
}

fn speak_of(world: &mut World, arguments: &Arguments) -> StepResult {
    world.environment = Some(arguments.text(0)?.to_owned());
    Ok(())
}
