//! What a machine has and lacks for running stacks, and the command that mends it.

use std::{collections::BTreeSet, net::TcpListener, process::Command};

use crate::{
    compose::{self, Project},
    config::{Config, Environment, FILE},
    diagnostic::Diagnostic,
    endpoint,
    probe::browser,
    stack::{dial, engine::Engine},
};

/// The oldest Compose that knows `!override` with `!reset`.
const COMPOSE: (u32, u32) = (2, 24);

/// One thing looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What was looked at.
    pub what: String,
    /// Whether it is as it must be.
    pub state: State,
    /// What was seen.
    pub seen: String,
    /// The command that mends it.
    pub mend: Option<String>,
}

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// As it must be.
    Good,
    /// Runs go on without it.
    Note,
    /// Runs cannot start.
    Missing,
}

fn finding(
    what: impl Into<String>,
    state: State,
    seen: impl Into<String>,
    mend: Option<&str>,
) -> Finding {
    Finding { what: what.into(), state, seen: seen.into(), mend: mend.map(str::to_owned) }
}

/// Looks at everything that `verify` needs.
pub async fn examine(config: Result<&Config, &Diagnostic>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let engine = match Engine::connect().await {
        Ok(engine) => {
            whereabouts(&engine, &mut findings).await;
            Some(engine)
        }
        Err(why) => {
            let reason = std::error::Error::source(&why)
                .map_or_else(|| why.to_string(), ToString::to_string);
            let reason = match endpoint::current() {
                Ok(endpoint) => format!("{endpoint}: {reason}"),
                Err(_) => why.to_string(),
            };
            findings.push(finding("engine", State::Missing, reason, Some(&why.help())));
            None
        }
    };
    findings.push(compose_version());
    findings.push(real_browser());
    let config = match config {
        Ok(config) => config,
        Err(why) => {
            let seen = why.place().map_or_else(String::new, |place| format!("{place}: "));
            findings.push(finding(
                FILE,
                State::Missing,
                format!("{seen}{}", why.title),
                Some("docs/configuration.md shows how to write it"),
            ));
            return findings;
        }
    };
    for (name, environment) in &config.environments {
        let invocation = compose::invocation(config, environment, &[]);
        match compose::load(&invocation) {
            Err(why) => findings.push(finding(
                format!("{name}: files"),
                State::Missing,
                why.to_string(),
                environment.prepare.as_ref().map(|prepare| prepare.as_str()),
            )),
            Ok(project) => {
                findings.push(finding(
                    format!("{name}: files"),
                    State::Good,
                    format!("{} services", project.services.len()),
                    None,
                ));
                if let Some(engine) = &engine {
                    images(engine, name, &project, config, &mut findings).await;
                }
                ports(name, &project, &mut findings);
                findings.extend(stand_ins(config, name, environment));
            }
        }
    }
    findings
}

/// What is wrong with the files that name an environment's stand-in images.
fn stand_ins(config: &Config, name: &str, environment: &Environment) -> Option<Finding> {
    let files = config.stand_in_files(name);
    if files.is_empty() {
        return None;
    }
    let why = compose::load(&compose::invocation(config, environment, &files)).err()?;
    let build = config.stand_ins.as_ref().and_then(|known| known.build.as_ref());
    let build = build.map(|build| build.as_str());
    Some(finding(format!("{name}: stand-ins"), State::Missing, why.to_string(), build))
}

