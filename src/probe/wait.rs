//! Waiting for a condition, never for a time.

use std::{
    future::Future,
    time::{Duration, Instant},
};

/// The pause between two looks.
const PAUSE: Duration = Duration::from_millis(50);

/// Looks until the answer is `Ok` or the time is up; returns the last answer.
///
/// The first look is at once, so a fact that is true already costs one look; the last
/// one comes after the deadline, so a fact that became true just in time counts.
///
/// # Errors
/// The last `Err`.
pub async fn eventually<T, E, F>(limit: Duration, mut look: impl FnMut() -> F) -> Result<T, E>
where
    F: Future<Output = Result<T, E>>,
{
    let begun = Instant::now();
    loop {
        let late = begun.elapsed() >= limit;
        match look().await {
            Ok(seen) => return Ok(seen),
            Err(last) if late => return Err(last),
            Err(_) => tokio::time::sleep(PAUSE.min(limit)).await,
        }
    }
}

/// Looks again and again for the whole window, the last time after its end; what must not be
/// there is returned as soon as it is seen.
///
/// # Errors
/// The first `Err`: a look that failed proves nothing.
pub async fn never<T, E, F>(window: Duration, mut look: impl FnMut() -> F) -> Result<Option<T>, E>
where
    F: Future<Output = Result<Option<T>, E>>,
{
    /// Reading a whole log is no small thing, and what it shows stays there.
    const REST: Duration = Duration::from_millis(200);
    let begun = Instant::now();
    loop {
        let late = begun.elapsed() >= window;
        match look().await? {
            Some(seen) => return Ok(Some(seen)),
            None if late => return Ok(None),
            None => tokio::time::sleep(REST.min(window.saturating_sub(begun.elapsed()))).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[tokio::test]
    async fn it_looks_until_the_answer_is_yes() {
        let looks = Cell::new(0);
        let seen = eventually(Duration::from_secs(5), async || {
            looks.set(looks.get() + 1);
            if looks.get() == 3 { Ok("yes") } else { Err("no") }
        })
        .await;
        assert_eq!((seen, looks.get()), (Ok("yes"), 3));
    }

    #[tokio::test]
    async fn what_comes_late_in_the_window_is_seen() {
        let begun = Instant::now();
        let late = Duration::from_millis(250);
        let look = async || Ok::<_, ()>((begun.elapsed() >= late).then_some("late"));
        assert_eq!(never(Duration::from_millis(300), look).await, Ok(Some("late")));
    }

    #[tokio::test]
    async fn a_window_is_watched_to_its_end_and_ends_with_a_look_that_fails() {
        let (begun, window) = (Instant::now(), Duration::from_millis(120));
        assert_eq!(never(window, async || Ok::<Option<()>, ()>(None)).await, Ok(None));
        assert!(begun.elapsed() >= window);
        assert_eq!(never(window, async || Err::<Option<()>, _>("unseen")).await, Err("unseen"));
    }

    #[tokio::test]
    async fn it_gives_up_with_the_last_answer() {
        let looks = Cell::new(0);
        let seen: Result<(), _> = eventually(Duration::from_millis(120), async || {
            looks.set(looks.get() + 1);
            Err(looks.get())
        })
        .await;
        assert_eq!(seen, Err(looks.get()));
        assert!(looks.get() >= 2);
    }
}
