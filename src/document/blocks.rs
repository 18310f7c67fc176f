//! The blocks of a file, from marker to marker.

use std::sync::Arc;

use crate::{
    diagnostic::Diagnostic,
    source::{Source, Span},
    words::{did_you_mean, quoted_list},
};

/// How a marker starts.
const OPEN: &str = "<!--";
/// How a marker ends.
const CLOSE: &str = "-->";
/// Whose markers they are.
const OURS: &str = "seaworthy";
/// What an end marker says.
const END: &str = "/seaworthy";

/// What a block says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A flow chart of an environment, or of what it differs in from another.
    Diagram {
        /// The environment.
        environment: String,
        /// The environment that it is compared with.
        against: Option<String>,
        /// A run as JSON, from the file's folder, whose verdicts mark the connections.
        run: Option<String>,
    },
    /// The facts of a topic.
    Facts {
        /// The environment.
        environment: String,
        /// The topic.
        topic: String,
    },
    /// The claims of the architecture document with their verdicts.
    Claims {
        /// A run as JSON, from the file's folder; without one the files are judged.
        run: Option<String>,
        /// Only claims whose ids begin so: `NET`.
        prefix: Option<String>,
    },
}

/// A block.
#[derive(Debug, Clone)]
pub struct Block {
    /// What it is to say.
    pub kind: Kind,
    /// Its first marker.
    pub marker: Span,
    /// What stands between the markers, from the line behind the first to the line of the second.
    pub body: Span,
    /// What stands before the marker on its line: blanks.
    pub indent: String,
    /// How lines end there.
    pub line_end: &'static str,
}

/// The keys that each kind takes; those before the bar must be there.
const KINDS: [(&str, &[&str], &[&str]); 3] = [
    ("diagram", &["environment"], &["against", "run"]),
    ("facts", &["topic", "environment"], &[]),
    ("claims", &[], &["run", "prefix"]),
];

/// All blocks of a file, in its order.
///
/// # Errors
/// Each marker that is not understood, has no end or no beginning, on its line.
pub fn find(source: &Arc<Source>) -> Result<Vec<Block>, Vec<Diagnostic>> {
    let (mut blocks, mut errors) = (Vec::new(), Vec::new());
    let mut fence: Option<(char, usize)> = None;
    let mut open: Option<Open> = None;
    let mut start = 0;
    for line in source.text().split_inclusive('\n') {
        let span = start..start + line.len();
        start = span.end;
        let text = line.trim_end_matches(['\n', '\r']);
        let text = if span.start == 0 { text.trim_start_matches('\u{feff}') } else { text };
        let found = marker(text);
        if found.is_none() && open.is_none() {
            fence = fenced(text, fence);
            continue;
        }
        let Some(words) = found.filter(|_| open.is_some() || fence.is_none()) else { continue };
        let at = span.end - line.trim_start_matches('\u{feff}').trim_start().len();
        let marker = at..at + text.trim().len();
        let wrong = |title: &str, help: &str| {
            Diagnostic::error(title).at(source, marker.clone(), "").help(help)
        };
        match words {
            Err(why) => errors.push(wrong(
                &why,
                "write `<!-- seaworthy: facts topic=ports environment=production -->`",
            )),
            Ok(Words::End) => match open.take() {
                None => errors.push(wrong(
                    "this marker ends a block that nothing begins",
                    "remove it, or write the marker that begins the block above it",
                )),
                Some(open) => blocks.extend(open.closed(span.start)),
            },
            Ok(Words::Start(words)) => {
                errors.extend(open.take().map(|open| open.unclosed(source)));
                let kind = kind(words);
                if let Err((why, help)) = &kind {
                    errors.push(wrong(why, help));
                }
                let indent = text.trim_start_matches('\u{feff}');
                let indent = indent[..indent.len() - indent.trim_start().len()].to_owned();
                let line_end = if line.ends_with("\r\n") { "\r\n" } else { "\n" };
                open = Some(Open { kind: kind.ok(), marker, from: span.end, indent, line_end });
            }
        }
    }
    errors.extend(open.map(|open| open.unclosed(source)));
    if errors.is_empty() { Ok(blocks) } else { Err(errors) }
}

