//! Where something stands in a text that is known to be JSON.

/// A step on the way to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Step {
    /// A key of an object.
    Key(&'static str),
    /// An element of a list, from 0.
    Number(usize),
}

/// The line and column, from 1, of the value at the end of a way; where the way ends early, of the
/// last value on it.
pub(super) fn of(text: &str, way: &[Step]) -> (usize, usize) {
    let mut at = blank(text, 0);
    for step in way {
        let Some(next) = into(text, at, *step) else { break };
        at = next;
    }
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    (line, before[start..].chars().count() + 1)
}

/// Behind white space.
fn blank(text: &str, at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    at + (rest.len() - rest.trim_start().len())
}

/// The value one step further.
fn into(text: &str, at: usize, step: Step) -> Option<usize> {
    let is_object = text.get(at..)?.starts_with('{');
    let mut at = blank(text, at + 1);
    let mut number = 0;
    loop {
        let first = text.get(at..)?.chars().next()?;
        if matches!(first, '}' | ']') {
            return None;
        }
        let mut is_it = step == Step::Number(number) && !is_object;
        if is_object {
            let end = value(text, at)?;
            // Keys of ours have no escapes.
            let key = text.get(at + 1..end - 1)?;
            is_it = matches!(step, Step::Key(wanted) if wanted == key);
            at = blank(text, blank(text, end) + 1);
        }
        if is_it {
            return Some(at);
        }
        at = blank(text, value(text, at)?);
        if text.get(at..)?.starts_with(',') {
            at = blank(text, at + 1);
        }
        number += 1;
    }
}

/// Behind the value that begins here.
fn value(text: &str, at: usize) -> Option<usize> {
    let mut depth = 0_usize;
    let mut in_text = false;
    let mut escaped = false;
    let mut begun = false;
    for (offset, byte) in text.get(at..)?.bytes().enumerate() {
        let here = at + offset;
        if in_text {
            in_text = escaped || byte != b'"';
            escaped = !escaped && byte == b'\\';
            if !in_text && depth == 0 {
                return Some(here + 1);
            }
            continue;
        }
        match byte {
            b'"' => in_text = true,
            b'{' | b'[' => depth += 1,
            b'}' | b']' | b',' if depth == 0 => return Some(here),
            b'}' | b']' => {
                depth -= 1;
                if depth == 0 {
                    return Some(here + 1);
                }
            }
            byte if depth == 0 && begun && byte.is_ascii_whitespace() => return Some(here),
            _ => {}
        }
        begun = true;
    }
    Some(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_leads_to_its_value() {
        let text = "{\n \"é\": [1, \"a\\\"]\", {\"b\": true}],\n \"c\": {\"d\": [ 5,\n 6 ]}\n}\n";
        for (way, place) in [
            (&[][..], (1, 1)),
            (&[Step::Key("é")], (2, 7)),
            (&[Step::Key("é"), Step::Number(2), Step::Key("b")], (2, 25)),
            (&[Step::Key("c"), Step::Key("d"), Step::Number(1)], (4, 2)),
            // As far as it goes.
            (&[Step::Key("c"), Step::Key("x")], (3, 7)),
            (&[Step::Key("c"), Step::Key("d"), Step::Number(9)], (3, 13)),
        ] {
            assert_eq!(of(text, way), place, "{way:?}");
        }
    }
}
