//! The loaded project: what all phases together make of a request.

use std::{collections::BTreeSet, sync::Arc};

use super::{
    consistency, env_files, host_ports,
    journal::{Journal, Origin, Refusal},
    load::{File, Loader, Scope},
    normalize,
    request::{self, Details, Request, Without},
    select,
    shape::{self, Format, PROJECT},
    tree::{Key, Mapping, Node, Value},
    variables::Variables,
};
use crate::{diagnostic::Diagnostic, outside::Bounds, source::Source};

/// A model with the journal of where everything in it came from.
pub struct Loaded {
    /// The canonical model; without interpolation, the model as it is before its types are known.
    pub model: Node,
    /// The services whose profiles are not enabled.
    pub disabled: Mapping,
    /// Places, steps and warnings.
    pub journal: Journal,
    /// The variables of the project.
    pub variables: Variables,
    /// The project's folder.
    pub folder: String,
    /// The folder that messages leave out of paths; empty for a project from a text.
    pub shown_from: String,
    /// Which files may be quoted.
    pub bounds: Bounds,
}

/// How far a project is loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// Everything, env files of services included.
    Whole,
    /// All but whether container names are there twice, which Compose asks when it prints the model.
    EnvFiles,
    /// Without reading the env files of services, as `config --hash` and the lists of names do.
    WithoutEnvFiles,
    /// Up to where types begin, with every service and no value of the project's variables: what
    /// `config --no-interpolate` prints.
    Untyped,
}

/// Loads a project.
///
/// # Errors
/// A [`Refusal`] with what the first phase that refuses has found, all of it.
pub fn load(request: &Request, depth: Depth) -> Result<Loaded, Refusal> {
    let mut loader = Loader {
        journal: Journal::default(),
        without: request.without,
        home: request.environment.get("HOME").filter(|home| !home.is_empty()).cloned(),
        shown_from: request.directory.clone(),
        without_missing_env_files: request.without_missing_env_files,
        tolerant: request.tolerant,
        made_from: request.made_from.clone(),
        // Known with the project's folder.
        bounds: Bounds::default(),
        seen_at: request.seen_at.clone(),
    };
    let details = request::details(request, &mut loader);
    let made = details.and_then(|details| finish(details, request, depth, &mut loader));
    match made {
        Ok(mut project) => {
            project.journal.veil_warnings();
            Ok(project)
        }
        // An error may hold what was put in before the values had their places.
        Err(refusal) => Err(loader.journal.veiled(refusal)),
    }
}

/// Loads one file from its text: no environment, no folder, no other file.
///
/// # Errors
/// As [`load`].
pub fn load_text(path: &str, text: &str) -> Result<Loaded, Refusal> {
    let mut loader = Loader {
        journal: Journal::default(),
        without: Without::default(),
        home: None,
        shown_from: String::new(),
        without_missing_env_files: false,
        tolerant: false,
        made_from: Vec::new(),
        bounds: Bounds::none(),
        seen_at: Vec::new(),
    };
    let scope = Scope {
        folder: "/".into(),
        references: "/".into(),
        paths: "/".into(),
        variables: Variables::default(),
    };
    let details = Details {
        files: vec![File::new(path.to_owned(), Source::new(path, text))],
        scope,
        name: Node::string("project", Origin::IMPLIED),
        profiles: Vec::new(),
    };
    finish(details, &Request::default(), Depth::WithoutEnvFiles, &mut loader)
}

