//! `# seaworthy: allow[rule] reason`: findings that people have decided to live with.
//!
//! A comment counts for the line it ends, for the line below it, and on either place
//! of a service's key for the whole service. Whether a comment is needed is known only
//! when every project that reads the file is judged: [`Allow::violations`] comes last.

use std::sync::Arc;

use chrono::NaiveDate;

use super::{Rule, own};
use crate::{
    compose::{
        journal::{Journal, Origin},
        tree::{Mapping, Node},
        yaml,
    },
    facts::answers::env_file,
    source::{LineColumn, Source, Span},
    words,
};

const MARK: &str = "seaworthy:";
const FORM: &str = "write `# seaworthy: allow[rule] reason`";

/// A comment that allows something, or means to.
#[derive(Debug, Clone)]
pub struct Allow {
    /// The file.
    pub source: Arc<Source>,
    /// The comment.
    pub span: Span,
    /// The rules it names.
    pub rules: Vec<String>,
    /// Why; none if it does not say.
    pub reason: Option<String>,
    /// The date behind `until`, as written.
    pub until: Option<String>,
    /// The line it is about, from 1.
    line: usize,
    /// The services whose key stands on that line.
    services: Vec<String>,
}

/// What is wrong with a comment that allows, or means to.
#[derive(Debug, Clone)]
pub struct Violation {
    /// The rule that says so.
    pub rule: &'static Rule,
    /// The rule that the comment names.
    pub about: String,
    /// What is wrong, in one line.
    pub message: String,
    /// What to write instead.
    pub remedy: String,
}

/// The comments in all files of a project.
#[must_use]
pub fn read(journal: &Journal) -> Vec<Allow> {
    let mut sources: Vec<&Arc<Source>> = Vec::new();
    for source in journal.files() {
        if source.text().contains(MARK) && !sources.iter().any(|one| one.path() == source.path()) {
            sources.push(source);
        }
    }
    sources.into_iter().flat_map(comments).collect()
}

fn comments(source: &Arc<Source>) -> Vec<Allow> {
    let text = source.text();
    let yaml = is_yaml(source);
    let comments = if yaml { yaml::comments(text) } else { whole_lines(text) };
    let alone =
        |span: &Span| text[..span.start].rsplit('\n').next().unwrap_or("").trim().is_empty();
    let line = |at: usize| source.place(at).line;
    let on_their_own: Vec<usize> =
        comments.iter().filter(|(span, _)| alone(span)).map(|(span, _)| line(span.start)).collect();
    let mut services = None;
    let mut found = Vec::new();
    for (span, comment) in &comments {
        let Some(words) = comment.trim_start().strip_prefix(MARK) else { continue };
        let mut about = line(span.start);
        if alone(span) {
            about += 1;
            while on_their_own.contains(&about) {
                about += 1;
            }
        }
        let services = services
            .get_or_insert_with(|| if yaml { service_lines(source) } else { Vec::new() })
            .iter()
            .filter(|(line, _)| *line == about)
            .map(|(_, name)| name.clone())
            .collect();
        let (rules, behind) = parse(words);
        let (reason, until) = said(behind);
        let source = Arc::clone(source);
        found.push(Allow {
            source,
            span: span.clone(),
            rules,
            reason,
            until,
            line: about,
            services,
        });
    }
    found
}

/// Why comments allow what a rule finds of a subject at a place: the reason of the first that does. One
/// without a reason allows nothing here, where nobody tells of it.
#[must_use]
pub fn reason(
    journal: &Journal,
    allows: &[Allow],
    rule: &Rule,
    origin: Origin,
    subject: &str,
    today: NaiveDate,
) -> Option<String> {
    let source = journal.file(origin.place.file()?);
    let at = source.place(origin.place.span().start);
    allows.iter().find_map(|allow| {
        let reason = allow.reason.as_ref()?;
        let does = allow.names(rule.id, today).is_some() && allow.covers(source, at, subject);
        let told = if allow.source.is_outside() { "not shown" } else { reason.as_str() };
        does.then(|| told.to_owned())
    })
}

