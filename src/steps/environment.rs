//! Which environment a scenario speaks of, and by which truths it wants to be judged.

use super::{Arguments, Step, StepResult, World};

pub(super) static STEPS: &[Step] = &[
    Step::given(
        "the {environment} environment",
        "Speaks of an environment; judged by the files and on the running stack, as far as the other steps can be.",
        "the development environment",
    )
    .declared(speak_of)
    .observed(|world, arguments| Box::pin(go_to(world, arguments))),
    Step::given(
        "the running {environment} environment",
        "Speaks of an environment as it runs; judged on the running stack only.",
        "the running development environment",
    )
    .observed(|world, arguments| Box::pin(go_to(world, arguments))),
    Step::given(
        "the files of the {environment} environment",
        "Speaks of an environment as it is written; judged by the files only.",
        "the files of the production environment",
    )
    .declared(speak_of),
    Step::given(
        "the {environment} and {environment} environments",
        "Speaks of two environments as they are written, to compare them; judged by the files only.",
        "the development and production environments",
    )
    .declared(|world, arguments| {
        world.environment = Some(arguments.text(0)?.to_owned());
        world.other_environment = Some(arguments.text(1)?.to_owned());
        Ok(())
    }),
];

/// Goes to a running environment. What was broken in another one is mended before, and nothing
/// of the visit there is taken along but the names that were given.
async fn go_to(world: &mut World, arguments: &Arguments) -> StepResult {
    if world.environment.as_deref().is_some_and(|before| arguments.text(0).ok() != Some(before)) {
        world.mend().await?;
        (world.browser, world.exchange, world.socket, world.subscription) =
            (None, None, None, None);
    }
    speak_of(world, arguments)
}

fn speak_of(world: &mut World, arguments: &Arguments) -> StepResult {
    world.environment = Some(arguments.text(0)?.to_owned());
    Ok(())
}
