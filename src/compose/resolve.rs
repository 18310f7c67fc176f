//! What a YAML scalar means.
//!
//! The rules are go-yaml's (`resolve` in its version 3), because Docker Compose
//! reads with it: YAML 1.2's core schema, `0777` as octal, `_` between digits,
//! hexadecimal and binary numbers, and timestamps.

use base64::Engine as _;

/// A resolved scalar.
#[derive(Debug, PartialEq)]
pub enum Scalar {
    /// Nothing.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A whole number past the largest signed one.
    Unsigned(u64),
    /// Any other number.
    Float(f64),
    /// A date or time.
    Timestamp,
    /// The text as it is.
    String,
    /// Text that the tag `!!binary` encodes.
    Decoded(String),
}

/// Resolves a scalar by its text, its style and its tag (`!!int`, `!custom`, …).
///
/// # Errors
/// What is wrong, when the text is not what the tag says.
pub fn scalar(text: &str, plain: bool, tag: Option<&str>) -> Result<Scalar, String> {
    let tag = tag.filter(|tag| *tag != "!");
    let Some(tag) = tag else {
        return Ok(if plain { by_text(text, true) } else { Scalar::String });
    };
    let wrong =
        |found: &Scalar| Err(format!("\"{text}\" is tagged {tag}, and it is {}", name(found)));
    match tag {
        "!!binary" => base64::engine::general_purpose::STANDARD
            .decode(text.replace(['\n', '\r'], ""))
            .ok()
            .map(|bytes| Scalar::Decoded(String::from_utf8_lossy(&bytes).into_owned()))
            .ok_or_else(|| "a value tagged !!binary must be Base64".into()),
        "!!null" | "!!bool" | "!!int" | "!!float" | "!!timestamp" => {
            let found = by_text(text, tag == "!!timestamp");
            match (tag, found) {
                ("!!null", Scalar::Null) => Ok(Scalar::Null),
                ("!!bool", Scalar::Bool(value)) => Ok(Scalar::Bool(value)),
                ("!!int", Scalar::Int(value)) => Ok(Scalar::Int(value)),
                ("!!int", Scalar::Unsigned(value)) => Ok(Scalar::Unsigned(value)),
                ("!!float", Scalar::Float(value)) => Ok(Scalar::Float(value)),
                #[expect(clippy::cast_precision_loss, reason = "a float is what the tag asks for")]
                ("!!float", Scalar::Int(value)) => Ok(Scalar::Float(value as f64)),
                ("!!timestamp", Scalar::Timestamp) => Ok(Scalar::Timestamp),
                (_, found) => wrong(&found),
            }
        }
        _ => Ok(Scalar::String),
    }
}

fn name(scalar: &Scalar) -> &'static str {
    match scalar {
        Scalar::Null => "nothing",
        Scalar::Bool(_) => "a boolean",
        Scalar::Int(_) | Scalar::Unsigned(_) => "an integer",
        Scalar::Float(_) => "a number",
        Scalar::Timestamp => "a timestamp",
        Scalar::String | Scalar::Decoded(_) => "text",
    }
}

fn by_text(text: &str, timestamps: bool) -> Scalar {
    let Some(first) = text.bytes().next() else { return Scalar::Null };
    match first {
        b'+' | b'-' | b'0'..=b'9' => {
            special_float(text).unwrap_or_else(|| number(text, timestamps))
        }
        b'.' => special_float(text)
            .or_else(|| decimal_float(text).map(Scalar::Float))
            .unwrap_or(Scalar::String),
        b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' | b'~' => match text {
            "true" | "True" | "TRUE" => Scalar::Bool(true),
            "false" | "False" | "FALSE" => Scalar::Bool(false),
            "~" | "null" | "Null" | "NULL" => Scalar::Null,
            _ => Scalar::String,
        },
        _ => Scalar::String,
    }
}

fn special_float(text: &str) -> Option<Scalar> {
    Some(Scalar::Float(match text {
        ".nan" | ".NaN" | ".NAN" => f64::NAN,
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => f64::INFINITY,
        "-.inf" | "-.Inf" | "-.INF" => f64::NEG_INFINITY,
        _ => return None,
    }))
}

fn number(text: &str, timestamps: bool) -> Scalar {
    if timestamps && is_timestamp(text) {
        return Scalar::Timestamp;
    }
    let without;
    let plain = if text.contains('_') {
        without = text.replace('_', "");
        without.as_str()
    } else {
        text
    };
    integer(plain).or_else(|| decimal_float(plain).map(Scalar::Float)).unwrap_or(Scalar::String)
}