/// Which engine it is, and whether its containers' networks can be reached from here.
async fn whereabouts(engine: &Engine, findings: &mut Vec<Finding>) {
    let what = format!("engine {}", engine.endpoint);
    let place = match engine.locality().await {
        Ok(place) => place,
        Err(why) => {
            return findings.push(finding(
                what,
                State::Missing,
                why.to_string(),
                Some(&why.help()),
            ));
        }
    };
    findings.push(finding(what, State::Good, place.what, None));
    let seen = [
        if place.process {
            "its socket's process is on this host"
        } else {
            "its process is not seen on this host"
        },
        match place.network {
            Some(true) => "its networks are this host's",
            Some(false) => {
                "its networks are not this host's: published ports are reached inside them"
            }
            None => "whether its networks are this host's cannot be told before it has one",
        },
        if place.rootless { "rootless" } else { "not rootless" },
    ];
    findings.push(finding("engine's place", State::Good, seen.join("; "), None));
    findings.push(match dial::may_enter() {
        Ok(()) if place.process => finding(
            "network namespaces",
            State::Good,
            "can be entered, where a container's process is on this host",
            None,
        ),
        entered => {
            let why = entered.err().unwrap_or_else(|| "the engine is not on this host".into());
            let seen = format!(
                "cannot be entered ({why}): a container of ours shares those of the containers, which takes some seconds"
            );
            finding("network namespaces", State::Note, seen, Some("run as root, on the engine's own machine"))
        }
    });
}

fn compose_version() -> Finding {
    const INSTALL: &str = "install Compose 2.24 or newer as a plugin of docker (Debian 13 and newer: apt-get install docker-compose)";
    let mut command = Command::new("docker");
    endpoint::hand_to(&mut command);
    let output = command.args(["compose", "version", "--short"]).output();
    let text = match output {
        Ok(output) if output.status.success() => {
            String::from_utf8_lossy(&output.stdout).trim().to_owned()
        }
        Ok(_) => {
            return finding(
                "compose",
                State::Missing,
                "docker has no compose command",
                Some(INSTALL),
            );
        }
        Err(why) => {
            return finding(
                "compose",
                State::Missing,
                format!("docker cannot be run: {why}"),
                Some(compose::install_engine()),
            );
        }
    };
    let state = if parse_version(&text) >= Some(COMPOSE) { State::Good } else { State::Missing };
    finding("compose", state, text, (state == State::Missing).then_some(INSTALL))
}

fn real_browser() -> Finding {
    match browser::find() {
        Ok(program) => finding("real browser", State::Good, program.display().to_string(), None),
        Err(why) => finding(
            "real browser",
            State::Note,
            format!("{why}: sentences on what a real browser shows are undecided"),
            Some(&format!("{} (or name one in {})", browser::INSTALL, browser::VARIABLE)),
        ),
    }
}

fn parse_version(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.trim_start_matches('v').split('.');
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

async fn images(
    engine: &Engine,
    name: &str,
    project: &Project,
    config: &Config,
    findings: &mut Vec<Finding>,
) {
    let images: BTreeSet<&str> = project
        .services
        .values()
        .filter(|service| service.build.is_none())
        .filter_map(|service| service.image.as_ref().map(|image| image.as_str()))
        .collect();
    for image in images {
        let what = format!("{name}: image {image}");
        findings.push(match engine.has_image(image).await {
            Err(why) => finding(what, State::Missing, why.to_string(), None),
            Ok(true) => finding(what, State::Good, "on this machine", None),
            Ok(false) => match &config.stand_ins {
                Some(_) => finding(
                    what,
                    State::Note,
                    "not on this machine: pulled by `verify`, or a stand-in is used",
                    None,
                ),
                None => finding(
                    what,
                    State::Note,
                    "not on this machine: pulled by `verify`",
                    Some(&format!("docker pull {image}")),
                ),
            },
        });
    }
}

fn ports(name: &str, project: &Project, findings: &mut Vec<Finding>) {
    for (service, definition) in &project.services {
        for port in definition.ports.iter().filter(|port| port.protocol() == "tcp") {
            let Some(Ok(number)) = port.published().map(str::parse::<u16>) else {
                continue;
            };
            let address = port.host_ip().unwrap_or("0.0.0.0");
            let what = format!("{name}: host port {address}:{number} of {service}");
            findings.push(match TcpListener::bind((address, number)) {
                Ok(_) => finding(what, State::Good, "free", None),
                Err(why) => finding(
                    what,
                    State::Note,
                    format!("{why}: needed by `--ports declared` only"),
                    None,
                ),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert!(parse_version("2.40.3-3") >= Some(COMPOSE));
        assert!(parse_version("v2.9.0") < Some(COMPOSE));
        assert_eq!(parse_version("unknown"), None);
    }
}
