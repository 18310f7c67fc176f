//! Stores that ask for a password: declared by the files, and asked of the server itself.

use crate::probe::store::Means;
use crate::steps::{
    Arguments, Step, StepResult, World,
    judging::{
        declared::{self, point_key},
        every::{self, Places, Told, Witness},
        looks,
        verdict::judged,
    },
};
use crate::{
    compose::Project,
    facts::Violation,
    probe::store::redis::{
        declared::of_files,
        guard::{self, Guard},
    },
    run::Failure,
    stack::engine::Container,
};

pub(crate) static STEPS: &[Step] = &[Step::then(
    "Redis in service {service} refuses commands without a password",
    "The files give the server a password; it refuses a command without one and with a wrong one, and obeys one with the password that the service was given.",
    "Redis in service \"cache\" refuses commands without a password",
)
.asks(Means::KeyValue)
.declared(by_files)
.observed(|world, arguments| Box::pin(refuses(world, arguments)))];

const HELP: &str = "give it a password from a secret: pass `requirepass` by a configuration file or standard input (or, where the image reads it, by `REDIS_PASSWORD_FILE`), as a word of `command:` it is in the process list";

fn expected(name: &str) -> String {
    format!("Redis in service \"{name}\" refuses commands without a password")
}

/// Judges what a server answers, or what its files say of its password.
fn is_guarded(facts: &[Told<Guard>]) -> Vec<Violation> {
    let judge = |fact: &Told<Guard>| {
        let name = &fact.subject;
        let (found, help) = match &fact.value.value {
            Guard::Guarded(_) => return None,
            Guard::Bare => {
                ("the files give it no password".to_owned(), format!("{HELP} (service \"{name}\")"))
            }
            Guard::Open { ping } => {
                (format!("PING without a password: {ping}"), format!("{HELP} (service \"{name}\")"))
            }
            Guard::Lax { auth } => (format!("AUTH with a wrong password: {auth}"), HELP.to_owned()),
            Guard::Unknown => (
                "it wants a password, and nothing that the service was given says which".to_owned(),
                format!(
                    "give service \"{name}\" one secret whose name has \"redis\" or \"pass\" in it, or REDIS_PASSWORD_FILE"
                ),
            ),
            Guard::Refuses { auth, ping } => (
                format!("with the password that it was given: {auth}, PING: {ping}"),
                "give the server and its clients the same secret".to_owned(),
            ),
        };
        Some(Violation {
            subject: format!("services.{name}.command"),
            expected: expected(name),
            found,
            at: fact.place("command"),
            help,
        })
    };
    facts.iter().filter_map(judge).collect()
}

/// Where the files give the server its command line.
fn written(project: &Project, name: &str) -> Places {
    every::places(project, name, &["command"])
}

/// What was seen of a server that is guarded.
fn shown(guard: &Guard) -> String {
    match guard {
        Guard::Guarded(answers) => answers.join("\n"),
        _ => "it is not guarded".to_owned(),
    }
}

fn by_files(world: &mut World, arguments: &Arguments) -> StepResult {
    let name = arguments.text(0)?;
    let project = world.project()?;
    let guard = of_files(&project, name, declared::service(&project, name)?).map_err(|why| {
        let why = Failure::from(why).help("make the file readable for whoever runs this, or give the password by `requirepass` of a configuration file that the command names");
        point_key(&project, name, "volumes", why)
    })?;
    let shown = shown(&guard);
    let fact = every::told(&project, name, Witness::Files, guard, written(&project, name));
    judged(&project, None, is_guarded(&[fact]))?;
    world.evidence(format!("password of \"{name}\""), shown);
    Ok(())
}

async fn refuses(world: &mut World, arguments: &Arguments) -> StepResult {
    let name = arguments.text(0)?;
    let ask = async |container: &Container| {
        if let Some(why) = container.absence() {
            return Err(looks::gone(container, &expected(name), &why));
        }
        let guard = guard::ask(container).await?;
        let shown = shown(&guard);
        Ok((guard, shown))
    };
    let judged = every::of_service(world, name, ask, written, is_guarded).await;
    judged.map_err(|why| if why.services.is_empty() { why.services([name]) } else { why })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::steps::judging::every::samples::{said, witnesses};

    #[test]
    fn a_server_is_guarded_by_its_own_password_alone() {
        let [files, kernel, _] = witnesses();
        let answer = || "+PONG".to_owned();
        for (by, guard, says) in [
            (&files, Guard::Guarded(vec!["by REDIS_PASSWORD".into()]), None),
            (&files, Guard::Bare, Some("the files give it no password")),
            (&kernel, Guard::Guarded(vec![answer()]), None),
            (&kernel, Guard::Open { ping: answer() }, Some("PING without a password: +PONG")),
            (&kernel, Guard::Lax { auth: "+OK".into() }, Some("AUTH with a wrong password: +OK")),
            (
                &kernel,
                Guard::Unknown,
                Some("it wants a password, and nothing that the service was given says which"),
            ),
            (
                &kernel,
                Guard::Refuses { auth: "-WRONGPASS".into(), ping: "-NOAUTH".into() },
                Some("with the password that it was given: -WRONGPASS, PING: -NOAUTH"),
            ),
        ] {
            let told = is_guarded(&[said(by.clone(), guard)]);
            let told: Vec<&str> = told.iter().map(|one| one.found.as_str()).collect();
            assert_eq!(told, says.into_iter().collect::<Vec<_>>(), "{by:?}");
        }
    }
}