fn finish(
    details: Details,
    request: &Request,
    depth: Depth,
    loader: &mut Loader,
) -> Result<Loaded, Refusal> {
    let Details { files, mut scope, name, profiles } = details;
    let sources: Vec<_> = files.iter().map(|file| Arc::clone(&file.source)).collect();
    // Who wants the files as they are written does not want what `.env` holds.
    let unused = (depth == Depth::Untyped).then(|| std::mem::take(&mut scope.variables));
    let mut model = loader.model_of(files, &scope, &[])?;
    if !loader.without.path_resolution {
        loader.resolve_paths(&mut model, &scope.paths)?;
    }
    loader.resolve_variables(&mut model, &scope.variables);
    if model.as_mapping().is_some_and(Mapping::is_empty) {
        let title = match &sources[..] {
            [one] => format!("{} is empty", one.path()),
            _ => "the Compose files are empty".to_owned(),
        };
        return Err(Diagnostic::error(title)
            .help("write `services:` and the services below it")
            .into());
    }
    let mut disabled = Mapping::new();
    if let Value::Mapping(mapping) = &mut model.value {
        let normal = !request.without.normalization;
        if normal || depth != Depth::Untyped {
            mapping.insert(Key { text: "name".into(), origin: name.origin }, name.clone());
        }
        if normal {
            let text = name.as_str().unwrap_or_default();
            let values = depth != Depth::Untyped;
            normalize::normalize(mapping, text, &scope.variables, values, &mut loader.journal);
        }
        if depth != Depth::Untyped {
            disabled = typed(&mut model, &profiles, &scope.variables, request, depth, loader)?;
        }
    }
    Ok(Loaded {
        model,
        disabled,
        shown_from: std::mem::take(&mut loader.shown_from),
        bounds: std::mem::take(&mut loader.bounds),
        journal: std::mem::take(&mut loader.journal),
        variables: unused.unwrap_or(scope.variables),
        folder: scope.folder,
    })
}

/// The phases from types on; returns the services that are set aside.
fn typed(
    model: &mut Node,
    profiles: &[String],
    variables: &Variables,
    request: &Request,
    depth: Depth,
    loader: &mut Loader,
) -> Result<Mapping, Refusal> {
    shape::decode(model, &PROJECT, &loader.journal).map_err(Refusal)?;
    let Value::Mapping(mapping) = &mut model.value else { return Ok(Mapping::new()) };
    let without = request.without;
    let reads = matches!(depth, Depth::Whole | Depth::EnvFiles);
    if without.normalization {
        // A type says no less of what is left empty.
        normalize::fill_resources(mapping);
    }
    let mut disabled = disable(mapping, profiles);
    let selected = select::select(mapping, &disabled, &request.services, profiles, &loader.journal);
    if !loader.tolerant && !without.consistency {
        let mut found = consistency::check(mapping, &disabled, &loader.journal);
        if let (Depth::Whole, Ok(selection)) = (depth, &selected) {
            found.extend(selection.container_names(mapping, &disabled, &loader.journal));
        }
        if !found.is_empty() {
            return Err(Refusal(found));
        }
    }
    let selection = selected?;
    if !without.consistency {
        agree_on_replicas(mapping);
    }
    let mut refused = Vec::new();
    for (_, service) in services(mapping) {
        if let Value::Mapping(service) = &mut service.value {
            if reads {
                refused.extend(env_files::resolve(service, variables, loader).err());
            }
            refused.extend(env_files::resolve_labels(service, loader).err());
        }
    }
    Refusal::of(refused)?;
    let enabled = selection.apply(mapping, &mut disabled);
    if depth == Depth::Whole && !without.env_resolution {
        // Only now, for the model alone, and without their labels: as Compose does.
        for (_, service) in services(mapping).filter(|(key, _)| enabled.contains(&*key.text)) {
            if let Value::Mapping(service) = &mut service.value {
                env_files::resolve(service, variables, loader)?;
            }
        }
    }
    for warning in host_ports::conflicts(mapping, &loader.journal) {
        loader.journal.warn(warning);
    }
    if !request.all_resources {
        drop_unused(mapping, &disabled, &mut loader.journal);
    }
    Ok(disabled)
}

fn services(model: &mut Mapping) -> impl Iterator<Item = (&Key, &mut Node)> {
    model.get_mut("services").and_then(Node::as_mapping_mut).into_iter().flat_map(Mapping::iter_mut)
}

/// Takes the services out whose profiles are not enabled.
fn disable(model: &mut Mapping, enabled: &[String]) -> Mapping {
    let mut disabled = Mapping::new();
    let Some(services) = model.get_mut("services").and_then(Node::as_mapping_mut) else {
        return disabled;
    };
    let is_on = |service: &Node| select::is_enabled(service, enabled);
    if services.iter().all(|(_, service)| is_on(service)) {
        return disabled;
    }
    for (key, service) in std::mem::take(services) {
        if is_on(&service) { services.insert(key, service) } else { disabled.insert(key, service) }
    }
    disabled
}

