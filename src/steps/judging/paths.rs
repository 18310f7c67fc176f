//! Paths through the merged model, and all that one leads to.
//!
//! `*` stands for every key or item; a key with dots stands in brackets: `labels.[com.example.a]`.

use std::collections::BTreeSet;

use crate::steps::judging::{declared, same::told};
use crate::{
    compose::{
        Project, attributes,
        journal::Origin,
        tree::{Node, Value},
    },
    run::Failure,
};

/// A part of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Any,
    Key(String),
}

/// An attribute that a path leads to, or the place where it would stand.
pub(crate) struct Attribute<'p> {
    /// The path without `*`.
    pub path: String,
    /// What the first `*` stands for, or the key below the section.
    pub subject: String,
    /// What each `*` stands for: a key, or what tells an item of a list from the others.
    pub stars: Vec<String>,
    /// The value, if there is one.
    pub node: Option<&'p Node>,
    /// Where it, or what would hold it, is written.
    pub origin: Origin,
}

fn parts(path: &str) -> Result<Vec<Part>, Failure> {
    let mut parts = Vec::new();
    let mut rest = path;
    loop {
        let (part, after) = match rest.strip_prefix('[').and_then(|inner| inner.split_once(']')) {
            Some((key, after)) => (key, after),
            None => rest.split_at(rest.find('.').unwrap_or(rest.len())),
        };
        if part.is_empty() {
            return Err(Failure::undecided(
                format!("read the path \"{path}\""),
                "a part of it is empty",
            )
            .help("write it like \"services.*.init\""));
        }
        parts.push(if part == "*" { Part::Any } else { Part::Key(part.to_owned()) });
        match after.strip_prefix('.') {
            Some(more) => rest = more,
            None if after.is_empty() => break,
            None => {
                return Err(Failure::undecided(
                    format!("read the path \"{path}\""),
                    format!("a dot is missing before \"{after}\""),
                ));
            }
        }
    }
    let names: Vec<&str> = parts
        .iter()
        .map(|part| if let Part::Key(key) = part { key.as_str() } else { "*" })
        .collect();
    match attributes::unknown(&names) {
        None => Ok(parts),
        Some((part, near)) => {
            let help = near.map_or_else(
                || "`seaworthy config` shows the model; the Compose specification names every attribute".to_owned(),
                |near| format!("did you mean \"{near}\"?"),
            );
            Err(Failure::undecided(
                format!("find \"{path}\" in a Compose file"),
                format!("no Compose file can say \"{part}\" there"),
            )
            .help(help))
        }
    }
}

/// Everything that a path leads to.
pub(crate) fn find<'p>(project: &'p Project, path: &str) -> Result<Vec<Attribute<'p>>, Failure> {
    let parts = parts(path)?;
    // What is not there has no attribute that could be wrong: a misspelt name would hold for ever.
    if let [Part::Key(section), Part::Key(name), _, ..] = &parts[..] {
        if section == "services" {
            declared::service(project, name)?;
        } else if project.at(&[section]).is_none_or(|section| {
            section.as_mapping().is_some_and(|entries| !entries.contains(name))
        }) {
            let failure = Failure::finding(
                format!("there is \"{section}.{name}\""),
                "the files that are in use have nothing of that name",
            )
            .help("correct the name: `seaworthy config` shows the model that paths go through");
            return Err(declared::section(project, section, failure));
        }
    }
    let mut found = Vec::new();
    let start = Attribute {
        path: String::new(),
        subject: String::new(),
        stars: Vec::new(),
        node: Some(&project.tree),
        origin: Origin::IMPLIED,
    };
    walk(start, &parts, &mut found);
    Ok(found)
}

