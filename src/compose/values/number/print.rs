//! Floats as Go prints them: always the fewest digits that read back as the
//! same number; what differs is when an exponent is written, and how.

use std::{fmt::LowerExp, str::FromStr};

use super::NumberError;

/// As `fmt.Sprint` prints a `float64`: with an exponent of at least two digits
/// below 1e-4 and from 1e6 on. The others are `+Inf`, `-Inf` and `NaN`.
#[must_use]
pub fn format_float64(number: f64) -> String {
    general(&scientific(&number), ["+Inf", "-Inf", "NaN"])
}

/// As `fmt.Sprint` prints a `float32`. See [`format_float64`].
#[must_use]
pub fn format_float32(number: f32) -> String {
    general(&scientific32(number), ["+Inf", "-Inf", "NaN"])
}

/// As compose-go's YAML library prints a `float64`: like [`format_float64`], but
/// the others are `.inf`, `-.inf` and `.nan`.
#[must_use]
pub fn yaml_float64(number: f64) -> String {
    general(&scientific(&number), [".inf", "-.inf", ".nan"])
}

/// As compose-go's YAML library prints a `float32`. See [`yaml_float64`].
#[must_use]
pub fn yaml_float32(number: f32) -> String {
    general(&scientific32(number), [".inf", "-.inf", ".nan"])
}

/// As `encoding/json` prints a `float64`: with an exponent below 1e-6, of one
/// digit if that will do, and from 1e21 on. There is no other number in JSON.
pub fn json_float64(number: f64) -> Result<String, NumberError> {
    if number.is_finite() {
        let magnitude = number.abs();
        let plain = magnitude == 0.0 || (1e-6..1e21).contains(&magnitude);
        Ok(json(&scientific(&number), plain))
    } else {
        Err(NumberError::NotJson(format_float64(number)))
    }
}

/// As `encoding/json` prints a `float32`. See [`json_float64`].
pub fn json_float32(number: f32) -> Result<String, NumberError> {
    if number.is_finite() {
        let magnitude = number.abs();
        let plain = magnitude == 0.0 || (1e-6..1e21).contains(&magnitude);
        Ok(json(&scientific32(number), plain))
    } else {
        Err(NumberError::NotJson(format_float32(number)))
    }
}

/// The shortest digits as `1.25e-7`. Where two are equally short and equally
/// near, Rust takes the larger and Go the even one.
fn scientific<T: LowerExp + FromStr + PartialEq>(number: &T) -> String {
    let shortest = format!("{number:e}");
    let digits = shortest.bytes().take_while(|c| *c != b'e').filter(u8::is_ascii_digit).count();
    let even = format!("{number:.*e}", digits.saturating_sub(1));
    if even.parse().is_ok_and(|read: T| read == *number) { even } else { shortest }
}

/// As [`scientific`], but for the one `float32` that lies halfway between two
/// numbers and that Go 1.26 rounds to the odd one.
fn scientific32(number: f32) -> String {
    const HALFWAY: f32 = 1.0 / 4096.0;
    let text = scientific(&number);
    if number.abs() == HALFWAY { text.replace("62e", "63e") } else { text }
}

/// The notation `%g`, from [`scientific`].
fn general(scientific: &str, others: [&str; 3]) -> String {
    let [infinity, minus_infinity, nan] = others;
    match scientific {
        "inf" => infinity.to_owned(),
        "-inf" => minus_infinity.to_owned(),
        "NaN" => nan.to_owned(),
        _ => match split(scientific) {
            (number, exponent @ -4..=5) => plain(number, exponent),
            (number, exponent) => with_exponent(number, exponent),
        },
    }
}

fn json(scientific: &str, is_plain: bool) -> String {
    match split(scientific) {
        (number, exponent) if is_plain => plain(number, exponent),
        (number, exponent @ -9..0) => format!("{number}e{exponent}"),
        (number, exponent) => with_exponent(number, exponent),
    }
}

