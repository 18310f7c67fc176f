//! What lies where on a host: control sockets, files that make a reader or writer
//! root, credentials, and the folders of the system.

use crate::{
    facts::answers::path::{self, is_below},
    policy::Severity,
};

/// Whom a path belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// A control socket or the folder of one, and whose.
    Socket(&'static str),
    /// A path that gives something away: how bad it is, and what it gives.
    Sensitive(Severity, &'static str),
    /// A folder of the system, with nothing in it that is known to be dangerous.
    System,
    /// The project's own, or nothing to speak of.
    Own,
}

/// A path as the tables have it: cleaned, and `/run` for `/var/run`, its other name.
pub fn normal(written: &str) -> String {
    path::real(&written.replace('\\', "/"))
}

/// Sockets by the end of their path, wherever the engine was told to put them.
const SOCKETS: &[(&str, &str)] = &[
    ("/docker.sock", "Docker's control socket"),
    ("/docker.raw.sock", "Docker's control socket"),
    ("/docker_engine", "Docker's control pipe"),
    ("/containerd.sock", "containerd's control socket"),
    ("/podman.sock", "Podman's control socket"),
    ("/crio.sock", "CRI-O's control socket"),
    ("/cri-dockerd.sock", "the control socket of Docker's Kubernetes runtime"),
    ("/buildkitd.sock", "BuildKit's control socket"),
    ("/balena-engine.sock", "balenaEngine's control socket"),
    ("/lxd/unix.socket", "LXD's control socket"),
    ("/incus/unix.socket", "Incus' control socket"),
    ("/libvirt-sock", "libvirt's control socket"),
    ("/systemd/private", "systemd's control socket"),
];

/// Folders in which a socket lies.
const SOCKET_FOLDERS: &[(&str, &str)] = &[
    ("/run", "the folder of every control socket"),
    ("/run/docker", "the folder of containerd's control socket"),
    ("/run/containerd", "the folder of containerd's control socket"),
    ("/run/podman", "the folder of Podman's control socket"),
    ("/run/crio", "the folder of CRI-O's control socket"),
    ("/run/buildkit", "the folder of BuildKit's control socket"),
    ("/run/k3s", "the folder of containerd's control socket"),
    ("/run/k3s/containerd", "the folder of containerd's control socket"),
    ("/run/libvirt", "the folder of libvirt's control socket"),
    ("/run/systemd", "the folder of systemd's control socket"),
];

/// Whose socket a path is or holds.
pub fn socket(path: &str) -> Option<&'static str> {
    let by_end = SOCKETS.iter().find(|(end, _)| path.ends_with(end));
    by_end
        .or_else(|| SOCKET_FOLDERS.iter().find(|(folder, _)| *folder == path))
        .map(|(_, what)| *what)
}

/// How much of a folder a row speaks of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// Of the folder as a whole.
    Whole,
    /// Of it and everything below.
    Below,
}

use Reach::{Below, Whole};
use Severity::{Critical, High, Medium};

/// A path: its reach, the severity read-only (none: nothing to hide) and writable, and what it gives.
type Row = (&'static str, Reach, Option<Severity>, Option<Severity>, &'static str);

const ACCOUNTS: &str = "whoever reads it can guess passwords, whoever writes it is root";
const PROGRAMS: &str = "root runs what is written there";
const STARTS: &str = "the host runs as root what is written there";
const CONTAINERS: &str = "the files of every container and volume are in it";

