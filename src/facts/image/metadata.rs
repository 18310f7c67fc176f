//! What an image says of itself besides its command: ports, volumes, folder, stop signal, variables.
//!
//! Dockerfile reference, `EXPOSE`, `VOLUME`, `WORKDIR`, `STOPSIGNAL`, `ENV`. What adds up may have
//! more in the base from outside; what counts but once is the base's where no instruction says it.

use std::ptr;

use camino::Utf8Path;

use super::{Known, Recipe};
use crate::{
    compose::values::path,
    dockerfile::{Instruction, Piece, Variable},
};

/// What adds up: what the Dockerfile says, each with its place, and why there may be more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct More<T> {
    /// In the order of the file.
    pub said: Vec<T>,
    /// Why nobody knows whether that is all; nothing where it is.
    pub rest: Option<String>,
}

/// A file or folder of the context that a build copies into the image.
#[derive(Debug, Clone)]
pub struct Copied<'a> {
    /// What copies it.
    pub instruction: &'a Instruction,
    /// Its path from the context's folder: `app.ini`, `.` for all of it.
    pub source: String,
    /// Where it comes to, without detours; relative if it is so to a folder that nobody knows.
    pub at: String,
    /// Where a file comes to if that is a folder.
    pub inside: Option<String>,
}

impl Copied<'_> {
    /// Whether it is this file or folder of the context, and comes to this path of the image; the
    /// folder into which a file comes counts as well.
    #[must_use]
    pub fn is(&self, from: &str, to: &str) -> bool {
        self.is_of(from) && self.comes_to(to)
    }

    /// Whether it is this file or folder of the context.
    #[must_use]
    pub fn is_of(&self, from: &str) -> bool {
        self.source == path::clean(from.trim_start_matches('/'))
    }

    /// Whether it comes to this path of the image.
    #[must_use]
    pub fn comes_to(&self, to: &str) -> bool {
        let to = path::clean(to);
        to == self.at || self.inside.as_ref().is_some_and(|inside| to == *inside)
    }
}

impl<'a> Recipe<'a> {
    fn instructions(&self, keyword: &'a str) -> impl Iterator<Item = &'a Instruction> {
        let history = self.dockerfile.history(self.stage);
        history.filter(move |instruction| instruction.keyword == keyword)
    }

    fn more<T>(&self, said: Vec<T>) -> More<T> {
        More { said, rest: self.of_base() }
    }

    /// A piece with variables put in; as it is written where one has no value.
    fn filled(&self, piece: Piece) -> Piece {
        let text = self.dockerfile.filled(self.stage, &|name| self.argument(name), &piece.text);
        Piece { text: text.unwrap_or(piece.text), span: piece.span }
    }

    /// The ports that the image exposes: `80`, `53/udp`, `8000-8010`.
    #[must_use]
    pub fn exposed(&self) -> More<Piece> {
        let ports = self.instructions("EXPOSE").flat_map(Instruction::pieces);
        self.more(ports.map(|port| self.filled(port)).collect())
    }

    /// The paths that become volumes unless something else is mounted there.
    #[must_use]
    pub fn volumes(&self) -> More<Piece> {
        let paths = self.instructions("VOLUME").flat_map(|one| match one.list() {
            Some(words) => {
                let span = one.arguments.span.clone();
                words.into_iter().map(|text| Piece { text, span: span.clone() }).collect()
            }
            None => one.pieces(),
        });
        self.more(paths.map(|path| self.filled(path)).collect())
    }

    /// The variables that the image sets, with their values; none where nobody knows one. The last
    /// of a name counts.
    #[must_use]
    pub fn environment(&self) -> More<(&'a Variable, Option<String>)> {
        let values = self.dockerfile.environment(self.stage, &|name| self.argument(name));
        self.more(values)
    }

    /// The folder in which the image's programs start, without detours; a relative one starts in the
    /// one before.
    ///
    /// # Errors
    /// The base from outside, or a variable without a value.
    pub fn folder(&self) -> Known<String> {
        self.folder_at(None)
    }

    /// The folder in which an instruction works, or what follows the last.
    pub(super) fn folder_at(&self, until: Option<&Instruction>) -> Known<String> {
        let mut folder = self.of_base().map_or_else(|| Ok("/".to_owned()), Err);
        let before = self.dockerfile.history(self.stage);
        let before = before.take_while(|one| until.is_none_or(|until| !ptr::eq(*one, until)));
        for one in before.filter(|one| one.keyword == "WORKDIR") {
            let written = unquoted(one.arguments.text.trim());
            let filled = self.dockerfile.filled(self.stage, &|name| self.argument(name), written);
            folder = match filled {
                None => Err("its Dockerfile names a folder by a variable without a value".into()),
                Some(to) if path::is_abs(&to) => Ok(path::clean(&to)),
                Some(to) => folder.map(|folder| path::join(&folder, &to)),
            };
        }
        folder
    }

    /// What is copied from the context into the image, in the order of the file.
    #[must_use]
    pub fn copied(&self) -> Vec<Copied<'a>> {
        let history = self.dockerfile.history(self.stage);
        let copies = history.filter(|one| ["COPY", "ADD"].contains(&one.keyword));
        // What comes from another stage or image is no file of the project.
        copies.filter(|one| one.flag("from").is_none()).flat_map(|one| self.copies(one)).collect()
    }

