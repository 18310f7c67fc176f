//! The parameters of a sentence: what may stand in braces, and what was written there.

use std::time::Duration;

use crate::{
    facts::answers::size,
    run::{Failure, FailureKind, Spot},
    steps::language::{scan, topics},
    words::did_you_mean,
};

/// A kind of parameter: its name in braces, how far it reaches, and its reader.
pub struct Parameter {
    /// The name in braces.
    pub name: &'static str,
    /// How many bytes at the start of a text are taken for it; wide, so that a wrong value is told
    /// what is wrong with it.
    pub length: fn(&str) -> Option<usize>,
    /// Turns the words into a value; an `Err` says what is wrong.
    pub read: fn(&str) -> Result<Value, String>,
}

/// A parameter's value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Text in quotes, or a bare word.
    Text(String),
    /// Names in quotes.
    Names(Vec<String>),
    /// A whole number.
    Number(u64),
    /// A port of a service.
    Port(Port),
    /// Port numbers.
    Ports(Vec<u16>),
    /// HTTP status codes.
    Statuses(Vec<u16>),
    /// A span of time.
    Duration(Duration),
    /// What an attribute is compared with.
    Scalar(Scalar),
    /// An amount, and in what it is measured.
    Quantity(f64, Unit),
}

/// A port as a sentence names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Port {
    /// Its number.
    pub number: u16,
    /// Whether it is one of the host, that leads to the service, and not the container's own.
    pub at_host: bool,
    /// Whether it is spoken to with TLS.
    pub tls: bool,
}

impl std::fmt::Display for Port {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (tls, host) =
            (if self.tls { "TLS " } else { "" }, if self.at_host { "host " } else { "" });
        write!(f, "{tls}{host}port {}", self.number)
    }
}

/// A plain value of the files.
#[derive(Debug, Clone, PartialEq)]
pub enum Scalar {
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Number(f64),
    /// Text in quotes.
    Text(String),
}

/// In what an amount is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// A plain number.
    None,
    /// Bytes.
    Bytes,
    /// Seconds.
    Seconds,
}

/// All kinds of parameters.
pub const KINDS: &[Parameter] = &[
    Parameter {
        name: "text",
        length: scan::quoted,
        read: |words| Ok(Value::Text(unquoted(words))),
    },
    Parameter { name: "service", length: scan::name, read: name },
    Parameter { name: "services", length: scan::names, read: names },
    Parameter { name: "network", length: scan::name, read: name },
    Parameter { name: "networks", length: scan::names, read: names },
    Parameter { name: "volume", length: scan::name, read: name },
    Parameter { name: "capabilities", length: scan::names, read: names },
    Parameter { name: "topics", length: scan::names, read: of_facts },
    Parameter { name: "path", length: scan::quoted, read: path },
    Parameter {
        name: "environment",
        length: |text| {
            let plain = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
            if text.starts_with('"') { scan::name(text) } else { scan::word(text, plain) }
        },
        read: name,
    },
    Parameter { name: "number", length: |text| scan::numbers(text, ""), read: number },
    Parameter { name: "port", length: scan::port, read: port },
    Parameter { name: "ports", length: scan::ports, read: ports },
    Parameter { name: "statuses", length: |text| scan::numbers(text, " or "), read: statuses },
    Parameter {
        name: "duration",
        length: |text| scan::amount(text, |c| c.is_ascii_lowercase() || c == 'µ', false),
        read: duration,
    },
    Parameter { name: "value", length: scan::value, read: scalar },
    Parameter {
        name: "quantity",
        length: |text| scan::amount(text, |c| c.is_ascii_alphabetic() || c == 'µ', true),
        read: quantity,
    },
    Parameter {
        name: "state",
        length: |text| scan::word(text, |c| c.is_ascii_lowercase()),
        read: |word| Ok(Value::Text(word.to_owned())),
    },
    Parameter {
        name: "block",
        length: scan::block,
        read: |words| Ok(Value::Text(words.to_owned())),
    },
    Parameter {
        name: "method",
        length: |text| scan::word(text, |c| c.is_ascii_alphabetic()),
        read: method,
    },
];

