//! Which image a service runs, stand-ins told from what they stand for.

use camino::Utf8PathBuf;

use crate::steps::{
    Arguments, StepResult, World,
    judging::{
        declared,
        verdict::{judged, looked_at},
    },
    world::Running,
};
use crate::{
    compose::{self, Project, Service, journal::Origin},
    facts::{Fact, Violation, images},
    probe::facts::Undecided,
    run::Failure,
    stack::{StackError, engine::Container},
    words::quoted_list,
};

/// The label by which a stand-in says for which image it stands.
const STAND_IN: &str = "seaworthy.stand-in";

/// What a service's containers are made of.
#[derive(Debug, Clone)]
struct Made {
    /// The image's name.
    image: String,
    /// Its id, which no file knows.
    id: Option<String>,
    /// The image for which it stands in.
    stands_for: Option<String>,
    /// The image that the files name.
    named: String,
}

impl Made {
    /// The image, and what it is there for.
    fn told(&self) -> String {
        let Self { image, stands_for, .. } = self;
        let role = stands_for.as_ref().map(|image| format!(", the stand-in for {image}"));
        format!("{image}{}", role.unwrap_or_default())
    }

    /// Whether two services have one image: by its id, which two names can have in common.
    fn is_same(&self, other: &Self) -> bool {
        match (&self.id, &other.id) {
            (Some(id), Some(other)) => id == other,
            _ => self.image == other.image,
        }
    }
}

/// Where the image of a service is named, or what builds it.
fn place(project: &Project, name: &str) -> Option<Origin> {
    let service = project.services.get(name)?;
    let image = service.image.as_ref().map(|image| image.origin);
    let origin = image.or_else(|| service.build.as_ref().map(|build| build.origin));
    origin
        .filter(|origin| origin.place.file().is_some())
        .or_else(|| declared::key_origin(project, name, ""))
}

/// What the files make a service's containers of.
fn named(project: &Project, name: &str, service: &Service) -> Fact<Made> {
    let image = images::of(project, name, service);
    let value = Made { id: None, stands_for: None, named: image.clone(), image };
    Fact { subject: name.to_owned(), shown: String::new(), at: place(project, name), value }
}

/// What the containers of a service are made of, beside what a project's files name.
async fn made(world: &World, project: &Project, name: &str) -> Result<Vec<Fact<Made>>, Failure> {
    let containers = world.service(name).await?;
    let service = project.services.get(name);
    let named =
        service.map_or_else(|| "no image".to_owned(), |service| images::of(project, name, service));
    let fact = |container: Container| {
        let value = Made {
            id: Some(container.image_id),
            stands_for: container.labels.get(STAND_IN).cloned(),
            named: named.clone(),
            image: container.image,
        };
        Fact {
            subject: name.to_owned(),
            shown: format!("image of {}", container.name),
            at: place(project, name),
            value,
        }
    };
    Ok(containers.into_iter().map(fact).collect())
}

/// The Compose files that name the images which are meant: all but those that put stand-ins in their place.
fn files_that_declare(world: &World, running: &Running) -> Result<Vec<Utf8PathBuf>, Failure> {
    let config = &world.context()?.config;
    let stand_ins = config.stand_in_files(&running.stack.environment);
    Ok(running.stack.files.iter().filter(|file| !stand_ins.contains(file)).cloned().collect())
}

/// The project as the files have it that name the images which are meant.
fn declared_project(world: &World, running: &Running) -> Result<Project, Failure> {
    let config = &world.context()?.config;
    let files = files_that_declare(world, running)?;
    let environment = &config.environments[&running.stack.environment];
    // The environment's own files come first, and are in the invocation already.
    let more = &files[environment.files.len()..];
    let invocation = compose::invocation(config, environment, more);
    Ok(compose::load_declared(config, environment, &invocation).map_err(StackError::from)?)
}

/// Judges by the files that services run one image.
pub(crate) fn same_by_files(world: &mut World, arguments: &Arguments) -> StepResult {
    let project = world.project()?;
    let named = |name: &String| Ok(named(&project, name, declared::service(&project, name)?));
    let facts = arguments.names(0)?.iter().map(named).collect::<Result<Vec<_>, Failure>>()?;
    tell_same(world, &project, arguments.names(0)?, &facts)
}

/// Judges by the running stack that services run one image.
pub(crate) async fn same_on_stack(world: &mut World, arguments: &Arguments) -> StepResult {
    let running = world.running()?;
    let mut facts = Vec::new();
    for name in arguments.names(0)? {
        facts.extend(made(world, &running.stack.project, name).await?);
    }
    tell_same(world, &running.stack.project, arguments.names(0)?, &facts)
}

fn tell_same(
    world: &mut World,
    project: &Project,
    names: &[String],
    facts: &[Fact<Made>],
) -> StepResult {
    let lines: Vec<String> = facts.iter().map(line).collect();
    let expected = format!("{} run the same image", quoted_list(names.iter().map(String::as_str)));
    let violations = are_same(&expected, names, facts)?;
    judged(project, Some(&expected), violations)
        .map_err(|failure| Failure { found: lines.join("\n"), ..failure })?;
    world.evidence("images", lines.join("\n"));
    Ok(())
}

fn line(fact: &Fact<Made>) -> String {
    let Made { image, id, .. } = &fact.value;
    let id = id.as_ref().map_or_else(String::new, |id| format!(" {id}"));
    format!("{}: {image}{id}", fact.subject)
}

