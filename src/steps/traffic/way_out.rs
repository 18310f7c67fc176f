//! Who reaches out of the stack: by the networks that the files give a service, and by what a container
//! reaches of a network of our own beyond the host.

use std::net::SocketAddr;

use crate::steps::{
    Arguments, StepResult, World,
    judging::{
        every::{self, Places, Told, Witness},
        looks,
    },
};
use crate::{
    compose::{Project, Service},
    facts::Violation,
    probe::{matrix, outside::Outside},
    run::Failure,
    stack::{
        Stack, StackError,
        dial::{self, Outcome},
        engine::Container,
        looks::Network,
    },
    words::quoted_list,
};

/// What is said.
pub(super) const SENTENCE: &str = "no service has a way out of the stack";

/// What leads a service out of the stack.
#[derive(Debug, Default, PartialEq, Eq)]
struct Exits {
    /// A network that is not the stack's: the service whose it is, and its mode.
    mode: Option<(String, String)>,
    /// The networks that are not internal.
    open: Vec<String>,
    /// What was reached beyond the host, and by which route.
    reached: Option<(SocketAddr, String)>,
}

/// Judges that nothing leads out.
fn stays_inside(facts: &[Told<Exits>]) -> Vec<Violation> {
    facts.iter().filter_map(leads_out).collect()
}

fn leads_out(fact: &Told<Exits>) -> Option<Violation> {
    let name = fact.subject.as_str();
    let Exits { mode, open, reached } = &fact.value.value;
    let exception = "or add an exception with its reason";
    if let Some((to, way)) = reached {
        let found = format!("reaches {to} outside the stack ({way})");
        let help =
            format!("put service \"{name}\" on networks with `internal: true` alone, {exception}");
        return Some(fact.violation(SENTENCE, &found, "networks", help));
    }
    if let Some((owner, mode)) = mode {
        let found = format!("is in the network \"{mode}\"");
        let help = format!(
            "remove `network_mode:` of service \"{owner}\" and put it on an internal network, {exception}"
        );
        return Some(fact.violation(SENTENCE, &found, "network_mode", help));
    }
    let first = open.first()?;
    let (is, not) = match fact.value.by {
        Witness::Files => ("is", "is not internal"),
        Witness::Kernel { .. } => ("is", "the engine did not make internal"),
        Witness::Engine { .. } => ("was", "the engine did not make internal"),
    };
    let networks = if open.len() == 1 { "network" } else { "networks" };
    let on = quoted_list(open.iter().map(String::as_str));
    let found = format!("{is} on {networks} {on}, which {not}");
    let help = format!(
        "write `internal: true` for network \"{first}\", or take service \"{name}\" off it, {exception}"
    );
    Some(fact.violation(SENTENCE, &found, "networks", help))
}

/// What leads a service out by what the files say.
fn declared(project: &Project, name: &str, service: &Service) -> Exits {
    let (mut name, mut service) = (name, service);
    // A circle of shared networks ends here too.
    for _ in 0..=project.services.len() {
        let Some(mode) = service.network_mode.as_ref() else { break };
        match mode.strip_prefix("service:").and_then(|other| project.services.get_key_value(other))
        {
            Some((other, shared)) => (name, service) = (other, &shared.value),
            None if mode.as_str() == "none" => return Exits::default(),
            None => {
                let mode = Some((name.to_owned(), mode.value.clone()));
                return Exits { mode, ..Exits::default() };
            }
        }
    }
    let open = service.networks.keys().filter(|network| {
        let network = project.networks.get(*network);
        network.is_none_or(|network| {
            network.is_external()
                || !network.internal.as_ref().is_some_and(|internal| internal.value)
        })
    });
    Exits { open: open.cloned().collect(), ..Exits::default() }
}

fn written(project: &Project, name: &str) -> Places {
    every::places(project, name, &["network_mode", "networks"])
}

pub(super) fn by_files(world: &mut World, arguments: &Arguments) -> StepResult {
    let says = |project: &Project, name: &str, service: &Service| {
        (declared(project, name, service), written(project, name))
    };
    every::by_files(world, arguments, SENTENCE, says, stays_inside)
}

