//! What makes a run touch nothing that is not its own.
//!
//! The files name things that others use too: networks, addresses, image tags, volumes, folders.
//! Before a stack is made, each is given a name or a place of the run's own; the override file says
//! so to Compose, and sentences go on speaking of what the files declare. What cannot be made the
//! run's own is refused before anything starts.

mod beside;
mod binds;
mod copy;
pub mod enter;
mod foreign;
pub mod images;
mod join;
mod mounted;
pub mod network;
mod project;
mod refuse;
mod removal;
mod rights;
pub mod storage;
mod stores;
mod subnets;
pub mod view;

use std::fs;

pub(in crate::stack) use self::view::FOLDER as VIEWS;
pub use self::{
    beside::bring_beside,
    mounted::unmount_below,
    project::open_project,
    refuse::refuse,
    removal::remove,
    view::{Refused, Views},
};
use super::{
    HostPorts, StackError, attempt::Attempt, engine::Engine, io_error, overlay, unexpected,
};
use crate::{compose::Project, config::Shared};

/// What is the run's own though the files name it otherwise.
#[derive(Debug, Clone, Default)]
pub struct Own {
    /// Networks and addresses.
    pub networks: network::Plan,
    /// Images.
    pub images: images::Plan,
    /// Volumes and folders.
    pub storage: storage::Plan,
}

impl Own {
    /// What a reader of the report has to know, a line each.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        [self.networks.notes.as_slice(), self.images.notes.as_slice()].concat()
    }

    /// Plans the run's networks and writes its override file.
    ///
    /// # Errors
    /// As [`network::Plan::make`]; the operating system's.
    pub(super) async fn write(
        &mut self,
        engine: &Engine,
        project: &Project,
        shared: &Shared,
        run: &Attempt,
        ports: HostPorts,
    ) -> Result<(), StackError> {
        self.networks = network::Plan::make(engine, project, shared, &run.name).await?;
        let text = overlay::text(project, &run.name, ports, self)
            .map_err(|why| unexpected(&format!("write the override: {why}")))?;
        fs::write(run.folder.override_file(), text).map_err(io_error("write the override file"))
    }
}
