//! One look at a running stack, as plain data: what every topic's observed facts are read from.
//!
//! The engine describes containers, networks and images; the kernel says what is in force for each
//! container's first process. What the kernel does not show us keeps its reason, so that only the
//! topics that need it are undecided.

use std::{
    fs,
    io::{self, Read as _},
    os::fd::OwnedFd,
};

use camino::{Utf8Path, Utf8PathBuf};
use indexmap::IndexMap;
use rustix::fs::{Mode, OFlags, ResolveFlags, open, openat2, readlinkat};

use super::Undecided;
use crate::{
    compose::{FileObject, Project, Service, journal::Origin},
    facts,
    probe::{
        cgroup,
        kernel::{self, Process},
        listeners::{self, OnHost},
        mountinfo::{self, MountPoint},
    },
    stack::{
        HostPorts, Stack, StackError, dial,
        engine::{Container, ELSEWHERE},
        isolation::Own,
        looks::{Image, Network},
    },
};

/// The label of a container that Compose made for one command.
const ONCE: &str = "com.docker.compose.oneoff";
/// What to do where the kernel does not let us look.
const HELP: &str = "run as root, on the engine's own machine";

/// A running stack at one moment.
pub struct Look {
    /// The project's name by which the engine knows it.
    pub name: String,
    /// What the files say.
    pub project: Project,
    /// The services of which there should be containers.
    pub due: Vec<String>,
    /// Every container of the project, by service and name.
    pub containers: Vec<Seen>,
    /// The networks that the engine made for the project.
    pub networks: Vec<Network>,
    /// What is the run's own though the files name it otherwise.
    pub own: Own,
    /// The engine's names of volumes, with their keys in the files.
    pub volumes: IndexMap<String, String>,
    /// The volumes that the engine made for the project, by its names.
    pub there: Vec<String>,
    /// Of those, the ones that bind a folder of the host, each with its real path.
    pub bound: IndexMap<String, String>,
    /// The files of secrets and configs: section, key, real path.
    pub files: Vec<(&'static str, String, String)>,
    /// Where the engine writes logs of which nobody says anything.
    pub log_driver: Option<String>,
    /// Whether host ports are bound as declared.
    pub ports: HostPorts,
    /// What listens on this host.
    pub listening: Result<OnHost, Undecided>,
    /// Whether this host's network is the engine's.
    pub is_here: bool,
}

/// A container, and what the kernel says of it.
pub struct Seen {
    /// The engine's description; folders of the host by their real paths.
    pub container: Container,
    /// Its image; none if that is no longer here.
    pub image: Option<Image>,
    /// What the kernel says; none of one that has no process.
    pub kernel: Option<Kernel>,
}

/// What the kernel says of a container's first process.
pub struct Kernel {
    /// What its control group enforces.
    pub limits: Result<cgroup::Limits, Undecided>,
    /// Who it is, and what it may do.
    pub process: Result<Process, Undecided>,
    /// What is mounted for it.
    pub mounts: Result<Vec<MountPoint>, Undecided>,
    /// Its root file system as it is reached from here.
    pub root: Utf8PathBuf,
}

impl Look {
    /// Looks at a stack.
    ///
    /// # Errors
    /// The engine's, and of Compose files that cannot be read any more.
    pub async fn at(stack: &Stack) -> Result<Self, StackError> {
        let mut containers = stack.containers().await?;
        for mount in containers.iter_mut().flat_map(|container| &mut container.mounts) {
            if mount.kind == "bind" {
                mount.source = stack.real(&mount.source).into_string();
            }
        }
        let mut ids: Vec<&str> =
            containers.iter().map(|container| container.image_id.as_str()).collect();
        ids.sort_unstable();
        ids.dedup();
        let images = ids.into_iter().map(|id| stack.engine.image(id));
        let (images, networks, there, log_driver) = tokio::try_join!(
            futures::future::try_join_all(images),
            stack.engine.networks(&stack.name),
            stack.engine.volumes(&stack.name),
            stack.engine.log_driver(),
        )?;
        let images: Vec<Image> = images.into_iter().flatten().collect();
        let is_here = dial::shares_network(&stack.engine).await? == Some(true);
        // Hundreds of files of /proc.
        let seen = tokio::task::spawn_blocking(move || {
            let seen = containers.into_iter().map(|container| {
                let image = images.iter().find(|image| image.id == container.image_id).cloned();
                Seen { kernel: Kernel::of(&container), image, container }
            });
            (seen.collect::<Vec<Seen>>(), listeners::all())
        });
        let doing = "look at what the kernel shows of the containers";
        let (containers, listening) = seen
            .await
            .map_err(|why| StackError::Io { doing: doing.into(), source: io::Error::other(why) })?;
        let volumes = stack.project.volumes.keys();
        let volumes = volumes.map(|key| (stack.volume(key), key.clone())).collect();
        let bound = there.iter().filter_map(|volume| {
            let (folder, _) = volume.binds()?;
            Some((volume.name.clone(), stack.real(folder).into_string()))
        });
        let bound = bound.collect();
        let there = there.into_iter().map(|volume| volume.name).collect();
        let project = stack.project.clone();
        let real = |(section, key, object): (&'static str, &String, &FileObject)| {
            let file = object.file.as_ref()?;
            Some((section, key.clone(), stack.real(&file.value).into_string()))
        };
        let secrets = project.secrets.iter().map(|(key, object)| ("secrets", key, &object.value));
        let configs = project.configs.iter().map(|(key, object)| ("configs", key, &object.value));
        let files = secrets.chain(configs).filter_map(real).collect();
        Ok(Self {
            name: stack.name.clone(),
            project,
            there,
            bound,
            files,
            log_driver,
            due: stack.brought_up().into_iter().map(str::to_owned).collect(),
            containers,
            networks,
            own: stack.own.clone(),
            volumes,
            ports: stack.ports,
            listening: listening.map_err(|why| Undecided::new(why.doing, why.why).help(HELP)),
            is_here,
        })
    }
}

impl Look {
    /// The containers of the services that were brought up.
    pub fn crews(&self) -> impl Iterator<Item = &Seen> {
        self.containers.iter().filter(|seen| self.is_due(seen))
    }

