//! What services go through while scenarios run: who ended, whose fault that was, and who came back.
//!
//! A scenario that breaks something is alone on its stack: what ends meanwhile is excused, and what
//! ran before it must run after it. Every other end is a finding of the run.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use futures::future::join_all;
use indexmap::{IndexMap, IndexSet};

use crate::steps::world::{
    World,
    life::{Before, state},
    open,
    running::Running,
};
use crate::{
    compose::health_command,
    run::{Failure, FailureKind, Incident},
    stack::{
        deaths::{Death, ONE_OFF_LABEL},
        engine::Container,
        health,
        ready::may_complete,
        unready::{RUNS, times, told_codes},
    },
};

/// How long a service must have been up at the end of a run that ended in a scenario for no reason
/// that the files give: a crash loop goes on.
const UNEXPLAINED: Duration = Duration::from_secs(5);
/// How long a look at the stack may take when a step has failed.
const LOOK_LIMIT: Duration = Duration::from_secs(5);
/// How many lines of its log a service that ended is quoted with.
const LAST_WORDS: usize = 20;

fn is_one_off(container: &Container) -> bool {
    container.labels.get(ONE_OFF_LABEL).is_some_and(|value| value == "True")
}

impl Running {
    /// What runs now: called before a scenario that may break something.
    ///
    /// # Errors
    /// When the engine does not say.
    pub async fn before_fault(&self) -> Result<Before, Failure> {
        let mut running: IndexMap<String, usize> = IndexMap::new();
        let mut containers = self.stack.containers().await?;
        containers.retain(|container| container.state == "running" && !is_one_off(container));
        for container in &containers {
            *running.entry(container.service.clone()).or_default() += 1;
        }
        containers.retain(|container| health_command(&container.health_test).is_none());
        let mut open_ports: IndexMap<String, BTreeSet<u16>> = IndexMap::new();
        let looks = join_all(containers.iter().map(open::ports)).await;
        for (container, ports) in containers.iter().zip(looks) {
            let service = container.service.clone();
            open_ports.entry(service).or_default().extend(ports.into_iter().flatten());
        }
        let started = containers.into_iter().map(|own| (own.id, own.started)).collect();
        self.hear().await?;
        let mut life = self.life();
        life.account(&self.stack);
        Ok(Before { deaths: life.accounted, running, started, open: open_ports })
    }

    /// Excuses what ended since then; the services that the scenario broke are `targets`. What ran
    /// before must have been brought back.
    ///
    /// # Errors
    /// When the engine does not say.
    pub async fn after_fault(
        &self,
        before: &Before,
        targets: &IndexSet<String>,
        scenario: &str,
    ) -> Result<(), Failure> {
        let containers = self.stack.containers().await?;
        self.hear().await?;
        let deaths = self.stack.deaths.after(before.deaths);
        let mut told = Vec::new();
        for (service, deaths) in by_service(&deaths) {
            let own: Vec<&Death> = deaths.into_iter().filter(|death| !death.asked).collect();
            let is_known = self.stack.restless.contains_key(service);
            if own.is_empty() || targets.contains(service) || is_known {
                continue;
            }
            let mut incident = self.incident(service, &own, &containers).await;
            incident.what = format!("{} while \"{scenario}\" ran", incident.what);
            incident.help = if self.is_explained(service, targets) {
                format!("it ends when what it depends on is away: let \"{service}\" try again")
            } else {
                format!(
                    "nothing in the files says that \"{service}\" depends on what the scenario broke: say so (`depends_on`), or look at why it ends"
                )
            };
            told.push(incident);
        }
        let mut life = self.life();
        let restless = &self.stack.restless;
        let own = deaths.iter().filter(|death| !death.asked);
        for death in own.filter(|death| !restless.contains_key(&death.service)) {
            if !targets.contains(&death.service) && !self.is_explained(&death.service, targets) {
                life.unexplained.insert(death.service.clone(), death.at);
            }
        }
        life.told.extend(told);
        life.accounted = before.deaths + deaths.len();
        life.known = containers
            .into_iter()
            .filter(|container| !is_one_off(container))
            .map(|container| (container.id, (container.service, container.restarts)))
            .collect();
        Ok(())
    }

