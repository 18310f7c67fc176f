//! Does the suite notice a broken Compose file? Everything in PrimeHub's two is changed, removed or
//! added to, one at a time; each mutation makes `check` fail, or stands in
//! `fixtures/declared/survivors.txt` with the reason why it may pass.

mod text;

use std::{cmp::Reverse, collections::BTreeMap, fs};

use seaworthy::{
    features::{Planned, Suite},
    run::Truth,
};

use self::text::{Mutation, mutations};
use super::check::{Copy, Project};

const FILES: [&str; 2] = ["docker-compose.yml", "docker-compose.production.yml"];
const SURVIVORS: &str = "fixtures/declared/survivors.txt";

/// The survivors of one file, each with its reason.
fn survivors<'l>(list: &'l str, file: &str) -> BTreeMap<&'l str, &'l str> {
    let (mut ours, mut reason) = (false, None);
    let mut survivors = BTreeMap::new();
    for line in list.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(section) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            assert!(FILES.contains(&section), "{section}: no such Compose file");
            (ours, reason) = (section == file, None);
        } else if let Some(id) = line.strip_prefix("  ") {
            let reason = reason.unwrap_or_else(|| panic!("{id}: no reason"));
            if ours {
                assert_eq!(survivors.insert(id, reason), None, "{id} stands there twice");
            }
        } else {
            reason = Some(line);
        }
    }
    survivors
}

/// The scenarios, those apart that speak of the same environments, and how many mutations each
/// part has noticed: that which notices most is asked first, before the others are loaded.
fn parts(project: Project, file: &str) -> Vec<(Project, usize)> {
    let Project { config, suite } = project;
    let of_file = |name: &String| {
        config.environments[name].files.iter().any(|path| path.file_name() == Some(file))
    };
    let mut parts: BTreeMap<(usize, Vec<String>), Vec<Planned>> = BTreeMap::new();
    for planned in suite.plan {
        let judged = planned.truths.contains(&Truth::Declared);
        if judged && planned.environments.iter().any(of_file) {
            let names = planned.environments.clone();
            parts.entry((names.len(), names)).or_default().push(planned);
        }
    }
    let part = |plan| Suite { features: Vec::new(), plan, rest: Vec::new() };
    let part = |plan| Project { config: config.clone(), suite: part(plan) };
    parts.into_values().map(|plan| (part(plan), 0)).collect()
}

/// Every mutation of a file makes `check` fail, or stands in the list.
fn noticed_or_explained(name: &str, least: usize) {
    let list = fs::read_to_string(SURVIVORS).expect("the list of survivors");
    let mut listed = survivors(&list, name);
    let copy = Copy::new();
    let mut parts = parts(Project::read(copy.root()), name);
    let file = copy.root().join("docker/primehub").join(name);
    let text = fs::read_to_string(&file).expect("the Compose file");
    let (mut unnoticed, mut caught) = (Vec::new(), Vec::new());
    let mutations = mutations(&text);
    let count = mutations.len();
    for Mutation { id, text: mutated } in mutations {
        assert!(mutated != text, "{id} changes nothing");
        fs::write(&file, &mutated).expect("a file");
        let noticed = parts.iter().position(|(part, _)| part.fails());
        if let Some(at) = noticed {
            parts[at].1 += 1;
            parts.sort_by_key(|(_, noticed)| Reverse(*noticed));
        }
        match (noticed.is_some(), listed.remove(id.as_str())) {
            (false, None) => unnoticed.push(id),
            (true, Some(_)) => caught.push(id),
            _ => {}
        }
    }
    assert!(count >= least, "{count} mutations");
    assert!(
        unnoticed.is_empty(),
        "no scenario notices these {} of {count}; add one, or list them in {SURVIVORS} with a reason: {unnoticed:#?}",
        unnoticed.len()
    );
    assert!(caught.is_empty(), "these are noticed: take them from {SURVIVORS}: {caught:#?}");
    assert!(listed.is_empty(), "{SURVIVORS} speaks of mutations that there are not: {listed:#?}");
}

#[test]
fn every_mutation_of_developments_compose_file_is_noticed_or_explained() {
    noticed_or_explained(FILES[0], 350);
}

#[test]
fn every_mutation_of_productions_compose_file_is_noticed_or_explained() {
    noticed_or_explained(FILES[1], 800);
}
