//! The health check of a service, its own or its Dockerfile's, as commands.

use crate::{
    compose::{Service, idle, journal::Origin},
    facts::{
        answers::{health, place},
        image,
    },
    policy::Target,
};

/// A health check.
pub struct Check {
    /// Its commands; none where they are not understood.
    pub commands: Option<Vec<idle::Command>>,
    /// Whether a shell runs it.
    pub in_shell: bool,
    /// Where it is written.
    pub origin: Origin,
}

/// The health check that runs in a service.
pub fn of(target: &Target, name: &str, service: &Service) -> Option<Check> {
    let read = |test: &[&str], origin| Check {
        commands: idle::commands(test),
        in_shell: test.first() == Some(&"CMD-SHELL"),
        origin,
    };
    match health::of(service) {
        health::Check::Off => None,
        health::Check::Own => {
            let check = service.healthcheck.as_ref()?;
            let words: Vec<&str> = check.test.iter().map(|word| word.as_str()).collect();
            let origin = check.test.get(1).or(check.test.first()).map(|word| word.origin);
            Some(read(&words, place::or_service(&target.project, name, origin)))
        }
        health::Check::Image => {
            let recipe = image::recipe(&target.project, name, service).ok()?;
            let check = recipe.health_check().ok()??;
            let words: Vec<&str> = check.test.iter().map(String::as_str).collect();
            let origin = recipe.origin(&target.project, recipe.health_check_piece()?);
            Some(read(&words, origin))
        }
    }
}
