//! Other people's text, as it may be shown.
//!
//! Names, values, titles and log lines are written by others. Shown as they are, an escape
//! sequence repaints the terminal, a direction mark turns a sentence round, and a line that
//! begins with `::` commands the machine that runs a workflow. Here such characters become
//! symbols: `␛`, `␊`, `\u{202e}`. Plain text is handed back as it came.

use std::{borrow::Cow, fmt::Write as _};

/// A word of more letters is cut where people read it.
const LONGEST_WORD: usize = 240;
/// What is left of such a word.
const WORD_HEAD: usize = 120;
/// A line of more letters is cut where people read it.
const LONGEST_LINE: usize = 4_000;

/// Whether a character shows nothing by itself and changes what stands around it: controls,
/// direction marks, invisible letters, line separators, and what is no character at all.
///
/// Unicode 16, general categories Cc, Cf, Zl and Zp, and the default ignorable code points.
/// The selectors of emoji (U+FE00 to U+FE0F) are left: they change the look of one sign.
#[must_use]
pub fn is_invisible(c: char) -> bool {
    matches!(c,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{ad}' | '\u{34f}' | '\u{600}'..='\u{605}' | '\u{61c}'
        | '\u{6dd}' | '\u{70f}' | '\u{890}' | '\u{891}' | '\u{8e2}' | '\u{115f}' | '\u{1160}'
        | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
        | '\u{fffe}' | '\u{ffff}' | '\u{110bd}' | '\u{110cd}' | '\u{13430}'..='\u{1343f}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

fn push_symbol(c: char, into: &mut String) {
    let code = u32::from(c);
    match c {
        '\0'..='\u{1f}' => into.extend(char::from_u32(0x2400 + code)),
        '\u{7f}' => into.push('␡'),
        _ => {
            let _infallible = write!(into, "\\u{{{code:x}}}");
        }
    }
}

fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

/// A text of any length with line breaks and tabs left, everything else that cannot be seen
/// shown as a symbol.
#[must_use]
pub fn text(text: &str) -> Cow<'_, str> {
    symbols(text, |c| matches!(c, '\n' | '\t'))
}

/// A text of any length as one line: line breaks are symbols too.
#[must_use]
pub fn whole_line(text: &str) -> Cow<'_, str> {
    symbols(text, |c| c == '\t')
}

fn symbols(text: &str, keep: impl Fn(char) -> bool) -> Cow<'_, str> {
    if is_plain(text) || !text.chars().any(|c| is_invisible(c) && !keep(c)) {
        return text.into();
    }
    let mut shown = String::with_capacity(text.len() + 16);
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        // The line end of other systems is one line end.
        if c == '\r' && keep('\n') && rest.peek() == Some(&'\n') {
            continue;
        }
        if is_invisible(c) && !keep(c) { push_symbol(c, &mut shown) } else { shown.push(c) }
    }
    shown.into()
}

/// A text as one line for people: symbols for what cannot be seen, and a word or a line that
/// nobody would read to its end is cut, with how much was cut.
#[must_use]
pub fn line(text: &str) -> Cow<'_, str> {
    match whole_line(text) {
        Cow::Borrowed(text) => cut(text),
        Cow::Owned(text) => cut(&text).into_owned().into(),
    }
}

/// As [`line`], of a text that may have several.
#[must_use]
pub fn lines(text: &str) -> Cow<'_, str> {
    if is_plain(text) && text.len() <= LONGEST_WORD {
        return text.into();
    }
    let shown: Vec<_> =
        text.split('\n').map(|part| part.strip_suffix('\r').unwrap_or(part)).collect();
    shown.into_iter().map(line).collect::<Vec<_>>().join("\n").into()
}

