//! What a run was of: gathered from the configuration, the files and the running stacks.

use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use indexmap::IndexMap;
use rayon::prelude::*;

use super::{blank::blank, chain, commit, facts};
use crate::{
    compose::Project,
    config::Config,
    diagnostic::Diagnostic,
    diagram,
    facts::{answers, connections},
    features::{Planned, Suite},
    findings::Found,
    lint::{self, discover, section::Settled},
    outside,
    run::{
        self, About, Differences, EnvironmentFacts, ImageUsed, LintFinding, LintRun, Reach, Run,
        ScenarioRun, Stretch, Truth, Way, Work,
    },
    stack::{Stack, versions},
    steps::{Difference, Redactor, held_in_full, world::Running},
};

/// What a project is called: as its folder is.
#[must_use]
pub fn project(config: &Config) -> String {
    let here = std::env::current_dir().ok().and_then(|here| Utf8PathBuf::from_path_buf(here).ok());
    project_in(&here.unwrap_or_default(), config)
}

fn project_in(here: &Utf8Path, config: &Config) -> String {
    let folder = here.join(&config.root);
    let folder = folder.canonicalize_utf8().unwrap_or(folder);
    folder.file_name().unwrap_or_default().to_owned()
}

/// What is known before anything is judged.
pub(super) fn begin(config: &Config, run: &mut Run) {
    run.about = About {
        project: project_in(&run.here, config),
        commit: commit::of(&run.root),
        versions: vec![("seaworthy".into(), env!("CARGO_PKG_VERSION").into())],
        ..About::default()
    };
    let named = config.document.as_deref();
    let file = config.document();
    match config.bounds().read(file.clone()) {
        Ok(document) if document.is_outside() => run.about.remarks.push(
            Diagnostic::warning(format!(
                "{file} lies outside the repository and is not shown: the features are the document"
            ))
            .help(format!("{} {file} lets reports show it", outside::OPTION)),
        ),
        Ok(document) => run.about.document = Some(document),
        Err(why) if named.is_some() || file.exists() => run.about.remarks.push(
            Diagnostic::warning(format!("the architecture document {file} cannot be read: {why}"))
                .or_at(config.named_at(&["document"]))
                .help("`document:` in seaworthy.yaml names it; it is UTF-8 text"),
        ),
        Err(_) => {}
    }
}

/// Verdicts that nobody asked for: of scenarios that were left out, and, where the files alone were
/// asked, those of the running stack on what the files have judged.
pub(super) fn left_out(suite: &Suite, by_files_alone: bool) -> Vec<ScenarioRun> {
    let all = |planned: &Planned| -> Vec<ScenarioRun> {
        planned.truths.iter().map(|truth| blank(planned, *truth)).collect()
    };
    let judged = |planned: &&Planned| planned.truths.contains(&Truth::Declared);
    let observed = |planned: &Planned| {
        let asks = by_files_alone && planned.truths.contains(&Truth::Observed);
        asks.then(|| blank(planned, Truth::Observed))
    };
    let both = suite.plan.iter().filter(judged).filter_map(observed);
    both.chain(suite.rest.iter().flat_map(all)).collect()
}

/// What the files say of the environments, in the order of the configuration.
pub(super) fn of_files(
    config: &Config,
    projects: &IndexMap<String, Arc<Project>>,
    redactor: &Redactor,
    about: &mut About,
) {
    let in_order = |name: &&String| projects.contains_key(*name);
    about.environments = config.environments.keys().filter(in_order).cloned().collect();
    about.drawings = about
        .environments
        .par_iter()
        .filter_map(|name| Some((name.clone(), diagram::declared(name, projects.get(name)?))))
        .collect();
    about.reach = about
        .environments
        .iter()
        .filter_map(|name| Some(reach(name, projects.get(name)?, redactor)))
        .collect();
    for (_, graph) in &mut about.drawings {
        graph.each_text(|text| *text = redactor.any(text));
    }
    about.facts = about
        .environments
        .par_iter()
        .filter_map(|name| Some(facts::of_files(name, projects.get(name)?, redactor)))
        .collect();
}

