//! What is inside a service's containers: as whom it runs, which processes run, and what files are.

use crate::steps::{
    Arguments, Step, StepResult, World,
    judging::{
        declared,
        every::{self, Places, Told, Witness},
        looks::unreadable,
        verdict::judged,
    },
};
use crate::{
    compose::Project,
    facts::{Violation, answers::root, processes::Identity},
    probe::{facts::Undecided, files, kernel, kernel::counted, processes},
    run::Failure,
    stack::{
        StackError,
        engine::{Container, Engine, Entry},
    },
};

pub(crate) static STEPS: &[Step] = &[
    Step::then(
        "service {service} runs as user {text}",
        "The files name this user, by its name or number; every process of its containers runs as it.",
        "service \"api\" runs as user \"www-data\"",
    )
    .declared(runs_as_by_files)
    .observed(|world, arguments| Box::pin(runs_as(world, arguments))),
    Step::then(
        "service {service} does not run as root",
        "The user that the files name, or the Dockerfile of its image, is not root (where neither names one, the image decides, and the running stack alone can tell); no process of its containers has root's user or group id.",
        "service \"api\" does not run as root",
    )
    .declared(not_root_by_files)
    .observed(|world, arguments| Box::pin(not_root(world, arguments))),
    Step::then(
        "a process {text} runs in {service}",
        "In each of its containers a process of this program runs.",
        "a process \"python3\" runs in \"api\"",
    )
    .waits()
    .observed(|world, arguments| Box::pin(process(world, arguments, true))),
    Step::then(
        "no process {text} runs in {service}",
        "In none of its containers, which run, does a process of this program run.",
        "no process \"sshd\" runs in \"web\"",
    )
    .observed(|world, arguments| Box::pin(process(world, arguments, false))),
    Step::then(
        "the file {path} in {service} exists",
        "There is a file or folder of this path in each of its containers.",
        "the file \"/run/api.pid\" in \"api\" exists",
    )
    .waits()
    .observed(|world, arguments| Box::pin(file(world, arguments, there))),
    Step::then(
        "the file {path} in {service} does not exist",
        "There is no file or folder of this path in any of its containers.",
        "the file \"/srv/.env\" in \"api\" does not exist",
    )
    .waits()
    .observed(|world, arguments| Box::pin(file(world, arguments, gone))),
    Step::then(
        "the file {path} in {service} has mode {text}",
        "The file or folder has exactly these permissions, in octal digits.",
        "the file \"/srv/key.pem\" in \"api\" has mode \"0600\"",
    )
    .waits()
    .observed(|world, arguments| Box::pin(file(world, arguments, mode))),
    Step::then(
        "the file {path} in {service} belongs to user {text}",
        "The owner of the file or folder is this user, by its name in the container or its number.",
        "the file \"/srv/uploads\" in \"api\" belongs to user \"www-data\"",
    )
    .waits()
    .observed(|world, arguments| Box::pin(file(world, arguments, owner))),
];

fn written(project: &Project, name: &str) -> Places {
    every::places(project, name, &["user"])
}

/// That neither the files nor a Dockerfile at hand say whom a service runs as.
fn unsaid(
    project: &Project,
    name: &str,
    expected: &str,
    identity: &Identity,
    help: &str,
) -> Failure {
    let found = format!("service \"{name}\" {}", identity.shown);
    let failure = Undecided::new(expected, found).help(format!("{help}, or ask the running stack"));
    declared::point_key(project, name, "image", failure.into()).services([name])
}

/// That the files let a service run as a user.
fn runs_as_by_files(world: &mut World, arguments: &Arguments) -> StepResult {
    let (name, wanted) = (arguments.text(0)?, arguments.text(1)?);
    let project = world.project()?;
    let identity = Identity::declared(&project, name, declared::service(&project, name)?);
    let expected = format!("service \"{name}\" runs as user \"{wanted}\"");
    let users = identity.users.clone().map_err(|_| {
        let help = format!("write `user: \"{wanted}\"` for service \"{name}\"");
        unsaid(&project, name, &expected, &identity, &help)
    })?;
    let shown = identity.shown.clone();
    let fact = every::told(&project, name, Witness::Files, identity, written(&project, name));
    if !users.iter().all(|user| is_same_user(user, wanted)) {
        let help = format!("write `user: \"{wanted}\"` for service \"{name}\"");
        let one = fact.violation(&expected, &shown, "user", help);
        return judged(&project, None, vec![one]);
    }
    world.evidence(format!("user of \"{name}\""), shown);
    Ok(())
}

