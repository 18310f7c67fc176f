//! The order of the rooms in `src/steps`: a file knows what stands before its room and what is in
//! it, nothing points back up, and no files of a room know each other in a circle.
//!
//! Tests inside the files are left out: they may hold a part against the whole language.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use regex::Regex;

/// From the ground up: each room, or file beside the rooms, may name those before it.
/// The table of the whole vocabulary (`mod.rs`, here "") is the roof.
const ROOMS: &[&str] = &[
    "world",
    "language",
    "judging",
    "environment",
    "service",
    "files",
    "traffic",
    "store",
    "secrets",
    "fault",
    "",
];

/// A module by the parts of its path below `steps`; the table of the vocabulary has none.
type Module = Vec<String>;

/// What is said of the modules: the text of each without its tests.
struct House {
    texts: BTreeMap<Module, String>,
    /// What the table of the vocabulary calls by a name of its own: `World` is in `world`.
    names: BTreeMap<String, Module>,
}

fn read(folder: &Path, at: &Module, texts: &mut BTreeMap<Module, String>) {
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        let stem = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let mut module = at.clone();
        if stem != "mod" {
            module.push(stem);
        }
        if path.is_dir() {
            read(&path, &module, texts);
        } else {
            let text = fs::read_to_string(&path).expect("source text");
            let text = text.split("\n#[cfg(test)]\nmod tests").next().unwrap_or_default();
            let lines = text.lines().map(|line| line.split("//").next().unwrap_or_default());
            texts.insert(module, lines.collect::<Vec<_>>().join("\n"));
        }
    }
}

/// The paths of a tree of `use`: `a::{b, c::d}` is `a::b` and `a::c::d`.
fn paths(tree: &str) -> Vec<Module> {
    let (mut depth, mut branches, mut branch) = (0, Vec::new(), String::new());
    for letter in tree.chars() {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                branches.push(std::mem::take(&mut branch));
                continue;
            }
            _ => {}
        }
        branch.push(letter);
    }
    branches.push(branch);
    let mut found = Vec::new();
    for branch in branches.iter().map(|branch| branch.trim()).filter(|branch| !branch.is_empty()) {
        let parts = |path: &str| -> Module {
            let names = path.split("::").filter(|name| !name.is_empty());
            names.filter_map(|name| Some(name.split_whitespace().next()?.to_owned())).collect()
        };
        match branch.split_once('{') {
            Some((stem, inner)) => {
                let inner = inner.trim().strip_suffix('}').expect("a closed brace");
                let stem = parts(stem);
                found.extend(paths(inner).into_iter().map(|path| [stem.clone(), path].concat()));
            }
            None => found.push(parts(branch)),
        }
    }
    found
}

impl House {
    fn read() -> Self {
        let mut texts = BTreeMap::new();
        read(Path::new("src/steps"), &Vec::new(), &mut texts);
        let mut house = Self { texts, names: BTreeMap::new() };
        let table = house.texts.get(&Vec::new()).expect("the table of the vocabulary").clone();
        let shared = Regex::new(r"pub use self::([^;]*);").expect("a pattern");
        for shared in shared.captures_iter(&table) {
            for path in paths(&shared[1]) {
                let name = path.iter().rfind(|part| *part != "self").expect("a name").clone();
                house.names.insert(name, house.module(&path));
            }
        }
        house
    }

    /// The module in which a path below `steps` ends.
    fn module(&self, path: &[String]) -> Module {
        let known = (1..=path.len()).rev().map(|length| path[..length].to_vec());
        let found = known.into_iter().find(|path| self.texts.contains_key(path));
        found.or_else(|| self.names.get(path.first()?).cloned()).unwrap_or_default()
    }

    /// What a module names of the others.
    fn named_by(&self, module: &Module) -> BTreeSet<Module> {
        let text = &self.texts[module];
        let mut named = BTreeSet::new();
        let mut name = |path: &Module| {
            let known = match path.first().map(String::as_str) {
                Some("crate") if path.get(1).is_some_and(|name| name == "steps") => {
                    self.module(&path[2..])
                }
                Some("super" | "self") => {
                    let up = path.iter().take_while(|part| *part == "super").count();
                    let own = &module[..module.len().saturating_sub(up)];
                    let rest = path.iter().filter(|part| *part != "super" && *part != "self");
                    self.module(&[own, &rest.cloned().collect::<Vec<_>>()].concat())
                }
                _ => return,
            };
            named.insert(known);
        };
        let uses = Regex::new(r"(?m)^\s*(?:pub(?:\([^)]*\))? )?use ([^;]*);").expect("a pattern");
        uses.captures_iter(text).flat_map(|found| paths(&found[1])).for_each(|path| name(&path));
        let rest = uses.replace_all(text, "");
        let plain = Regex::new(r"\b(?:crate::steps|super)(?:::\w+)+").expect("a pattern");
        plain.find_iter(&rest).flat_map(|found| paths(found.as_str())).for_each(|path| name(&path));
        let own = Regex::new(r"(?m)^(?:pub(?:\(\w+\))? )?mod (\w+);").expect("a pattern");
        for child in own.captures_iter(&rest) {
            let called = Regex::new(&format!(r"(?:^|[^:\w]){}::", &child[1])).expect("a pattern");
            if called.is_match(&rest) {
                name(&vec!["self".to_owned(), child[1].to_owned()]);
            }
        }
        named.remove(module);
        named
    }
}

fn room(module: &Module) -> usize {
    let name = module.first().map(String::as_str).unwrap_or_default();
    ROOMS.iter().position(|room| *room == name).unwrap_or_else(|| {
        panic!("src/steps/{name} is no room: say in the list of this test what stands before it")
    })
}

fn shown(module: &Module) -> String {
    if module.is_empty() { "the table of the vocabulary".into() } else { module.join("::") }
}

#[test]
fn no_step_points_back_up() {
    let house = House::read();
    assert!(house.texts.len() > 60, "src/steps has {} files", house.texts.len());
    let mut up = Vec::new();
    for module in house.texts.keys() {
        for named in house.named_by(module) {
            if room(&named) > room(module) {
                up.push(format!("{} names {}", shown(module), shown(&named)));
            }
        }
    }
    assert!(up.is_empty(), "arrows that point back up: {}\n{}", up.len(), up.join("\n"));
}

#[test]
fn no_steps_know_each_other_in_a_circle() {
    let house = House::read();
    let mut circles = BTreeSet::new();
    for module in house.texts.keys() {
        // The shortest way back to itself, if there is one.
        let mut ways = vec![vec![module.clone()]];
        let mut known = BTreeSet::new();
        while !ways.is_empty() {
            let mut longer = Vec::new();
            for way in ways {
                let last = way.last().expect("a module");
                for next in house.named_by(last).into_iter().filter(|next| !next.is_empty()) {
                    if next == *module {
                        let mut names: Vec<String> = way.iter().map(shown).collect();
                        let first = names.iter().min().cloned().unwrap_or_default();
                        while names[0] != first {
                            names.rotate_left(1);
                        }
                        circles.insert(names.join(" → "));
                    } else if known.insert(next.clone()) {
                        longer.push([way.clone(), vec![next]].concat());
                    }
                }
            }
            ways = longer;
        }
    }
    let circles: Vec<String> = circles.into_iter().collect();
    assert!(circles.is_empty(), "circles:\n{}", circles.join("\n"));
}
