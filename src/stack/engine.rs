//! The container engine: the few questions we ask of it and the few things we make it do.
//!
//! A thin layer over the Engine API client that testcontainers carries. Answers are
//! plain data; nothing outside this module sees an API type.

mod error;

use std::{collections::HashMap, io::Read as _, time::Duration};

use bytes::Bytes;
use futures::TryStreamExt as _;
use testcontainers::bollard::{self, Docker, container::LogOutput, query_parameters as query};

use crate::endpoint::{self, Endpoint};

use super::client;

pub(super) use self::error::refused;
pub use self::error::{EngineError, resume};
pub use super::{
    container::{Asked, Binding, Check, Container, ELSEWHERE, Mount, Restart},
    execute::Executed,
};

/// The label by which Compose marks what belongs to a project.
pub const PROJECT_LABEL: &str = "com.docker.compose.project";

/// What was removed, and what could not be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Swept {
    /// Containers, networks, volumes and images removed.
    pub removed: usize,
    /// What is still there, with the engine's reason.
    pub left: Vec<String>,
}

/// What is known of a file or folder of a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// `file` or `folder`.
    pub kind: &'static str,
    /// Its permissions, with the bits for set-user-id and the like.
    pub mode: u32,
    /// The number of its owner, as the container counts users.
    pub user: u64,
    /// The number of its group.
    pub group: u64,
}

/// A connection to the engine.
#[derive(Debug, Clone)]
pub struct Engine {
    pub(super) docker: Docker,
    /// Where it is.
    pub endpoint: &'static Endpoint,
}

/// Held while a container joins its networks or leaves them. Engine 20.10 was seen to lose count of a
/// network's endpoints where several do so at once, and then refuses to remove the network.
static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

impl Engine {
    /// Connects to the engine of this run ([`endpoint::current`]), and to no other.
    ///
    /// # Errors
    /// [`EngineError::Endpoint`] when nobody can tell which one is meant, [`EngineError::Unreachable`]
    /// when it does not answer.
    pub async fn connect() -> Result<Self, EngineError> {
        let endpoint = endpoint::current()?;
        let unreachable = |why| EngineError::Unreachable(endpoint, why);
        let docker = client::new(endpoint).map_err(unreachable)?;
        let docker = docker.negotiate_version().await.map_err(unreachable)?;
        docker.ping().await.map_err(unreachable)?;
        Ok(Self { docker, endpoint })
    }

    /// The engine's version.
    pub async fn version(&self) -> Result<String, EngineError> {
        let version = self.docker.version().await.map_err(refused("tell its version"))?;
        Ok(version.version.unwrap_or_default())
    }

    /// The containers of a Compose project, running or not, by service and name.
    pub async fn containers(&self, project: &str) -> Result<Vec<Container>, EngineError> {
        let filters = HashMap::from([("label", vec![format!("{PROJECT_LABEL}={project}")])]);
        let options =
            query::ListContainersOptionsBuilder::new().all(true).filters(&filters).build();
        let listed =
            self.docker.list_containers(Some(options)).await.map_err(refused("list containers"))?;
        let ids = listed.into_iter().filter_map(|container| container.id);
        let inspected =
            futures::future::join_all(ids.map(|id| async move { self.container(&id).await })).await;
        let mut containers = Vec::new();
        for container in inspected {
            match container {
                Ok(container) => containers.push(container),
                // Removed between the two questions: it is not there.
                Err(EngineError::Refused { source, .. }) if is_not_found(&source) => {}
                Err(why) => return Err(why),
            }
        }
        containers.sort_by(|a, b| (&a.service, &a.name).cmp(&(&b.service, &b.name)));
        Ok(containers)
    }

    /// One container, by id or name.
    pub async fn container(&self, id: &str) -> Result<Container, EngineError> {
        let seen = self
            .docker
            .inspect_container(id, None::<query::InspectContainerOptions>)
            .await
            .map_err(refused(format!("inspect container {id}")))?;
        Ok(seen.into())
    }

    /// Starts a created or stopped container; one at a time, whichever stack it belongs to.
    pub async fn start(&self, container: &Container) -> Result<(), EngineError> {
        let _alone = ALONE.lock().await;
        self.docker
            .start_container(&container.id, None::<query::StartContainerOptions>)
            .await
            .map_err(refused(format!("start {}", container.name)))
    }

    /// Stops a container, killing it when it has not ended after `grace` seconds.
    pub async fn stop(&self, container: &Container, grace: i32) -> Result<(), EngineError> {
        let options = query::StopContainerOptionsBuilder::new().t(grace).build();
        self.docker
            .stop_container(&container.id, Some(options))
            .await
            .map_err(refused(format!("stop {}", container.name)))
    }

