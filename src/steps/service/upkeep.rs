//! What keeps a service up: its health check, whom it waits for, and what starts it anew.

use crate::steps::{
    Arguments, StepResult, World,
    judging::{
        declared::{self, key_origin},
        exceptions::{settle, something},
        facts::{declared_rows, named},
        verdict::{judged, looked_at},
    },
};
use crate::{
    compose::{self, Project, journal::Origin},
    facts::{self, Cell, Fact, Row, Violation, answers::services, image::Check},
    probe::facts::Undecided,
};

const CHECKED: &str = "every service has a health check";
const RESTARTED: &str = "every service is restarted after a failure";

/// The health check of a service: that of its files, else that of its Dockerfile where one is at hand.
type Checked = Fact<Option<Check>>;

pub(crate) fn every_has_health_check(world: &mut World, arguments: &Arguments) -> StepResult {
    let project = world.project()?;
    let facts: Vec<Checked> =
        services::made(&project).filter_map(|(name, _)| check(&project, name)).collect();
    every(world, arguments, CHECKED, unchecked(&facts))
}

pub(crate) fn every_is_restarted(world: &mut World, arguments: &Arguments) -> StepResult {
    let rows = declared_rows(&*world.project()?, named("restart")?);
    every(world, arguments, RESTARTED, left_down(&rows)?)
}

/// Holds what a sentence on every service is not true of against its exceptions.
fn every(
    world: &mut World,
    arguments: &Arguments,
    expected: &str,
    violations: Vec<Violation>,
) -> StepResult {
    let project = world.project()?;
    let judged: Vec<String> = services::made(&project).map(|(name, _)| name.clone()).collect();
    something(&judged, expected, "the files have no service that is in use")?;
    settle(world, &project, arguments, expected, &judged, violations)
}

fn check(project: &Project, name: &str) -> Option<Checked> {
    let service = project.services.get(name)?;
    Some(Fact {
        subject: name.to_owned(),
        value: facts::health::of(project, name, service).ok().flatten(),
        shown: String::new(),
        at: key_origin(project, name, "healthcheck"),
    })
}

/// Where the command line of a health check is written.
fn test_origin(project: &Project, name: &str) -> Option<Origin> {
    let check = project.services.get(name)?.healthcheck.as_ref()?;
    let origin = check.test.get(1).map_or(check.origin, |word| word.origin);
    origin.place.file().map(|_| origin)
}

/// The command line of a health check, as it is after Compose read it.
fn line(check: &Check) -> Option<String> {
    let words = compose::health_command(&check.test)?;
    Some(match &words[..] {
        [shell, flag, line] if shell == "/bin/sh" && flag == "-c" => line.clone(),
        words => words.join(" "),
    })
}

/// What a service lacks, and what to write.
fn lack(of: &str, at: Option<Origin>, expected: &str, found: &str, write: &str) -> Violation {
    Violation {
        subject: of.to_owned(),
        expected: expected.to_owned(),
        found: format!("service \"{of}\" has {found}"),
        at,
        help: format!("write `{write}` for service \"{of}\", or add an exception with its reason"),
    }
}

/// Judges that every service has a health check, and one that can fail.
fn unchecked(facts: &[Checked]) -> Vec<Violation> {
    const WRITE: &str = "healthcheck: { test: [CMD, …] }";
    let violation = |fact: &Checked| {
        let told = fact.value.as_ref().and_then(|check| Some((check, line(check)?)));
        let found = match told {
            None => "no health check".to_owned(),
            Some((check, line)) => {
                let words: Vec<&str> = check.test.iter().map(String::as_str).collect();
                compose::idle::why_idle(&words)?;
                match line.trim() {
                    "" => "a health check that says nothing".to_owned(),
                    line => format!("a health check that always succeeds: `{line}`"),
                }
            }
        };
        Some(lack(&fact.subject, fact.at, CHECKED, &found, WRITE))
    };
    facts.iter().filter_map(violation).collect()
}

