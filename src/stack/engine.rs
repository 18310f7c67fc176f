//! The container engine: the few questions we ask of it and the few things we make it do.
//!
//! A thin layer over the Engine API client that testcontainers carries. Answers are
//! plain data; nothing outside this module sees an API type.

use std::{collections::HashMap, io::Read as _, time::Duration};

use bytes::Bytes;
use futures::TryStreamExt as _;
use testcontainers::bollard::{
    self, Docker,
    container::LogOutput,
    exec::{CreateExecOptions, StartExecResults},
    query_parameters as query,
};

use crate::compose::install_engine;

pub use super::container::{Binding, Container, Mount};

/// The label by which Compose marks what belongs to a project.
pub const PROJECT_LABEL: &str = "com.docker.compose.project";

/// The engine did not do, or say, what was asked.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// No engine answers.
    #[error("no container engine answers")]
    Unreachable(#[source] bollard::errors::Error),
    /// The engine answered with an error.
    #[error("the engine cannot {doing}")]
    Refused {
        /// What was asked, to be read after "cannot".
        doing: String,
        /// Its answer.
        #[source]
        source: bollard::errors::Error,
    },
    /// The engine did not answer in time.
    #[error("the engine did not {doing} within {limit:?}")]
    Silent {
        /// What was asked, to be read after "did not".
        doing: String,
        /// How long we waited.
        limit: Duration,
    },
}

impl EngineError {
    /// What to do next.
    #[must_use]
    pub fn help(&self) -> String {
        match self {
            Self::Unreachable(_) => format!(
                "start the engine, or install one: `{}`; `seaworthy doctor` looks at the rest",
                install_engine()
            ),
            Self::Refused { .. } | Self::Silent { .. } => {
                "look at the engine's own log (`journalctl -u docker`, or dockerd's output)".into()
            }
        }
    }
}

pub(super) fn refused(
    doing: impl Into<String>,
) -> impl FnOnce(bollard::errors::Error) -> EngineError {
    let doing = doing.into();
    move |source| EngineError::Refused { doing, source }
}

/// What a command in a container came to.
#[derive(Debug, Clone)]
pub struct Executed {
    /// Its exit code.
    pub code: i64,
    /// What it printed, both streams in the order they came.
    pub output: String,
}

/// What was removed, and what could not be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Swept {
    /// Containers, networks and volumes removed.
    pub removed: usize,
    /// What is still there, with the engine's reason.
    pub left: Vec<String>,
}

/// A connection to the engine.
#[derive(Debug, Clone)]
pub struct Engine {
    pub(super) docker: Docker,
}

impl Engine {
    /// Connects to the engine of `DOCKER_HOST`, or to this machine's own.
    ///
    /// # Errors
    /// [`EngineError::Unreachable`] when nothing answers.
    pub async fn connect() -> Result<Self, EngineError> {
        let docker = Docker::connect_with_defaults().map_err(EngineError::Unreachable)?;
        let docker = docker.negotiate_version().await.map_err(EngineError::Unreachable)?;
        docker.ping().await.map_err(EngineError::Unreachable)?;
        Ok(Self { docker })
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
        /// Engine 20.10 was seen to lose count of a network's endpoints where several start at once.
        static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
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

    /// Removes a container and leaves its volumes.
    pub async fn remove(&self, container: &Container) -> Result<(), EngineError> {
        let options = query::RemoveContainerOptionsBuilder::new().force(true).build();
        self.docker
            .remove_container(&container.id, Some(options))
            .await
            .map_err(refused(format!("remove {}", container.name)))
    }

    /// Runs a command in a container, as its own user, to its end.
    pub async fn execute(
        &self,
        container: &Container,
        words: &[String],
        limit: Duration,
    ) -> Result<Executed, EngineError> {
        self.execute_as(None, container, words, limit).await
    }

    /// Runs a command in a container as a user of choice (`None`: its own).
    pub async fn execute_as(
        &self,
        user: Option<&str>,
        container: &Container,
        words: &[String],
        limit: Duration,
    ) -> Result<Executed, EngineError> {
        let doing = format!("run `{}` in {}", words.join(" "), container.name);
        let run = async {
            let options = CreateExecOptions {
                attach_stdout: Some(true),
                attach_stderr: Some(true),
                cmd: Some(words.to_vec()),
                user: user.map(str::to_owned),
                ..Default::default()
            };
            let exec = self.docker.create_exec(&container.id, options).await?;
            let mut output = Vec::new();
            if let StartExecResults::Attached { output: mut stream, .. } =
                self.docker.start_exec(&exec.id, None).await?
            {
                while let Some(piece) = stream.try_next().await? {
                    output.extend_from_slice(piece.as_ref());
                }
            }
            let ended = self.docker.inspect_exec(&exec.id).await?;
            Ok(Executed {
                code: ended.exit_code.unwrap_or(-1),
                output: String::from_utf8_lossy(&output).into_owned(),
            })
        };
        match tokio::time::timeout(limit, run).await {
            Ok(done) => done.map_err(refused(doing)),
            Err(_) => Err(EngineError::Silent { doing, limit }),
        }
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
        Ok(self.archive(container, path).await?.and_then(|archive| first_file(&archive)))
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
        let mut names: Vec<String> = labels
            .filter_map(|labels| labels.get(PROJECT_LABEL).cloned())
            .filter(|name| name.starts_with(prefix))
            .collect();
        names.sort();
        names.dedup();
        Ok(names)
    }

    /// Removes every container, network and volume of a project. Nothing is asked to end in
    /// good order: what is removed here has served its purpose.
    pub async fn sweep(&self, project: &str) -> Result<Swept, EngineError> {
        let label = format!("{PROJECT_LABEL}={project}");
        let filters = HashMap::from([("label", vec![label])]);
        let mut swept = Swept::default();

        let options =
            query::ListContainersOptionsBuilder::new().all(true).filters(&filters).build();
        let listed =
            self.docker.list_containers(Some(options)).await.map_err(refused("list containers"))?;
        let removals =
            listed.into_iter().filter_map(|container| container.id).map(|id| async move {
                let options =
                    query::RemoveContainerOptionsBuilder::new().force(true).v(true).build();
                (format!("container {id}"), self.docker.remove_container(&id, Some(options)).await)
            });
        swept.take(futures::future::join_all(removals).await);

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
        Ok(swept)
    }
}

impl Swept {
    fn take(&mut self, removals: Vec<(String, Result<(), bollard::errors::Error>)>) {
        for (what, done) in removals {
            match done {
                Ok(()) => self.removed += 1,
                Err(why) if is_not_found(&why) => {}
                Err(why) => self.left.push(format!("{what}: {why}")),
            }
        }
    }
}

fn is_not_found(why: &bollard::errors::Error) -> bool {
    matches!(why, bollard::errors::Error::DockerResponseServerError { status_code: 404, .. })
}

/// The first regular file of a tar archive, the form in which the engine hands out files.
fn first_file(archive: &[u8]) -> Option<Vec<u8>> {
    let mut archive = tar::Archive::new(archive);
    let mut file = archive
        .entries()
        .ok()?
        .filter_map(Result::ok)
        .find(|entry| entry.header().entry_type().is_file())?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).ok()?;
    Some(bytes)
}