/// A block whose end is still to come.
struct Open {
    /// None if it was not understood, which has been told.
    kind: Option<Kind>,
    marker: Span,
    from: usize,
    indent: String,
    line_end: &'static str,
}

impl Open {
    fn closed(self, end: usize) -> Option<Block> {
        let Self { kind, marker, from, indent, line_end } = self;
        Some(Block { kind: kind?, marker, body: from..end, indent, line_end })
    }

    fn unclosed(self, source: &Arc<Source>) -> Diagnostic {
        Diagnostic::error("this block has no end")
            .at(source, self.marker, "it begins here")
            .help("write `<!-- /seaworthy -->` on a line of its own below what it is to replace")
    }
}

enum Words<'t> {
    Start(&'t str),
    End,
}

/// What a line says if it is a marker of ours, or would be one.
fn marker(line: &str) -> Option<Result<Words<'_>, String>> {
    let inner = line.trim().strip_prefix(OPEN)?.trim_start();
    let is_end = inner.starts_with(END);
    let rest = inner.strip_prefix(END).or_else(|| inner.strip_prefix(OURS))?;
    if rest.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '/')) {
        return None;
    }
    let Some((words, behind)) = rest.split_once(CLOSE) else {
        return Some(Err("this marker does not end on its line".into()));
    };
    if !behind.is_empty() {
        return Some(Err("a marker stands alone on its line".into()));
    }
    let words = words.trim();
    Some(match (is_end, words.strip_prefix(':')) {
        (true, None) if words.is_empty() => Ok(Words::End),
        (false, Some(words)) => Ok(Words::Start(words.trim())),
        (true, _) => Err("a marker that ends a block says `/seaworthy` and nothing else".into()),
        (false, None) => Err("behind `seaworthy` stands a colon".into()),
    })
}

/// The fence that is open after a line: its sign and length.
fn fenced(line: &str, open: Option<(char, usize)>) -> Option<(char, usize)> {
    let text = line.trim_start();
    let sign = text.chars().next().filter(|c| matches!(c, '`' | '~'));
    let Some(sign) = sign else { return open };
    let length = text.chars().take_while(|c| *c == sign).count();
    let info = text.trim_start_matches(sign).trim();
    match open {
        // An opening fence of backticks has none behind it: else it is code within a line.
        None if length >= 3 && (sign == '~' || !info.contains('`')) => Some((sign, length)),
        Some((known, shortest)) if known == sign && length >= shortest && info.is_empty() => None,
        other => other,
    }
}

