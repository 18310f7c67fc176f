//! From text to [`Dockerfile`].

use std::sync::Arc;

use parse_dockerfile as parser;

use super::{Dockerfile, Flag, Folded, Instruction, Piece, Stage, heredoc, pairs};
use crate::{
    diagnostic::Diagnostic,
    source::{Source, Span},
};

impl Dockerfile {
    /// Reads a Dockerfile.
    ///
    /// # Errors
    /// A [`Diagnostic`] at the place that cannot be read.
    pub fn parse(source: &Arc<Source>) -> Result<Self, Diagnostic> {
        let text = source.text();
        let lines = heredoc::cut(text);
        if let Some(marker) = lines.unfinished {
            return Err(Diagnostic::error("a here-document does not end")
                .at(source, marker, "it is asked for here")
                .help("end it with its word alone on a line"));
        }
        // The crate leaves a byte order mark out of its places.
        let mark = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        let refuse = |error: &parser::Error| refuse(source, error);
        let reader = Reader { text, mark, escape: lines.escape };
        let masked = without_empty_lists(&lines, text);
        let parsed = parser::parse_iter(&masked[mark..]).map_err(|error| refuse(&error))?;
        let mut file = Self {
            source: Arc::clone(source),
            arguments: Vec::new(),
            stages: Vec::new(),
            escape: lines.escape,
        };
        for found in parsed {
            let found = found.map_err(|error| refuse(&error))?;
            let at = keyword(&found).1.start + mark;
            let line =
                lines.instructions.iter().find(|line| line.span.start <= at && at < line.span.end);
            let Some(line) = line else { continue };
            let instruction = reader.instruction(&found, line);
            match found {
                parser::Instruction::From(from) => {
                    let base = reader.piece(&from.image);
                    let from_stage = file.stage_number(&base.text, file.stages.len());
                    // A number is no name here: `FROM 0` asks for an image called 0.
                    let named = base.text.parse::<usize>().is_err();
                    file.stages.push(Stage {
                        name: from.as_.as_ref().map(|(_, name)| reader.piece(name)),
                        from_stage: from_stage.filter(|_| named),
                        base,
                        from: instruction,
                        instructions: Vec::new(),
                    });
                }
                _ => match file.stages.last_mut() {
                    Some(stage) => stage.instructions.push(instruction),
                    None => file.arguments.push(instruction),
                },
            }
        }
        Ok(file)
    }
}

/// Whether an instruction takes the image's words away: `ENTRYPOINT []`, `CMD []`.
fn is_empty_list(keyword: &str, arguments: &str) -> bool {
    let inner = arguments.trim().strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    ["CMD", "ENTRYPOINT"].contains(&keyword) && inner.is_some_and(|inner| inner.trim().is_empty())
}

/// The text with letters in place of the brackets of `CMD []` and `ENTRYPOINT []`, which the crate
/// refuses and builders take; every byte stays in its place.
fn without_empty_lists(lines: &heredoc::Lines, text: &str) -> String {
    let mut masked = lines.masked.clone();
    for line in &lines.instructions {
        let folded = Folded::new(text, line.span.clone(), lines.escape);
        let mut rest = folded.text();
        let mut keyword = first_word(rest);
        if keyword.eq_ignore_ascii_case("ONBUILD") {
            rest = rest[keyword.len()..].trim_start();
            keyword = first_word(rest);
        }
        if !is_empty_list(&keyword.to_ascii_uppercase(), &rest[keyword.len()..]) {
            continue;
        }
        let brackets = folded.text().char_indices().filter(|(_, c)| "[]".contains(*c));
        for (at, _) in brackets {
            masked.replace_range(folded.span(at..at + 1), "x");
        }
    }
    masked
}

fn first_word(text: &str) -> &str {
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    &text[..end]
}

/// The crate's words may quote the file, and so a secret: only the kind of fault is told.
fn refuse(source: &Arc<Source>, error: &parser::Error) -> Diagnostic {
    let words = format!("{error:#}");
    let words = ["unknown instruction", "invalid escape", "duplicate stage name"]
        .into_iter()
        .find(|known| words.starts_with(known))
        .unwrap_or(&words);
    let title = format!("the Dockerfile cannot be read: {words}");
    let line = source.line(error.line().max(1));
    Diagnostic::error(title)
        .at(source, line, "")
        .help("correct the line; `docker build --check` says more")
}

struct Reader<'a> {
    text: &'a str,
    mark: usize,
    escape: char,
}

