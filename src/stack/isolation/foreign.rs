//! What reaches beyond a run and cannot be made its own: refused before anything starts, with its
//! line, unless it is shared on purpose.

use std::{
    fs::{self, FileType},
    os::unix::fs::FileTypeExt as _,
};

use camino::{Utf8Path, Utf8PathBuf};

use super::{
    Views,
    binds::{self, is_true, services, text},
    rights,
};
use crate::{
    compose::{
        Project,
        journal::Origin,
        tree::{Node, Value},
    },
    diagnostic::Diagnostic,
};

/// Sockets by which a container could have anything done on this machine.
const CONTROL_SOCKETS: &[&str] = &[
    "/var/run/docker.sock",
    "/run/containerd/containerd.sock",
    "/run/podman/podman.sock",
    "/run/crio/crio.sock",
];

/// Devices without a state that anybody else could see.
const HARMLESS: &[&str] = &[
    "/dev/null",
    "/dev/zero",
    "/dev/full",
    "/dev/random",
    "/dev/urandom",
    "/dev/tty",
    "/dev/ptmx",
    "/dev/fuse",
    "/dev/kvm",
    "/dev/net/tun",
    "/dev/dri",
    "/dev/kfd",
];

/// File systems of the kernel: what is written there is done to the machine.
const KERNEL: &[&str] = &["/dev", "/proc", "/sys"];

/// How many entries of a folder are looked at in search of a socket, and how deep.
const LOOKED_AT: usize = 10_000;
const DEPTH: usize = 3;

/// Everything that must not be started as it is.
pub(super) fn judge(
    project: &Project,
    views: &Views,
    containers: &[String],
    elsewhere: Option<&str>,
) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for bind in binds::all(project) {
        let real = views.locate(&bind.source);
        if views.is_shared(&real) || views.is_shared(&bind.source) {
            continue;
        }
        let wrong = match elsewhere {
            Some(host) if !bind.read_only => Some(format!(
                "its folder is on the machine of the engine at {host}, where the run can have no view of it"
            )),
            Some(_) => None,
            None => reaches_beyond(bind.read_only, &real, views),
        };
        if let Some(wrong) = wrong {
            let title = format!(
                "service \"{}\" mounts {} at {}: {wrong}",
                bind.service,
                bind.shown(project),
                bind.target
            );
            found.push(refused(project, bind.origin, title, &real));
        }
    }
    if elsewhere.is_none() {
        files(project, views, &mut found);
    }
    for (service, node) in services(project) {
        api_socket(project, service, node, views, &mut found);
        devices(project, service, node, views, &mut found);
        joins(project, service, node, containers, &mut found);
    }
    found.extend(rights::refusals(project, containers));
    found
}

fn refused(project: &Project, origin: Origin, title: String, path: &Utf8Path) -> Diagnostic {
    let diagnostic = project.journal.point(Diagnostic::error(title), origin, "declared here");
    diagnostic.help(format!(
        "leave it out for this environment (`--overlay`), or share it on purpose in seaworthy.yaml: shared: {{ folders: [{path}] }}"
    ))
}

/// What makes a mount of a path reach beyond the run; none when a view keeps it.
fn reaches_beyond(read_only: bool, real: &Utf8Path, views: &Views) -> Option<String> {
    let at = views.seen(real).unwrap_or_else(|| real.to_owned());
    let kind = fs::metadata(&at).ok()?.file_type();
    if let Some(what) = special(kind) {
        let harmless = kind.is_char_device() && is_harmless(real);
        return (!harmless)
            .then(|| format!("it is {what}, and whoever uses it reaches beyond the run"));
    }
    if !kind.is_dir() {
        return None;
    }
    let sockets = CONTROL_SOCKETS.iter().map(|socket| Utf8PathBuf::from(*socket));
    let mut sockets = sockets.filter_map(|socket| socket.canonicalize_utf8().ok());
    if let Some(socket) = sockets.find(|socket| socket.starts_with(real)) {
        return Some(format!("{socket} is in it, and whoever talks to that can do everything"));
    }
    let kernel = KERNEL.iter().any(|folder| real.starts_with(folder));
    if kernel && (!read_only || real.starts_with("/dev")) && !is_harmless(real) {
        return Some("it is the kernel's, and of that the run can have no view".into());
    }
    if !read_only && real == "/" {
        return Some("of the whole machine the run can have no view".into());
    }
    if views.seen(real).is_some() || kernel {
        // A socket in an overlay, or left out of a copy, leads nowhere.
        return None;
    }
    let mut left = LOOKED_AT;
    let (path, what) = special_below(real, DEPTH, &mut left)?;
    read_only.then(|| format!("{path} in it is {what}, and works through a read-only mount"))
}

