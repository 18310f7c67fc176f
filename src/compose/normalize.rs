//! Phase: what is implied by the whole: the default network, names of resources,
//! dependencies by link, variables without a value.

use super::{
    journal::{Journal, Origin, Step},
    merge::printed,
    tree::{Key, Mapping, Node, Text, Value},
    values::{number, path},
    variables::Variables,
};

/// Completes a model that is merged and canonical.
///
/// Without `values`, entries of `environment` stay as they are written.
pub fn normalize(
    model: &mut Mapping,
    name: &str,
    variables: &Variables,
    values: bool,
    journal: &mut Journal,
) {
    networks(model);
    if let Some(services) = model.get_mut("services").and_then(Node::as_mapping_mut) {
        for (_, node) in services.iter_mut() {
            if let Value::Mapping(service) = &mut node.value {
                normalize_service(service, variables, values, journal);
            }
        }
    }
    for section in ["networks", "volumes", "configs", "secrets"] {
        if let Some(resources) = model.get_mut(section).and_then(Node::as_mapping_mut) {
            name_resources(resources, name);
        }
    }
}

fn networks(model: &mut Mapping) {
    let mut uses_default = false;
    if let Some(services) = model.get_mut("services").and_then(Node::as_mapping_mut) {
        for (_, node) in services.iter_mut() {
            let Value::Mapping(service) = &mut node.value else { continue };
            if service.contains("provider") || service.contains("network_mode") {
                continue;
            }
            match service.get("networks").map(Node::as_mapping) {
                Some(Some(networks)) if !networks.is_empty() => {
                    uses_default |= networks.contains("default");
                }
                _ => {
                    let mut only = Mapping::with_capacity(1);
                    only.put("default", Node::new(Value::Null, Origin::IMPLIED));
                    service.put("networks", Node::new(Value::Mapping(only), Origin::IMPLIED));
                    uses_default = true;
                }
            }
        }
    }
    let declared = model.get("networks").and_then(Node::as_mapping);
    if uses_default && !declared.is_some_and(|networks| networks.contains("default")) {
        if declared.is_none() {
            model.put("networks", Node::new(Value::Mapping(Mapping::new()), Origin::IMPLIED));
        }
        if let Some(networks) = model.get_mut("networks").and_then(Node::as_mapping_mut) {
            networks.put("default", Node::new(Value::Null, Origin::IMPLIED));
        }
    }
}

fn normalize_service(
    service: &mut Mapping,
    variables: &Variables,
    values: bool,
    journal: &mut Journal,
) {
    if let Some(policy) = service.get_mut("pull_policy")
        && policy.as_str() == Some("if_not_present")
    {
        policy.value = Value::String("missing".into());
    }
    if let Some(build) = service.get_mut("build") {
        let implied = journal.step(build.origin, Step::Implied);
        if let Value::Mapping(build) = &mut build.value {
            normalize_build(build, implied, variables, journal);
        }
    }
    if values && let Some(environment) = service.get_mut("environment") {
        resolve(environment, variables, true, journal);
    }
    add_dependencies(service);
    if let Some(Value::Sequence(mounts)) = service.get_mut("volumes").map(|node| &mut node.value) {
        for mount in mounts {
            let target = mount.as_mapping_mut().and_then(|mount| mount.get_mut("target"));
            if let Some(Value::String(text)) = target.map(|node| &mut node.value) {
                let clean = path::clean(text);
                if clean != **text {
                    *text = clean.into();
                }
            }
        }
    }
}

fn normalize_build(
    build: &mut Mapping,
    implied: Origin,
    variables: &Variables,
    journal: &mut Journal,
) {
    let missing = |build: &Mapping, key: &str| build.get(key).is_none_or(Node::is_null);
    if missing(build, "context") {
        build.put("context", Node::string(".", implied));
    }
    if missing(build, "dockerfile") && missing(build, "dockerfile_inline") {
        build.put("dockerfile", Node::string("Dockerfile", implied));
    }
    if let Some(arguments) = build.get_mut("args") {
        resolve(arguments, variables, false, journal);
    }
}

/// Gives `KEY` without a value the value that the variable has.
pub fn resolve(node: &mut Node, variables: &Variables, keep_unset: bool, journal: &mut Journal) {
    let found = |name: &str, origin: Origin, journal: &mut Journal| {
        let value = variables.get(name)?.to_owned();
        let step = Step::Variable { name: name.into(), from: variables.origin(name) };
        Some((value, journal.step(origin, step)))
    };
    match &mut node.value {
        Value::Mapping(mapping) => mapping.retain(|key, value| {
            if !value.is_null() {
                return true;
            }
            match found(key, key.origin, journal) {
                Some((text, origin)) => {
                    *value = Node::string(text, origin);
                    true
                }
                None => keep_unset,
            }
        }),
        Value::Sequence(items) => items.retain_mut(|item| {
            let Value::String(text) = &item.value else { return false };
            if text.contains('=') {
                return true;
            }
            match found(text, item.origin, journal) {
                Some((value, origin)) => {
                    *item = Node::string(format!("{text}={value}"), origin);
                    true
                }
                None => keep_unset,
            }
        }),
        _ => {}
    }
}

