//! The comments of a YAML file, as the parser sees them: a `#` inside a string is none.

use granit_parser::{Event, Parser};

use crate::source::Span;

/// The comments of a text: the bytes from `#` to the end of the line, and what stands behind `#`.
/// Where the text stops being YAML, there are no more.
#[must_use]
pub fn comments(text: &str) -> Vec<(Span, String)> {
    let options = granit_parser::options! {
        emit_comments: true,
        max_buffered_comment_events: usize::MAX,
        block_scalar_eof_without_line_feed: true,
    };
    let mut found = Vec::new();
    for event in Parser::new_from_str_with_options(text, options) {
        let Ok((event, span)) = event else { break };
        if let Event::Comment(comment, _) = event
            && let (Some(start), Some(end)) = (span.start.byte_offset(), span.end.byte_offset())
        {
            found.push((start..end, comment.into_owned()));
        }
    }
    found.sort_by_key(|(span, _)| span.start);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_sign_in_a_string_is_no_comment() {
        let text = "# é one\na: \"# no\" # two\nb: |\n  # no\nc: a#b\nd: [1, # three\n  2]\n";
        let found = comments(text);
        let texts: Vec<&str> = found.iter().map(|(_, comment)| comment.as_str()).collect();
        assert_eq!(texts, [" é one", " two", " three"]);
        for (span, comment) in &found {
            assert_eq!(text[span.clone()], format!("#{comment}"));
        }
    }

    #[test]
    fn any_number_of_comments_may_stand_before_a_value() {
        let text = format!("a:\n{}  b: 1\n", "  # x\n".repeat(500));
        assert_eq!(comments(&text).len(), 500);
    }
}