/// Judges that all containers are made of the image of the first.
fn are_same(
    expected: &str,
    names: &[String],
    facts: &[Fact<Made>],
) -> Result<Vec<Violation>, Undecided> {
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    looked_at(expected, &names, facts)?;
    let Some((first, others)) = facts.split_first() else { return Ok(Vec::new()) };
    let others = others.iter().filter(|other| !first.value.is_same(&other.value));
    let violation = |other: &Fact<Made>| Violation {
        subject: other.subject.clone(),
        expected: expected.to_owned(),
        found: format!("{}; {}", line(other), line(first)),
        at: other.at,
        help: "give them the same `image:` and build it once".to_owned(),
    };
    Ok(others.map(violation).collect())
}

/// Judges by the files which image a service runs.
pub(crate) fn runs_by_files(world: &mut World, arguments: &Arguments) -> StepResult {
    let (name, wanted) = (arguments.text(0)?, arguments.text(1)?);
    let project = world.project()?;
    let fact = named(&project, name, declared::service(&project, name)?);
    let violations = runs(name, wanted, std::slice::from_ref(&fact))?;
    judged(&project, None, violations)?;
    world.evidence(format!("image of \"{name}\""), fact.value.image);
    Ok(())
}

/// Judges by the running stack which image a service runs.
pub(crate) async fn runs_on_stack(world: &mut World, arguments: &Arguments) -> StepResult {
    let (name, wanted) = (arguments.text(0)?, arguments.text(1)?);
    let project = declared_project(world, &*world.running()?)?;
    let facts = made(world, &project, name).await?;
    judged(&project, None, runs(name, wanted, &facts)?)?;
    for Fact { shown, value, .. } in facts {
        let id = value.id.as_deref().unwrap_or("no id");
        world.evidence(shown, format!("{} ({id})", value.told()));
    }
    Ok(())
}

fn runs_expected(name: &str, wanted: &str) -> String {
    format!("service \"{name}\" runs {wanted}")
}

/// Judges that containers are made of this image, or of the stand-in for it. The right stand-in proves
/// nothing of files that name another image.
fn runs(name: &str, wanted: &str, facts: &[Fact<Made>]) -> Result<Vec<Violation>, Undecided> {
    looked_at(&runs_expected(name, wanted), &[name], facts)?;
    let mut violations: Vec<Violation> = Vec::new();
    for Fact { subject, value, at, .. } in facts {
        if value.image == wanted {
            continue;
        }
        let is_stand_in = value.stands_for.as_deref() == Some(wanted);
        if is_stand_in && value.named == wanted {
            continue;
        }
        let told = value.told();
        let found = if is_stand_in {
            format!("the files name {}; {told} runs in its place", value.named)
        } else {
            told
        };
        // Replicas show the same.
        if violations.iter().any(|one| one.found == found) {
            continue;
        }
        violations.push(Violation {
            subject: subject.clone(),
            expected: runs_expected(subject, wanted),
            found,
            at: *at,
            help: format!("set `image: {wanted}` for service \"{subject}\""),
        });
    }
    Ok(violations)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fact(name: &str, image: &str, id: Option<&str>) -> Fact<Made> {
        let value = Made {
            image: image.to_owned(),
            id: id.map(str::to_owned),
            stands_for: None,
            named: image.to_owned(),
        };
        Fact { subject: name.to_owned(), value, shown: String::new(), at: None }
    }

    fn found(violations: &[Violation]) -> Vec<&str> {
        violations.iter().map(|one| one.found.as_str()).collect()
    }

    #[test]
    fn images_are_the_same_by_their_ids_or_else_by_their_names() {
        for (facts, is) in [
            (vec![fact("a", "x", None), fact("b", "x", None)], &[][..]),
            (vec![fact("a", "x", None), fact("b", "y", None)], &["b: y; a: x"]),
            (vec![fact("a", "x", Some("1")), fact("b", "y", Some("1"))], &[]),
            (vec![fact("a", "x", Some("1")), fact("b", "x", Some("2"))], &["b: x 2; a: x 1"]),
            (
                vec![fact("a", "x", None), fact("b", "y", None), fact("c", "x", None)],
                &["b: y; a: x"],
            ),
        ] {
            let names: Vec<String> = facts.iter().map(|fact| fact.subject.clone()).collect();
            let violations = are_same("same", &names, &facts).expect("all was looked at");
            assert_eq!(found(&violations), is, "{facts:?}");
        }
        let names = ["a".to_owned(), "b".to_owned()];
        let open = are_same("same", &names, &[fact("a", "x", None)]).expect_err("undecided");
        assert!(open.missing.contains("\"b\""), "{open:?}");
    }

    #[test]
    fn an_image_is_the_one_that_is_meant_or_the_stand_in_for_it() {
        let made = |image: &str, stands_for: Option<&str>, named: &str| {
            let mut fact = fact("a", image, Some("1"));
            fact.value.stands_for = stands_for.map(str::to_owned);
            fact.value.named = named.to_owned();
            fact
        };
        for (fact, is) in [
            (made("x:1", None, "x:1"), &[][..]),
            (made("x:2", None, "x:2"), &["x:2"]),
            (made("here/x", Some("x:1"), "x:1"), &[]),
            (made("here/x", Some("x:2"), "x:2"), &["here/x, the stand-in for x:2"]),
            (
                made("here/x", Some("x:1"), "x:2"),
                &["the files name x:2; here/x, the stand-in for x:1 runs in its place"],
            ),
        ] {
            let violations = runs("a", "x:1", &[fact.clone(), fact.clone()]).expect("a look");
            assert_eq!(found(&violations), is, "{fact:?}");
        }
        let two = [made("x:2", None, "x:1"), made("x:3", None, "x:1"), made("x:1", None, "x:1")];
        assert_eq!(found(&runs("a", "x:1", &two).expect("a look")), ["x:2", "x:3"]);
        assert!(runs("a", "x:1", &[]).is_err(), "nobody has looked");
    }
}
