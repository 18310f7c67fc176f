//! A variable that was meant for the container, and that Compose has put in.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use camino::{Utf8DirEntry, Utf8Path, Utf8PathBuf};

use super::ignored::Repository;
use crate::{
    compose::{
        Project, Service,
        journal::{Origin, Place, Step, VariableOrigin},
        tree::Mapping,
    },
    diagnostic::Code,
    facts::answers::{env_file, services},
    policy::{Finding, Fix, Profile, Rule, Severity, Target, fix},
};

/// Compose takes every single dollar for its own.
pub static RULE: Rule = Rule {
    id: "dollar-taken-by-compose",
    severity: Severity::Medium,
    profile: Profile::Default,
    summary: "A single dollar for the container's shell is taken by Compose.",
    check,
    document: include_str!("dollar_taken_by_compose.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    let project = &target.project;
    let mut others = None;
    for (name, service) in services::made(project) {
        for part in parts(project, name) {
            for variable in unset(project, part.origin) {
                let Some((at, bare)) = written(project, part.origin, &variable) else { continue };
                let own = service.environment.get(&variable).is_some_and(|value| {
                    // A value that Compose was to put in as well was meant to be set.
                    value.value.is_some() && !variables(project, value.origin).contains(&variable)
                });
                let meant = part.is_meant(project, &variable, bare, in_shell(service));
                let others = others.get_or_insert_with(|| Others::of(project));
                if !own && (!meant || others.mean(&variable)) {
                    continue;
                }
                let why = if own {
                    "the variable that the container has is not asked"
                } else {
                    "it is set nowhere"
                };
                let finding = RULE.finding(
                    format!("services.{name}.{}[{variable}]", part.key),
                    format!(
                        "${variable} in {} of service \"{name}\" becomes nothing: Compose puts it in itself, and {why}",
                        part.what
                    ),
                    format!("write $${variable}, which Compose hands on as ${variable}"),
                    at,
                );
                let severity = if own { RULE.severity } else { Severity::Low };
                let fix = doubled(project, name, service, &part, &variable).filter(|_| own);
                found.push(Finding { severity, fix, ..finding });
                // A hash has many dollars, and is one fault.
                if part.key == "labels" {
                    break;
                }
            }
        }
    }
    in_env_files(target, others, found);
}

/// A value that a shell of the container, or a program that reads labels, gets.
struct Part {
    what: &'static str,
    key: &'static str,
    origin: Origin,
}

impl Part {
    /// Whether a variable that nobody sets is likely the container's: names in small letters are no
    /// variables of Compose's, a health check asks with what is there, a shell has its own, and
    /// hashes of passwords are parted by dollars.
    fn is_meant(&self, project: &Project, variable: &str, bare: bool, in_shell: bool) -> bool {
        let small = bare && variable.chars().any(|letter| letter.is_ascii_lowercase());
        small
            || match self.key {
                "healthcheck" => true,
                "labels" => bare && has_hash(project.journal.text(self.origin.place)),
                _ => bare && in_shell,
            }
    }
}

/// Whether a text has the hash of a password as crypt(5) writes it.
fn has_hash(text: &str) -> bool {
    ["$apr1$", "$1$", "$2a$", "$2b$", "$2y$", "$5$", "$6$"].iter().any(|kind| text.contains(kind))
}

/// Whether a service is started by `sh -c`.
fn in_shell(service: &Service) -> bool {
    let entrypoint = service.entrypoint.as_deref().unwrap_or_default();
    let command = service.command.as_deref().unwrap_or_default();
    let mut words = entrypoint.iter().chain(command).map(|word| word.as_str());
    words.next().zip(words.next()).is_some_and(|(shell, option)| runs_script(shell, option))
}

/// The values of a service that others than Compose read.
fn parts(project: &Project, name: &str) -> Vec<Part> {
    const PLACES: &[(&str, &[&str])] = &[
        ("the health check", &["healthcheck", "test"]),
        ("the command", &["command"]),
        ("the entry point", &["entrypoint"]),
        ("a label", &["labels"]),
    ];
    let Some(service) = project.at(&["services", name]) else { return Vec::new() };
    let mut all = Vec::new();
    for (what, path) in PLACES {
        let Some(node) = service.at(path) else { continue };
        let key = path.first().copied().unwrap_or_default();
        let mut known = BTreeSet::new();
        let items = node.as_sequence().unwrap_or_default().iter();
        let entries = node.as_mapping().into_iter().flat_map(Mapping::iter).map(|(_, node)| node);
        for item in items.chain(entries) {
            // The words of one text have one place.
            let span = item.origin.place.span();
            if known.insert((span.start, span.end)) {
                all.push(Part { what, key, origin: item.origin });
            }
        }
    }
    all
}

/// The variables in a value that are set nowhere, each once.
fn unset(project: &Project, origin: Origin) -> BTreeSet<String> {
    let steps = project.journal.steps(origin).into_iter();
    let unset = steps.filter_map(|step| match step {
        Step::Variable { name, from: VariableOrigin::Unset } => Some(name.to_string()),
        _ => None,
    });
    unset.collect()
}

/// The variables that Compose was to put in to a value, whether they are set or have a default.
fn variables(project: &Project, origin: Origin) -> BTreeSet<String> {
    let steps = project.journal.steps(origin).into_iter();
    let names = steps.filter_map(|step| match step {
        Step::Variable { name, .. } => Some(name.to_string()),
        _ => None,
    });
    names.collect()
}

/// Where a variable without an operator is written in a value, and whether it is so without braces.
fn written(project: &Project, origin: Origin, variable: &str) -> Option<(Origin, bool)> {
    let text = project.journal.text(origin.place);
    let (at, length, bare) = all_written(text, variable).into_iter().next()?;
    Some((fix::part(origin, at, at + length)?, bare))
}

/// All places of a text where a variable without an operator is written, each with its length and
/// whether it is so without braces.
fn all_written(text: &str, variable: &str) -> Vec<(usize, usize, bool)> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(at) = text.get(from..).and_then(|rest| rest.find('$')).map(|at| from + at) {
        let behind = &text[at + 1..];
        if behind.starts_with('$') {
            from = at + 2;
            continue;
        }
        from = at + 1;
        let braced = format!("{{{variable}}}");
        let plain = behind.strip_prefix(variable).is_some_and(|rest| {
            !rest.starts_with(|letter: char| letter.is_alphanumeric() || letter == '_')
        });
        let length = if behind.starts_with(&braced) {
            braced.len()
        } else if plain {
            variable.len()
        } else {
            continue;
        };
        found.push((at, 1 + length, plain));
    }
    found
}

