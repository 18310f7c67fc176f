//! Rights over the machine itself: namespaces of the host, capabilities that act on it, and
//! programs that Compose starts on it. A run cannot have them of its own.

use super::binds::{is_true, services, text};
use crate::{
    compose::{Project, journal::Origin, tree::Node},
    diagnostic::Diagnostic,
    facts::answers::capability,
};

/// The name under which the configuration shares the machine: `shared.containers`.
const HOST: &str = "host";

/// Capabilities that act on the machine, or reach its files, from inside a container.
///
/// `capabilities(7)`.
const OF_THE_MACHINE: &[&str] =
    &["ALL", "SYS_ADMIN", "SYS_MODULE", "SYS_RAWIO", "SYS_BOOT", "SYS_TIME", "DAC_READ_SEARCH"];

/// A right of a service over the machine.
struct Right<'a> {
    service: &'a str,
    /// As the files write it.
    written: String,
    /// What it means.
    why: &'static str,
    origin: Origin,
}

/// Everything by which a service could act on the machine, each with its place.
pub(super) fn refusals(project: &Project, containers: &[String]) -> Vec<Diagnostic> {
    if is_shared(containers) {
        return Vec::new();
    }
    let refused = |right: Right<'_>| {
        let Right { service, written, why, origin } = right;
        let title = format!("service \"{service}\" has `{written}`: {why}");
        let diagnostic = project.journal.point(Diagnostic::error(title), origin, "declared here");
        diagnostic.help(
            "leave it out for this environment (`--overlay`), or share this machine on purpose in seaworthy.yaml: shared: { containers: [host] }",
        )
    };
    all(project).into_iter().map(refused).collect()
}

/// What is shared on purpose, for the report.
pub(super) fn shared(project: &Project, containers: &[String]) -> Vec<String> {
    if !is_shared(containers) {
        return Vec::new();
    }
    let shown = |right: Right<'_>| format!("`{}` of \"{}\"", right.written, right.service);
    all(project).into_iter().map(shown).collect()
}

fn is_shared(containers: &[String]) -> bool {
    containers.iter().any(|shared| shared == HOST)
}

fn all(project: &Project) -> Vec<Right<'_>> {
    let mut found = Vec::new();
    for (service, node) in services(project) {
        let mut tell = |written: String, why: &'static str, origin: Origin| {
            found.push(Right { service, written, why, origin });
        };
        // `network_mode` is judged with the networks.
        for (key, why) in [
            ("pid", "it could signal every process of this machine"),
            ("ipc", "it could write to the shared memory of this machine's processes"),
            ("uts", "it could rename this machine"),
            ("cgroup", "it could change the limits of this machine's processes"),
        ] {
            if let Some(value) = node.get(key).filter(|value| value.as_str() == Some(HOST)) {
                tell(format!("{key}: {HOST}"), why, value.origin);
            }
        }
        let hooks = ["post_start", "pre_stop"].into_iter().flat_map(|key| list(node, key));
        let build = node.get("build").into_iter();
        for holder in [node].into_iter().chain(hooks).chain(build) {
            if let Some(value) = holder.get("privileged").filter(|value| is_true(value)) {
                let why = "it could do to this machine whatever root can";
                tell("privileged: true".into(), why, value.origin);
            }
        }
        for added in list(node, "cap_add") {
            let name = added.as_str().unwrap_or_default().trim();
            if OF_THE_MACHINE.contains(&capability::name(name).as_str()) {
                let why = "what it can do by that is done to this machine";
                tell(format!("cap_add: [{name}]"), why, added.origin);
            }
        }
        if let Some(provider) = node.get("provider") {
            let kind = text(provider, &["type"]).unwrap_or_default();
            let why = "Compose starts that program on this machine, and what it makes is not the run's to take down";
            tell(format!("provider: {{ type: {kind} }}"), why, provider.origin);
        }
    }
    found
}

fn list<'a>(node: &'a Node, key: &str) -> &'a [Node] {
    node.get(key).and_then(Node::as_sequence).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
services:
  a:
    image: a
    pid: host
    ipc: host
    uts: host
    cgroup: host
    privileged: true
    cap_add: [cap_sys_admin, SYS_TIME, CHOWN, all, NET_ADMIN]
    post_start: [{command: 'true', privileged: true}]
  b:
    provider: {type: maker}
  c: {image: c, pid: 'service:a', ipc: shareable, cgroup: private, privileged: false, cap_add: [NET_RAW]}
";

    fn project() -> Project {
        crate::compose::project::load_text("compose.yaml", TEXT).expect("a model").into()
    }

    #[test]
    fn rights_over_the_machine_are_refused_with_their_line() {
        let found = refusals(&project(), &["another".to_owned()]);
        let told: Vec<String> = found
            .iter()
            .map(|found| format!("{} {}", found.place().unwrap_or_default(), found.title))
            .collect();
        let expected = [
            "compose.yaml:4:10 service \"a\" has `pid: host`",
            "compose.yaml:5:10 service \"a\" has `ipc: host`",
            "compose.yaml:6:10 service \"a\" has `uts: host`",
            "compose.yaml:7:13 service \"a\" has `cgroup: host`",
            "compose.yaml:8:17 service \"a\" has `privileged: true`",
            "compose.yaml:10:48 service \"a\" has `privileged: true`",
            "compose.yaml:9:15 service \"a\" has `cap_add: [cap_sys_admin]`",
            "compose.yaml:9:30 service \"a\" has `cap_add: [SYS_TIME]`",
            "compose.yaml:9:47 service \"a\" has `cap_add: [all]`",
            "compose.yaml:12:",
        ];
        assert_eq!(told.len(), expected.len(), "{told:#?}");
        for (told, expected) in told.iter().zip(expected) {
            assert!(told.starts_with(expected), "{expected} is not how this begins: {told}");
        }
    }

    #[test]
    fn who_shares_the_machine_is_told_what_that_is() {
        let host = ["host".to_owned()];
        assert!(refusals(&project(), &host).is_empty());
        let shared = shared(&project(), &host);
        assert_eq!(shared.len(), 10, "{shared:?}");
        assert!(shared.contains(&"`pid: host` of \"a\"".to_owned()), "{shared:?}");
    }
}
