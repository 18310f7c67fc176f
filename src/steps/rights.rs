//! What a service's processes may do: as whom they run, whether they can gain privileges, which
//! capabilities they have. Declared by the files, and borne out by the kernel's own word.

use super::{
    Arguments, Step, StepResult, World,
    declared::{self, key_origin},
    exceptions::{Fault, settle},
    looks::{Lack, Look, every, unreadable},
};
use crate::{
    compose::{Project, Service, tree::Node},
    dockerfile::RunAs,
    probe::kernel::{self, Process, capability_names, capability_sets},
    run::Failure,
    stack::engine::Container,
};

const UNPRIVILEGED: &str = "every service runs as an unprivileged user";
const NO_NEW: &str = "no service can gain new privileges";
const NO_CAPABILITY: &str = "no service has a capability";

pub(super) static STEPS: &[Step] = &[
    Step::then(
        UNPRIVILEGED,
        "The files name a user that is not root; no process of a container has root's user or group id, real, effective, saved or of the file system. (Health checks and other commands that the engine starts beside are left out.)",
        UNPRIVILEGED,
    )
    .excepts()
    .declared(|world, arguments| by_files(world, arguments, UNPRIVILEGED, root_by_files))
    .observed(|world, arguments| {
        Box::pin(async move {
            every(world, arguments, UNPRIVILEGED, look(&running(world)?, root_by_kernel)).await
        })
    }),
    Step::then(
        NO_NEW,
        "The files set no-new-privileges; the kernel shows it for every process: no set-user-id program can make it more than it is.",
        NO_NEW,
    )
    .excepts()
    .declared(|world, arguments| by_files(world, arguments, NO_NEW, gains_by_files))
    .observed(|world, arguments| {
        Box::pin(async move {
            every(world, arguments, NO_NEW, look(&running(world)?, gains_by_kernel)).await
        })
    }),
    Step::then(
        NO_CAPABILITY,
        "All capabilities are dropped and none is given back; no process has one in any of its sets, or could ever get one.",
        NO_CAPABILITY,
    )
    .excepts()
    .declared(|world, arguments| by_files(world, arguments, NO_CAPABILITY, capable_by_files))
    .observed(|world, arguments| {
        Box::pin(async move {
            every(world, arguments, NO_CAPABILITY, look(&running(world)?, capable_by_kernel)).await
        })
    }),
];

fn running(world: &World) -> Result<crate::stack::engine::Engine, Failure> {
    Ok(world.running()?.stack.engine.clone())
}

fn by_files(
    world: &mut World,
    arguments: &Arguments,
    expected: &str,
    lacks: fn(&Project, &str, &Node) -> Option<Lack>,
) -> StepResult {
    let project = world.project()?;
    let faults = faults(&project, lacks);
    let judged: Vec<String> = project.services.keys().cloned().collect();
    settle(world, &project, arguments, expected, &judged, faults)
}

fn faults(project: &Project, lacks: fn(&Project, &str, &Node) -> Option<Lack>) -> Vec<Fault> {
    let fault = |name: &String| {
        let lack = lacks(project, name, project.at(&["services", name])?)?;
        Some(Fault {
            subject: name.clone(),
            found: format!("service \"{name}\" {}", lack.found),
            origin: key_origin(project, name, lack.key),
            help: format!(
                "{} for service \"{name}\", or add an exception with its reason",
                lack.help
            ),
        })
    };
    project.services.keys().filter_map(fault).collect()
}

/// Whether a user, as `user:` writes it, is root or of root's group.
fn is_root(user: &str) -> bool {
    let root = |part: &str| part == "root" || part.parse::<i64>() == Ok(0);
    let (name, group) = user.trim().split_once(':').unwrap_or((user.trim(), ""));
    root(name) || root(group)
}

fn root_by_files(project: &Project, name: &str, _: &Node) -> Option<Lack> {
    const HELP: &str = "write `user: \"1000:1000\"` with a user of the image";
    let service = project.services.get(name)?;
    let lack = |found: String| Some(Lack { found, key: "user", help: HELP.into() });
    if let Some(user) = service.user.as_ref().filter(|user| !user.trim().is_empty()) {
        return if is_root(user) { lack(format!("runs as \"{}\"", user.value)) } else { None };
    }
    match super::builds::run_as(project, name) {
        Some(RunAs::Named(user)) if !is_root(&user.text) => None,
        Some(RunAs::Named(user)) => {
            lack(format!("has no `user`, and its Dockerfile ends as \"{}\"", user.text))
        }
        Some(RunAs::Variable) => {
            lack("has no `user`, and its Dockerfile names one by a variable without a value".into())
        }
        Some(RunAs::OfBase(base)) => {
            lack(format!("has no `user`, and its Dockerfile none either: {} decides", base.text))
        }
        None => lack("has no `user`: its image decides, and most say root".into()),
    }
}

