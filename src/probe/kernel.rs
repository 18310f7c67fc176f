//! What the kernel says of a container's processes: as whom they run and what they may do; and how
//! they are stopped and killed.
//!
//! Read from `/proc/<pid>/status` (proc(5), capabilities(7)), which no container can gloss over.

use std::{fs, io};

use rustix::process::{Pid, Signal, kill_process};

use super::ProbeError;
use crate::{
    facts::answers::capability,
    stack::engine::{Container, Engine},
};

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
        let known = usize::try_from(at).ok().and_then(|at| capability::NAMES.get(at));
        known.map_or_else(|| at.to_string(), |name| (*name).to_owned())
    };
    (0..u64::BITS).filter(|at| set >> at & 1 == 1).map(name).collect()
}

/// Lines in their order, equal ones once and with their number: `app: Uid: 7 7 7 7 (2 processes)`.
#[must_use]
pub fn counted<S: Into<String>>(lines: impl IntoIterator<Item = S>) -> Vec<String> {
    let mut counts: Vec<(String, usize)> = Vec::new();
    for line in lines.into_iter().map(Into::into) {
        match counts.iter_mut().find(|(known, _)| *known == line) {
            Some((_, count)) => *count += 1,
            None => counts.push((line, 1)),
        }
    }
    let told = |(line, count)| match count {
        1 => line,
        count => format!("{line} ({count} processes)"),
    };
    counts.into_iter().map(told).collect()
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

/// The numbers of a user and a group, as the engine finds them (`user:` of the Compose
/// specification, `USER` of Dockerfiles); none if a name is in no file.
#[must_use]
pub fn ids(asked: &str, passwd: &str, group: &str) -> Option<(u32, u32)> {
    let (user, of) = asked.split_once(':').unwrap_or((asked, ""));
    let user = if user.is_empty() { "0" } else { user };
    let field = |line: &str, at: usize| line.split(':').nth(at).map(str::to_owned);
    let number = |line: &str, at: usize| field(line, at)?.parse::<u32>().ok();
    let line = passwd.lines().find(|line| {
        field(line, 0).as_deref() == Some(user) || field(line, 2).as_deref() == Some(user)
    });
    let id = user.parse().ok().or_else(|| number(line?, 2))?;
    let of = match of {
        // Without a group it is the user's own, and root's for a number that no line knows.
        "" => line.map_or(Some(0), |line| number(line, 3))?,
        name => name.parse().ok().or_else(|| {
            let named = |line: &&str| field(line, 0).as_deref() == Some(name);
            number(group.lines().find(named)?, 2)
        })?,
    };
    Some((id, of))
}

/// A file below `/proc/<pid>`; none when the process has ended.
///
/// # Errors
/// The operating system's.
pub fn file_of(id: i32, file: &str) -> io::Result<Option<Vec<u8>>> {
    match fs::read(format!("/proc/{id}/{file}")) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(why) if is_gone(&why) => Ok(None),
        Err(why) => Err(why),
    }
}

/// The words of a process's command line with a space between; none when it has ended.
///
/// # Errors
/// The operating system's.
pub fn command_line(id: i32) -> io::Result<Option<String>> {
    let Some(line) = file_of(id, "cmdline")? else { return Ok(None) };
    let words = line.split(|byte| *byte == 0).filter(|word| !word.is_empty());
    let words: Vec<String> = words.map(|word| String::from_utf8_lossy(word).into_owned()).collect();
    Ok(Some(words.join(" ")))
}

/// Kills a process.
///
/// # Errors
/// The operating system's.
pub fn kill(id: i32) -> io::Result<()> {
    signal(id, Signal::KILL)
}

fn signal(id: i32, signal: Signal) -> io::Result<()> {
    let process = Pid::from_raw(id).ok_or_else(|| io::Error::other("it has no number"))?;
    Ok(kill_process(process, signal)?)
}

/// Processes that are stopped; they go on when this is dropped, whatever happens in between.
#[derive(Debug, Default)]
pub struct Frozen(Vec<i32>);

impl Frozen {
    /// Stops one more process; whether it was there and not stopped yet. One that has ended meanwhile
    /// is none.
    ///
    /// # Errors
    /// The operating system's.
    pub fn add(&mut self, id: i32) -> io::Result<bool> {
        if self.0.contains(&id) {
            return Ok(false);
        }
        match signal(id, Signal::STOP) {
            Ok(()) => {
                self.0.push(id);
                Ok(true)
            }
            Err(why) if why.raw_os_error() == Some(rustix::io::Errno::SRCH.raw_os_error()) => {
                Ok(false)
            }
            Err(why) => Err(why),
        }
    }

