//! Words behind the one that a shell runs.

use super::super::isolation::{containers::containers, hooks::hooks};
use crate::{
    compose::{Located, tree::Node},
    facts::answers::place,
    policy::{Finding, Profile, Rule, Severity, Target},
};

/// A shell runs one word.
pub static RULE: Rule = Rule {
    id: "shell-words-lost",
    severity: Severity::Medium,
    profile: Profile::Default,
    summary: "A shell is handed several words and runs the first alone.",
    check,
    document: include_str!("shell_words_lost.md"),
};

/// Words that give a script its own name and nothing else.
const NAMES: &[&str] = &["--", "_", "-", "sh", "bash", "ash", "dash"];

fn check(target: &Target, found: &mut Vec<Finding>) {
    for (name, service) in &target.project.services {
        let test = service.healthcheck.as_ref().map(|check| &check.test[..]).unwrap_or_default();
        let script = match test.first().map(|kind| kind.as_str()) {
            Some("CMD-SHELL") => Some(1),
            Some("CMD") => script_of(&test[1..]).map(|at| at + 1),
            _ => None,
        };
        if let Some(script) = script.and_then(|at| lost(test.get(at..)?)) {
            found.push(RULE.finding(
                format!("services.{name}.healthcheck.test"),
                format!(
                    "the shell of the health check of service \"{name}\" runs \"{}\" alone: what the list has behind it is no part of the command",
                    shortened(script)
                ),
                whole(script, test.len() - 1),
                place::or_service(&target.project, name, Some(script.origin)),
            ));
        }
        let entrypoint = service.entrypoint.as_deref().unwrap_or_default();
        let command = service.command.as_deref().unwrap_or_default();
        let words: Vec<Located<String>> = entrypoint.iter().chain(command).cloned().collect();
        if let Some(script) = script_of(&words).and_then(|at| lost(words.get(at..)?)) {
            let key = if script_of(entrypoint).is_some_and(|at| at < entrypoint.len()) {
                "entrypoint"
            } else {
                "command"
            };
            found.push(RULE.finding(
                format!("services.{name}.{key}"),
                format!(
                    "the shell of service \"{name}\" runs \"{}\" alone: what the list has behind it is no part of the command",
                    shortened(script)
                ),
                "write the whole command as one string behind `-c`",
                place::or_service(&target.project, name, Some(script.origin)),
            ));
        }
    }
    for container in containers(target) {
        for (below, hook) in hooks(&container) {
            let words = hook.get("command").and_then(Node::as_sequence).unwrap_or_default();
            let text = |word: &Node| {
                Some(Located { value: word.as_str()?.to_owned(), origin: word.origin })
            };
            let words: Vec<Located<String>> = words.iter().filter_map(text).collect();
            let script = script_of(&words).and_then(|at| lost(words.get(at..)?));
            if let Some(script) = script {
                found.push(RULE.finding(
                    container.subject(&format!("{below}.command")),
                    format!(
                        "the shell of a hook of service \"{}\" runs \"{} …\" alone: the words behind it are no part of the command",
                        container.name,
                        begun(script)
                    ),
                    "write the whole command as one string behind `-c`",
                    place::or_service(&target.project, container.name, Some(script.origin)),
                ));
            }
        }
    }
}

/// The number of the word that a shell is to run: the one behind `-c`.
fn script_of(words: &[Located<String>]) -> Option<usize> {
    let shell = words.first()?.rsplit('/').next()?;
    if !matches!(shell, "sh" | "bash" | "ash" | "dash" | "zsh" | "ksh") {
        return None;
    }
    for (at, word) in words.iter().enumerate().skip(1) {
        let letters = word.strip_prefix('-').filter(|letters| !letters.starts_with('-'))?;
        // `-o` takes a word of its own.
        if letters.contains('o') {
            return None;
        }
        if letters.contains('c') {
            return Some(at + 1);
        }
    }
    None
}

/// The script, where words stand behind it of which it makes no use.
fn lost(words: &[Located<String>]) -> Option<&Located<String>> {
    let (script, rest) = words.split_first()?;
    let only_named = matches!(rest, [one] if NAMES.contains(&one.as_str()));
    let said = rest.iter().any(|word| !word.trim().is_empty());
    (said && !only_named && !takes_words(script)).then_some(script)
}

/// Whether a script asks for its words: `$1`, `$@`, `${2:-x}`, `shift`.
fn takes_words(script: &str) -> bool {
    let asks = |rest: &str| {
        let rest = rest.strip_prefix('{').unwrap_or(rest);
        let rest = rest.strip_prefix(['#', '!']).unwrap_or(rest);
        rest.starts_with(|letter: char| letter.is_ascii_digit() || "@*}".contains(letter))
            || rest.is_empty()
    };
    script
        .match_indices('$')
        .any(|(at, _)| asks(&script[at + 1..]) || script[at..].starts_with("$#"))
        || script.split_whitespace().any(|word| word == "shift")
}

/// The beginning of a script; the rest may hold secrets.
fn begun(script: &str) -> &str {
    script.split_whitespace().next().unwrap_or_default()
}

/// A script as a message shows it.
fn shortened(script: &str) -> String {
    let more = if is_one_word(script) { "" } else { " …" };
    format!("{}{more}", begun(script))
}

fn is_one_word(script: &str) -> bool {
    script.split_whitespace().nth(1).is_none()
}

/// What to write of a health check. A list that begins with CMD has a word an entry.
fn whole(script: &str, words: usize) -> String {
    let one = format!("write the whole command as one string, `test: {} …`", begun(script));
    if is_one_word(script) && words > 1 {
        format!("{one}, or begin the list with \"CMD\"")
    } else {
        one
    }
}
