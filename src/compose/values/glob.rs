//! Patterns as Go's `filepath.Match` treats them on Unix.

use std::{iter::Peekable, str::Chars};

/// One step of a pattern.
enum Step {
    /// `*`: any letters but `/`.
    Any,
    /// `?`: one letter but `/`.
    One,
    /// `[a-z]`: one letter of these ranges, or with `^` one of no range.
    Of { ranges: Vec<(char, char)>, negated: bool },
    /// This letter.
    Letter(char),
}

/// Whether a pattern fits a whole name; one that is malformed fits nothing.
#[must_use]
pub fn matches(pattern: &str, name: &str) -> bool {
    let name: Vec<char> = name.chars().collect();
    steps(pattern).is_some_and(|steps| fits(&steps, &name))
}

fn fits(steps: &[Step], name: &[char]) -> bool {
    // Where in the name the steps so far may end.
    let mut ends = vec![false; name.len() + 1];
    ends[0] = true;
    for step in steps {
        let mut next = vec![false; name.len() + 1];
        for at in (0..ends.len()).filter(|at| ends[*at]) {
            if let Step::Any = step {
                let length = name[at..].iter().take_while(|letter| **letter != '/').count();
                next[at..=at + length].fill(true);
            } else if name.get(at).is_some_and(|letter| step.takes(*letter)) {
                next[at + 1] = true;
            }
        }
        ends = next;
    }
    ends[name.len()]
}

impl Step {
    fn takes(&self, letter: char) -> bool {
        match self {
            Self::Any => false,
            Self::One => letter != '/',
            Self::Letter(own) => letter == *own,
            Self::Of { ranges, negated } => {
                ranges.iter().any(|(low, high)| (*low..=*high).contains(&letter)) != *negated
            }
        }
    }
}

/// The steps of a pattern; none if it is malformed.
fn steps(pattern: &str) -> Option<Vec<Step>> {
    let mut letters = pattern.chars().peekable();
    let mut steps = Vec::new();
    while let Some(letter) = letters.next() {
        steps.push(match letter {
            '*' => Step::Any,
            '?' => Step::One,
            '[' => class(&mut letters)?,
            '\\' => Step::Letter(letters.next()?),
            letter => Step::Letter(letter),
        });
    }
    Some(steps)
}

/// What stands between brackets, the first of which is read.
fn class(letters: &mut Peekable<Chars<'_>>) -> Option<Step> {
    let negated = letters.next_if_eq(&'^').is_some();
    let mut ranges = Vec::new();
    while ranges.is_empty() || letters.next_if_eq(&']').is_none() {
        let low = end_of_range(letters)?;
        let high = if letters.next_if_eq(&'-').is_some() { end_of_range(letters)? } else { low };
        ranges.push((low, high));
    }
    Some(Step::Of { ranges, negated })
}

fn end_of_range(letters: &mut Peekable<Chars<'_>>) -> Option<char> {
    match letters.next()? {
        '-' | ']' => None,
        '\\' => letters.next(),
        letter => Some(letter),
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn patterns_fit_as_go_fits_them() {
        for (pattern, name) in [
            ("web", "web"),
            ("*", "web"),
            ("*", ""),
            ("w*b", "web"),
            ("*-*-*", "a-b-c"),
            ("w?b", "web"),
            ("[v-x]eb", "web"),
            ("[^a]eb", "web"),
            ("w[ae]b", "web"),
            ("\\*", "*"),
            ("a[\\]]", "a]"),
        ] {
            assert!(matches(pattern, name), "{pattern} does not fit {name}");
        }
        for (pattern, name) in [
            ("web", "webs"),
            ("w*", "a"),
            ("w?b", "wb"),
            ("*", "a/b"),
            ("[^w]eb", "web"),
            ("[a", "a"),
            ("[]a]", "a"),
            ("[-a]", "a"),
            ("a\\", "a"),
            ("", "a"),
        ] {
            assert!(!matches(pattern, name), "{pattern} fits {name}");
        }
    }
}
