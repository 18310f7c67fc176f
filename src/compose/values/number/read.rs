//! Floats as Go's `strconv.ParseFloat` reads them.

use super::NumberError;

/// A number as `strconv.ParseFloat(…, 64)` reads it: decimal (`1.5e3`) or
/// hexadecimal with a binary exponent (`0x1.8p1`), with underscores between
/// digits, or infinity or not-a-number by name. A number too large is an error,
/// one too small is zero.
pub fn parse_float(text: &str) -> Result<f64, NumberError> {
    match read(text) {
        Some(Literal::Named(number)) => Ok(number),
        Some(Literal::Decimal(digits)) => in_range(digits.parse().ok(), f64::is_finite, text),
        Some(Literal::Hex(hex)) => {
            in_range(Some(f64::from_bits(hex.bits(&DOUBLE))), f64::is_finite, text)
        }
        None => Err(NumberError::Float(text.to_owned())),
    }
}

/// A number as `strconv.ParseFloat(…, 32)` reads it. See [`parse_float`].
pub fn parse_float32(text: &str) -> Result<f32, NumberError> {
    match read(text) {
        #[expect(clippy::cast_possible_truncation, reason = "infinity and not-a-number stay so")]
        Some(Literal::Named(number)) => Ok(number as f32),
        Some(Literal::Decimal(digits)) => in_range(digits.parse().ok(), f32::is_finite, text),
        Some(Literal::Hex(hex)) => {
            #[expect(clippy::cast_possible_truncation, reason = "a single has 32 bits")]
            let bits = hex.bits(&SINGLE) as u32;
            in_range(Some(f32::from_bits(bits)), f32::is_finite, text)
        }
        None => Err(NumberError::Float(text.to_owned())),
    }
}

fn in_range<T: Copy>(
    number: Option<T>,
    finite: impl Fn(T) -> bool,
    text: &str,
) -> Result<T, NumberError> {
    match number {
        Some(number) if finite(number) => Ok(number),
        Some(_) => Err(NumberError::Range(text.to_owned())),
        None => Err(NumberError::Float(text.to_owned())),
    }
}

enum Literal {
    Named(f64),
    /// Decimal digits without underscores, as Rust reads them.
    Decimal(String),
    Hex(Hex),
}

fn read(text: &str) -> Option<Literal> {
    let (negative, unsigned) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    match unsigned.to_ascii_lowercase().as_str() {
        "inf" | "infinity" if negative => return Some(Literal::Named(f64::NEG_INFINITY)),
        "inf" | "infinity" => return Some(Literal::Named(f64::INFINITY)),
        "nan" => return (unsigned == text).then_some(Literal::Named(f64::NAN)),
        _ => {}
    }
    let hex = unsigned.strip_prefix("0x").or_else(|| unsigned.strip_prefix("0X"));
    let digit = |c: char| if hex.is_some() { c.is_ascii_hexdigit() } else { c.is_ascii_digit() };
    let number = hex.unwrap_or(unsigned);
    let mark = if hex.is_some() { ['p', 'P'] } else { ['e', 'E'] };
    let (mantissa, exponent) = number.split_at(number.find(mark).unwrap_or(number.len()));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let well_formed = |digits: &str| digits.chars().all(|c| digit(c) || c == '_');
    if !well_formed(whole) || !well_formed(fraction) || !mantissa.contains(digit) {
        return None;
    }
    let exponent = match exponent.get(1..) {
        None if hex.is_some() => return None,
        None => None,
        Some(digits) => {
            let unsigned = digits.strip_prefix(['+', '-']).unwrap_or(digits);
            if !unsigned.starts_with(|c: char| c.is_ascii_digit())
                || !unsigned.chars().all(|c| c.is_ascii_digit() || c == '_')
            {
                return None;
            }
            Some(digits.replace('_', ""))
        }
    };
    if !underscores_part_digits(number, hex.is_some()) {
        return None;
    }
    Some(match (hex, exponent) {
        (Some(_), exponent) => Literal::Hex(Hex::new(negative, whole, fraction, &exponent?)),
        (None, _) => Literal::Decimal(text.replace('_', "")),
    })
}

/// Whether each underscore stands between two digits, or between the prefix of
/// a hexadecimal number and its first digit.
fn underscores_part_digits(number: &str, hex: bool) -> bool {
    let digit = |c: char| if hex { c.is_ascii_hexdigit() } else { c.is_ascii_digit() };
    let mut before = if hex { '0' } else { '.' };
    let mut well = true;
    for c in number.chars().chain(['.']) {
        well &= if c == '_' { digit(before) } else { before != '_' || digit(c) };
        before = c;
    }
    well
}

/// The layout of a binary float.
struct Layout {
    mantissa_bits: u32,
    exponent_bits: u32,
    bias: i64,
}

const DOUBLE: Layout = Layout { mantissa_bits: 52, exponent_bits: 11, bias: -1023 };
const SINGLE: Layout = Layout { mantissa_bits: 23, exponent_bits: 8, bias: -127 };

/// A hexadecimal number: `mantissa` times two to the power of `exponent`.
struct Hex {
    negative: bool,
    mantissa: u64,
    exponent: i64,
    /// Whether digits other than zero were left out of `mantissa`.
    truncated: bool,
}

