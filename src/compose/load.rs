//! The phases of the loader, in order.
//!
//! A file: read → interpolate → extends → reset → include → merge → unique →
//! schema → canonical. A project: its files, then defaults, rules, relative
//! paths, variables without a value, and what the whole implies. Everything
//! works on the untyped tree; types come last.

use std::sync::Arc;

use super::{
    canonical, defaults, extends, include, interpolate,
    journal::{Journal, Origin, Refusal},
    merge, normalize,
    refused::Refused,
    relative::{self, Base},
    request::Without,
    schema,
    tree::{Mapping, Node, Value},
    unique,
    variables::Variables,
    yaml::{self, Reset},
};
use camino::Utf8Path;

use crate::{diagnostic::Diagnostic, outside::Bounds, plain, source::Source};

/// What the files of one project see.
#[derive(Debug, Clone)]
pub struct Scope {
    /// What relative paths are relative to, absolute.
    pub folder: String,
    /// What the model's relative paths are joined to: the folder, or the way there from the folder of the
    /// including project where paths are not resolved.
    pub paths: String,
    /// What the files of `extends` and `include` are relative to, absolute.
    pub references: String,
    /// The variables for interpolation.
    pub variables: Variables,
}

/// Which phases a file goes through.
#[derive(Debug, Clone, Copy)]
pub struct Sections {
    follow: bool,
}

impl Sections {
    /// A file of a project.
    const WHOLE: Self = Self { follow: true };
    /// A file that a service extends: judged when it is merged, and its own references are followed later.
    pub const EXTENDED: Self = Self { follow: false };
}

/// What all phases share.
pub struct Loader {
    /// Places, steps and warnings.
    pub journal: Journal,
    /// Phases that are left out.
    pub without: Without,
    /// Where `~` is.
    pub home: Option<String>,
    /// The folder that messages leave out of paths.
    pub shown_from: String,
    /// Whether a service's env file may be missing.
    pub without_missing_env_files: bool,
    /// Whether what does not fit is left out.
    pub tolerant: bool,
    /// Files that a program makes, each with the file that is read in its place; absolute.
    pub made_from: Vec<(String, String)>,
    /// Which files may be quoted.
    pub bounds: Bounds,
    /// Folders that are read elsewhere: a folder, and where its files are read; absolute.
    pub seen_at: Vec<(String, String)>,
}

/// A file that is read.
pub struct File {
    /// Where it is, absolute, or `-`.
    pub path: String,
    /// Its text.
    pub source: Arc<Source>,
    /// What it says, where somebody had to look into it before.
    pub read: Option<yaml::Read>,
}

impl File {
    /// A file that nobody has looked into.
    #[must_use]
    pub fn new(path: String, source: Arc<Source>) -> Self {
        Self { path, source, read: None }
    }
}

impl Loader {
    /// Loads the files of a project, or of an entry of `include`.
    ///
    /// # Errors
    /// A [`Refusal`] with everything that the phase that refuses has found.
    pub fn model(
        &mut self,
        files: &[(String, Origin)],
        scope: &Scope,
        included: &[String],
    ) -> Result<Node, Refusal> {
        let mut refused = Refused::default();
        let mut found = Vec::with_capacity(files.len());
        for (file, at) in files {
            let origin = Some(*at).filter(|at| at.place.file().is_some());
            let source = refused.note(self.read(file, origin));
            found.extend(source.map(|source| File::new(file.clone(), source)));
        }
        refused.end()?;
        let mut model = self.model_of(found, scope, included)?;
        self.resolve_paths(&mut model, &scope.paths)?;
        self.resolve_variables(&mut model, &scope.variables);
        Ok(model)
    }

    /// Joins relative paths to a folder.
    ///
    /// # Errors
    /// A [`Refusal`] for a bind mount without a source.
    pub fn resolve_paths(&self, model: &mut Node, folder: &str) -> Result<(), Refusal> {
        let base = Base { folder, home: self.home.as_deref() };
        Ok(relative::resolve(model, base, &self.journal)?)
    }

    /// Gives variables that are named without a value theirs.
    pub fn resolve_variables(&mut self, model: &mut Node, variables: &Variables) {
        if let Value::Mapping(model) = &mut model.value {
            normalize::resolve_environment(model, variables, &mut self.journal);
        }
    }

    /// Loads files that are read already, up to where paths are resolved.
    ///
    /// # Errors
    /// As [`Loader::model`].
    pub fn model_of(
        &mut self,
        files: Vec<File>,
        scope: &Scope,
        included: &[String],
    ) -> Result<Node, Refusal> {
        let mut model = Mapping::new();
        let mut refused = Refused::default();
        for file in files {
            refused.note(self.document_file(file, scope, Sections::WHOLE, &mut model, included));
        }
        refused.end()?;
        let mut model = Node::new(Value::Mapping(model), Origin::IMPLIED);
        defaults::complete(&mut model, &mut self.journal)?;
        let violations = defaults::check(&mut model, &self.journal);
        if !violations.is_empty() {
            return Err(Refusal(violations));
        }
        Ok(model)
    }