fn gains_by_files(project: &Project, name: &str, node: &Node) -> Option<Lack> {
    let service = project.services.get(name)?;
    let help = "write `security_opt: [\"no-new-privileges:true\"]`".to_owned();
    if is_privileged(node) {
        let found = "is privileged".into();
        return Some(Lack { found, key: "privileged", help: "remove `privileged: true`".into() });
    }
    // The engine goes by the last; what it reads as true is strconv.ParseBool's.
    let mut options = service.security_opt.iter().filter_map(|option| {
        let option = option.trim();
        let (key, value) =
            option.split_once('=').or_else(|| option.split_once(':')).unwrap_or((option, "true"));
        (key.trim() == "no-new-privileges").then(|| value.trim().to_owned())
    });
    let found = match options.next_back() {
        Some(value) if ["1", "t", "T", "true", "True", "TRUE"].contains(&value.as_str()) => {
            return None;
        }
        Some(_) => "switches no-new-privileges off".to_owned(),
        None => "does not set no-new-privileges".to_owned(),
    };
    Some(Lack { found, key: "security_opt", help })
}

fn is_privileged(node: &Node) -> bool {
    node.get("privileged")
        .is_some_and(|node| matches!(node.value, crate::compose::tree::Value::Bool(true)))
}

/// The name of a capability as the kernel knows it, without `CAP_`.
pub(super) fn bare(name: &str) -> String {
    name.trim().to_uppercase().trim_start_matches("CAP_").to_owned()
}

fn capable_by_files(project: &Project, name: &str, node: &Node) -> Option<Lack> {
    let service = project.services.get(name)?;
    let drop = "write `cap_drop: [ALL]`".to_owned();
    if is_privileged(node) {
        let found = "is privileged: it has every capability".into();
        return Some(Lack { found, key: "privileged", help: "remove `privileged: true`".into() });
    }
    if !service.cap_drop.iter().any(|name| bare(name) == "ALL") {
        let found = "keeps capabilities that the engine gives to all".into();
        return Some(Lack { found, key: "cap_drop", help: drop });
    }
    let added: Vec<&str> = service.cap_add.iter().map(|name| name.as_str()).collect();
    (!added.is_empty()).then(|| Lack {
        found: format!("is given {}", added.join(", ")),
        key: "cap_add",
        help: "remove `cap_add:`".into(),
    })
}

type Judge = fn(&[Process]) -> (&'static [&'static str], Option<Lack>);

/// A look at all processes of a container: the lines of their status that count, and the verdict.
fn look(
    engine: &crate::stack::engine::Engine,
    judge: Judge,
) -> impl AsyncFn(&Service, &Container) -> Result<Look, Failure> {
    async move |_: &Service, container: &Container| {
        let processes = processes(engine, container).await?;
        let (fields, lack) = judge(&processes);
        Ok(Look { seen: shown(&processes, fields), lack })
    }
}

/// The processes of a container; that there are none is no proof.
pub(super) async fn processes(
    engine: &crate::stack::engine::Engine,
    container: &Container,
) -> Result<Vec<Process>, Failure> {
    let seen =
        kernel::processes(engine, container).await.map_err(crate::stack::StackError::from)?;
    if seen.is_empty() {
        return Err(unreadable(container, "/proc/<pid>/status", &"no process is there"));
    }
    Ok(seen)
}