/// Whether `user` of the files is a user, by name or number, as a sentence says it: with a group only
/// where that says one. Of names only root's number is known.
fn is_same_user(user: &str, wanted: &str) -> bool {
    let is_same = |one: &str, other: &str| {
        let number = |part: &str| if part == "root" { Ok(0) } else { part.parse::<u32>() };
        one == other || matches!((number(one), number(other)), (Ok(one), Ok(other)) if one == other)
    };
    let ((user, group), (wanted, with)) = (root::parts(user), root::parts(wanted));
    is_same(user, wanted) && (with.is_empty() || is_same(group, with))
}

async fn text(engine: &Engine, container: &Container, file: &str) -> Result<String, Failure> {
    let bytes = engine.file(container, file).await.map_err(StackError::from)?;
    Ok(String::from_utf8_lossy(&bytes.unwrap_or_default()).into_owned())
}

/// The number of a user in a container.
async fn number(engine: &Engine, container: &Container, user: &str) -> Result<u32, Failure> {
    if let Ok(number) = user.parse() {
        return Ok(number);
    }
    let passwd = text(engine, container, "/etc/passwd").await?;
    let known = kernel::ids(user, &passwd, "").map(|(user, _)| user);
    known.ok_or_else(|| {
        let service = &container.service;
        Failure::finding(
            format!("{} knows a user \"{user}\"", container.name),
            format!("its /etc/passwd has no \"{user}\""),
        )
        .place(format!("service \"{service}\""))
        .services([service])
        .help("name a user of the image, or its number")
    })
}

async fn runs_as(world: &mut World, arguments: &Arguments) -> StepResult {
    let (name, wanted) = (arguments.text(0)?, arguments.text(1)?);
    let engine = world.running()?.stack.engine.clone();
    let ask = async |container: &Container| {
        let number = number(&engine, container, wanted).await?;
        let (identities, shown) = processes::identities(&engine, container).await?;
        Ok(((number, identities), shown))
    };
    let judge = |facts: &[Told<(u32, Vec<Identity>)>]| {
        facts.iter().filter_map(|fact| other_users(wanted, fact)).collect()
    };
    every::of_service(world, name, ask, written, judge).await
}

/// The processes of a container that run as somebody else.
fn other_users(wanted: &str, fact: &Told<(u32, Vec<Identity>)>) -> Option<Violation> {
    let (number, identities) = &fact.value.value;
    let is_it = |user: &String| root::parts(user).0 == number.to_string();
    let is_wrong =
        |identity: &&Identity| !identity.users.as_ref().is_ok_and(|users| users.iter().all(is_it));
    let wrong = counted(identities.iter().filter(is_wrong).map(|one| one.shown.as_str()));
    if wrong.is_empty() && !identities.is_empty() {
        return None;
    }
    let name = &fact.subject;
    let expected = format!("service \"{name}\" runs as user \"{wanted}\"");
    let found = format!("runs as others: {}", wrong.join("; "));
    Some(fact.violation(
        &expected,
        &found,
        "user",
        format!("write `user: \"{wanted}\"` for service \"{name}\""),
    ))
}

/// Who runs as root, or might.
fn roots(fact: &Told<Vec<Identity>>) -> Option<Violation> {
    let all = &fact.value.value;
    let wrong =
        counted(all.iter().filter(|one| !one.is_unprivileged()).map(|one| one.shown.as_str()));
    if wrong.is_empty() && !all.is_empty() {
        return None;
    }
    let name = &fact.subject;
    let expected = format!("service \"{name}\" does not run as root");
    let found = match &fact.value.by {
        Witness::Files => wrong.join("; "),
        Witness::Kernel { .. } => format!("runs as root or in root's group: {}", wrong.join("; ")),
        Witness::Engine { .. } => {
            format!("was to run as root or in root's group: {}", wrong.join("; "))
        }
    };
    let help = format!(
        "write `user: \"1000:1000\"` with a user and a group of the image for service \"{name}\", or let the image end with `USER`"
    );
    Some(fact.violation(&expected, &found, "user", help))
}

