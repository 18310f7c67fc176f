//! The Dockerfiles of a project's builds, read when they are first asked for.
//!
//! They are no part of the model that Compose knows, so loading does not need
//! them; the journal takes their text, so that findings point into them.

use std::{
    any::Any,
    io::Read as _,
    sync::{Arc, OnceLock},
};

use indexmap::IndexMap;

use super::{
    journal::{FileId, Journal, Origin, Place},
    model::Project,
    tree::Node,
};
use crate::{
    diagnostic::Diagnostic,
    dockerfile::Dockerfile,
    source::{Source, Span},
};

/// Where Dockerfiles are looked for, and what was found.
#[derive(Clone, Default)]
pub struct Builds {
    /// The folder that shown paths leave out; empty for a project from a text, which has no files.
    shown_from: String,
    found: Arc<OnceLock<IndexMap<String, BuildFile>>>,
}

/// The Dockerfile of a service's build.
#[derive(Debug)]
pub struct BuildFile {
    /// What it says, or why it cannot be read.
    pub dockerfile: Result<Dockerfile, Diagnostic>,
    base: Base,
}

#[derive(Debug, Clone, Copy)]
enum Base {
    /// A file of its own.
    File(FileId),
    /// `dockerfile_inline`.
    Inline(Origin),
}

/// What later parts of the program work out from a project once, kept with it; clones share it.
#[derive(Clone, Default)]
pub struct Derived(Arc<Slot>);

/// The place of a value of some type, and that of one of the next.
#[derive(Default)]
struct Slot(OnceLock<(Box<dyn Any + Send + Sync>, Box<Slot>)>);

impl Derived {
    /// The value of this type; made at the first call for the type.
    pub fn get_or_make<T: Any + Send + Sync>(&self, make: impl FnOnce() -> T) -> &T {
        let mut slot = &*self.0;
        loop {
            // Making one value may ask for others: the place is taken first, and filled afterwards.
            let empty = || (Box::new(OnceLock::<T>::new()) as Box<_>, Box::default());
            let (place, next) = slot.0.get_or_init(empty);
            if let Some(place) = place.downcast_ref::<OnceLock<T>>() {
                return place.get_or_init(make);
            }
            slot = next;
        }
    }
}

/// A Dockerfile past this is not read.
const LONGEST: u64 = 1 << 20;

impl Builds {
    /// Builds whose files are shown relative to a folder; an empty one means that there are no files.
    #[must_use]
    pub fn new(shown_from: String) -> Self {
        Self { shown_from, found: Arc::default() }
    }
}

impl Project {
    /// Whether it lies on this machine: one from a text has no other files.
    #[must_use]
    pub fn has_files(&self) -> bool {
        !self.builds.shown_from.is_empty()
    }

    /// The Dockerfiles of all services that are built from files of this machine, by service.
    /// A file that is not there is left out: the build says so itself.
    #[must_use]
    pub fn dockerfiles(&self) -> &IndexMap<String, BuildFile> {
        self.builds.found.get_or_init(|| read(self, &self.builds.shown_from))
    }

    /// The Dockerfile of a service's build.
    #[must_use]
    pub fn dockerfile(&self, service: &str) -> Option<&BuildFile> {
        self.dockerfiles().get(service)
    }
}

fn read(project: &Project, shown_from: &str) -> IndexMap<String, BuildFile> {
    let mut found = IndexMap::new();
    let mut sources: Vec<Arc<Source>> = Vec::new();
    let mut waiting: Vec<(String, usize)> = Vec::new();
    let services = project.tree.get("services").and_then(Node::as_mapping);
    for (name, service) in services.into_iter().flat_map(super::tree::Mapping::iter) {
        let Some(build) = service.get("build") else { continue };
        if let Some(inline) = build.get("dockerfile_inline") {
            let text = inline.as_str().unwrap_or_default();
            let outside = project.journal.is_outside(inline.origin);
            let make = if outside { Source::outside } else { Source::new };
            let dockerfile = Dockerfile::parse(&make("dockerfile_inline", text));
            found.insert(
                name.to_string(),
                BuildFile { dockerfile, base: Base::Inline(inline.origin) },
            );
            continue;
        }
        let context = build.get("context").and_then(Node::as_str).unwrap_or_default();
        let file = build.get("dockerfile").and_then(Node::as_str);
        let path = Dockerfile::of_build(context, file).filter(|_| !shown_from.is_empty());
        let Some(path) = path.filter(|path| path.is_file()) else { continue };
        let shown = path.strip_prefix(shown_from).unwrap_or(&path).to_owned();
        let known = sources.iter().position(|source| source.path() == shown);
        let at = known.or_else(|| {
            let mut text = String::new();
            let file = std::fs::File::open(&path).ok()?;
            let inside = project.bounds.hold(&file, &path);
            file.take(LONGEST).read_to_string(&mut text).ok()?;
            sources.push(if inside {
                Source::new(shown, text)
            } else {
                Source::outside(shown, text)
            });
            Some(sources.len() - 1)
        });
        waiting.extend(at.map(|at| (name.to_string(), at)));
    }
    let files = project.journal.add_late(&sources);
    for (name, at) in waiting {
        let (Some(source), Some(file)) = (sources.get(at), files.get(at)) else { continue };
        let dockerfile = Dockerfile::parse(source);
        found.insert(name, BuildFile { dockerfile, base: Base::File(*file) });
    }
    found
}

impl BuildFile {
    /// Where a part of the Dockerfile is written.
    #[must_use]
    pub fn origin(&self, journal: &Journal, span: &Span) -> Origin {
        let bound = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        match self.base {
            Base::File(file) => {
                Origin::written(Place::new(file, bound(span.start), bound(span.end)))
            }
            Base::Inline(origin) => {
                let place = self.inline(journal, origin, span);
                place.map_or(origin, |place| origin.inside(place))
            }
        }
    }

    /// The place in the Compose file: the same part of the same line, if the text is written line by line.
    fn inline(&self, journal: &Journal, origin: Origin, span: &Span) -> Option<Place> {
        let source = &self.dockerfile.as_ref().ok()?.source;
        let file = origin.place.file()?;
        let written = journal.file(file);
        let part = source.text().get(span.clone()).filter(|part| !part.is_empty())?;
        let line = source.place(span.start).line;
        let raw = journal.text(origin.place);
        let header = usize::from(raw.starts_with(['|', '>']));
        let first = written.place(origin.place.span().start).line;
        let found = written.line(first + header + line - 1);
        let own = source.line(line);
        let at = written.text()[found.clone()].find(source.text()[own.clone()].trim_end())?;
        let start = found.start + at + (span.start - own.start);
        let bound = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let place = Place::new(file, bound(start), bound(start + part.len()));
        (journal.text(place) == part).then_some(place)
    }
}

#[cfg(test)]
mod tests {
    use super::Derived;

    #[test]
    fn a_value_that_is_derived_may_ask_for_others_on_its_way() {
        let derived = Derived::default();
        let one = || derived.get_or_make(|| 1_u8);
        let both =
            derived.get_or_make(|| format!("{} and {}", one(), derived.get_or_make(|| 2_u16)));
        assert_eq!(both, "1 and 2");
        assert_eq!(*derived.get_or_make(|| 3_u8), 1, "made once");
    }
}
