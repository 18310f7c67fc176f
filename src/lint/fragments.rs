//! Fragments: files that are laid over others and make no sense alone.
//!
//! Which file is one is not written in it. It shows when the file cannot be loaded, and only for
//! want of what another file may say: an image, a network, a volume. Then it is tried on the
//! bases around it; the one that fits is what it is judged with.

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};

use super::{
    discover::{Plan, has_default_name},
    parts::{documents, services, text_of},
};
use crate::{
    compose::{
        journal::Refusal,
        request::{FILES, OVERRIDES},
        tree::{Mapping, Node},
    },
    config,
    diagnostic::{Code, Diagnostic},
    findings::seen_from,
    outside::repository,
};

/// What folders are called that hold fragments.
const FOLDERS: &[&str] =
    &["override", "overrides", "overlay", "overlays", "ci", ".ci", "fragments", "variants"];

/// How many bases are tried, and how many files beside a fragment.
const TRIED: usize = 8;

/// How many files beside a fragment are looked into.
const BESIDE: usize = 64;

/// Whether every YAML file of a folder of this name is a fragment: `compose.override.yml.d`.
pub fn is_folder_of_parts(name: &str) -> bool {
    let stem = name.strip_suffix(".yml.d").or_else(|| name.strip_suffix(".yaml.d"));
    stem.is_some_and(|stem| {
        stem == "override" || stem.starts_with("compose") || stem.starts_with("docker-compose")
    })
}

/// Whether a plan may be a fragment: nobody has said that it is whole.
pub fn may_be_one(plan: &Plan) -> bool {
    !plan.said && plan.own().len() == 1
}

/// Whether a fragment looks like one. One that Compose would find by its name is taken for one only
/// if a base above it brings all that it lacks.
pub fn looks_like_one(plan: &Plan) -> bool {
    let Some(own) = plan.own().last() else { return false };
    plan.variant || plan.part_of.is_some() || !has_default_name(own) || lies_among_parts(own)
}

/// Whether a file lies in a folder of fragments, or in one of its folders.
fn lies_among_parts(file: &Utf8Path) -> bool {
    let above = file.ancestors().skip(1).take(2).filter_map(Utf8Path::file_name);
    let mut above = above.enumerate();
    above.any(|(far, name)| {
        is_folder_of_parts(name) || FOLDERS.contains(&name) && (far == 0 || is_ci(name))
    })
}

/// Whether a folder of this name has a folder for each job.
fn is_ci(name: &str) -> bool {
    matches!(name, "ci" | ".ci")
}

/// Whether files were refused for nothing but want of what another file may say.
pub fn is_want(refusal: &Refusal) -> bool {
    let want = |one: &Diagnostic| matches!(one.code, Some(Code::NoImage | Code::Undeclared));
    !refusal.0.is_empty() && refusal.0.iter().all(want)
}

/// What a file declares.
#[derive(Default)]
struct Declared {
    /// The services, each with whether it says what it runs.
    services: BTreeMap<String, bool>,
    /// Networks, volumes and the like.
    others: BTreeSet<String>,
}

impl Declared {
    fn by(file: &Utf8Path) -> Self {
        let says = |node: &Node| {
            ["image", "build", "extends", "provider"].iter().any(|key| node.get(key).is_some())
        };
        let mut all = Self::default();
        for document in text_of(file).map(|text| documents(file, text)).unwrap_or_default() {
            for (name, node) in services(&document) {
                *all.services.entry(name.to_owned()).or_insert(false) |= says(node);
            }
            for section in ["networks", "volumes", "secrets", "configs", "models"] {
                let names = document.get(section).and_then(Node::as_mapping);
                let names = names.into_iter().flat_map(Mapping::iter);
                all.others.extend(names.map(|(key, _)| key.text.to_string()));
            }
        }
        all
    }

    /// Whether a file brings what another one lacks.
    fn brings(&self, name: &str) -> bool {
        self.services.get(name).copied().unwrap_or_else(|| self.others.contains(name))
    }
}

/// Whether a file has nothing in it but comments: it stands in where nothing is laid over a base.
pub fn is_blank(file: &Utf8Path) -> bool {
    let documents = text_of(file).map(|text| documents(file, text));
    documents.is_some_and(|all| all.iter().all(Node::is_null))
}

/// What is said of one that has no base.
pub fn blank_note(plan: &Plan) -> Diagnostic {
    Diagnostic::warning(format!("{} has nothing in it but comments", plan.name))
        .help("laid over other files it changes nothing; Compose refuses it alone")
}