/// Doubles the dollars of a health check's script, which the shell then reads with the container's own
/// variable. A command that is given another argument may no longer fit the data that it has made, and
/// what stands in quotes, or behind a backslash, the shell would not read.
fn doubled(
    project: &Project,
    name: &str,
    service: &Service,
    part: &Part,
    variable: &str,
) -> Option<Fix> {
    let test: Vec<&str> =
        service.healthcheck.as_ref()?.test.iter().map(|word| word.as_str()).collect();
    let script = match test[..] {
        ["CMD-SHELL", _] => 1,
        ["CMD", shell, option, _] if runs_script(shell, option) => 3,
        _ => return None,
    };
    let script = service.healthcheck.as_ref()?.test.get(script)?;
    if part.key != "healthcheck" || script.origin.place != part.origin.place {
        return None;
    }
    let written = project.journal.text(part.origin.place);
    let quoted = written.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
    if quoted.unwrap_or(written).contains('\'') {
        return None;
    }
    let title = format!("write $${variable}");
    let mut fix = Fix::new(title).touching(&["services", name, "healthcheck", "test"]);
    fix.of_template = true;
    for (at, _, _) in all_written(written, variable) {
        if written[..at].ends_with('\\') {
            return None;
        }
        fix = fix.write(fix::part(part.origin, at, at + 1)?, "$$");
    }
    Some(fix)
}

/// Whether a program is a shell that is told to run a script.
fn runs_script(program: &str, option: &str) -> bool {
    let program = program.rsplit('/').next().unwrap_or_default();
    matches!(program, "sh" | "bash" | "ash" | "dash" | "zsh")
        && option.starts_with('-')
        && option.ends_with('c')
}

/// Variables that Compose is to put in, as far as others of the files say.
struct Others(BTreeSet<String>);

impl Others {
    fn of(project: &Project) -> Self {
        let mut names = BTreeSet::new();
        let mut note = |origin: Origin| names.extend(variables(project, origin));
        // Where no shell of the container reads: there a variable can only be Compose's.
        for service in project.services.values() {
            let texts = [&service.image, &service.container_name, &service.user, &service.hostname];
            texts.into_iter().flatten().for_each(|text| note(text.origin));
            service.environment.values().for_each(|value| note(value.origin));
            let ports = service.ports.iter().flat_map(|port| [&port.published, &port.host_ip]);
            ports.flatten().for_each(|part| note(part.origin));
            let mounts = service.volumes.iter().filter_map(|mount| mount.source.as_ref());
            mounts.for_each(|source| note(source.origin));
            let args = service.build.iter().flat_map(|build| build.args.values());
            args.for_each(|value| note(value.origin));
        }
        names.extend(exported(project));
        for file in samples(project) {
            let Ok(text) = project.bounds.read_text(&file) else { continue };
            let set = env_file::all(&text, &|_| Some(String::new())).unwrap_or_default();
            names.extend(set.into_iter().map(|set| set.name));
        }
        Self(names)
    }

