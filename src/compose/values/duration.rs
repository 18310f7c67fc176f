//! Durations: `interval: 1m30s`.
//!
//! The Compose specification ("Specifying durations") names the units `us`,
//! `ms`, `s`, `m` and `h`; compose-go also reads `ns`, `d` and `w`, a sign, and
//! a unit more than once. A number without a unit is refused, except zero.

const SECOND: u64 = 1_000_000_000;

/// Why a text is not a duration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DurationError {
    /// Not a sequence of numbers with units.
    #[error("{0:?} is not a duration: write numbers with units, such as \"1m30s\"")]
    Malformed(String),
    /// A number stands alone.
    #[error("{0:?} has a number without a unit: write it as \"10s\" or \"1m30s\"")]
    MissingUnit(String),
    /// A unit nobody knows.
    #[error("{unit:?} in {text:?} is not a unit of time: expected one of {known}")]
    UnknownUnit {
        /// The unit found.
        unit: String,
        /// The whole text.
        text: String,
        /// The units that would do.
        known: &'static str,
    },
    /// More nanoseconds than 64 bits hold.
    #[error("{0:?} is too long a duration: the limit is about 292 years")]
    TooLong(String),
}

/// What a dialect of durations knows.
struct Dialect {
    /// The largest magnitude, in nanoseconds.
    limit: u64,
    /// Whether days and weeks are units.
    days: bool,
}

/// A duration in nanoseconds, as Compose reads one in `healthcheck`,
/// `stop_grace_period`, `deploy` and `pull_policy: every_…`: a sign, then
/// numbers (fractions allowed) each with a unit of `ns`, `us`, `µs`, `ms`, `s`,
/// `m`, `h`, `d` or `w`; a bare `0` is zero. Compose specification, "Specifying
/// durations".
pub fn parse(text: &str) -> Result<i64, DurationError> {
    parse_as(text, &Dialect { limit: i64::MAX.unsigned_abs(), days: true })
}

/// A duration in nanoseconds, as Go's `time.ParseDuration` reads one: like
/// [`parse`] but without days and weeks, and down to the smallest 64-bit number.
pub fn parse_go(text: &str) -> Result<i64, DurationError> {
    parse_as(text, &Dialect { limit: i64::MIN.unsigned_abs(), days: false })
}

fn parse_as(text: &str, dialect: &Dialect) -> Result<i64, DurationError> {
    let malformed = || DurationError::Malformed(text.to_owned());
    let too_long = || DurationError::TooLong(text.to_owned());
    let (negative, mut rest) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    if rest == "0" {
        return Ok(0);
    }
    if rest.is_empty() {
        return Err(malformed());
    }
    let mut total = 0_u64;
    while !rest.is_empty() {
        let (whole, after) = split_digits(rest);
        let (fraction, after) = after.strip_prefix('.').map_or(("", after), split_digits);
        if whole.is_empty() && fraction.is_empty() {
            return Err(malformed());
        }
        let end = after.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(after.len());
        let (unit, after) = after.split_at(end);
        rest = after;
        let whole = integer(whole, dialect.limit).ok_or_else(too_long)?;
        if unit.is_empty() {
            return Err(DurationError::MissingUnit(text.to_owned()));
        }
        let nanoseconds = dialect.nanoseconds(unit).ok_or_else(|| DurationError::UnknownUnit {
            unit: unit.to_owned(),
            text: text.to_owned(),
            known: dialect.units(),
        })?;
        if whole > dialect.limit / nanoseconds {
            return Err(too_long());
        }
        let part = whole * nanoseconds + part_of(fraction, nanoseconds, dialect.limit);
        // Two terms at the very limit wrap to nothing, in Go as here.
        total = total.wrapping_add(part);
        if part > dialect.limit || total > dialect.limit {
            return Err(too_long());
        }
    }
    if negative {
        Ok(0_i64.wrapping_sub_unsigned(total))
    } else {
        i64::try_from(total).map_err(|_| too_long())
    }
}

impl Dialect {
    fn nanoseconds(&self, unit: &str) -> Option<u64> {
        Some(match unit {
            "ns" => 1,
            // The micro sign and the Greek letter.
            "us" | "\u{b5}s" | "\u{3bc}s" => 1_000,
            "ms" => 1_000_000,
            "s" => SECOND,
            "m" => 60 * SECOND,
            "h" => 3_600 * SECOND,
            "d" if self.days => 24 * 3_600 * SECOND,
            "w" if self.days => 7 * 24 * 3_600 * SECOND,
            _ => return None,
        })
    }

    fn units(&self) -> &'static str {
        if self.days { "ns, us, ms, s, m, h, d, w" } else { "ns, us, ms, s, m, h" }
    }
}

fn split_digits(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()))
}

/// A run of digits as a number, if it is no more than `limit`.
fn integer(digits: &str, limit: u64) -> Option<u64> {
    if digits.is_empty() {
        return Some(0);
    }
    digits.parse().ok().filter(|number| *number <= limit)
}