fn add_dependencies(service: &mut Mapping) {
    let mut implied: Vec<(Text, Origin, bool)> = Vec::new();
    if let Some(links) = service.get("links").and_then(Node::as_sequence) {
        for link in links {
            let text = link.as_str().unwrap_or_default();
            let name = match text.split(':').collect::<Vec<_>>()[..] {
                [name, _] => name,
                _ => text,
            };
            implied.push((name.into(), link.origin, true));
        }
    }
    for key in ["network_mode", "ipc", "pid", "uts", "cgroup"] {
        if let Some(node) = service.get(key)
            && let Some(name) = node.as_str().and_then(|text| text.strip_prefix("service:"))
        {
            implied.push((name.into(), node.origin, true));
        }
    }
    if let Some(sources) = service.get("volumes_from").and_then(Node::as_sequence) {
        for source in sources {
            let text = source.as_str().unwrap_or_default();
            if !text.starts_with("container:") {
                let name = text.split(':').next().unwrap_or_default();
                implied.push((name.into(), source.origin, false));
            }
        }
    }
    if implied.is_empty() {
        return;
    }
    if service.get("depends_on").is_none_or(|node| node.as_mapping().is_none()) {
        service.put("depends_on", Node::new(Value::Mapping(Mapping::new()), Origin::IMPLIED));
    }
    let Some(dependencies) = service.get_mut("depends_on").and_then(Node::as_mapping_mut) else {
        return;
    };
    for (name, origin, restart) in implied {
        if dependencies.contains(&name) {
            continue;
        }
        let mut dependency = Mapping::new();
        dependency.put("condition", Node::string("service_started", origin));
        dependency.put("restart", Node::new(Value::Bool(restart), origin));
        dependency.put("required", Node::new(Value::Bool(true), origin));
        dependencies
            .insert(Key { text: name, origin }, Node::new(Value::Mapping(dependency), origin));
    }
}

/// Makes resources that say nothing mappings without entries.
pub fn fill_resources(model: &mut Mapping) {
    for section in ["networks", "volumes", "configs", "secrets"] {
        let resources = model.get_mut(section).and_then(Node::as_mapping_mut);
        for (key, node) in resources.into_iter().flat_map(Mapping::iter_mut) {
            if node.is_null() {
                *node = Node::new(Value::Mapping(Mapping::new()), key.origin);
            }
        }
    }
}

/// A resource without a name is called by its key: as it is when external, else after the project.
fn name_resources(resources: &mut Mapping, project: &str) {
    for (key, node) in resources.iter_mut() {
        if node.is_null() {
            *node = Node::new(Value::Mapping(Mapping::new()), key.origin);
        }
        let Value::Mapping(resource) = &mut node.value else { continue };
        if resource.get("name").is_some_and(|name| !name.is_null()) {
            continue;
        }
        let external = resource
            .get("external")
            .is_some_and(|node| number::parse_go_bool(&printed(&node.value)).unwrap_or(false));
        let name = if external { key.to_string() } else { format!("{project}_{}", key.text) };
        resource.put("name", Node::string(name, key.origin));
    }
}

/// Gives environment entries, secrets and configs the values of the variables that they name.
pub fn resolve_environment(model: &mut Mapping, variables: &Variables, journal: &mut Journal) {
    if let Some(services) = model.get_mut("services").and_then(Node::as_mapping_mut) {
        for (_, service) in services.iter_mut() {
            let environment =
                service.as_mapping_mut().and_then(|service| service.get_mut("environment"));
            if let Some(environment) = environment
                && environment.as_sequence().is_some()
            {
                resolve(environment, variables, true, journal);
            }
        }
    }
    if let Some(configs) = model.get_mut("configs").and_then(Node::as_mapping_mut) {
        for (_, config) in configs.iter_mut() {
            let Value::Mapping(config) = &mut config.value else { continue };
            let Some(environment) = config.get("environment") else { continue };
            let Some(name) = environment.as_str() else { continue };
            if let Some(value) = variables.get(name) {
                let step = Step::Variable { name: name.into(), from: variables.origin(name) };
                let origin = journal.step(environment.origin, step);
                let content = Node::string(value, origin);
                config.put("content", content);
            }
        }
    }
}
