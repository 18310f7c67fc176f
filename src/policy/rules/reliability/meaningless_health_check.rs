//! A check that cannot fail.

use crate::policy::{
    Finding, Profile, Rule, Severity, Target,
    rules::facts::{health, place},
};

/// A check that cannot fail proves nothing.
pub static RULE: Rule = Rule {
    id: "meaningless-health-check",
    severity: Severity::Medium,
    profile: Profile::Default,
    summary: "A health check cannot fail.",
    check,
    document: include_str!("meaningless_health_check.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    for (name, service) in &target.project.services {
        let Some(check) =
            service.healthcheck.as_ref().filter(|_| health::of(service) == health::Check::Own)
        else {
            continue;
        };
        let words: Vec<&str> = check.test.iter().skip(1).map(|word| word.as_str()).collect();
        let shell = check.test.first().is_some_and(|kind| kind.value == "CMD-SHELL");
        let Some(why) = always_passes(&words, shell) else { continue };
        let origin = check.test.get(1).or(check.test.first()).map(|word| word.origin);
        found.push(RULE.finding(
            format!("services.{name}.healthcheck.test"),
            format!("the health check of service \"{name}\" cannot fail: {why}"),
            "test what the service does: a request, a query, a ping",
            place::or_service(target, name, origin),
        ));
    }
}

/// Why a command passes whatever happens, if it does.
fn always_passes(words: &[&str], shell: bool) -> Option<&'static str> {
    let text = words.join(" ");
    let inner = match words {
        ["sh" | "/bin/sh" | "bash" | "/bin/bash", flag, script]
            if flag.starts_with('-') && flag.ends_with('c') =>
        {
            Some(*script)
        }
        _ if shell => Some(text.as_str()),
        _ => None,
    };
    let text = inner.unwrap_or(&text).trim().trim_end_matches(';').trim_end();
    if text.is_empty() {
        return Some("it says nothing");
    }
    let joined =
        inner.is_some() && text.contains(['|', '&', ';', '`', '\n', '<']) || text.contains("$(");
    if inner.is_some() {
        let ends = |ends: &str| {
            let before = text.strip_suffix(ends).map(str::trim_end);
            before.is_some_and(|before| before.ends_with("||") || before.ends_with(';'))
        };
        if ["true", ":", "exit 0", "/bin/true"].into_iter().any(ends) {
            return Some("it ends with success in any case");
        }
    }
    let mut parts = text.split_whitespace();
    match (parts.next(), parts.next()) {
        _ if joined => None,
        (Some("true" | "/bin/true" | "/usr/bin/true" | ":"), None) => Some("it does nothing"),
        (Some("exit"), None | Some("0")) if inner.is_some() => Some("it does nothing"),
        (Some("echo" | "/bin/echo" | "printf"), _) => Some("it prints and looks at nothing"),
        (Some("sleep"), _) => Some("it waits and looks at nothing"),
        (Some("hostname" | "date" | "whoami" | "pwd" | "uname" | "uptime"), None) => {
            Some("it does not ask the service")
        }
        _ => None,
    }
}