/// Whether a file of a project is YAML; what else it reads has comments of whole lines.
fn is_yaml(source: &Source) -> bool {
    let name = source.path().file_name().unwrap_or_default();
    let other = ["Dockerfile", "Containerfile"];
    !env_file::is_one(source.path())
        && !other.iter().any(|part| name.starts_with(part) || name.ends_with(part))
}

fn whole_lines(text: &str) -> Vec<(Span, String)> {
    let mut at = 0;
    let mut found = Vec::new();
    for line in text.split_inclusive('\n') {
        let start = at + line.len() - line.trim_start().len();
        if let Some(comment) = line.trim().strip_prefix('#') {
            found.push((start..start + 1 + comment.len(), comment.to_owned()));
        }
        at += line.len();
    }
    found
}

/// The lines of the keys below `services`.
fn service_lines(source: &Arc<Source>) -> Vec<(usize, String)> {
    let documents = yaml::read(source, &mut Journal::default()).unwrap_or_default();
    let services = |root: &Node| -> Vec<(usize, String)> {
        let services = root.get("services").and_then(Node::as_mapping);
        let keys = services.into_iter().flat_map(Mapping::iter);
        keys.map(|(key, _)| {
            (source.place(key.origin.place.span().start).line, key.text.to_string())
        })
        .collect()
    };
    documents.iter().flat_map(|document| services(&document.root)).collect()
}

/// The rules between the brackets, and what is said behind them.
fn parse(words: &str) -> (Vec<String>, &str) {
    let Some((rules, said)) = words
        .trim_start()
        .strip_prefix("allow")
        .and_then(|rest| rest.trim_start().strip_prefix('['))
        .and_then(|rest| rest.split_once(']'))
    else {
        return (Vec::new(), "");
    };
    let rules = rules.split(',').map(|rule| rule.trim().to_owned());
    (rules.filter(|rule| !rule.is_empty()).collect(), said)
}

/// The reason, and the date behind `until` in it.
fn said(text: &str) -> (Option<String>, Option<String>) {
    let mut words: Vec<&str> = text.split_whitespace().collect();
    let dated = words.windows(2).position(|pair| {
        pair[0].trim_start_matches('(').eq_ignore_ascii_case("until")
            && pair[1].starts_with(|first: char| first.is_ascii_digit())
    });
    let until = dated.map(|at| {
        let both: Vec<&str> = words.drain(at..at + 2).collect();
        both[1].trim_end_matches(['.', ',', ';', ')']).to_owned()
    });
    let reason = words.join(" ");
    let says = reason.chars().any(char::is_alphanumeric);
    (says.then(|| reason.trim_start_matches([':', '-', ' ']).to_owned()), until)
}

impl Allow {
    /// Whether it is about a place, or about the service that a subject lies in.
    #[must_use]
    pub fn covers(&self, source: &Source, at: LineColumn, subject: &str) -> bool {
        let in_service = |name: &String| {
            let rest = subject.strip_prefix("services.").and_then(|rest| rest.strip_prefix(name));
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        (source.path() == self.source.path() && at.line == self.line)
            || self.services.iter().any(in_service)
    }

    /// The number of a rule among those it names, unless its time is over.
    #[must_use]
    pub fn names(&self, rule: &str, today: NaiveDate) -> Option<usize> {
        if self.is_over(today) { None } else { self.rules.iter().position(|one| one == rule) }
    }

    /// The edit that takes a rule out of the comment, or the comment away if it names no other:
    /// the bytes, and what is written in their place.
    ///
    /// # Errors
    /// Why it cannot be taken out.
    pub fn without(&self, rule: &str) -> Result<(Span, String), &'static str> {
        let text = self.source.text();
        if self.source.is_outside() {
            return Err("the file lies outside the repository");
        }
        if !is_yaml(&self.source) && !env_file::is_one(self.source.path()) {
            return Err("in a Dockerfile a comment keeps the next from being a directive");
        }
        if self.rules.iter().any(|one| one != rule) {
            let inside = |sign: char| text[self.span.clone()].find(sign);
            let (open, close) = inside('[').zip(inside(']')).ok_or("its list is not closed")?;
            let span = self.span.start + open + 1..self.span.start + close;
            let names = text[span.clone()].split(',').filter(|name| name.trim() != rule);
            let names = names.collect::<Vec<_>>().join(",");
            return Ok((span, names.trim_start().to_owned()));
        }
        let comment = text[self.span.clone()].trim_end();
        let end = self.span.start + comment.len();
        let line = yaml::line_start(text, self.span.start);
        let before = text[line..self.span.start].trim_end();
        if !before.is_empty() {
            return Ok((line + before.len()..end, String::new()));
        }
        let rest = &text[end..];
        let next = rest.find('\n').map_or(rest.len(), |end| end + 1);
        Ok((line..end + next, String::new()))
    }

