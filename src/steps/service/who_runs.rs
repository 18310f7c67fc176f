//! Which services run, and no other.

use crate::steps::{
    Arguments, StepResult, World,
    judging::{
        declared::{key_origin, section_origin},
        verdict::judged,
        walk::{Standing, short, standing},
    },
};
use crate::{
    compose::Project,
    facts::{Fact, Violation, answers::services},
    run::Failure,
    words::quoted_list,
};

/// How a service stands, or one of its containers.
type Stands = Fact<Standing>;

/// Judges by the files that these services run.
pub(in crate::steps) fn by_files(world: &mut World, arguments: &Arguments) -> StepResult {
    let project = world.project()?;
    let fact = |name: &String| {
        idle(&project, name).unwrap_or_else(|| stands(&project, name, Standing::Runs, name.clone()))
    };
    let facts: Vec<Stands> = services::made(&project).map(|(name, _)| fact(name)).collect();
    let verdict = judge(&names(arguments), &facts);
    verdict.told(&project, &names(arguments))?;
    world.evidence("services", running(&facts).join(", "));
    Ok(())
}

/// Judges by the running stack that these services run.
pub(in crate::steps) async fn on_stack(world: &mut World, arguments: &Arguments) -> StepResult {
    let crew = world.running()?;
    let project = &crew.stack.project;
    let containers = crew.stack.containers().await?;
    let standings = containers.iter().map(|container| standing(&crew, container));
    let standings = futures::future::try_join_all(standings).await?;
    let of_container = containers.iter().zip(standings).map(|(container, standing)| {
        let shown = match standing.why_not() {
            None => format!("{} {} ({})", container.service, container.state, container.image),
            Some(why) => format!("{} {why}", container.name),
        };
        stands(project, &container.service, standing, shown)
    });
    let mut facts: Vec<Stands> = of_container.collect();
    for name in project.services.keys() {
        let there = containers.iter().filter(|container| container.service == *name).count();
        // Fewer replicas than the files declare are not the service.
        if let Some(why) = short(world, project, name, there) {
            let shown = format!("service \"{name}\" {why}");
            facts.push(stands(project, name, Standing::Rests(why), shown));
        } else if there == 0 {
            facts.extend(idle(project, name));
        }
    }
    let verdict = judge(&names(arguments), &facts);
    let there = |one: &&Violation| containers.iter().any(|it| it.service == one.subject);
    let silent = verdict.missing.iter().filter(there).map(|one| one.subject.as_str());
    verdict
        .told(project, &names(arguments))
        .map_err(|failure| failure.services(silent.collect::<Vec<_>>()))?;
    world.evidence("running containers", running(&facts).join("\n"));
    Ok(())
}

fn names(arguments: &Arguments) -> Vec<&str> {
    arguments.rows.iter().map(|row| row[0].as_str()).collect()
}

fn stands(project: &Project, name: &str, value: Standing, shown: String) -> Stands {
    Fact { subject: name.to_owned(), value, shown, at: key_origin(project, name, "") }
}

/// A service that the files start no container of.
fn idle(project: &Project, name: &str) -> Option<Stands> {
    let service = project.services.get(name).filter(|service| service.replicas() == 0)?;
    let why = "is not started: scale 0".to_owned();
    let origin = service.scale.as_ref().map(|scale| scale.origin);
    let shown = format!("service \"{name}\" {why}");
    let fact = stands(project, name, Standing::Rests(why), shown);
    Some(Fact { at: origin.filter(|origin| origin.place.file().is_some()).or(fact.at), ..fact })
}

/// What runs, as evidence.
fn running(facts: &[Stands]) -> Vec<&str> {
    facts
        .iter()
        .filter(|fact| fact.value == Standing::Runs)
        .map(|fact| fact.shown.as_str())
        .collect()
}

/// What is not so.
#[derive(Default)]
struct Verdict {
    /// Services that run and should not.
    besides: Vec<Violation>,
    /// Services that should run and do not, or not all of them.
    missing: Vec<Violation>,
}

impl Verdict {
    fn told(&self, project: &Project, wanted: &[&str]) -> StepResult {
        let named = |all: &[Violation]| quoted_list(all.iter().map(|one| one.subject.as_str()));
        let mut found = Vec::new();
        if !self.besides.is_empty() {
            found.push(format!("{} besides", named(&self.besides)));
        }
        if !self.missing.is_empty() {
            found.push(format!("no {}", named(&self.missing)));
        }
        let all: Vec<Violation> = self.besides.iter().chain(&self.missing).cloned().collect();
        let reasons = all.iter().flat_map(|one| one.found.lines().skip(1));
        let found = reasons.fold(found.join(", and "), |found, why| format!("{found}\n{why}"));
        // A service that the files do not have is missing among their services.
        let placed = all.iter().cloned().map(|one| match one.at {
            None if !project.services.contains_key(&one.subject) => {
                let subject = format!("services.{}", one.subject);
                Violation { subject, at: section_origin(project, "services"), ..one }
            }
            _ => one,
        });
        judged(project, Some(&expected(wanted)), placed.collect())
            .map_err(|failure| Failure { found, ..failure })
    }
}

