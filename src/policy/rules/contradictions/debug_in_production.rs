//! A program that is told to run in production and to debug.

use crate::{
    compose::{Located, Service},
    facts::answers::{place, services},
    policy::{
        Finding, Profile, Rule, Severity, Target,
        rules::reliability::{ENVIRONMENTS, is_production, says_production},
    },
};

/// What helps a developer helps whoever attacks.
pub static RULE: Rule = Rule {
    id: "debug-in-production",
    severity: Severity::High,
    profile: Profile::Default,
    summary: "Debugging is switched on in production.",
    check,
    document: include_str!("debug_in_production.md"),
};

/// Words in the names of variables that switch something else, or off.
const OTHERS: &[&str] = &["DISABLE", "DISABLED", "LOG", "LOGGER", "LOGGING", "NO", "SKIP", "SQL"];

fn check(target: &Target, found: &mut Vec<Finding>) {
    let files = target.journal().files().iter();
    let by_name = files
        .map(|file| file.path().file_name().unwrap_or_default())
        .find(|file| says_production(file));
    for (name, service) in services::made(&target.project) {
        let why = match by_name {
            _ if is_production(service) => "another variable says production".to_owned(),
            _ if settings(service) => "its settings are those of production".to_owned(),
            Some(file) => format!("{file} is for production by its name"),
            None => continue,
        };
        for (variable, value) in &service.environment {
            let Some(text) = value.as_deref() else { continue };
            let environment = by_name.is_some() && says_development(variable, text);
            // A base for development that is tried together with the file beside it says so.
            let debugs = || debugs(variable, text) && !(by_name.is_some() && says_local(service));
            if place::has_unset(&target.project, value.origin) || !environment && !debugs() {
                continue;
            }
            found.push(RULE.finding(
                format!("services.{name}.environment.{variable}"),
                format!("service \"{name}\" runs with {variable}={text}, and {why}"),
                if environment {
                    format!("write `{variable}: production`, or take the service out of the file for production")
                } else {
                    format!("write `{variable}: \"false\"`, and keep debugging in a file for development")
                },
                place::or_service(&target.project, name, Some(value.origin)),
            ));
        }
    }
}

/// `DJANGO_SETTINGS_MODULE: shop.settings.production` and its like.
fn settings(service: &Service) -> bool {
    let said = ["DJANGO_SETTINGS_MODULE", "SPRING_PROFILES_ACTIVE", "DJANGO_CONFIGURATION"];
    let value =
        |name: &&str| -> Option<&Located<Option<String>>> { service.environment.get(*name) };
    said.iter().filter_map(|name| value(name)?.as_deref()).any(|value| {
        let mut words = value.split(|letter: char| !letter.is_ascii_alphanumeric());
        words.any(|word| matches!(word.to_lowercase().as_str(), "prod" | "production"))
    })
}

fn debugs(variable: &str, value: &str) -> bool {
    let value = value.trim().to_lowercase();
    if variable == "XDEBUG_MODE" {
        return value.split(',').any(|mode| matches!(mode.trim(), "debug" | "develop"));
    }
    let words: Vec<&str> = variable.split('_').collect();
    let named = words.last() == Some(&"DEBUG") || variable == "WP_DEBUG_DISPLAY";
    named
        && !words.iter().any(|word| OTHERS.contains(word))
        && matches!(value.as_str(), "1" | "true" | "yes" | "on" | "t" | "y")
}

/// Whether a variable says that this is a developer's machine.
fn says_local(service: &Service) -> bool {
    let of = |(variable, value): (&String, &Located<Option<String>>)| {
        ENVIRONMENTS.contains(&variable.as_str())
            && value.as_deref().is_some_and(|value| value.trim().eq_ignore_ascii_case("local"))
    };
    service.environment.iter().any(of)
}

fn says_development(variable: &str, value: &str) -> bool {
    ENVIRONMENTS.contains(&variable)
        && matches!(value.trim().to_lowercase().as_str(), "dev" | "development" | "debug")
}
