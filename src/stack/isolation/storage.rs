//! Where the storage of a run is: each mount and each volume of the files gets a place that is the
//! run's own, in the override file.

use std::{fs, io::ErrorKind};

use camino::{Utf8Path, Utf8PathBuf};
use indexmap::{IndexMap, IndexSet};
use serde_yaml::{Mapping as Yaml, Value};

use super::{
    Refused, Views,
    binds::{self, Bind, bound_by, services, shown, text},
    foreign, rights, stores,
    view::How,
};
use crate::{
    compose::{
        Project,
        tree::{self, Mapping, Node},
    },
    config::Shared,
    diagnostic::Diagnostic,
    facts::knowledge,
    run::Isolation,
};

/// The volumes that images declare, by the image's name; none for an image that is not here yet.
pub type ImageVolumes = IndexMap<String, Option<Vec<String>>>;

/// What the override file says of storage.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// All mounts of a service.
    pub mounts: IndexMap<String, Value>,
    /// Volumes: what stands in the place of the declared ones.
    pub volumes: IndexMap<String, Volume>,
    /// Files of `secrets` and `configs`: section, key, path.
    pub files: Vec<(&'static str, String, Utf8PathBuf)>,
}

/// A volume in the override file.
#[derive(Debug, Clone)]
pub enum Volume {
    /// As declared, by another name.
    Renamed,
    /// This, whatever is declared.
    Instead(Yaml),
    /// As declared.
    Declared,
}

/// Everything that must not be started as it is.
#[must_use]
pub fn foreign(
    project: &Project,
    views: &Views,
    shared: &Shared,
    elsewhere: Option<&str>,
) -> Vec<Diagnostic> {
    foreign::judge(project, views, &shared.containers, elsewhere)
}

/// The names of the images of the services that mount a folder: what they declare is worth a look.
#[must_use]
pub fn images(project: &Project) -> IndexSet<String> {
    let with_binds = binds::all(project);
    let image =
        |bind: &Bind<'_>| Some(project.services.get(bind.service)?.image.as_ref()?.value.clone());
    with_binds.iter().filter_map(image).collect()
}

/// Mounts, secrets and configs whose source is not there: the engine would make an empty folder of
/// that name in the project, or not start the service.
#[must_use]
pub fn missing(project: &Project, views: &Views, volumes: &ImageVolumes) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for bind in binds::all(project) {
        let real = views.locate(&bind.source);
        if is_there(&real, views) || data(project, &bind, None, volumes).is_some() {
            continue;
        }
        let image = project.services.get(bind.service).and_then(|service| service.image.as_ref());
        // Whether the image declares a volume there is seen once it is here.
        if !bind.read_only
            && image.is_some_and(|image| matches!(volumes.get(&image.value), Some(None)))
        {
            continue;
        }
        let (source, service) = (bind.shown(project), bind.service);
        let title = format!(
            "service \"{service}\" mounts {source} at {}, and it is not there",
            bind.target
        );
        let diagnostic =
            project.journal.point(Diagnostic::error(title), bind.origin, "declared here");
        let diagnostic = diagnostic.note(if bind.volume.is_some() {
            "the engine could not mount it".to_owned()
        } else {
            format!("the engine would make an empty folder {source} on this machine and mount that")
        });
        found.push(diagnostic.help(help_with(&bind.source, views)));
    }
    for (section, key, path, origin) in binds::file_objects(project) {
        if is_there(&views.locate(&path), views) {
            continue;
        }
        let title =
            format!("{section}.{key} is the file {}, and it is not there", shown(project, &path));
        let diagnostic = project.journal.point(Diagnostic::error(title), origin, "declared here");
        found.push(diagnostic.help(help_with(&path, views)));
    }
    found
}