fn unquoted(words: &str) -> String {
    let inner = words.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(words);
    inner.replace("\\\"", "\"").replace("\\\\", "\\")
}

fn name(words: &str) -> Result<Value, String> {
    match unquoted(words) {
        name if name.is_empty() => Err("a name must not be empty".into()),
        name => Ok(Value::Text(name)),
    }
}

fn names(words: &str) -> Result<Value, String> {
    let names: Vec<String> = words.split('"').skip(1).step_by(2).map(str::to_owned).collect();
    if names.iter().any(String::is_empty) {
        return Err("a name must not be empty".into());
    }
    Ok(Value::Names(names))
}

fn of_facts(words: &str) -> Result<Value, String> {
    let value = names(words)?;
    if let Value::Names(names) = &value {
        for name in names {
            topics::named(name)?;
        }
    }
    Ok(value)
}

fn path(words: &str) -> Result<Value, String> {
    match unquoted(words) {
        path if path.starts_with('/') => Ok(Value::Text(path)),
        path => Err(format!("the path \"{path}\" must begin with \"/\"")),
    }
}

fn number(words: &str) -> Result<Value, String> {
    words.parse().map(Value::Number).map_err(|why| format!("{words} is no number ({why})"))
}

fn port(words: &str) -> Result<Value, String> {
    let digits = words.rsplit(' ').next().unwrap_or_default();
    match digits.parse() {
        Ok(number) if number > 0 => Ok(Value::Port(Port {
            number,
            at_host: words.contains("host "),
            tls: words.starts_with("TLS "),
        })),
        _ => Err(format!("{digits} is no port: they go from 1 to 65535")),
    }
}

fn ports(words: &str) -> Result<Value, String> {
    let read = |word: &str| match word.parse::<u16>() {
        Ok(port) if port > 0 => Ok(port),
        _ => Err(format!("{word} is no port: they go from 1 to 65535")),
    };
    let words = words.replace(" and ", ", ");
    words.split(", ").map(read).collect::<Result<_, _>>().map(Value::Ports)
}

fn statuses(words: &str) -> Result<Value, String> {
    let read = |word: &str| match word.parse::<u16>() {
        Ok(status) if (100..600).contains(&status) => Ok(status),
        _ => Err(format!("{word} is no HTTP status: they go from 100 to 599")),
    };
    words.split(" or ").map(read).collect::<Result<_, _>>().map(Value::Statuses)
}

/// Reads `5 seconds`, `200 ms`, `2 minutes`.
///
/// # Errors
/// What is wrong, and what to write.
pub fn duration(words: &str) -> Result<Value, String> {
    humantime::parse_duration(words)
        .map(Value::Duration)
        .map_err(|_| format!("\"{words}\" is no duration: write a whole number and milliseconds, seconds or minutes, as in \"5 seconds\""))
}

fn scalar(words: &str) -> Result<Value, String> {
    let scalar = match words {
        "true" => Scalar::Bool(true),
        "false" => Scalar::Bool(false),
        text if text.starts_with('"') => Scalar::Text(unquoted(text)),
        number => Scalar::Number(number.parse().map_err(|_| {
            format!("\"{number}\" is no value: write true, false, a number, or text in quotes")
        })?),
    };
    Ok(Value::Scalar(scalar))
}

