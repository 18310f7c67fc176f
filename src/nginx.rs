//! nginx configuration: directives with their blocks and places.
//!
//! A tokenizer of our own: nginx's grammar is words, quotes, comments, `;`, `{` and `}`, and
//! places must be those of the source. [`follow`] puts in what `include` names. A block of Lua is
//! a block with no directives: nobody here reads it.

pub mod files;
mod include;
mod lua;
mod tokens;

use std::sync::Arc;

pub use self::include::{Included, Unread, follow};
use self::tokens::Token;
use crate::{
    diagnostic::Diagnostic,
    source::{Source, Span},
};

/// Why a configuration cannot be read.
pub type Refusal = Box<Diagnostic>;

/// A directive, with what is in its block if it has one.
#[derive(Debug, Clone)]
pub struct Directive {
    /// Its name.
    pub name: String,
    /// Its arguments, without quotes.
    pub arguments: Vec<String>,
    /// From its name to the last argument.
    pub span: Span,
    /// The file in which it stands.
    pub source: Arc<Source>,
    /// Of an `include` that could not be followed: why.
    pub unread: Option<Unread>,
    /// What is in its block; nothing where that is Lua.
    pub block: Option<Vec<Self>>,
}

impl Directive {
    /// The arguments, parted by one space.
    #[must_use]
    pub fn value(&self) -> String {
        self.arguments.join(" ")
    }
}

/// Reads a file.
///
/// # Errors
/// A brace that is not closed or not opened, a directive without an end, at its place.
pub fn parse(source: &Arc<Source>) -> Result<Vec<Directive>, Box<Diagnostic>> {
    let tokens = tokens::of(source)?;
    let mut reader = Reader { source, tokens: &tokens, at: 0 };
    let directives = reader.block(false)?;
    Ok(directives)
}

struct Reader<'a> {
    source: &'a Arc<Source>,
    tokens: &'a [(Token, Span)],
    at: usize,
}

impl Reader<'_> {
    fn wrong<T>(&self, title: &str, span: &Span) -> Result<T, Box<Diagnostic>> {
        Err(Box::new(
            Diagnostic::error(title)
                .at(self.source, span.clone(), "")
                .help("`nginx -t` in the container says more"),
        ))
    }

    fn block(&mut self, inside: bool) -> Result<Vec<Directive>, Box<Diagnostic>> {
        let mut directives = Vec::new();
        loop {
            let mut words: Vec<String> = Vec::new();
            let mut span: Option<Span> = None;
            let block = loop {
                let Some((token, place)) = self.tokens.get(self.at) else {
                    return match (&span, inside) {
                        (Some(span), _) => self.wrong("this directive has no end", span),
                        (None, true) => {
                            let end = self.source.text().len();
                            self.wrong("a block is not closed", &(end..end))
                        }
                        (None, false) => Ok(directives),
                    };
                };
                self.at += 1;
                match token {
                    Token::Word(word) => {
                        words.push(word.clone());
                        span = Some(span.map_or(place.clone(), |span| span.start..place.end));
                    }
                    Token::Close if words.is_empty() && inside => return Ok(directives),
                    Token::Close => return self.wrong("this brace closes nothing", place),
                    Token::End => break None,
                    Token::Open if words.is_empty() => {
                        return self.wrong("this block has no name", place);
                    }
                    Token::Open => break Some(self.block(true)?),
                }
            };
            let mut words = words.into_iter();
            if let (Some(name), Some(span)) = (words.next(), span) {
                directives.push(Directive {
                    name,
                    arguments: words.collect(),
                    span,
                    source: Arc::clone(self.source),
                    unread: None,
                    block,
                });
            }
        }
    }
}

/// The directives of a block in effect, `$name` of `set` beside them put in.
#[must_use]
pub fn with_variables(block: &[Directive], directive: &Directive) -> String {
    let mut value = directive.value();
    for set in block.iter().filter(|other| other.name == "set") {
        if let [name, put_in] = set.arguments.as_slice() {
            let bare = name.trim_start_matches('$');
            value = value.replace(&format!("${{{bare}}}"), put_in);
            value = replace_variable(&value, name, put_in);
        }
    }
    value
}

