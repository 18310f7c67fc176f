//! Debuggers that others than this machine reach.

use crate::{
    compose::{Service, journal::Origin},
    facts::answers::{
        place,
        ports::{self, Address},
        services,
    },
    policy::{Finding, Profile, Rule, Severity, Target},
};

/// Whoever reaches it runs any code.
pub static RULE: Rule = Rule {
    id: "published-debugger",
    severity: Severity::High,
    profile: Profile::Default,
    summary: "A debugger is published on all interfaces.",
    check,
    document: include_str!("published_debugger.md"),
};

/// A debugger that listens on all addresses of its container.
#[derive(Debug, PartialEq, Eq)]
struct Debugger {
    name: &'static str,
    port: u16,
}

fn check(target: &Target, found: &mut Vec<Finding>) {
    let project = &target.project;
    for (name, service) in services::containers(project) {
        let lists = [service.entrypoint.as_deref(), service.command.as_deref()];
        let words: Vec<(&str, Origin)> = lists
            .into_iter()
            .flatten()
            .flatten()
            .map(|word| (word.as_str(), word.origin))
            .collect();
        let values = service.environment.values();
        let values: Vec<(&str, Origin)> =
            values.filter_map(|value| Some((value.as_deref()?, value.origin))).collect();
        let line = words.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(" ");
        let texts = words.first().map(|(_, origin)| (line.as_str(), *origin));
        for (text, origin) in texts.into_iter().chain(values) {
            let Some(debugger) = listening(text) else { continue };
            // Where the option itself is written, if it is a word of its own.
            let own = words.iter().find(|(word, _)| text == line && listening(word).is_some());
            let origin = own.map_or(origin, |(_, origin)| *origin);
            tell(target, name, service, &debugger, origin, found);
        }
    }
}

fn tell(
    target: &Target,
    name: &str,
    service: &Service,
    debugger: &Debugger,
    origin: Origin,
    found: &mut Vec<Finding>,
) {
    let what = format!("{} on port {}", debugger.name, debugger.port);
    if ports::host_network(&target.project, name).is_some() {
        found.push(RULE.finding(
            format!("services.{name}.debugger"),
            format!("service \"{name}\" runs {what} in the host's network, on all interfaces: whoever reaches it runs any code"),
            "let it listen on 127.0.0.1",
            place::or_service(&target.project, name, Some(origin)),
        ));
        return;
    }
    if !ports::has_effect(service) {
        return;
    }
    let open = ports::of(name, service)
        .into_iter()
        .find(|port| port.address() == Address::Every && port.targets.contains(&debugger.port));
    if let Some(port) = open {
        found.push(RULE.finding(
            port.subject(),
            format!("service \"{name}\" publishes {what}, on all interfaces: whoever reaches it runs any code"),
            format!("write {}", port.local(&target.project)),
            place::or_service(&target.project, name, Some(port.address_origin())),
        ));
    }
}

/// The debugger that a command or the options in a variable start on all addresses.
fn listening(text: &str) -> Option<Debugger> {
    let node = || {
        ["--inspect=", "--inspect-brk=", "--inspect-wait="].iter().find_map(|option| {
            let at = after(text, option)?;
            // Without an address it listens on 127.0.0.1.
            let host = at.strip_prefix("0.0.0.0").or_else(|| at.strip_prefix("[::]"))?;
            let port = host.strip_prefix(':').map_or(Some(9229), |port| port.parse().ok())?;
            Some(Debugger { name: "Node's debugger", port })
        })
    };
    let python = || {
        let rest = &text[text.find("debugpy")?..];
        let at = after(rest, "--listen ").or_else(|| after(rest, "--listen="))?;
        let port = at.strip_prefix("0.0.0.0:").or_else(|| at.strip_prefix("[::]:"))?;
        Some(Debugger { name: "Python's debugger", port: port.parse().ok()? })
    };
    let java = || {
        let options = after(text, "-agentlib:jdwp=").or_else(|| after(text, "-Xrunjdwp:"))?;
        let mut options = options.split(',');
        let address = options.find_map(|option| option.strip_prefix("address="))?;
        let port = address.strip_prefix("*:").or_else(|| address.strip_prefix("0.0.0.0:"))?;
        Some(Debugger { name: "Java's debugger", port: port.parse().ok()? })
    };
    node().or_else(python).or_else(java)
}

/// The word that follows an option.
fn after<'t>(text: &'t str, option: &str) -> Option<&'t str> {
    let rest = &text[text.find(option)? + option.len()..];
    let end = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ';' | '&');
    rest.split(end).next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_debugger_is_known_by_the_option_that_opens_it() {
        let port = |text| listening(text).map(|debugger| debugger.port);
        assert_eq!(port("node --inspect=0.0.0.0 server.js"), Some(9229));
        assert_eq!(port("node --inspect-brk=0.0.0.0:9230 server.js"), Some(9230));
        assert_eq!(port("--inspect=[::]:9229"), Some(9229));
        assert_eq!(port("python -m debugpy --listen 0.0.0.0:5678 -m app"), Some(5678));
        let java = "-agentlib:jdwp=transport=dt_socket,server=y,suspend=n,address=*:5005";
        assert_eq!(port(java), Some(5005));
        for closed in [
            "node --inspect server.js",
            "node --inspect=9229 server.js",
            "node --inspect=127.0.0.1:9229",
            "python -m debugpy --listen 5678 -m app",
            "python -m debugpy --listen localhost:5678",
            "-agentlib:jdwp=transport=dt_socket,server=y,address=5005",
            "gunicorn --listen 0.0.0.0:80",
            "node --inspect=0.0.0.0:x",
        ] {
            assert_eq!(listening(closed), None, "{closed}");
        }
    }
}