/// The kind of a block by the words of its marker, or what is wrong and what to do.
fn kind(words: &str) -> Result<Kind, (String, String)> {
    let mut words = words.split_whitespace();
    let name = words.next().unwrap_or_default();
    let known = || KINDS.iter().map(|(name, ..)| *name);
    let Some((_, must, may)) = KINDS.iter().find(|(known, ..)| *known == name) else {
        let help = match did_you_mean(name, known()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("there are {}", quoted_list(known())),
        };
        return Err((format!("there is no block \"{name}\""), help));
    };
    let mut values: Vec<(&str, String)> = Vec::new();
    for word in words {
        let Some((key, value)) = word.split_once('=') else {
            return Err((
                format!("\"{word}\" is no key with a value"),
                "write KEY=VALUE, without blanks in the value".into(),
            ));
        };
        let keys = || must.iter().chain(*may).copied();
        if !keys().any(|known| known == key) {
            let help = match did_you_mean(key, keys()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("it takes {}", quoted_list(keys())),
            };
            return Err((format!("a block \"{name}\" has no key \"{key}\""), help));
        }
        if value.is_empty() || values.iter().any(|(known, _)| *known == key) {
            return Err((
                format!("`{key}` is to have one value"),
                format!("write {key}=VALUE once"),
            ));
        }
        values.push((key, value.to_owned()));
    }
    let needed = |value: Option<String>, key: &str| {
        value.ok_or_else(|| {
            (
                format!("a block \"{name}\" needs `{key}`"),
                format!("write {key}=NAME into the marker"),
            )
        })
    };
    let both = |key: &str| values.iter().any(|(known, _)| *known == key);
    if both("against") && both("run") {
        let why = "a diagram is either of a difference or of a run".to_owned();
        return Err((why, "leave `against` or `run` out".into()));
    }
    let mut take = |key: &str| {
        let at = values.iter().position(|(known, _)| *known == key)?;
        Some(values.remove(at).1)
    };
    Ok(match name {
        "diagram" => Kind::Diagram {
            environment: needed(take("environment"), "environment")?,
            against: take("against"),
            run: take("run"),
        },
        "facts" => Kind::Facts {
            topic: needed(take("topic"), "topic")?,
            environment: needed(take("environment"), "environment")?,
        },
        _ => Kind::Claims { run: take("run"), prefix: take("prefix") },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Result<Vec<Block>, Vec<String>> {
        let source = Source::new("a.md", text);
        find(&source).map_err(|errors| {
            let place = |error: &Diagnostic| error.place().unwrap_or_default();
            errors.iter().map(|error| format!("{} {}", place(error), error.title)).collect()
        })
    }

    #[test]
    fn blocks_are_found_with_what_stands_in_them() {
        let text = "\u{feff}# A\r\n\r\n  <!-- seaworthy: facts topic=ports environment=dev -->\r\nold\r\n  <!-- /seaworthy -->\r\nrest";
        let blocks = found(text).expect("a block");
        let [block] = &blocks[..] else { panic!("{blocks:?}") };
        assert_eq!(block.kind, Kind::Facts { topic: "ports".into(), environment: "dev".into() });
        assert_eq!(&text[block.body.clone()], "old\r\n");
        assert!(text[block.marker.clone()].starts_with("<!-- sea"), "{:?}", block.marker);
        assert_eq!((block.indent.as_str(), block.line_end), ("  ", "\r\n"));
    }

    #[test]
    fn examples_and_other_comments_are_no_blocks() {
        for text in [
            "```md\n<!-- seaworthy: facts -->\n```\n",
            "~~~~\n<!-- /seaworthy -->\n~~~\n<!-- seaworthy: x -->\n~~~~\n",
            "a `<!-- seaworthy: diagram -->` b\n",
            "<!-- seaworthy-tool: x -->\n<!-- other -->\n",
        ] {
            assert_eq!(found(text).map(|blocks| blocks.len()), Ok(0), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_marker_is_told_on_its_line() {
        for (text, says) in [
            ("a\n<!-- seaworthy: claims -->\nb\n", "a.md:2:1 this block has no end"),
            ("<!-- /seaworthy -->\n", "a.md:1:1 this marker ends a block that nothing begins"),
            (
                "<!-- seaworthy: claim -->\n<!-- /seaworthy -->",
                "a.md:1:1 there is no block \"claim\"",
            ),
            (
                "<!-- seaworthy: diagram -->\n<!-- /seaworthy -->",
                "a.md:1:1 a block \"diagram\" needs `environment`",
            ),
            (
                "<!-- seaworthy: diagram env=a -->\n<!-- /seaworthy -->",
                "a.md:1:1 a block \"diagram\" has no key \"env\"",
            ),
            (
                "<!-- seaworthy: claims run=a run=b -->\n<!-- /seaworthy -->",
                "a.md:1:1 `run` is to have one value",
            ),
            (
                "<!-- seaworthy: diagram environment=a against=b run=c -->\n<!-- /seaworthy -->",
                "a.md:1:1 a diagram is either of a difference or of a run",
            ),
            (
                "<!-- seaworthy: claims now -->\n<!-- /seaworthy -->",
                "a.md:1:1 \"now\" is no key with a value",
            ),
            ("<!-- seaworthy: claims\n-->\n", "a.md:1:1 this marker does not end on its line"),
            ("<!-- seaworthy: claims --> a\n", "a.md:1:1 a marker stands alone on its line"),
            ("<!-- seaworthy claims -->\n", "a.md:1:1 behind `seaworthy` stands a colon"),
            (
                "<!-- seaworthy: claims -->\n<!-- seaworthy: claims -->\n<!-- /seaworthy -->",
                "a.md:1:1 this block has no end",
            ),
            (
                "```\n<!-- seaworthy: claims -->\n```\n<!-- /seaworthy -->",
                "a.md:4:1 this marker ends a block that nothing begins",
            ),
        ] {
            let errors = found(text).expect_err(text);
            assert_eq!(errors, [says], "{text}");
        }
    }
}