/// Reads an amount: `3`, `512 MiB`, `30 seconds`.
///
/// # Errors
/// What is wrong, and what to write.
pub(crate) fn quantity(words: &str) -> Result<Value, String> {
    let end = words.find(|c: char| c.is_alphabetic() || c == ' ').unwrap_or(words.len());
    let (number, unit) = (&words[..end], words[end..].trim());
    let wrong = || {
        format!(
            "\"{words}\" is no amount: write a number, a size as in \"512 MiB\", or a time as in \"30 seconds\""
        )
    };
    let number: f64 = number.parse().map_err(|_| wrong())?;
    if unit.is_empty() {
        return Ok(Value::Quantity(number, Unit::None));
    }
    if let Some(bytes) = size::of_unit(unit) {
        return Ok(Value::Quantity(number * bytes, Unit::Bytes));
    }
    let binary = |name: &str| name.replace('i', "").eq_ignore_ascii_case(unit);
    if let Some((name, _)) = size::UNITS.iter().find(|(name, _)| binary(name)) {
        return Err(format!(
            "\"{words}\" is no amount: sizes are counted in powers of 1024, as in \"{number} {name}\""
        ));
    }
    match duration(words) {
        Ok(Value::Duration(time)) => Ok(Value::Quantity(time.as_secs_f64(), Unit::Seconds)),
        _ => Err(wrong()),
    }
}

fn method(words: &str) -> Result<Value, String> {
    const METHODS: &[&str] = &["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    if METHODS.contains(&words) {
        return Ok(Value::Text(words.to_owned()));
    }
    let near = did_you_mean(words, METHODS.iter().copied());
    let near = near.map_or_else(String::new, |near| format!("; did you mean \"{near}\"?"));
    Err(format!("\"{words}\" is no HTTP method: they are {}{near}", METHODS.join(", ")))
}

/// What a sentence said, in its order.
#[derive(Debug, Clone, Default)]
pub struct Arguments {
    /// Parameters in the order of the sentence.
    pub values: Vec<Value>,
    /// `within …` at the end of the sentence.
    pub within: Option<Duration>,
    /// The first row of the table below it, where that is a header.
    pub header: Vec<String>,
    /// Rows of the table below it, without the header where it has one.
    pub rows: Vec<Vec<String>>,
    /// Whether the table lists exceptions from the sentence.
    pub excepts: bool,
    /// Each row as it was written, and its line in the feature.
    pub lines: Vec<(Vec<String>, Spot)>,
}

fn mistaken(at: usize, wanted: &str) -> Failure {
    let mut failure =
        Failure::undecided(format!("parameter {at} is {wanted}"), "it is something else");
    failure.kind = FailureKind::Bug;
    failure
}

impl Arguments {
    /// The line of a row in the feature; the first of equal ones.
    #[must_use]
    pub fn line(&self, row: &[String]) -> Option<&Spot> {
        self.lines.iter().find(|(known, _)| known == row).map(|(_, spot)| spot)
    }

    /// A failure at the line of a row in the feature.
    #[must_use]
    pub(crate) fn point(&self, row: &[String], failure: Failure) -> Failure {
        match self.line(row) {
            Some((source, span)) => {
                // What it is about says more than the line, which is shown.
                let place = failure.place.clone();
                let failure = failure.spot(source, span.clone());
                Failure { place: place.or(failure.place.clone()), ..failure }
            }
            None => failure,
        }
    }

    /// The text at a position, from 0.
    ///
    /// # Errors
    /// A defect of the step's definition, as for every reader here.
    pub fn text(&self, at: usize) -> Result<&str, Failure> {
        match self.values.get(at) {
            Some(Value::Text(text)) => Ok(text),
            _ => Err(mistaken(at, "text")),
        }
    }

    /// The names at a position.
    #[expect(clippy::missing_errors_doc, reason = "as for `text`")]
    pub fn names(&self, at: usize) -> Result<&[String], Failure> {
        match self.values.get(at) {
            Some(Value::Names(names)) => Ok(names),
            _ => Err(mistaken(at, "a list of names")),
        }
    }

    /// The number at a position.
    #[expect(clippy::missing_errors_doc, reason = "as for `text`")]
    pub fn number(&self, at: usize) -> Result<u64, Failure> {
        match self.values.get(at) {
            Some(Value::Number(number)) => Ok(*number),
            _ => Err(mistaken(at, "a number")),
        }
    }