fn expected(wanted: &[&str]) -> String {
    format!("exactly {} run", quoted_list(wanted.iter().copied()))
}

/// Judges that these services run, and no other. One that is started again and again does not run,
/// and may not be there besides.
fn judge(wanted: &[&str], facts: &[Stands]) -> Verdict {
    let of = |name: &str| facts.iter().filter(move |fact| fact.subject == name).collect::<Vec<_>>();
    let violation = |headline: String, facts: &[&Stands], subject: &str, help: String| {
        let silent = facts.iter().filter(|fact| fact.value.why_not().is_some());
        let found = silent.fold(headline, |found, fact| format!("{found}\n{}", fact.shown));
        let at = facts.iter().find_map(|fact| fact.at);
        Violation { subject: subject.to_owned(), expected: expected(wanted), found, at, help }
    };
    let mut verdict = Verdict::default();
    for fact in facts {
        let name = fact.subject.as_str();
        let is_known =
            wanted.contains(&name) || verdict.besides.iter().any(|one| one.subject == fact.subject);
        if is_known || matches!(fact.value, Standing::Rests(_)) {
            continue;
        }
        let help = format!(
            "document service \"{name}\" here, or remove it from the Compose files or put it into a profile"
        );
        verdict.besides.push(violation(format!("\"{name}\" besides"), &of(name), name, help));
    }
    for name in wanted {
        let there = of(name);
        if !there.is_empty() && there.iter().all(|fact| fact.value == Standing::Runs) {
            continue;
        }
        let help = if there.is_empty() {
            format!("add service \"{name}\" to the Compose files, or take it out of the table")
        } else {
            format!(
                "find out why \"{name}\" does not run (`docker compose ps --all`, its log), or take it out of the table"
            )
        };
        verdict.missing.push(violation(format!("no \"{name}\""), &there, name, help));
    }
    verdict
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fact(name: &str, value: Standing) -> Stands {
        let shown = format!("{name}-1 {}", value.why_not().unwrap_or("runs"));
        Fact { subject: name.to_owned(), value, shown, at: None }
    }

    #[test]
    fn these_services_run_and_no_other() {
        let runs = |name| fact(name, Standing::Runs);
        let rests = |name| fact(name, Standing::Rests("is exited".into()));
        let loops = |name| fact(name, Standing::Loops("keeps ending".into()));
        for (wanted, facts, besides, missing) in [
            (&["a", "b"][..], vec![runs("b"), runs("a"), runs("a")], "", ""),
            (&["a"], vec![runs("a"), rests("once")], "", ""),
            (&["a"], vec![runs("a"), runs("b"), runs("b")], "\"b\" besides", ""),
            (&["a"], vec![runs("a"), loops("b")], "\"b\" besides\nb-1 keeps ending", ""),
            (&["a", "b"], vec![runs("a")], "", "no \"b\""),
            (&["a"], vec![runs("a"), rests("a")], "", "no \"a\"\na-1 is exited"),
            (&["a"], vec![loops("a")], "", "no \"a\"\na-1 keeps ending"),
            (&["a"], vec![], "", "no \"a\""),
            (&[], vec![], "", ""),
        ] {
            let verdict = judge(wanted, &facts);
            let found = |all: &[Violation]| {
                all.iter().map(|one| one.found.clone()).collect::<Vec<_>>().join(" | ")
            };
            assert_eq!(found(&verdict.besides), besides, "{wanted:?} {facts:?}");
            assert_eq!(found(&verdict.missing), missing, "{wanted:?} {facts:?}");
        }
    }

    #[test]
    fn all_that_is_wrong_is_told_at_once() {
        let text = "services:\n  a: {image: a}\n  b: {image: b}\n  off: {image: c, scale: 0}\n";
        let project: Project =
            crate::compose::project::load_text("compose.yaml", text).expect("a model").into();
        let facts = [
            stands(&project, "a", Standing::Runs, "a".into()),
            stands(&project, "b", Standing::Rests("is exited".into()), "b-1 is exited".into()),
            idle(&project, "off").expect("it is not started"),
        ];
        assert!(idle(&project, "a").is_none());
        let wanted = ["b", "off", "c"];
        let failure = judge(&wanted, &facts).told(&project, &wanted).expect_err("a finding");
        assert_eq!(failure.expected, "exactly \"b\", \"off\" and \"c\" run");
        assert_eq!(
            failure.found,
            "\"a\" besides, and no \"b\", \"off\" and \"c\"\nb-1 is exited\nservice \"off\" is not started: scale 0"
        );
        let places: Vec<&str> = failure.violations.iter().map(|one| one.subject.as_str()).collect();
        assert_eq!(places, ["services.a", "services.b", "services.off.scale", "services.c"]);
    }
}
