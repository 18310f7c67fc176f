//! What has no network of the run's own at all is refused before anything starts.

use std::collections::BTreeSet;

use super::super::StackError;
use crate::{
    compose::{
        ComposeError, Project,
        journal::{Origin, Refusal},
    },
    config::Shared,
    diagnostic::Diagnostic,
};

/// The name under which the configuration shares the host's own network.
const HOST: &str = "host";

/// Everything by which a service would run in a network that is not the run's own, each with its place.
#[must_use]
pub fn refusals(project: &Project, shared: &Shared) -> Vec<Diagnostic> {
    let known = |name: &str| shared.networks.iter().any(|shared| shared == name);
    let mut found = Vec::new();
    let mut tell = |what: String, origin: Origin, share: &str, help: &str| {
        let diagnostic = project.journal.point(Diagnostic::error(what), origin, "");
        found.push(diagnostic.help(format!(
            "{help}; to share it on purpose, write `shared: {{ networks: [\"{share}\"] }}` in seaworthy.yaml"
        )));
    };
    let mut in_use = BTreeSet::new();
    for (name, service) in &project.services {
        in_use.extend(service.networks.keys().map(String::as_str));
        let Some(mode) = service.network_mode.as_ref() else { continue };
        let text = mode.as_str();
        if text.is_empty() || text == "none" || text.starts_with("service:") || known(text) {
            continue;
        }
        let what = if text == HOST {
            format!(
                "service \"{name}\" would run in this host's own network: its ports, and what listens on localhost, are not the run's own"
            )
        } else if let Some(other) = text.strip_prefix("container:") {
            format!(
                "service \"{name}\" would run in the network of container \"{other}\", which is not the run's own"
            )
        } else {
            format!(
                "service \"{name}\" would join the engine's network \"{text}\", which is not the run's own"
            )
        };
        tell(
            what,
            mode.origin,
            text,
            &format!(
                "remove `network_mode:` of service \"{name}\" and put it on a network of the files"
            ),
        );
    }
    for (key, network) in &project.networks {
        let name = network.name.as_ref().map_or(key.as_str(), |name| name.as_str());
        let is_host = network.is_external() && name == HOST
            || network.driver.as_ref().is_some_and(|driver| driver.as_str() == HOST);
        if is_host && in_use.contains(key.as_str()) && !known(key) && !known(HOST) {
            let what = format!("network \"{key}\" is this host's own network");
            tell(what, network.origin, key, "use a network of the files instead");
        }
    }
    found
}

/// Refuses what [`refusals`] finds.
///
/// # Errors
/// [`ComposeError::Files`] with all of it.
pub fn refuse(project: &Project, shared: &Shared) -> Result<(), StackError> {
    let found = refusals(project, shared);
    if found.is_empty() { Ok(()) } else { Err(ComposeError::Files(Refusal(found)).into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shared(names: &[&str]) -> Shared {
        let networks = names.iter().map(|&name| name.to_owned()).collect();
        Shared { networks, ..Shared::default() }
    }

    #[test]
    fn no_service_runs_in_a_network_of_others() {
        let text = "services:\n  a:\n    image: a\n    network_mode: host\n  b:\n    image: b\n    network_mode: container:theirs\n  \
                    c:\n    image: c\n    network_mode: bridge\n  d: {image: d, network_mode: none}\n  e: {image: e, network_mode: 'service:d'}\n  \
                    f: {image: f, networks: [h]}\nnetworks:\n  h: {external: true, name: host}\n";
        let project: Project =
            crate::compose::project::load_text("compose.yaml", text).expect("a model").into();
        let found = refusals(&project, &Shared::default());
        let places: Vec<_> = found.iter().filter_map(Diagnostic::place).collect();
        assert_eq!(places.len(), 4, "{places:?}");
        assert_eq!(places[..3], ["compose.yaml:4:19", "compose.yaml:7:19", "compose.yaml:10:19"]);
        assert!(found[0].title.contains("this host's own network"), "{}", found[0].title);
        assert!(found[1].title.contains("container \"theirs\""), "{}", found[1].title);
        let all = shared(&["host", "bridge", "container:theirs"]);
        assert!(refusals(&project, &all).is_empty());
        assert!(
            refuse(&project, &shared(&["host"])).is_err(),
            "the others are still not the run's own"
        );
    }
}
