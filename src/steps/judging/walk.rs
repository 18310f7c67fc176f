//! The walk over a running stack: the services that the files declare, each with all its replicas.
//!
//! What the engine lists is not all there should be. A service whose container was removed, or of
//! which Compose made fewer than the files declare, would be left out of every sentence on "every
//! service"; here it is a finding. What nothing of is started is said, and proves nothing.

use std::time::{Duration, Instant};

use crate::steps::{StepResult, World, judging::declared::point_key, world::Running};
use crate::{
    compose::Project,
    facts::answers::services,
    run::Failure,
    stack::{Stack, StackError, engine::Container},
};

/// How long a container that was restarted must run to count as running: after this time the
/// engine itself takes a start for a success ("Start containers automatically" of its manual).
const STEADY: Duration = Duration::from_secs(10);
/// The pause between two looks at it.
const PAUSE: Duration = Duration::from_millis(50);

/// The services of a running stack, each with its containers.
pub(crate) struct Walked {
    /// With the services of all profiles, where one of them runs.
    wider: Option<Project>,
    /// Services in the order of the files, with at least one container each.
    pub crews: Vec<(String, Vec<Container>)>,
    /// Services that the files start no container of.
    pub idle: Vec<String>,
}

impl Walked {
    /// The model in which all services of the walk are.
    pub(crate) fn project<'a>(&'a self, stack: &'a Stack) -> &'a Project {
        self.wider.as_ref().unwrap_or(&stack.project)
    }

    /// Every container, by service and replica.
    pub(crate) fn containers(&self) -> impl Iterator<Item = &Container> {
        self.crews.iter().flat_map(|(_, crew)| crew)
    }
}

/// How many containers of a service the scenario may expect; none where it has scaled the service.
fn wanted(world: &World, project: &Project, name: &str) -> Option<u32> {
    if world.has_resized(name) {
        return None;
    }
    // A provider is a program of Compose's, and no container.
    if services::is_provided(project, name) {
        Some(0)
    } else {
        project.services.get(name).map(|service| service.replicas())
    }
}

/// How a service has fewer containers than the files declare, if it has; reads after its name.
pub(crate) fn short(world: &World, project: &Project, name: &str, there: usize) -> Option<String> {
    let wanted = wanted(world, project, name)?;
    if there >= wanted as usize {
        return None;
    }
    let replicas = if wanted == 1 { "1 replica".to_owned() } else { format!("{wanted} replicas") };
    let there = match there {
        0 => "no container".to_owned(),
        1 => "1 container".to_owned(),
        there => format!("{there} containers"),
    };
    Some(format!("has {there}; the files declare {replicas}"))
}

/// Holds the containers of a service against what the files declare.
fn manned(
    world: &World,
    project: &Project,
    name: &str,
    expected: &str,
    there: usize,
) -> StepResult {
    let Some(short) = short(world, project, name, there) else { return Ok(()) };
    let key = if project.at(&["services", name, "scale"]).is_some() { "scale" } else { "deploy" };
    let failure = Failure::finding(expected, format!("service \"{name}\" {short}")).help(
        "find out who removed it, or why Compose did not create it: `docker compose ps --all`, `docker events`",
    );
    Err(point_key(project, name, key, failure))
}

/// What nobody can judge, because nothing of it is started.
pub(crate) fn nothing(expected: &str, why: &str) -> Failure {
    Failure::undecided(expected, format!("there is nothing to judge: {why}"))
}

/// Says of a service that the files start no container of it.
pub(crate) fn idle(project: &Project, name: &str, expected: &str) -> Failure {
    let failure = nothing(expected, &format!("service \"{name}\" is not started: scale 0"))
        .help(format!("start it: `scale: 1` for service \"{name}\", or leave it out here"));
    point_key(project, name, "scale", failure)
}

/// Goes through the services of the stack that the scenario speaks of; what is not started is
/// kept as evidence.
///
/// # Errors
/// A finding where a service has fewer containers than the files declare; undecided where no
/// service is started at all.
pub(crate) async fn walk(world: &mut World, expected: &str) -> Result<Walked, Failure> {
    let running = world.running()?;
    let stack = &running.stack;
    let containers = stack.containers().await?;
    let known = |container: &Container| stack.project.services.contains_key(&container.service);
    let wider = if containers.iter().all(known) { None } else { Some(stack.all_profiles()?) };
    let project = wider.as_ref().unwrap_or(&stack.project);
    let due = stack.brought_up();
    let mut names: Vec<&str> = project.services.keys().map(String::as_str).collect();
    for container in &containers {
        if !names.contains(&container.service.as_str()) {
            names.push(&container.service);
        }
    }
    let (mut crews, mut idle) = (Vec::new(), Vec::new());
    for name in names {
        let of = |container: &&Container| container.service == name;
        let crew: Vec<Container> = containers.iter().filter(of).cloned().collect();
        if due.contains(&name) {
            manned(world, project, name, expected, crew.len())?;
            if crew.is_empty() {
                idle.push(name.to_owned());
            }
        }
        if !crew.is_empty() {
            crews.push((name.to_owned(), crew));
        }
    }
    for name in &idle {
        world.evidence(format!("service \"{name}\""), "not started: scale 0");
    }
    if crews.is_empty() {
        return Err(nothing(expected, "no service of the files is started")
            .place(stack.files.iter().map(|file| file.as_str()).collect::<Vec<_>>().join(", "))
            .help("give a service a replica (`scale: 1`), or leave the sentence out"));
    }
    Ok(Walked { wider, crews, idle })
}

