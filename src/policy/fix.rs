//! Edits that mend a finding, for a machine to make.
//!
//! A rule proposes a [`Fix`] where its remedy is one safe edit of the lines shown: nothing changes but
//! what the finding complains of, and nothing can break by it. Whether the edit is that of one
//! service alone is the same question for every rule, and is judged here ([`Mender`]): what a
//! variable, an anchor, `extends` or a file outside the repository has a part in is left to people.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
    sync::Arc,
};

use super::{Finding, Target};
use crate::{
    compose::{
        journal::{Journal, Origin, Place, Step},
        tree::{Mapping, Node, Value},
        yaml::Layout,
    },
    source::{Source, Span},
    words,
};

/// What a rule proposes to write.
#[derive(Debug, Clone)]
pub struct Fix {
    /// What is done, as in "remove the line".
    pub title: String,
    /// The edits; all of them or none.
    pub edits: Vec<Edit>,
    /// The paths of the canonical model that it may change; none of one that changes nothing.
    pub touches: Vec<Vec<String>>,
    /// Whether the edits are of a text into which Compose puts variables, and not of what it puts there.
    pub of_template: bool,
}

/// One edit of a file.
#[derive(Debug, Clone)]
pub enum Edit {
    /// Writes something in the place of some bytes.
    Write {
        /// The bytes, and the way of the value that they are of.
        at: Origin,
        /// What is written there.
        text: String,
    },
    /// Takes entries of a mapping or items of a list out, from one to another.
    Remove {
        /// The key or the value of the first.
        first: Origin,
        /// Of the last.
        last: Origin,
    },
}

impl Fix {
    /// A fix that leaves the model as it is.
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), edits: Vec::new(), touches: Vec::new(), of_template: false }
    }

    /// Writes a text in the place of another.
    #[must_use]
    pub fn write(mut self, at: Origin, text: impl Into<String>) -> Self {
        self.edits.push(Edit::Write { at, text: text.into() });
        self
    }

    /// Takes out what stands from one value, or key, to another.
    #[must_use]
    pub fn remove(mut self, first: Origin, last: Origin) -> Self {
        self.edits.push(Edit::Remove { first, last });
        self
    }

    /// Says which path of the canonical model it changes.
    #[must_use]
    pub fn touching(mut self, path: &[&str]) -> Self {
        self.touches.push(path.iter().map(|&key| key.to_owned()).collect());
        self
    }
}

/// A part of a written value, by its bytes from where the value begins.
#[must_use]
pub fn part(of: Origin, from: usize, to: usize) -> Option<Origin> {
    let start = of.place.span().start;
    let bound = |at: usize| u32::try_from(start + at).ok();
    Some(of.inside(Place::new(of.place.file()?, bound(from)?, bound(to)?)))
}

/// Whether no variable has a part in a value.
#[must_use]
pub fn is_literal(journal: &Journal, origin: Origin) -> bool {
    let steps = journal.steps(origin);
    !steps.into_iter().any(|step| matches!(step, Step::Variable { .. }))
}

/// A fix whose every edit has its bytes.
#[derive(Debug, Clone)]
pub struct Mended {
    /// What is done.
    pub title: String,
    /// The file.
    pub source: Arc<Source>,
    /// Bytes, and what is written in their place.
    pub edits: Vec<(Span, String)>,
    /// As of [`Fix::touches`].
    pub touches: Vec<Vec<String>>,
}

/// Makes edits of what rules propose, and judges whether they are safe where they would be made.
pub struct Mender<'a> {
    target: &'a Target,
    layouts: RefCell<BTreeMap<u32, Option<Rc<Layout>>>>,
}

impl<'a> Mender<'a> {
    /// For a project.
    #[must_use]
    pub fn of(target: &'a Target) -> Self {
        Self { target, layouts: RefCell::default() }
    }

    /// The edits of a finding that has a fix.
    ///
    /// # Errors
    /// Why there are none here, in a few words.
    pub fn mend(&self, finding: &Finding) -> Option<Result<Mended, String>> {
        finding.fix.as_ref().map(|fix| self.judge(fix))
    }

