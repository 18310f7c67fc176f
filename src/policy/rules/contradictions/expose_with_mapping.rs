//! A mapping where there is none to make.

use crate::{
    compose::{Located, Project, Service},
    facts::answers::place,
    policy::{Finding, Fix, Profile, Rule, Severity, Target, fix},
};

/// `expose` names ports of the container.
pub static RULE: Rule = Rule {
    id: "expose-with-mapping",
    severity: Severity::Medium,
    profile: Profile::Default,
    summary: "`expose` maps a port of the host.",
    check,
    document: include_str!("expose_with_mapping.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    for (name, service) in &target.project.services {
        for port in &service.expose {
            let Some((host, own)) = port.rsplit_once(':') else { continue };
            let finding = RULE.finding(
                format!("services.{name}.expose[{}]", port.value),
                format!(
                    "service \"{name}\" exposes \"{}\", and `expose` has no mapping: nothing is published on {host}",
                    port.value
                ),
                format!(
                    "write \"{own}\", or \"127.0.0.1:{}\" in `ports:` if the host is to reach it",
                    port.value
                ),
                place::or_service(&target.project, name, Some(port.origin)),
            );
            found.push(finding.mended_by(without_host(&target.project, name, service, port, own)));
        }
    }
}

/// Takes the host's part away: what the container listens on is said by the rest alone. Where the list
/// says that already, the item goes.
fn without_host(
    project: &Project,
    name: &str,
    service: &Service,
    port: &Located<String>,
    own: &str,
) -> Option<Fix> {
    let numbers = own.split_once('/').map_or(own, |(numbers, _)| numbers);
    let is_port = |number: &str| number.parse::<u16>().is_ok() && !number.starts_with(['0', '+']);
    if !numbers.split('-').all(is_port) {
        return None;
    }
    let path = ["services", name, "expose"];
    // Compose refuses a list that says a port twice.
    let first = |other: &&Located<String>| {
        other.rsplit_once(':').map_or(other.as_str(), |(_, other)| other) == own
    };
    let plain = service.expose.iter().any(|other| other.as_str() == own);
    let again = service
        .expose
        .iter()
        .find(first)
        .is_some_and(|first| first.origin.place != port.origin.place);
    if plain || again {
        let fix = Fix::new(format!("remove it: the list has \"{own}\"")).touching(&path);
        return Some(fix.remove(port.origin, port.origin));
    }
    let at = project.journal.text(port.origin.place).find(port.as_str())?;
    let host = fix::part(port.origin, at, at + port.len() - own.len())?;
    let title = format!("write \"{own}\"");
    Some(Fix::new(title).write(host, "").touching(&path))
}
