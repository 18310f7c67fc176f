//! A project that declares no networks.

use crate::{
    facts::answers::place,
    policy::{Finding, Profile, Rule, Severity, Target},
};

/// One network for all is no boundary.
pub static RULE: Rule = Rule {
    id: "default-network-only",
    severity: Severity::Low,
    profile: Profile::Strict,
    summary: "Services are on the implicit default network only.",
    check,
    document: include_str!("default_network_only.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    let on_default = |name: &&String| {
        let only = place::entries(&target.project, name, &["networks"]);
        let mut only =
            only.map(|(key, _)| key.origin.place.file().is_none() && &**key == "default");
        only.next() == Some(true)
    };
    let names: Vec<&String> = target.project.services.keys().filter(on_default).collect();
    let [first, others @ ..] = &names[..] else { return };
    if others.is_empty() {
        return;
    }
    let finding = RULE.finding(
        "networks.default",
        format!("{} services say no network: all are on the default one", names.len()),
        "declare networks, and give each service those that it needs",
        place::service(&target.project, first),
    );
    found.push(others.iter().fold(finding, |finding, name| {
        finding.also(place::service(&target.project, name), "on the default network too")
    }));
}