    /// Lays the documents of a file over a model. Returns what the last of them resets.
    ///
    /// # Errors
    /// As [`Loader::model`].
    pub fn document_file(
        &mut self,
        file: File,
        scope: &Scope,
        sections: Sections,
        model: &mut Mapping,
        included: &[String],
    ) -> Result<Vec<Reset>, Refusal> {
        let mut last = Vec::new();
        let File { path, source, read } = file;
        let read = read.unwrap_or_else(|| yaml::read_all(&source, &mut self.journal));
        let yaml::Read { documents, faults } = read;
        // What is wrong is told in one go.
        let mut refused = Refused::default();
        refused.note(faults);
        for document in documents {
            let yaml::Document { mut root, resets } = document;
            if !self.without.interpolation {
                let journal = &mut self.journal;
                interpolate::interpolate(&mut root, &scope.variables, journal, &mut refused);
            }
            let Value::Mapping(mut root) = root.value else {
                let title =
                    format!("a Compose file must be a mapping, found {}", root.value.kind());
                let diagnostic = self.journal.point(Diagnostic::error(title), root.origin, "");
                refused.note::<()>(Err(diagnostic.help("start with `services:`").into()));
                continue;
            };
            if self.tolerant {
                schema::prune(&mut root);
            }
            if sections.follow {
                let extends =
                    extends::Extends { loader: self, scope, file: &path, resets: &resets };
                refused.note(extends::apply(&mut root, extends));
            }
            merge::reset(model, &resets);
            if sections.follow {
                let mut included = included.to_vec();
                included.push(path.clone());
                refused.note(include::apply(&mut root, self, scope, &included));
            }
            let merged = merge::merge(model, root, &mut self.journal);
            refused.note(merged.map_err(Refusal::from));
            refused.note(unique::enforce(model, &self.journal));
            if sections.follow {
                refused.settling(self.judge(model));
            }
            let as_written = self.without.interpolation;
            refused.note(canonical::canonical(model, as_written, &mut self.journal));
            omit_empty_dns(model);
            refused.note(unique::enforce(model, &self.journal));
            last = resets;
        }
        refused.end()?;
        Ok(last)
    }

    /// Checks a model against the schema and drops the obsolete `version`.
    fn judge(&mut self, model: &mut Mapping) -> Result<(), Refusal> {
        if self.tolerant {
            schema::prune(model);
        }
        let violations = schema::check(model, &self.journal);
        if !violations.is_empty() {
            return Err(Refusal(violations));
        }
        if let Some((key, _)) = model.entry("version") {
            let warning = Diagnostic::warning("`version` is obsolete and ignored");
            let warning = self.journal.point(warning, key.origin, "").help("remove the line");
            self.journal.warn(warning);
            self.journal.leave_out("version", &key.text, key.origin);
            model.remove("version");
        }
        Ok(())
    }

    /// Reads a file whole.
    ///
    /// # Errors
    /// A [`Refusal`] at the place that names the file, if one does.
    pub fn read(&mut self, path: &str, named_at: Option<Origin>) -> Result<Arc<Source>, Refusal> {
        let shown = self.shown(self.original(path));
        let why = match read_text(&self.read_at(path), &self.bounds) {
            Ok((Ok(text), inside)) => {
                self.journal.has_read(path, named_at);
                return Ok(made(shown, text, inside));
            }
            Ok((Err(Garbled { readable, at }), inside)) => {
                let source = made(shown, readable, inside);
                let diagnostic = Diagnostic::error("the file is not UTF-8");
                let diagnostic = diagnostic.at(
                    &source,
                    at..at + char::REPLACEMENT_CHARACTER.len_utf8(),
                    "the first bytes that are not",
                );
                return Err(diagnostic.help("save the file as UTF-8").into());
            }
            Err(why) => why,
        };
        let diagnostic = Diagnostic::error(format!("cannot read {shown}: {why}"));
        let diagnostic = match named_at {
            Some(origin) => self.journal.point(diagnostic, origin, "named here"),
            None => diagnostic,
        };
        Err(diagnostic.help("correct the path, or make the file").into())
    }

    /// Reads an env file whole: Compose reads UTF-16 where it is YAML, and not here.
    ///
    /// # Errors
    /// As [`Loader::read`].
    pub fn read_env(
        &mut self,
        path: &str,
        named_at: Option<Origin>,
    ) -> Result<Arc<Source>, Refusal> {
        let source = self.read(path, named_at)?;
        if !is_utf16(&self.read_at(path)) {
            return Ok(source);
        }
        let title = format!("{} is UTF-16: Compose reads env files as UTF-8", source.path());
        let diagnostic = Diagnostic::error(title).at(&source, 0..0, "");
        let diagnostic = match named_at.and_then(|origin| self.journal.place(origin.place)) {
            Some(named) => diagnostic.note(format!("named at {named}")),
            None => diagnostic,
        };
        Err(diagnostic.help("save the file as UTF-8").into())
    }