fn is_harmless(real: &Utf8Path) -> bool {
    HARMLESS.iter().any(|harmless| real.starts_with(harmless))
}

fn special(kind: FileType) -> Option<&'static str> {
    if kind.is_socket() {
        Some("a socket")
    } else if kind.is_fifo() {
        Some("a pipe")
    } else if kind.is_char_device() || kind.is_block_device() {
        Some("a device")
    } else {
        None
    }
}

/// A socket or pipe below a folder; what cannot be read here cannot be told.
fn special_below(
    folder: &Utf8Path,
    depth: usize,
    left: &mut usize,
) -> Option<(Utf8PathBuf, &'static str)> {
    for entry in folder.read_dir_utf8().ok()?.filter_map(Result::ok) {
        *left = left.checked_sub(1)?;
        let Ok(kind) = entry.file_type() else { continue };
        match special(kind) {
            Some(what @ ("a socket" | "a pipe")) => return Some((entry.path().to_owned(), what)),
            None if kind.is_dir() && depth > 1 => {
                if let Some(found) = special_below(entry.path(), depth - 1, left) {
                    return Some(found);
                }
            }
            _ => {}
        }
    }
    None
}

/// `secrets:` and `configs:`, whose `file:` the engine mounts whatever it is.
fn files(project: &Project, views: &Views, found: &mut Vec<Diagnostic>) {
    for (section, key, path, origin) in binds::file_objects(project) {
        let real = views.locate(&path);
        if views.is_shared(&real) || views.is_shared(&path) {
            continue;
        }
        // Services get them read-only, through which a socket works.
        if let Some(wrong) = reaches_beyond(true, &real, views) {
            let title =
                format!("{section}.{key} is the file {}: {wrong}", binds::shown(project, &path));
            found.push(refused(project, origin, title, &real));
        }
    }
}

/// `use_api_socket:`, by which Compose mounts the engine's own socket, and the user's credentials.
///
/// Compose specification, "`use_api_socket`".
fn api_socket(
    project: &Project,
    service: &str,
    node: &Node,
    views: &Views,
    found: &mut Vec<Diagnostic>,
) {
    let Some(used) = node.get("use_api_socket").filter(|used| is_true(used)) else { return };
    let socket = Utf8Path::new(CONTROL_SOCKETS[0]);
    if views.is_shared(&views.locate(socket)) || views.is_shared(socket) {
        return;
    }
    let title = format!(
        "service \"{service}\" has the engine's socket by `use_api_socket`: whoever talks to that can do everything"
    );
    found.push(refused(project, used.origin, title, socket));
}

/// `devices:` that keep a state.
fn devices(
    project: &Project,
    service: &str,
    node: &Node,
    views: &Views,
    found: &mut Vec<Diagnostic>,
) {
    for device in node.get("devices").and_then(Node::as_sequence).unwrap_or_default() {
        let source = text(device, &["source"]).or_else(|| device.as_str()).unwrap_or_default();
        let source = Utf8Path::new(source.split(':').next().unwrap_or(source));
        if !source.is_absolute()
            || is_harmless(source)
            || source.as_str().starts_with("/dev/nvidia")
        {
            continue;
        }
        let real = source.canonicalize_utf8().unwrap_or_else(|_| source.to_owned());
        if views.is_shared(&real) || views.is_shared(source) {
            continue;
        }
        let title = format!(
            "service \"{service}\" has the device {source}: what it does there is done to the machine"
        );
        found.push(refused(project, device.origin, title, source));
    }
}