impl World {
    /// The replicas of a service as they are now: as many as the files declare, or as the scenario
    /// has made.
    ///
    /// # Errors
    /// A finding when there are fewer; undecided where the files start none.
    pub async fn service(&self, name: &str) -> Result<Vec<Container>, Failure> {
        let running = self.running()?;
        let project = &running.stack.project;
        let expected = format!("service \"{name}\" is there to be asked");
        let there = running.stack.service(name).await;
        let declared = project.services.contains_key(name);
        match there {
            Err(StackError::NoContainer { .. }) if declared => {
                manned(self, project, name, &expected, 0)?;
                Err(idle(project, name, &expected))
            }
            Ok(there) if declared => {
                manned(self, project, name, &expected, there.len())?;
                Ok(there)
            }
            there => Ok(there?),
        }
    }

    /// One replica of a service.
    ///
    /// # Errors
    /// When there is none.
    pub async fn replica(&self, name: &str) -> Result<Container, Failure> {
        Ok(self.service(name).await?.swap_remove(0))
    }
}

/// Whether a container runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It does, and goes on.
    Runs,
    /// It ends and is started again and again; reads after its name.
    Loops(String),
    /// It does not; reads after its name.
    Rests(String),
}

impl Standing {
    /// Why it does not run; reads after the container's name.
    pub(crate) fn why_not(&self) -> Option<&str> {
        match self {
            Self::Runs => None,
            Self::Loops(why) | Self::Rests(why) => Some(why),
        }
    }

    /// What a single look tells; none if it takes another.
    fn at_once(now: &Container, excused: i64, first: i64) -> Option<Self> {
        let restarted = format!("{} restarts, exit code {}", now.restarts, now.exit_code);
        match now.state.as_str() {
            "running" if now.restarts <= excused || is_steady(now) => Some(Self::Runs),
            "running" if now.restarts > first => {
                Some(Self::Loops(format!("keeps ending: {} restarts", now.restarts)))
            }
            "running" => None,
            "restarting" => Some(Self::Loops(format!("keeps ending: {restarted}"))),
            state => Some(Self::Rests(format!("is {state}, exit code {}", now.exit_code))),
        }
    }
}

/// Whether it has run for long enough, by the engine's clock.
fn is_steady(container: &Container) -> bool {
    let since = container.started.map(|at| chrono::Utc::now().signed_duration_since(at).to_std());
    since.is_some_and(|since| since.is_ok_and(|since| since >= STEADY))
}

/// Whether a container runs; one that was restarted, for no fault of ours, is watched until it has
/// run for long enough or ends again.
pub(crate) async fn standing(
    running: &Running,
    container: &Container,
) -> Result<Standing, Failure> {
    let begun = Instant::now();
    let first = container.restarts;
    let mut now = container.clone();
    loop {
        if let Some(standing) = Standing::at_once(&now, running.excused_restarts(&now), first) {
            return Ok(standing);
        }
        if begun.elapsed() >= STEADY {
            return Ok(Standing::Runs);
        }
        tokio::time::sleep(PAUSE).await;
        now = running.stack.engine.container(&container.id).await.map_err(StackError::from)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::steps::world::Undo;

    #[test]
    fn a_container_that_keeps_ending_does_not_run() {
        let container = |state: &str, restarts, exit_code| Container {
            state: state.into(),
            restarts,
            exit_code,
            ..crate::stack::engine::Container::default()
        };
        let of = |container: &Container, excused| Standing::at_once(container, excused, 0);
        assert_eq!(of(&container("running", 0, 0), 0), Some(Standing::Runs));
        assert_eq!(of(&container("running", 2, 0), 2), Some(Standing::Runs), "our own faults");
        let looping = Standing::Loops("keeps ending: 3 restarts, exit code 7".into());
        assert_eq!(of(&container("restarting", 3, 7), 0), Some(looping.clone()));
        assert_eq!(of(&container("restarting", 3, 7), 3), Some(looping));
        assert!(matches!(of(&container("running", 3, 0), 0), Some(Standing::Loops(_))));
        assert_eq!(Standing::at_once(&container("running", 3, 0), 0, 3), None, "look again");
        let mut long = container("running", 3, 0);
        long.started = chrono::Utc::now().checked_sub_signed(chrono::TimeDelta::seconds(11));
        assert_eq!(of(&long, 0), Some(Standing::Runs));
        assert_eq!(
            of(&container("exited", 0, 0), 0),
            Some(Standing::Rests("is exited, exit code 0".into()))
        );
    }

    #[test]
    fn a_service_with_fewer_containers_than_declared_is_a_finding() {
        let text = "services:\n  one: {image: a}\n  three: {image: a, deploy: {replicas: 3}}\n  none: {image: a, scale: 0}\n";
        let project: Project =
            crate::compose::project::load_text("compose.yaml", text).expect("a model").into();
        let mut world = World::default();
        let told = |world: &World, name: &str, there| {
            manned(world, &project, name, "it is so", there).err().map(|why| (why.found, why.place))
        };
        assert_eq!(told(&world, "one", 1), None);
        assert_eq!(told(&world, "three", 4), None);
        assert_eq!(told(&world, "none", 0), None);
        let (found, place) = told(&world, "one", 0).expect("a finding");
        assert_eq!(found, "service \"one\" has no container; the files declare 1 replica");
        assert_eq!(place.as_deref(), Some("compose.yaml:2:3"));
        let (found, place) = told(&world, "three", 1).expect("a finding");
        assert_eq!(found, "service \"three\" has 1 container; the files declare 3 replicas");
        assert_eq!(place.as_deref(), Some("compose.yaml:3:21"));
        let undo = Undo::of_service("scaled", "three", |_, _| Box::pin(async { Ok(()) }));
        world.undos.push(undo.resizes());
        assert_eq!(told(&world, "three", 1), None, "the scenario has scaled it");
    }
}
