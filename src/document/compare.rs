//! Whether a block says what it should, what differs, and the file as it should be.

use super::Block;

/// Lines of a difference that are shown.
const SHOWN: usize = 12;
/// More lines than these are compared from both ends only.
const MANY: usize = 600;

/// Whether what stands in a block is what it should say; blanks at the ends of lines, and empty lines
/// around, say nothing.
#[must_use]
pub fn is_same(there: &str, wanted: &str) -> bool {
    lines(there) == lines(wanted)
}

/// The lines of a block as they count.
fn lines(text: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    while lines.last().is_some_and(|line| line.is_empty()) {
        lines.pop();
    }
    let first = lines.iter().position(|line| !line.is_empty()).unwrap_or(lines.len());
    lines.split_off(first)
}

/// What a block says and should not (`-`), and what it should say (`+`), in a few lines.
#[must_use]
pub fn difference(there: &str, wanted: &str) -> String {
    let (old, new) = (lines(there), lines(wanted));
    let mut shown = Vec::new();
    let start = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let rest = |all: &[&'_ str]| all.len() - start;
    let end = old.iter().rev().zip(new.iter().rev()).take_while(|(a, b)| a == b).count();
    let end = end.min(rest(&old)).min(rest(&new));
    let old = old.get(start..old.len() - end).unwrap_or_default();
    let new = new.get(start..new.len() - end).unwrap_or_default();
    let (mut a, mut b) = (0, 0);
    for (i, j) in common(old, new).into_iter().chain([(old.len(), new.len())]) {
        let gone = old.get(a..i).unwrap_or_default().iter().map(|line| format!("- {line}"));
        let come = new.get(b..j).unwrap_or_default().iter().map(|line| format!("+ {line}"));
        shown.extend(gone.chain(come));
        (a, b) = (i + 1, j + 1);
    }
    let more = shown.len().saturating_sub(SHOWN);
    shown.truncate(SHOWN);
    if more > 0 {
        shown.push(format!("… {more} more"));
    }
    shown.join("\n")
}

/// The longest list of lines that both have, by their numbers in each.
fn common(old: &[&str], new: &[&str]) -> Vec<(usize, usize)> {
    if old.len() > MANY || new.len() > MANY {
        return Vec::new();
    }
    let wide = new.len() + 1;
    let mut longest = vec![0_u32; (old.len() + 1) * wide];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            longest[i * wide + j] = if old[i] == new[j] {
                longest[(i + 1) * wide + j + 1] + 1
            } else {
                longest[(i + 1) * wide + j].max(longest[i * wide + j + 1])
            };
        }
    }
    let (mut i, mut j, mut pairs) = (0, 0, Vec::new());
    while i < old.len() && j < new.len() {
        if old[i] == new[j] {
            pairs.push((i, j));
            (i, j) = (i + 1, j + 1);
        } else if longest[(i + 1) * wide + j] >= longest[i * wide + j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
    pairs
}

/// A text with these contents in its blocks; a block that says the same already stays as it is.
#[must_use]
pub fn rewritten(text: &str, blocks: &[(&Block, &str)]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for (block, wanted) in blocks {
        let there = text.get(block.body.clone()).unwrap_or_default();
        out.push_str(text.get(at..block.body.start).unwrap_or_default());
        if is_same(&without_indent(there, &block.indent), wanted) {
            out.push_str(there);
        } else {
            let end = block.line_end;
            out.push_str(end);
            for line in lines(wanted) {
                let indent = if line.is_empty() { "" } else { block.indent.as_str() };
                out.extend([indent, line, end]);
            }
            out.push_str(end);
        }
        at = block.body.end;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    out
}

/// What stands in a block without the blanks before its marker.
pub(super) fn without_indent(text: &str, indent: &str) -> String {
    let lines = text.lines().map(|line| line.strip_prefix(indent).unwrap_or(line));
    lines.map(|line| line.to_owned() + "\n").collect()
}

impl Block {
    /// What stands in it now, as it would be made.
    #[must_use]
    pub fn content(&self, text: &str) -> String {
        without_indent(text.get(self.body.clone()).unwrap_or_default(), &self.indent)
    }
}

#[cfg(test)]
mod tests {
    use super::{super::find, *};
    use crate::source::Source;

    #[test]
    fn nothing_outside_the_markers_changes() {
        for (end, indent) in [("\n", ""), ("\r\n", "  "), ("\n", "\t")] {
            let text = format!(
                "\u{feff}before  {end}{indent}<!-- seaworthy: claims -->{end}old{end}{indent}<!-- /seaworthy -->{end}{end}  after without an end"
            );
            let source = Source::new("a.md", text.as_str());
            let blocks = find(&source).expect("blocks");
            let written = rewritten(&text, &[(&blocks[0], "| a |\n\n| b |\n")]);
            let body = format!("{end}{indent}| a |{end}{end}{indent}| b |{end}{end}");
            assert_eq!(written, text.replace(&format!("old{end}"), &body));
            let again = Source::new("a.md", written.as_str());
            let blocks = find(&again).expect("blocks");
            assert!(is_same(&blocks[0].content(&written), "| a |\n\n| b |\n"));
            assert_eq!(rewritten(&written, &[(&blocks[0], "| a |\n\n| b |\n")]), written);
        }
    }

    #[test]
    fn a_difference_tells_what_went_and_came() {
        assert_eq!(difference("a\nb\nc\nd\ne\n", "a\nB\nc\nd\nE\ne\n"), "- b\n+ B\n+ E");
        assert_eq!(difference("", "a\n"), "+ a");
        assert_eq!(difference("a\na\n", "a\n"), "- a");
        let long: Vec<String> = (0..40).map(|line| line.to_string()).collect();
        let long = long.join("\n");
        assert!(difference(&long, "").ends_with("- 11\n… 28 more"));
        assert!(is_same("\n\na  \r\n\n", "a\n"));
        assert!(!is_same("a\n\nb", "a\nb"));
    }
}