    /// Freezes every process of a container.
    pub async fn pause(&self, container: &Container) -> Result<(), EngineError> {
        self.docker
            .pause_container(&container.id)
            .await
            .map_err(refused(format!("pause {}", container.name)))
    }

    /// Lets the processes of a paused container run again.
    pub async fn resume(&self, container: &Container) -> Result<(), EngineError> {
        self.docker
            .unpause_container(&container.id)
            .await
            .map_err(refused(format!("resume {}", container.name)))
    }

    /// Removes a container, with those of its volumes that have no name: nobody else has them. Named
    /// ones stay.
    pub async fn remove(&self, container: &Container) -> Result<(), EngineError> {
        let options = query::RemoveContainerOptionsBuilder::new().force(true).v(true).build();
        let _alone = ALONE.lock().await;
        self.docker
            .remove_container(&container.id, Some(options))
            .await
            .map_err(refused(format!("remove {}", container.name)))
    }

    /// The lines a container wrote to its log, oldest first; `tail` bounds them from the end.
    pub async fn log(&self, id: &str, tail: Option<usize>) -> Result<Vec<String>, EngineError> {
        let tail = tail.map_or_else(|| "all".to_owned(), |lines| lines.to_string());
        let options =
            query::LogsOptionsBuilder::new().stdout(true).stderr(true).tail(&tail).build();
        let pieces: Vec<LogOutput> = self
            .docker
            .logs(id, Some(options))
            .try_collect()
            .await
            .map_err(refused(format!("read the log of {id}")))?;
        let text: Vec<u8> = pieces.into_iter().flat_map(LogOutput::into_bytes).collect();
        Ok(String::from_utf8_lossy(&text).lines().map(str::to_owned).collect())
    }

    /// A file of a container, as bytes; `None` when there is none.
    pub async fn file(
        &self,
        container: &Container,
        path: &str,
    ) -> Result<Option<Vec<u8>>, EngineError> {
        let Some(archive) = self.archive(container, path).await? else { return Ok(None) };
        let doing = format!("read {path} of {}", container.name);
        first_file(&archive).map_err(|why| refused(doing)(why.into()))
    }

    /// A file or folder of a container as a tar archive; `None` when there is none.
    pub async fn archive(
        &self,
        container: &Container,
        path: &str,
    ) -> Result<Option<Vec<u8>>, EngineError> {
        let options = query::DownloadFromContainerOptionsBuilder::new().path(path).build();
        let archive: Result<Vec<Bytes>, _> =
            self.docker.download_from_container(&container.id, Some(options)).try_collect().await;
        match archive {
            Ok(pieces) => Ok(Some(pieces.concat())),
            Err(why) if is_not_found(&why) => Ok(None),
            Err(why) => Err(refused(format!("copy {path} out of {}", container.name))(why)),
        }
    }

    /// A file or folder of a container, as the first entry of its archive says; `None` when there is
    /// none. A link is followed.
    pub async fn entry(
        &self,
        container: &Container,
        path: &str,
    ) -> Result<Option<Entry>, EngineError> {
        const LINKS: usize = 40;
        // The first entry with all that may precede it; of a folder comes everything in it.
        const ENOUGH: usize = 64 * 1024;
        let doing = format!("look at {path} of {}", container.name);
        let mut at = path.to_owned();
        for _ in 0..LINKS {
            let options = query::DownloadFromContainerOptionsBuilder::new().path(&at).build();
            let mut pieces = self.docker.download_from_container(&container.id, Some(options));
            let mut archive = Vec::new();
            loop {
                match pieces.try_next().await {
                    Ok(Some(piece)) if archive.len() < ENOUGH => archive.extend_from_slice(&piece),
                    Ok(_) => break,
                    Err(why) if is_not_found(&why) => return Ok(None),
                    Err(why) => return Err(refused(doing)(why)),
                }
            }
            let entry = first_entry(&archive).map_err(|why| refused(doing.clone())(why.into()))?;
            match entry {
                (_, Some(link)) if link.starts_with('/') => at = link,
                (_, Some(link)) => {
                    let folder = at.trim_end_matches('/').rsplit_once('/').map_or("", |(of, _)| of);
                    at = format!("{folder}/{link}");
                }
                (entry, None) => return Ok(Some(entry)),
            }
        }
        Ok(None)
    }

    /// The names of the programs that run in a container (`comm` of ps(1)).
    pub async fn programs(&self, container: &Container) -> Result<Vec<String>, EngineError> {
        self.top(container, "comm").await
    }

    /// The command lines that run in a container (`args` of ps(1)).
    pub async fn processes(&self, container: &Container) -> Result<Vec<String>, EngineError> {
        self.top(container, "args").await
    }