impl Hex {
    fn new(negative: bool, whole: &str, fraction: &str, exponent: &str) -> Self {
        let (mut mantissa, mut truncated) = (0_u64, false);
        let mut power = read_exponent(exponent);
        let digits = |text: &str| text.chars().filter_map(|c| c.to_digit(16)).collect::<Vec<_>>();
        let whole = digits(whole);
        for (at, digit) in whole.iter().copied().chain(digits(fraction)).enumerate() {
            if mantissa >> 60 == 0 {
                mantissa = mantissa << 4 | u64::from(digit);
                power -= if at < whole.len() { 0 } else { 4 };
            } else {
                truncated |= digit != 0;
                power += if at < whole.len() { 4 } else { 0 };
            }
        }
        Self { negative, mantissa, exponent: power, truncated }
    }

    /// The nearest float, ties to even; infinity if there is none.
    fn bits(&self, layout: &Layout) -> u64 {
        let width = layout.mantissa_bits;
        let sign = u64::from(self.negative) << width << layout.exponent_bits;
        let largest = (1_i64 << layout.exponent_bits) + layout.bias - 2;
        let smallest = layout.bias + 1;
        let (mut mantissa, mut exponent) = (self.mantissa, self.exponent + i64::from(width));
        // A leading one, the bits of the mantissa, and two more to round by: the
        // lowest says whether anything was left out at or below it.
        while mantissa != 0 && mantissa >> (width + 2) == 0 {
            mantissa <<= 1;
            exponent -= 1;
        }
        mantissa |= u64::from(self.truncated);
        while mantissa >> (width + 3) != 0 || (mantissa > 1 && exponent < smallest - 2) {
            mantissa = mantissa >> 1 | mantissa & 1;
            exponent += 1;
        }
        let tie = mantissa & 3;
        mantissa >>= 2;
        exponent += 2;
        if tie | mantissa & 1 == 3 {
            mantissa += 1;
            if mantissa == 1 << (width + 1) {
                mantissa >>= 1;
                exponent += 1;
            }
        }
        if mantissa >> width == 0 {
            exponent = layout.bias;
        }
        if exponent > largest {
            mantissa = 0;
            exponent = largest + 1;
        }
        let exponent = (exponent - layout.bias).unsigned_abs();
        sign | exponent << width | mantissa & ((1 << width) - 1)
    }
}

/// An exponent with optional sign; far beyond any float it no longer grows.
fn read_exponent(text: &str) -> i64 {
    let digits = text.trim_start_matches(['+', '-']);
    let size = digits.bytes().fold(0_i64, |sum, digit| {
        if sum < 10_000 { sum * 10 + i64::from(digit - b'0') } else { sum }
    });
    if text.starts_with('-') { -size } else { size }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn decimal_and_hexadecimal_numbers_are_read() {
        for (text, expected) in [
            ("0.5", 0.5),
            ("+1.", 1.0),
            (".5e1", 5.0),
            ("-1E-2", -0.01),
            ("1_000.5", 1000.5),
            ("0x1p-2", 0.25),
            ("-0X_1.8P+1", -3.0),
            ("1e-400", 0.0),
            ("inf", f64::INFINITY),
            ("-Infinity", f64::NEG_INFINITY),
        ] {
            assert_eq!(parse_float(text).map(f64::to_bits), Ok(f64::to_bits(expected)), "{text}");
        }
        assert!(parse_float("NaN").is_ok_and(f64::is_nan));
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "", "-", ".", "e1", "1e", "1e+", " 1", "1 ", "0x1", "0x", "0xp1", "1__0", "1_", "_1",
            "1_.5",
        ] {
            assert!(matches!(parse_float(text), Err(NumberError::Float(_))), "{text}");
        }
        for text in ["+nan", "infi", "1,5", "1.2.3", "1e1.5", "0b1", "1e_1"] {
            assert!(matches!(parse_float(text), Err(NumberError::Float(_))), "{text}");
        }
        assert!(matches!(parse_float("1e400"), Err(NumberError::Range(_))));
        assert!(matches!(parse_float("0x1p1024"), Err(NumberError::Range(_))));
        assert!(matches!(parse_float32("1e39"), Err(NumberError::Range(_))));
    }

    #[test]
    fn a_single_is_rounded_once() {
        assert_eq!(parse_float32("0.1").map(f32::to_bits), Ok(0.1_f32.to_bits()));
        assert_eq!(parse_float32("0x1.000001p0").map(f32::to_bits), Ok(1.0_f32.to_bits()));
        assert_eq!(parse_float32("0x1.0000011p0").map(f32::to_bits), Ok(0x3f80_0001));
    }

    proptest! {
        #[test]
        fn what_rust_prints_reads_back(bits in any::<u64>()) {
            let number = f64::from_bits(bits);
            prop_assume!(number.is_finite());
            prop_assert_eq!(parse_float(&format!("{number:e}")).map(f64::to_bits), Ok(bits));
        }

        #[test]
        fn no_text_panics(text in "[-+]?(0x)?[0-9a-f_.]{0,24}([ep][-+]?[0-9_]{0,6})?|.{0,8}") {
            let _ = (parse_float(&text), parse_float32(&text));
        }
    }
}
