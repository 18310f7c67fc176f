//! A mounted file that is not there.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
};

use camino::{Utf8Path, Utf8PathBuf};

use super::ignored::Repository;
use crate::{
    compose::{
        Project, VolumeUse,
        journal::{Origin, Step, VariableOrigin},
        tree::Value,
        values,
    },
    facts::{
        answers::{place, services},
        mounts::shown,
    },
    policy::{Finding, Profile, Rule, Severity, Target},
};

/// The engine makes a folder of what is not there.
pub static RULE: Rule = Rule {
    id: "mounted-file-missing",
    severity: Severity::High,
    profile: Profile::Default,
    summary: "A mounted file is not there.",
    check,
    document: include_str!("mounted_file_missing.md"),
};

/// Endings of files, never of folders.
#[rustfmt::skip]
const SURE: &[&str] = &[
    "cnf", "conf", "crt", "html", "ini", "js", "json", "pem", "php", "properties", "py", "sh", "sql",
    "template", "toml", "ts", "xml", "yaml", "yml",
];
/// Endings of files that a folder may have too.
#[rustfmt::skip]
const LIKELY: &[&str] = &[
    "bash", "cer", "cfg", "cjs", "conf", "css", "csv", "db", "env", "gz", "htm", "j2", "jks", "key", "lic", "list",
    "log", "lua", "md", "mjs", "p12", "pfx", "pl", "pub", "rb", "rules", "sqlite", "sqlite3", "tmpl", "tpl", "txt", "vcl",
];
/// Files by their whole names.
#[rustfmt::skip]
const NAMES: &[&str] = &[
    ".bashrc", ".env", ".htaccess", ".htpasswd", ".netrc", ".npmrc", ".pgpass", "Caddyfile", "Corefile", "Dockerfile",
    "Gemfile", "Makefile", "Procfile", "crontab", "group", "hosts", "passwd",
];

/// What stands at a path of the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    Something,
    EmptyFolder,
    Nothing,
}

fn check(target: &Target, found: &mut Vec<Finding>) {
    let project = &target.project;
    if !project.has_files() {
        return;
    }
    let mut seen: BTreeMap<&str, At> = BTreeMap::new();
    let mut around = None;
    for (name, service) in services::made(project) {
        for mount in &service.volumes {
            let Some((source, at)) = of_file(project, name, mount) else { continue };
            let there = *seen.entry(source).or_insert_with(|| look(source.into()));
            if there == At::Something {
                continue;
            }
            let around = around.get_or_insert_with(|| Around::of(project));
            if around.is_made(source.into()) {
                continue;
            }
            let origin = mount.source.as_ref().map(|source| source.origin);
            let file = shown(&project.folder, source);
            let why = match there {
                At::EmptyFolder => {
                    "is an empty folder, as the engine makes one where no file is".to_owned()
                }
                _ if refuses(target, name, mount) => {
                    "is not there: the engine refuses to start".to_owned()
                }
                _ => "is not there: the engine makes an empty folder of that name".to_owned(),
            };
            found.push(RULE.finding(
                format!("services.{name}.volumes[{at}]"),
                format!("{file}, which service \"{name}\" mounts at {at}, {why}"),
                match there {
                    At::EmptyFolder => {
                        format!("remove the folder, and put the file in its place: {file}")
                    }
                    _ => format!("add {file} to the project, or correct the path"),
                },
                place::or_service(project, name, origin),
            ));
        }
    }
    for (name, config) in &project.configs {
        let Some(file) =
            config.file.as_ref().filter(|file| !place::has_unset(project, file.origin))
        else {
            continue;
        };
        if *seen.entry(file.as_str()).or_insert_with(|| look(file.as_str().into())) != At::Nothing
            || around.get_or_insert_with(|| Around::of(project)).is_made(file.as_str().into())
            || file.origin.place.file().is_none()
        {
            continue;
        }
        let told = shown(&project.folder, file);
        found.push(RULE.finding(
            format!("configs.{name}.file"),
            format!(
                "{told}, the file of config \"{name}\", is not there: the engine refuses to start"
            ),
            format!("add {told} to the project, or correct the path"),
            file.origin,
        ));
    }
}

/// Source and target of a bind mount that is of a file by its names, or that must be there.
fn of_file<'p>(project: &Project, name: &str, mount: &'p VolumeUse) -> Option<(&'p str, &'p str)> {
    let (source, at) = (mount.source.as_ref()?, mount.target.as_ref()?);
    let bind = mount.kind.as_ref().is_some_and(|kind| kind.value == "bind");
    if !bind || place::has_unset(project, source.origin) || is_of_shell(project, source.origin) {
        return None;
    }
    let of_file = is_file(source, at) && !at.ends_with('/');
    let must = || written_refusal(project, name, at);
    (of_file || must()).then_some((source.as_str(), at.as_str()))
}