    fn mean(&self, variable: &str) -> bool {
        self.0.contains(variable)
    }
}

/// Folders of scripts, beside the Compose files or above them.
const SCRIPTS: &[&str] = &["", "bin", "lib", "script", "scripts", "tools"];

/// Scripts above this size are none that people write.
const LONGEST_SCRIPT: u64 = 128 << 10;

/// The variables that scripts of the repository hand on: what calls Compose may be one of them.
fn exported(project: &Project) -> BTreeSet<String> {
    if !project.has_files() {
        return BTreeSet::new();
    }
    let folder = Utf8Path::new(&project.folder);
    let top = Repository::around(project).top;
    let above = folder.ancestors().take_while(|above| above.starts_with(&top));
    let folders = above.flat_map(|above| SCRIPTS.iter().map(|name| above.join(name)));
    let files = folders
        .filter_map(|folder| folder.read_dir_utf8().ok())
        .flat_map(|entries| entries.flatten().map(Utf8DirEntry::into_path))
        .filter(|path| path.metadata().is_ok_and(|it| it.is_file() && it.len() < LONGEST_SCRIPT));
    let mut names = BTreeSet::new();
    for text in files.filter_map(|file| project.bounds.read_text(&file).ok()) {
        let lines = text.lines().filter_map(|line| line.trim_start().strip_prefix("export "));
        let words = lines.flat_map(str::split_whitespace);
        let name = |word: &str| word.split('=').next().unwrap_or_default().to_owned();
        names.extend(words.map(name).filter(|name| !name.is_empty()));
    }
    names
}

/// The files beside the Compose files that say which variables are to be set.
fn samples(project: &Project) -> Vec<Utf8PathBuf> {
    let folder = Utf8Path::new(&project.folder);
    if !project.has_files() {
        return Vec::new();
    }
    let Ok(entries) = folder.read_dir_utf8() else { return Vec::new() };
    let files = entries.flatten().map(Utf8DirEntry::into_path);
    let mut files: Vec<_> = files.filter(|path| env_file::is_one(path) && path.is_file()).collect();
    files.sort();
    files
}

/// The loader's own warnings of env files: what follows a dollar there is a variable as well.
fn in_env_files(target: &Target, mut others: Option<Others>, found: &mut Vec<Finding>) {
    let journal = target.journal();
    let warnings = journal.warnings().iter().filter(|one| one.code == Some(Code::UnsetVariable));
    let labels: Vec<_> = warnings.filter_map(|warning| warning.labels.first()).collect();
    if labels.is_empty() {
        return;
    }
    let files: BTreeMap<_, _> =
        journal.numbered_files().map(|(id, file)| (Arc::as_ptr(file), id)).collect();
    let mut known = BTreeSet::new();
    for label in labels {
        let source = &label.source;
        let compose = matches!(source.path().extension(), Some("yaml" | "yml" | "json"));
        let variable = source.text().get(label.span.clone()).unwrap_or_default();
        // In braces it is meant as a variable.
        let variable = variable.strip_prefix('$').filter(|name| !name.starts_with('{'));
        let (Some(id), Some(variable)) = (files.get(&Arc::as_ptr(source)), variable) else {
            continue;
        };
        if compose || others.get_or_insert_with(|| Others::of(&target.project)).mean(variable) {
            continue;
        }
        let line = source.line(source.place(label.span.start).line);
        let name = source.text()[line].split(['=', ':']).next().unwrap_or_default().trim();
        let name = name.strip_prefix("export ").unwrap_or(name).trim();
        if !known.insert((source.path(), name)) {
            continue;
        }
        let bound = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        found.push(RULE.finding(
            format!("variables.{name}"),
            format!(
                "a part of {name} becomes nothing: what follows its dollar is taken for a variable, and that is set nowhere"
            ),
            "put the value in single quotes, or in double quotes with a backslash before the dollar",
            Origin::written(Place::new(*id, bound(label.span.start), bound(label.span.end))),
        ));
    }
}