    /// Whether the day behind `until` is over, or no day.
    fn is_over(&self, today: NaiveDate) -> bool {
        let date = self.until.as_deref().map(|until| NaiveDate::parse_from_str(until, "%Y-%m-%d"));
        date.is_some_and(|date| date.is_err() || date.is_ok_and(|date| date < today))
    }

    /// What is wrong with it. `used` says of each rule it names whether that was needed;
    /// only `judged` rules can be called unneeded.
    #[must_use]
    pub fn violations(
        &self,
        used: &[bool],
        judged: &[&'static Rule],
        today: NaiveDate,
    ) -> Vec<Violation> {
        let violation = |rule: &'static Rule, about: &str, message: String, remedy: String| {
            Violation { rule, about: about.to_owned(), message, remedy }
        };
        if self.rules.is_empty() {
            let message = "this comment allows nothing: it names no rule".to_owned();
            return vec![violation(&own::UNKNOWN_ALLOW, "", message, FORM.into())];
        }
        let mut violations = Vec::new();
        let all = self.rules.join(", ");
        if self.reason.is_none() {
            let message = format!("\"{all}\" is allowed, and nobody says why");
            let remedy = "write the reason behind the bracket, or remove the comment";
            violations.push(violation(&own::ALLOW_WITHOUT_REASON, &all, message, remedy.into()));
        }
        if self.is_over(today) {
            let until = self.until.as_deref().unwrap_or_default();
            let message = match NaiveDate::parse_from_str(until, "%Y-%m-%d") {
                Ok(_) => format!("\"{all}\" was allowed until {until}"),
                Err(_) => format!("\"{all}\" is allowed until {until}, which is no date"),
            };
            let remedy = "mend what is found, or decide on a new date (`until 2030-12-31`)";
            violations.push(violation(&own::EXPIRED_ALLOW, &all, message, remedy.into()));
        }
        for (at, name) in self.rules.iter().enumerate() {
            let known = || super::all().chain(judged.iter().copied());
            if own::RULES.iter().any(|rule| rule.id == name) {
                let message = format!("\"{name}\" cannot be allowed by a comment");
                let remedy = format!("mend it, or leave the rule out with --ignore {name}");
                violations.push(violation(&own::UNKNOWN_ALLOW, name, message, remedy));
            } else if known().all(|rule| rule.id != name) {
                let near = words::did_you_mean(name, known().map(|rule| rule.id));
                let remedy = near.map_or_else(
                    || "`seaworthy explain` lists the rules".to_owned(),
                    |near| format!("did you mean \"{near}\"?"),
                );
                let message = format!("there is no rule \"{name}\" to allow");
                violations.push(violation(&own::UNKNOWN_ALLOW, name, message, remedy));
            } else if !used.get(at).is_some_and(|used| *used)
                && judged.iter().any(|rule| rule.id == name)
                && !self.is_over(today)
            {
                let message = format!("nothing here breaks \"{name}\", which is allowed");
                let remedy = "remove it; a comment counts for the line it ends, the line below it, and on a service's name for the service";
                violations.push(violation(&own::UNUSED_ALLOW, name, message, remedy.into()));
            }
        }
        violations
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all_of(text: &str) -> Vec<Allow> {
        comments(&Source::new("compose.yaml", text))
    }

    #[test]
    fn a_comment_names_rules_a_reason_and_a_date() {
        let found =
            all_of("# seaworthy: allow[a, b] needs it until 2026-12-31, says the vendor\nx: 1\n");
        let [one] = &found[..] else { panic!("{found:?}") };
        assert_eq!(one.rules, ["a", "b"]);
        assert_eq!(one.reason.as_deref(), Some("needs it says the vendor"));
        assert_eq!(one.until.as_deref(), Some("2026-12-31"));
        let day = |text: &str| text.parse::<NaiveDate>().expect("a date");
        assert_eq!(one.names("b", day("2026-12-31")), Some(1));
        assert_eq!(one.names("b", day("2027-01-01")), None);
        assert_eq!(one.names("c", day("2026-01-01")), None);
    }

    #[test]
    fn it_is_about_its_line_or_the_one_below_or_a_service() {
        let found = all_of(
            "services:\n  # seaworthy: allow[a] r\n  # why\n  my.web:\n    image: x # seaworthy: allow[b] r\n    # seaworthy: allow[c] r\n\n    init: true\n",
        );
        let source = Source::new("compose.yaml", "");
        let at = |line| LineColumn { line, column: 1 };
        assert!(found[0].covers(&source, at(4), "volumes.x"));
        assert!(found[0].covers(&source, at(99), "services.my.web.image"));
        assert!(!found[0].covers(&source, at(99), "services.my.webs.image"));
        assert!(found[1].covers(&source, at(5), "") && !found[1].covers(&source, at(6), ""));
        assert!(!found[2].covers(&source, at(8), ""), "a blank line is between");
        assert!(!found[1].covers(&Source::new("other.yaml", ""), at(5), ""));
    }

    #[test]
    fn env_files_have_comments_of_whole_lines() {
        let found = comments(&Source::new("a/.env", "  # seaworthy: allow[a] r\nA=1\n"));
        assert_eq!(found[0].span, 2..25);
        assert!(found[0].covers(&Source::new("a/.env", ""), LineColumn { line: 2, column: 1 }, ""));
    }

    #[test]
    fn a_rule_is_taken_out_and_the_last_takes_the_comment_along() {
        for (text, rule, left) in [
            ("# seaworthy: allow[a] r\r\nx: 1\r\n", "a", "x: 1\r\n"),
            ("y: 1\n  # seaworthy: allow[a] r\nx: 1\n", "a", "y: 1\nx: 1\n"),
            ("x: 1   # seaworthy: allow[a] r\r\ny: 2\r\n", "a", "x: 1\r\ny: 2\r\n"),
            ("x: 1 # seaworthy: allow[a, b,c] r\n", "b", "x: 1 # seaworthy: allow[a,c] r\n"),
            ("x: 1 # seaworthy: allow[ a, b] r\n", "a", "x: 1 # seaworthy: allow[b] r\n"),
        ] {
            let found = all_of(text);
            let (span, words) = found[0].without(rule).expect("an edit");
            let edited = format!("{}{words}{}", &text[..span.start], &text[span.end..]);
            assert_eq!(edited, left, "{text:?}");
        }
        let text = "# seaworthy: allow[a] r\n# syntax=x\n";
        let [one] = &comments(&Source::new("web/Dockerfile", text))[..] else { panic!("one") };
        assert!(one.without("a").is_err());
    }

    #[test]
    fn a_reason_is_words() {
        for text in ["", " ", ": ", " until 2026-01-01", " —"] {
            assert_eq!(said(text).0, None, "{text:?}");
        }
        assert_eq!(said(": so it is").0.as_deref(), Some("so it is"));
    }
}
