//! Shell syntax where there is no shell.

use crate::{
    compose::{Located, journal::Journal},
    facts::answers::place,
    policy::{Finding, Fix, Profile, Rule, Severity, Target, fix},
};

/// `CMD` runs a program, not a shell.
pub static RULE: Rule = Rule {
    id: "health-check-without-shell",
    severity: Severity::Medium,
    profile: Profile::Default,
    summary: "A health check uses shell syntax without a shell.",
    check,
    document: include_str!("health_check_without_shell.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    for (name, service) in &target.project.services {
        let Some(check) = &service.healthcheck else { continue };
        let [kind, words @ ..] = &check.test[..] else { continue };
        if kind.value != "CMD" {
            continue;
        }
        let operator = words.iter().find(|word| is_operator(word));
        let sentence =
            words.first().filter(|first| first.value.trim().contains(char::is_whitespace));
        let (wrong, what) = match (sentence, operator) {
            (Some(first), _) => {
                (first, "its first word is a whole command, and no program is called so".to_owned())
            }
            (None, Some(word)) => {
                (word, format!("\"{}\" is handed to the program as a word", word.value))
            }
            (None, None) => continue,
        };
        let finding = RULE.finding(
            format!("services.{name}.healthcheck.test"),
            format!("the health check of service \"{name}\" has no shell: {what}"),
            "write the command as one string, or as [\"CMD-SHELL\", \"…\"]",
            place::or_service(&target.project, name, Some(wrong.origin)),
        );
        let mended = as_shell(target.journal(), kind, words)
            .or_else(|| without_exit(target.journal(), words))
            .map(|fix| fix.touching(&["services", name, "healthcheck", "test"]));
        found.push(finding.mended_by(mended));
    }
}

fn is_operator(word: &str) -> bool {
    matches!(word, "||" | "&&" | "|" | ";" | ">" | "<" | "2>&1" | ">/dev/null")
}

/// A command in one word is for a shell. No program is called so, so that the check has never passed;
/// but a path may have a space in it.
fn as_shell(journal: &Journal, kind: &Located<String>, words: &[Located<String>]) -> Option<Fix> {
    let [sentence] = words else { return None };
    let mut parts = sentence.split_whitespace();
    let (program, next) = (parts.next()?, parts.next()?);
    let goes_on = next.contains('/') && !next.starts_with('/') && !next.contains("://");
    if program.contains('/') && goes_on || !fix::is_literal(journal, sentence.origin) {
        return None;
    }
    let at = journal.text(kind.origin.place).find(kind.as_str())?;
    let kind = fix::part(kind.origin, at, at + kind.len())?;
    Some(Fix::new("write CMD-SHELL").write(kind, "CMD-SHELL"))
}

/// `|| exit 1` at the end says what holds without it.
fn without_exit(journal: &Journal, words: &[Located<String>]) -> Option<Fix> {
    let at = words.iter().position(|word| is_operator(word)).filter(|at| *at > 0)?;
    let rest: Vec<&str> = words[at..].iter().map(|word| word.as_str()).collect();
    let literal = words[at..].iter().all(|word| fix::is_literal(journal, word.origin));
    if !literal || !matches!(rest[..], ["||", "exit", "1"] | ["||", "exit 1"]) {
        return None;
    }
    let (first, last) = (words.get(at)?, words.last()?);
    Some(Fix::new("remove `|| exit 1`").remove(first.origin, last.origin))
}
