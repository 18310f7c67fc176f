//! A health check that asks `::1` of a server that listens on IPv4 alone.

use super::{checks, web};
use crate::{
    compose::{Project, Service, tree::Node},
    facts::{
        answers::health,
        image::{self, told},
    },
    policy::{Finding, Fix, Profile, Rule, Severity, Target, fix},
};

/// `localhost` has two addresses, and busybox asks the first.
pub static RULE: Rule = Rule {
    id: "localhost-is-ipv6",
    severity: Severity::Medium,
    profile: Profile::Default,
    summary: "A health check asks localhost by IPv6 of a server that listens on IPv4 alone.",
    check,
    document: include_str!("localhost_is_ipv6.md"),
};

/// Variables by which servers are told their address.
const ADDRESSES: &[&str] =
    &["BIND", "BIND_ADDRESS", "HOST", "HOSTNAME", "LISTEN_ADDRESS", "LISTEN_ADDR"];

fn check(target: &Target, found: &mut Vec<Finding>) {
    for (name, service) in &target.project.services {
        let Some(check) = checks::of(target, name, service) else { continue };
        let mut asked = check.commands.iter().flatten().filter(|one| one.program() == "wget");
        let asked = asked.find_map(|one| one.arguments().iter().find_map(|word| port(word)));
        let Some(port) = asked else { continue };
        if !has_busybox(target, name, service) || is_off(target, name) {
            continue;
        }
        let Some(Reason { why, one_server }) = listens_on_ipv4(target, name, service, port) else {
            continue;
        };
        let finding = RULE.finding(
            format!("services.{name}.healthcheck.test"),
            format!(
                "the health check of service \"{name}\" asks localhost, which is ::1 for the `wget` of busybox, and {why}"
            ),
            format!("write 127.0.0.1:{port} in place of localhost, or let the server listen on IPv6 too"),
            check.origin,
        );
        let fix = by_address(&target.project, name, service).filter(|_| one_server);
        found.push(finding.mended_by(fix));
    }
}

/// Asks by the address. A name decides between several servers of nginx, in a certificate, and in what
/// programs answer to.
fn by_address(project: &Project, name: &str, service: &Service) -> Option<Fix> {
    let test = &service.healthcheck.as_ref()?.test;
    let is_own = health::of(service) == health::Check::Own;
    let mut naming = test.iter().filter(|word| word.contains("localhost"));
    let (word, more) = (naming.next()?, naming.next());
    let written = project.journal.text(word.origin.place);
    let mut found = written.match_indices("localhost");
    let ((at, said), twice) = (found.next()?, found.next());
    if !is_own || more.is_some() || twice.is_some() || word.contains("https:") {
        return None;
    }
    let at = fix::part(word.origin, at, at + said.len())?;
    let fix = Fix::new("write 127.0.0.1").write(at, "127.0.0.1");
    Some(fix.touching(&["services", name, "healthcheck", "test"]))
}

/// Why a server is known to listen on IPv4 alone.
struct Reason {
    why: String,
    /// Whether it is nginx, with one server on the port: whatever name it is asked by.
    one_server: bool,
}

/// The port that a word asks of localhost.
fn port(word: &str) -> Option<u16> {
    let (rest, implied) = match (word.strip_prefix("http://"), word.strip_prefix("https://")) {
        (Some(rest), _) => (rest, 80),
        (_, Some(rest)) => (rest, 443),
        _ => (word, 80),
    };
    let rest = rest.strip_prefix("localhost")?;
    match rest.chars().next() {
        None | Some('/' | '?') => Some(implied),
        Some(':') => rest[1..].split(['/', '?']).next()?.parse().ok(),
        Some(_) => None,
    }
}

fn has_busybox(target: &Target, name: &str, service: &Service) -> bool {
    if let Ok(recipe) = image::recipe(&target.project, name, service) {
        return recipe.has_busybox();
    }
    let image = service.image.as_ref().filter(|_| service.build.is_none());
    image.is_some_and(|image| told::has_busybox(image))
}