fn help_with(path: &Utf8Path, views: &Views) -> String {
    let near = path.parent().and_then(|folder| {
        let folder = views.seen(folder).unwrap_or_else(|| folder.to_owned());
        let entries: Vec<String> = folder
            .read_dir_utf8()
            .ok()?
            .filter_map(Result::ok)
            .map(|entry| entry.file_name().to_owned())
            .collect();
        crate::words::did_you_mean(path.file_name()?, entries.iter().map(String::as_str))
            .map(str::to_owned)
    });
    let near = near.map_or_else(String::new, |near| format!("did you mean \"{near}\"? Otherwise "));
    format!(
        "{near}correct the path, make it (`mkdir`, or the file), or let `prepare` in seaworthy.yaml make it"
    )
}

fn is_there(real: &Utf8Path, views: &Views) -> bool {
    let at = views.seen(real).unwrap_or_else(|| real.to_owned());
    // What may not be looked at is there, as far as we know.
    match fs::symlink_metadata(&at) {
        Ok(_) => true,
        Err(why) => why.kind() != ErrorKind::NotFound && why.kind() != ErrorKind::NotADirectory,
    }
}

/// How a mount is known to be a store's data; none where a service only reads it, or where it is code.
fn data(
    project: &Project,
    bind: &Bind<'_>,
    folder: Option<&Utf8Path>,
    volumes: &ImageVolumes,
) -> Option<String> {
    if bind.read_only {
        return None;
    }
    let service = project.services.get(bind.service)?;
    let holds_project = |path: &str| Utf8Path::new(path).starts_with(&bind.source);
    let context = service.build.as_ref().and_then(|build| build.context.as_ref());
    if holds_project(&project.folder) || context.is_some_and(|context| holds_project(context)) {
        return None;
    }
    let image = service.image.as_ref().map(|image| image.value.as_str());
    let declared = image.and_then(|image| volumes.get(image)?.as_deref()).unwrap_or_default();
    let settings = ["PGDATA", "MYSQL_DATADIR", "MINIO_VOLUMES"]
        .iter()
        .filter_map(|name| service.environment.get(*name)?.value.as_deref());
    let settings: Vec<&str> = settings.collect();
    let known = |image| stores::known_by(image, declared, &settings, &bind.target, folder);
    // What it is built on tells more than the name that its build was given.
    let base = knowledge::base_of(project, bind.service).map(|(base, _)| base);
    known(base).or_else(|| known(image))
}