    /// Excuses what the engine was asked to end since so many deaths: a command did it.
    ///
    /// # Errors
    /// When the engine does not tell.
    pub async fn excuse_asked(&self, since: usize) -> Result<(), Failure> {
        self.hear().await?;
        let mut life = self.life();
        let (from, new) = (life.accounted.max(since), self.stack.deaths.after(life.accounted));
        let new = new.into_iter().enumerate();
        let (accounted, mut found) = (life.accounted, Vec::new());
        for (at, death) in new {
            if !(death.asked && accounted + at >= from) {
                found.push(death);
            }
            life.accounted += 1;
        }
        life.found.extend(found);
        Ok(())
    }

    /// Whether a service depends on one that was broken, as far as the files say.
    fn is_explained(&self, service: &str, targets: &IndexSet<String>) -> bool {
        let mut on = vec![service];
        let mut at = 0;
        while let Some(service) = on.get(at).and_then(|name| self.stack.project.services.get(*name))
        {
            let more = service.depends_on.keys().map(String::as_str);
            let more: Vec<&str> = more.filter(|name| !on.contains(name)).collect();
            on.extend(more);
            at += 1;
        }
        on.iter().any(|name| targets.contains(*name))
    }

    /// What was excused and is worth telling, once.
    #[must_use]
    pub fn take_told(&self) -> Vec<Incident> {
        std::mem::take(&mut self.life().told)
    }

    /// The last look, before the stack is removed: everything that ended, was restarted or lost a
    /// process to the kernel's OOM killer, and that no scenario caused.
    ///
    /// # Errors
    /// When the engine does not say.
    pub async fn last_look(&self) -> Result<Vec<Incident>, Failure> {
        let last = self.life().unexplained.values().max().copied();
        if let Some(last) = last {
            tokio::time::sleep(UNEXPLAINED.saturating_sub(last.elapsed())).await;
        }
        let containers = self.stack.containers().await?;
        self.hear().await?;
        let (found, known) = {
            let mut life = self.life();
            life.account(&self.stack);
            (life.found.clone(), life.known.clone())
        };
        let mut incidents = Vec::new();
        for (service, mut deaths) in by_service(&found) {
            if !self.stack.project.services.contains_key(service) {
                continue;
            }
            // One that may end with 0 and has done so is well; who took it for a server reads so.
            let all = deaths.clone();
            deaths.retain(|death| {
                let of = containers.iter().find(|container| container.id == death.id);
                let may = of.is_some_and(|of| may_complete(&self.stack.project, of));
                !(may && death.code == Some(0))
            });
            let by_itself = !deaths.iter().any(|death| death.asked || death.out_of_memory);
            let reason = self.stack.restless.get(service).filter(|_| by_itself);
            if let Some(reason) = reason.filter(|_| is_back(service, &containers)) {
                let mut incident = self.incident(service, &deaths, &containers).await;
                incident.help = format!("seaworthy.yaml names it as restless: {reason}");
                self.life().told.push(incident);
            } else if deaths.is_empty() {
                let mut incident = self.incident(service, &all, &containers).await;
                incident.what = format!("{}, after it was ready", ended(&all));
                incident.help = format!(
                    "if \"{service}\" is to go on, say so: a health check, or `restart: unless-stopped`"
                );
                self.life().told.push(incident);
            } else {
                incidents.push(self.incident(service, &deaths, &containers).await);
            }
        }
        // What the engine did not tell of shows in what is left.
        for (id, (service, restarts)) in &known {
            if incidents.iter().any(|incident| incident.service == *service) {
                continue;
            }
            let now = containers.iter().find(|container| container.id == *id);
            let what = match now {
                None => "has lost its container, and no scenario removed it".to_owned(),
                Some(now) if self.stack.restless.contains_key(service) && is_on(now) => continue,
                Some(now) if now.restarts > *restarts => {
                    let more = usize::try_from(now.restarts - restarts).unwrap_or_default();
                    format!("was restarted {}, and no scenario caused it", times(more))
                }
                Some(now) if now.state == "running" => match self.unwell(now).await {
                    Some(why) => why,
                    None => continue,
                },
                Some(now) if is_done(self, now) => continue,
                Some(now) => format!("{} at the end of the run", state(now)),
            };
            let mut incident = self.incident(service, &[], &containers).await;
            incident.what = what;
            incidents.push(incident);
        }
        Ok(incidents)
    }

