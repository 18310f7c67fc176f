//! Who keeps each service's log, and how much of it.
//!
//! Compose specification, `logging`.

use super::{Cell, Row, Topic};
use crate::compose::{Project, Service};

pub(super) const TOPIC: Topic = Topic {
    name: "logging",
    about: "the log driver of each service, and its options",
    columns: &["service", "driver", "options"],
    keys: &[0],
    key: "logging",
    sentence: Some("exactly these log drivers are set:"),
    declared,
};

/// Options in one cell: `max-file=3, max-size=10m`.
#[must_use]
pub fn options<'a>(options: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut options: Vec<String> =
        options.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    options.sort();
    super::listed(&options)
}

/// Driver and options as the files say them; without a driver the engine's configuration decides.
#[must_use]
pub fn of(service: &Service) -> [Cell; 2] {
    let unknown = || Cell::Unknown("the configuration of the engine decides".into());
    let Some(logging) = &service.logging else { return [unknown(), unknown()] };
    let driver = super::text(logging.driver.as_ref());
    let driver = if driver.is_empty() { unknown() } else { driver.into() };
    let all = logging.options.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    [driver, options(all).into()]
}

/// The log of every service.
#[must_use]
pub fn declared(project: &Project) -> Vec<Row> {
    super::each(project, &["logging"], |_, service| of(service).into())
}

#[cfg(test)]
mod tests {
    use super::super::tests::lines;

    #[test]
    fn what_no_file_says_the_engine_decides() {
        let text = "services:\n  a: {image: a, logging: {driver: local, options: {max-size: 10m, max-file: '3'}}}\n  b: {image: b}\n  c: {image: c, logging: {driver: none}}\n";
        assert_eq!(
            lines("logging", text),
            ["| a | local | max-file=3, max-size=10m |", "| b | ? | ? |", "| c | none | none |"]
        );
    }
}