fn not_root_by_files(world: &mut World, arguments: &Arguments) -> StepResult {
    let name = arguments.text(0)?;
    let project = world.project()?;
    let identity = Identity::declared(&project, name, declared::service(&project, name)?);
    if identity.users.is_err() {
        let expected = format!("service \"{name}\" does not run as root");
        let help = format!(
            "write `user: \"1000:1000\"` for service \"{name}\", or let the Dockerfile of its image end with `USER`"
        );
        return Err(unsaid(&project, name, &expected, &identity, &help));
    }
    let shown = identity.shown.clone();
    let fact = every::told(&project, name, Witness::Files, vec![identity], written(&project, name));
    judged(&project, None, roots(&fact).into_iter().collect())?;
    world.evidence(format!("user of \"{name}\""), shown);
    Ok(())
}

async fn not_root(world: &mut World, arguments: &Arguments) -> StepResult {
    let name = arguments.text(0)?;
    let engine = world.running()?.stack.engine.clone();
    let ask = async |container: &Container| Ok(processes::identities(&engine, container).await?);
    let judge = |facts: &[Told<Vec<Identity>>]| facts.iter().filter_map(roots).collect();
    every::of_service(world, name, ask, written, judge).await
}

/// Whether a process is of a program: by its name, its first word, or all its words.
fn is(program: &str, line: &str, wanted: &str) -> bool {
    let first = line.split_whitespace().next().unwrap_or_default();
    let last = first.rsplit('/').next().unwrap_or_default();
    [program, first, last.trim_end_matches(':'), line].contains(&wanted)
}

async fn process(world: &mut World, arguments: &Arguments, wanted: bool) -> StepResult {
    let (program, name) = (arguments.text(0)?, arguments.text(1)?);
    let running = world.running()?;
    let some = if wanted { "a" } else { "no" };
    let expected = format!("{some} process \"{program}\" runs in \"{name}\"");
    let look = async || {
        let mut seen = Vec::new();
        for container in world.service(name).await? {
            if let Some(why) = container.absence() {
                let found = format!("{} runs nothing: {why}", container.name);
                let failure = if wanted {
                    Failure::finding(expected.as_str(), found)
                } else {
                    Failure::undecided(expected.as_str(), found)
                };
                return Err(failure
                    .place(format!("service \"{name}\""))
                    .services([name])
                    .help(format!("the log of \"{name}\" says why it ended")));
            }
            let engine = &running.stack.engine;
            let ids = engine.process_ids(&container).await.map_err(StackError::from)?;
            let (mut lines, mut is_there) = (Vec::new(), None);
            for (id, _, comm) in ids {
                let line = kernel::command_line(id)
                    .map_err(|why| unreadable(&container, "/proc/<pid>/cmdline", &why))?;
                let Some(line) = line else { continue };
                if is(&comm, &line, program) {
                    is_there = is_there.or_else(|| Some(format!("{id} {line}")));
                }
                lines.push(if line.is_empty() { comm } else { line });
            }
            if is_there.is_some() != wanted {
                let found = is_there.unwrap_or_else(|| counted(lines).join("\n"));
                return Err(Failure::finding(
                    expected.as_str(),
                    format!("{}: {found}", container.name),
                )
                .place(format!("service \"{name}\""))
                .services([name])
                .help(format!("look at the command of \"{name}\", and at what it starts")));
            }
            let told = is_there.unwrap_or_else(|| format!("{} processes, none of it", lines.len()));
            seen.push(format!("{}: {told}", container.name));
        }
        Ok::<_, Failure>(seen)
    };
    let seen =
        if wanted { world.eventually(arguments.within, look).await? } else { look().await? };
    world.evidence(format!("processes of \"{name}\""), seen.join("\n"));
    Ok(())
}

/// What is to be so of a file, with the number of the user that is spoken of; what is wrong, if it is.
type Judge = fn(Option<&Entry>, &str, Option<u32>) -> (String, Option<String>);

fn told(entry: Option<&Entry>) -> String {
    entry.map_or_else(
        || "there is no such file".to_owned(),
        |Entry { kind, mode, user, group }| {
            format!("a {kind} with mode {mode:04o} of user {user} and group {group}")
        },
    )
}

