//! A stack as this host has to do with it: commands beside it, and where its published ports are reached.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use tokio::process::Command;

use super::{Stack, StackError, dial, io_error};

impl Stack {
    /// Runs a shell command line in the project's folder as the run sees it, as an operator would,
    /// with the variables by which Compose finds this stack. Returns its exit code (none when a
    /// signal ended it) and its last words.
    ///
    /// # Errors
    /// [`StackError::NoView`] when there is no view of the folder; the operating system's, when the
    /// line cannot be run.
    pub async fn run_on_host(&self, line: &str) -> Result<(Option<i32>, Vec<String>), StackError> {
        let real = self.attempt.views.real(&self.seen(&self.directory));
        let folder =
            if self.attempt.views.is_shared(&real) { real } else { self.own(&self.directory)? };
        let mut command = Command::new("/bin/sh");
        command
            .args(["-c", line])
            .current_dir(folder)
            .env("COMPOSE_PROJECT_NAME", &self.name)
            .envs(self.invocation.variables());
        let ended = self
            .attempt
            .programs()
            .run(command, |_| {})
            .await
            .map_err(io_error(&format!("run `{line}`")))?;
        Ok((ended.status.code(), ended.last_words))
    }

    /// Where a client on this host reaches a published port of a service now. Where the engine's network
    /// is not this host's, the port is somebody else's here: then an address of ours leads to the
    /// container.
    ///
    /// # Errors
    /// [`StackError::NotPublished`], or that the container's network cannot be reached.
    pub async fn published(&self, service: &str, port: u16) -> Result<SocketAddr, StackError> {
        let replicas = self.service(service).await?;
        let bound = replicas.iter().flat_map(|container| {
            container.bindings.iter().map(move |binding| (container, binding))
        });
        let (container, binding) = bound
            .filter(|(_, binding)| binding.port == port && binding.protocol == "tcp")
            .find(|(_, binding)| binding.host_ip.is_none_or(|address| address.is_ipv4()))
            .ok_or_else(|| StackError::NotPublished { service: service.to_owned(), port })?;
        if dial::shares_network(&self.engine).await? != Some(true) {
            return Ok(dial::standing(container, port).await?);
        }
        let address = binding.host_ip.filter(|address| !address.is_unspecified());
        Ok(SocketAddr::new(address.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST)), binding.host_port))
    }
}
