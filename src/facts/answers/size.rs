//! How large is this size? Each place has its own units: what Compose reads, what sentences say and
//! what the engine keeps of logs are not the same `m`.

use crate::compose::values;

/// The units of sentences: powers of 1024, in the words of IEC 80000-13.
pub const UNITS: &[(&str, f64)] = &[
    ("B", 1.0),
    ("KiB", 1024.0),
    ("MiB", 1_048_576.0),
    ("GiB", 1_073_741_824.0),
    ("TiB", 1_099_511_627_776.0),
];

/// Bytes of a size as the Compose specification writes it ("Specifying byte values"): `64m`, `1.5gb`.
#[must_use]
pub fn of_compose(text: &str) -> Option<i64> {
    values::size::parse(text).ok()
}

/// Bytes of one unit of a sentence.
#[must_use]
pub fn of_unit(name: &str) -> Option<f64> {
    UNITS.iter().find(|(unit, _)| *unit == name).map(|(_, bytes)| *bytes)
}

/// Bytes of `max-size` and the like of `logging.options`, which the engine counts in thousands
/// (`units.FromHumanSize`): `10m` is ten million. A fraction is left out: less is kept than is said.
#[must_use]
pub fn of_log(text: &str) -> Option<u64> {
    let text = text.trim().to_lowercase();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (digits, unit) = text.split_at(end);
    let factor = match unit.trim().trim_end_matches('b').trim_end_matches('i') {
        "" => 1,
        "k" => 1_000,
        "m" => 1_000_000,
        "g" => 1_000_000_000,
        "t" => 1_000_000_000_000,
        _ => return None,
    };
    digits.split('.').next()?.parse::<u64>().ok()?.checked_mul(factor)
}

/// Bytes in the largest unit of sentences that they are a multiple of: `256 MiB`, `1000 B`.
#[must_use]
pub fn told(bytes: f64) -> String {
    let fits = |(_, unit): &&(&str, f64)| bytes >= *unit && bytes % unit == 0.0;
    let (name, unit) = UNITS.iter().rev().find(fits).unwrap_or(&UNITS[0]);
    format!("{} {name}", bytes / unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_as_large_as_where_it_stands_says() {
        for (text, compose, log) in [
            ("10m", Some(10 << 20), Some(10_000_000)),
            ("10MB", Some(10 << 20), Some(10_000_000)),
            ("2k", Some(2048), Some(2000)),
            ("1.5g", Some(3 << 29), Some(1_000_000_000)),
            ("64", Some(64), Some(64)),
            ("0", Some(0), Some(0)),
            ("x", None, None),
            ("", None, None),
        ] {
            assert_eq!((of_compose(text), of_log(text)), (compose, log), "{text}");
        }
        assert_eq!(of_unit("MiB"), Some(1_048_576.0));
        assert_eq!(of_unit("MB"), None, "is it a million or a power of two? Nobody can tell");
    }

    #[test]
    fn bytes_are_told_in_the_unit_that_they_fill() {
        for (bytes, expected) in [
            (0.0, "0 B"),
            (1000.0, "1000 B"),
            (1024.0, "1 KiB"),
            (268_435_456.0, "256 MiB"),
            (1_610_612_736.0, "1536 MiB"),
            (1_073_741_824.0, "1 GiB"),
        ] {
            assert_eq!(told(bytes), expected);
        }
    }
}
