//! Consoles and admin panels on all interfaces.

use super::Known;
use crate::{
    facts::{
        answers::{
            place,
            ports::{Address, Published},
        },
        knowledge::Fact,
    },
    policy::{Finding, Profile, Rule, Severity, Target},
};

/// Who reaches it has what it controls.
pub static RULE: Rule = Rule {
    id: "published-console",
    severity: Severity::High,
    profile: Profile::Default,
    summary: "A console is published on all interfaces.",
    check,
    document: include_str!("published_console.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    for known in super::known(target) {
        let mine = known.published().into_iter();
        let open = |port: &Published<'_>| {
            port.address() == Address::Every && port.port.protocol() == "tcp"
        };
        for port in mine.filter(open) {
            let door = known.rows.iter().find_map(|row| match row.fact {
                Fact::Door { port: at, what } if port.targets.contains(&at) => Some(what),
                _ => None,
            });
            let Some(what) = door.filter(|_| !runs_another(&known)) else { continue };
            let base =
                if known.builder.is_some() { ", by the image that it is built on" } else { "" };
            found.push(RULE.finding(
                port.subject(),
                format!(
                    "service \"{}\" publishes {what}, on all interfaces{base}: past the firewall of the host, for whoever reaches it",
                    known.name
                ),
                format!(
                    "write {} and reach it by a tunnel, or put a proxy that asks for a login before it",
                    port.local(&target.project)
                ),
                place::or_service(&target.project, known.name, Some(port.address_origin())),
            ));
        }
    }
}

/// Whether a program runs in an image for PHP that is not its own server, such as that of a framework.
fn runs_another(known: &Known<'_>) -> bool {
    let php = known.rows.iter().any(|row| row.images.contains(&"php"));
    let words = known.words();
    let in_image = known.instructions();
    let in_image = in_image.iter().filter(|one| matches!(one.keyword, "CMD" | "ENTRYPOINT"));
    let texts: Vec<&str> = if words.is_empty() {
        in_image.map(|one| one.arguments.text.as_str()).collect()
    } else {
        words
    };
    // A script or a supervisor starts what it likes, most often the image's server too.
    let starts = ["fpm", ".sh", "entrypoint", "supervisor", "s6", "/init"];
    php && !texts.is_empty()
        && !texts.iter().any(|text| starts.iter().any(|start| text.contains(start)))
}