    /// The port at a position.
    #[expect(clippy::missing_errors_doc, reason = "as for `text`")]
    pub fn port(&self, at: usize) -> Result<Port, Failure> {
        match self.values.get(at) {
            Some(Value::Port(port)) => Ok(*port),
            _ => Err(mistaken(at, "a port")),
        }
    }

    /// The port numbers at a position.
    #[expect(clippy::missing_errors_doc, reason = "as for `text`")]
    pub fn ports(&self, at: usize) -> Result<&[u16], Failure> {
        match self.values.get(at) {
            Some(Value::Ports(ports)) => Ok(ports),
            _ => Err(mistaken(at, "a list of ports")),
        }
    }

    /// The status codes at a position.
    #[expect(clippy::missing_errors_doc, reason = "as for `text`")]
    pub fn statuses(&self, at: usize) -> Result<&[u16], Failure> {
        match self.values.get(at) {
            Some(Value::Statuses(statuses)) => Ok(statuses),
            _ => Err(mistaken(at, "a list of statuses")),
        }
    }

    /// The span of time at a position.
    #[expect(clippy::missing_errors_doc, reason = "as for `text`")]
    pub fn duration(&self, at: usize) -> Result<Duration, Failure> {
        match self.values.get(at) {
            Some(Value::Duration(duration)) => Ok(*duration),
            _ => Err(mistaken(at, "a span of time")),
        }
    }

    /// The plain value at a position.
    #[expect(clippy::missing_errors_doc, reason = "as for `text`")]
    pub fn scalar(&self, at: usize) -> Result<&Scalar, Failure> {
        match self.values.get(at) {
            Some(Value::Scalar(scalar)) => Ok(scalar),
            _ => Err(mistaken(at, "a value")),
        }
    }

    /// The amount at a position.
    #[expect(clippy::missing_errors_doc, reason = "as for `text`")]
    pub fn quantity(&self, at: usize) -> Result<(f64, Unit), Failure> {
        match self.values.get(at) {
            Some(Value::Quantity(number, unit)) => Ok((*number, *unit)),
            _ => Err(mistaken(at, "an amount")),
        }
    }

    /// The rows as pairs of a name and a value.
    #[must_use]
    pub fn pairs(&self) -> Vec<(String, String)> {
        self.rows
            .iter()
            .filter_map(|row| Some((row.first()?.clone(), row.get(1)?.clone())))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_names_are_read_as_prose() {
        let read = names("\"nginx\", \"app\" and \"db\"").expect("names");
        assert_eq!(read, Value::Names(vec!["nginx".into(), "app".into(), "db".into()]));
    }

    #[test]
    fn a_wrong_value_is_told_what_is_wrong_with_it() {
        for (read, words, says) in [
            (duration as fn(&str) -> _, "10 parsecs", "write a whole number and"),
            (ports, "80 and 70000", "70000 is no port"),
            (port, "TLS host port 70000", "70000 is no port"),
            (statuses, "502 or 999", "999 is no HTTP status"),
            (path, "\"orders\"", "must begin with \"/\""),
            (method, "FETCH", "they are GET, HEAD, POST"),
            (names, "\"a\" and \"\"", "must not be empty"),
            (scalar, "maybe", "write true, false, a number"),
            (quantity, "512 parrots", "write a number, a size"),
            (quantity, "512 MB", "as in \"512 MiB\""),
            (quantity, "5 kB", "as in \"5 KiB\""),
        ] {
            let why = read(words).expect_err("a wrong value");
            assert!(why.contains(says), "{why}");
        }
    }

    #[test]
    fn an_amount_is_a_number_a_size_or_a_time() {
        assert_eq!(quantity("3"), Ok(Value::Quantity(3.0, Unit::None)));
        assert_eq!(quantity("1 KiB"), Ok(Value::Quantity(1024.0, Unit::Bytes)));
        assert_eq!(quantity("2 minutes"), Ok(Value::Quantity(120.0, Unit::Seconds)));
    }

    #[test]
    fn quotes_can_be_escaped() {
        assert_eq!(unquoted(r#""say \"aye\"""#), "say \"aye\"");
    }
}
