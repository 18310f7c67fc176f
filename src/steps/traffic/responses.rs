//! What the last response says besides its status, the headers by their value and the text.

use regex::Regex;
use reqwest::Url;

use crate::probe::http::Exchange;
use crate::run::Failure;
use crate::steps::{
    Arguments, Step, StepResult, Touch, World,
    traffic::http::{answer, field, judge_header, response_failure},
};

/// A sentence that looks at what is there already.
macro_rules! judges {
    ($expression:literal, $meaning:literal, $example:literal, $judge:path) => {
        Step::then($expression, $meaning, $example)
            .touches(Touch::Nothing)
            .observed(|world, arguments| Box::pin(async move { $judge(world, arguments) }))
    };
}

pub(crate) static STEPS: &[Step] = &[
    judges!(
        "the response header {text} matches {text}",
        "The response, a success if no sentence states its status, has this header, and the regular expression fits a part of its value.",
        "the response header \"Server\" matches \"^nginx$\"",
        header_matches
    ),
    judges!(
        "the response body is {text}",
        "The body of the response is this text; a line end after it does not count.",
        "the response body is \"pong\"",
        body_is
    ),
    judges!(
        "the response has field {text}",
        "The JSON body has this field (dots lead inwards), whatever its value.",
        "the response has field \"items.0.id\"",
        has_field
    ),
    judges!(
        "the response has no field {text}",
        "The body is JSON and does not have this field.",
        "the response has no field \"password\"",
        has_no_field
    ),
    judges!(
        "the response field {text} is not {text}",
        "The JSON body has this field, with another value.",
        "the response field \"status\" is not \"red\"",
        field_is_not
    ),
    judges!(
        "the response field {text} is {text} or {text}",
        "The JSON body has this field, with one of the two values.",
        "the response field \"status\" is \"green\" or \"yellow\"",
        field_is_either
    ),
    judges!(
        "the response field {text} contains {text}",
        "The JSON body has this field, and the text occurs in its value.",
        "the response field \"version\" contains \"8.\"",
        field_contains
    ),
    judges!(
        "the response field {text} is at most {number}",
        "The JSON body has this field, and it is a number no greater than this one.",
        "the response field \"waiting\" is at most 10",
        field_at_most
    ),
    judges!(
        "the response field {text} is less than {number}",
        "The JSON body has this field, and it is a number smaller than this one.",
        "the response field \"load\" is less than 1",
        field_below
    ),
    judges!(
        "the response redirects to {text}",
        "The response has a status of 300 to 399 and leads to this address; a path is one of the same server.",
        "the response redirects to \"/login\"",
        redirects
    ),
    judges!(
        "the response sets cookie {text}",
        "The response, whatever its status, sets a cookie of this name.",
        "the response sets cookie \"session\"",
        sets_cookie
    ),
    judges!(
        "the response sets no cookie {text}",
        "The response, a success if no sentence states its status, sets no cookie of this name.",
        "the response sets no cookie \"session\"",
        sets_no_cookie
    ),
    judges!(
        "the response takes less than {duration}",
        "From the first byte sent to the last one received it took less than this.",
        "the response takes less than 2 seconds",
        takes_less
    ),
];

fn header_matches(world: &mut World, arguments: &Arguments) -> StepResult {
    let (name, wanted) = (arguments.text(0)?, arguments.text(1)?);
    let pattern = Regex::new(wanted).map_err(|why| {
        Failure::undecided(format!("read the regular expression \"{wanted}\""), why.to_string())
    })?;
    judge_header(world, name, wanted, "matches", |value| pattern.is_match(value))
}

fn body_is(world: &mut World, arguments: &Arguments) -> StepResult {
    let wanted = world.fill(arguments.text(0)?)?;
    let text = answer(world)?.text();
    if text.trim_end_matches(['\r', '\n']) == wanted {
        world.evidence("response body", text.trim_end());
        return Ok(());
    }
    let found = world.exchange()?.shown();
    Err(response_failure(world, format!("the body is \"{wanted}\""), found))
}

fn has_field(world: &mut World, arguments: &Arguments) -> StepResult {
    let path = arguments.text(0)?;
    let value = field(world, path)?;
    world.evidence("response field", format!("{path} = {value}"));
    Ok(())
}

