//! A container's ends on its networks, as this host has them.
//!
//! An interface of a container on a bridge is one end of a cable (veth(4)) whose other end lies in the
//! host's own network. To take that other end down takes the container off the network as a drawn plug
//! does: addresses, routes, names and published ports stay as they are, and come back with the plug.

use std::{fs, io, path::Path};

use super::engine::Container;

/// The flag of an interface that is up (netdevice(7)).
const UP: u32 = 1;
/// Where the kernel tells of the interfaces of this network.
const HOST: &str = "/sys/class/net";

/// A container's end on one network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The id of the container.
    pub container: String,
    /// The container's name.
    pub name: String,
    /// The engine's name of the network.
    pub network: String,
    /// The interface inside: `eth0`.
    pub inner: String,
    /// The interface on the host, at the other end of the cable.
    pub outer: String,
}

/// What the kernel says of an interface, without the newline.
fn said(of: &Path, what: &str) -> io::Result<String> {
    Ok(fs::read_to_string(of.join(what))?.trim().to_owned())
}

/// The interfaces of a network namespace, number and name, by the kernel's list of whom they listen to
/// (`/proc/net/dev_mcast`).
fn interfaces(list: &str) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = Vec::new();
    for line in list.lines() {
        let mut words = line.split_whitespace();
        let (Some(number), Some(name)) = (words.next(), words.next()) else { continue };
        if !all.iter().any(|(known, _)| known == number) {
            all.push((number.to_owned(), name.to_owned()));
        }
    }
    all
}

/// The ends of a running container, by network; only those whose other end is on this host's own
/// network.
///
/// # Errors
/// Why nobody can tell.
pub fn of(container: &Container) -> Result<Vec<Link>, String> {
    if !container.is_here() {
        return Err("its processes are not seen on this host".to_owned());
    }
    let list = format!("/proc/{}/net/dev_mcast", container.pid);
    let list = fs::read_to_string(&list).map_err(|why| format!("{list}: {why}"))?;
    let inside = format!("/proc/{}/root/sys/class/net", container.pid);
    let mut links = Vec::new();
    for (number, inner) in interfaces(&list) {
        let at = Path::new(&inside).join(&inner);
        let read = |what| said(&at, what).map_err(|why| format!("{inner}/{what} inside: {why}"));
        let address = read("address")?.to_ascii_lowercase();
        let Some((network, _)) = container.hardware.iter().find(|(_, own)| **own == address) else {
            continue;
        };
        if let Some(outer) = other_end(&number, &read("iflink")?)? {
            links.push(Link {
                container: container.id.clone(),
                name: container.name.clone(),
                network: network.clone(),
                inner,
                outer,
            });
        }
    }
    // Whose number it was while all this was read.
    if !container.is_here() {
        return Err("it has ended meanwhile".to_owned());
    }
    Ok(links)
}

/// The host's interface of one number whose other end has the other.
fn other_end(inner: &str, outer: &str) -> Result<Option<String>, String> {
    let all = fs::read_dir(HOST).map_err(|why| format!("{HOST}: {why}"))?;
    for entry in all.flatten() {
        let is = |what, number| said(&entry.path(), what).is_ok_and(|found| found == number);
        if is("ifindex", outer) && is("iflink", inner) && inner != outer {
            return Ok(Some(entry.file_name().to_string_lossy().into_owned()));
        }
    }
    Ok(None)
}

impl Link {
    fn path(&self) -> std::path::PathBuf {
        Path::new(HOST).join(&self.outer)
    }

    fn flags(&self) -> io::Result<u32> {
        let flags = said(&self.path(), "flags")?;
        u32::from_str_radix(flags.trim_start_matches("0x"), 16).map_err(io::Error::other)
    }

    /// Whether packets may pass: the host's end is up and its plug is in.
    ///
    /// # Errors
    /// The kernel's; [`io::ErrorKind::NotFound`] where the interface is gone.
    pub fn is_up(&self) -> io::Result<bool> {
        Ok(self.flags()? & UP == UP && said(&self.path(), "operstate")? == "up")
    }

    /// Takes the host's end down, or up.
    ///
    /// # Errors
    /// The kernel's: only who administers the host's network may do so.
    pub fn set(&self, up: bool) -> io::Result<()> {
        let flags = self.flags()?;
        let flags = if up { flags | UP } else { flags & !UP };
        fs::write(self.path().join("flags"), format!("{flags:#x}"))
    }

    /// How many packets of the container have come out of the cable.
    ///
    /// # Errors
    /// As [`Link::is_up`].
    pub fn passed(&self) -> io::Result<u64> {
        said(&self.path(), "statistics/rx_packets")?.parse().map_err(io::Error::other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_list_names_each_interface_once() {
        let list = "1    lo              1     0     010000000001\n\
                    12   eth0            1     0     333300000001\n\
                    12   eth0            1     0     01005e000001\n\
                    14   eth1            1     0     333300000001\n";
        let of = |number: &str, name: &str| (number.to_owned(), name.to_owned());
        assert_eq!(interfaces(list), [of("1", "lo"), of("12", "eth0"), of("14", "eth1")]);
        assert_eq!(interfaces(""), []);
    }

    #[test]
    fn what_is_no_cable_has_no_other_end() {
        assert_eq!(other_end("1", "1"), Ok(None));
    }

    #[test]
    fn who_does_not_run_here_has_no_ends_that_anybody_sees() {
        assert!(of(&Container::default()).is_err());
    }
}