/// Whether the container has no IPv6 at all.
fn is_off(target: &Target, name: &str) -> bool {
    let sysctls = target.service(name).and_then(|node| node.get("sysctls"));
    let entries = sysctls.and_then(Node::as_mapping);
    entries.is_some_and(|entries| {
        entries.iter().any(|(key, _)| key.to_string().ends_with("disable_ipv6"))
    })
}

/// From what it is known that the server of a port listens on IPv4 alone; none where it is not.
fn listens_on_ipv4(target: &Target, name: &str, service: &Service, port: u16) -> Option<Reason> {
    let files = web::configurations(target, name, service);
    if !files.is_empty() {
        return of_nginx(&files, port);
    }
    let own: Vec<String> = [service.entrypoint.as_ref(), service.command.as_ref()]
        .into_iter()
        .flatten()
        .flatten()
        .map(|word| word.value.clone())
        .collect();
    let of_image = image::recipe(&target.project, name, service).map(|recipe| recipe.command());
    let image = of_image.into_iter().flat_map(|command| {
        let words = |words: Result<Vec<String>, String>| words.unwrap_or_default();
        [words(command.entrypoint), words(command.command)].concat()
    });
    let words: Vec<String> = if own.is_empty() { image.collect() } else { own };
    let mut texts = words.iter().flat_map(|word| word.split([' ', '=', '"', '\'']));
    let bound = texts.find(|text| match text.strip_prefix("0.0.0.0") {
        Some("") => true,
        Some(rest) => rest.strip_prefix(':').is_some_and(|at| at.parse() == Ok(port)),
        None => false,
    });
    if let Some(bound) = bound {
        let why = format!("its command says that the server listens on {bound}, IPv4 alone");
        return Some(Reason { why, one_server: false });
    }
    let said = ADDRESSES.iter().find(|variable| {
        service.environment.get(**variable).and_then(|value| value.as_deref()) == Some("0.0.0.0")
    });
    said.map(|variable| Reason {
        why: format!("{variable}=0.0.0.0 says that the server listens on IPv4 alone"),
        one_server: false,
    })
}

fn of_nginx(files: &[web::Configuration], port: u16) -> Option<Reason> {
    let mut four = None;
    let mut servers = 0;
    let mut six = false;
    for file in files {
        web::every(&file.directives, &mut |directive| {
            let address = directive.arguments.first().map_or("", String::as_str);
            if directive.name != "listen" {
                return;
            }
            let (host, at) = address.rsplit_once(':').unwrap_or(("", address));
            // An address without a port is that of port 80.
            let at = at.parse::<u16>().ok().or_else(|| (!address.contains(':')).then_some(80));
            if address.contains('$') || address.contains('[') {
                six |= address.contains('$') || at == Some(port) || !address.contains("]:");
            } else if at == Some(port) && !host.starts_with("unix") && host != "localhost" {
                let line = file.source.place(directive.span.start).line;
                servers += 1;
                four.get_or_insert_with(|| (file.source.path().to_owned(), line));
            }
        });
    }
    // The image's own file for port 80 listens on both, unless the project's is in its place.
    let replaced = |at: &str| {
        ["/nginx.conf", "/conf.d/default.conf", "/default.conf.template"]
            .iter()
            .any(|end| at.ends_with(end))
    };
    let whole = port != 80 || files.iter().any(|file| replaced(&file.at));
    let (path, line) = four.filter(|_| !six && whole)?;
    let why = format!("{path}:{line} has nginx listen on {port} on IPv4 alone");
    Some(Reason { why, one_server: servers == 1 })
}

#[cfg(test)]
mod tests {
    use super::port;

    #[test]
    fn a_word_asks_localhost() {
        for (word, wanted) in [
            ("http://localhost:8080/up", Some(8080)),
            ("http://localhost", Some(80)),
            ("https://localhost/x", Some(443)),
            ("localhost:9000", Some(9000)),
            ("http://localhost.example.com", None),
            ("http://127.0.0.1:80", None),
            ("--spider", None),
        ] {
            assert_eq!(port(word), wanted, "{word}");
        }
    }
}