    /// What is wrong with a container that runs and that the engine calls unhealthy. Its check may
    /// pass again since: the engine asks at its intervals, so it is asked once more.
    async fn unwell(&self, now: &Container) -> Option<String> {
        if now.health.as_deref() != Some("unhealthy") {
            return None;
        }
        let asked = health::complaint(&self.stack.engine, now, now.health_timeout).await;
        let last = asked.unwrap_or_else(|why| Some(format!("its health check {why}")))?;
        Some(format!("is unhealthy at the end of the run: {last}"))
    }

    /// The ends of a service's containers, in words.
    async fn incident(
        &self,
        service: &str,
        deaths: &[&Death],
        containers: &[Container],
    ) -> Incident {
        let stack = &self.stack;
        let for_memory = deaths.iter().any(|death| death.out_of_memory);
        let keys: &[&[&str]] = if for_memory {
            &[&["mem_limit"], &["deploy", "resources", "limits", "memory"], &["command"]]
        } else {
            RUNS
        };
        let mut what = ended(deaths);
        what.push_str(now(self, service, deaths, containers));
        let help = if for_memory {
            format!("give \"{service}\" more memory, or let it use less")
        } else if deaths.iter().all(|death| death.asked) && !deaths.is_empty() {
            "somebody else stopped or killed it: leave the stack alone while it is judged".into()
        } else {
            format!("the last words above say why \"{service}\" ended")
        };
        Incident {
            spot: stack.project.written(service, keys),
            help,
            last_words: stack.log_tail(service, LAST_WORDS).await.lines,
            ..Incident::new(service, what)
        }
    }
}

/// Deaths by service, in the order of the first.
fn by_service(deaths: &[Death]) -> IndexMap<&str, Vec<&Death>> {
    let mut by_service: IndexMap<&str, Vec<&Death>> = IndexMap::new();
    for death in deaths {
        by_service.entry(&death.service).or_default().push(death);
    }
    by_service
}

/// Whether a container runs, or is about to be started again.
fn is_on(container: &Container) -> bool {
    matches!(container.state.as_str(), "running" | "restarting")
}

/// Whether every container of a service runs, or is about to be started again.
fn is_back(service: &str, containers: &[Container]) -> bool {
    let mut own = containers.iter().filter(|container| container.service == service).peekable();
    own.peek().is_some() && own.all(is_on)
}

/// `ended 3 times with exit code 137 (OOM-killed)`
fn ended(deaths: &[&Death]) -> String {
    let ends: Vec<&&Death> = deaths.iter().filter(|death| death.code.is_some()).collect();
    let for_memory = deaths.iter().any(|death| death.out_of_memory);
    let codes: Vec<i64> = ends.iter().filter_map(|death| death.code).collect();
    let asked = !ends.is_empty() && ends.iter().all(|death| death.asked);
    match (ends.len(), for_memory) {
        (0, true) => format!(
            "had a process OOM-killed {}",
            times(deaths.iter().filter(|death| death.code.is_none()).count())
        ),
        (0, false) => "ended".into(),
        (count, for_memory) => format!(
            "{} {} with {}{}",
            if asked { "was stopped through the engine" } else { "ended" },
            times(count),
            told_codes(&codes),
            if for_memory { " (OOM-killed)" } else { "" }
        ),
    }
}

/// What a service is now, to be read after what it was.
fn now(
    running: &Running,
    service: &str,
    deaths: &[&Death],
    containers: &[Container],
) -> &'static str {
    let own: Vec<&Container> =
        containers.iter().filter(|container| container.service == service).collect();
    let gone = |death: &&&Death| death.code.is_some() && own.iter().all(|own| own.id != death.id);
    if own.is_empty() {
        ", and has no container now"
    } else if deaths.iter().any(|death| gone(&death)) {
        ", and that container is gone"
    } else if own.iter().all(|container| container.state == "running") {
        if deaths.iter().all(|death| death.code.is_none()) {
            ", and runs on"
        } else {
            ", and runs again"
        }
    } else if own.iter().any(|container| container.state == "restarting") {
        ", and is about to be started again"
    } else if own.iter().any(|container| is_done(running, container)) {
        ""
    } else {
        ", and does not run now"
    }
}

