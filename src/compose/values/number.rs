//! Numbers and booleans as Go reads and prints them.
//!
//! Compose files are YAML, but interpolated values arrive as text and are cast
//! by compose-go with Go's own readers; whatever is printed for a model or an
//! environment variable goes through one of three of Go's printers.

mod print;
mod read;

pub use self::{
    print::{
        format_float32, format_float64, json_float32, json_float64, yaml_float32, yaml_float64,
    },
    read::{parse_float, parse_float32},
};

/// Why a text is not the number or boolean it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NumberError {
    /// Not an integer, or one beyond 64 bits.
    #[error("{0:?} is not an integer: write digits, such as \"10\"")]
    Integer(String),
    /// Not a number in base 8, or one beyond 64 bits.
    #[error("{0:?} is not an octal number: write digits from 0 to 7, such as \"0440\"")]
    Octal(String),
    /// Not a number.
    #[error("{0:?} is not a number: write digits, such as \"0.5\"")]
    Float(String),
    /// A number larger than any float.
    #[error("{0:?} is too large a number")]
    Range(String),
    /// Not a boolean.
    #[error("{0:?} is not a boolean: write true or false")]
    Boolean(String),
    /// Infinity or not-a-number, which JSON cannot say.
    #[error("{0} cannot be written as JSON: expected a finite number")]
    NotJson(String),
}

/// A boolean and how it was spelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Boolean {
    /// The value.
    pub value: bool,
    /// Whether the spelling is one of YAML 1.1 only (`yes`, `off`, `n`…), which
    /// compose-go reads with a warning.
    pub dated: bool,
}

/// An integer as `strconv.Atoi` and `strconv.ParseInt(…, 10, 64)` read it:
/// decimal digits with an optional sign.
pub fn parse_int(text: &str) -> Result<i64, NumberError> {
    text.parse().map_err(|_| NumberError::Integer(text.to_owned()))
}

/// An integer in base 8 as `strconv.ParseInt(…, 8, 64)` reads it, without
/// prefix: the `mode` of a file.
pub fn parse_octal(text: &str) -> Result<i64, NumberError> {
    i64::from_str_radix(text, 8).map_err(|_| NumberError::Octal(text.to_owned()))
}

/// A boolean where compose-go casts one after interpolation (`privileged`,
/// `read_only`, `external`…), in any case.
pub fn parse_bool(text: &str) -> Result<Boolean, NumberError> {
    let (value, dated) = match text.to_ascii_lowercase().as_str() {
        "true" => (true, false),
        "false" => (false, false),
        "y" | "yes" | "on" => (true, true),
        "n" | "no" | "off" => (false, true),
        _ => return Err(NumberError::Boolean(text.to_owned())),
    };
    Ok(Boolean { value, dated })
}

/// A boolean as `strconv.ParseBool` reads it.
pub fn parse_go_bool(text: &str) -> Result<bool, NumberError> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
        _ => Err(NumberError::Boolean(text.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn integers_are_digits_with_a_sign() {
        assert_eq!(parse_int("-007"), Ok(-7));
        assert_eq!(parse_int("+9223372036854775807"), Ok(i64::MAX));
        for text in ["", "+", " 1", "1.0", "0x1", "1_000", "9223372036854775808"] {
            assert!(parse_int(text).is_err(), "{text}");
        }
        assert_eq!(parse_octal("0440"), Ok(0o440));
        for text in ["", "8", "0o440", "-"] {
            assert!(parse_octal(text).is_err(), "{text}");
        }
    }

    #[test]
    fn booleans_remember_a_dated_spelling() {
        assert_eq!(parse_bool("TRUE"), Ok(Boolean { value: true, dated: false }));
        assert_eq!(parse_bool("Off"), Ok(Boolean { value: false, dated: true }));
        assert_eq!(parse_bool("y"), Ok(Boolean { value: true, dated: true }));
        for text in ["", "1", "t", " true", "tRuE\u{301}"] {
            assert!(parse_bool(text).is_err(), "{text}");
        }
    }

    #[test]
    fn go_has_booleans_of_its_own() {
        assert_eq!(parse_go_bool("T"), Ok(true));
        assert_eq!(parse_go_bool("0"), Ok(false));
        for text in ["", "yes", "tRUE", "2"] {
            assert!(parse_go_bool(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "[-+0-9a-z_]{0,24}|.{0,8}") {
            let _ = (parse_int(&text), parse_octal(&text), parse_bool(&text), parse_go_bool(&text));
        }
    }
}