    pub(super) fn copies(&self, instruction: &'a Instruction) -> Vec<Copied<'a>> {
        let words = instruction.list().unwrap_or_else(|| {
            let pieces = instruction.pieces().into_iter();
            let words = pieces.skip_while(|piece| piece.text.starts_with("--"));
            words.map(|piece| unquoted(&piece.text).to_owned()).collect()
        });
        let fill = |word: &String| {
            let filled = self.dockerfile.filled(self.stage, &|name| self.argument(name), word);
            filled.unwrap_or_else(|| word.clone())
        };
        let Some((written, sources)) = words.split_last() else { return Vec::new() };
        let (written, here) = (fill(written), self.folder_at(Some(instruction)));
        let at = match &here {
            _ if path::is_abs(&written) => path::clean(&written),
            Ok(here) => path::join(here, &written),
            Err(_) => path::clean(&written),
        };
        let is_folder = written.ends_with('/')
            || matches!(written.rsplit('/').next(), Some("." | ".."))
            || sources.len() > 1
            || here.as_ref().is_ok_and(|here| *here == at);
        let context = super::super::text(self.build.context.as_ref());
        let copied = sources.iter().map(|source| {
            let source = path::clean(fill(source).trim_start_matches('/'));
            // Of a folder its contents are copied, and not the folder.
            let name = source.rsplit('/').next().filter(|name| ![".", ".."].contains(name));
            let is_file = !Utf8Path::new(context).join(&source).is_dir();
            let inside = name
                .filter(|name| is_folder && is_file && !name.contains(['*', '?', '[']))
                .map(|name| path::join(&at, name));
            Copied { instruction, source, at: at.clone(), inside }
        });
        copied.collect()
    }

    /// The signal that ends the image's program: `SIGTERM` unless an instruction says otherwise.
    ///
    /// # Errors
    /// The base from outside.
    pub fn stop_signal(&self) -> Known<String> {
        match self.instructions("STOPSIGNAL").last() {
            Some(one) => Ok(unquoted(one.arguments.text.trim()).to_owned()),
            None => self.of_base().map_or_else(|| Ok("SIGTERM".to_owned()), Err),
        }
    }
}

fn unquoted(text: &str) -> &str {
    let inner = |quote: char| text.strip_prefix(quote)?.strip_suffix(quote);
    inner('"').or_else(|| inner('\'')).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::{super::recipe, *};
    use crate::compose::{Project, project::load_text};

    const TEXT: &str = "services:\n  a:\n    build:\n      context: .\n      target: app\n      \
        args: {PORT: '8080'}\n      dockerfile_inline: |\n        FROM debian:12 AS base\n        \
        ARG PORT=80\n        ENV HOME=/srv MODE=slow\n        EXPOSE $${PORT} 53/udp\n        \
        WORKDIR $${HOME}/app\n        VOLUME [\"/data\", \"/cache\"]\n        FROM base AS app\n        \
        ENV MODE=fast\n        WORKDIR ../run\n        VOLUME /logs\n        STOPSIGNAL SIGQUIT\n        \
        FROM scratch\n        EXPOSE 1\n";

    fn with<T>(text: &str, ask: impl Fn(&Recipe<'_>, &Project) -> T) -> T {
        let project: Project = load_text("compose.yaml", text).expect("a model").into();
        let service = &project.services["a"];
        ask(&recipe(&project, "a", service).expect("a Dockerfile"), &project)
    }

    fn texts(more: More<Piece>) -> (Vec<String>, Option<String>) {
        (more.said.into_iter().map(|piece| piece.text).collect(), more.rest)
    }

    #[test]
    fn the_stage_that_is_built_has_what_those_before_it_say() {
        let base = || Some("its base image debian:12 decides".to_owned());
        with(TEXT, |recipe, project| {
            assert_eq!(texts(recipe.exposed()), (vec!["8080".into(), "53/udp".into()], base()));
            let volumes = vec!["/data".into(), "/cache".into(), "/logs".into()];
            assert_eq!(texts(recipe.volumes()), (volumes, base()));
            assert_eq!(recipe.folder().as_deref(), Ok("/srv/run"));
            assert_eq!(recipe.stop_signal().as_deref(), Ok("SIGQUIT"));
            let values = recipe.environment().said;
            let values: Vec<(&str, Option<&str>)> = values
                .iter()
                .map(|(variable, value)| (variable.name.text.as_str(), value.as_deref()))
                .collect();
            assert_eq!(values, [("HOME", Some("/srv")), ("MODE", Some("fast"))]);
            let logs = &recipe.volumes().said[2];
            let at = project.journal.place(recipe.origin(project, logs).place);
            assert_eq!(at.as_deref(), Some("compose.yaml:17:16"));
        });
    }

    #[test]
    fn what_a_build_copies_comes_to_where_the_builder_puts_it() {
        let of = |lines: &str| {
            let lines = lines.replace('\n', "\n        ");
            let text = format!(
                "services:\n  a:\n    build:\n      context: .\n      dockerfile_inline: |\n        FROM debian:12 AS base\n        {lines}\n"
            );
            with(&text, |recipe, _| {
                let line = |one: Copied<'_>| (one.source, one.at, one.inside.unwrap_or_default());
                recipe.copied().into_iter().map(line).collect::<Vec<_>>()
            })
        };
        for (lines, expected) in [
            ("COPY a /b", vec![("a", "/b", "")]),
            ("COPY --chown=x ./a /c/", vec![("a", "/c", "/c/a")]),
            ("COPY a/d b /c", vec![("a/d", "/c", "/c/d"), ("b", "/c", "/c/b")]),
            ("WORKDIR /srv\nCOPY . .", vec![(".", "/srv", "")]),
            ("WORKDIR /srv\nCOPY a .\nWORKDIR /x", vec![("a", "/srv", "/srv/a")]),
            ("WORKDIR /srv\nCOPY a b", vec![("a", "/srv/b", "")]),
            ("WORKDIR /srv\nCOPY a /srv", vec![("a", "/srv", "/srv/a")]),
            ("COPY a b", vec![("a", "b", "")]),
            ("ENV TO=/t\nCOPY [\"a b\", \"$${TO}/\"]", vec![("a b", "/t", "/t/a b")]),
            ("COPY --from=base a /b", vec![]),
            ("ADD --chmod=1 \"a\" '/b'", vec![("a", "/b", "")]),
            ("COPY <<EOF /b\na /c\nEOF", vec![("<<EOF", "/b", "")]),
        ] {
            let is = of(lines);
            let is: Vec<_> =
                is.iter().map(|(a, b, c)| (a.as_str(), b.as_str(), c.as_str())).collect();
            assert_eq!(is, expected, "{lines}");
        }
    }

    #[test]
    fn what_no_instruction_says_is_the_bases_and_unknown() {
        let base = || Err::<String, _>("its base image debian:12 decides".to_owned());
        let text = "services:\n  a: {build: {dockerfile_inline: \"FROM debian:12\\nWORKDIR a\"}}\n";
        with(text, |recipe, _| {
            assert_eq!(recipe.folder(), base());
            assert_eq!(recipe.stop_signal(), base());
            assert_eq!(recipe.volumes().rest, base().err());
        });
        let text = "services:\n  a: {build: {dockerfile_inline: \"FROM scratch\\nWORKDIR a\\nENV A=$B\"}}\n";
        with(text, |recipe, _| {
            assert_eq!(recipe.folder().as_deref(), Ok("/a"));
            assert_eq!(recipe.stop_signal().as_deref(), Ok("SIGTERM"));
            assert_eq!(texts(recipe.volumes()), (Vec::new(), None));
            assert_eq!(recipe.exposed().rest, None);
        });
    }
}