fn is_done(running: &Running, container: &Container) -> bool {
    container.state == "exited"
        && container.exit_code == 0
        && may_complete(&running.stack.project, container)
}

/// Says first which services ended since the scenario began or do not run, other than those that it
/// broke itself: a step rarely fails for its own sake then.
pub async fn explain(world: &World, failure: &mut Failure) {
    let Ok(running) = world.running() else { return };
    if failure.kind == FailureKind::Bug {
        return;
    }
    let lines = match tokio::time::timeout(LOOK_LIMIT, unwell(world, &running)).await {
        Ok(Ok(lines)) => lines,
        Ok(Err(why)) => {
            failure.notes.push(format!("the stack could not be looked at either: {}", why.found));
            return;
        }
        Err(_) => {
            failure.notes.push(format!("the engine did not list the stack within {LOOK_LIMIT:?}"));
            return;
        }
    };
    if lines.is_empty() {
        return;
    }
    // Nothing was found out, and this is why.
    if failure.kind == FailureKind::Undecided {
        let told: Vec<&str> = lines.values().map(String::as_str).collect();
        failure.found = format!("{}\nthe step itself: {}", told.join("\n"), failure.found);
    } else {
        failure.notes.splice(0..0, lines.values().cloned());
    }
    let named = lines.into_keys().filter(|name| !failure.services.contains(name));
    let named: Vec<String> = named.collect();
    failure.services.splice(0..0, named);
}

/// The services that ended since the scenario began or do not run, each in a sentence.
async fn unwell(world: &World, running: &Running) -> Result<IndexMap<String, String>, Failure> {
    let mark = world.marks.get(&running.stack.name).copied().unwrap_or_default();
    let containers = running.stack.containers().await?;
    running.hear().await?;
    let deaths = running.stack.deaths.after(mark);
    let deaths = by_service(&deaths);
    let broken = world.broken_services();
    let mut lines = IndexMap::new();
    let restless = &running.stack.restless;
    let is_known = |name: &str| restless.contains_key(name) && is_back(name, &containers);
    let services = running.stack.project.services.keys();
    for service in services.filter(|name| !is_known(name)) {
        // What the scenario itself asked for is no news.
        let own: Vec<&Death> =
            deaths.get(service.as_str()).into_iter().flatten().copied().collect();
        let own: Vec<&Death> = own
            .into_iter()
            .filter(|death| !(death.asked && world.is_alone))
            .filter(|death| !running.faults.are_others(&world.place, service, death.at))
            .filter(|death| !(death.code == Some(0) && may_end(running, &containers, &death.id)))
            .collect();
        if broken.contains(service) {
            continue;
        }
        if let Some(last) = own.iter().map(|death| death.at).max() {
            let line = format!(
                "service \"{service}\" {}, {}{:.1} s before{}",
                ended(&own),
                if own.len() > 1 { "last " } else { "" },
                last.elapsed().as_secs_f64(),
                now(running, service, &own, &containers)
            );
            lines.insert(service.clone(), line);
            continue;
        }
        let down = |now: &&Container| {
            now.service == *service
                && now.state != "running"
                && !is_done(running, now)
                && !is_one_off(now)
        };
        let is_others = || running.faults.are_others(&world.place, service, Instant::now());
        if let Some(down) = containers.iter().find(down).filter(|_| !is_others()) {
            lines.insert(service.clone(), format!("service \"{service}\" {}", state(down)));
        }
    }
    Ok(lines)
}

fn may_end(running: &Running, containers: &[Container], id: &str) -> bool {
    let of = containers.iter().find(|container| container.id == id);
    of.is_some_and(|of| may_complete(&running.stack.project, of))
}

impl From<&Incident> for Failure {
    fn from(incident: &Incident) -> Self {
        let service = &incident.service;
        let mut failure = Self::finding(
            format!("service \"{service}\" comes up"),
            format!("service \"{service}\" {}", incident.what),
        );
        if let Some((source, span)) = &incident.spot {
            failure = failure.spot(source, span.clone());
        }
        failure.notes.clone_from(&incident.notes);
        failure.help(incident.help.clone())
    }
}
