//! Devices of the host, and what a container can do with them.

use super::containers::Container;
use crate::{
    compose::{journal::Origin, tree::Node, values::path},
    policy::Severity,
};

/// A device that a container may read or write.
pub struct Device {
    /// Its path on the host, or the name of a kind of device.
    pub source: String,
    /// Where it is written.
    pub origin: Origin,
}

/// The devices of a container that it may do something with; `m` alone only makes a node.
pub fn devices(container: &Container<'_>) -> impl Iterator<Item = Device> {
    container.items("devices").iter().filter_map(|device| {
        let source = device.get("source").filter(|source| source.as_str().is_some())?;
        let written = source.as_str()?;
        let permissions = device.get("permissions").and_then(Node::as_str).unwrap_or("rwm");
        let useful = permissions.trim().is_empty() || permissions.contains(['r', 'w']);
        let clean = if path::is_abs(written) { path::clean(written) } else { written.to_owned() };
        (useful && !written.is_empty()).then_some(Device { source: clean, origin: source.origin })
    })
}

/// Disks: a prefix of the path, and what follows it.
const DISKS: &[(&str, Next)] = &[
    ("/dev/sd", Next::Letter),
    ("/dev/hd", Next::LastLetter),
    ("/dev/vd", Next::Letter),
    ("/dev/xvd", Next::Letter),
    ("/dev/nvme", Next::Digit),
    ("/dev/mmcblk", Next::Digit),
    ("/dev/mtdblock", Next::Digit),
    ("/dev/md", Next::Digit),
    ("/dev/md/", Next::Anything),
    ("/dev/dm-", Next::Digit),
    ("/dev/loop", Next::Digit),
    ("/dev/nbd", Next::Digit),
    ("/dev/rbd", Next::Anything),
    ("/dev/zd", Next::Digit),
    ("/dev/zvol/", Next::Anything),
    ("/dev/mapper/", Next::Anything),
    ("/dev/disk/", Next::Anything),
    ("/dev/block/", Next::Anything),
    ("/dev/bcache", Next::Digit),
    ("/dev/ram", Next::Digit),
];

#[derive(Clone, Copy)]
enum Next {
    Letter,
    /// One letter and then digits only: `/dev/hda1`, not `/dev/hdmi0`.
    LastLetter,
    Digit,
    Anything,
}

impl Next {
    fn fits(self, rest: &str) -> bool {
        let first = rest.chars().next();
        match self {
            Self::Letter => first.is_some_and(|c| c.is_ascii_lowercase()),
            Self::LastLetter => {
                first.is_some_and(|c| c.is_ascii_lowercase())
                    && rest.chars().skip(1).all(|c| c.is_ascii_digit())
            }
            Self::Digit => first.is_some_and(|c| c.is_ascii_digit()),
            Self::Anything => first.is_some(),
        }
    }
}

/// Devices that are more than they look; the path, or its beginning if it ends with `*`.
const DANGEROUS: &[(&str, Severity, &str)] = &[
    ("/dev", Severity::Critical, "every disk and the memory of the host among them"),
    ("/dev/mem", Severity::Critical, "the memory of the host"),
    ("/dev/kmem", Severity::Critical, "the memory of the host's kernel"),
    ("/dev/port", Severity::Critical, "every port of the host's hardware"),
    ("/dev/cpu", Severity::Critical, "the registers of the host's processors"),
    ("/dev/cpu/*", Severity::Critical, "the registers of the host's processors"),
    ("/dev/zfs", Severity::Critical, "every pool of the host"),
    ("/dev/char/1:1", Severity::Critical, "the memory of the host"),
    ("/dev/char/1:4", Severity::Critical, "every port of the host's hardware"),
    ("/dev/sg*", Severity::High, "a disk by its commands, past its file system"),
    ("/dev/vfio*", Severity::High, "a device that reads memory by itself"),
    ("/dev/kmsg", Severity::Medium, "the host's kernel log, to read and to forge"),
    ("/dev/char/1:11", Severity::Medium, "the host's kernel log, to read and to forge"),
    ("/dev/loop-control", Severity::Medium, "disks made of files"),
    ("/dev/btrfs-control", Severity::Medium, "the host's file systems"),
    ("/dev/uinput", Severity::Medium, "a keyboard of the host"),
    ("/dev/uhid", Severity::Medium, "a keyboard of the host"),
    ("/dev/tpm*", Severity::Medium, "the keys of the host's security chip"),
    ("/dev/watchdog*", Severity::Medium, "a switch that restarts the host"),
];

/// How bad a device is, and what it gives; none if it is not known to be dangerous.
pub fn danger(source: &str) -> Option<(Severity, &'static str)> {
    let disk = |(prefix, next): &(&str, Next)| {
        source.strip_prefix(prefix).is_some_and(|rest| next.fits(rest))
    };
    if DISKS.iter().any(disk) {
        return Some((Severity::Critical, "a disk past its file system, with all files on it"));
    }
    let row = DANGEROUS.iter().find(|(known, ..)| match known.strip_suffix('*') {
        Some(prefix) => source.starts_with(prefix),
        None => source == *known,
    });
    row.map(|(_, severity, what)| (*severity, *what))
}

/// Beginnings of devices that programs are given for what they do: pictures, sound, sensors, tunnels.
pub const ORDINARY: &[&str] = &[
    "/dev/dri",
    "/dev/kfd",
    "/dev/nvidia",
    "/dev/video",
    "/dev/media",
    "/dev/v4l",
    "/dev/snd",
    "/dev/tty",
    "/dev/serial",
    "/dev/usb",
    "/dev/bus/usb",
    "/dev/hidraw",
    "/dev/input",
    "/dev/i2c",
    "/dev/spidev",
    "/dev/gpio",
    "/dev/dvb",
    "/dev/net/tun",
    "/dev/fb",
    "/dev/vchiq",
    "/dev/vcsm",
    "/dev/apex",
    "/dev/rtc",
    "/dev/sr",
    "/dev/cdrom",
    "/dev/ppp",
    "/dev/null",
    "/dev/zero",
    "/dev/full",
    "/dev/random",
    "/dev/urandom",
    "/dev/shm",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn disks_are_known_and_their_neighbours_are_not() {
        for disk in [
            "/dev/sda",
            "/dev/sdb1",
            "/dev/nvme0n1",
            "/dev/vda",
            "/dev/mapper/root",
            "/dev/disk/by-id/x",
            "/dev/hda1",
            "/dev/md0",
            "/dev/md/home",
            "/dev/dm-0",
        ] {
            assert_eq!(
                danger(disk).map(|(severity, _)| severity),
                Some(Severity::Critical),
                "{disk}"
            );
        }
        for other in [
            "/dev/hdmi0",
            "/dev/dri/card0",
            "/dev/mdadm",
            "/dev/nvidia0",
            "/dev/ttyS0",
            "/dev/memory",
        ] {
            assert!(danger(other).is_none(), "{other}");
        }
    }
}