/// What environments differ in, and why, as far as a sentence says it; and a drawing of the first pair.
pub(super) fn of_differences(
    suite: &Suite,
    projects: &IndexMap<String, Arc<Project>>,
    redactor: &Redactor,
    about: &mut About,
) {
    let mut pairs: IndexMap<[&str; 2], Vec<&[String]>> = IndexMap::new();
    let planned = suite.plan.iter().chain(&suite.rest);
    for (names, rows) in planned.flat_map(|planned| &planned.matches).filter_map(held_in_full) {
        pairs.entry(names).or_default().extend(rows.iter().map(Vec::as_slice));
    }
    let environments = about.environments.clone();
    if let [first, second, ..] = &environments[..] {
        let is_told = pairs.keys().any(|pair| pair.contains(&first.as_str()));
        if !is_told {
            pairs.entry([first, second]).or_default();
        }
    }
    for (names, rows) in pairs {
        let [Some(first), Some(second)] = names.map(|name| projects.get(name)) else { continue };
        let both = [first, second];
        let found = Difference::all(both.map(AsRef::as_ref));
        let rows = found.into_iter().map(|difference| {
            let row = rows.iter().find(|row| difference.is_listed(row));
            let why = row.and_then(|row| row.get(3)).filter(|why| !why.trim().is_empty());
            let place =
                |at: usize| facts::place(&both.get(at)?.journal, difference.sides.get(at)?.1?);
            run::Difference {
                place: place(1).or_else(|| place(0)),
                why: why.map(|why| redactor.any(why)),
                sides: [0, 1].map(|at: usize| {
                    difference
                        .sides
                        .get(at)
                        .map_or_else(String::new, |(text, _)| redactor.any(text))
                }),
                path: redactor.any(&difference.path),
            }
        });
        let rows = rows.collect();
        // The first pair is drawn.
        if about.difference.is_none() {
            let [old, new] = [(names[0], first), (names[1], second)]
                .map(|(name, project)| (diagram::declared(name, project), project));
            let mut graph = diagram::difference((&old.0, old.1), (&new.0, new.1));
            graph.each_text(|text| *text = redactor.any(text));
            about.difference = Some(graph);
        }
        about.differences.push(Differences { environments: names.map(str::to_owned), rows });
    }
}

/// Who may reach whom by the files of an environment.
fn reach(environment: &str, project: &Project, redactor: &Redactor) -> Reach {
    let shown = |texts: &[String]| texts.iter().map(|text| redactor.any(text)).collect();
    let mut services: Vec<(String, Vec<String>)> = project
        .services
        .keys()
        .map(|name| {
            let networks = answers::reach::networks(project, name);
            (redactor.any(name), networks.into_iter().map(|name| redactor.any(name)).collect())
        })
        .collect();
    // Those on the same networks stand beside each other.
    let mut kinds: Vec<Vec<String>> = Vec::new();
    for (_, networks) in &services {
        if !kinds.contains(networks) {
            kinds.push(networks.clone());
        }
    }
    services.sort_by_key(|(_, networks)| kinds.iter().position(|kind| kind == networks));
    let ways = connections::ways(project).into_iter().map(|fact| Way {
        from: redactor.any(&fact.subject),
        to: redactor.any(&fact.value.to),
        networks: shown(&fact.value.networks),
        ports: shown(&fact.value.ports),
        is_named: fact.value.is_named,
    });
    Reach { environment: environment.to_owned(), services, ways: ways.collect() }
}