fn there(entry: Option<&Entry>, _: &str, _: Option<u32>) -> (String, Option<String>) {
    ("exists".to_owned(), entry.is_none().then(|| told(entry)))
}

fn gone(entry: Option<&Entry>, _: &str, _: Option<u32>) -> (String, Option<String>) {
    ("does not exist".to_owned(), entry.is_some().then(|| told(entry)))
}

fn mode(entry: Option<&Entry>, wanted: &str, _: Option<u32>) -> (String, Option<String>) {
    let is_it = entry.is_some_and(|entry| u32::from_str_radix(wanted, 8) == Ok(entry.mode));
    (format!("has mode {wanted}"), (!is_it).then(|| told(entry)))
}

fn owner(entry: Option<&Entry>, wanted: &str, user: Option<u32>) -> (String, Option<String>) {
    let is_it = entry.is_some_and(|entry| user.is_some_and(|user| u64::from(user) == entry.user));
    (format!("belongs to user \"{wanted}\""), (!is_it).then(|| told(entry)))
}

async fn file(world: &mut World, arguments: &Arguments, judge: Judge) -> StepResult {
    let (path, name) = (world.fill(arguments.text(0)?)?, arguments.text(1)?);
    let wanted = arguments.text(2).unwrap_or_default();
    let running = world.running()?;
    let engine = &running.stack.engine;
    let seen = world
        .eventually(arguments.within, || async {
            let mut seen = Vec::new();
            for container in world.service(name).await? {
                let entry = files::entry(engine, &container, &path).await?;
                let user = if std::ptr::fn_addr_eq(judge, owner as Judge) {
                    Some(number(engine, &container, wanted).await?)
                } else {
                    None
                };
                let (expected, wrong) = judge(entry.as_ref(), wanted, user);
                if let Some(found) = wrong {
                    let found = format!("{}: {found}", container.name);
                    return Err(Failure::finding(format!("{path} {expected}"), found)
                        .place(format!("file {path} in service \"{name}\""))
                        .services([name])
                        .help("look at who makes this file: the image, a mount, or the service itself"));
                }
                seen.push(format!("{}: {}", container.name, told(entry.as_ref())));
            }
            Ok(seen)
        })
        .await?;
    world.evidence(format!("{path} in \"{name}\""), seen.join("\n"));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_the_same_by_name_and_number() {
        for (user, wanted, is_it) in [
            ("root", "0", true),
            ("0:1000", "root", true),
            ("1234:1235", "1234:1235", true),
            ("1234:1235", "1234", true),
            ("01234", "1234", true),
            ("1234", "1234:1235", false),
            ("www-data", "33", false),
        ] {
            assert_eq!(is_same_user(user, wanted), is_it, "{user} {wanted}");
        }
    }

    #[test]
    fn a_process_is_named_by_its_program_or_its_words() {
        for (program, line, wanted, is_it) in [
            ("nginx", "nginx: master process nginx -g daemon off;", "nginx", true),
            ("python3", "/usr/bin/python3 worker.py", "python3", true),
            ("python3", "python3 worker.py", "python3 worker.py", true),
            ("sh", "/bin/sh -c nginx", "nginx", false),
        ] {
            assert_eq!(is(program, line, wanted), is_it, "{line}");
        }
    }

    #[test]
    fn a_file_is_as_it_is_said_to_be_or_told_as_it_is() {
        let entry = Entry { kind: "file", mode: 0o600, user: 33, group: 33 };
        let there = Some(&entry);
        assert_eq!(mode(there, "0600", None).1, None);
        assert_eq!(mode(there, "600", None).1, None);
        let wrong = mode(there, "0644", None).1;
        assert_eq!(wrong.as_deref(), Some("a file with mode 0600 of user 33 and group 33"));
        assert_eq!(mode(None, "0644", None).1.as_deref(), Some("there is no such file"));
        assert_eq!(owner(there, "www-data", Some(33)).1, None);
        assert!(owner(there, "root", Some(0)).1.is_some());
        assert!(gone(there, "", None).1.is_some() && gone(None, "", None).1.is_none());
    }
}