fn walk<'p>(at: Attribute<'p>, parts: &[Part], found: &mut Vec<Attribute<'p>>) {
    let Some((part, rest)) = parts.split_first() else {
        found.push(at);
        return;
    };
    let mut step = |key: &str, star: Option<&str>, node: Option<&'p Node>, origin: Origin| {
        let depth = at.path.matches('.').count() + usize::from(!at.path.is_empty());
        let shown = if key.contains('.') { format!("[{key}]") } else { key.to_owned() };
        let path = if depth == 0 { shown } else { format!("{}.{shown}", at.path) };
        let subject = if depth == 1 { key.to_owned() } else { at.subject.clone() };
        let written = |origin: Origin| origin.place.file().is_some();
        let origin = if written(origin) { origin } else { at.origin };
        let stars = at.stars.iter().cloned().chain(star.map(str::to_owned)).collect();
        walk(Attribute { path, subject, stars, node, origin }, rest, found);
    };
    let node = at.node.filter(|node| !node.is_null());
    match (part, node.map(|node| &node.value)) {
        (Part::Any, Some(Value::Mapping(entries))) => {
            for (key, node) in entries.iter() {
                step(key, Some(&**key), Some(node), key.origin);
            }
        }
        (Part::Any, Some(Value::Sequence(items))) => {
            let names = item_names(items);
            for (index, node) in items.iter().enumerate() {
                let number = index.to_string();
                let name = names.as_ref().and_then(|names| names.get(index)).unwrap_or(&number);
                step(&number, Some(name), Some(node), node.origin);
            }
        }
        (Part::Any, _) => {}
        (Part::Key(key), Some(Value::Mapping(entries))) => match entries.entry(key) {
            Some((key, node)) => {
                let scalar = !matches!(node.value, Value::Mapping(_) | Value::Sequence(_));
                let origin = if scalar && node.origin.place.file().is_some() {
                    node.origin
                } else {
                    key.origin
                };
                step(key, None, Some(node), origin);
            }
            None => step(key, None, None, at.origin),
        },
        (Part::Key(key), Some(Value::Sequence(items))) => {
            let item = key.parse::<usize>().ok().and_then(|index| items.get(index));
            step(key, None, item, item.map_or(at.origin, |item| item.origin));
        }
        (Part::Key(key), _) => step(key, None, None, at.origin),
    }
}

/// What tells the items of a list from each other, wherever they stand in it; none if nothing does.
pub(crate) fn item_names(items: &[Node]) -> Option<Vec<String>> {
    let name = |item: &Node| {
        let key = item.get("target").or_else(|| item.get("source")).or_else(|| item.get("path"))?;
        Some(key.as_str().map_or_else(|| told(key), str::to_owned))
    };
    let names: Vec<String> = items.iter().map(name).collect::<Option<_>>()?;
    let different: BTreeSet<&String> = names.iter().collect();
    (different.len() == names.len()).then_some(names)
}

/// How many parts of a path stand for anything.
pub(crate) fn stars(path: &str) -> Result<usize, Failure> {
    Ok(parts(path)?.iter().filter(|part| **part == Part::Any).count())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(text: &str) -> Project {
        crate::compose::project::load_text("compose.yaml", text).expect("a model").into()
    }

    #[test]
    fn a_path_leads_to_every_attribute_and_to_where_one_is_missing() {
        let project = project(
            "services:\n  a: {image: a, init: true}\n  b: {image: b}\n  c: {image: c, labels: {com.example.x: y}}\n",
        );
        let found = find(&project, "services.*.init").expect("a path");
        let told: Vec<_> =
            found.iter().map(|found| (found.path.as_str(), found.node.is_some())).collect();
        assert_eq!(
            told,
            [("services.a.init", true), ("services.b.init", false), ("services.c.init", false)]
        );
        let found = find(&project, "services.c.labels.[com.example.x]").expect("a path");
        assert!(found[0].node.is_some_and(|node| node.as_str() == Some("y")));
        assert_eq!(found[0].subject, "c");
    }

    #[test]
    fn a_path_that_no_file_can_have_is_an_error() {
        let project = project("services:\n  a: {image: a}\n");
        let why = find(&project, "services.*.privilegd").err().expect("an error");
        assert!(why.help.contains("privileged"), "{why:?}");
        assert!(find(&project, "services..init").is_err());
    }
}