/// An integer with an optional sign and the prefix `0x`, `0b`, `0o` or `0`.
fn integer(text: &str) -> Option<Scalar> {
    let (negative, digits) = match text.as_bytes() {
        [b'-', ..] => (true, &text[1..]),
        [b'+', ..] => (false, &text[1..]),
        _ => (false, text),
    };
    let signed = digits.len() != text.len();
    let (radix, digits) = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, &digits[2..]),
        [b'0', b'b' | b'B', ..] => (2, &digits[2..]),
        [b'0', b'o' | b'O', ..] => (8, &digits[2..]),
        [b'0', _, ..] => (8, &digits[1..]),
        _ => (10, digits),
    };
    if !digits.bytes().all(|digit| (digit as char).is_digit(radix)) {
        return None;
    }
    let value = u64::from_str_radix(digits, radix).ok()?;
    if negative {
        return 0_i64.checked_sub_unsigned(value).map(Scalar::Int);
    }
    match i64::try_from(value) {
        Ok(value) => Some(Scalar::Int(value)),
        // Go parses no sign into an unsigned number.
        Err(_) if signed => None,
        Err(_) => Some(Scalar::Unsigned(value)),
    }
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`, finite.
fn decimal_float(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
        Some(at) => (&unsigned[..at], Some(&unsigned[at + 1..])),
        None => (unsigned, None),
    };
    let digits = |text: &str| text.bytes().all(|digit| digit.is_ascii_digit());
    let mantissa_is_good = match mantissa.split_once('.') {
        Some((whole, part)) => {
            digits(whole) && digits(part) && !(whole.is_empty() && part.is_empty())
        }
        None => digits(mantissa) && !mantissa.is_empty(),
    };
    let exponent_is_good = exponent.is_none_or(|exponent| {
        let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        !exponent.is_empty() && digits(exponent)
    });
    if !(mantissa_is_good && exponent_is_good) {
        return None;
    }
    text.parse().ok().filter(|value: &f64| value.is_finite())
}

/// Whether go-yaml reads this as a timestamp: a date, or a date and a time after `T`, `t` or a space.
#[must_use]
pub fn is_timestamp(text: &str) -> bool {
    let bytes = text.as_bytes();
    if bytes.len() < 8 || bytes[4] != b'-' || !bytes[..4].iter().all(u8::is_ascii_digit) {
        return false;
    }
    timestamp(text).is_some()
}

fn timestamp(text: &str) -> Option<()> {
    let year = text[..4].parse::<u32>().ok()?;
    let (month, rest) = short_number(&text[5..])?;
    let (day, rest) = short_number(rest.strip_prefix('-')?)?;
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 => 28 + u32::from(leap),
        _ => return None,
    };
    if day == 0 || day > days {
        return None;
    }
    if rest.is_empty() {
        return Some(());
    }
    let zoned = rest.starts_with(['T', 't']);
    let rest = rest.strip_prefix(['T', 't', ' '])?;
    let (hour, rest) = short_number(rest)?;
    let (minute, rest) = short_number(rest.strip_prefix(':')?)?;
    let (second, rest) = short_number(rest.strip_prefix(':')?)?;
    let rest = match rest.strip_prefix(['.', ',']) {
        Some(fraction) => {
            let end = fraction.find(|c: char| !c.is_ascii_digit()).unwrap_or(fraction.len());
            (end > 0).then(|| &fraction[end..])?
        }
        None => rest,
    };
    let in_range = hour < 24 && minute < 60 && second < 60;
    let zone_is_good = if zoned { rest == "Z" || is_offset(rest) } else { rest.is_empty() };
    (in_range && zone_is_good).then_some(())
}

fn is_offset(text: &str) -> bool {
    matches!(text.as_bytes(), [b'+' | b'-', a, b, b':', c, d]
        if [a, b, c, d].into_iter().all(u8::is_ascii_digit))
}

/// One or two digits, and what follows.
fn short_number(text: &str) -> Option<(u32, &str)> {
    let count = text.bytes().take(2).take_while(u8::is_ascii_digit).count();
    let (digits, rest) = text.split_at(count);
    Some((digits.parse().ok()?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> Scalar {
        scalar(text, true, None).expect("a plain scalar without a tag has a meaning")
    }

    #[test]
    fn plain_scalars_mean_what_go_yaml_says() {
        for (text, meaning) in [
            ("", Scalar::Null),
            ("~", Scalar::Null),
            ("NULL", Scalar::Null),
            ("nUll", Scalar::String),
            ("True", Scalar::Bool(true)),
            ("yes", Scalar::String),
            ("off", Scalar::String),
            ("12", Scalar::Int(12)),
            ("+12", Scalar::Int(12)),
            ("-12", Scalar::Int(-12)),
            ("1_000", Scalar::Int(1000)),
            ("0777", Scalar::Int(511)),
            ("0o17", Scalar::Int(15)),
            ("0x1F", Scalar::Int(31)),
            ("-0b11", Scalar::Int(-3)),
            ("08", Scalar::Float(8.0)),
            ("0", Scalar::Int(0)),
            ("1.", Scalar::Float(1.0)),
            (".5", Scalar::Float(0.5)),
            (".", Scalar::String),
            ("1e3", Scalar::Float(1000.0)),
            ("1e400", Scalar::String),
            ("1.2.3", Scalar::String),
            ("12:30", Scalar::String),
            ("-.Inf", Scalar::Float(f64::NEG_INFINITY)),
            ("18446744073709551615", Scalar::Unsigned(u64::MAX)),
            ("-9223372036854775808", Scalar::Int(i64::MIN)),
            ("2024-02-29", Scalar::Timestamp),
            ("2023-02-29", Scalar::String),
            ("2024-1-2T3:4:5Z", Scalar::Timestamp),
            ("2024-01-02 03:04:05.5", Scalar::Timestamp),
            ("2024-01-02T03:04:05", Scalar::String),
            ("-", Scalar::String),
        ] {
            assert_eq!(plain(text), meaning, "{text:?}");
        }
    }

    #[test]
    fn a_tag_that_does_not_fit_is_refused() {
        assert_eq!(scalar("5", false, Some("!!int")), Ok(Scalar::Int(5)));
        assert_eq!(scalar("5", true, Some("!!str")), Ok(Scalar::String));
        assert_eq!(scalar("aGk=", true, Some("!!binary")), Ok(Scalar::Decoded("hi".into())));
        assert!(scalar("yes", true, Some("!!bool")).is_err());
        assert_eq!(scalar("yes", true, Some("!custom")), Ok(Scalar::String));
    }
}
