//! What the kernel says of a container's processes: as whom they run and what they may do.
//!
//! Read from `/proc/<pid>/status` (proc(5), capabilities(7)), which no container can gloss over.

use std::{fs, io};

use crate::stack::engine::{Container, Engine, EngineError};

/// The names of capabilities by their number, without `CAP_` (capability.h of the kernel).
#[rustfmt::skip]
const NAMES: &[&str] = &[
    "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID",
    "SETPCAP", "LINUX_IMMUTABLE", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER",
    "SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN", "SYS_BOOT", "SYS_NICE",
    "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD", "LEASE", "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP",
    "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ", "PERFMON", "BPF",
    "CHECKPOINT_RESTORE",
];

/// The sets of capabilities of a process, as its status names them.
const SETS: [&str; 5] = ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"];

/// A process as its status shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    /// Its id, in the host's numbering.
    pub id: i32,
    /// The program's name.
    pub name: String,
    /// Real, effective, saved and file system user, as the container counts them.
    pub users: Vec<u32>,
    /// The same of its group.
    pub groups: Vec<u32>,
    /// Each set of capabilities: its name in the status, and what is in it.
    pub capabilities: Vec<(&'static str, u64)>,
    /// Whether neither it nor its children can gain privileges by running a program.
    pub no_new_privileges: bool,
}

impl Process {
    /// The lines of the status that `wanted` picks, as the kernel prints them.
    #[must_use]
    pub fn shown(&self, wanted: &[&str]) -> String {
        let numbers =
            |numbers: &[u32]| numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        let line = |name: &&str| match *name {
            "Uid" => Some(format!("Uid: {}", numbers(&self.users))),
            "Gid" => Some(format!("Gid: {}", numbers(&self.groups))),
            "NoNewPrivs" => Some(format!("NoNewPrivs: {}", u8::from(self.no_new_privileges))),
            name => {
                let (_, set) = self.capabilities.iter().find(|(known, _)| *known == name)?;
                Some(format!("{name}: {set:016x}"))
            }
        };
        wanted.iter().filter_map(line).collect::<Vec<_>>().join(", ")
    }

    /// All capabilities that are in any of its sets: those it has and those it could still get.
    #[must_use]
    pub fn any_capability(&self) -> u64 {
        self.capabilities.iter().fold(0, |all, (_, set)| all | set)
    }
}

/// The names of the capabilities of a set; a number where the kernel knows more than we do.
#[must_use]
pub fn capability_names(set: u64) -> Vec<String> {
    let name = |at: u32| {
        let known = usize::try_from(at).ok().and_then(|at| NAMES.get(at));
        known.map_or_else(|| at.to_string(), |name| (*name).to_owned())
    };
    (0..u64::BITS).filter(|at| set >> at & 1 == 1).map(name).collect()
}

/// The names of the sets of capabilities in a process's status.
#[must_use]
pub const fn capability_sets() -> &'static [&'static str] {
    &SETS
}

/// A process now; an error when it has ended.
///
/// # Errors
/// The operating system's, or that the status is none.
pub fn process(id: i32) -> io::Result<Process> {
    let text = fs::read_to_string(format!("/proc/{id}/status"))?;
    let mut process = parse(id, &text)
        .ok_or_else(|| io::Error::other("its status has other lines than proc(5) says"))?;
    let inside = |file: &str, ids: &mut [u32]| {
        let map = fs::read_to_string(format!("/proc/{id}/{file}"))?;
        for id in ids {
            *id = mapped(&map, *id);
        }
        io::Result::Ok(())
    };
    inside("uid_map", &mut process.users)?;
    inside("gid_map", &mut process.groups)?;
    Ok(process)
}

/// An id of this side as a user namespace counts it: root of a container whose users the engine
/// moved is somebody else here, and root all the same.
fn mapped(map: &str, id: u32) -> u32 {
    let of_line = |line: &str| {
        let mut numbers = line.split_whitespace().map(str::parse::<u32>);
        let (inside, outside, count) =
            (numbers.next()?.ok()?, numbers.next()?.ok()?, numbers.next()?.ok()?);
        let below = id.checked_sub(outside).filter(|below| *below < count)?;
        inside.checked_add(below)
    };
    map.lines().find_map(of_line).unwrap_or(id)
}