    /// The processes of a container in the host's numbering: id, parent's id, program.
    pub async fn process_ids(
        &self,
        container: &Container,
    ) -> Result<Vec<(i32, i32, String)>, EngineError> {
        // The numbers of another host are somebody else's here.
        if container.pid == ELSEWHERE {
            return Err(EngineError::Elsewhere(container.name.clone()));
        }
        let options = query::TopOptionsBuilder::new().ps_args("-eo pid,ppid,comm").build();
        let top = self
            .docker
            .top_processes(&container.id, Some(options))
            .await
            .map_err(refused(format!("list the processes of {}", container.name)))?;
        let rows = top.processes.unwrap_or_default().into_iter();
        Ok(rows
            .filter_map(|row| match row.as_slice() {
                [pid, parent, program] => {
                    Some((pid.parse().ok()?, parent.parse().ok()?, program.clone()))
                }
                _ => None,
            })
            .collect())
    }

    async fn top(&self, container: &Container, column: &str) -> Result<Vec<String>, EngineError> {
        let options = query::TopOptionsBuilder::new().ps_args(&format!("-eo pid,{column}")).build();
        let top = self
            .docker
            .top_processes(&container.id, Some(options))
            .await
            .map_err(refused(format!("list the processes of {}", container.name)))?;
        Ok(top
            .processes
            .unwrap_or_default()
            .into_iter()
            .filter_map(|row| row.last().cloned())
            .collect())
    }

    /// Whether an image is on this machine.
    pub async fn has_image(&self, name: &str) -> Result<bool, EngineError> {
        match self.docker.inspect_image(name).await {
            Ok(_) => Ok(true),
            Err(why) if is_not_found(&why) => Ok(false),
            Err(why) => Err(refused(format!("inspect image {name}"))(why)),
        }
    }

    /// The folders that an image declares as volumes; none when the image is not here.
    pub async fn image_volumes(&self, name: &str) -> Result<Option<Vec<String>>, EngineError> {
        match self.docker.inspect_image(name).await {
            Ok(image) => {
                Ok(Some(image.config.and_then(|config| config.volumes).unwrap_or_default()))
            }
            Err(why) if is_not_found(&why) => Ok(None),
            Err(why) => Err(refused(format!("inspect image {name}"))(why)),
        }
    }

