//! `include` followed: what it names stands where it is written ("include" of nginx's core module).
//!
//! Where the files lie is somebody else's knowledge. What nobody can read (a file of the image)
//! stays behind as what it is: an `include` of which is known what it may hold, or nothing.

use std::sync::Arc;

use super::{Directive, parse};
use crate::{diagnostic::Diagnostic, source::Source};

/// What an `include` leads to.
#[derive(Debug)]
pub enum Included {
    /// These files, each with its path for nginx, in nginx's order; none where a pattern fits nothing.
    Files(Vec<(String, Arc<Source>)>),
    /// Nothing, where a file must be: nginx does not start.
    Missing(String),
    /// What nobody can read here; why, and the one directive that is known to stand there.
    Unread {
        /// Why it cannot be read.
        why: String,
        /// The only directive in it, where that is known.
        holds: Option<&'static str>,
    },
}

/// An `include` that could not be followed.
#[derive(Debug, Clone)]
pub struct Unread {
    /// Why.
    pub why: String,
    holds: Option<&'static str>,
}

impl Unread {
    /// Whether a directive of this name may stand in it.
    #[must_use]
    pub fn may_hold(&self, name: &str) -> bool {
        self.holds.is_none_or(|holds| holds == name)
    }
}

/// Puts in place of every `include` what it leads to; the `include` itself stays before it.
///
/// `open` are the paths for nginx of the files that are being read, outermost first.
///
/// # Errors
/// A file that includes itself, is missing, or is no configuration, at its place.
pub fn follow(
    directives: Vec<Directive>,
    open: &mut Vec<String>,
    find: &dyn Fn(&str) -> Result<Included, Box<Diagnostic>>,
) -> Result<Vec<Directive>, Box<Diagnostic>> {
    let mut whole = Vec::with_capacity(directives.len());
    for mut directive in directives {
        if let Some(block) = directive.block.take() {
            directive.block = Some(follow(block, open, find)?);
            whole.push(directive);
            continue;
        }
        let [pattern] = directive.arguments.as_slice() else {
            whole.push(directive);
            continue;
        };
        if directive.name != "include" {
            whole.push(directive);
            continue;
        }
        match find(pattern)? {
            Included::Unread { why, holds } => {
                directive.unread = Some(Unread { why, holds });
                whole.push(directive);
            }
            Included::Missing(why) => {
                return Err(wrong(
                    &directive,
                    format!("`include {pattern}` leads to nothing: {why}"),
                )
                .help("nginx does not start without it: add the file, or remove the line")
                .into());
            }
            Included::Files(files) => {
                let at = directive.clone();
                whole.push(directive);
                for (path, source) in files {
                    if open.contains(&path) {
                        let way = open.join("` includes `");
                        return Err(wrong(&at, format!("`{way}` includes `{path}`: a circle"))
                            .help("remove one of these includes")
                            .into());
                    }
                    open.push(path);
                    whole.extend(follow(parse(&source)?, open, find)?);
                    open.pop();
                }
            }
        }
    }
    Ok(whole)
}

fn wrong(at: &Directive, title: String) -> Diagnostic {
    Diagnostic::error(title).at(&at.source, at.span.clone(), "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn followed(files: &[(&str, &str)]) -> Result<Vec<Directive>, Box<Diagnostic>> {
        let source = |name: &str| {
            let found = files.iter().find(|(known, _)| *known == name);
            found.map(|(name, text)| ((*name).to_owned(), Source::new(*name, *text)))
        };
        let find = |pattern: &str| {
            Ok(match (pattern, source(pattern)) {
                (_, Some(file)) => Included::Files(vec![file]),
                ("*.none", _) => Included::Files(Vec::new()),
                ("mime.types", _) => {
                    Included::Unread { why: "the image's".into(), holds: Some("types") }
                }
                _ => Included::Missing("no such file".into()),
            })
        };
        let (name, first) = source("root").expect("a root");
        follow(parse(&first)?, &mut vec![name], &find)
    }

    #[test]
    fn what_is_included_stands_in_place_and_knows_its_own_file() {
        let found = followed(&[
            ("root", "a 1; server { include inner; c 3; } include *.none; include mime.types;"),
            ("inner", "# b\nb 2; include innermost;"),
            ("innermost", "d 4;"),
        ])
        .expect("a configuration");
        let server = found[1].block.as_ref().expect("a block");
        let names: Vec<&str> = server.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(names, ["include", "b", "include", "d", "c"]);
        assert_eq!(server[1].source.path(), "inner");
        assert_eq!(server[1].source.place(server[1].span.start).line, 2);
        let unread = found[3].unread.as_ref().expect("a file of the image");
        assert!(unread.may_hold("types") && !unread.may_hold("autoindex"));
        assert!(found[2].unread.is_none(), "a pattern that fits nothing includes nothing");
    }

    #[test]
    fn a_circle_and_a_missing_file_are_errors_at_the_include() {
        for (files, says, at) in [
            (
                &[
                    ("root", "include a;"),
                    ("a", "x 1;\ninclude b;"),
                    ("b", "server { include a; }"),
                ][..],
                "`root` includes `a` includes `b` includes `a`: a circle",
                "b:1:10",
            ),
            (&[("root", "include root;")], "`root` includes `root`: a circle", "root:1:1"),
            (&[("root", "server {\n  include gone; }")], "leads to nothing", "root:2:3"),
            (&[("root", "include a;"), ("a", "server {")], "not closed", "a:1:9"),
        ] {
            let why = followed(files).expect_err(says);
            assert!(why.title.contains(says), "{}", why.title);
            assert_eq!(why.place().as_deref(), Some(at), "{}", why.title);
        }
    }
}