fn parse(id: i32, text: &str) -> Option<Process> {
    let line = |name: &str| {
        let mut fields = text.lines().filter_map(|line| line.split_once(':'));
        fields.find(|(field, _)| *field == name).map(|(_, value)| value.trim())
    };
    let numbers = |name: &str| -> Option<Vec<u32>> {
        let numbers: Option<Vec<u32>> =
            line(name)?.split_whitespace().map(|number| number.parse().ok()).collect();
        numbers.filter(|numbers| numbers.len() == 4)
    };
    let set = |name: &'static str| Some((name, u64::from_str_radix(line(name)?, 16).ok()?));
    Some(Process {
        id,
        name: line("Name")?.to_owned(),
        users: numbers("Uid")?,
        groups: numbers("Gid")?,
        capabilities: SETS.into_iter().map(set).collect::<Option<_>>()?,
        no_new_privileges: line("NoNewPrivs")? == "1",
    })
}

/// The processes that a container's own command has become. What the engine starts beside them
/// (health checks, commands of an operator) has come from elsewhere and is left out.
///
/// # Errors
/// The engine's, or the operating system's.
pub async fn processes(
    engine: &Engine,
    container: &Container,
) -> Result<Vec<Process>, EngineError> {
    let listed = engine.process_ids(container).await?;
    let first = i32::try_from(container.pid).unwrap_or_default();
    let ids = descendants(&listed, first);
    // Who ended between the two questions is no longer there to be judged.
    Ok(ids.into_iter().filter_map(|id| process(id).ok()).collect())
}

fn descendants(listed: &[(i32, i32, String)], first: i32) -> Vec<i32> {
    let mut ids = vec![first];
    let mut at = 0;
    while let Some(parent) = ids.get(at).copied() {
        let children = listed.iter().filter(|(_, of, _)| *of == parent).map(|(id, ..)| *id);
        let more: Vec<i32> = children.filter(|id| !ids.contains(id)).collect();
        ids.extend(more);
        at += 1;
    }
    ids
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_read_as_the_kernel_writes_it() {
        let text = "Name:\tredis-server\nUid:\t999\t999\t999\t0\nGid:\t1000\t1000\t1000\t1000\n\
            CapInh:\t0000000000000000\nCapPrm:\t0000000000000400\nCapEff:\t0000000000000000\n\
            CapBnd:\t0000000000000401\nCapAmb:\t0000000000000000\nNoNewPrivs:\t1\n";
        let seen = parse(7, text).expect("a process");
        assert_eq!(seen.users, [999, 999, 999, 0]);
        assert!(seen.no_new_privileges);
        assert_eq!(capability_names(seen.any_capability()), ["CHOWN", "NET_BIND_SERVICE"]);
        assert_eq!(seen.shown(&["Uid", "CapPrm"]), "Uid: 999 999 999 0, CapPrm: 0000000000000400");
        assert_eq!(parse(7, "Name:\tx\n"), None, "a status without its lines proves nothing");
    }

    #[test]
    fn a_process_of_our_own_is_seen() {
        let id = i32::try_from(std::process::id()).expect("an id");
        let own = process(id).expect("a process");
        assert_eq!(own.users.len(), 4);
        assert_eq!(capability_names(1 << 63), ["63"]);
    }

    #[test]
    fn root_of_a_container_is_root_wherever_the_engine_moved_it() {
        assert_eq!(mapped("         0     100000      65536\n", 100_000), 0);
        assert_eq!(mapped("0 1000 1\n1 100000 65536\n", 100_032), 33);
        assert_eq!(mapped("0 0 4294967295\n", 999), 999);
        assert_eq!(mapped("", 7), 7);
    }

    #[test]
    fn what_the_engine_starts_beside_is_not_of_the_container() {
        let process = |id, of| (id, of, String::new());
        let listed =
            [process(10, 1), process(11, 10), process(12, 11), process(20, 1), process(21, 20)];
        assert_eq!(descendants(&listed, 10), [10, 11, 12]);
    }
}