/// `scale` is what `deploy.replicas` then says too. What is depended on and is not there, is dropped.
fn agree_on_replicas(model: &mut Mapping) {
    for (_, service) in services(model) {
        let Value::Mapping(service) = &mut service.value else { continue };
        let Some(scale) = service.get("scale").filter(|node| !node.is_null()).cloned() else {
            continue;
        };
        if let Some(Value::Mapping(deploy)) = service.get_mut("deploy").map(|node| &mut node.value)
        {
            deploy.put("replicas", scale);
        }
    }
}

/// Drops the networks, volumes, secrets, configs and models that no service uses. The journal
/// keeps those that no service of any profile uses.
fn drop_unused(model: &mut Mapping, disabled: &Mapping, journal: &mut Journal) {
    let used = model.get("services").and_then(Node::as_mapping).map(uses).unwrap_or_default();
    let elsewhere = uses(disabled);
    for section in ["networks", "volumes", "secrets", "configs", "models"] {
        let Some(resources) = model.get_mut(section).and_then(Node::as_mapping_mut) else {
            continue;
        };
        resources.retain(|key, _| {
            let keep = used.contains(&(section, key.to_string()));
            let written = key.origin.place.file().is_some();
            if !keep && written && !elsewhere.contains(&(section, key.to_string())) {
                journal.leave_out(section, &key.text, key.origin);
            }
            keep
        });
    }
}

/// The section and name of everything that services use.
fn uses(services: &Mapping) -> BTreeSet<(&'static str, String)> {
    let mut used = BTreeSet::new();
    for (_, service) in services.iter() {
        for section in ["networks", "models"] {
            let names = service.get(section).and_then(Node::as_mapping);
            let names = names.into_iter().flat_map(Mapping::iter);
            used.extend(names.map(|(key, _)| (section, key.to_string())));
        }
        let mut note = |section, node: Option<&Node>, kind: Option<&str>| {
            for item in node.and_then(Node::as_sequence).unwrap_or_default() {
                let text = |key| item.get(key).and_then(Node::as_str);
                if kind.is_none() || text("type") == kind {
                    used.insert((section, text("source").unwrap_or_default().to_owned()));
                }
            }
        };
        note("volumes", service.get("volumes"), Some("volume"));
        note("secrets", service.get("secrets"), None);
        note("secrets", service.at(&["build", "secrets"]), None);
        note("configs", service.get("configs"), None);
    }
    used
}

impl Loaded {
    /// The model as `docker compose config` prints it.
    ///
    /// # Errors
    /// What the format cannot say.
    pub fn print(&self, format: Format, raw: bool) -> Result<String, String> {
        let text = match format {
            Format::Yaml => return self.yaml(raw, None),
            Format::Json if raw => shape::raw_json(&self.model)?,
            Format::Json => shape::json(&self.model, &PROJECT)?,
        };
        Ok(if raw { text } else { text.replace('$', "$$") })
    }

    /// The enabled services by name.
    pub fn services(&self) -> impl Iterator<Item = (&Key, &Node)> {
        self.model.get("services").and_then(Node::as_mapping).into_iter().flat_map(Mapping::iter)
    }

    /// The project's name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.model.get("name").and_then(Node::as_str).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_journal_keeps_what_no_service_of_any_profile_uses() {
        let loaded = load_text(
            "compose.yaml",
            "version: '3'\nservices:\n  a: {image: a, volumes: ['used:/v']}\n  \
             b: {image: b, profiles: [p], networks: [off]}\n\
             volumes: {used: {}, left: {}}\nnetworks: {off: {}, default: {}}\n",
        )
        .expect("a model");
        let dropped = loaded.journal.dropped().iter();
        let dropped: Vec<String> =
            dropped.map(|dropped| format!("{}.{}", dropped.section, dropped.name)).collect();
        assert_eq!(dropped, ["version.version", "volumes.left"]);
        assert!(loaded.model.at(&["networks", "off"]).is_none());
    }
}