/// What is refused for a placeholder of another program (`image: {$IMAGE}`, `{{ image }}`), and what
/// for other reasons.
pub fn of_templates(refusal: Refusal) -> (Vec<Diagnostic>, Refusal) {
    let is_placeholder = |one: &Diagnostic| {
        let Some(label) = one.labels.first() else { return false };
        let text = label.source.text();
        let open = text.get(label.span.start..).unwrap_or_default();
        let outer = text.get(..label.span.start).is_some_and(|before| before.ends_with('{'));
        ["{$", "{{", "{%", "<%"].iter().any(|begin| open.starts_with(begin))
            || outer && open.starts_with('{')
    };
    let (placeholders, others) = refusal.0.into_iter().partition(is_placeholder);
    (placeholders, Refusal(others))
}

/// What is said of a file that another program fills in.
pub fn template_note(plan: &Plan, placeholder: Diagnostic) -> Diagnostic {
    let title = format!("{} is a template: {}", plan.name, placeholder.title);
    let mut note = Diagnostic::warning(title)
        .help("judge what another program makes of it: `seaworthy lint -f FILE`");
    note.labels = placeholder.labels;
    note.veiled = placeholder.veiled;
    note
}

/// Whether the name of a file says that it is a project, and the files around it say that it is laid
/// over others: a service of it runs nothing, or what it lacks stands in a file above it.
pub fn may_be_laid_over(plan: &Plan, refusal: &Refusal) -> bool {
    let own = match &plan.files[..] {
        [own] => own,
        // A variant is laid over a base, which may be laid over others itself.
        [base, _] if plan.variant => base,
        _ => return false,
    };
    if plan.said || !plan.found || !has_default_name(own) {
        return false;
    }
    let runs_nothing = refusal.0.iter().any(|one| one.code == Some(Code::NoImage));
    let missing = missing(refusal);
    let brings = |base: &Utf8PathBuf| {
        let declared = Declared::by(base);
        missing.iter().any(|name| declared.brings(name))
    };
    runs_nothing || above(own).iter().any(brings)
}

/// The files that bring something of what a project lacks, the likeliest first, each with whether it
/// lies above.
pub fn bringing(plan: &Plan, files: &[Utf8PathBuf], refusal: &Refusal) -> Vec<(Utf8PathBuf, bool)> {
    let Some(own) = plan.own().last() else { return Vec::new() };
    let missing = missing(refusal);
    let folder = own.parent().unwrap_or(own);
    let above = above(own);
    let top = repository(folder);
    let around = plan.around.iter().filter(|file| file.starts_with(&top) && !above.contains(file));
    let mut around: Vec<Utf8PathBuf> = around.cloned().collect();
    // The names of services are as common as streets': what is far says little.
    around.sort_by_cached_key(|file| (distance(file, folder), file.clone()));
    let all = above.iter().cloned().map(|file| (file, true));
    let all = all.chain(around.into_iter().map(|file| (file, false)));
    let brings = |file: &Utf8Path| {
        let declared = Declared::by(file);
        missing.iter().any(|name| declared.brings(name))
    };
    let is_new = |file: &Utf8PathBuf| !plan.files.contains(file) && !files.contains(file);
    all.filter(|(file, _)| is_new(file) && brings(file)).take(TRIED).collect()
}

/// What a refusal says is missing: what is declared nowhere, and services that run nothing.
fn missing(refusal: &Refusal) -> BTreeSet<String> {
    let refused = refusal.0.iter().filter(|one| one.code == Some(Code::NoImage));
    let services = refused.filter_map(|one| {
        let label = one.labels.first()?;
        Some(label.source.text().get(label.span.clone())?.trim_matches(['"', '\'']).to_owned())
    });
    undeclared(refusal).into_iter().chain(services).collect()
}

/// A project with one file more that brings all that it lacks: of a base, the sample of its override
/// file, which is there to be copied; of a fragment, what lies among the parts with it.
pub fn completed(plan: &Plan, refusal: &Refusal, here: &Utf8Path) -> Vec<Plan> {
    let missing = missing(refusal);
    let Some(own) = plan.own().last().filter(|_| !plan.said && !missing.is_empty()) else {
        return Vec::new();
    };
    let Some(folder) = own.parent() else { return Vec::new() };
    let brings_all = |file: &Utf8PathBuf| {
        let declared = Declared::by(file);
        missing.iter().all(|name| declared.brings(name))
    };
    if lies_among_parts(own) {
        let folders =
            [Some(folder), folder.parent().filter(|above| above.file_name().is_some_and(is_ci))];
        let files = folders.into_iter().flatten().flat_map(yaml_files);
        let files = files.filter(|file| !plan.files.contains(file)).take(BESIDE);
        let (last, before) = (own.clone(), &plan.files[..plan.files.len() - 1]);
        let with = |file: Utf8PathBuf| {
            let files = before.iter().cloned().chain([file, last.clone()]).collect();
            plan.over(files, here)
        };
        return files.filter(brings_all).take(TRIED).map(with).collect();
    }
    if !has_default_name(&plan.files[0]) {
        return Vec::new();
    }
    let samples = yaml_like(folder).filter(|file| is_sample_of_override(file)).filter(brings_all);
    let with = |file: Utf8PathBuf| {
        let files = plan.files.iter().cloned().chain([file]).collect();
        Plan { variant: false, ..plan.over(files, here) }
    };
    samples.take(TRIED).map(with).collect()
}