/// Containers that are no part of the project.
fn joins(
    project: &Project,
    service: &str,
    node: &Node,
    shared: &[String],
    found: &mut Vec<Diagnostic>,
) {
    let mut others: Vec<(&str, &str, Origin)> = Vec::new();
    // `network_mode` is judged with the networks.
    for key in ["pid", "ipc", "cgroup", "uts"] {
        if let Some(value) = node.get(key)
            && let Some(name) = value.as_str().and_then(|text| text.strip_prefix("container:"))
        {
            others.push((key, name, value.origin));
        }
    }
    for (key, prefix) in [("volumes_from", "container:"), ("external_links", "")] {
        for entry in node.get(key).and_then(Node::as_sequence).unwrap_or_default() {
            let Value::String(entry_text) = &entry.value else { continue };
            if let Some(name) = entry_text.strip_prefix(prefix) {
                others.push((key, name.split(':').next().unwrap_or(name), entry.origin));
            }
        }
    }
    for (key, name, origin) in others {
        if shared.iter().any(|known| known == name) {
            continue;
        }
        let title = format!(
            "service \"{service}\" joins the container \"{name}\" by `{key}`: it is no part of this project, and the run would reach into it"
        );
        let diagnostic = project.journal.point(Diagnostic::error(title), origin, "declared here");
        found.push(diagnostic.help(format!(
            "name a service of the files instead, or share it on purpose in seaworthy.yaml: shared: {{ containers: [{name}] }}"
        )));
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use super::*;

    fn judged(text: &str, shared: &[&str]) -> Vec<String> {
        let run = tempfile::tempdir().expect("a folder");
        let run = Utf8PathBuf::from_path_buf(run.path().to_owned()).expect("UTF-8");
        fs::create_dir_all(&run).expect("a folder");
        let views =
            Views::new(&run, shared.iter().map(Utf8PathBuf::from).collect()).expect("a folder");
        let project = crate::compose::project::load_text("compose.yaml", text);
        let containers = vec!["shared-one".to_owned()];
        let found = judge(&project.expect("a model").into(), &views, &containers, None);
        found
            .into_iter()
            .map(|found| format!("{}: {}", found.place().unwrap_or_default(), found.title))
            .collect()
    }

    #[test]
    fn sockets_devices_and_pipes_are_refused_with_their_line() {
        let folder = tempfile::tempdir().expect("a folder");
        let socket = folder.path().join("a.sock");
        let _listener = UnixListener::bind(&socket).expect("a socket");
        let (folder, socket) = (folder.path().display(), socket.display());
        let one = |mount: &str, shared: &[&str]| {
            judged(
                &format!("services:\n  a:\n    image: a\n    volumes:\n      - {mount}\n"),
                shared,
            )
        };
        let found = one(&format!("{socket}:/s:ro"), &[]);
        assert!(found[0].starts_with("compose.yaml:5:9: service \"a\" mounts"), "{found:?}");
        assert!(found[0].contains("it is a socket"), "{found:?}");
        assert!(one(&format!("{socket}:/s:ro"), &[&socket.to_string()]).is_empty());
        assert!(one(&format!("{folder}:/s:ro"), &[])[0].contains("a.sock in it is a socket"));
        assert!(one("/dev/null:/x", &[]).is_empty());
        assert!(one("/proc:/host/proc:ro", &[]).is_empty());
        assert!(one("/proc:/host/proc", &[])[0].contains("the kernel's"));
        assert!(one("/dev:/dev:ro", &[])[0].contains("the kernel's"));
    }

    #[test]
    fn devices_and_containers_of_others_are_refused() {
        let found = judged(
            "services:\n  a:\n    image: a\n    devices: [\"/dev/ttyUSB0:/dev/tty\", /dev/fuse]\n    pid: \"container:theirs\"\n    \
             external_links: [\"other:db\"]\n    volumes_from: [\"container:x:ro\", \"container:shared-one\", b]\n  b: {image: b}\n",
            &[],
        );
        let told = found.join("\n");
        assert_eq!(found.len(), 4, "{told}");
        assert!(told.contains("has the device /dev/ttyUSB0"), "{told}");
        assert!(told.contains("joins the container \"theirs\" by `pid`"), "{told}");
        assert!(told.contains("joins the container \"other\" by `external_links`"), "{told}");
        assert!(
            told.contains("compose.yaml:7:20: service \"a\" joins the container \"x\""),
            "{told}"
        );
    }

    #[test]
    fn the_engines_socket_is_refused_by_whatever_key_it_comes() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name).display().to_string();
        fs::create_dir(path("run")).expect("a folder");
        let _listener = UnixListener::bind(path("run/a.sock")).expect("a socket");
        std::os::unix::fs::symlink(path("run/a.sock"), path("innocent.txt")).expect("a link");
        fs::write(path("file"), "").expect("a file");
        let text = format!(
            "services:\n  a:\n    image: a\n    use_api_socket: true\n    secrets: [one, three]\n    configs: [two, four]\n  \
             b: {{image: b, use_api_socket: false}}\n\
             secrets:\n  one:\n    file: {}\n  three: {{file: {}}}\n\
             configs:\n  two: {{file: {}}}\n  four: {{file: /dev/kmsg}}\n",
            path("innocent.txt"),
            path("file"),
            path("run")
        );
        let found = judged(&text, &[]);
        let told = found.join("\n");
        assert_eq!(found.len(), 4, "{told}");
        for line in [
            "compose.yaml:4:21: service \"a\" has the engine's socket by `use_api_socket`",
            "compose.yaml:10:11: secrets.one is the file ",
            "innocent.txt: it is a socket",
            "run/a.sock in it is a socket, and works through a read-only mount",
            "dev/kmsg: it is a device",
        ] {
            assert!(told.contains(line), "{line} in:\n{told}");
        }
        let shared = [&*path(""), "/dev/kmsg", "/var/run/docker.sock"];
        assert_eq!(judged(&text, &shared), Vec::<String>::new());
    }
}
