//! How each service's health is found out.
//!
//! Compose specification, `healthcheck`; Dockerfile reference, `HEALTHCHECK`. What the files leave out
//! the engine takes from the image's check, each value by itself; what that leaves out too is the
//! engine's: 30 seconds, 30 seconds, three failures.

use super::{Cell, Row, Topic, image};
use crate::compose::{Project, Service, values::duration};

pub(super) const TOPIC: Topic = Topic {
    name: "health",
    about: "the health check of each service, none among them",
    columns: &["service", "command", "interval", "timeout", "retries"],
    keys: &[0],
    key: "healthcheck",
    sentence: Some("exactly these health checks are set:"),
    declared,
};

/// The engine's own values, in nanoseconds.
const INTERVAL: i64 = 30_000_000_000;
const TIMEOUT: i64 = 30_000_000_000;
const RETRIES: i64 = 3;

/// The command line of a health check's `test`; none where it is switched off, or says nothing.
#[must_use]
pub fn line<S: AsRef<str>>(test: &[S]) -> Option<String> {
    let (kind, words) = test.split_first()?;
    let texts = || words.iter().map(AsRef::as_ref).collect::<Vec<_>>();
    match kind.as_ref() {
        "CMD" if !words.is_empty() => Some(image::line(words)),
        "CMD-SHELL" if !words.is_empty() => Some(texts().join(" ")),
        _ => None,
    }
}

/// A health check in the words of the table: of a service without one everything is `none`. Zero and
/// what is left out are the engine's own values.
#[must_use]
pub fn cells(check: Option<&image::Check>) -> Vec<Cell> {
    let Some((check, line)) = check.and_then(|check| Some((check, line(&check.test)?))) else {
        return vec!["none".into(), "none".into(), "none".into(), "none".into()];
    };
    let told = |value: Option<i64>, own: i64, word: fn(i64) -> String| match (value, &check.rest) {
        (None, Some(why)) => Cell::Unknown(why.clone()),
        (value, _) => word(value.filter(|value| *value > 0).unwrap_or(own)).into(),
    };
    vec![
        line.into(),
        told(check.interval, INTERVAL, duration::format),
        told(check.timeout, TIMEOUT, duration::format),
        told(check.retries, RETRIES, |retries| retries.to_string()),
    ]
}

/// The health check of a service: that of its files, filled up with that of its image.
///
/// # Errors
/// Why nobody knows it: the image decides on the command.
pub fn of(project: &Project, name: &str, service: &Service) -> image::Known<Option<image::Check>> {
    over(service, || image::recipe(project, name, service)?.health_check())
}

/// The health check of a service over that of its image: what the files leave out, the image's own
/// check fills up, be the command the files' or not; without one in the image it is the engine's.
///
/// # Errors
/// Why nobody knows that of the image, where it decides on the command.
pub fn over(
    service: &Service,
    of_image: impl Fn() -> image::Known<Option<image::Check>>,
) -> image::Known<Option<image::Check>> {
    let Some(own) = &service.healthcheck else { return of_image() };
    let test: Vec<String> = own.test.iter().map(|word| word.value.clone()).collect();
    let off = own.disable.as_ref().is_some_and(|off| off.value);
    if off || test.first().is_some_and(|kind| kind == "NONE") {
        return Ok(None);
    }
    let base = if test.is_empty() {
        let Some(check) = of_image()? else { return Ok(None) };
        check
    } else {
        let filled = of_image().map(Option::unwrap_or_default);
        let open = |why| image::Check { rest: Some(why), ..image::Check::default() };
        image::Check { test, ..filled.unwrap_or_else(open) }
    };
    let time = |value: Option<&crate::compose::Located<String>>, of_image: Option<i64>| {
        value.and_then(|text| duration::parse(text).ok()).filter(|time| *time != 0).or(of_image)
    };
    Ok(Some(image::Check {
        interval: time(own.interval.as_ref(), base.interval),
        timeout: time(own.timeout.as_ref(), base.timeout),
        retries: own
            .retries
            .as_ref()
            .map(|retries| retries.value.into())
            .filter(|retries: &i64| *retries != 0)
            .or(base.retries),
        test: base.test,
        rest: base.rest,
    }))
}

/// The health check of every service.
#[must_use]
pub fn declared(project: &Project) -> Vec<Row> {
    super::each(project, &["healthcheck"], |name, service| match of(project, name, service) {
        Ok(check) => cells(check.as_ref()),
        Err(why) => vec![Cell::Unknown(why); TOPIC.columns.len() - 1],
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::lines;

    #[test]
    fn a_check_is_told_with_the_values_that_hold() {
        for (text, is) in [
            ("{test: [CMD, curl, -f, 'http://a b']}", "curl -f 'http://a b' | ? | ? | ?"),
            ("{test: [CMD, a], interval: 9s, retries: 0}", "a | 9s | ? | ?"),
            (
                "{test: 'a | b', interval: 90s, timeout: 500ms, retries: 5}",
                "a | b | 1m30s | 500ms | 5",
            ),
            ("{disable: true}", "none | none | none | none"),
            ("{test: [NONE]}", "none | none | none | none"),
            ("{interval: 5s}", "? | ? | ? | ?"),
        ] {
            let text = format!("services:\n  a:\n    image: a\n    healthcheck: {text}\n");
            assert_eq!(lines("health", &text), [format!("| a | {is} |")], "{text}");
        }
    }

    #[test]
    fn what_the_files_leave_out_the_dockerfile_says() {
        let of = |service: &str, check: &str| {
            let text = format!(
                "services:\n  a:\n    {service}\n    build:\n      dockerfile_inline: |\n        FROM x\n        {check}\n"
            );
            lines("health", &text).remove(0)
        };
        let check = "HEALTHCHECK --interval=5s --retries=7 CMD a && b";
        assert_eq!(of("init: true", check), "| a | a && b | 5s | 30s | 7 |");
        assert_eq!(of("healthcheck: {interval: 9s}", check), "| a | a && b | 9s | 30s | 7 |");
        assert_eq!(
            of("init: true", "HEALTHCHECK CMD [\"a\", \"b\"]"),
            "| a | a b | 30s | 30s | 3 |"
        );
        assert_eq!(of("init: true", "HEALTHCHECK NONE"), "| a | none | none | none | none |");
        assert_eq!(of("init: true", "RUN x"), "| a | ? | ? | ? | ? |");
        assert_eq!(of("healthcheck: {test: [CMD, c]}", check), "| a | c | 5s | 30s | 7 |");
        assert_eq!(of("healthcheck: {test: [CMD, c]}", "RUN x"), "| a | c | ? | ? | ? |");
    }
}