/// The variants beside a base that cannot be loaded without one of them: whoever uses it names both.
pub fn completing(plan: &Plan, refusal: &Refusal, here: &Utf8Path) -> Vec<Plan> {
    let missing = missing(refusal);
    let [base] = &plan.files[..] else { return Vec::new() };
    if plan.said || !plan.found || missing.is_empty() || !has_default_name(base) {
        return Vec::new();
    }
    let beside = plan
        .around
        .iter()
        .filter(|file| file.parent() == base.parent() && !has_default_name(file) && *file != base);
    let brings_all = |file: &&Utf8PathBuf| {
        let declared = Declared::by(file);
        missing.iter().all(|name| declared.brings(name))
    };
    let with = |file: &Utf8PathBuf| plan.over(vec![base.clone(), file.clone()], here);
    beside.take(BESIDE).filter(brings_all).take(TRIED).map(with).collect()
}

/// What is said of a base that only a variant beside it completes.
pub fn base_note(plan: &Plan, with: &Plan) -> Diagnostic {
    let title =
        format!("{} cannot be loaded alone, and is judged as a part of {}", plan.name, with.name);
    Diagnostic::warning(title).help("to use it alone, move what its variants add into it")
}

/// What is said of a base that the sample of its override file completes.
pub fn sample_note(plan: &Plan, with: &Plan) -> Option<Diagnostic> {
    let sample = with.files.last().filter(|file| is_sample_of_override(file))?.file_name()?;
    let title = format!(
        "{} cannot be loaded alone, and is judged with {sample}, which is there to be copied",
        plan.name
    );
    Some(Diagnostic::warning(title).help("without a copy of it Compose refuses the project"))
}

/// `compose.override.yaml.example`, `docker-compose.override.sample.yml`.
fn is_sample_of_override(file: &Utf8Path) -> bool {
    const WORDS: &[&str] = &["dist", "example", "sample", "template", "tmpl"];
    let name = file.file_name().unwrap_or_default();
    OVERRIDES.iter().any(|known| {
        let Some((stem, extension)) = known.rsplit_once('.') else { return false };
        WORDS.iter().any(|word| {
            name == format!("{known}.{word}")
                || name == format!("{known}-{word}")
                || name == format!("{stem}.{word}.{extension}")
                || name == format!("{stem}-{word}.{extension}")
        })
    })
}

/// The files of a folder, by name.
fn yaml_like(folder: &Utf8Path) -> impl Iterator<Item = Utf8PathBuf> {
    let entries = folder.read_dir_utf8().into_iter().flatten().flatten();
    let mut files: Vec<_> =
        entries.map(camino::Utf8DirEntry::into_path).filter(|path| path.is_file()).collect();
    files.sort();
    files.into_iter()
}

fn yaml_files(folder: &Utf8Path) -> impl Iterator<Item = Utf8PathBuf> {
    yaml_like(folder).filter(|file| matches!(file.extension(), Some("yaml" | "yml")))
}

/// What is referred to and declared nowhere, by a refusal.
fn undeclared(refusal: &Refusal) -> BTreeSet<String> {
    let refused = refusal.0.iter().filter(|one| one.code == Some(Code::Undeclared));
    let words = refused.filter_map(|one| {
        let label = one.labels.first()?;
        let text = label.source.text().get(label.span.clone())?;
        Some(text.trim_matches(['"', '\'']).split(':').next()?.to_owned())
    });
    words.collect()
}

/// The projects in the folders above a file, up to the repository's, the nearest first.
fn above(file: &Utf8Path) -> Vec<Utf8PathBuf> {
    let Some(folder) = file.parent() else { return Vec::new() };
    let top = repository(folder);
    let above = folder.ancestors().skip(1).take_while(|above| above.starts_with(&top));
    above
        .filter_map(|above| FILES.iter().map(|name| above.join(name)).find(|file| file.is_file()))
        .collect()
}

/// How far a file is from a folder: how many folders up, and then down.
fn distance(file: &Utf8Path, folder: &Utf8Path) -> (usize, usize) {
    let way = seen_from(file, folder);
    let up = way.split('/').take_while(|part| *part == "..").count();
    (up, way.split('/').count() - up)
}