/// Whether the environment of whoever runs this has a part in a value: elsewhere it is another.
fn is_of_shell(project: &Project, origin: Origin) -> bool {
    let shell = |step: &&Step| matches!(step, Step::Variable { from: VariableOrigin::Shell, .. });
    project.journal.steps(origin).iter().any(shell)
}

fn is_file(source: &str, at: &str) -> bool {
    let ends = |path: &str, endings: &[&str]| {
        let extension = Utf8Path::new(path).extension().unwrap_or_default();
        endings.contains(&extension)
    };
    let named = |path: &str| {
        let name = Utf8Path::new(path).file_name().unwrap_or_default();
        NAMES.contains(&name) || ends(path, SURE) || ends(path, LIKELY)
    };
    ends(source, SURE) || named(source) && named(at)
}

/// Whether `create_host_path: false` is written.
fn written_refusal(project: &Project, name: &str, at: &str) -> bool {
    let mounts = project.at(&["services", name, "volumes"]).and_then(|node| node.as_sequence());
    let own = mounts
        .into_iter()
        .flatten()
        .find(|mount| mount.get("target").and_then(|target| target.as_str()) == Some(at));
    let said = own.and_then(|mount| mount.at(&["bind", "create_host_path"]));
    said.is_some_and(|said| matches!(said.value, Value::Bool(false)))
}

fn refuses(target: &Target, name: &str, mount: &VolumeUse) -> bool {
    mount.target.as_ref().is_some_and(|at| written_refusal(&target.project, name, at))
}

fn look(path: &Utf8Path) -> At {
    match fs::metadata(path) {
        Ok(it) if it.is_dir() && is_file(path.as_str(), path.as_str()) => {
            let empty = path.read_dir_utf8().is_ok_and(|mut entries| entries.next().is_none());
            if empty { At::EmptyFolder } else { At::Something }
        }
        Err(why)
            if matches!(why.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) =>
        {
            At::Nothing
        }
        // What is not for us to see may be there.
        Ok(_) | Err(_) => At::Something,
    }
}

/// What of the project may make files.
struct Around {
    repository: Repository,
    /// Folders of the host that services write to.
    written: BTreeSet<Utf8PathBuf>,
    /// The project's folder.
    folder: Utf8PathBuf,
}

impl Around {
    fn of(project: &Project) -> Self {
        let ending = services::one_shots(project);
        let mut written = BTreeSet::new();
        for (name, service) in services::made(project) {
            for mount in &service.volumes {
                let bind = mount.kind.as_ref().is_some_and(|kind| kind.value == "bind");
                let read_only = mount.read_only.as_ref().is_some_and(|it| it.value);
                let Some(source) = mount.source.as_ref().filter(|_| bind && !read_only) else {
                    continue;
                };
                let source = Utf8PathBuf::from(source.as_str());
                // A working copy that is mounted for its code makes no file of another's.
                let is_all = Utf8Path::new(&project.folder).starts_with(&source);
                if !is_all || ending.contains(name.as_str()) {
                    written.insert(source);
                }
            }
        }
        let folder = Utf8PathBuf::from(values::path::clean(&project.folder));
        Self { repository: Repository::around(project), written, folder }
    }

    /// Whether a file that is not in the project is made: git leaves it out, a service writes to a
    /// folder that holds it, a sample of it is beside it, or it is none of the project's.
    fn is_made(&self, file: &Utf8Path) -> bool {
        let clean = Utf8PathBuf::from(values::path::clean(file.as_str()));
        let file = clean.as_path();
        !file.starts_with(&self.repository.top)
            || file.ancestors().skip(1).any(|folder| self.written.contains(folder))
            || self.repository.leaves_out(file, false)
            || has_sample(file)
            || self.is_seen_from_above(file)
    }

    /// Whether a path is written as a folder above sees it and leads back into the project's own
    /// folder: the file is laid over another one there, or called with that folder.
    fn is_seen_from_above(&self, file: &Utf8Path) -> bool {
        let Ok(rest) = file.strip_prefix(&self.folder) else { return false };
        let above = self.folder.ancestors().skip(1);
        let mut above = above.take_while(|above| above.starts_with(&self.repository.top));
        above.any(|above| {
            let seen = above.join(rest);
            seen.starts_with(&self.folder) && seen.is_file()
        })
    }
}

/// Whether a file lies beside it that it is to be copied from: `app.ini.example`, `app.sample.ini`.
fn has_sample(file: &Utf8Path) -> bool {
    const WORDS: &[&str] = &["default", "dist", "example", "sample", "template", "tmpl", "tpl"];
    let (Some(folder), Some(name)) = (file.parent(), file.file_name()) else { return false };
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
    WORDS.iter().any(|word| {
        let names = [
            format!("{name}.{word}"),
            format!("{name}-{word}"),
            format!("{stem}.{word}.{extension}"),
            format!("{stem}-{word}.{extension}"),
            format!("{word}.{name}"),
            format!("{stem}.{word}"),
        ];
        names.iter().any(|name| folder.join(name).is_file())
    })
}
