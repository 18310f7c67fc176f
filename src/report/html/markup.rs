//! Markup in the making: our own words as they are, everybody else's escaped.
//!
//! [`Html::raw`] takes nothing but text that was known when the program was compiled. Whatever a run
//! holds goes through [`Html::text`] or [`Html::attribute`], so that no other way into a page is left.

use std::fmt::{Display, Write as _};

use sha2::{Digest as _, Sha256};

use crate::visible;

/// A piece of a page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Html(String);

impl Html {
    /// Our own markup.
    pub(super) fn raw(&mut self, markup: &'static str) -> &mut Self {
        self.0.push_str(markup);
        self
    }

    /// Other people's text; line breaks stay, what cannot be seen becomes a symbol.
    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        self.escape(&visible::text(text))
    }

    /// Words of a message: what stands in backticks is code.
    pub(super) fn prose(&mut self, text: &str) -> &mut Self {
        let pieces: Vec<&str> = text.split('`').collect();
        // An odd one is a letter like others.
        let pairs = if pieces.len() % 2 == 1 { pieces.len() } else { 0 };
        if pairs == 0 {
            return self.text(text);
        }
        for (at, piece) in pieces.into_iter().enumerate() {
            if at % 2 == 0 {
                self.text(piece);
            } else {
                self.raw("<code>").text(piece).raw("</code>");
            }
        }
        self
    }

    /// Other people's text in one line.
    pub(super) fn line(&mut self, text: &str) -> &mut Self {
        self.escape(&visible::line(text))
    }

    /// An attribute with its value.
    pub(super) fn attribute(&mut self, name: &'static str, value: &str) -> &mut Self {
        self.0.push(' ');
        self.0.push_str(name);
        self.0.push_str("=\"");
        self.escape(&visible::whole_line(value)).raw("\"")
    }

    /// A number.
    pub(super) fn number(&mut self, number: impl Number) -> &mut Self {
        let _infallible = write!(self.0, "{number}");
        self
    }

    /// A number with digits behind its point.
    pub(super) fn decimal(&mut self, number: f64, digits: usize) -> &mut Self {
        let _infallible = write!(self.0, "{number:.digits$}");
        self
    }

    /// Whether nothing was put into it.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A piece that was made before.
    pub(super) fn put(&mut self, piece: &Self) -> &mut Self {
        self.0.push_str(&piece.0);
        self
    }

    /// A drawing of our own making.
    pub(super) fn drawing(&mut self, svg: &Svg<'_>) -> &mut Self {
        self.0.push_str(svg.0);
        self
    }

    fn escape(&mut self, text: &str) -> &mut Self {
        for c in text.chars() {
            match c {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                '\0' => self.0.push('\u{fffd}'),
                c => self.0.push(c),
            }
        }
        self
    }

    pub(super) fn into_string(self) -> String {
        self.0
    }
}

/// A drawing that the program made and escaped itself.
pub(super) struct Svg<'s>(pub(super) &'s str);

/// What is written in digits alone.
pub(super) trait Number: Copy + Display {}

impl Number for usize {}
impl Number for u64 {}
impl Number for i64 {}

/// Words as a part of an anchor: `nginx-reaches-app`.
pub(super) fn slug(text: &str) -> String {
    let mut slug = String::new();
    for c in text.chars() {
        if c.is_ascii_alphanumeric() {
            slug.push(c.to_ascii_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
        if slug.len() >= 60 {
            break;
        }
    }
    slug.trim_end_matches('-').to_owned()
}

/// A heading as a part of an anchor, as code forges make it: letters and digits of any script, with a
/// hyphen for each blank.
pub(super) fn heading_slug(title: &str) -> String {
    let letter = |c: char| match c {
        c if c.is_alphanumeric() || matches!(c, '-' | '_') => Some(c),
        c if c.is_whitespace() => Some('-'),
        _ => None,
    };
    let slug: String = title.trim().to_lowercase().chars().filter_map(letter).collect();
    if slug.is_empty() { mark(title) } else { slug }
}

/// A few digits that tell a text from others: anchors stay apart whatever letters are left out of them.
pub(super) fn mark(text: &str) -> String {
    let bytes = Sha256::digest(text.as_bytes());
    let digits = bytes.iter().take(4).flat_map(|byte| [byte >> 4, byte & 15]);
    digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_others_is_markup() {
        let mut html = Html::default();
        html.raw("<p").attribute("title", "\" onload='x'\n&").raw(">");
        html.text("<script>\u{202e}\u{1b}[2J\n'\"&").raw("</p>");
        assert_eq!(
            html.into_string(),
            "<p title=\"&quot; onload=&#39;x&#39;␊&amp;\">&lt;script&gt;\\u{202e}␛[2J\n&#39;&quot;&amp;</p>"
        );
    }

    #[test]
    fn what_stands_in_backticks_is_code() {
        for (text, markup) in [
            ("change `a<b` and `c`", "change <code>a&lt;b</code> and <code>c</code>"),
            ("an ` alone", "an ` alone"),
            ("plain", "plain"),
        ] {
            let mut html = Html::default();
            html.prose(text);
            assert_eq!(html.into_string(), markup);
        }
    }

    #[test]
    fn anchors_are_of_plain_letters_and_stay_apart() {
        assert_eq!(slug("Größe: `app` <x>"), "gr-e-app-x");
        assert_eq!(slug("\u{202e}"), "");
        assert_ne!(mark("ä"), mark("ö"));
        assert_eq!(heading_slug("Größe: `app` 日本語!"), "größe-app-日本語");
    }
}
