//! Files that are parts of other projects: included, or there to be extended from.
//!
//! Which files a project names so is read from its files as they are written, before anything is
//! loaded: that a project cannot be loaded makes no project of its parts.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Read as _,
    sync::Arc,
};

use camino::{Utf8Path, Utf8PathBuf};
use rayon::prelude::*;

use super::{
    discover::{Plan, clean, has_default_name},
    settings::{Settings, of_process},
};
use crate::{
    compose::{
        journal::Journal,
        template,
        tree::{Mapping, Node},
        yaml,
    },
    plain,
    source::Source,
};

/// Files above this size are none that people write.
const LARGEST: u64 = 8 << 20;

/// The text of a file of ordinary size.
pub fn text_of(file: &Utf8Path) -> Option<String> {
    let opened = plain::open(file).ok()?;
    let mut text = String::new();
    let whole = opened.metadata().ok()?.len() <= LARGEST;
    (whole && opened.take(LARGEST).read_to_string(&mut text).is_ok()).then_some(text)
}

/// The documents of a Compose file; none of one that cannot be read.
pub fn documents(file: &Utf8Path, text: String) -> Vec<Node> {
    let read = yaml::read(&Source::new(file, text), &mut Journal::default());
    read.unwrap_or_default().into_iter().map(|document| document.root).collect()
}

/// The services of a document.
pub fn services(document: &Node) -> impl Iterator<Item = (&str, &Node)> {
    let services = document.get("services").and_then(Node::as_mapping);
    services.into_iter().flat_map(Mapping::iter).map(|(key, node)| (&*key.text, node))
}

/// What the files of a project name.
#[derive(Debug, Default)]
struct Named {
    /// Files that are included.
    included: BTreeSet<Utf8PathBuf>,
    /// Files that services are taken from, with these services.
    extended: BTreeMap<Utf8PathBuf, BTreeSet<String>>,
}

/// The projects that are no parts of others. A file that is named so and stays a project knows of
/// which it may be a part.
pub fn without_parts(plans: Vec<Plan>) -> Vec<Plan> {
    if plans.len() < 2 {
        return plans;
    }
    let named: Vec<Named> = plans.par_iter().map(named_by).collect();
    let names_any = |at: &usize| {
        named.get(*at).is_some_and(|one| !one.included.is_empty() || !one.extended.is_empty())
    };
    let naming: Vec<usize> = (0..plans.len()).filter(names_any).collect();
    if naming.is_empty() {
        return plans;
    }
    let of = |(at, plan): (usize, &Plan)| {
        let others = naming.iter().copied().filter(|other| *other != at);
        let others: Vec<(usize, &Named)> = others.map(|other| (other, &named[other])).collect();
        if is_part(plan, &others) {
            let named = |file: &Utf8PathBuf, by: &Named| {
                by.included.contains(file) || by.extended.contains_key(file)
            };
            let by = others.iter().filter(|(_, by)| plan.own().iter().any(|file| named(file, by)));
            by.map(|(other, _)| *other).collect()
        } else {
            Vec::new()
        }
    };
    let of: Vec<Vec<usize>> = plans.iter().enumerate().map(of).collect();
    // Of projects that name each other in a circle, the first stays.
    let mut kept: BTreeSet<usize> = (0..plans.len()).filter(|at| of[*at].is_empty()).collect();
    for at in 0..plans.len() {
        if !leads_to(&of, at, &kept) {
            kept.insert(at);
        }
    }
    let owner = |plan: &Plan, at: usize| {
        let mut others =
            naming.iter().copied().filter(|other| *other != at && kept.contains(other));
        let first = plan.files.first()?;
        let other = others.find(|other| {
            let named = &named[*other];
            plan.own()
                .iter()
                .chain([first])
                .any(|file| named.included.contains(file) || named.extended.contains_key(file))
                && !plans[*other].files.contains(first)
        });
        other.map(|other| plans[other].name.clone())
    };
    let owners: Vec<Option<String>> =
        plans.iter().enumerate().map(|(at, plan)| owner(plan, at)).collect();
    let all = plans.into_iter().zip(owners).enumerate();
    all.filter(|(at, _)| kept.contains(at))
        .map(|(_, (plan, part_of))| Plan { part_of, ..plan })
        .collect()
}

