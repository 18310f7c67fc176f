//! First users whose name and password everybody knows.

use super::authentication_off;
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

/// Whoever reads the manual gets in.
pub static RULE: Rule = Rule {
    id: "default-credentials",
    severity: Severity::Medium,
    profile: Profile::Default,
    summary: "A published server has the password that everybody knows.",
    check,
    document: include_str!("default_credentials.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    for known in super::servers(target).filter(|known| !known.has_named_settings()) {
        let published = known.published();
        for row in known.rows {
            let Fact::WellKnown { login, unless, ports, remedy } = row.fact else { continue };
            let other = known
                .instructions()
                .iter()
                .any(|one| unless.iter().any(|variable| one.arguments.text.contains(variable)));
            // A secret may be one that the image reads by itself.
            let secret = !known.service.secrets.is_empty();
            if other || secret || authentication_off::is_closed(&known, unless) {
                continue;
            }
            let leads = |address: Address| {
                published.iter().find(|port| {
                    port.address() == address && ports.iter().any(|at| port.targets.contains(at))
                })
            };
            let (severity, who, at) = if known.is_on_host() {
                (RULE.severity, "everybody who reaches this host, in whose network it runs,", None)
            } else if let Some(port) = leads(Address::Every) {
                (RULE.severity, "everybody who reaches this host", Some(port))
            } else if let Some(port) = leads(Address::One) {
                (
                    Severity::Low,
                    "everybody who reaches the address at which it is published",
                    Some(port),
                )
            } else {
                continue;
            };
            let name = known.name;
            let mut finding = RULE.finding(
                format!("services.{name}.credentials"),
                format!("{who} may log in to service \"{name}\" with {login}, until somebody changes that by hand"),
                remedy,
                place::or_service(
                    &target.project,
                    name,
                    at.map(Published::address_origin),
                ),
            );
            finding.severity = severity;
            found.push(finding);
        }
    }
}
