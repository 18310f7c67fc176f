//! What goes on around each scenario: what runs is taken down before one that breaks something, and
//! what it broke is mended after it, however it ended.

use std::sync::Arc;

use futures::future::LocalBoxFuture;

use super::{
    Progress, panics,
    pass::{Pass, Scenario, place},
};
use crate::{
    features::DISRUPTIVE,
    run::Failure,
    steps::{World, asked_about, bring_back},
};

/// How many lines of a service's log a failure quotes.
const LOG_LINES: usize = 12;

/// Adds the last words of the services whose logs tell more.
pub(super) async fn quote_logs(world: &World, failure: &mut Failure) {
    let Ok(running) = world.running() else { return };
    failure.services.dedup();
    for service in &failure.services {
        failure.logs.push(running.stack.log_tail(service, LOG_LINES).await);
    }
}

/// Tells a scenario's world where it stands, and what runs before it breaks anything.
pub(super) fn before<'a>(
    pass: Arc<Pass>,
    feature: &'a gherkin::Feature,
    scenario: &'a gherkin::Scenario,
    carried: &'a mut Scenario,
) -> LocalBoxFuture<'a, ()> {
    Box::pin(async move {
        pass.hearing.call_once(panics::hear);
        carried.pass = Some(Arc::clone(&pass));
        let world = &mut carried.world;
        world.place = place(feature, scenario);
        // Without a plan its first step is a defect.
        let planned = pass.plans.get(&world.place);
        let Some(planned) = planned else {
            carried.is_on = true;
            return;
        };
        let Some(berth) = pass.lanes.enter(&world.place).await else { return };
        carried.is_on = true;
        world.context = Some(Arc::clone(&pass.context));
        world.berth = berth;
        world.is_alone = planned.tags.iter().any(|tag| tag == DISRUPTIVE);
        let (place, name) = (world.place.clone(), planned.name.clone());
        (pass.report)(Progress::Begun { place, name });
        world.asked_about = asked_about(&planned.matches);
        let stacks: Vec<_> = planned
            .environments
            .iter()
            .filter_map(|name| Some((name, world.brought_up(name).ok()?)))
            .collect();
        for (environment, running) in stacks {
            // What ended before it began is not its own.
            if let Err(why) = running.hear().await {
                pass.add_aftermath(&world.place, why);
            }
            let deaths = running.stack.deaths.count();
            world.marks.insert(running.stack.name.clone(), deaths);
            if !world.is_alone {
                continue;
            }
            running.faults.begin(&world.place, pass.lanes.breaks(&world.place, environment));
            match running.before_fault().await {
                Ok(before) => world.before.push((running, before)),
                // Without it nobody can prove afterwards that all came back.
                Err(why) => pass.add_aftermath(&world.place, why),
            }
        }
    })
}

/// Lets the next begin, however the mending ends.
struct Next<'a> {
    pass: &'a Pass,
    place: &'a str,
}

impl Drop for Next<'_> {
    fn drop(&mut self) {
        self.pass.lanes.leave(self.place);
    }
}

/// Mends what a scenario broke, however it ended, and sees to it that what ran before runs again.
pub(super) fn after<'a>(
    pass: Arc<Pass>,
    feature: &'a gherkin::Feature,
    scenario: &'a gherkin::Scenario,
    carried: Option<&'a mut Scenario>,
) -> LocalBoxFuture<'a, ()> {
    Box::pin(async move {
        let place = place(feature, scenario);
        let _next = Next { pass: &pass, place: &place };
        let Some(Scenario { world, .. }) = carried else { return };
        let mended = world.restore().await;
        if let Err(mut why) = mended.and(world.stop_listening().await) {
            quote_logs(world, &mut why).await;
            pass.add_aftermath(&place, why);
        }
        for (running, before) in std::mem::take(&mut world.before) {
            let back = bring_back(&running, &before, &world.targets, world.beside).await;
            let excused = running.after_fault(&before, &world.targets, &scenario.name).await;
            let back = excused.and(back);
            running.faults.end(&place);
            if let Err(mut why) = back {
                for service in &why.services {
                    why.logs.push(running.stack.log_tail(service, LOG_LINES).await);
                }
                pass.add_aftermath(&place, why);
            }
        }
    })
}
