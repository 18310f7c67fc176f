//! Declared health checks, run by us: once, or again and again until all is well.
//!
//! Readiness, what mends a fault, and the sentences on checks and restores share both, so that
//! "it passes" means the same everywhere. What they make of a check that does not pass is theirs.

use std::time::{Duration, Instant};

use super::engine::{Container, Engine, EngineError, Executed};
use crate::compose::health_command;

/// How often to look, and for how long.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Since when time is counted.
    pub begun: Instant,
    /// How long it may take.
    pub limit: Duration,
    /// The first pause between two looks, and the longest.
    pub pauses: (Duration, Duration),
}

impl Pace {
    /// From now on, with the same pause between all looks.
    #[must_use]
    pub fn steady(limit: Duration, pause: Duration) -> Self {
        Self { begun: Instant::now(), limit, pauses: (pause, pause) }
    }
}

/// Looks until all is well or the time is up. The first look is at once; the last one comes after
/// the end, so that what is well just in time counts. The inner `Err` is what a look shows that is
/// not well yet: the last of them is returned.
///
/// # Errors
/// What makes every further look useless.
pub async fn until_well<T, L, E>(
    pace: Pace,
    mut look: impl AsyncFnMut() -> Result<Result<T, L>, E>,
) -> Result<Result<T, L>, E> {
    let (mut pause, longest) = pace.pauses;
    loop {
        let late = pace.begun.elapsed() >= pace.limit;
        match look().await? {
            Ok(seen) => return Ok(Ok(seen)),
            Err(last) if late => return Ok(Err(last)),
            Err(_) => tokio::time::sleep(pause).await,
        }
        pause = (pause * 3 / 2).min(longest);
    }
}

/// Runs a container's check once. Without a check there is nothing to fail; the inner `Err` is how
/// the check ended.
///
/// # Errors
/// Why it could not be run.
pub async fn ask(
    engine: &Engine,
    container: &Container,
    limit: Duration,
) -> Result<Result<(), Executed>, EngineError> {
    let Some(words) = health_command(&container.health_test) else { return Ok(Ok(())) };
    let done = engine.execute(container, &words, limit).await?;
    Ok(if done.code == 0 { Ok(()) } else { Err(done) })
}

/// What a container's check says against it; none where it passes, or where there is none.
///
/// # Errors
/// Why it could not be run.
pub async fn complaint(
    engine: &Engine,
    container: &Container,
    limit: Duration,
) -> Result<Option<String>, EngineError> {
    let failed = ask(engine, container, limit).await?.err();
    let said = |done: Executed| {
        format!("its health check exits with {}: {}", done.code, done.output.trim())
    };
    Ok(failed.map(said))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORT: Duration = Duration::from_millis(1);

    #[tokio::test]
    async fn what_becomes_well_is_awaited_and_what_does_not_is_told_as_it_was_last() {
        let mut looks = 0;
        let pace = Pace::steady(Duration::from_mins(1), SHORT);
        let well = until_well(pace, async || {
            looks += 1;
            Ok::<_, ()>(if looks == 3 { Ok("well") } else { Err(looks) })
        });
        assert_eq!(well.await, Ok(Ok("well")));
        let mut looks = 0;
        let late = until_well(Pace::steady(5 * SHORT, SHORT), async || {
            looks += 1;
            Ok::<Result<(), _>, ()>(Err(looks))
        });
        let last = late.await.expect("nothing stops it").expect_err("never well");
        assert!(last > 1, "{last} looks");
        assert_eq!(last, looks, "the last look is told");
    }

    #[tokio::test]
    async fn what_is_well_at_the_first_look_needs_no_time() {
        let pace = Pace::steady(Duration::ZERO, Duration::from_mins(1));
        assert_eq!(until_well(pace, async || Ok::<Result<_, ()>, ()>(Ok(1))).await, Ok(Ok(1)));
        let hopeless = until_well(pace, async || Err::<Result<(), ()>, _>("gone")).await;
        assert_eq!(hopeless, Err("gone"));
    }
}