/// Gives every mount and every volume a place of the run's own.
///
/// # Errors
/// What cannot be had, each with its place.
pub fn plan(
    project: &Project,
    name: &str,
    shared: &Shared,
    views: &mut Views,
    volumes: &ImageVolumes,
) -> Result<(Plan, Isolation), Vec<Diagnostic>> {
    let binds = binds::all(project);
    let mut record = Isolation::default();
    let mut emptied: IndexMap<Utf8PathBuf, (&Bind<'_>, String)> = IndexMap::new();
    let mut placed = Vec::new();
    for bind in &binds {
        let real = views.locate(&bind.source);
        if views.is_shared(&real) {
            continue;
        }
        let at = views.seen(&real).unwrap_or_else(|| real.clone());
        let folder = (!at.is_file()).then_some(&*at);
        if folder.is_some()
            && let Some(why) = data(project, bind, folder, volumes)
        {
            emptied.entry(real.clone()).or_insert((bind, why));
        }
        placed.push((bind, real));
    }
    open_outside(project, views, &placed, &emptied)?;
    for (real, (bind, why)) in &emptied {
        views.empty(real).map_err(|no| vec![refused(project, bind, &no)])?;
        record.fresh.push(format!("{} of \"{}\" ({why})", bind.shown(project), bind.service));
    }
    let lacking: Vec<Diagnostic> = placed
        .iter()
        .filter_map(|(bind, real)| {
            let folder = views.lacks(real)?.to_owned();
            let why = "it cannot be read, and so not be copied for the run".to_owned();
            Some(refused(project, bind, &Refused { folder, why }))
        })
        .collect();
    if !lacking.is_empty() {
        return Err(lacking);
    }

    let mut plan = Plan::default();
    let sources: IndexMap<Utf8PathBuf, Utf8PathBuf> = placed
        .iter()
        .filter_map(|(bind, real)| Some((bind.source.clone(), views.seen(real)?)))
        .collect();
    for (service, node) in services(project) {
        let mounts = node.get("volumes").and_then(Node::as_sequence).unwrap_or_default();
        if mounts.iter().any(|mount| text(mount, &["type"]) == Some("bind")) {
            let mounts = mounts.iter().map(|mount| mounted(project, mount, &sources)).collect();
            plan.mounts.insert(service.to_owned(), Value::Sequence(mounts));
        }
    }
    for (key, volume) in
        project.at(&["volumes"]).and_then(Node::as_mapping).into_iter().flat_map(Mapping::iter)
    {
        let instead = own_volume(project, &key.text, volume, name, shared, &sources, &mut record);
        plan.volumes.insert(key.text.to_string(), instead);
    }
    for (section, key, path, _) in binds::file_objects(project) {
        let real = views.locate(&path);
        let seen = views.seen(&real).filter(|_| !views.is_shared(&real));
        // The engine knows nothing of the folder that a relative path starts from, nor of what covers it.
        plan.files.push((section, key.to_owned(), seen.unwrap_or(real)));
    }
    record.shared.extend(shared_binds(project, views, &binds));
    record.shared.extend(rights::shared(project, &shared.containers));
    let word = |how: How| match how {
        How::Overlay => Some("overlay"),
        How::Copy => Some("copy"),
        How::Empty => None,
    };
    let views =
        views.all().iter().filter_map(|view| Some((view.real.to_string(), word(view.how)?)));
    record.views = views.collect();
    Ok((plan, record))
}

fn shared_binds(project: &Project, views: &Views, binds: &[Bind<'_>]) -> IndexSet<String> {
    let shared = binds.iter().filter(|bind| views.is_shared(&views.locate(&bind.source)));
    shared.map(|bind| format!("{} of \"{}\"", bind.shown(project), bind.service)).collect()
}

fn refused(project: &Project, bind: &Bind<'_>, no: &Refused) -> Diagnostic {
    let title = format!(
        "service \"{}\" mounts {} at {}, and the run can have no view of its own of {}: {}",
        bind.service,
        bind.shown(project),
        bind.target,
        no.folder,
        no.why
    );
    let diagnostic = project.journal.point(Diagnostic::error(title), bind.origin, "declared here");
    diagnostic.help(format!(
        "run it as root, where an overlay can be mounted; mount a smaller folder; or share it on purpose in seaworthy.yaml: shared: {{ folders: [{}] }}",
        bind.source
    ))
}

/// Opens views of the folders outside those that have one: folders that lie in each other have one
/// together, and one that is only read stays itself unless somebody writes in or around it.
fn open_outside(
    project: &Project,
    views: &mut Views,
    placed: &[(&Bind<'_>, Utf8PathBuf)],
    emptied: &IndexMap<Utf8PathBuf, (&Bind<'_>, String)>,
) -> Result<(), Vec<Diagnostic>> {
    let mut outside: Vec<_> = placed
        .iter()
        .filter(|(bind, real)| {
            // Of what holds the run itself there is no view: whoever only reads it sees what is there.
            views.seen(real).is_none() && !(bind.read_only && views.lies_in(real))
        })
        .collect();
    outside.sort_by_key(|(_, real)| real.as_str().len());
    let mut groups: Vec<(&Utf8Path, Vec<&(&Bind<'_>, Utf8PathBuf)>)> = Vec::new();
    for one in outside {
        match groups.iter_mut().find(|(root, _)| one.1.starts_with(root)) {
            Some((_, group)) => group.push(one),
            None => groups.push((&one.1, vec![one])),
        }
    }
    let mut found = Vec::new();
    for (root, group) in groups {
        let Some((writer, _)) = group.iter().find(|(bind, _)| !bind.read_only) else { continue };
        // Its content is not needed at all.
        if emptied.contains_key(root) || is_harmless_device(root) {
            continue;
        }
        if let Err(no) = views.open(root) {
            found.push(refused(project, writer, &no));
        }
    }
    if found.is_empty() { Ok(()) } else { Err(found) }
}

fn is_harmless_device(real: &Utf8Path) -> bool {
    // Whatever else is no file or folder was refused before.
    fs::metadata(real).is_ok_and(|found| !found.is_file() && !found.is_dir())
}

/// A mount in the override: as declared, with its source in the view.
fn mounted(project: &Project, mount: &Node, sources: &IndexMap<Utf8PathBuf, Utf8PathBuf>) -> Value {
    let mut value = plain(mount);
    if text(mount, &["type"]) != Some("bind") {
        return value;
    }
    if let Value::Mapping(entries) = &mut value {
        let declared = binds::absolute(project, text(mount, &["source"]).unwrap_or_default());
        let source = sources.get(&declared).unwrap_or(&declared);
        entries.insert("source".into(), escaped(source.as_str()));
        let options = entries.entry("bind".into()).or_insert_with(|| Value::Mapping(Yaml::new()));
        if let Value::Mapping(options) = options {
            // What is not there was judged; the engine makes nothing on this machine.
            options.insert("create_host_path".into(), false.into());
        }
    }
    value
}

/// What stands in the place of a volume, and what there is to tell of it.
fn own_volume(
    project: &Project,
    key: &str,
    volume: &Node,
    name: &str,
    shared: &Shared,
    sources: &IndexMap<Utf8PathBuf, Utf8PathBuf>,
    record: &mut Isolation,
) -> Volume {
    let external =
        volume.get("external").is_some_and(|node| matches!(node.value, tree::Value::Bool(true)));
    if shared.volumes.iter().any(|known| known == key) {
        record.shared.insert(format!("volume \"{key}\""));
        if external {
            return Volume::Declared;
        }
        let declared = text(volume, &["name"]).unwrap_or(key);
        return Volume::Instead(Yaml::from_iter([
            ("name".into(), escaped(declared)),
            ("external".into(), true.into()),
        ]));
    }
    let own = || ("name".into(), Value::from(format!("{name}_{key}")));
    let mut fresh = |why: &str| {
        record.fresh.push(format!("volume \"{key}\" ({why})"));
        Volume::Instead(Yaml::from_iter([own()]))
    };
    if external {
        return fresh("external");
    }
    if let Some((device, _)) = bound_by(volume) {
        let device = binds::absolute(project, device);
        let source = sources.get(&device).unwrap_or(&device);
        let mut options = match volume.get("driver_opts").map(plain) {
            Some(Value::Mapping(options)) => options,
            _ => Yaml::new(),
        };
        options.insert("device".into(), escaped(source.as_str()));
        return Volume::Instead(Yaml::from_iter([
            own(),
            ("driver".into(), "local".into()),
            ("driver_opts".into(), options.into()),
        ]));
    }
    let driver = text(volume, &["driver"]).unwrap_or_default();
    if !matches!(driver, "" | "local") {
        return fresh(&format!("driver {driver}"));
    }
    let options = volume.get("driver_opts").and_then(Node::as_mapping);
    if options.is_some_and(|options| !options.is_empty()) {
        let kind = text(volume, &["driver_opts", "type"]).unwrap_or_default();
        if kind != "tmpfs" {
            return fresh(&format!("type {kind} of the driver"));
        }
    }
    Volume::Renamed
}

/// A value of the model as the override writes it.
fn plain(node: &Node) -> Value {
    match &node.value {
        tree::Value::Null => Value::Null,
        tree::Value::Bool(value) => (*value).into(),
        tree::Value::Int(value) => (*value).into(),
        tree::Value::Unsigned(value) => (*value).into(),
        tree::Value::Float(value) => (*value).into(),
        tree::Value::String(value) | tree::Value::Timestamp(value) => escaped(value),
        tree::Value::Sequence(items) => Value::Sequence(items.iter().map(plain).collect()),
        tree::Value::Mapping(entries) => Value::Mapping(
            entries.iter().map(|(key, value)| (escaped(&key.text), plain(value))).collect(),
        ),
        tree::Value::Marked(marked) => plain(&marked.1),
    }
}

/// A text that Compose puts no variable into.
fn escaped(text: &str) -> Value {
    text.replace('$', "$$").into()
}

#[cfg(test)]
mod tests;
