//! Which command a service runs.

use crate::steps::{
    Arguments, StepResult, World,
    judging::{
        declared::{self, key_origin},
        verdict::{judged, looked_at},
    },
};
use crate::{
    compose::{Located, Service},
    facts::{Fact, Violation},
    probe::facts::Undecided,
    run::Failure,
    stack::StackError,
};

/// The command lines that a service runs.
#[derive(Debug, Clone)]
struct Commands {
    /// The container that they run in; none of what the files say.
    container: Option<String>,
    /// What runs; the files say one at most.
    lines: Vec<String>,
    /// Why nothing does.
    none: String,
    /// What the files give it.
    declared: String,
}

/// Entry point and command as the files state them; empty where the image's own run.
pub(in crate::steps) fn command_line(service: &Service) -> String {
    let words = |words: &Option<Vec<Located<String>>>| -> Vec<String> {
        words.iter().flatten().map(|word| word.value.clone()).collect()
    };
    [words(&service.entrypoint), words(&service.command)].concat().join(" ")
}

pub(crate) fn by_files(world: &mut World, arguments: &Arguments) -> StepResult {
    let (name, wanted) = (arguments.text(0)?, arguments.text(1)?);
    let project = world.project()?;
    let service = declared::service(&project, name)?;
    let line = command_line(service);
    let is_entrypoint = service.command.is_none() && service.entrypoint.is_some();
    let key = if is_entrypoint { "entrypoint" } else { "command" };
    let value = Commands {
        container: None,
        lines: Some(line.clone()).filter(|line| !line.is_empty()).into_iter().collect(),
        none: "the files state no command: the image's own runs".to_owned(),
        declared: line.clone(),
    };
    let at = key_origin(&project, name, key);
    let fact = Fact { subject: name.to_owned(), value, shown: line, at };
    let violations = judge(name, wanted, std::slice::from_ref(&fact))?;
    judged(&project, None, violations)?;
    world.evidence(format!("command of \"{name}\""), fact.shown);
    Ok(())
}

pub(crate) async fn on_stack(world: &mut World, arguments: &Arguments) -> StepResult {
    let (name, wanted) = (arguments.text(0)?, arguments.text(1)?);
    let facts = match arguments.within {
        None => running(world, name, wanted).await?,
        Some(_) => world.eventually(arguments.within, || running(world, name, wanted)).await?,
    };
    let lines: Vec<&str> = facts.iter().map(|fact| fact.shown.as_str()).collect();
    world.evidence(format!("processes of \"{name}\""), lines.join("\n"));
    Ok(())
}

/// What runs in each replica of a service, where this command is among it.
async fn running(world: &World, name: &str, wanted: &str) -> Result<Vec<Fact<Commands>>, Failure> {
    let running = world.running()?;
    let project = &running.stack.project;
    let mut facts = Vec::new();
    for container in world.service(name).await? {
        let has_ended = container.pid == 0;
        let lines = if has_ended {
            Vec::new()
        } else {
            running.stack.engine.processes(&container).await.map_err(StackError::from)?
        };
        facts.push(Fact {
            subject: name.to_owned(),
            shown: format!("{}: {}", container.name, lines.join("; ")),
            at: key_origin(project, name, if has_ended { "restart" } else { "command" }),
            value: Commands {
                container: Some(container.name),
                lines,
                none: format!("{}, exit code {}", container.state, container.exit_code),
                declared: project.services.get(name).map(|it| command_line(it)).unwrap_or_default(),
            },
        });
    }
    let violations = judge(name, wanted, &facts)?;
    judged(project, None, violations).map_err(|why| why.services([name]))?;
    Ok(facts)
}

fn expected(wanted: &str, fact: &Fact<Commands>) -> String {
    match &fact.value.container {
        None => format!("service \"{}\" runs the command `{wanted}`", fact.subject),
        Some(container) => format!("a process `{wanted}` runs in {container}"),
    }
}

/// Judges that exactly this command line is among what runs, everywhere.
fn judge(name: &str, wanted: &str, facts: &[Fact<Commands>]) -> Result<Vec<Violation>, Undecided> {
    looked_at(&format!("service \"{name}\" runs the command `{wanted}`"), &[name], facts)?;
    let lacking = facts.iter().filter(|fact| !fact.value.lines.iter().any(|line| line == wanted));
    let violation = |fact: &Fact<Commands>| {
        let (service, Commands { container, lines, none, declared }) = (&fact.subject, &fact.value);
        let help = match container {
            Some(_) if lines.is_empty() => format!(
                "let something start it anew when it ends: `restart: unless-stopped` of service \"{service}\", or a supervisor in its image"
            ),
            Some(container) if declared == wanted => format!(
                "the files give it this command, and {container} has ended it or never began it: let something start it anew when it ends (Supervisor: `autorestart = true`), or make it the container's own process with `restart: unless-stopped`"
            ),
            _ => format!("set `command: {wanted}` for service \"{service}\""),
        };
        let found = if lines.is_empty() { none.clone() } else { lines.join("\n") };
        let expected = expected(wanted, fact);
        Violation { subject: service.clone(), expected, found, at: fact.at, help }
    };
    Ok(lacking.map(violation).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_this_command_line_runs_everywhere() {
        let fact = |container: Option<&str>, lines: &[&str], declared: &str| Fact {
            subject: "a".to_owned(),
            value: Commands {
                container: container.map(str::to_owned),
                lines: lines.iter().map(|line| (*line).to_owned()).collect(),
                none: "exited, exit code 1".to_owned(),
                declared: declared.to_owned(),
            },
            shown: String::new(),
            at: None,
        };
        let set = "set `command: run 1` for service \"a\"";
        for (fact, is) in [
            (fact(None, &["run 1"], "run 1"), None),
            (
                fact(None, &["run 2"], "run 2"),
                Some(("service \"a\" runs the command `run 1`", "run 2", set)),
            ),
            (
                fact(None, &[], ""),
                Some(("service \"a\" runs the command", "exited, exit code 1", set)),
            ),
            (fact(Some("a-1"), &["init", "run 1"], ""), None),
            (
                fact(Some("a-1"), &["init", "run 12"], ""),
                Some(("a process `run 1` runs in a-1", "init\nrun 12", set)),
            ),
            (
                fact(Some("a-1"), &["init"], "run 1"),
                Some(("runs in a-1", "init", "a-1 has ended it")),
            ),
            (
                fact(Some("a-1"), &[], "run 1"),
                Some(("runs in a-1", "exited", "`restart: unless-stopped` of")),
            ),
        ] {
            let violations = judge("a", "run 1", std::slice::from_ref(&fact)).expect("a look");
            assert_eq!(violations.len(), usize::from(is.is_some()), "{fact:?}");
            for (violation, (expected, found, help)) in violations.iter().zip(is) {
                assert!(violation.expected.contains(expected), "{violation:?}");
                assert!(violation.found.contains(found), "{violation:?}");
                assert!(violation.help.contains(help), "{violation:?}");
            }
        }
        let two = [fact(Some("a-1"), &["run 1"], ""), fact(Some("a-2"), &["init"], "")];
        assert_eq!(judge("a", "run 1", &two).expect("a look").len(), 1, "in each of them");
        assert!(judge("a", "run 1", &[]).is_err(), "nobody has looked");
    }
}