    /// Whether none is stopped.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Drop for Frozen {
    fn drop(&mut self) {
        for id in &self.0 {
            // Gone in the meantime: nothing to continue.
            let _continued = signal(*id, Signal::CONT);
        }
    }
}

/// The processes that a container's own command has become. What the engine starts beside them
/// (health checks, commands of an operator) has come from elsewhere and is left out.
///
/// # Errors
/// The engine's, or the operating system's: a process that may not be looked at is not left out.
pub async fn processes(engine: &Engine, container: &Container) -> Result<Vec<Process>, ProbeError> {
    let doing = || format!("list the processes of {}", container.name);
    let listed = engine.process_ids(container).await;
    let listed = listed.map_err(|why| ProbeError::new(doing(), &why))?;
    let first = i32::try_from(container.pid).map_err(|why| ProbeError::new(doing(), &why))?;
    let mut seen = Vec::new();
    for id in descendants(&listed, first) {
        match process(id) {
            Ok(process) => seen.push(process),
            // Who ended between the two questions is no longer there to be judged.
            Err(why) if is_gone(&why) => {}
            Err(why) => {
                let doing = format!("read /proc/{id}/status of {}", container.name);
                return Err(ProbeError::new(doing, &why));
            }
        }
    }
    Ok(seen)
}

/// Whether a process has ended, by the answer to a question about it.
fn is_gone(why: &io::Error) -> bool {
    why.kind() == io::ErrorKind::NotFound
        || why.raw_os_error() == Some(rustix::io::Errno::SRCH.raw_os_error())
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
    fn a_process_that_has_ended_meanwhile_is_none_to_stop() {
        let start = |program: &str| std::process::Command::new(program).arg("30").spawn();
        let id = |child: &std::process::Child| i32::try_from(child.id()).expect("an id");
        let mut ended = start("true").expect("a process");
        let gone = id(&ended);
        ended.wait().expect("it ends");
        let mut there = start("sleep").expect("a process");
        let mut frozen = Frozen::default();
        assert!(!frozen.add(gone).expect("no error") && frozen.is_empty());
        assert!(frozen.add(id(&there)).expect("it is there"));
        assert!(!frozen.add(id(&there)).expect("it is stopped already"));
        drop(frozen);
        there.kill().and_then(|()| there.wait()).expect("it ends");
    }

    #[test]
    fn a_process_that_may_not_be_looked_at_has_not_ended() {
        assert!(is_gone(&process(i32::MAX).expect_err("no such process")));
        assert!(is_gone(&rustix::io::Errno::SRCH.into()));
        assert!(!is_gone(&rustix::io::Errno::ACCESS.into()));
        assert!(!is_gone(&io::Error::other("its status has other lines than proc(5) says")));
    }

    #[test]
    fn root_of_a_container_is_root_wherever_the_engine_moved_it() {
        assert_eq!(mapped("         0     100000      65536\n", 100_000), 0);
        assert_eq!(mapped("0 1000 1\n1 100000 65536\n", 100_032), 33);
        assert_eq!(mapped("0 0 4294967295\n", 999), 999);
        assert_eq!(mapped("", 7), 7);
    }

    #[test]
    fn a_user_is_found_as_the_engine_finds_it() {
        let passwd = "root:x:0:0:root:/root:/bin/sh\nweb:x:33:34::/:/bin/false\nwheel:x:7:0::/:/\n";
        let group = "root:x:0:\nstaff:x:50:\n";
        for (asked, found) in [
            ("", Some((0, 0))),
            ("web", Some((33, 34))),
            ("33", Some((33, 34))),
            ("web:staff", Some((33, 50))),
            ("1000:1000", Some((1000, 1000))),
            ("1000", Some((1000, 0))),
            ("wheel", Some((7, 0))),
            ("web:root", Some((33, 0))),
            ("nobody", None),
            ("web:nobody", None),
        ] {
            assert_eq!(ids(asked, passwd, group), found, "{asked}");
        }
    }

    #[test]
    fn what_the_engine_starts_beside_is_not_of_the_container() {
        let process = |id, of| (id, of, String::new());
        let listed =
            [process(10, 1), process(11, 10), process(12, 11), process(20, 1), process(21, 20)];
        assert_eq!(descendants(&listed, 10), [10, 11, 12]);
    }
}