/// Whether a project is a part of one that stays, at however many removes.
fn leads_to(of: &[Vec<usize>], from: usize, kept: &BTreeSet<usize>) -> bool {
    let (mut waiting, mut seen) = (vec![from], BTreeSet::new());
    while let Some(at) = waiting.pop() {
        if kept.contains(&at) {
            return true;
        }
        if seen.insert(at) {
            waiting.extend(&of[at]);
        }
    }
    false
}

/// Whether other projects bring in all that a plan is about.
fn is_part(plan: &Plan, others: &[(usize, &Named)]) -> bool {
    let is_included = |file: &Utf8PathBuf| others.iter().any(|(_, by)| by.included.contains(file));
    let is_taken = |file: &Utf8PathBuf| {
        let taken = others.iter().filter_map(|(_, by)| by.extended.get(file));
        let taken: BTreeSet<String> = taken.flatten().cloned().collect();
        !has_default_name(file) && !taken.is_empty() && are_all(file, taken)
    };
    !plan.said && plan.own().iter().all(|file| is_included(file) || is_taken(file))
}

/// Whether these are all services of a file, with those that they are made of.
fn are_all(file: &Utf8Path, mut known: BTreeSet<String>) -> bool {
    let documents = text_of(file).map(|text| documents(file, text)).unwrap_or_default();
    let own = |node: &Node| {
        let base = node.get("extends")?;
        let elsewhere = base.get("file").is_some_and(|file| !file.is_null());
        let name = base.as_str().or_else(|| base.get("service")?.as_str())?;
        (!elsewhere).then(|| name.to_owned())
    };
    loop {
        let before = known.len();
        for (name, node) in documents.iter().flat_map(services) {
            if known.contains(name) {
                known.extend(own(node));
            }
        }
        if known.len() == before {
            break;
        }
    }
    documents.iter().flat_map(services).all(|(name, _)| known.contains(name))
}

fn named_by(plan: &Plan) -> Named {
    let folder = plan.folder();
    let env_files =
        if plan.env_files.is_empty() { vec![folder.join(".env")] } else { plan.env_files.clone() };
    let files = plan.files.iter().rev();
    let mut search = Search {
        env_files,
        settings: None,
        named: Named::default(),
        waiting: files.map(|file| (file.clone(), folder.clone(), true)).collect(),
    };
    // A chain of files may be as long as somebody wants: it is not followed on the call stack.
    let mut seen = BTreeSet::new();
    while let Some((file, folder, whole)) = search.waiting.pop() {
        if seen.insert((file.clone(), whole)) {
            search.file(&file, &folder, whole);
        }
    }
    search.named
}

struct Search {
    env_files: Vec<Utf8PathBuf>,
    /// Read where a name has a variable in it.
    settings: Option<Arc<Settings>>,
    named: Named,
    /// Files to read, each with the folder that its paths start from, and whether it is a project's
    /// or there to be extended.
    waiting: Vec<(Utf8PathBuf, Utf8PathBuf, bool)>,
}

impl Search {
    fn file(&mut self, file: &Utf8Path, folder: &Utf8Path, whole: bool) {
        let Some(text) = text_of(file) else { return };
        if !text.contains("include") && !text.contains("extends") {
            return;
        }
        for document in documents(file, text) {
            if whole {
                let entries = document.get("include").and_then(Node::as_sequence);
                entries.unwrap_or_default().iter().for_each(|entry| self.include(entry, folder));
            }
            for (_, service) in services(&document) {
                self.extends(service, file, folder);
            }
        }
    }