/// The nanoseconds of a decimal fraction of a unit, rounded towards zero.
/// Digits beyond what `limit` holds are dropped.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the result depends on rounding in this very order; it is never more than the unit"
)]
fn part_of(fraction: &str, unit: u64, limit: u64) -> u64 {
    let (mut number, mut scale) = (0_u64, 1_f64);
    for digit in fraction.bytes() {
        let next = number.checked_mul(10).and_then(|it| it.checked_add(u64::from(digit - b'0')));
        let Some(next) = next.filter(|it| *it <= limit) else { break };
        number = next;
        scale *= 10.0;
    }
    (number as f64 * (unit as f64 / scale)) as u64
}

/// A duration as Go prints one: `1h30m0s`, `1.5s`, `100ms`, `1µs`, `0s`. Takes
/// nanoseconds.
#[must_use]
pub fn format(nanoseconds: i64) -> String {
    let sign = if nanoseconds < 0 { "-" } else { "" };
    let total = nanoseconds.unsigned_abs();
    match total {
        0 => "0s".to_owned(),
        1..1_000 => format!("{sign}{total}ns"),
        1_000..1_000_000 => format!("{sign}{}µs", decimal(total, 3)),
        1_000_000..SECOND => format!("{sign}{}ms", decimal(total, 6)),
        _ => {
            let minutes = total / SECOND / 60;
            let seconds = decimal(total % (60 * SECOND), 9);
            match (minutes / 60, minutes % 60) {
                (0, 0) => format!("{sign}{seconds}s"),
                (0, minutes) => format!("{sign}{minutes}m{seconds}s"),
                (hours, minutes) => format!("{sign}{hours}h{minutes}m{seconds}s"),
            }
        }
    }
}

/// `number` divided by ten to the power of `places`, without trailing zeros.
fn decimal(number: u64, places: u32) -> String {
    let one = 10_u64.pow(places);
    let (whole, fraction) = (number / one, number % one);
    if fraction == 0 {
        return whole.to_string();
    }
    let fraction = format!("{fraction:0width$}", width = places as usize);
    format!("{whole}.{}", fraction.trim_end_matches('0'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_with_units_add_up() {
        for (text, expected) in [
            ("0", 0),
            ("-0", 0),
            ("10s", 10_000_000_000),
            ("1m30s", 90_000_000_000),
            ("1s1s", 2_000_000_000),
            ("1.5h", 5_400_000_000_000),
            (".5s", 500_000_000),
            ("1.s", 1_000_000_000),
            ("1w2d", 777_600_000_000_000),
            ("1µs", 1_000),
            ("-1.5us", -1_500),
            ("9223372036854775807ns", i64::MAX),
        ] {
            assert_eq!(parse(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused_with_its_reason() {
        for text in ["", "-", "x", " 1s", "s", ".s", "--1s", "1s.m"] {
            assert!(matches!(parse(text), Err(DurationError::Malformed(_))), "{text}");
        }
        assert_eq!(
            parse("10").map_err(|error| error.to_string()),
            Err("\"10\" has a number without a unit: write it as \"10s\" or \"1m30s\"".to_owned())
        );
        assert!(
            matches!(parse("1s 2m"), Err(DurationError::UnknownUnit { unit, .. }) if unit == "s ")
        );
        assert!(matches!(parse("9223372036854775808ns"), Err(DurationError::TooLong(_))));
    }

    #[test]
    fn go_knows_neither_days_nor_weeks() {
        assert!(parse_go("1d").is_err());
        assert!(parse_go("1w").is_err());
        assert_eq!(parse_go("1h"), Ok(3_600_000_000_000));
        assert_eq!(parse_go("-9223372036854775808ns"), Ok(i64::MIN));
        assert!(parse_go("9223372036854775808ns").is_err());
    }

    #[test]
    fn printing_is_exact_and_short() {
        for (nanoseconds, expected) in [
            (0, "0s"),
            (1, "1ns"),
            (1_000, "1µs"),
            (-1_500, "-1.5µs"),
            (100_000_000, "100ms"),
            (1_500_000_000, "1.5s"),
            (90_000_000_000, "1m30s"),
            (7_200_000_000_000, "2h0m0s"),
            (i64::MAX, "2562047h47m16.854775807s"),
            (i64::MIN, "-2562047h47m16.854775808s"),
        ] {
            assert_eq!(format(nanoseconds), expected);
        }
    }

    proptest! {
        #[test]
        fn what_is_printed_reads_back(nanoseconds in any::<i64>()) {
            prop_assert_eq!(parse_go(&format(nanoseconds)), Ok(nanoseconds));
        }

        #[test]
        fn no_text_panics(text in "[-+]?([0-9.]{0,20}(ns|us|µs|ms|s|m|h|d|w|.)?){0,4}") {
            let _ = parse(&text);
            let _ = parse_go(&text);
        }
    }
}
