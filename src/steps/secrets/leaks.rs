//! Whether a secret can be read where it has no business: in the files, in what the engine keeps,
//! in images and their history, in processes, logs and error pages. A finding names the secret and
//! the place, never the value.

mod failing;
mod known;
mod places;
mod redactor;

use std::collections::BTreeSet;

pub use self::redactor::Redactor;
use self::{known::Known, places::Place};
use crate::steps::{
    Arguments, Load, Need, Step, StepResult, World,
    judging::{declared, exceptions::settle, walk::walk},
};
use crate::{
    compose::Project,
    facts::Violation,
    policy::{
        Target,
        secret::{
            kept::{self, Kept},
            scan::{self, How, Leak},
        },
    },
    probe::search::{SHORTEST, Secret},
    run::Failure,
    stack::engine::Container,
    words::quoted_list,
};

const NO_SECRET: &str = "no secret is written in the files, images, environment or logs";

pub(crate) static STEPS: &[Step] = &[
    Step::then(
    NO_SECRET,
    "The files say none, and git keeps no file that `secrets:` names: what `secrets:` names, and what is secret by name in the environment and env files, is then looked for in what the engine keeps of each container, in every layer and the history of its image, in the environment and command line of every process, in every log and in error pages; as it is, in base64, URL-encoded and escaped. An exception speaks of a secret in a place: \"app_key in the environment of a process\".",
    NO_SECRET,
)
.needs(&[Need::Root])
.excepts()
.loads(Load::Full)
.declared(by_files)
.observed(|world, arguments| Box::pin(observed(world, arguments))),
    Step::then(
        "the page {path} fails with 500, and shows neither a secret nor a trace",
        "An error of the program itself is told to visitors with status 500 and no more: no secret of the stack in any form, no file with a line, no stack, neither in the head nor in the body, to a browser as to a program that asks for JSON.",
        "the page \"/error\" fails with 500, and shows neither a secret nor a trace",
    )
    .observed(|world, arguments| Box::pin(failing::shows_nothing(world, arguments))),
];

/// What an exception speaks of.
fn subject(secret: &str, place: Place) -> String {
    format!("{secret} in {}", place.word())
}

fn by_files(world: &mut World, arguments: &Arguments) -> StepResult {
    let project = world.project()?;
    let target = Target { project: (*project).clone() };
    let leaks = scan::leaks(&target);
    let kept = kept::in_git(&project).map_err(|why| {
        Failure::undecided("ask git for the files of secrets that it keeps", why)
            .help("make the repository readable for whoever runs this, and install git")
    })?;
    let kept = kept.into_iter().map(in_git);
    let faults: Vec<Violation> =
        leaks.iter().map(|leak| fault(&project, leak)).chain(kept).collect();
    let mut judged: Vec<String> =
        project.secrets.keys().map(|name| subject(name, Place::Files)).collect();
    judged.extend(faults.iter().map(|fault| fault.subject.clone()));
    // What is excused on the running stack may not be in the files at all.
    let elsewhere = |row: &&Vec<String>| {
        let files = format!(" in {}", Place::Files.word());
        row.first().is_some_and(|subject| subject.ends_with(&files))
    };
    let rows = arguments.rows.iter().filter(elsewhere).cloned().collect();
    let arguments = Arguments { rows, ..arguments.clone() };
    settle(world, &project, &arguments, NO_SECRET, &judged, faults)
}

fn fault(project: &Project, leak: &Leak) -> Violation {
    let how = match &leak.how {
        How::Literal => "is written there".to_owned(),
        How::Default(variable) => format!("is the default of {variable}"),
        How::EnvFile(variable) => format!("comes from {variable} of an env file"),
    };
    let place = project.journal.place(leak.place).unwrap_or_default();
    let found = format!("{} {how} ({place}): {}", leak.subject, leak.why);
    Violation {
        expected: NO_SECRET.to_owned(),
        subject: subject(&leak.name, Place::Files),
        found: found.replace(" ()", ""),
        at: Some(leak.origin.inside(leak.place)),
        help: Place::Files.help().to_owned(),
    }
}

/// A secret whose file everybody has who has the repository.
fn in_git(kept: Kept) -> Violation {
    let Kept { name, file, origin } = kept;
    Violation {
        expected: NO_SECRET.to_owned(),
        subject: subject(&name, Place::Files),
        found: format!("secret \"{name}\" is the file {file}, which git keeps"),
        at: Some(origin),
        help: "take it out of git (`git rm --cached`), let .gitignore name it, and change the secret: the history keeps the old one".to_owned(),
    }
}

async fn observed(world: &mut World, arguments: &Arguments) -> StepResult {
    let running = world.running()?;
    let stack = &running.stack;
    let containers: Vec<Container> = walk(world, NO_SECRET).await?.containers().cloned().collect();
    let (known, unread) = known::all(&stack.project, &containers);
    if let Some(why) = unread.into_iter().next() {
        return Err(why);
    }
    let secrets: Vec<Secret> = known.iter().map(|known| known.secret.clone()).collect();
    let mut faults = Vec::new();
    for Known { secret: Secret { name, value }, origin } in &known {
        if value.chars().count() < SHORTEST {
            faults.push(Violation {
                expected: NO_SECRET.to_owned(),
                subject: name.clone(),
                found: format!("{name} is too short to be told from other text"),
                at: *origin,
                help: format!(
                    "choose a secret of {SHORTEST} letters at least; it is as easily guessed"
                ),
            });
        }
    }
    let needles = places::needles(&secrets)?;
    let places::Everywhere { found, seen, unasked, gone } =
        places::look(stack, &containers, &needles).await?;
    let names = secrets.iter().map(|secret| secret.name.as_str());
    let looked_for =
        if secrets.is_empty() { "the stack has none".to_owned() } else { quoted_list(names) };
    world.evidence("secrets that were looked for", looked_for);
    for (what, seen) in seen {
        world.evidence(what, seen);
    }
    let mut told: BTreeSet<(usize, &str)> = BTreeSet::new();
    for places::Sighting { place, at, hit, service } in &found {
        let Some(secret) = secrets.get(hit.secret) else { continue };
        // One form is enough to say where it is.
        if told.insert((hit.secret, at)) {
            faults.push(Violation {
                expected: NO_SECRET.to_owned(),
                subject: subject(&secret.name, *place),
                found: format!("{} is in {at} ({})", secret.name, hit.form),
                at: service
                    .as_ref()
                    .and_then(|name| declared::key_origin(&stack.project, name, "")),
                help: place.help().to_owned(),
            });
        }
    }
    let judged: Vec<String> = secrets
        .iter()
        .flat_map(|secret| Place::OBSERVED.map(|place| subject(&secret.name, place)))
        .collect();
    let files = format!(" in {}", Place::Files.word());
    let of_files = |row: &Vec<String>| row.first().is_some_and(|row| row.ends_with(&files));
    let rows = arguments.rows.iter().filter(|row| !of_files(row)).cloned().collect();
    let arguments = Arguments { rows, ..arguments.clone() };
    settle(world, &stack.project, &arguments, NO_SECRET, &judged, faults)?;
    // What is found is found; that nothing is there needs every page, and the whole of every log.
    unasked.or(gone.filter(|_| !secrets.is_empty())).map_or(Ok(()), Err)
}