    /// Asks the registry for an image without fetching it: `Err` says why it cannot be had.
    pub async fn registry_has(&self, name: &str, limit: Duration) -> Result<(), String> {
        match tokio::time::timeout(limit, self.docker.inspect_registry_image(name, None)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(why)) => Err(why.to_string()),
            Err(_) => Err(format!("no answer within {limit:?}")),
        }
    }

    /// The names of the projects whose name begins so, running or not.
    pub async fn projects(&self, prefix: &str) -> Result<Vec<String>, EngineError> {
        let filters = HashMap::from([("label", vec![PROJECT_LABEL.to_owned()])]);
        let containers =
            query::ListContainersOptionsBuilder::new().all(true).filters(&filters).build();
        let networks = query::ListNetworksOptionsBuilder::new().filters(&filters).build();
        let volumes = query::ListVolumesOptionsBuilder::new().filters(&filters).build();
        let containers = self
            .docker
            .list_containers(Some(containers))
            .await
            .map_err(refused("list containers"))?;
        let networks =
            self.docker.list_networks(Some(networks)).await.map_err(refused("list networks"))?;
        let volumes =
            self.docker.list_volumes(Some(volumes)).await.map_err(refused("list volumes"))?;
        let labels = containers
            .into_iter()
            .filter_map(|container| container.labels)
            .chain(networks.into_iter().filter_map(|network| network.labels))
            .chain(volumes.volumes.unwrap_or_default().into_iter().map(|volume| volume.labels));
        let images = self.run_images(None).await?;
        let images = images.iter().filter_map(|tag| Some(tag.rsplit_once(':')?.1.to_owned()));
        let mut names: Vec<String> = labels
            .filter_map(|labels| labels.get(PROJECT_LABEL).cloned())
            .chain(images)
            .chain(self.helped_projects().await?)
            .filter(|name| name.starts_with(prefix))
            .collect();
        names.sort();
        names.dedup();
        Ok(names)
    }

    /// Removes every container, network and volume of a project, and the images built for it. Nothing is asked to end in
    /// good order: what is removed here has served its purpose.
    pub async fn sweep(&self, project: &str) -> Result<Swept, EngineError> {
        let label = format!("{PROJECT_LABEL}={project}");
        let filters = HashMap::from([("label", vec![label])]);
        let mut swept = Swept::default();

        let mut listed = Vec::new();
        for filters in [&client::helpers(project), &filters] {
            let options =
                query::ListContainersOptionsBuilder::new().all(true).filters(filters).build();
            let some = self.docker.list_containers(Some(options)).await;
            listed.extend(some.map_err(refused("list containers"))?);
        }
        let mut removals = Vec::new();
        for id in listed.into_iter().filter_map(|container| container.id) {
            let options = query::RemoveContainerOptionsBuilder::new().force(true).v(true).build();
            let _alone = ALONE.lock().await;
            let done = self.docker.remove_container(&id, Some(options)).await;
            removals.push((format!("container {id}"), done));
        }
        swept.take(removals);

        let options = query::ListNetworksOptionsBuilder::new().filters(&filters).build();
        let networks =
            self.docker.list_networks(Some(options)).await.map_err(refused("list networks"))?;
        // A container that is being created while its volume is removed makes the volume anew,
        // without labels: our volumes are known by their names.
        let prefix = format!("{project}_");
        let by_name = HashMap::from([("name", vec![prefix.clone()])]);
        let mut volumes: Vec<String> = Vec::new();
        for filters in [&filters, &by_name] {
            let options = query::ListVolumesOptionsBuilder::new().filters(filters).build();
            let listed =
                self.docker.list_volumes(Some(options)).await.map_err(refused("list volumes"))?;
            let found = listed.volumes.unwrap_or_default().into_iter().map(|volume| volume.name);
            // The engine's filter finds the text anywhere in a name.
            volumes.extend(found.filter(|name| *filters != by_name || name.starts_with(&prefix)));
        }
        volumes.sort();
        volumes.dedup();
        let networks = networks.into_iter().filter_map(|network| network.id).map(|id| async move {
            let done = self.docker.remove_network(&id).await;
            (format!("network {id}"), done)
        });
        let volumes = volumes.into_iter().map(|volume| async move {
            let options = query::RemoveVolumeOptionsBuilder::new().force(true).build();
            let done = self.docker.remove_volume(&volume, Some(options)).await;
            (format!("volume {volume}"), done)
        });
        let (networks, volumes) =
            tokio::join!(futures::future::join_all(networks), futures::future::join_all(volumes));
        swept.take(networks);
        swept.take(volumes);
        let (removed, left) = self.remove_images(project).await?;
        swept.removed += removed;
        swept.left.extend(left);
        self.sweep_helper_image(project, &mut swept).await?;
        Ok(swept)
    }
}

impl Swept {
    pub(super) fn take(&mut self, removals: Vec<(String, Result<(), bollard::errors::Error>)>) {
        for (what, done) in removals {
            match done {
                Ok(()) => self.removed += 1,
                Err(why) if is_not_found(&why) => {}
                Err(why) => self.left.push(format!("{what}: {why}")),
            }
        }
    }
}

pub(super) fn is_not_found(why: &bollard::errors::Error) -> bool {
    matches!(why, bollard::errors::Error::DockerResponseServerError { status_code: 404, .. })
}

/// The first regular file of a tar archive, the form in which the engine hands out files.
fn first_entry(archive: &[u8]) -> std::io::Result<(Entry, Option<String>)> {
    let mut tar = tar::Archive::new(archive);
    let first = tar.entries()?.next().ok_or(std::io::ErrorKind::UnexpectedEof)??;
    let header = first.header();
    let kind = if header.entry_type().is_dir() { "folder" } else { "file" };
    let link = header.entry_type().is_symlink().then(|| first.link_name()).transpose()?.flatten();
    let entry =
        Entry { kind, mode: header.mode()? & 0o7777, user: header.uid()?, group: header.gid()? };
    Ok((entry, link.map(|link| link.to_string_lossy().into_owned())))
}

fn first_file(archive: &[u8]) -> std::io::Result<Option<Vec<u8>>> {
    for entry in tar::Archive::new(archive).entries()? {
        let mut file = entry?;
        if file.header().entry_type().is_file() {
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes)?;
            if bytes.len() as u64 != file.size() {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            return Ok(Some(bytes));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod archives {
    use super::first_file;

    #[test]
    fn half_an_archive_is_not_a_file_that_is_not_there() {
        let mut archive = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_gnu();
        header.set_size(2000);
        header.set_cksum();
        archive.append_data(&mut header, "a", &[b'x'; 2000][..]).expect("a file");
        let whole = archive.into_inner().expect("an archive");
        assert_eq!(first_file(&whole).expect("a file").map(|file| file.len()), Some(2000));
        assert_eq!(first_file(&[0; 1024]).expect("an archive"), None);
        assert!(first_file(&whole[..1000]).is_err(), "it ends in the middle of the file");
    }
}
