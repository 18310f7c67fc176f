//! How many containers a service has, and how many it can have.

use crate::steps::{
    Arguments, StepResult, World,
    judging::{
        declared::{self, key_origin, point},
        verdict::judged,
        walk::{Standing, standing},
    },
};
use crate::{
    compose::{Port, Project},
    facts::{Fact, Violation},
    run::Failure,
    stack::engine::Container,
    words::counted,
};

/// How many containers the files give a service.
pub(crate) fn by_files(world: &mut World, arguments: &Arguments) -> StepResult {
    let (name, wanted) = (arguments.text(0)?, arguments.number(1)?);
    let project = world.project()?;
    let service = declared::service(&project, name)?;
    let count = service.replicas();
    let fact = fact(&project, name, count.into(), count.to_string());
    told(world, &project, wanted, &fact)
}

/// How many containers of a service run.
pub(crate) async fn on_stack(world: &mut World, arguments: &Arguments) -> StepResult {
    let (name, wanted) = (arguments.text(0)?, arguments.number(1)?);
    let stack = world.running()?;
    let project = &stack.stack.project;
    let mut containers = stack.stack.containers().await?;
    containers.retain(|container| container.service == name);
    if containers.is_empty() && declared::service(project, name)?.replicas() == 0 {
        return told(world, project, wanted, &fact(project, name, 0, "none".into()));
    }
    let containers = world.service(name).await?;
    let standings = containers.iter().map(|container| standing(&stack, container));
    let standings = futures::future::try_join_all(standings).await?;
    let line = |(container, standing): (&Container, &Standing)| {
        format!("{} {}", container.name, standing.why_not().unwrap_or("runs"))
    };
    let lines: Vec<String> = containers.iter().zip(&standings).map(line).collect();
    let running = standings.iter().filter(|standing| standing.why_not().is_none()).count();
    let fact = fact(project, name, running as u64, lines.join("\n"));
    told(world, project, wanted, &fact).map_err(|why| why.services([name]))
}

fn fact(project: &Project, name: &str, value: u64, shown: String) -> Fact<u64> {
    let scale = project.services.get(name).is_some_and(|service| service.scale.is_some());
    let at = key_origin(project, name, if scale { "scale" } else { "deploy" });
    Fact { subject: name.to_owned(), value, shown, at }
}

fn told(world: &mut World, project: &Project, wanted: u64, fact: &Fact<u64>) -> StepResult {
    once_only(project, &fact.subject, wanted)?;
    judged(project, None, judge(wanted, fact).into_iter().collect())?;
    world.evidence(format!("replicas of \"{}\"", fact.subject), fact.shown.as_str());
    Ok(())
}

/// Judges that a service has so many containers.
fn judge(wanted: u64, fact: &Fact<u64>) -> Option<Violation> {
    let name = &fact.subject;
    (fact.value != wanted).then(|| Violation {
        subject: name.clone(),
        expected: format!("service \"{name}\" has {}", counted(wanted, "replica")),
        found: fact.shown.clone(),
        at: fact.at,
        help: format!("set `deploy: {{ replicas: {wanted} }}` for service \"{name}\""),
    })
}

/// What a service has that no two containers can have: `docker compose up --scale` would fail. The
/// run moves it out of the way, so that the engine does not tell.
pub(crate) fn once_only(project: &Project, service: &str, count: u64) -> StepResult {
    let Some(declared) = project.services.get(service).filter(|_| count > 1) else {
        return Ok(());
    };
    let port = declared.ports.iter().find(|port| too_few(port, count));
    let addresses = declared
        .networks
        .values()
        .find_map(|joined| joined.ipv4_address.as_ref().or(joined.ipv6_address.as_ref()));
    let name = declared.container_name.as_ref();
    let (what, origin, help) = if let Some(name) = name {
        (
            format!("`container_name: {}`", name.value),
            name.origin,
            "remove `container_name:`: the service's own name leads to all replicas",
        )
    } else if let Some((port, published)) = port.and_then(|port| Some((port, port.published()?))) {
        (
            format!("the host port {published}"),
            port.origin,
            "publish no fixed host port, or a range with one for each replica",
        )
    } else if let Some(address) = addresses {
        (
            format!("the fixed address {}", address.value),
            address.origin,
            "remove the fixed address: the service's name leads to all replicas",
        )
    } else {
        return Ok(());
    };
    let failure = Failure::finding(
        format!("service \"{service}\" can have {count} replicas"),
        format!("it has {what}, which only one container can have"),
    )
    .help(help);
    Err(point(project, origin, failure))
}

/// Whether a port names fewer host ports than there are replicas.
fn too_few(port: &Port, count: u64) -> bool {
    let Some(published) = port.published().filter(|published| !published.is_empty()) else {
        return false;
    };
    let (first, last) = published.split_once('-').unwrap_or((published, published));
    match (first.parse::<u64>(), last.parse::<u64>()) {
        (Ok(0), Ok(0)) => false,
        (Ok(first), Ok(last)) => last.saturating_sub(first) + 1 < count,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_containers_and_no_other_number() {
        let fact = |value, shown: &str| Fact {
            subject: "a".to_owned(),
            value,
            shown: shown.to_owned(),
            at: None,
        };
        assert!(judge(2, &fact(2, "2")).is_none());
        assert!(judge(0, &fact(0, "none")).is_none());
        for (wanted, fact) in [
            (3, fact(2, "2")),
            (1, fact(2, "2")),
            (2, fact(1, "a-1 runs\na-2 is exited, exit code 0")),
            (1, fact(0, "none")),
        ] {
            let violation = judge(wanted, &fact).expect("a violation");
            assert_eq!(violation.found, fact.shown);
            assert!(violation.expected.starts_with("service \"a\" has "), "{violation:?}");
        }
    }

    #[test]
    fn what_only_one_container_can_have_is_found_with_its_place() {
        let project: Project = crate::compose::project::load_text(
            "compose.yaml",
            "services:\n  a:\n    image: a\n    container_name: a-1\n  b: {image: b, ports: ['8080:80']}\n  \
             c: {image: c, ports: ['8080-8082:80', '90', '127.0.0.1::91']}\n  \
             d: {image: d, networks: {n: {ipv4_address: 10.9.0.5}}}\n  e: {image: e}\n\
             networks:\n  n: {ipam: {config: [{subnet: 10.9.0.0/24}]}}\n",
        )
        .expect("a model")
        .into();
        let found = |service: &str, count| once_only(&project, service, count).err();
        let name = found("a", 3).expect("a finding");
        assert!(name.found.contains("`container_name: a-1`"), "{}", name.found);
        let (source, span) = name.spot.expect("a place");
        assert_eq!(source.text().get(span), Some("a-1"));
        assert!(found("a", 1).is_none());
        assert!(found("b", 2).is_some_and(|why| why.found.contains("host port 8080")));
        assert!(found("c", 3).is_none(), "the range has three");
        assert!(found("c", 4).is_some());
        assert!(found("d", 2).is_some_and(|why| why.found.contains("10.9.0.5")));
        assert!(found("e", 5).is_none());
    }
}
