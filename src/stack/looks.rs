//! What else the engine tells for those who judge it: networks, descriptions as it keeps them,
//! whole images and whole logs as they stream in.

use std::{collections::HashMap, net::IpAddr};

use bytes::Bytes;
use futures::{Stream, StreamExt as _};
use testcontainers::bollard::{container::LogOutput, query_parameters as query};

use super::engine::{Container, Engine, EngineError, PROJECT_LABEL, refused};

/// A network as the engine made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Network {
    /// The engine's name for it.
    pub name: String,
    /// Whether it leads nowhere but to its own containers.
    pub internal: bool,
    /// The host's own addresses on it.
    pub gateways: Vec<IpAddr>,
}

impl Engine {
    /// The networks of a Compose project, by name.
    pub async fn networks(&self, project: &str) -> Result<Vec<Network>, EngineError> {
        let filters = HashMap::from([("label", vec![format!("{PROJECT_LABEL}={project}")])]);
        let options = query::ListNetworksOptionsBuilder::new().filters(&filters).build();
        let listed =
            self.docker.list_networks(Some(options)).await.map_err(refused("list networks"))?;
        let mut networks: Vec<Network> = listed
            .into_iter()
            .map(|network| Network {
                name: network.name.unwrap_or_default(),
                internal: network.internal.unwrap_or_default(),
                gateways: network
                    .ipam
                    .and_then(|ipam| ipam.config)
                    .unwrap_or_default()
                    .into_iter()
                    .filter_map(|config| config.gateway?.parse().ok())
                    .collect(),
            })
            .collect();
        networks.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(networks)
    }

    /// All that the engine keeps of a container, as JSON.
    pub async fn description(&self, container: &Container) -> Result<String, EngineError> {
        let seen = self
            .docker
            .inspect_container(&container.id, None::<query::InspectContainerOptions>)
            .await
            .map_err(refused(format!("inspect {}", container.name)))?;
        Ok(serde_json::to_string(&seen).unwrap_or_default())
    }

    /// Images with all their layers, as `docker save` writes them; a layer that several share comes once.
    pub fn saved(&self, images: &[&str]) -> impl Stream<Item = Result<Bytes, EngineError>> + use<> {
        let doing = format!("save {}", images.join(", "));
        let pieces = self.docker.export_images(images);
        pieces.map(move |piece| piece.map_err(refused(doing.clone())))
    }

    /// Everything that a container wrote to its log, as it comes.
    pub fn whole_log(
        &self,
        container: &Container,
    ) -> impl Stream<Item = Result<Bytes, EngineError>> + use<> {
        let doing = format!("read the log of {}", container.name);
        let options =
            query::LogsOptionsBuilder::new().stdout(true).stderr(true).tail("all").build();
        let pieces = self.docker.logs(&container.id, Some(options));
        pieces.map(move |piece| piece.map(LogOutput::into_bytes).map_err(refused(doing.clone())))
    }
}