    /// The other containers of the project: of no service that was brought up, or made for one command.
    pub fn strangers(&self) -> impl Iterator<Item = &Seen> {
        self.containers.iter().filter(|seen| !self.is_due(seen))
    }

    fn is_due(&self, seen: &Seen) -> bool {
        self.due.contains(&seen.container.service) && !seen.is_once()
    }

    /// The secret or config, section and key, whose file is mounted in a service: the one that the files
    /// put there, else the first that is of this file.
    #[must_use]
    pub fn given_by(
        &self,
        service: &str,
        source: &str,
        target: &str,
    ) -> Option<(&'static str, String)> {
        let of_file = || self.files.iter().filter(|(_, _, file)| file == source);
        let declared = of_file().find(|(section, key, _)| {
            self.given(service, section).iter().any(|(known, path)| known == key && path == target)
        });
        let (section, key, _) = declared.or_else(|| of_file().next())?;
        Some((section, key.clone()))
    }

    /// The secrets or configs of a service that are no file of this host: key and path.
    #[must_use]
    pub fn copied(&self, service: &str, section: &str) -> Vec<(String, String)> {
        let mut given = self.given(service, section);
        given.retain(|(key, _)| {
            !self.files.iter().any(|(known, of, _)| *known == section && of == key)
        });
        given
    }

