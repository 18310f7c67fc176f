//! A shell on a published port.

use crate::{
    facts::answers::{
        ports::{self, Address},
        reference::Reference,
    },
    policy::{Finding, Profile, Rule, Severity, Target},
};

/// A container is administered through the engine, not through SSH.
pub static RULE: Rule = Rule {
    id: "published-ssh",
    severity: Severity::Medium,
    profile: Profile::Strict,
    summary: "An SSH port is published.",
    check,
    document: include_str!("published_ssh.md"),
};

/// Programs whose service to people is SSH: Git servers, file transfer, jump hosts.
const MEANT: &[&str] = &[
    "gitea",
    "forgejo",
    "gogs",
    "gitlab-ce",
    "gitlab-ee",
    "soft-serve",
    "onedev",
    "sftp",
    "sftpgo",
    "openssh-server",
    "endlessh",
    "cowrie",
];

fn check(target: &Target, found: &mut Vec<Finding>) {
    for port in ports::all(&target.project) {
        let image = target.project.services.get(port.service).and_then(|it| it.image.as_ref());
        let meant = image.is_some_and(|image| MEANT.contains(&Reference::new(image).base()));
        let one = port.targets.start() == port.targets.end();
        if meant || !one || *port.targets.start() != 22 || port.address() == Address::Loopback {
            continue;
        }
        found.push(RULE.finding(
            port.subject(),
            format!(
                "service \"{}\" publishes SSH on {} of the host",
                port.service,
                port.host_text()
            ),
            "remove the port and the SSH server; `docker compose exec` gives a shell",
            port.address_origin(),
        ));
    }
}