    fn include(&mut self, entry: &Node, folder: &Utf8Path) {
        let node = entry.get("path").unwrap_or(entry);
        let items = node.as_sequence().unwrap_or_default().iter().chain([node]);
        let paths: Vec<String> = items.filter_map(Node::as_str).map(str::to_owned).collect();
        let paths: Vec<Utf8PathBuf> =
            paths.iter().map(|path| clean(&folder.join(self.filled(path)))).collect();
        let directory = entry.get("project_directory").and_then(Node::as_str);
        let own = match (directory.filter(|text| !text.is_empty()), paths.first()) {
            (Some(text), _) => clean(&folder.join(self.filled(text))),
            (None, Some(first)) => first.parent().unwrap_or(folder).to_owned(),
            (None, None) => return,
        };
        for path in paths {
            self.named.included.insert(path.clone());
            self.waiting.push((path, own.clone(), true));
        }
    }

    fn extends(&mut self, service: &Node, file: &Utf8Path, folder: &Utf8Path) {
        let Some(base) = service.get("extends") else { return };
        let Some(name) = base.get("service").and_then(Node::as_str) else { return };
        let Some(path) = base.get("file").and_then(Node::as_str) else { return };
        let path = clean(&folder.join(self.filled(path)));
        // A service of the file itself is no other file's.
        if path == *file {
            return;
        }
        self.named.extended.entry(path.clone()).or_default().insert(name.to_owned());
        let below = path.parent().unwrap_or(folder).to_owned();
        self.waiting.push((path, below, false));
    }

    /// A path with its variables put in.
    fn filled(&mut self, text: &str) -> String {
        if !text.contains('$') {
            return text.to_owned();
        }
        let settings = self.settings.get_or_insert_with(|| Settings::of(&self.env_files).into());
        let settings = Arc::clone(settings);
        let mut value = |name: &str| of_process(name).or_else(|| settings.get(name));
        let filled = template::substitute(text, &mut value).ok().flatten();
        filled.map_or_else(|| text.to_owned(), |filled| filled.text)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn kept(files: &[(String, String)], named: &[&str]) -> Vec<String> {
        let folder = tempfile::tempdir().expect("a folder");
        let here = Utf8Path::from_path(folder.path()).expect("UTF-8");
        for (name, text) in files {
            fs::write(here.join(name), text).expect("a file");
        }
        let plan = |name: &&str| Plan { said: false, ..Plan::named(vec![here.join(name)], here) };
        let plans = without_parts(named.iter().map(plan).collect());
        plans.into_iter().map(|plan| plan.name).collect()
    }

    #[test]
    fn a_chain_is_followed_however_long_it_is() {
        let link = |at: usize| (format!("x{at}.yaml"), format!("include: [x{}.yaml]\n", at + 1));
        let mut files: Vec<_> = (0..5000).map(link).collect();
        files.push(("x5000.yaml".into(), "services: {}\n".into()));
        assert_eq!(kept(&files, &["x5000.yaml", "x0.yaml"]), ["x0.yaml"]);
    }

    #[test]
    fn of_files_that_lead_to_each_other_the_first_stays() {
        let include = |name: &str, other: &str| (name.to_owned(), format!("include: [{other}]\n"));
        let circle =
            [include("a.yaml", "b.yaml"), include("b.yaml", "c.yaml"), include("c.yaml", "a.yaml")];
        assert_eq!(kept(&circle, &["b.yaml", "a.yaml", "c.yaml"]), ["b.yaml"]);
    }

    #[test]
    fn a_file_of_which_a_service_is_left_is_a_project() {
        let base = (
            "base.yaml".to_owned(),
            "services: {a: {extends: c}, b: {image: b}, c: {image: c}}\n".to_owned(),
        );
        let by = |service: &str| {
            let text =
                format!("services: {{x: {{extends: {{file: base.yaml, service: {service}}}}}}}\n");
            (format!("{service}.yaml"), text)
        };
        let all = [base, by("a"), by("b")];
        assert_eq!(kept(&all, &["base.yaml", "a.yaml"]), ["base.yaml", "a.yaml"]);
        // Two projects may take it between them.
        assert_eq!(kept(&all, &["base.yaml", "a.yaml", "b.yaml"]), ["a.yaml", "b.yaml"]);
    }
}
