//! Panics of steps: a defect of ours, told with its message and place, which ends nothing but its
//! step.
//!
//! Only a hook hears the place. The one set here is the whole process's; panics that no step
//! caused go on to whoever heard them before.

use std::{
    cell::{Cell, RefCell},
    panic::{self, AssertUnwindSafe, PanicHookInfo},
    pin::pin,
    sync::{Arc, OnceLock},
    task::Poll,
};

use crate::run::{Failure, FailureKind};

type Hook = Arc<dyn Fn(&PanicHookInfo<'_>) + Send + Sync>;

thread_local! {
    /// Whether a step is being judged.
    static JUDGING: Cell<bool> = const { Cell::new(false) };
    /// The last panic's message and place.
    static PANICKED: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Keeps what a panic in a step says from now on, whoever else has set a hook meanwhile.
pub(super) fn hear() {
    static HOOK: OnceLock<Hook> = OnceLock::new();
    let hook =
        Arc::clone(HOOK.get_or_init(|| {
            let before = panic::take_hook();
            Arc::new(move |info: &PanicHookInfo<'_>| {
                if JUDGING.get() { PANICKED.set(Some(info.to_string())) } else { before(info) }
            })
        }));
    panic::set_hook(Box::new(move |info| hook(info)));
}

/// Judges; a panic is a defect.
pub(super) fn caught<T>(judge: impl FnOnce() -> T) -> Result<T, Failure> {
    let outer = JUDGING.replace(true);
    let judged = panic::catch_unwind(AssertUnwindSafe(judge));
    JUDGING.set(outer);
    judged.map_err(|_| defect(PANICKED.take().unwrap_or_else(|| "it panicked".into())))
}

/// Judges, with pauses; a panic is a defect.
pub(super) async fn caught_in<T>(judge: impl Future<Output = T>) -> Result<T, Failure> {
    let mut judge = pin!(judge);
    std::future::poll_fn(|context| match caught(|| judge.as_mut().poll(context)) {
        Ok(Poll::Pending) => Poll::Pending,
        Ok(Poll::Ready(judged)) => Poll::Ready(Ok(judged)),
        Err(defect) => Poll::Ready(Err(defect)),
    })
    .await
}

/// A step that ended as no step may.
pub(super) fn defect(message: String) -> Failure {
    let mut failure = Failure::undecided("the step is carried out", message).help(
        "this is a defect of seaworthy: please report it with the feature file and this message",
    );
    failure.kind = FailureKind::Bug;
    failure
}
