//! Servers that ask nobody who they are.

use std::collections::{BTreeMap, BTreeSet};

use super::Known;
use crate::{
    compose::{Project, journal::Origin},
    facts::{
        answers::{place, ports::Address, reach},
        knowledge::{By, Fact},
    },
    policy::{Finding, Profile, Rule, Severity, Target},
    words,
};

/// A server that anybody may use.
pub static RULE: Rule = Rule {
    id: "authentication-off",
    severity: Severity::Medium,
    profile: Profile::Default,
    summary: "Authentication is switched off.",
    check,
    document: include_str!("authentication_off.md"),
};

/// How many services of a network are named; the others are counted.
const NAMED: usize = 4;

fn check(target: &Target, found: &mut Vec<Finding>) {
    let mut neighbours = Neighbours::default();
    for known in super::servers(target) {
        let name = known.name;
        let open = known.rows.iter().find_map(|row| match row.fact {
            Fact::Open { by, unless, ports } if !is_closed(&known, unless) => {
                open(&known, by).map(|(what, origin)| (what, origin, ports))
            }
            _ => None,
        });
        let Some((what, origin, ports)) = open else { continue };
        if known.service.network_mode.as_ref().is_some_and(|mode| mode.value == "none") {
            continue;
        }
        let (severity, reach) = reached(&known, ports, &mut neighbours);
        let mut finding = RULE.finding(
            format!("services.{name}.authentication"),
            format!("service \"{name}\" asks for no login ({what}): {reach} may use it"),
            "switch authentication on, with a password from a secret",
            place::or_service(&target.project, name, origin),
        );
        finding.severity = severity;
        found.push(finding);
    }
}

/// Who may use a server that asks for no login, and how bad that is.
fn reached<'a>(
    known: &Known<'a>,
    ports: &[u16],
    neighbours: &mut Neighbours<'a>,
) -> (Severity, String) {
    if known.is_on_host() {
        let who = "everybody who reaches this host, in whose network it runs,";
        return (Severity::Critical, who.to_owned());
    }
    let published = known.published();
    let leads = |address: Address| {
        published.iter().any(|port| {
            port.address() == address && ports.iter().any(|at| port.targets.contains(at))
        })
    };
    if leads(Address::Every) {
        return (Severity::Critical, "everybody who reaches this host".to_owned());
    }
    if leads(Address::One) {
        let who = "everybody who reaches the address at which it is published";
        return (Severity::High, who.to_owned());
    }
    let all = neighbours.of(known);
    let first: Vec<&str> =
        all.iter().copied().filter(|other| *other != known.name).take(NAMED + 1).collect();
    let count = all.len().saturating_sub(1);
    let named = if count > first.len() {
        let first: Vec<String> = first.iter().take(NAMED).map(|one| format!("\"{one}\"")).collect();
        format!("{} and {} more", first.join(", "), count - NAMED)
    } else {
        words::quoted_list(first.iter().copied())
    };
    let containers = if first.is_empty() {
        "every container that joins its networks".to_owned()
    } else {
        format!("every container on its networks, now {named},")
    };
    let local = if leads(Address::Loopback) { "every program of this host and " } else { "" };
    (Severity::Medium, format!("{local}{containers}"))
}

/// The services by the networks that they are on. Many services are on the same ones: what is on
/// these is put together once.
#[derive(Default)]
struct Neighbours<'a> {
    by_network: BTreeMap<&'a str, Vec<&'a str>>,
    together: BTreeMap<Vec<&'a str>, Vec<&'a str>>,
}

impl<'a> Neighbours<'a> {
    /// All services that share a network with this one, in order, itself among them.
    fn of(&mut self, known: &Known<'a>) -> &[&'a str] {
        let project: &'a Project = known.project;
        if self.by_network.is_empty() {
            for name in project.services.keys() {
                for network in reach::networks(project, name) {
                    self.by_network.entry(network).or_default().push(name);
                }
            }
        }
        let mine = reach::networks(project, known.name);
        let by_network = &self.by_network;
        self.together.entry(mine).or_insert_with_key(|networks| {
            let all = networks.iter().filter_map(|network| by_network.get(network)).flatten();
            all.copied().collect::<BTreeSet<&str>>().into_iter().collect()
        })
    }
}

/// Whether a variable has authentication on all the same.
pub(super) fn is_closed(known: &Known<'_>, unless: &[&str]) -> bool {
    unless.iter().any(|one| match (one.strip_prefix('*'), one.split_once('=')) {
        (Some(part), _) => {
            let mut names = known.service.environment.keys().filter(|name| name.contains(part));
            names.any(|name| known.may_have(&[name]))
        }
        (_, Some((name, value))) => {
            known.value(name) == Some(value) || known.is_set_elsewhere(name)
        }
        _ => known.may_have(&[one]),
    })
}

