//! What else the engine tells for those who judge it: networks, descriptions as it keeps them,
//! whole images and whole logs as they stream in.

use std::{
    collections::HashMap,
    net::IpAddr,
    path::{Path, PathBuf},
};

use bytes::Bytes;
use futures::{Stream, StreamExt as _};
use indexmap::IndexMap;
use testcontainers::bollard::{container::LogOutput, query_parameters as query};

use super::engine::{Check, Container, Engine, EngineError, PROJECT_LABEL, is_not_found, refused};
use crate::facts::mounts::binding;

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

/// What an image gives to every container that is made of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Image {
    /// Its id.
    pub id: String,
    /// `ENTRYPOINT`.
    pub entrypoint: Vec<String>,
    /// `CMD`.
    pub command: Vec<String>,
    /// `ENV`; the last of a name holds.
    pub environment: IndexMap<String, String>,
    /// `USER`; empty for root.
    pub user: String,
    /// `EXPOSE`: `80/tcp`.
    pub exposed: Vec<String>,
    /// `VOLUME`.
    pub volumes: Vec<String>,
    /// `HEALTHCHECK`.
    pub health: Check,
    /// `LABEL`.
    pub labels: IndexMap<String, String>,
}

/// A volume as the engine keeps it.
#[derive(Debug, Clone)]
pub struct Volume {
    /// The engine's name for it.
    pub name: String,
    driver: String,
    options: HashMap<String, String>,
}

impl Volume {
    /// The folder of the host that it binds, and whether read-only.
    #[must_use]
    pub fn binds(&self) -> Option<(&str, bool)> {
        binding(Some(&self.driver), |option| self.options.get(option).map(String::as_str))
    }
}

impl Engine {
    /// What an image gives to its containers; none if it is no longer here.
    pub async fn image(&self, id: &str) -> Result<Option<Image>, EngineError> {
        let seen = match self.docker.inspect_image(id).await {
            Ok(seen) => seen,
            Err(why) if is_not_found(&why) => return Ok(None),
            Err(why) => return Err(refused(format!("inspect image {id}"))(why)),
        };
        let config = seen.config.unwrap_or_default();
        let pairs = config.env.unwrap_or_default();
        let pair = |pair: &String| {
            let (name, value) = pair.split_once('=')?;
            Some((name.to_owned(), value.to_owned()))
        };
        let mut labels: IndexMap<String, String> =
            config.labels.unwrap_or_default().into_iter().collect();
        labels.sort_keys();
        Ok(Some(Image {
            id: seen.id.unwrap_or_default(),
            entrypoint: config.entrypoint.unwrap_or_default(),
            command: config.cmd.unwrap_or_default(),
            environment: pairs.iter().filter_map(pair).collect(),
            user: config.user.unwrap_or_default(),
            exposed: config.exposed_ports.unwrap_or_default(),
            volumes: config.volumes.unwrap_or_default(),
            health: config.healthcheck.map(Check::from).unwrap_or_default(),
            labels,
        }))
    }

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

    /// The volumes that were made for a Compose project, by name.
    pub async fn volumes(&self, project: &str) -> Result<Vec<Volume>, EngineError> {
        let filters = HashMap::from([("label", vec![format!("{PROJECT_LABEL}={project}")])]);
        let options = query::ListVolumesOptionsBuilder::new().filters(&filters).build();
        let listed =
            self.docker.list_volumes(Some(options)).await.map_err(refused("list volumes"))?;
        let volumes = listed.volumes.unwrap_or_default().into_iter().map(|volume| Volume {
            name: volume.name,
            driver: volume.driver,
            options: volume.options,
        });
        let mut volumes: Vec<Volume> = volumes.collect();
        volumes.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(volumes)
    }

    /// The driver of logs of which nobody says anything, if the engine tells.
    pub async fn log_driver(&self) -> Result<Option<String>, EngineError> {
        let info = self.docker.info().await.map_err(refused("tell its configuration"))?;
        Ok(info.logging_driver)
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

    /// Where the engine keeps an image on this machine: the file of its configuration and a folder
    /// for each layer, lowest first. None if it keeps them otherwise than in folders of `overlay2`,
    /// elsewhere, or where we may not read.
    pub async fn image_folders(
        &self,
        id: &str,
    ) -> Result<Option<(PathBuf, Vec<PathBuf>)>, EngineError> {
        let seen = self.docker.inspect_image(id).await.map_err(refused(format!("inspect {id}")))?;
        let Some(driver) = seen.graph_driver.filter(|driver| driver.name == "overlay2") else {
            return Ok(None);
        };
        let layers = seen.root_fs.and_then(|root| root.layers).unwrap_or_default();
        let folders = |key: &str| driver.data.get(key).map(String::as_str).unwrap_or_default();
        // `LowerDir` lists them from the uppermost downwards.
        let lower = folders("LowerDir").split(':').rev();
        let all = lower.chain([folders("UpperDir")]).filter(|folder| !folder.is_empty());
        let all: Vec<PathBuf> = all.map(PathBuf::from).collect();
        let Some(root) = all.last().and_then(|upper| upper.ancestors().nth(3)) else {
            return Ok(None);
        };
        let configuration = root
            .join("image/overlay2/imagedb/content/sha256")
            .join(id.trim_start_matches("sha256:"));
        let here = |path: &Path| path.is_dir() && path.read_dir().is_ok();
        let whole = all.len() == layers.len()
            && all.iter().all(|folder| here(folder))
            && std::fs::File::open(&configuration).is_ok_and(|_| configuration.is_file());
        Ok(whole.then_some((configuration, all)))
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