/// Replaces `$name` where no letter of a longer name follows.
fn replace_variable(text: &str, name: &str, put_in: &str) -> String {
    let mut replaced = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(name) {
        let after = &rest[at + name.len()..];
        let longer = after.starts_with(|next: char| next.is_alphanumeric() || next == '_');
        replaced.push_str(&rest[..at]);
        replaced.push_str(if longer { name } else { put_in });
        rest = after;
    }
    replaced + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<Directive> {
        parse(&Source::new("a.conf", text)).expect("a configuration")
    }

    #[test]
    fn directives_know_their_blocks_and_places() {
        let text = "# a comment; {\nserver {\n  listen 80;\n  location = /x { set $app app:9000; fastcgi_pass $app; }\n}\n";
        let found = read(text);
        let server = found[0].block.as_ref().expect("a block");
        assert_eq!(server[0].value(), "80");
        assert_eq!(&text[server[0].span.clone()], "listen 80");
        let location = server[1].block.as_ref().expect("a block");
        assert_eq!(server[1].value(), "= /x");
        assert_eq!(with_variables(location, &location[1]), "app:9000");
    }

    #[test]
    fn quotes_patterns_and_variables_in_braces_are_words() {
        let found = read("map $a $b { \"~^[a-z]{1,3};$\" ${x}y; '' ''; default \"a \\\" b\"; }");
        let block = found[0].block.as_ref().expect("a block");
        assert_eq!(block[0].name, "~^[a-z]{1,3};$");
        assert_eq!(block[0].arguments, ["${x}y"]);
        assert_eq!((block[1].name.as_str(), block[1].value().as_str()), ("", ""));
        assert_eq!(block[2].value(), "a \" b");
    }

    #[test]
    fn a_backslash_keeps_the_letter_behind_it_in_the_word() {
        let found = read(
            r#"location ~ ^/a\;b\{2\}\.php$ { x a\ b \#c "d\"e\d\\" 'f\"\tg'; } a\\; b ~*}; c ${d}e$;"#,
        );
        assert_eq!(found[0].arguments, ["~", r"^/a\;b\{2\}\.php$"]);
        let block = found[0].block.as_ref().expect("a block");
        assert_eq!(block[0].arguments, [r"a\ b", r"\#c", r#"d"e\d\"#, "f\"\tg"]);
        assert_eq!(found[1].name, r"a\");
        // A brace ends no word that has begun.
        assert_eq!(found[2].arguments, ["~*}"]);
        assert_eq!(found[3].arguments, ["${d}e$"]);
    }

    #[test]
    fn a_block_of_lua_is_a_block_without_directives() {
        let text = r#"server {
  set_by_lua_block $a { return { b = "}" } }
  content_by_lua_block {
    -- it's not closed by } here
    --[==[ nor } ]] here ]==]
    local c = [[ } ]] .. '\'}' .. d[e[1]]
    if c then listen(80); end
  }
  listen 81;
}
"#;
        let found = read(text);
        let server = found[0].block.as_ref().expect("a block");
        let names: Vec<&str> = server.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(names, ["set_by_lua_block", "content_by_lua_block", "listen"]);
        assert_eq!(server[0].arguments, ["$a"]);
        assert!(server[1].block.as_ref().is_some_and(Vec::is_empty));
        assert_eq!(&text[server[2].span.clone()], "listen 81");
    }

    #[test]
    fn what_is_not_closed_is_an_error_at_its_place() {
        for (text, says) in [
            ("server {", "not closed"),
            ("listen 80", "has no end"),
            ("}", "closes nothing"),
            ("a \"b;", "quote is not closed"),
            ("a \"b\\\";", "quote is not closed"),
            ("a b\\;", "has no end"),
            ("a_by_lua_block { '}' ", "not closed"),
            ("a_by_lua_block { --[[ } ", "not closed"),
        ] {
            let why = parse(&Source::new("a.conf", text)).expect_err(text);
            assert!(why.title.contains(says), "{text}: {}", why.title);
            assert!(why.place().is_some());
        }
    }
}