    /// The secrets or configs that the files give a service: key and path.
    fn given(&self, service: &str, section: &str) -> Vec<(String, String)> {
        let rows = facts::topic(section).map(|topic| (topic.declared)(&self.project));
        let own = rows.into_iter().flatten().filter(|row| row.subject == service);
        own.filter_map(|row| match row.value.as_slice() {
            [_, key, path] => Some((key.known()?.to_owned(), path.known()?.to_owned())),
            _ => None,
        })
        .collect()
    }

    /// A volume in the words of the files: its key, or without the name of the run where no file speaks
    /// of it.
    #[must_use]
    pub fn volume(&self, name: &str) -> String {
        let own = || name.strip_prefix(self.name.as_str())?.strip_prefix('_');
        let known = self.volumes.get(name).map(String::as_str);
        known.or_else(own).unwrap_or(name).to_owned()
    }

    /// A service as the files declare it.
    #[must_use]
    pub fn service(&self, name: &str) -> Option<&Service> {
        self.project.services.get(name).map(|service| &service.value)
    }

    /// Where the files write the first of these keys of a service, else the service itself.
    #[must_use]
    pub fn place(&self, service: &str, keys: &[&str]) -> Option<Origin> {
        let origin = facts::place(&self.project, service, keys);
        origin.place.file().map(|_| origin)
    }
}

impl Seen {
    /// Whether it was made for one command (`docker compose run`).
    #[must_use]
    pub fn is_once(&self) -> bool {
        self.container.labels.get(ONCE).is_some_and(|is| is.eq_ignore_ascii_case("true"))
    }

    /// Somebody's word on this container, as evidence: with its name, and whether it has ended.
    #[must_use]
    pub fn says(&self, word: &str) -> String {
        let name = &self.container.name;
        match self.container.absence() {
            None => format!("{name}: {word}"),
            Some(why) => format!("{name}: {word} (by its configuration: {why})"),
        }
    }
}

impl Kernel {
    fn of(container: &Container) -> Option<Self> {
        if container.absence().is_some() {
            return None;
        }
        let unreadable = |what: &str, why: &io::Error| {
            let why = if container.pid == ELSEWHERE {
                "its processes are not on this machine".to_owned()
            } else {
                why.to_string()
            };
            Undecided::new(format!("read {what} of {}", container.name), why).help(HELP)
        };
        let process = i32::try_from(container.pid).map_err(io::Error::other);
        Some(Self {
            limits: cgroup::of_process(container.pid)
                .map_err(|why| unreadable("the control group", &why)),
            process: process
                .and_then(kernel::process)
                .map_err(|why| unreadable("/proc/<pid>/status", &why)),
            mounts: mountinfo::of_process(container.pid)
                .map_err(|why| unreadable("/proc/<pid>/mountinfo", &why)),
            root: format!("/proc/{}/root", container.pid).into(),
        })
    }

    /// A file of the container's; none if there is none.
    ///
    /// # Errors
    /// [`Undecided`] when it cannot be read.
    pub fn file(&self, path: &str) -> Result<Option<String>, Undecided> {
        let read = self.open(Utf8Path::new(path), OFlags::RDONLY).map_err(io::Error::from);
        let read = read.and_then(|file| {
            let mut bytes = Vec::new();
            fs::File::from(file).read_to_end(&mut bytes)?;
            Ok(String::from_utf8_lossy(&bytes).into_owned())
        });
        self.there(path, read)
    }

    /// Whether something is at a path of the container's.
    ///
    /// # Errors
    /// [`Undecided`] when we may not look.
    pub fn has(&self, path: &str) -> Result<bool, Undecided> {
        let found = self.open(Utf8Path::new(path), OFlags::PATH).map_err(io::Error::from);
        Ok(self.there(path, found)?.is_some())
    }

