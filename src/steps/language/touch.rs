//! What a sentence has to do with: some services, a visit to the web server, nothing, or all there is.
//!
//! A run's plan rests on it: whoever breaks a service goes beside nobody who has to do with it. What
//! cannot be ruled out by the words is not ruled out.

use super::{
    arguments::Arguments,
    step::{Keyword, Step, Touch},
};

/// Words of sentences that speak of more than they name.
const SWEEPING: &[&str] =
    &["every ", "each ", "exactly ", "no service", "no other", "nothing else"];

impl Step {
    /// What it has to do with: as its row says, or else by its words.
    #[must_use]
    pub fn touch(&self) -> Touch {
        self.touches.unwrap_or_else(|| {
            let is_of_services =
                || self.parameters().any(|kind| kind == "service" || kind == "services");
            let is_sweeping = || SWEEPING.iter().any(|words| self.expression.contains(words));
            if is_of_services() && !is_sweeping() { Touch::Named } else { Touch::Everything }
        })
    }

    /// The services that it names.
    #[must_use]
    pub fn named<'a>(&self, arguments: &'a Arguments) -> Vec<&'a str> {
        let mut named = Vec::new();
        for (at, kind) in self.parameters().enumerate() {
            match kind {
                "service" => named.extend(arguments.text(at).ok()),
                "services" => {
                    let listed = arguments.names(at).unwrap_or_default();
                    named.extend(listed.iter().map(String::as_str));
                }
                _ => {}
            }
        }
        named
    }

    /// Whether it waits for what something else does: the fact may come by way of any service.
    #[must_use]
    pub fn awaits(&self) -> bool {
        let takes_time = self.waits || self.parameters().any(|kind| kind == "duration");
        self.keyword == Keyword::Then && takes_time && self.touch() == Touch::Named
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::steps::all;

    #[test]
    fn who_names_no_service_has_to_do_with_all_unless_its_row_says_otherwise() {
        for step in all().filter(|step| step.touch() == Touch::Named) {
            let kinds: Vec<&str> = step.parameters().collect();
            assert!(
                kinds.iter().any(|kind| kind.starts_with("service")),
                "{} names no service",
                step.expression
            );
        }
    }

    #[test]
    fn who_requests_a_page_visits_the_web_server() {
        let requests = |step: &&Step| {
            let words = step.expression;
            words.contains("{path}")
                && words.contains("request")
                && !words.contains(" of {service}")
        };
        for step in all().filter(requests) {
            // What breaks a service on top of it is judged by that service.
            assert!(
                matches!(step.touch(), Touch::Visit | Touch::Everything) || step.disrupts,
                "{} asks the web server for a page",
                step.expression
            );
        }
    }

    #[test]
    fn who_breaks_something_says_of_which_service_or_has_to_do_with_all() {
        for step in all().filter(|step| step.disrupts) {
            assert!(
                matches!(step.touch(), Touch::Named | Touch::Everything),
                "{} breaks something, and it must be known what",
                step.expression
            );
        }
    }

    #[test]
    fn what_the_last_request_showed_has_to_do_with_nothing_more() {
        let touch = |words: &str| all().find(|step| step.expression == words).map(Step::touch);
        for (words, expected) in [
            ("the {environment} environment", Touch::Nothing),
            ("the response is {statuses}", Touch::Nothing),
            ("the browser requests {path}", Touch::Visit),
            ("the browser sends {method} {path}", Touch::Everything),
            ("a request for {path} succeeds", Touch::Visit),
            ("service {service} is paused", Touch::Named),
            ("every service is healthy", Touch::Everything),
            ("no service but {services} publishes a port", Touch::Everything),
            ("running {text} in the project folder succeeds", Touch::Everything),
            ("the log of {service} shows {text}", Touch::Named),
        ] {
            assert_eq!(touch(words), Some(expected), "{words}");
        }
    }
}