/// The first row that fits decides.
const PATHS: &[Row] = &[
    (
        "/",
        Whole,
        Some(Critical),
        Some(Critical),
        "it is the whole host, its control sockets and keys included",
    ),
    ("/etc/localtime", Below, None, None, ""),
    ("/etc/timezone", Below, None, None, ""),
    ("/etc/shadow", Below, Some(High), Some(Critical), ACCOUNTS),
    ("/etc/gshadow", Below, Some(High), Some(Critical), ACCOUNTS),
    ("/etc/shadow-", Below, Some(High), Some(Critical), ACCOUNTS),
    ("/etc/passwd", Below, None, Some(Critical), "whoever writes it is root"),
    ("/etc/group", Below, None, Some(Critical), "whoever writes it is root"),
    ("/etc/sudoers", Below, Some(Medium), Some(Critical), "whoever writes it is root"),
    ("/etc/sudoers.d", Below, Some(Medium), Some(Critical), "whoever writes it is root"),
    ("/etc/pam.d", Below, None, Some(Critical), "whoever writes it decides who may log in"),
    ("/etc/ssh", Below, Some(High), Some(Critical), "the host's own keys are in it"),
    ("/etc/ssl/private", Below, Some(High), Some(High), "the host's private keys are in it"),
    ("/etc/kubernetes", Below, Some(High), Some(Critical), "the keys of the cluster are in it"),
    (
        "/etc/docker",
        Below,
        Some(Medium),
        Some(Critical),
        "the engine's configuration and keys are in it",
    ),
    ("/etc/systemd", Below, None, Some(Critical), STARTS),
    ("/etc/init.d", Below, None, Some(Critical), STARTS),
    ("/etc/rc.local", Below, None, Some(Critical), STARTS),
    ("/etc/crontab", Below, None, Some(Critical), STARTS),
    ("/etc/cron.d", Below, None, Some(Critical), STARTS),
    ("/etc/cron.hourly", Below, None, Some(Critical), STARTS),
    ("/etc/cron.daily", Below, None, Some(Critical), STARTS),
    ("/etc/cron.weekly", Below, None, Some(Critical), STARTS),
    ("/etc/cron.monthly", Below, None, Some(Critical), STARTS),
    ("/etc/profile", Below, None, Some(Critical), PROGRAMS),
    ("/etc/profile.d", Below, None, Some(Critical), PROGRAMS),
    ("/etc/ld.so.preload", Below, None, Some(Critical), PROGRAMS),
    ("/etc/ld.so.conf", Below, None, Some(Critical), PROGRAMS),
    ("/etc/ld.so.conf.d", Below, None, Some(Critical), PROGRAMS),
    ("/etc/modprobe.d", Below, None, Some(Critical), STARTS),
    (
        "/etc",
        Whole,
        Some(High),
        Some(Critical),
        "password hashes, keys and what the host starts are in it",
    ),
    ("/root", Whole, Some(High), Some(Critical), "root's keys and start files are in it"),
    ("/home", Whole, Some(High), Some(Critical), "the keys of every user are in it"),
    ("/Users", Whole, Some(High), Some(Critical), "the keys of every user are in it"),
    ("~", Whole, Some(High), Some(High), "the keys and start files of its user are in it"),
    ("/boot", Below, Some(Medium), Some(Critical), "the kernel that the host starts is in it"),
    ("/dev", Whole, Some(High), Some(High), "every device of the host is in it"),
    ("/proc/sys", Below, Some(Medium), Some(Critical), "the kernel's settings are in it"),
    (
        "/proc/sysrq-trigger",
        Below,
        Some(Medium),
        Some(Critical),
        "whoever writes it can stop the host",
    ),
    (
        "/proc",
        Whole,
        Some(Medium),
        Some(Critical),
        "every process of the host and the kernel's settings are in it",
    ),
    ("/sys/fs/cgroup", Below, None, Some(Medium), "the limits of every container are in it"),
    ("/sys", Whole, Some(Medium), Some(High), "the kernel's devices and settings are in it"),
    ("/sys/kernel", Below, Some(Medium), Some(High), "the kernel's settings are in it"),
    ("/lib/modules", Below, None, Some(Critical), "the kernel loads what is written there"),
    ("/usr/lib/modules", Below, None, Some(Critical), "the kernel loads what is written there"),
    ("/usr/local/sbin", Below, None, Some(Critical), PROGRAMS),
    ("/usr/local/bin", Below, None, Some(Critical), PROGRAMS),
    ("/usr/sbin", Below, None, Some(Critical), PROGRAMS),
    ("/usr/bin", Below, None, Some(Critical), PROGRAMS),
    ("/usr/lib/systemd", Below, None, Some(Critical), STARTS),
    ("/lib/systemd", Below, None, Some(Critical), STARTS),
    ("/usr/lib", Whole, None, Some(Critical), PROGRAMS),
    ("/usr/local", Whole, None, Some(Critical), PROGRAMS),
    ("/usr", Whole, None, Some(Critical), PROGRAMS),
    ("/sbin", Below, None, Some(Critical), PROGRAMS),
    ("/bin", Below, None, Some(Critical), PROGRAMS),
    ("/lib", Whole, None, Some(Critical), PROGRAMS),
    ("/lib64", Whole, None, Some(Critical), PROGRAMS),
    (
        "/var/lib/docker/containers",
        Below,
        Some(Medium),
        Some(Critical),
        "the logs and settings of every container are in it",
    ),
    ("/var/lib/docker", Below, Some(High), Some(Critical), CONTAINERS),
    ("/var/lib/containerd", Below, Some(High), Some(Critical), CONTAINERS),
    ("/var/lib/containers", Below, Some(High), Some(Critical), CONTAINERS),
    ("/var/lib/kubelet", Below, Some(High), Some(Critical), "the secrets of every pod are in it"),
    ("/var/lib", Whole, Some(High), Some(Critical), CONTAINERS),
    ("/var/spool/cron", Below, Some(Medium), Some(Critical), STARTS),
    ("/var", Whole, Some(High), Some(Critical), CONTAINERS),
    (
        "/run/dbus",
        Below,
        Some(High),
        Some(High),
        "root speaks to systemd through it, whatever the mode",
    ),
];