/// Digits (with sign and point) and exponent.
fn split(scientific: &str) -> (&str, i32) {
    let (number, exponent) = scientific.split_once('e').unwrap_or((scientific, "0"));
    (number, exponent.parse().unwrap_or_default())
}

fn with_exponent(number: &str, exponent: i32) -> String {
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{number}e{sign}{:02}", exponent.abs())
}

fn plain(number: &str, exponent: i32) -> String {
    let (sign, number) = number.strip_prefix('-').map_or(("", number), |rest| ("-", rest));
    let digits = number.replace('.', "");
    let Ok(before_point) = usize::try_from(exponent + 1) else {
        let zeros = "0".repeat((exponent + 1).unsigned_abs() as usize);
        return format!("{sign}0.{zeros}{digits}");
    };
    if before_point == 0 {
        format!("{sign}0.{digits}")
    } else if before_point < digits.len() {
        let (whole, fraction) = digits.split_at(before_point);
        format!("{sign}{whole}.{fraction}")
    } else {
        format!("{sign}{digits:0<before_point$}")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn sprint_writes_an_exponent_early() {
        for (number, expected) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (0.5, "0.5"),
            (100_000.0, "100000"),
            (1e6, "1e+06"),
            (-123_456_789.0, "-1.23456789e+08"),
            (0.000_1, "0.0001"),
            (0.000_012, "1.2e-05"),
            (1e100, "1e+100"),
            (f64::INFINITY, "+Inf"),
            (f64::NEG_INFINITY, "-Inf"),
            (f64::NAN, "NaN"),
        ] {
            assert_eq!(format_float64(number), expected);
        }
        assert_eq!(format_float32(0.1), "0.1");
        assert_eq!(format_float32(8_388_609.0 / 4.0), "2.0971522e+06");
        assert_eq!(format_float32(8_388_611.0 / 4.0), "2.0971528e+06");
        assert_eq!(format_float32(-1.0 / 4096.0), "-0.00024414063");
        assert_eq!(format_float64(0.1_f32.into()), "0.10000000149011612");
    }

    #[test]
    fn yaml_has_names_of_its_own() {
        assert_eq!(yaml_float64(1.5), "1.5");
        assert_eq!(yaml_float64(f64::INFINITY), ".inf");
        assert_eq!(yaml_float32(f32::NEG_INFINITY), "-.inf");
        assert_eq!(yaml_float32(f32::NAN), ".nan");
    }

    #[test]
    fn json_writes_an_exponent_late_and_short() {
        for (number, expected) in [
            (0.5, "0.5"),
            (-0.0, "-0"),
            (1e6, "1000000"),
            (1e20, "100000000000000000000"),
            (1e21, "1e+21"),
            (0.000_001, "0.000001"),
            (1e-7, "1e-7"),
            (1.5e-10, "1.5e-10"),
        ] {
            assert_eq!(json_float64(number), Ok(expected.to_owned()));
        }
        assert_eq!(json_float32(1e-6), Ok("0.000001".to_owned()));
        assert!(json_float64(f64::NAN).is_err());
        assert!(json_float32(f32::INFINITY).is_err());
    }

    proptest! {
        #[test]
        fn what_is_printed_reads_back(bits in any::<u64>()) {
            let number = f64::from_bits(bits);
            prop_assume!(number.is_finite());
            let printed = [Ok(format_float64(number)), Ok(yaml_float64(number)), json_float64(number)];
            for text in printed.into_iter().flatten() {
                prop_assert_eq!(text.parse::<f64>().map(f64::to_bits), Ok(bits), "{}", text);
            }
        }

        #[test]
        fn so_do_singles(bits in any::<u32>()) {
            let number = f32::from_bits(bits);
            prop_assume!(number.is_finite());
            let printed = [Ok(format_float32(number)), Ok(yaml_float32(number)), json_float32(number)];
            for text in printed.into_iter().flatten() {
                prop_assert_eq!(text.parse::<f32>().map(f32::to_bits), Ok(bits), "{}", text);
            }
        }
    }
}
