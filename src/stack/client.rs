//! A client of the Engine API for the run's engine, and what a sweep removes beside a project.

use std::collections::HashMap;

use testcontainers::bollard::{self, Docker, query_parameters as query};

use super::{
    calls,
    dial::HELPER_LABEL,
    engine::{Engine, EngineError, Swept, refused},
};
use crate::endpoint::Endpoint;

/// A client, which has asked nothing yet.
pub(super) fn new(endpoint: &Endpoint) -> Result<Docker, bollard::errors::Error> {
    /// How long an answer may take, in seconds.
    const LIMIT: u64 = 120;
    let (host, version) = (&endpoint.host, bollard::API_DEFAULT_VERSION);
    let docker = match &endpoint.certificates {
        Some(folder) => {
            let [key, own, authority] =
                ["key.pem", "cert.pem", "ca.pem"].map(|name| folder.join(name));
            Docker::connect_with_ssl(host, &key, &own, &authority, LIMIT, version)
        }
        None if endpoint.socket().is_some() => Docker::connect_with_unix(host, LIMIT, version),
        None => Docker::connect_with_http(host, LIMIT, version),
    }?;
    Ok(docker.with_request_modifier(|request| {
        calls::count(request.method().as_str(), request.uri().path());
        request
    }))
}

/// What our own containers beside a project, and their image, are found by.
pub(super) fn helpers(project: &str) -> HashMap<&'static str, Vec<String>> {
    HashMap::from([("label", vec![format!("{HELPER_LABEL}={project}")])])
}

impl Engine {
    /// Removes the image of our own containers beside a project.
    pub(super) async fn sweep_helper_image(
        &self,
        project: &str,
        swept: &mut Swept,
    ) -> Result<(), EngineError> {
        let filters = helpers(project);
        let options = query::ListImagesOptionsBuilder::new().all(true).filters(&filters).build();
        let listed =
            self.docker.list_images(Some(options)).await.map_err(refused("list images"))?;
        let removals = listed.into_iter().map(|image| async move {
            let options = query::RemoveImageOptionsBuilder::new().force(true).build();
            let done = self.docker.remove_image(&image.id, Some(options), None).await;
            (format!("image {}", image.id), done.map(|_| ()))
        });
        swept.take(futures::future::join_all(removals).await);
        Ok(())
    }

    /// The projects that our own containers or images beside them name.
    pub(super) async fn helped_projects(&self) -> Result<Vec<String>, EngineError> {
        let filters = HashMap::from([("label", vec![HELPER_LABEL])]);
        let containers =
            query::ListContainersOptionsBuilder::new().all(true).filters(&filters).build();
        let images = query::ListImagesOptionsBuilder::new().all(true).filters(&filters).build();
        let containers = self.docker.list_containers(Some(containers)).await;
        let images = self.docker.list_images(Some(images)).await.map_err(refused("list images"))?;
        let labels = containers
            .map_err(refused("list containers"))?
            .into_iter()
            .filter_map(|container| container.labels)
            .chain(images.into_iter().map(|image| image.labels));
        Ok(labels.filter_map(|labels| labels.get(HELPER_LABEL).cloned()).collect())
    }
}