fn cut(text: &str) -> Cow<'_, str> {
    if text.len() <= LONGEST_WORD {
        return text.into();
    }
    let mut shown = String::with_capacity(LONGEST_LINE);
    let mut changed = false;
    for word in text.split_inclusive(char::is_whitespace) {
        let length = word.chars().count();
        if length > LONGEST_WORD {
            changed = true;
            shown.extend(word.chars().take(WORD_HEAD));
            let _infallible = write!(shown, "[… {} more letters]", length - WORD_HEAD);
            shown.extend(word.chars().last().filter(|c| c.is_whitespace()));
        } else {
            shown.push_str(word);
        }
    }
    if let Some((at, _)) = shown.char_indices().nth(LONGEST_LINE) {
        changed = true;
        let more = shown[at..].chars().count();
        shown.truncate(at);
        let _infallible = write!(shown, "[… {more} more letters]");
    }
    if changed { shown.into() } else { text.into() }
}

/// A whole piece of output: no line of it commands the machine that runs a workflow.
///
/// GitHub's and Azure's runners obey lines that begin with `::`, white space aside, and `##[…]`
/// and `##vso[…]` wherever they stand. The first get a bar before them, the others a sharp (`♯`),
/// which moves nothing that points at the text.
#[must_use]
pub fn output(text: &str) -> Cow<'_, str> {
    let text = uncommanded(text, "♯");
    if !text.contains("::") {
        return text;
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for line in text.split_inclusive('\n') {
        if printed_start(line).starts_with("::") {
            shown.push_str("| ");
        }
        shown.push_str(line);
    }
    if shown.len() == text.len() { text } else { shown.into() }
}

/// A line from where something is printed: behind white space and colours.
fn printed_start(line: &str) -> &str {
    let mut rest = line;
    loop {
        rest = rest.trim_start();
        let Some(code) = rest.strip_prefix("\u{1b}[") else { return rest };
        let Some((_, behind)) = code.split_once('m') else { return rest };
        rest = behind;
    }
}

/// Puts something else for the second sign of `##word[`, which commands some runners.
#[must_use]
pub fn uncommanded<'t>(text: &'t str, sign: &str) -> Cow<'t, str> {
    let mut shown = String::new();
    let mut from = 0;
    for (at, _) in text.match_indices('#') {
        let Some(behind) = text[at..].strip_prefix("##").filter(|_| at >= from) else { continue };
        let word = behind.trim_start_matches(|c: char| c.is_ascii_alphanumeric());
        if word.starts_with('[') {
            shown.push_str(&text[from..=at]);
            shown.push_str(sign);
            from = at + 2;
        }
    }
    if from == 0 {
        return text.into();
    }
    shown.push_str(&text[from..]);
    shown.into()
}

/// JSON that shows nothing unseen: the same value, with escapes for what a terminal or a runner
/// would act on. Such characters stand in strings alone.
#[must_use]
pub fn json(text: &str) -> Cow<'_, str> {
    let odd = |c: char| is_invisible(c) && c != '\n';
    if text.is_ascii() && !text.contains('\u{7f}') || !text.chars().any(odd) {
        return uncommanded(text, "\\u0023");
    }
    let mut shown = String::with_capacity(text.len() + 16);
    let mut units = [0; 2];
    for c in text.chars() {
        if odd(c) {
            for unit in c.encode_utf16(&mut units) {
                let _infallible = write!(shown, "\\u{unit:04x}");
            }
        } else {
            shown.push(c);
        }
    }
    uncommanded(&shown, "\\u0023").into_owned().into()
}

/// XML whose lines command no runner: the same document, with references for the characters that would.
#[must_use]
pub fn xml(text: &str) -> Cow<'_, str> {
    let text = uncommanded(text, "&#35;");
    if !text.contains("::") {
        return text;
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for line in text.split_inclusive('\n') {
        let (blank, rest) = line.split_at(line.len() - line.trim_start().len());
        shown.push_str(blank);
        match rest.strip_prefix("::") {
            Some(rest) => {
                shown.push_str("&#58;:");
                shown.push_str(rest);
            }
            None => shown.push_str(rest),
        }
    }
    shown.into()
}

