//! What the engine has of others' networks, and how a run joins one that is shared on purpose:
//! without answering there for the names of its services, which its own containers still know.

use indexmap::IndexMap;
use testcontainers::bollard::{
    models::{EndpointSettings, NetworkConnectRequest, NetworkDisconnectRequest},
    query_parameters as query,
};

use super::{
    super::{
        Stack, StackError,
        engine::{Container, Engine, EngineError, refused},
    },
    network::{Plan, Real, There},
};
use crate::compose::Project;

impl Engine {
    /// The networks of these names, and every block of addresses that a network has.
    pub(super) async fn there(&self, names: &[&str]) -> Result<There, EngineError> {
        let listed = self
            .docker
            .list_networks(None::<query::ListNetworksOptions>)
            .await
            .map_err(refused("list networks"))?;
        let mut there = There { real: IndexMap::new(), taken: Vec::new() };
        for network in listed {
            let configs = network.ipam.and_then(|ipam| ipam.config).unwrap_or_default();
            let blocks: Vec<_> =
                configs.into_iter().filter_map(|config| config.subnet?.parse().ok()).collect();
            there.taken.extend(blocks.iter().copied());
            if let Some(name) = network.name.filter(|name| names.contains(&name.as_str())) {
                let internal = network.internal.unwrap_or_default();
                there.real.insert(name, Real { internal, blocks });
            }
        }
        Ok(there)
    }

    /// Joins a container that does not run yet to a network anew, with no name there but its own.
    /// `links` are names that it alone knows: `container:name`.
    async fn join_without_names(
        &self,
        container: &Container,
        network: &str,
        links: Vec<String>,
    ) -> Result<(), EngineError> {
        let doing = || format!("join {} to network {network}", container.name);
        let leave = NetworkDisconnectRequest { container: container.id.clone(), force: Some(true) };
        self.docker.disconnect_network(network, leave).await.map_err(refused(doing()))?;
        let endpoint = EndpointSettings { links: Some(links), ..EndpointSettings::default() };
        let join = NetworkConnectRequest {
            container: container.id.clone(),
            endpoint_config: Some(endpoint),
        };
        self.docker.connect_network(network, join).await.map_err(refused(doing()))
    }

    /// The names under which a container answers on a network.
    async fn names_on(
        &self,
        container: &Container,
        network: &str,
    ) -> Result<Vec<String>, EngineError> {
        let seen = self
            .docker
            .inspect_container(&container.id, None::<query::InspectContainerOptions>)
            .await
            .map_err(refused(format!("inspect {}", container.name)))?;
        let networks = seen.network_settings.and_then(|settings| settings.networks);
        let joined = networks.and_then(|mut networks| networks.remove(network));
        Ok(joined.and_then(|joined| joined.aliases).unwrap_or_default())
    }
}

impl Stack {
    /// The networks that a container is on, as the files call them.
    #[must_use]
    pub fn networks_of<'a>(&'a self, container: &'a Container) -> Vec<&'a str> {
        let names = container.addresses.keys().map(String::as_str);
        let mut networks: Vec<&str> = names.map(|name| self.own.networks.declared(name)).collect();
        networks.sort_unstable();
        networks
    }

    pub(in crate::stack) async fn join_quietly(&self, project: &Project) -> Result<(), StackError> {
        let containers = self.engine.containers(&self.name).await?;
        self.own.networks.join_quietly(&self.engine, project, &containers).await
    }
}

impl Plan {
    /// Takes from containers that are created and not yet started the names under which they would
    /// answer on networks that are shared.
    ///
    /// # Errors
    /// The engine's, or that such a name is still there.
    pub(in crate::stack) async fn join_quietly(
        &self,
        engine: &Engine,
        project: &Project,
        containers: &[Container],
    ) -> Result<(), StackError> {
        for network in self.shared() {
            let on = |container: &&Container| container.addresses.contains_key(network);
            let links: Vec<(String, String)> = containers
                .iter()
                .filter(on)
                .flat_map(|container| {
                    names(project, self, network, &container.service)
                        .into_iter()
                        .map(|name| (container.name.clone(), name))
                })
                .collect();
            for container in containers.iter().filter(on).filter(|one| one.state == "created") {
                let others = links.iter().filter(|(other, _)| *other != container.name);
                let links = others.map(|(other, name)| format!("{other}:{name}")).collect();
                engine.join_without_names(container, network, links).await?;
                let left = engine.names_on(container, network).await?;
                let own = names(project, self, network, &container.service);
                if let Some(name) = left.iter().find(|name| own.contains(name)) {
                    return Err(StackError::Start {
                        service: container.service.clone(),
                        reason: format!(
                            "the engine would let it answer for \"{name}\" on the shared network {network}"
                        ),
                    });
                }
            }
        }
        Ok(())
    }
}

/// The names that a service has on a network by the files.
fn names(project: &Project, plan: &Plan, network: &str, service: &str) -> Vec<String> {
    let mut names = vec![service.to_owned()];
    let Some(declared) = project.services.get(service) else { return names };
    names.extend(declared.container_name.iter().map(|name| name.value.clone()));
    let joined = declared.networks.get(plan.declared(network));
    names.extend(joined.iter().flat_map(|joined| &joined.aliases).map(|name| name.value.clone()));
    names.dedup();
    names
}