fn has_no_field(world: &mut World, arguments: &Arguments) -> StepResult {
    let path = arguments.text(0)?;
    let exchange = answer(world)?;
    let expected = || format!("a JSON body without the field \"{path}\"");
    if serde_json::from_slice::<serde_json::Value>(&exchange.body).is_err() {
        return Err(response_failure(world, expected(), exchange.shown()));
    }
    if let Some(value) = exchange.field(path) {
        return Err(response_failure(world, expected(), format!("{path} = {value}")));
    }
    world.evidence("response field", format!("no \"{path}\""));
    Ok(())
}

fn judge_field(
    world: &mut World,
    path: &str,
    expected: &str,
    fits: impl Fn(&str) -> bool,
) -> StepResult {
    let value = field(world, path)?;
    if fits(&value) {
        world.evidence("response field", format!("{path} = {value}"));
        return Ok(());
    }
    let found = format!("\"{value}\"");
    Err(response_failure(world, format!("field \"{path}\" {expected}"), found))
}

fn field_is_not(world: &mut World, arguments: &Arguments) -> StepResult {
    let unwanted = world.fill(arguments.text(1)?)?;
    let expected = format!("is not \"{unwanted}\"");
    judge_field(world, arguments.text(0)?, &expected, |value| value != unwanted)
}

fn field_is_either(world: &mut World, arguments: &Arguments) -> StepResult {
    let (one, other) = (world.fill(arguments.text(1)?)?, world.fill(arguments.text(2)?)?);
    let expected = format!("is \"{one}\" or \"{other}\"");
    judge_field(world, arguments.text(0)?, &expected, |value| value == one || value == other)
}

fn field_contains(world: &mut World, arguments: &Arguments) -> StepResult {
    let wanted = world.fill(arguments.text(1)?)?;
    let expected = format!("contains \"{wanted}\"");
    judge_field(world, arguments.text(0)?, &expected, |value| value.contains(&wanted))
}

fn field_at_most(world: &mut World, arguments: &Arguments) -> StepResult {
    let most = arguments.number(1)?;
    judge_field(world, arguments.text(0)?, &format!("is at most {most}"), |value| {
        value.parse::<u64>().is_ok_and(|number| number <= most)
    })
}

fn field_below(world: &mut World, arguments: &Arguments) -> StepResult {
    let bound = arguments.number(1)?;
    judge_field(world, arguments.text(0)?, &format!("is less than {bound}"), |value| {
        is_below(value, bound)
    })
}

/// Whether a text is a number, and smaller than another: a fraction may be, and is no whole number.
fn is_below(value: &str, bound: u64) -> bool {
    #[expect(clippy::cast_precision_loss, reason = "bounds are written by people")]
    let bound = bound as f64;
    value.parse::<f64>().is_ok_and(|number| number < bound)
}

/// Whether a `Location` of a response leads to what a sentence says.
pub(super) fn leads(asked: &Url, location: &str, wanted: &str) -> bool {
    if location == wanted {
        return true;
    }
    let Ok(to) = asked.join(location) else { return false };
    let query = to.query().map_or_else(String::new, |query| format!("?{query}"));
    wanted.starts_with('/')
        && to.host_str() == asked.host_str()
        && format!("{}{query}", to.path()) == wanted
}

fn redirects(world: &mut World, arguments: &Arguments) -> StepResult {
    let wanted = world.fill(arguments.text(0)?)?;
    let exchange = world.exchange()?;
    let location = exchange.headers.get("location");
    let is_redirect = (300..400).contains(&exchange.status);
    let found = match location {
        Some(to) => format!("status {}, leads to {to}", exchange.status),
        None => format!("status {}, leads nowhere", exchange.status),
    };
    if is_redirect && location.is_some_and(|to| leads(&exchange.url, to, &wanted)) {
        world.evidence("redirect", found);
        world.status_stated = true;
        return Ok(());
    }
    Err(response_failure(world, format!("a redirect to \"{wanted}\""), found))
}

