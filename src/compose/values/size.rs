//! Sizes in bytes: `mem_limit: 1.5gb`.
//!
//! Compose specification, "Specifying byte values": a number and one of `b`,
//! `k`, `m`, `g`, `t`, `p`, each optionally with `b` or `ib`. All of them are
//! powers of 1024, and letters may be of either case.

use super::number;

/// A text that is not a size.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a size: write a number with b, k, m, g, t or p")]
pub struct SizeError(String);

/// A size in bytes, fractions cut off. A size beyond 64 bits is [`i64::MIN`]:
/// so compose-go has it on x86-64.
pub fn parse(text: &str) -> Result<i64, SizeError> {
    bytes(text).map(truncate).ok_or_else(|| SizeError(text.to_owned()))
}

fn bytes(text: &str) -> Option<f64> {
    // The last digit, dot or space ends the number; one space may part them.
    let end = text.rfind(|c: char| c.is_ascii_digit() || c == '.' || c == ' ')?;
    let suffix = &text[end + 1..];
    let number = if text[end..].starts_with(' ') { &text[..end] } else { &text[..=end] };
    let number = number::parse_float(number).ok().filter(|size| size.is_nan() || *size >= 0.0)?;
    multiplier(suffix).map(|unit| number * unit)
}

fn multiplier(suffix: &str) -> Option<f64> {
    if suffix.len() > 3 {
        return None;
    }
    let lower = suffix.to_lowercase();
    let mut letters = lower.chars();
    let power = match letters.next() {
        None => return Some(1.0),
        Some('b') => return letters.next().is_none().then_some(1.0),
        Some('k') => 1,
        Some('m') => 2,
        Some('g') => 3,
        Some('t') => 4,
        Some('p') => 5,
        Some(_) => return None,
    };
    matches!(letters.as_str(), "" | "b" | "ib").then(|| 1024_f64.powi(power))
}

/// The conversion of x86-64, which marks what does not fit by the smallest number.
#[expect(clippy::cast_possible_truncation, reason = "fractions are cut off; the range is checked")]
fn truncate(size: f64) -> i64 {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    if (-LIMIT..LIMIT).contains(&size) { size as i64 } else { i64::MIN }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn units_are_powers_of_1024_in_any_case() {
        for (text, expected) in [
            ("0", 0),
            ("10", 10),
            ("10b", 10),
            ("10 B", 10),
            ("1k", 1 << 10),
            ("10KiB", 10 << 10),
            ("64M", 64 << 20),
            ("1.5gb", 3 << 29),
            ("1 g", 1 << 30),
            ("1 kib", 1 << 10),
            (".5m", 1 << 19),
            ("2tIb", 2 << 40),
            ("1p", 1 << 50),
            ("1.9", 1),
            ("+1", 1),
            ("1e3", 1_000),
        ] {
            assert_eq!(parse(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in ["", "x", "10x", "-1", "10kbb", "10bb", "10ki", "1  k", "k", "1.2.3", " "] {
            assert!(parse(text).is_err(), "{text}");
        }
        assert_eq!(
            parse("10x").map_err(|error| error.to_string()),
            Err("\"10x\" is not a size: write a number with b, k, m, g, t or p".to_owned())
        );
    }

    #[test]
    fn what_does_not_fit_is_the_smallest_number() {
        assert_eq!(parse("8192p"), Ok(i64::MIN));
        assert_eq!(parse("nan "), Ok(i64::MIN));
        assert_eq!(parse("inf "), Ok(i64::MIN));
        assert_eq!(parse("-0"), Ok(0));
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "[-+]?[0-9. ]{0,6}.{0,4}") {
            let _ = parse(&text);
        }
    }
}
