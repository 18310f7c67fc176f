//! Violations with their places: what a sentence is not true of, each on its own line of the files.

use std::sync::Arc;

use crate::steps::{StepResult, judging::declared};
use crate::{
    compose::{
        Project,
        journal::{FileId, Origin},
        tree::{Mapping, Node, Value},
    },
    run::{Failure, Spot, Violation},
    source::Source,
};

/// The violations of one failure, on lines as messages may show them.
pub(crate) struct Violations<'p> {
    project: &'p Project,
    /// Each file is looked through for secrets once.
    shown: Vec<(FileId, Arc<Source>)>,
    found: Vec<Violation>,
}

impl<'p> Violations<'p> {
    pub(crate) fn of(project: &'p Project) -> Self {
        Self { project, shown: Vec::new(), found: Vec::new() }
    }

    /// Adds one; without a place it is told at that of its failure.
    pub(crate) fn add(
        &mut self,
        subject: impl Into<String>,
        expected: impl Into<String>,
        found: impl Into<String>,
        origin: Option<Origin>,
        help: impl Into<String>,
    ) {
        let spot = origin.and_then(|origin| self.spot(origin));
        self.found.push(Violation {
            subject: subject.into(),
            expected: expected.into(),
            found: found.into(),
            spot,
            help: help.into(),
        });
    }

    fn spot(&mut self, origin: Origin) -> Option<Spot> {
        let file = origin.place.file()?;
        let known = self.shown.iter().find(|(known, _)| *known == file);
        let source = if let Some((_, source)) = known {
            Arc::clone(source)
        } else {
            let source = declared::masked(self.project, file);
            self.shown.push((file, Arc::clone(&source)));
            source
        };
        Some((source, origin.place.span()))
    }

    /// All of them, as a failure carries them.
    pub(crate) fn all(self) -> Vec<Violation> {
        self.found
    }
}

/// The first of several failures, if there is one, and all of them as its violations: each with
/// what it is about.
///
/// # Errors
/// That failure.
pub(crate) fn first(failures: Vec<(String, Failure)>) -> StepResult {
    let Some((_, first)) = failures.first().cloned() else { return Ok(()) };
    let violation = |(subject, failure): (String, Failure)| Violation {
        subject,
        expected: failure.expected,
        found: failure.found.replace('\n', "; "),
        spot: failure.spot,
        help: failure.help,
    };
    Err(first.violations(failures.into_iter().map(violation)))
}

/// The path of what is written at a place, below what bears a name: `services.web.ports`. Items of
/// lists have no path of their own, as they change their number. The name alone where no path leads there.
pub(crate) fn path(project: &Project, name: &str, origin: Option<Origin>) -> String {
    let Some(origin) = origin else { return name.to_owned() };
    let mut sections = project.tree.as_mapping().into_iter().flat_map(Mapping::iter);
    let path = sections.find_map(|(section, entries)| {
        let (key, node) = entries.as_mapping()?.entry(name)?;
        let path = format!("{}.{name}", &**section);
        if key.origin.place == origin.place { Some(path) } else { below(node, origin, path) }
    });
    path.unwrap_or_else(|| name.to_owned())
}

fn below(node: &Node, origin: Origin, path: String) -> Option<String> {
    if node.origin.place == origin.place {
        return Some(path);
    }
    match &node.value {
        Value::Mapping(entries) => entries.iter().find_map(|(key, node)| {
            let path = format!("{path}.{}", &**key);
            if key.origin.place == origin.place { Some(path) } else { below(node, origin, path) }
        }),
        Value::Sequence(items) => items.iter().find_map(|item| below(item, origin, path.clone())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_has_a_path_that_no_layout_changes() {
        let text = "services:\n  a: {image: a}\n  b:\n    image: b\n    privileged: true\n    ports: ['80:80', '81:81']\n";
        let project: Project =
            crate::compose::project::load_text("compose.yaml", text).expect("a model").into();
        let b = &project.services["b"];
        let of = |origin| path(&project, "b", Some(origin));
        assert_eq!(of(b.privileged.as_ref().expect("a value").origin), "services.b.privileged");
        assert_eq!(of(b.ports[1].origin), "services.b.ports");
        assert_eq!(path(&project, "b", declared::key_origin(&project, "b", "")), "services.b");
        assert_eq!(path(&project, "c", None), "c");
    }
}
