//! Asking for the news of ends, so that each is known before anybody judges by it.

use std::time::Duration;

use crate::{probe::wait::eventually, run::Failure, stack::StackError, steps::world::Running};

/// How long the engine may take to tell of the end of what a command saw end.
const END_LIMIT: Duration = Duration::from_secs(3);

impl Running {
    /// Hears all ends until now, so that each is told of the scenario in which it was.
    ///
    /// # Errors
    /// When the engine does not tell.
    pub async fn hear(&self) -> Result<(), Failure> {
        Ok(self.stack.deaths.hear().await.map_err(StackError::from)?)
    }

    /// Waits until the engine has told of the end of a container that is known to have ended; what
    /// it does not tell in time is not waited for.
    pub(crate) async fn hear_end_of(&self, id: &str) {
        let told = || async {
            self.hear().await.map_err(|_| ())?;
            let deaths = self.stack.deaths.after(0);
            deaths.iter().any(|death| death.id == id).then_some(()).ok_or(())
        };
        let _not_told = eventually(END_LIMIT, told).await;
    }
}