    /// Refuses what would have to be fetched.
    ///
    /// # Errors
    /// A [`Refusal`] at the place that names it.
    pub fn refuse_remote(&self, text: &str, at: Origin) -> Result<(), Refusal> {
        if !is_remote(text) {
            return Ok(());
        }
        let title =
            format!("\"{text}\" is not fetched: seaworthy reads files of this machine only");
        let diagnostic = self.journal.point(Diagnostic::error(title), at, "a remote resource");
        Err(diagnostic.help("fetch it yourself and name the local file").into())
    }

    /// The file that is read for a path: what it is made from, else itself.
    #[must_use]
    pub fn original<'a>(&'a self, path: &'a str) -> &'a str {
        let made = self.made_from.iter().find(|(made, _)| made == path);
        made.map_or(path, |(_, original)| original)
    }

    /// Where a file is read: what it is made from, in the view of its folder if there is one.
    #[must_use]
    pub fn read_at<'a>(&'a self, path: &'a str) -> std::borrow::Cow<'a, str> {
        let path = self.original(path);
        let view = self.seen_at.iter().find_map(|(folder, seen)| {
            let rest = path.strip_prefix(folder.as_str())?;
            (rest.is_empty() || rest.starts_with('/')).then(|| format!("{seen}{rest}"))
        });
        view.map_or(path.into(), Into::into)
    }

    /// A path as messages show it.
    #[must_use]
    pub fn shown(&self, path: &str) -> String {
        path.strip_prefix(&self.shown_from)
            .and_then(|rest| rest.strip_prefix('/'))
            .filter(|rest| !rest.is_empty())
            .unwrap_or(path)
            .to_owned()
    }
}

/// A Git or OCI reference, as Compose tells them from paths.
fn is_remote(text: &str) -> bool {
    ["oci://", "git://", "ssh://", "http://", "https://", "git@", "github.com/"]
        .iter()
        .any(|prefix| text.starts_with(prefix))
}

fn made(path: String, text: String, inside: bool) -> Arc<Source> {
    if inside { Source::new(path, text) } else { Source::outside(path, text) }
}

/// The largest file that is read.
const LARGEST: u64 = 256 << 20;

/// A text that is not UTF-8: as much of it as can be shown, and where it stops being so.
struct Garbled {
    readable: String,
    at: usize,
}

/// A file's text, and whether it may be quoted: UTF-8, or UTF-16 with its mark, as YAML readers
/// accept it. `-` is the standard input.
fn read_text(path: &str, bounds: &Bounds) -> std::io::Result<(Result<String, Garbled>, bool)> {
    use std::io::{Error, ErrorKind, Read};
    let mut bytes = Vec::new();
    let mut inside = true;
    if path == "-" {
        bytes.extend_from_slice(plain::standard_input()?);
    } else {
        let file = plain::open(Utf8Path::new(path))?;
        inside = bounds.hold(&file, Utf8Path::new(path));
        let found = file.metadata()?;
        bytes.reserve(usize::try_from(found.len().min(LARGEST)).unwrap_or_default());
        // A pipe or a device does not say how much will come.
        file.take(LARGEST + 1).read_to_end(&mut bytes)?;
    }
    if bytes.len() as u64 > LARGEST {
        return Err(Error::new(ErrorKind::FileTooLarge, "it is larger than 256 MiB"));
    }
    let wide = |decode: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes[2..].as_chunks().0.iter().map(|unit| decode(*unit)).collect();
        String::from_utf16(&units)
            .map(Ok)
            .map_err(|_| Error::new(ErrorKind::InvalidData, "it is not valid UTF-16"))
    };
    let text = match bytes[..] {
        [0xFF, 0xFE, ..] => wide(u16::from_le_bytes)?,
        [0xFE, 0xFF, ..] => wide(u16::from_be_bytes)?,
        _ => String::from_utf8(bytes).map_err(|error| Garbled {
            at: error.utf8_error().valid_up_to(),
            readable: String::from_utf8_lossy(error.as_bytes()).into_owned(),
        }),
    };
    Ok((text, inside))
}

/// Whether a file that was read begins with the mark of UTF-16.
fn is_utf16(path: &str) -> bool {
    use std::io::Read as _;
    let regular = std::fs::metadata(path).is_ok_and(|found| found.is_file());
    let mut mark = [0; 2];
    let read = |mark: &mut [u8; 2]| plain::open(Utf8Path::new(path))?.read_exact(mark);
    regular && read(&mut mark).is_ok() && matches!(mark, [0xFF, 0xFE] | [0xFE, 0xFF])
}

/// Empty entries of `dns` say nothing.
fn omit_empty_dns(model: &mut Mapping) {
    let Some(services) = model.get_mut("services").and_then(Node::as_mapping_mut) else { return };
    for (_, service) in services.iter_mut() {
        let dns = service.as_mapping_mut().and_then(|service| service.get_mut("dns"));
        if let Some(Value::Sequence(items)) = dns.map(|node| &mut node.value) {
            items.retain(|item| !item.is_null() && item.as_str() != Some(""));
        }
    }
}