pub(super) async fn on_stack(world: &mut World, arguments: &Arguments) -> StepResult {
    let running = world.running()?;
    let stack = &running.stack;
    let outside = Outside::make().await.map_err(|why| {
        Failure::from(why).help("run as root, on the engine's own machine, with `ip` (iproute2) and `unshare` (util-linux) there")
    })?;
    // What lies behind this host is beyond the engine's only where they are one.
    if dial::shares_network(&stack.engine).await.map_err(StackError::from)? != Some(true) {
        let missing =
            "the engine's network is not this host's, and only this host's outside can be made";
        return Err(Failure::undecided("make a network outside the stack", missing).help(
            "run as root, on the engine's own machine, outside any other network namespace",
        ));
    }
    let networks = stack.engine.networks(&stack.name).await.map_err(StackError::from)?;
    let at = [outside.beyond, outside.host];
    let ask = async |_: &Service, container: &Container| {
        if container.absence().is_some() {
            return was_on(stack, &networks, container);
        }
        let routes = matrix::default_routes(&dial::tables(container).await?);
        let (answers, _) = dial::attempts(container, at.to_vec()).await?;
        let seen = [
            if routes.is_empty() { "no default route".to_owned() } else { routes.join("\n") },
            format!("-> {} beyond the host: {}", at[0], answers[0]),
            format!("-> {} of the host itself: {}", at[1], answers[1]),
        ];
        let way = || routes.first().cloned().unwrap_or_else(|| "no default route".to_owned());
        let reached = (answers[0] == Outcome::Open).then(|| (at[0], way()));
        let open = open_to(stack, &networks, container);
        Ok((Exits { mode: None, open, reached }, seen.join("\n")))
    };
    every::on_stack(world, arguments, SENTENCE, ask, written, stays_inside).await
}

/// The networks of a container that the engine did not make internal, by their declared names.
fn open_to(stack: &Stack, networks: &[Network], container: &Container) -> Vec<String> {
    let internal =
        |name: &str| networks.iter().any(|network| network.internal && network.name == name);
    let names = container.addresses.keys().map(String::as_str);
    let open = names.filter(|name| !internal(name) && *name != "none");
    open.map(|name| stack.own.networks.declared(name).to_owned()).collect()
}

/// What led a container out that has ended.
fn was_on(
    stack: &Stack,
    networks: &[Network],
    container: &Container,
) -> Result<(Exits, String), Failure> {
    if container.addresses.is_empty() {
        return Err(looks::gone(container, SENTENCE, "it was in another container's network"));
    }
    let names = container.addresses.keys().map(String::as_str);
    let seen = format!("it was on {}", quoted_list(names));
    Ok((Exits { open: open_to(stack, networks, container), ..Exits::default() }, seen))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::steps::judging::every::samples::{said, witnesses};

    #[test]
    fn a_network_that_is_not_internal_is_a_way_out() {
        let text = "services:\n  inner: {image: a, networks: [back]}\n  both: {image: a, networks: [back, front]}\n  \
             beside: {image: a, network_mode: 'service:both'}\n  none: {image: a, network_mode: none}\n  \
             host: {image: a, network_mode: host}\n  plain: {image: a}\n  theirs: {image: a, networks: [theirs]}\n\
             networks:\n  back: {internal: true}\n  front: {}\n  theirs: {external: true}\n";
        let project: Project =
            crate::compose::project::load_text("compose.yaml", text).expect("a model").into();
        let facts: Vec<Told<Exits>> = project
            .services
            .iter()
            .map(|(name, service)| {
                let exits = declared(&project, name, service);
                every::told(&project, name, Witness::Files, exits, written(&project, name))
            })
            .collect();
        let out: Vec<String> =
            stays_inside(&facts).into_iter().map(|violation| violation.subject).collect();
        assert_eq!(out, ["both", "beside", "host", "plain", "theirs"]);
    }

    #[test]
    fn whoever_says_it_the_same_leads_out() {
        let open = || Exits { open: vec!["front".into()], ..Exits::default() };
        let to = SocketAddr::from(([198, 18, 0, 1], 80));
        let reached = || Exits { reached: Some((to, "default via 10.0.0.1".into())), ..open() };
        for by in witnesses() {
            assert!(leads_out(&said(by.clone(), Exits::default())).is_none());
            let violation = leads_out(&said(by.clone(), open())).expect("a way out");
            assert!(violation.found.contains("on network \"front\", which"), "{violation:?}");
            let violation = leads_out(&said(by, reached())).expect("a way out");
            assert!(violation.found.contains("reaches 198.18.0.1:80 outside"), "{violation:?}");
        }
    }
}
