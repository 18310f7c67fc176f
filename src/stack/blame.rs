//! Whether the files are to blame or the machine, when the engine does not create or start a service.
//!
//! The engine tells everything in words alone. Those that we know to be about what the files ask
//! for are a finding, with the line that asks; a full disk, a taken port and everything that we do
//! not know are errors: in doubt the stack is not accused.

use super::{StackError, engine::EngineError, ready::LAST_WORDS};
use crate::{compose::Project, run::Incident};

/// What the machine lacks or others hold, whatever else is said.
const OF_THE_MACHINE: &[&str] = &[
    "address already in use",
    "port is already allocated",
    "driver failed programming external connectivity",
    "no space left on device",
    "cannot allocate memory",
    "could not select device driver",
    "no such image",
    "as there are only",
    "not supported by your kernel",
    "address pool",
    "pool overlaps",
];

/// What the files ask for and nobody can do, and the keys of a service that ask for it.
const OF_THE_FILES: &[(&str, &[&[&str]])] = &[
    ("executable file not found", &[&["entrypoint"], &["command"], &["image"]]),
    ("exec format error", &[&["platform"], &["image"]]),
    ("exec: ", &[&["entrypoint"], &["command"], &["image"]]),
    ("unable to find user", &[&["user"], &["image"]]),
    ("unable to find group", &[&["user"], &["group_add"]]),
    ("no matching entries in passwd file", &[&["user"], &["image"]]),
    ("working directory", &[&["working_dir"]]),
    ("chdir to cwd", &[&["working_dir"], &["user"]]),
    ("invalid mount", &[&["volumes"]]),
    ("error mounting", &[&["volumes"], &["tmpfs"], &["configs"], &["secrets"]]),
    ("bind source path does not exist", &[&["volumes"]]),
    ("duplicate mount point", &[&["volumes"], &["tmpfs"]]),
    ("not a directory", &[&["volumes"]]),
    ("invalid volume specification", &[&["volumes"]]),
    ("unknown capability", &[&["cap_add"], &["cap_drop"]]),
    ("sysctl", &[&["sysctls"]]),
    ("invalid --security-opt", &[&["security_opt"]]),
    ("opening seccomp profile", &[&["security_opt"]]),
    ("unknown or invalid runtime", &[&["runtime"]]),
    ("minimum memory limit", &[&["mem_limit"], &["deploy"]]),
    ("memory limit too low", &[&["mem_limit"], &["deploy"]]),
    ("cannot join network of a non running container", &[&["network_mode"]]),
    ("joining network namespace of container", &[&["network_mode"]]),
    ("no command specified", &[&["command"], &["image"]]),
    ("error gathering device information", &[&["devices"]]),
    ("unknown log opt", &[&["logging"]]),
    ("logger: no log driver", &[&["logging"]]),
];

/// Whether a service says itself that a disk is full.
pub(super) fn is_disk_full(last_words: &[String]) -> bool {
    last_words.iter().any(|line| line.to_lowercase().contains("no space left on device"))
}

/// The keys of a service that ask for what the engine refuses; none when the files are not to blame.
fn keys(reason: &str) -> Option<&'static [&'static [&'static str]]> {
    let reason = reason.to_lowercase();
    if OF_THE_MACHINE.iter().any(|words| reason.contains(words)) {
        return None;
    }
    OF_THE_FILES.iter().find(|(words, _)| reason.contains(words)).map(|(_, keys)| *keys)
}

/// A service that the engine does not start.
pub(super) fn not_started(project: &Project, service: &str, why: EngineError) -> StackError {
    let reason = match &why {
        EngineError::Refused { source, .. } => source.to_string(),
        _ => return StackError::Engine(why),
    };
    let Some(keys) = keys(&reason) else {
        return StackError::Start { service: service.to_owned(), reason };
    };
    refused(project, service, "cannot be started", &reason, keys)
}

fn refused(
    project: &Project,
    service: &str,
    what: &str,
    reason: &str,
    keys: &[&[&str]],
) -> StackError {
    let spot = project.written(service, keys);
    let help = format!("mend what the files say of service \"{service}\" there");
    StackError::NotReady(Box::new(Incident {
        spot,
        help,
        ..Incident::new(service, format!("{what}: {reason}"))
    }))
}

/// What Compose said when it did not create the containers: the service that the engine refused,
/// where the files are to blame for it.
pub(super) fn not_created(project: &Project, name: &str, why: StackError) -> StackError {
    let StackError::Program { last_words, .. } = &why else { return why };
    let found = last_words.iter().find_map(|line| {
        // `Container NAME-SERVICE-1  Error response from daemon: REASON`
        let (before, reason) = line.split_once("Error response from daemon: ")?;
        let container = before.trim().strip_prefix("Container ")?.trim();
        let container = container.strip_suffix("Error").unwrap_or(container).trim();
        let (service, _) = container.strip_prefix(name)?.strip_prefix('-')?.rsplit_once('-')?;
        Some((project.services.get_key_value(service)?.0.clone(), reason.to_owned()))
    });
    match found {
        Some((service, reason)) => match keys(&reason) {
            Some(keys) => refused(project, &service, "cannot be created", &reason, keys),
            None => why,
        },
        None => why,
    }
}

/// At most so many lines from the end.
pub(super) fn tail(mut lines: Vec<String>) -> Vec<String> {
    lines.split_off(lines.len().saturating_sub(LAST_WORDS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machine_is_told_from_the_files() {
        let of = |reason: &str| keys(reason).map(|keys| keys[0][0]);
        assert_eq!(of("exec: \"nothere\": executable file not found in $PATH"), Some("entrypoint"));
        assert_eq!(of("invalid CapAdd: unknown capability: \"CAP_X\""), Some("cap_add"));
        assert_eq!(of("error mounting \"/a\" to rootfs: not a directory"), Some("volumes"));
        for machine in [
            "listen tcp4 127.0.0.1:80: bind: address already in use",
            "error mounting: no space left on device",
            "Range of CPUs is from 0.01 to 2.00, as there are only 2 CPUs available",
            "something that nobody has seen",
        ] {
            assert_eq!(of(machine), None, "{machine}");
        }
    }

    #[test]
    fn the_service_that_cannot_be_created_is_read_from_what_compose_says() {
        let text = "services:\n  a-b:\n    image: a\n    cap_add: [X]\n";
        let project: Project =
            crate::compose::project::load_text("compose.yaml", text).expect("a model").into();
        let program = |line: &str| StackError::Program {
            what: "docker compose create".into(),
            status: "1".into(),
            last_words: vec![line.to_owned()],
        };
        let refused = " Container p-a-b-1  Error response from daemon: unknown capability: \"X\"";
        let why = not_created(&project, "p", program(refused));
        let StackError::NotReady(incident) = why else { panic!("{why:?}") };
        assert_eq!(incident.service, "a-b");
        let (source, span) = incident.spot.expect("a place");
        assert_eq!(&source.text()[span], "cap_add");
        let other = " Container p-a-b-1  Error response from daemon: no space left on device";
        assert!(matches!(not_created(&project, "p", program(other)), StackError::Program { .. }));
    }
}
