//! How much room a text takes, and how long it may be.

/// The width of a letter of code type, in parts of its size: the widest of the usual typefaces.
const LETTER: f64 = 0.61;

/// The width of a text of code type.
pub(super) fn width(text: &str, size: f64) -> f64 {
    text.chars().map(|c| if is_wide(c) { 2.0 } else { 1.0 }).sum::<f64>() * LETTER * size
}

/// Letters of East Asia, and pictures, take the room of two.
fn is_wide(c: char) -> bool {
    matches!(c, '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe6f}' | '\u{ff00}'..='\u{ff60}'
        | '\u{ffe0}'..='\u{ffe6}' | '\u{1f300}'..='\u{1faff}' | '\u{20000}'..='\u{3fffd}')
}

/// A text of at most so many letters on one line, what cannot be seen shown; of a longer one its
/// beginning and its end, which tells names apart that begin alike.
pub(super) fn short(text: &str, longest: usize) -> String {
    let text = crate::visible::whole_line(text);
    let letters: Vec<char> = text.chars().collect();
    if letters.len() <= longest || longest < 2 {
        return text.into_owned();
    }
    let tail = (longest - 1) / 3;
    let head = longest - 1 - tail;
    let (head, tail) = (letters.iter().take(head), letters.iter().skip(letters.len() - tail));
    head.chain(&['…']).chain(tail).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_keeps_its_ends() {
        assert_eq!(short("database", 8), "database");
        assert_eq!(short("a-very-long-name-of-a-service", 12), "a-very-l…ice");
        assert_eq!(short("a\nb\u{202e}", 20), "a␊b\\u{202e}");
        assert!(width("日本", 10.0) > width("abc", 10.0));
    }
}