/// Judges by the restart policies of services that each is started anew.
fn left_down(rows: &[Row]) -> Result<Vec<Violation>, Undecided> {
    let mut violations = Vec::new();
    for row in rows {
        let policy = match row.value.get(1) {
            Some(Cell::Known(policy)) => policy,
            cell => {
                let why = cell.and_then(Cell::unknown).unwrap_or("no row says it");
                let tried = format!("find out the restart policy of \"{}\"", row.subject);
                return Err(Undecided::new(tried, why));
            }
        };
        if policy == "no" {
            let found = format!("the restart policy \"{policy}\"");
            let write = "restart: unless-stopped";
            violations.push(lack(&row.subject, row.at, RESTARTED, &found, write));
        }
    }
    Ok(violations)
}

pub(crate) fn health_check_runs(world: &mut World, arguments: &Arguments) -> StepResult {
    let (name, wanted) = (arguments.text(0)?, arguments.text(1)?);
    let project = world.project()?;
    declared::service(&project, name)?;
    let facts: Vec<Checked> = check(&project, name)
        .map(|fact| Fact { at: test_origin(&project, name).or(fact.at), ..fact })
        .into_iter()
        .collect();
    judged(&project, None, asks(name, wanted, &facts)?)?;
    world.evidence(format!("health check of \"{name}\""), wanted);
    Ok(())
}

fn asks_expected(name: &str, wanted: &str) -> String {
    format!("the health check of \"{name}\" runs `{wanted}`")
}

/// Judges that a service's health check runs exactly this command line.
fn asks(name: &str, wanted: &str, facts: &[Checked]) -> Result<Vec<Violation>, Undecided> {
    looked_at(&asks_expected(name, wanted), &[name], facts)?;
    let violation = |Fact { subject, value, at, .. }: &Checked| {
        let (found, help) = match value.as_ref().and_then(line) {
            Some(line) if line == wanted => return None,
            Some(line) => (
                format!("`{line}`"),
                format!("set `test:` of its `healthcheck:` (service \"{subject}\")"),
            ),
            None => (
                "it has no health check".to_owned(),
                format!("declare one: `healthcheck:` of service \"{subject}\""),
            ),
        };
        let expected = asks_expected(subject, wanted);
        Some(Violation { subject: subject.clone(), expected, found, at: *at, help })
    };
    Ok(facts.iter().filter_map(violation).collect())
}

pub(crate) fn waits(world: &mut World, arguments: &Arguments) -> StepResult {
    let (name, other, wanted) = (arguments.text(0)?, arguments.text(1)?, arguments.text(2)?);
    let project = world.project()?;
    declared::service(&project, other)?;
    declared::service(&project, name)?;
    let rows = declared_rows(&project, named("dependencies")?);
    let violation = waits_for((name, other, wanted), &rows)?.map(|one| {
        let at = one.at.or_else(|| key_origin(&project, name, "depends_on"));
        Violation { at, ..one }
    });
    judged(&project, None, violation.into_iter().collect())?;
    world.evidence(format!("\"{name}\" waits for \"{other}\""), format!("to be {wanted}"));
    Ok(())
}

fn waits_expected((name, other, wanted): (&str, &str, &str)) -> String {
    format!("service \"{name}\" waits until \"{other}\" is {wanted}")
}

