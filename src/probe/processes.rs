//! As whom a container's processes run, and what they may do: by the kernel, and of a container that
//! has ended by what the engine was asked for. Each with what was seen, as evidence.

use super::{
    facts::Undecided,
    kernel::{self, Process, capability_names, capability_sets, counted, ids},
};
use crate::{
    compose::{Located, journal::Origin},
    facts::{
        answers::{capability::Capabilities, privileges::no_new_privileges},
        processes::{Granted, Identity, Seal, Sealing},
    },
    stack::{
        StackError, chain,
        engine::{Asked, Container, Engine},
    },
};

/// The processes of a container; that there are none is no proof.
///
/// # Errors
/// Undecided when they cannot be looked at, or none is there.
pub async fn all(engine: &Engine, container: &Container) -> Result<Vec<Process>, Undecided> {
    const HELP: &str = "run as root, on the engine's own machine";
    let seen = kernel::processes(engine, container).await;
    let seen = seen.map_err(|why| Undecided::new(why.doing, why.why).help(HELP))?;
    if seen.is_empty() {
        let tried = format!("read /proc/<pid>/status of {}", container.name);
        return Err(Undecided::new(tried, "no process is there").help(HELP));
    }
    Ok(seen)
}

/// Processes with some lines of their status, equal ones once.
fn shown(processes: &[Process], fields: &[&str]) -> String {
    counted(processes.iter().map(|process| line(process, fields))).join("\n")
}

fn line(process: &Process, fields: &[&str]) -> String {
    format!("{}: {}", process.name, process.shown(fields))
}

/// Whom a container's processes run as; names of one that has ended are looked up in its own files.
///
/// # Errors
/// As [`all`], and when the files do not know the name.
pub async fn identities(
    engine: &Engine,
    container: &Container,
) -> Result<(Vec<Identity>, String), Undecided> {
    const FIELDS: &[&str] = &["Uid", "Gid"];
    if container.absence().is_some() {
        let identity = asked_for(engine, container).await?;
        let shown = identity.shown.clone();
        return Ok((vec![identity], shown));
    }
    let processes = all(engine, container).await?;
    let identity = |process: &Process| {
        let both = process.users.iter().zip(&process.groups);
        let users = both.map(|(user, group)| format!("{user}:{group}")).collect();
        Identity { users: Ok(users), shown: line(process, FIELDS) }
    };
    Ok((processes.iter().map(identity).collect(), shown(&processes, FIELDS)))
}

async fn asked_for(engine: &Engine, container: &Container) -> Result<Identity, Undecided> {
    let asked = &container.asked.user;
    let mut files = [String::new(), String::new()];
    for (text, file) in files.iter_mut().zip(["/etc/passwd", "/etc/group"]) {
        let bytes = engine.file(container, file).await.map_err(|why| {
            let why = StackError::from(why);
            let help = why.help();
            Undecided::new(format!("read {file} of {}", container.name), chain(&why)).help(help)
        })?;
        // An image may have neither: numbers need none.
        *text = String::from_utf8_lossy(&bytes.unwrap_or_default()).into_owned();
    }
    let [passwd, group] = files;
    let Some((user, group)) = ids(asked, &passwd, &group) else {
        let found = format!("its /etc/passwd and /etc/group have no \"{asked}\"");
        return Err(Undecided::new(format!("whom {} ran as", container.name), found)
            .help("write `user: \"1000:1000\"` with a user and a group of the image"));
    };
    let shown = format!("User: \"{asked}\", Uid: {user}, Gid: {group}");
    Ok(Identity { users: Ok(vec![format!("{user}:{group}")]), shown })
}

/// Whether a container's processes can gain privileges.
///
/// # Errors
/// As [`all`].
pub async fn sealing(
    engine: &Engine,
    container: &Container,
) -> Result<(Sealing, String), Undecided> {
    const FIELDS: &[&str] = &["NoNewPrivs"];
    let (asked, privileged) = (&container.asked, container.asked.privileged);
    if container.absence().is_some() {
        let shown = format!("SecurityOpt: {}", listed(&asked.security_options));
        let is_on = no_new_privileges(&asked.security_options);
        let seals = vec![Seal { is_on, shown: shown.clone() }];
        return Ok((Sealing { privileged, seals }, shown));
    }
    let processes = all(engine, container).await?;
    let seal = |process: &Process| Seal {
        is_on: Some(process.no_new_privileges),
        shown: line(process, FIELDS),
    };
    let seals = processes.iter().map(seal).collect();
    Ok((Sealing { privileged, seals }, shown(&processes, FIELDS)))
}

/// The capabilities that a container's processes have or could get.
///
/// # Errors
/// As [`all`].
pub async fn granted(
    engine: &Engine,
    container: &Container,
) -> Result<(Granted, String), Undecided> {
    let asked = &container.asked;
    let (there, shown) = if container.absence().is_some() {
        (capabilities(asked), capabilities_shown(asked))
    } else {
        let processes = all(engine, container).await?;
        let all = processes.iter().fold(0, |all, process| all | process.any_capability());
        (Capabilities::these(capability_names(all)), shown(&processes, capability_sets()))
    };
    // No file says it here.
    let located = |name: &String| Located { value: name.clone(), origin: Origin::IMPLIED };
    let added = asked.added.iter().map(located).collect();
    Ok((Granted { privileged: asked.privileged, added, there, shown: shown.clone() }, shown))
}

/// What the engine made of what it was asked for.
fn capabilities(asked: &Asked) -> Capabilities {
    if asked.privileged {
        Capabilities::All
    } else {
        Capabilities::of(&asked.added, &asked.dropped)
    }
}

fn capabilities_shown(asked: &Asked) -> String {
    let privileged = if asked.privileged { "Privileged, " } else { "" };
    format!("{privileged}CapDrop: {}; CapAdd: {}", listed(&asked.dropped), listed(&asked.added))
}

fn listed(words: &[String]) -> String {
    if words.is_empty() { "none".to_owned() } else { words.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processes_that_show_the_same_are_counted() {
        let process = Process {
            id: 1,
            name: "app".into(),
            users: vec![7; 4],
            groups: vec![7; 4],
            capabilities: vec![],
            no_new_privileges: true,
        };
        let other = Process { no_new_privileges: false, ..process.clone() };
        assert_eq!(
            shown(&[process.clone(), other, process], &["NoNewPrivs"]),
            "app: NoNewPrivs: 1 (2 processes)\napp: NoNewPrivs: 0"
        );
    }

    #[test]
    fn what_the_engine_was_asked_for_is_what_could_be_had() {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        let given =
            Asked { dropped: words(&["all"]), added: words(&["cap_chown"]), ..Asked::default() };
        assert_eq!(capabilities(&given).word(), "CHOWN");
        assert_eq!(capabilities_shown(&given), "CapDrop: all; CapAdd: cap_chown");
        assert_eq!(capabilities(&Asked { privileged: true, ..given }), Capabilities::All);
        assert_eq!(capabilities(&Asked::default()).word(), "default");
    }
}
