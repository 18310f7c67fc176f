//! What was seen, quoted as it was: long texts fold, and what does not fit is cut with its amount said.

use std::cell::Cell;

use super::markup::Html;
use crate::visible;

/// A text of more lines is folded.
const UNFOLDED: usize = 12;
/// A text is cut after so many bytes of the file.
const LONGEST: usize = 12_000;
/// All texts of a page together, as they stand in the file; what comes later is cut to [`REST`].
const WHOLE: usize = 600_000;
/// What is left of a text when the page is full.
const REST: usize = 240;
/// All those rests together; what comes later is only named.
const RESTS: usize = 100_000;

/// How much a page may still quote: whole texts, and the beginnings of texts.
#[derive(Debug)]
pub(super) struct Budget(Cell<(usize, usize)>);

impl Default for Budget {
    fn default() -> Self {
        Self(Cell::new((WHOLE, RESTS)))
    }
}

impl Budget {
    /// As much of a text as may be shown, and what was left out.
    fn take<'t>(&self, text: &'t str) -> (&'t str, Option<String>) {
        let (whole, rests) = self.0.get();
        let most = match (whole, rests) {
            (0, 0) => 0,
            (0, _) => REST,
            _ => LONGEST,
        };
        let mut end = cost(text).take_while(|(_, cost)| *cost <= most).map(|(end, _)| end).last();
        if end != Some(text.len()) {
            // A whole line, unless that would leave next to nothing.
            end = end.map(|end| text[..end].rfind('\n').filter(|at| *at > end / 2).unwrap_or(end));
        }
        let (head, tail) = text.split_at(end.unwrap_or(0));
        let spent = cost(head).last().map_or(0, |(_, cost)| cost);
        self.0.set(if whole > 0 {
            (whole.saturating_sub(spent), rests)
        } else {
            (0, rests.saturating_sub(spent))
        });
        if tail.is_empty() {
            return (head, None);
        }
        let lines = tail.trim_start_matches('\n').lines().count();
        let letters = tail.chars().count();
        (head, Some(format!("cut here: {lines} more lines, {letters} letters")))
    }
}

/// Where each letter of a text ends, and how many bytes a file needs up to there.
fn cost(text: &str) -> impl Iterator<Item = (usize, usize)> + '_ {
    let mut cost = 0;
    text.char_indices().map(move |(at, c)| {
        cost += match c {
            '&' | '\'' => 5,
            '<' | '>' => 4,
            '"' => 6,
            c => c.len_utf8(),
        };
        (at + c.len_utf8(), cost)
    })
}

/// A titled quotation; folded if it is long.
pub(super) fn quote(html: &mut Html, budget: &Budget, title: &str, text: &str) {
    let text = text.trim_end_matches('\n');
    let (shown, cut) = budget.take(text);
    let lines = shown.lines().count();
    let is_long = lines > UNFOLDED;
    if is_long {
        html.raw("<details class=\"quote\"><summary>").line(title);
        html.raw(" <small>").number(text.lines().count()).raw(" lines</small></summary>");
    } else {
        html.raw("<figure class=\"quote\"><figcaption>").line(title).raw("</figcaption>");
    }
    if !shown.is_empty() || cut.is_none() {
        html.raw("<pre tabindex=\"0\">").text(&visible::lines(shown)).raw("</pre>");
    }
    if let Some(cut) = cut {
        html.raw("<p class=\"cut\">").text(&cut).raw("</p>");
    }
    html.raw(if is_long { "</details>" } else { "</figure>" });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_fold_and_are_cut_with_what_was_cut_said() {
        let budget = Budget::default();
        let mut html = Html::default();
        quote(&mut html, &budget, "status", "200");
        let text = html.into_string();
        assert!(text.starts_with("<figure") && text.contains(">200</pre>"), "{text}");
        let mut html = Html::default();
        quote(&mut html, &budget, "log", &"line\n".repeat(4_000));
        let text = html.into_string();
        assert!(text.starts_with("<details") && text.contains("4000 lines"), "{text}");
        assert!(text.contains("cut here: 1600 more lines, 8000 letters"), "{}", &text[11_900..]);
        assert!(text.len() < LONGEST + 500);
    }

    #[test]
    fn a_page_that_is_full_quotes_a_little_of_everything() {
        let budget = Budget::default();
        let mut html = Html::default();
        for _ in 0..200 {
            quote(&mut html, &budget, "é", &"é".repeat(10_000));
        }
        let text = html.into_string();
        assert!(text.len() < WHOLE + 200 * 500, "{}", text.len());
        assert!(text.contains("cut here: 1 more lines, 9880 letters"));
    }
}