/// What switches authentication off, and where it is written.
fn open(known: &Known<'_>, by: By) -> Option<(String, Option<Origin>)> {
    let said = |variable: &str, values: &[&str]| {
        let said = known.value(variable)?.trim().to_lowercase();
        let off = values.is_empty() || values.contains(&said.as_str());
        off.then(|| known.service.environment.get(variable).map(|value| value.origin))
    };
    match by {
        By::Variable(variable, values) => {
            said(variable, values).map(|origin| (variable.to_owned(), origin))
        }
        By::Both([one, other]) => {
            said(other.0, other.1)?;
            said(one.0, one.1).map(|origin| (format!("{} and {}", one.0, other.0), origin))
        }
        By::Missing(variables) => {
            // Its Dockerfile or a script of the project's own may set one.
            let own = known.builder.is_some() || known.has_own_entrypoint();
            let missing = !own && !known.may_have(variables);
            missing.then(|| (format!("without {}", variables.join(" or ")), None))
        }
        By::Words(open) => by_words(known, open),
    }
}

fn by_words(known: &Known<'_>, open: &[&str]) -> Option<(String, Option<Origin>)> {
    let lists = [known.service.entrypoint.as_deref(), known.service.command.as_deref()];
    let all = lists.into_iter().flatten().flatten();
    let words = all.flat_map(|word| {
        let parts = match word.split_once('=') {
            Some((option, value)) if option.starts_with("--") && !option.contains(' ') => {
                vec![option, value.trim_matches(['"', '\''])]
            }
            _ if word.is_empty() => vec![""],
            _ => word.split_whitespace().collect(),
        };
        parts.into_iter().map(|part| (part, word.origin))
    });
    let words: Vec<(&str, Origin)> = words.collect();
    // A password in the command or in a file that it names has the last word.
    let closed = |(word, _): &(&str, Origin)| {
        ["requirepass", "aclfile", "hashed_password", ".conf"].iter().any(|key| word.contains(key))
    };
    if words.iter().any(closed) {
        return None;
    }
    let fits = |run: &[(&str, Origin)]| {
        run.iter().zip(open).all(|((word, _), open)| word.eq_ignore_ascii_case(open))
    };
    let start = words.windows(open.len()).position(fits)?;
    // `--api.insecure=false` says the opposite.
    let denied = words.get(start + open.len()).is_some_and(|(word, _)| *word == "false");
    let at = words.get(start)?.1;
    Some((open.join(" ").trim().to_owned(), Some(at))).filter(|_| !denied)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::project;

    fn told(text: &str) -> Vec<(Severity, String)> {
        let project: Project = project::load_text("compose.yaml", text).expect("a model").into();
        let mut found = Vec::new();
        check(&Target { project }, &mut found);
        found.into_iter().map(|finding| (finding.severity, finding.message)).collect()
    }

    fn one(service: &str, rest: &str) -> (Severity, String) {
        let text = format!(
            "services:\n  db:\n    image: postgres:16\n    environment: {{POSTGRES_HOST_AUTH_METHOD: trust}}\n{service}{rest}"
        );
        told(&text).pop().expect("a finding")
    }

    #[test]
    fn who_reaches_the_servers_own_port_decides() {
        let app = "  app: {image: app}\n";
        for (service, severity, who) in [
            ("", Severity::Medium, "every container on its networks, now \"app\","),
            (
                "    ports: ['127.0.0.1:5432:5432']\n",
                Severity::Medium,
                "every program of this host and every container on its networks, now \"app\",",
            ),
            ("    ports: ['8080:8080']\n", Severity::Medium, "every container on its networks"),
            ("    ports: ['10.0.0.5:5432:5432']\n", Severity::High, "the address at which"),
            ("    ports: ['5432:5432']\n", Severity::Critical, "everybody who reaches this host"),
            ("    network_mode: host\n", Severity::Critical, "in whose network it runs"),
        ] {
            let (found, message) = one(service, app);
            assert_eq!(found, severity, "{service}");
            assert!(message.contains(who), "{message}");
        }
        let alone = one("", "").1;
        assert!(alone.contains("every container that joins its networks"), "{alone}");
        let cut = "    network_mode: none\n";
        let text = "services:\n  db:\n    image: postgres:16\n    environment: {POSTGRES_HOST_AUTH_METHOD: trust}\n";
        assert_eq!(told(&format!("{text}{cut}")), [], "nobody reaches it");
    }

    #[test]
    fn of_many_neighbours_some_are_named() {
        let services: Vec<String> =
            (1..=7).map(|at| format!("  s{at}: {{image: app}}\n")).collect();
        let rest = services.concat();
        let (_, message) = one("", &rest);
        let who = "now \"s1\", \"s2\", \"s3\", \"s4\" and 3 more, may use it";
        assert!(message.contains(who), "{message}");
    }
}