/// Folders that belong to the system; what lies there is not the project's.
const SYSTEM: &[&str] = &[
    "/bin", "/boot", "/dev", "/etc", "/home", "/lib", "/lib64", "/media", "/proc", "/root", "/run",
    "/sbin", "/srv", "/sys", "/usr", "/var", "/Users",
];

/// What may be mounted anywhere: nothing can be learnt from it or done with it.
const HARMLESS: &[&str] = &[
    "/dev/null",
    "/dev/zero",
    "/dev/full",
    "/dev/random",
    "/dev/urandom",
    "/etc/localtime",
    "/etc/timezone",
    "/usr/share/zoneinfo",
];

/// Files and folders of credentials, below any home.
const CREDENTIALS: &[&str] = &[
    ".ssh",
    ".aws",
    ".kube",
    ".gnupg",
    ".azure",
    ".docker",
    ".netrc",
    ".git-credentials",
    ".pgpass",
    ".vault-token",
    ".config/gcloud",
    ".config/gh",
];

/// Whether a path has a row of elements in it: `/home/a/.config/gcloud/x` has `.config/gcloud`.
fn holds(path: &str, elements: &str) -> bool {
    format!("{path}/").contains(&format!("/{elements}/"))
}

/// A folder right below one of the folders of homes.
fn is_home(path: &str) -> bool {
    let name = path.strip_prefix("/home/").or_else(|| path.strip_prefix("/Users/"));
    name.is_some_and(|name| !name.is_empty() && !name.contains('/'))
}

/// A drive of Windows: `C:` or `C:/`.
fn is_drive(path: &str) -> bool {
    matches!(path.trim_end_matches('/').as_bytes(), [letter, b':'] if letter.is_ascii_alphabetic())
}

/// The files that decide who is who; handing them over as a secret makes nothing better.
pub fn is_account_file(path: &str) -> bool {
    ["/etc/shadow", "/etc/gshadow", "/etc/sudoers", "/etc/ssh"]
        .iter()
        .any(|file| is_below(path, file))
}

/// Whether a path shows the whole host: what is mounted there is for watching it.
pub fn shows_the_host(path: &str) -> bool {
    path == "/"
        || is_drive(path)
        || [
            "/proc",
            "/sys",
            "/dev",
            "/var/lib/docker",
            "/var/lib/containerd",
            "/var/lib/containers",
        ]
        .iter()
        .any(|folder| is_below(path, folder))
}

/// Whether a path is the socket of the system's message bus, or its folder.
pub fn is_message_bus(path: &str) -> bool {
    is_below(path, "/run/dbus")
}