    /// What is at a path, if anything; it is not there only where the kernel says just that of a root
    /// that is there.
    fn there<T>(&self, path: &str, found: io::Result<T>) -> Result<Option<T>, Undecided> {
        match found {
            Ok(found) => Ok(Some(found)),
            Err(why)
                if matches!(why.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
                    && self.root.is_dir() =>
            {
                Ok(None)
            }
            Err(why) => {
                let tried = format!("read {path} of a container by {}", self.root);
                Err(Undecided::new(tried, why.to_string()).help(HELP))
            }
        }
    }

    /// Opens what is at a path of the container's; no link leads out of it.
    fn open(&self, path: &Utf8Path, flags: OFlags) -> rustix::io::Result<OwnedFd> {
        let root = open(self.root.as_std_path(), OFlags::PATH | OFlags::CLOEXEC, Mode::empty())?;
        let flags = flags | OFlags::CLOEXEC;
        openat2(&root, path.as_std_path(), flags, Mode::empty(), ResolveFlags::IN_ROOT)
    }

    /// Where a symbolic link leads; none of anything else.
    fn link(&self, path: &Utf8Path) -> Option<Utf8PathBuf> {
        let link = self.open(path, OFlags::PATH | OFlags::NOFOLLOW).ok()?;
        readlinkat(&link, "", Vec::new()).ok()?.into_string().ok().map(Into::into)
    }

    /// A path as the container's processes reach it: symbolic links of its file systems followed, as
    /// `path_resolution(7)` does. What is not there yet stays as it is written.
    #[must_use]
    pub fn resolved(&self, path: &str) -> String {
        /// As many links as the kernel follows.
        const LINKS: usize = 40;
        let mut links = 0;
        let mut at = Utf8PathBuf::from("/");
        let mut rest: Vec<String> = parts(path);
        rest.reverse();
        while let Some(name) = rest.pop() {
            if name == ".." {
                at.pop();
                continue;
            }
            let next = at.join(&name);
            match self.link(&next) {
                Some(target) if links < LINKS => {
                    links += 1;
                    if target.is_absolute() {
                        at = "/".into();
                    }
                    rest.extend(parts(target.as_str()).into_iter().rev());
                }
                _ => at = next,
            }
        }
        at.into_string()
    }
}

/// The names in a path.
fn parts(path: &str) -> Vec<String> {
    let names = Utf8Path::new(path).as_str().split('/');
    names.filter(|name| !name.is_empty() && *name != ".").map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_path_is_what_the_container_resolves_it_to() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = Utf8PathBuf::from_path_buf(folder.path().to_owned()).expect("UTF-8");
        fs::create_dir_all(root.join("run/app")).expect("folders");
        fs::create_dir_all(root.join("var")).expect("folders");
        symlink("/run", root.join("var/run")).expect("a link");
        symlink("../run/app", root.join("var/app")).expect("a link");
        symlink("loop", root.join("loop")).expect("a link");
        let none = || Err(Undecided::new("look", "nobody does"));
        let kernel = Kernel {
            limits: Err(Undecided::new("look", "nobody does")),
            process: Err(Undecided::new("look", "nobody does")),
            mounts: none(),
            root,
        };
        for (path, is) in [
            ("/var/run/x.sock", "/run/x.sock"),
            ("/var/run/", "/run"),
            ("/var/app/x", "/run/app/x"),
            ("/data/./new", "/data/new"),
            ("/", "/"),
        ] {
            assert_eq!(kernel.resolved(path), is, "{path}");
        }
        assert!(kernel.resolved("/loop/x").starts_with("/loop"), "a circle has an end");
        assert_eq!((kernel.has("/var/app"), kernel.has("/etc/passwd")), (Ok(true), Ok(false)));
        // What cannot be read is not what is not there.
        assert_eq!(kernel.file("/etc/passwd"), Ok(None));
        assert!(kernel.file("/run/app").is_err(), "a folder is no file");
        let gone = Kernel { root: "/no/such/folder".into(), ..kernel };
        let why = gone.file("/etc/passwd").expect_err("no root");
        assert_eq!(why.tried, "read /etc/passwd of a container by /no/such/folder");
        assert!(gone.has("/etc/passwd").is_err());
    }
}