/// What the rules find in the files of all environments, as `lint` does without arguments.
pub(super) fn of_rules(config: &Config, redactor: &Redactor, run: &mut Run) {
    // A rule that does not exist is for `lint` to tell.
    let settled = Settled::of(config, &run.here).unwrap_or_default();
    let Ok(rules) = lint::select_in(&settled, false, &[], &[]) else { return };
    let today = chrono::DateTime::<chrono::Local>::from(run.started).date_naive();
    let asked = lint::Asked::of(rules, &settled, today, run.here.clone());
    let found = lint::run(&discover::configured(config, &run.here), &asked);
    let summary = redactor.any(&found.summary());
    let mut findings = found.found;
    findings.sort_by_key(|one| std::cmp::Reverse(one.severity));
    let finding = |one: Found| {
        let mut told = one.diagnostic();
        one.message.clone_into(&mut told.title);
        LintFinding {
            rule: one.rule.id.to_owned(),
            severity: one.severity.word().to_owned(),
            fingerprint: one.fingerprint(),
            allowed: one.allowed.map(|allowed| {
                let reason = allowed.reason.unwrap_or_default();
                redactor.any(&reason)
            }),
            told,
        }
    };
    run.about.lint =
        Some(LintRun { summary, findings: findings.into_iter().map(finding).collect() });
}

/// What the running stacks show, in the place of what their files say; and what they run on.
pub(super) async fn of_stacks(
    config: &Config,
    stacks: &IndexMap<String, Arc<Running>>,
    redactor: &Redactor,
    run: &mut Run,
) {
    let Some(first) = stacks.values().next() else { return };
    if let Ok(version) = first.stack.engine.version().await {
        run.about.versions.push(("engine".into(), redactor.any(&version)));
    }
    if let Some(version) = versions::compose().await {
        run.about.versions.push(("Compose".into(), redactor.any(&version)));
    }
    for (name, running) in stacks {
        match facts::of_stack(&running.stack, redactor).await {
            Ok(seen) => put(config, seen, &mut run.about),
            Err(why) => run.about.remarks.push(
                Diagnostic::warning(format!(
                    "what the running {name} environment is cannot be shown: {}",
                    redactor.any(&chain(&why))
                ))
                .help("its scenarios are judged all the same"),
            ),
        }
        run.about.images.extend(images(&running.stack, redactor).await);
    }
}

/// Puts an environment's facts where they belong.
fn put(config: &Config, seen: EnvironmentFacts, about: &mut About) {
    match about.facts.iter_mut().find(|known| known.environment == seen.environment) {
        Some(known) => *known = seen,
        None => about.facts.push(seen),
    }
    let at = |name: &String| config.environments.get_index_of(name);
    about.facts.sort_by_key(|facts| at(&facts.environment));
    about.environments = about.facts.iter().map(|facts| facts.environment.clone()).collect();
}

async fn images(stack: &Stack, redactor: &Redactor) -> Vec<ImageUsed> {
    let mut used: Vec<ImageUsed> = Vec::new();
    for container in stack.containers().await.unwrap_or_default() {
        let name = redactor.any(&container.image);
        let same = |known: &&mut ImageUsed| known.id == container.image_id && known.name == name;
        match used.iter_mut().find(same) {
            Some(known) if known.services.contains(&container.service) => {}
            Some(known) => known.services.push(container.service),
            None => used.push(ImageUsed {
                environment: stack.environment.clone(),
                services: vec![container.service],
                name,
                id: container.image_id,
            }),
        }
    }
    used
}

/// An environment's services, each with those that it depends on.
pub(super) type Waits = (String, Vec<(String, Vec<String>)>);

/// Says of each service on the time line whom it had to wait for.
pub(super) fn dependencies(timeline: &mut [Stretch], projects: &[Waits]) {
    for stretch in timeline.iter_mut().filter(|stretch| stretch.work == Work::Service) {
        let of = projects.iter().find(|(name, _)| Some(name) == stretch.environment.as_ref());
        let services = of.map_or(&[][..], |(_, services)| services);
        if let Some((_, on)) = services.iter().find(|(name, _)| *name == stretch.what) {
            stretch.waited_for.clone_from(on);
        }
    }
}

/// Each service of a project with those it depends on.
pub(super) fn depending(name: &str, project: &Project) -> Waits {
    let services = project.services.iter();
    let services = services.map(|(service, declared)| {
        (service.clone(), declared.depends_on.keys().map(ToString::to_string).collect())
    });
    (name.to_owned(), services.collect())
}