/// Judges by the dependencies of services that one waits for another.
fn waits_for(
    words @ (name, other, wanted): (&str, &str, &str),
    rows: &[Row],
) -> Result<Option<Violation>, Undecided> {
    let is_of =
        |row: &&Row| row.subject == name && row.value.get(1).and_then(Cell::known) == Some(other);
    let row = rows.iter().find(is_of);
    let found = match row.map(|row| row.value.get(2)) {
        None => "it does not wait for it".to_owned(),
        Some(Some(Cell::Known(is))) if is == wanted => return Ok(None),
        Some(Some(Cell::Known(is))) => format!("it waits until it is {is}"),
        Some(cell) => {
            let why = cell.and_then(Cell::unknown).unwrap_or("no row says it");
            return Err(Undecided::new(waits_expected(words), why));
        }
    };
    let condition = if wanted == "completed" { "completed_successfully" } else { wanted };
    Ok(Some(Violation {
        subject: name.to_owned(),
        expected: waits_expected(words),
        found,
        at: row.and_then(|row| row.at),
        help: format!(
            "set `depends_on: {{ {other}: {{ condition: service_{condition} }} }}` for service \"{name}\""
        ),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(name: &str, test: &[&str]) -> Checked {
        let test: Vec<String> = test.iter().map(|word| (*word).to_owned()).collect();
        let value = (!test.is_empty()).then(|| Check { test, ..Check::default() });
        Fact { subject: name.to_owned(), value, shown: String::new(), at: None }
    }

    #[test]
    fn a_health_check_is_one_that_can_fail() {
        for (test, is) in [
            (&["CMD", "curl", "-f", "http://localhost"][..], None),
            (&["CMD-SHELL", "redis-cli ping | grep -q PONG"], None),
            (&[], Some("service \"a\" has no health check")),
            (&["NONE"], Some("service \"a\" has no health check")),
            (
                &["CMD", "true"],
                Some("service \"a\" has a health check that always succeeds: `true`"),
            ),
            (&["CMD-SHELL", " "], Some("service \"a\" has a health check that says nothing")),
        ] {
            let violations = unchecked(&[checked("a", test), checked("b", &["CMD", "ask"])]);
            assert_eq!(violations.first().map(|one| one.found.as_str()), is, "{test:?}");
            assert_eq!(violations.len(), usize::from(is.is_some()), "{test:?}");
        }
    }

    #[test]
    fn a_health_check_runs_exactly_this() {
        for (test, is) in [
            (&["CMD", "ask", "me"][..], None),
            (&["CMD-SHELL", "ask me"], None),
            (&["CMD", "ask", "me", "not"], Some("`ask me not`")),
            (&[], Some("it has no health check")),
        ] {
            let violations = asks("a", "ask me", &[checked("a", test)]).expect("a look");
            assert_eq!(violations.first().map(|one| one.found.as_str()), is, "{test:?}");
        }
        assert!(asks("a", "ask me", &[]).is_err(), "nobody has looked");
    }

    #[test]
    fn a_service_is_started_anew_by_any_policy_but_none() {
        let row = |policy: Cell| Row::new("a", [policy], None);
        for (policy, is) in [("always", 0), ("unless-stopped", 0), ("on-failure:3", 0), ("no", 1)] {
            let violations = left_down(&[row(policy.into())]).expect("it is known");
            assert_eq!(violations.len(), is, "{policy}");
        }
        let unknown = [row("no".into()), row(Cell::Unknown("nobody says it".into()))];
        assert_eq!(left_down(&unknown).expect_err("undecided").missing, "nobody says it");
    }

    #[test]
    fn one_service_waits_for_another() {
        let rows = [Row::new("a", ["b", "healthy"], None), Row::new("c", ["d", "started"], None)];
        for (words, is) in [
            (("a", "b", "healthy"), None),
            (("a", "b", "started"), Some("it waits until it is healthy")),
            (("a", "d", "started"), Some("it does not wait for it")),
            (("b", "a", "healthy"), Some("it does not wait for it")),
        ] {
            let violation = waits_for(words, &rows).expect("it is known");
            assert_eq!(violation.as_ref().map(|one| one.found.as_str()), is, "{words:?}");
        }
        let done = waits_for(("a", "b", "completed"), &rows).expect("known").expect("a violation");
        assert!(done.help.contains("service_completed_successfully"), "{}", done.help);
        let open = [Row::new("a", ["b".into(), Cell::Unknown("nobody says it".into())], None)];
        assert!(waits_for(("a", "b", "healthy"), &open).is_err());
    }
}
