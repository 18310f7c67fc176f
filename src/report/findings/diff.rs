//! What fixes would make of files, as a unified diff that `git apply` takes in the repository.

use similar::TextDiff;

use crate::{findings::Change, visible};

/// Lines around each change.
const AROUND: usize = 3;

/// The differences of some files. What commands a terminal or a runner is shown as signs.
#[must_use]
pub fn diff(changes: &[Change]) -> String {
    let one = |change: &Change| {
        let path = visible::line(change.path.as_str());
        let (old, new) = match path.strip_prefix('/') {
            Some(_) => (path.to_string(), path.to_string()),
            None => (format!("a/{path}"), format!("b/{path}")),
        };
        let diff = TextDiff::from_lines(change.before.as_str(), change.after.as_str());
        diff.unified_diff().context_radius(AROUND).header(&old, &new).to_string()
    };
    let text: String = changes.iter().map(one).collect();
    let text: String = text.split_inclusive('\n').map(shown).collect();
    visible::output(&text).into_owned()
}

/// A line whose end is as it was.
fn shown(line: &str) -> String {
    let body = line.trim_end_matches(['\r', '\n']);
    let mark = body.chars().nth(1).filter(|sign| *sign == '\u{feff}');
    let end = &line[body.len()..];
    match mark {
        // The mark of a file's encoding is no sign of its text.
        Some(mark) => {
            let rest = &body[1 + mark.len_utf8()..];
            format!("{}{mark}{}{end}", &body[..1], visible::text(rest))
        }
        None => format!("{}{end}", visible::text(body)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diff_keeps_line_ends_and_commands_nobody() {
        let change = Change {
            path: "a b.yaml".into(),
            before: "\u{feff}a: 1\r\nb: 2 # \u{1b}[31m\r\nc: 3".into(),
            after: "\u{feff}b: 2 # \u{1b}[31m\r\nc: 3".into(),
            fixes: 1,
        };
        let text = diff(&[change]);
        assert_eq!(
            text,
            "--- a/a b.yaml\n+++ b/a b.yaml\n@@ -1,3 +1,2 @@\n-\u{feff}a: 1\r\n-b: 2 # ␛[31m\r\n\
             +\u{feff}b: 2 # ␛[31m\r\n c: 3\n\\ No newline at end of file\n"
        );
    }
}