/// The cookies that a response sets, each with its attributes.
fn cookies(exchange: &Exchange) -> Vec<String> {
    let Some(joined) = exchange.headers.get("set-cookie") else { return Vec::new() };
    let mut cookies: Vec<String> = Vec::new();
    for part in joined.split(", ") {
        let name = part.split(['=', ';']).next().unwrap_or_default();
        // Days of the week end in a comma as well: what follows is a date, and has no name.
        match cookies.last_mut() {
            Some(last) if !part.contains('=') || name.contains(' ') => {
                last.push_str(", ");
                last.push_str(part);
            }
            _ => cookies.push(part.to_owned()),
        }
    }
    cookies
}

fn cookie(exchange: &Exchange, name: &str) -> Option<String> {
    cookies(exchange).into_iter().find(|cookie| cookie.split('=').next() == Some(name))
}

/// A cookie without its value, which may be a secret.
fn without_value(cookie: &str) -> String {
    let (name, rest) = cookie.split_once('=').unwrap_or((cookie, ""));
    let attributes = rest.split_once(';').map_or("", |(_, attributes)| attributes);
    format!("{name}=…;{attributes}")
}

fn sets_cookie(world: &mut World, arguments: &Arguments) -> StepResult {
    let name = arguments.text(0)?;
    let exchange = world.exchange()?;
    if let Some(cookie) = cookie(exchange, name) {
        world.evidence("cookie", without_value(&cookie));
        return Ok(());
    }
    let set: Vec<String> = cookies(exchange).iter().map(|cookie| without_value(cookie)).collect();
    let set = if set.is_empty() { "none".to_owned() } else { set.join(", ") };
    let found = format!("status {}, cookies: {set}", exchange.status);
    Err(response_failure(world, format!("the cookie \"{name}\" is set"), found))
}

fn sets_no_cookie(world: &mut World, arguments: &Arguments) -> StepResult {
    let name = arguments.text(0)?;
    if let Some(cookie) = cookie(answer(world)?, name) {
        let expected = format!("no cookie \"{name}\" is set");
        return Err(response_failure(world, expected, without_value(&cookie)));
    }
    world.evidence("cookies", format!("no \"{name}\""));
    Ok(())
}

fn takes_less(world: &mut World, arguments: &Arguments) -> StepResult {
    let limit = arguments.duration(0)?;
    let exchange = world.exchange()?;
    let seen = format!("{:.1?}", exchange.duration);
    if exchange.duration < limit {
        world.evidence("time of the response", seen);
        return Ok(());
    }
    let expected = format!("a response in less than {}", humantime::format_duration(limit));
    Err(response_failure(world, expected, seen))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use indexmap::IndexMap;
    use reqwest::Method;

    use super::*;

    #[test]
    fn a_path_is_one_of_the_same_server() {
        let asked = Url::parse("http://api:8080/a/b").expect("an address");
        for (location, wanted, is_so) in [
            ("/login", "/login", true),
            ("../login?to=1", "/login?to=1", true),
            ("http://api/login", "/login", true),
            ("http://elsewhere/login", "/login", false),
            ("http://elsewhere/login", "http://elsewhere/login", true),
            ("/login", "/log", false),
        ] {
            assert_eq!(leads(&asked, location, wanted), is_so, "{location} {wanted}");
        }
    }

    #[test]
    fn a_fraction_is_below_the_next_whole_number() {
        for (value, bound, is_so) in
            [("0", 1, true), ("0.5", 1, true), ("-3", 1, true), ("1", 1, false), ("one", 2, false)]
        {
            assert_eq!(is_below(value, bound), is_so, "{value} {bound}");
        }
    }

    #[test]
    fn cookies_are_told_apart_though_dates_have_commas() {
        let set = "a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT; Path=/, b=2; Secure";
        let exchange = Exchange {
            method: Method::GET,
            url: Url::parse("http://localhost/").expect("an address"),
            id: String::new(),
            status: 200,
            headers: IndexMap::from([("set-cookie".to_owned(), set.to_owned())]),
            body: Vec::new(),
            duration: Duration::ZERO,
        };
        assert_eq!(cookies(&exchange).len(), 2);
        assert_eq!(cookie(&exchange, "b").as_deref(), Some("b=2; Secure"));
        assert_eq!(cookie(&exchange, "Expires"), None);
        assert_eq!(without_value("b=2; Secure"), "b=…; Secure");
    }
}