/// Text of a Markdown line: in a code span if anything in it means something to Markdown, so
/// that it makes no picture, link, mention or tag.
#[must_use]
pub fn markdown(text: &str) -> String {
    let shown = line(text);
    let plain = |c: char| {
        c.is_alphanumeric()
            || matches!(
                c,
                ' ' | ',' | '.' | ':' | ';' | '"' | '\'' | '(' | ')' | '/' | '=' | '-' | '?' | '%'
            )
    };
    let words = ["://", "www."].iter().any(|link| shown.contains(link));
    let starts = shown.starts_with(|c: char| c.is_alphabetic() || matches!(c, '"' | '\'' | '('));
    if shown.chars().all(plain) && starts && !words {
        return shown.into_owned();
    }
    let mut ticks = "`".to_owned();
    while shown.contains(&ticks) {
        ticks.push('`');
    }
    let room = if shown.starts_with('`') || shown.ends_with('`') { " " } else { "" };
    if shown.trim().is_empty() {
        String::new()
    } else {
        format!("{ticks}{room}{shown}{room}{ticks}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_is_shown_and_plain_text_is_left() {
        assert!(matches!(line("a plain line, 100 %"), Cow::Borrowed(_)));
        assert!(matches!(line("größer → 日本"), Cow::Borrowed(_)));
        assert_eq!(line("a\u{1b}[31mb\r\nc\u{7f}\u{9b}1m"), "a␛[31mb␍␊c␡\\u{9b}1m");
        assert_eq!(
            line("\u{202e}txt\u{2066}\u{200b}\u{feff}\u{e0041}"),
            "\\u{202e}txt\\u{2066}\\u{200b}\\u{feff}\\u{e0041}"
        );
        assert_eq!(text("a\r\nb\n\tc\rd"), "a\nb\n\tc␍d");
        assert_eq!(lines("a\r\nb\0"), "a\nb␀");
    }

    #[test]
    fn what_nobody_reads_to_its_end_is_cut_and_says_so() {
        let name = "é".repeat(10_000);
        assert_eq!(
            line(&format!("service {name} is")),
            format!("service {}[… 9881 more letters] is", "é".repeat(120))
        );
        let long = "ab ".repeat(3_000);
        assert!(line(&long).ends_with("[… 5000 more letters]"), "{}", &line(&long)[3_900..]);
    }

    #[test]
    fn no_line_commands_a_runner() {
        assert_eq!(
            output("a\n::error::x\n  \t::warning::y b::c\n"),
            "a\n| ::error::x\n|   \t::warning::y b::c\n"
        );
        assert_eq!(output("\u{1b}[1m::error::x"), "| \u{1b}[1m::error::x");
        assert_eq!(
            output("x ##[error]y ##vso[task]z ###[a] ## Title"),
            "x #♯[error]y #♯vso[task]z ##♯[a] ## Title"
        );
        assert!(matches!(output("std::fs ## x"), Cow::Borrowed(_)));
    }

    #[test]
    fn json_and_xml_stay_what_they_were() {
        let value = serde_json::json!({ "a": "x##[error]\u{202e}\u{9b}\u{7f}\u{e0041}\u{1b}" });
        let shown = json(&serde_json::to_string_pretty(&value).expect("JSON")).into_owned();
        assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).expect("JSON"), value);
        assert!(shown.is_ascii() && !shown.contains("##"), "{shown}");
        assert_eq!(xml("<a>\n ::error::x##[b]\n</a>"), "<a>\n &#58;:error::x#&#35;[b]\n</a>");
    }

    #[test]
    fn markdown_of_others_draws_nothing() {
        assert_eq!(markdown("the page answers"), "the page answers");
        assert_eq!(markdown("![x](http://y) @all"), "`![x](http://y) @all`");
        assert_eq!(markdown("`<b>`"), "`` `<b>` ``");
    }
}