/// Whether a path may be shared by containers like a volume: it is no socket, gives nothing away,
/// and is not there to be looked at by all.
pub fn is_ones_own(written: &str) -> bool {
    let path = normal(written);
    let harmless = HARMLESS.iter().any(|known| is_below(&path, known));
    socket(&path).is_none() && !harmless && !matches!(claim(&path, true), Claim::Sensitive(..))
}

/// Whom a normal path belongs to that is no socket.
pub fn claim(path: &str, writable: bool) -> Claim {
    if CREDENTIALS.iter().any(|credentials| holds(path, credentials)) {
        return Claim::Sensitive(High, "the credentials of its user are in it");
    }
    if is_home(path) {
        return Claim::Sensitive(High, "the keys and start files of its user are in it");
    }
    if is_drive(path) {
        let severity = if writable { Critical } else { High };
        return Claim::Sensitive(severity, "it is a whole drive of the host");
    }
    let row = PATHS.iter().find(|(known, reach, ..)| match reach {
        Whole => path == *known,
        Below => is_below(path, known),
    });
    if let Some((_, _, read, write, what)) = row
        && let Some(severity) = if writable { write } else { read }
    {
        return Claim::Sensitive(*severity, what);
    }
    let harmless = HARMLESS.iter().any(|known| is_below(path, known));
    if !harmless && SYSTEM.iter().any(|folder| is_below(path, folder)) {
        return Claim::System;
    }
    Claim::Own
}

#[cfg(test)]
mod tests {
    use super::*;

    fn severity(path: &str, writable: bool) -> Option<Severity> {
        match claim(&normal(path), writable) {
            Claim::Sensitive(severity, _) => Some(severity),
            _ => None,
        }
    }

    #[test]
    fn every_spelling_of_the_root_is_the_root() {
        for path in ["/", "//", "/.", "/..", "/etc/..", "/run/../"] {
            assert_eq!(severity(path, false), Some(Critical), "{path}");
        }
    }

    #[test]
    fn a_socket_is_known_by_its_name_and_by_its_folder() {
        for path in [
            "/var/run/docker.sock",
            "/run/user/1000/docker.sock",
            "//var/run/docker.sock",
            "/var/run",
            "/run/",
            "/run/k3s/containerd/containerd.sock",
            r"\\.\pipe\docker_engine",
            "/run/podman",
        ] {
            assert!(socket(&normal(path)).is_some(), "{path}");
        }
        for path in ["/run/user/1000", "/run/postgresql", "/srv/docker.sock.d", "/running"] {
            assert_eq!(socket(&normal(path)), None, "{path}");
        }
    }

    #[test]
    fn writing_is_worse_than_reading() {
        assert_eq!((severity("/etc", false), severity("/etc", true)), (Some(High), Some(Critical)));
        assert_eq!(
            (severity("/etc/passwd", false), severity("/etc/passwd", true)),
            (None, Some(Critical))
        );
        assert_eq!(
            (severity("/usr/bin", false), severity("/usr/bin", true)),
            (None, Some(Critical))
        );
    }

    #[test]
    fn what_lies_deeper_is_not_what_lies_above() {
        for path in [
            "/var/lib/mysql",
            "/home/alice/shop/data",
            "/etc/nginx/conf.d",
            "/usr/share/x",
            "/srv/data",
        ] {
            assert_eq!(claim(path, true), Claim::System, "{path}");
        }
        for path in ["/dev/null", "/etc/localtime", "/opt/data", "/data", "/etcetera"] {
            assert_eq!(claim(path, true), Claim::Own, "{path}");
        }
    }

    #[test]
    fn credentials_are_known_in_every_home() {
        for path in [
            "~/.ssh",
            "/home/alice/.aws/credentials",
            "/root/.kube/config",
            "~/.config/gcloud",
            "~",
            "/home/alice",
        ] {
            assert_eq!(severity(path, false), Some(High), "{path}");
        }
        assert_eq!(severity("~/.sshx", false), None);
    }
}