impl Reader<'_> {
    fn span(&self, span: &Span) -> Span {
        span.start + self.mark..span.end + self.mark
    }

    fn piece(&self, found: &parser::UnescapedString<'_>) -> Piece {
        let text = found.value.trim_matches(['"', '\'']);
        Piece { text: text.to_owned(), span: self.span(&found.span) }
    }

    fn instruction(&self, found: &parser::Instruction<'_>, line: &heredoc::Line) -> Instruction {
        let (inner, onbuild) = match found {
            parser::Instruction::Onbuild(outer) => (&*outer.instruction, true),
            other => (other, false),
        };
        let (keyword, at) = keyword(inner);
        let folded = Folded::new(self.text, line.span.clone(), self.escape);
        let flags: Vec<Flag> = flags(inner)
            .iter()
            .map(|flag| Flag {
                name: self.piece(&flag.name),
                value: flag.value.as_ref().map(|value| self.piece(value)),
            })
            .collect();
        let start = arguments_start(folded.text(), &folded, self.span(&at).end);
        let arguments = Piece {
            text: folded.text()[start..].to_owned(),
            span: folded.span(start..folded.text().len()),
        };
        let variables = match keyword {
            "ENV" | "LABEL" => pairs::read(&folded, start, self.escape, true),
            "ARG" => pairs::read(&folded, start, self.escape, false),
            _ => Vec::new(),
        };
        let words = if is_empty_list(keyword, &arguments.text) {
            Some(Vec::new())
        } else {
            words(inner).map(|words| words.iter().map(|word| self.piece(word)).collect())
        };
        let documents = line.documents.iter().cloned();
        Instruction {
            keyword,
            onbuild,
            span: line.span.clone(),
            arguments,
            flags,
            words,
            variables,
            documents: documents.map(|span| Folded::verbatim(self.text, span)).collect(),
            line: folded,
        }
    }
}

/// Where the arguments start in the joined text: behind the end of the keyword in the file.
fn arguments_start(text: &str, folded: &Folded, keyword_end: usize) -> usize {
    let behind = text
        .char_indices()
        .find(|(at, c)| folded.span(*at..at + c.len_utf8()).start >= keyword_end)
        .map_or(text.len(), |(at, _)| at);
    let rest = &text[behind..];
    behind + rest.len() - rest.trim_start().len()
}

fn keyword(found: &parser::Instruction<'_>) -> (&'static str, Span) {
    use parser::Instruction as I;
    match found {
        I::Add(found) => ("ADD", found.add.span.clone()),
        I::Arg(found) => ("ARG", found.arg.span.clone()),
        I::Cmd(found) => ("CMD", found.cmd.span.clone()),
        I::Copy(found) => ("COPY", found.copy.span.clone()),
        I::Entrypoint(found) => ("ENTRYPOINT", found.entrypoint.span.clone()),
        I::Env(found) => ("ENV", found.env.span.clone()),
        I::Expose(found) => ("EXPOSE", found.expose.span.clone()),
        I::From(found) => ("FROM", found.from.span.clone()),
        I::Healthcheck(found) => ("HEALTHCHECK", found.healthcheck.span.clone()),
        I::Label(found) => ("LABEL", found.label.span.clone()),
        I::Maintainer(found) => ("MAINTAINER", found.maintainer.span.clone()),
        I::Onbuild(found) => ("ONBUILD", found.onbuild.span.clone()),
        I::Run(found) => ("RUN", found.run.span.clone()),
        I::Shell(found) => ("SHELL", found.shell.span.clone()),
        I::Stopsignal(found) => ("STOPSIGNAL", found.stopsignal.span.clone()),
        I::User(found) => ("USER", found.user.span.clone()),
        I::Volume(found) => ("VOLUME", found.volume.span.clone()),
        I::Workdir(found) => ("WORKDIR", found.workdir.span.clone()),
        _ => ("", 0..0),
    }
}

fn flags<'a, 'b>(found: &'b parser::Instruction<'a>) -> &'b [parser::Flag<'a>] {
    use parser::Instruction as I;
    match found {
        I::Add(found) => &found.options,
        I::Copy(found) => &found.options,
        I::From(found) => &found.options,
        I::Healthcheck(found) => &found.options,
        I::Run(found) => &found.options,
        _ => &[],
    }
}

fn words<'a, 'b>(found: &'b parser::Instruction<'a>) -> Option<&'b [parser::UnescapedString<'a>]> {
    use parser::Instruction as I;
    let command = match found {
        I::Run(found) => &found.arguments,
        I::Cmd(found) => &found.arguments,
        I::Entrypoint(found) => &found.arguments,
        I::Healthcheck(found) => match &found.arguments {
            parser::HealthcheckArguments::Cmd { arguments, .. } => arguments,
            _ => return None,
        },
        I::Shell(found) => return Some(&found.arguments),
        _ => return None,
    };
    match command {
        parser::Command::Exec(words) => Some(&words.value),
        _ => None,
    }
}