    fn judge(&self, fix: &Fix) -> Result<Mended, String> {
        let journal = self.target.journal();
        let origins = fix.edits.iter().map(|edit| match edit {
            Edit::Write { at, .. } => *at,
            Edit::Remove { first, .. } => *first,
        });
        let origins: Vec<Origin> = origins.collect();
        let file = origins.first().and_then(|origin| origin.place.file());
        let file = file.filter(|id| origins.iter().all(|one| one.place.file() == Some(*id)));
        let file = file.ok_or("no file says it by itself")?;
        let source = journal.file(file);
        if source.is_outside() {
            return Err("the file lies outside the repository".into());
        }
        if !fix.of_template && !origins.iter().all(|origin| is_literal(journal, *origin)) {
            return Err("a variable has a part in the value".into());
        }
        let layout =
            self.layout(file.number(), source).ok_or("the file cannot be read by itself")?;
        let mut touches = fix.touches.clone();
        let mut edits = Vec::new();
        for edit in &fix.edits {
            let (span, text, reach) = match edit {
                Edit::Write { at, text } => (at.place.span(), text.clone(), at.place.span()),
                Edit::Remove { first, last } => {
                    let (first, last) = (first.place.span(), last.place.span());
                    let span = layout.removal(source.text(), &first, &last)?;
                    let reach = layout.reach(&first, &last).unwrap_or(first);
                    (span, String::new(), reach)
                }
            };
            alone(&layout, source, &reach)?;
            self.one_reader(source, &reach)?;
            if let Some(top) = layout.top_at(reach.start).filter(|top| top.starts_with("x-")) {
                touches.push(vec![top.to_owned()]);
            }
            edits.push((span, text));
        }
        Ok(Mended { title: fix.title.clone(), source: Arc::clone(source), edits, touches })
    }

    fn layout(&self, file: u32, source: &Source) -> Option<Rc<Layout>> {
        let mut layouts = self.layouts.borrow_mut();
        layouts.entry(file).or_insert_with(|| Layout::of(source.text()).map(Rc::new)).clone()
    }

    /// Whether no more than one part of the model takes what stands in a span.
    fn one_reader(&self, source: &Source, span: &Span) -> Result<(), String> {
        let journal = self.target.journal();
        let is_there = |origin: Origin| {
            let place = origin.place;
            let meets = place.span().start < span.end && span.start < place.span().end;
            meets && place.file().is_some_and(|file| journal.file(file).path() == source.path())
        };
        let mut readers: BTreeSet<&str> = BTreeSet::new();
        let sections = self.target.project.tree.as_mapping().into_iter().flat_map(Mapping::iter);
        // Nobody reads an extension but who has an alias of it.
        let sections = sections.filter(|(key, _)| !key.text.starts_with("x-"));
        let parts =
            sections.filter_map(|(_, section)| section.as_mapping()).flat_map(Mapping::iter);
        for (name, node) in parts.chain(self.target.project.disabled.iter()) {
            if reads(node, &is_there) {
                readers.insert(&name.text);
            }
        }
        if readers.len() <= 1 {
            return Ok(());
        }
        Err(format!("{} take it", words::quoted_list(readers.into_iter())))
    }
}

/// Whether a text below a node stands at a place.
fn reads(node: &Node, is_there: &impl Fn(Origin) -> bool) -> bool {
    match &node.value {
        Value::Mapping(mapping) => mapping.iter().any(|(_, node)| reads(node, is_there)),
        Value::Sequence(items) => items.iter().any(|node| reads(node, is_there)),
        _ => is_there(node.origin),
    }
}

/// Whether what stands in a span counts once.
fn alone(layout: &Layout, source: &Source, span: &Span) -> Result<(), String> {
    match layout.anchors_at(span).find(|anchor| anchor.uses > 1) {
        None => Ok(()),
        Some(anchor) => Err(format!(
            "the anchor at line {} hands it on to other places",
            source.place(anchor.span.start).line
        )),
    }
}

/// The bytes of a later one of two equal items, where a file by itself says both.
///
/// # Errors
/// Why it cannot be taken out.
pub fn repeated(source: &Source, item: &Span, earlier: &Span) -> Result<Span, String> {
    if source.is_outside() {
        return Err("the file lies outside the repository".into());
    }
    let layout = Layout::of(source.text()).ok_or("the file cannot be read by itself")?;
    if item.start < earlier.end || !layout.are_beside(item, earlier) {
        return Err("an alias brings one of them".into());
    }
    alone(&layout, source, item)?;
    Ok(layout.removal(source.text(), item, item)?)
}