/// Processes that show the same in one line.
pub(super) fn shown(processes: &[Process], fields: &[&str]) -> String {
    let mut lines: Vec<(String, usize)> = Vec::new();
    for process in processes {
        let line = format!("{}: {}", process.name, process.shown(fields));
        match lines.iter_mut().find(|(known, _)| *known == line) {
            Some((_, count)) => *count += 1,
            None => lines.push((line, 1)),
        }
    }
    let lines = lines.into_iter().map(|(line, count)| match count {
        1 => line,
        count => format!("{line} ({count} processes)"),
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn lacking(
    processes: &[Process],
    fields: &[&str],
    wrong: impl Fn(&Process) -> bool,
) -> Option<String> {
    let wrong: Vec<Process> = processes.iter().filter(|process| wrong(process)).cloned().collect();
    (!wrong.is_empty()).then(|| shown(&wrong, fields).replace('\n', "; "))
}

fn root_by_kernel(processes: &[Process]) -> (&'static [&'static str], Option<Lack>) {
    const FIELDS: &[&str] = &["Uid", "Gid"];
    let wrong = lacking(processes, FIELDS, |process| {
        process.users.contains(&0) || process.groups.contains(&0)
    });
    let lack = wrong.map(|processes| Lack {
        found: format!("runs as root or in root's group: {processes}"),
        key: "user",
        help: "write `user: \"1000:1000\"` with a user and a group of the image, or let the image end with `USER`".into(),
    });
    (FIELDS, lack)
}

fn gains_by_kernel(processes: &[Process]) -> (&'static [&'static str], Option<Lack>) {
    const FIELDS: &[&str] = &["NoNewPrivs"];
    let lack =
        lacking(processes, FIELDS, |process| !process.no_new_privileges).map(|processes| Lack {
            found: format!("can gain privileges: {processes}"),
            key: "security_opt",
            help: "write `security_opt: [\"no-new-privileges:true\"]`".into(),
        });
    (FIELDS, lack)
}

fn capable_by_kernel(processes: &[Process]) -> (&'static [&'static str], Option<Lack>) {
    let lack = lacking(processes, &[], |process| process.any_capability() != 0).map(|_| {
        let all = processes.iter().fold(0, |all, process| all | process.any_capability());
        Lack {
            found: format!("has, or can get, {}", capability_names(all).join(", ")),
            key: "cap_drop",
            help: "write `cap_drop: [ALL]` and no `cap_add:`".into(),
        }
    });
    (capability_sets(), lack)
}

/// Judges by the kernel that a service has these capabilities and no other.
pub(super) async fn exactly(world: &mut World, name: &str, wanted: &[String]) -> StepResult {
    let running = world.running()?;
    let project = &running.stack.project;
    let wanted: Vec<String> = wanted.iter().map(|name| bare(name)).collect();
    for container in running.stack.service(name).await? {
        if container.pid == 0 {
            world.saw(container.name.clone(), super::looks::ended(&container).seen);
            continue;
        }
        let processes = processes(&running.stack.engine, &container).await?;
        let all = processes.iter().fold(0, |all, process| all | process.any_capability());
        let there = capability_names(all);
        world.saw(container.name.clone(), shown(&processes, capability_sets()));
        let more: Vec<&str> =
            there.iter().filter(|name| !wanted.contains(name)).map(String::as_str).collect();
        let fewer: Vec<&str> =
            wanted.iter().filter(|name| !there.contains(name)).map(String::as_str).collect();
        let (found, help, key) = if !more.is_empty() {
            let help = "write `cap_drop: [ALL]`, and in `cap_add:` nothing else";
            (format!("it has, or can get, {} besides", more.join(", ")), help, "cap_drop")
        } else if !fewer.is_empty() {
            let help = "add what is missing to `cap_add:`";
            (format!("it cannot have {}", fewer.join(", ")), help, "cap_add")
        } else {
            continue;
        };
        let what = if wanted.is_empty() { "no capability".into() } else { wanted.join(", ") };
        let expected = format!("{} has {what} and no other", container.name);
        let failure =
            Failure::finding(expected, found).help(format!("{help} (service \"{name}\")"));
        return Err(declared::point_key(project, name, key, failure));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_is_known_by_user_and_by_group() {
        for user in ["root", "0", "0:0", "1000:0", "nobody:root", "00"] {
            assert!(is_root(user), "{user}");
        }
        for user in ["1000", "1000:1000", "app", "app:app", "rooty"] {
            assert!(!is_root(user), "{user}");
        }
    }

    fn process(users: [u32; 4], bounding: u64, sealed: bool) -> Process {
        Process {
            id: 1,
            name: "app".into(),
            users: users.to_vec(),
            groups: vec![7; 4],
            capabilities: vec![("CapEff", 0), ("CapBnd", bounding)],
            no_new_privileges: sealed,
        }
    }

    #[test]
    fn one_process_of_many_is_enough() {
        let sound = process([7, 7, 7, 7], 0, true);
        let judges: [Judge; 3] = [root_by_kernel, gains_by_kernel, capable_by_kernel];
        for (judge, bad, says) in [
            (judges[0], process([7, 7, 0, 7], 0, true), "Uid: 7 7 0 7"),
            (judges[1], process([7; 4], 0, false), "NoNewPrivs: 0"),
            (judges[2], process([7; 4], 1 << 10, true), "NET_BIND_SERVICE"),
        ] {
            assert!(judge(&[sound.clone(), sound.clone()]).1.is_none(), "{says}");
            let found = judge(&[sound.clone(), bad]).1.expect("a lack").found;
            assert!(found.contains(says), "{found}");
        }
        assert_eq!(shown(&[sound.clone(), sound], &["Uid"]), "app: Uid: 7 7 7 7 (2 processes)");
    }
}