/// The files that a fragment may be laid over, the nearest first.
fn bases(plan: &Plan, own: &Utf8Path) -> Vec<Utf8PathBuf> {
    if plan.variant {
        return plan.files.first().cloned().into_iter().collect();
    }
    let Some(folder) = own.parent() else { return Vec::new() };
    let distance = |file: &Utf8Path| distance(file, folder);
    let around = plan.around.iter().filter(|file| {
        has_default_name(file) && *file != own && !lies_among_parts(file) && distance(file).0 <= 2
    });
    let around = around.filter(|_| looks_like_one(plan)).cloned();
    let all: BTreeSet<Utf8PathBuf> = above(own).into_iter().chain(around).collect();
    let mut all: Vec<_> = all.into_iter().collect();
    all.sort_by_cached_key(|file| {
        let (up, down) = distance(file);
        // What lies above is nearer than what lies beside.
        (down > 1, up, down, file.clone())
    });
    all.truncate(TRIED);
    all
}

/// What a fragment may belong to.
pub struct Options {
    /// Combinations to try, the likeliest first.
    pub tried: Vec<Plan>,
    /// The one that it is meant for by its services, whether it can be loaded or not.
    pub meant: Option<Plan>,
    /// The base that is nearest, to name it in the help.
    nearest: Option<Utf8PathBuf>,
}

/// Finds what a fragment may belong to, which was refused alone or with its base.
pub fn options(plan: &Plan, refusal: &Refusal, here: &Utf8Path) -> Options {
    let mut options = Options { tried: Vec::new(), meant: None, nearest: None };
    let Some(own) = plan.own().last() else { return options };
    let wanted = Declared::by(own).services;
    let undeclared = undeclared(refusal);
    let folder = own.parent().unwrap_or(here);
    let beside = plan
        .around
        .iter()
        .filter(|file| *file != own && file.parent() == Some(folder) && !has_default_name(file));
    let beside: Vec<(&Utf8PathBuf, Declared)> =
        beside.take(BESIDE).map(|file| (file, Declared::by(file))).collect();
    for base in bases(plan, own) {
        let known = Declared::by(&base);
        let incomplete = wanted.iter().filter(|(_, says)| !**says).map(|(name, _)| name);
        let foreign = incomplete.filter(|name| !known.services.contains_key(*name));
        let is_foreign = foreign.clone().next().is_some();
        let lacks: BTreeSet<&String> =
            foreign.chain(undeclared.iter().filter(|name| !known.brings(name))).collect();
        let shares = wanted.keys().any(|name| known.services.contains_key(name));
        let above = base.parent().is_some_and(|base| folder.starts_with(base));
        options.nearest.get_or_insert_with(|| base.clone());
        if !shares && !above {
            continue;
        }
        let with = |more: &[Utf8PathBuf]| {
            let files = std::iter::once(&base).chain(more).chain([own]).cloned().collect();
            plan.over(files, here)
        };
        if !plan.variant {
            options.tried.push(with(&[]));
        }
        // What the base lacks another fragment may bring.
        let brings = |of: &Declared| lacks.iter().any(|name| of.brings(name));
        let bring = beside.iter().filter(|(file, of)| **file != base && brings(of));
        let bring: Vec<Utf8PathBuf> = bring.map(|(file, _)| (*file).clone()).take(TRIED).collect();
        options.tried.extend(bring.iter().map(|one| with(std::slice::from_ref(one))));
        if shares && !is_foreign && bring.is_empty() && options.meant.is_none() {
            options.meant = Some(with(&[]));
        }
    }
    options
}

/// What is said of a fragment that fits nothing: one note, with what to do.
pub fn note(plan: &Plan, options: &Options, refusal: Refusal, here: &Utf8Path) -> Diagnostic {
    let own = plan.own().last().map_or(Utf8Path::new("."), Utf8PathBuf::as_path);
    let shown = |file: &Utf8Path| file.strip_prefix(here).unwrap_or(file).to_string();
    let count = refusal.0.len();
    let mut refused = refusal.0.into_iter();
    let first = refused.next();
    let why = first.as_ref().map_or("", |first| first.title.as_str());
    let more = if count > 1 { format!(", and {} more", count - 1) } else { String::new() };
    let title = match &plan.part_of {
        Some(other) => format!(
            "{} cannot be loaded alone, and is judged as a part of {other}: {why}{more}",
            shown(own)
        ),
        None => {
            format!("{} cannot be loaded alone, nor with a file around it: {why}{more}", shown(own))
        }
    };
    let base = options.nearest.as_deref().map_or_else(|| "BASE".to_owned(), shown);
    let name = own.file_stem().and_then(|stem| stem.rsplit('.').next()).unwrap_or("other");
    let help = format!(
        "if it is laid over other files, name them together in {}: `environments: {{ {name}: {{ files: [{base}, {}] }} }}`, or on the command line: `seaworthy lint -f {base} -f {}`",
        config::FILE,
        shown(own),
        shown(own),
    );
    let mut note = Diagnostic::warning(title).help(help);
    if let Some(first) = first {
        note.labels = first.labels;
        note.veiled = first.veiled;
    }
    note
}
