//! What `seaworthy config` lists instead of printing the model.

use std::collections::{BTreeMap, BTreeSet};

use clap::Args;
use sha2::{Digest as _, Sha256};

use super::{Arguments, Form};
use crate::{
    compose::{
        project::{Depth, Loaded},
        select, shape,
        template::{self, Variable},
        tree::{Mapping, Node, Value},
        values::number,
    },
    visible,
};

/// What to list instead of printing the model.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub(super) struct List {
    /// Lists the services.
    #[arg(long)]
    services: bool,
    /// Lists the volumes.
    #[arg(long)]
    volumes: bool,
    /// Lists the networks.
    #[arg(long)]
    networks: bool,
    /// Lists the models.
    #[arg(long)]
    models: bool,
    /// Lists the services with the hash of their configuration; `*` is all of them.
    #[arg(long, value_name = "SERVICES", num_args = 0..=1, default_missing_value = "*")]
    hash: Option<String>,
    /// Lists the profiles.
    #[arg(long = "profiles", id = "list_profiles")]
    profiles: bool,
    /// Lists the images.
    #[arg(long)]
    images: bool,
    /// Lists the variables with their defaults.
    #[arg(long)]
    variables: bool,
    /// Lists the variables that may be put in, with their values: those of this process, then of `.env`
    /// or the env files.
    #[arg(long)]
    environment: bool,
}

/// A list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Services,
    Volumes,
    Networks,
    Models,
    Hash,
    Profiles,
    Images,
    Variables,
    Environment,
}

impl List {
    /// The lists that are asked for, in the order in which Compose looks for them: it prints the first.
    pub(super) fn asked(&self) -> Vec<Kind> {
        let hash = self.hash.as_ref().is_some_and(|services| !services.is_empty());
        [
            (self.services, Kind::Services),
            (self.volumes, Kind::Volumes),
            (self.networks, Kind::Networks),
            (self.models, Kind::Models),
            (hash, Kind::Hash),
            (self.profiles, Kind::Profiles),
            (self.images, Kind::Images),
            (self.variables, Kind::Variables),
            (self.environment, Kind::Environment),
        ]
        .into_iter()
        .filter_map(|(asked, kind)| asked.then_some(kind))
        .collect()
    }
}

impl Kind {
    /// Its switch.
    pub(super) const fn switch(self) -> &'static str {
        match self {
            Self::Services => "--services",
            Self::Volumes => "--volumes",
            Self::Networks => "--networks",
            Self::Models => "--models",
            Self::Hash => "--hash",
            Self::Profiles => "--profiles",
            Self::Images => "--images",
            Self::Variables => "--variables",
            Self::Environment => "--environment",
        }
    }

    /// How far the project must be loaded for it.
    pub(super) const fn depth(self, no_interpolate: bool) -> Depth {
        match self {
            Self::Variables => Depth::Untyped,
            Self::Services if no_interpolate => Depth::Untyped,
            Self::Environment => Depth::EnvFiles,
            _ => Depth::WithoutEnvFiles,
        }
    }

    /// Whether services that are named change it.
    pub(super) const fn is_of_services(self) -> bool {
        matches!(self, Self::Profiles | Self::Images | Self::Environment)
    }
}

/// The lines of a list.
pub(super) fn listed(kind: Kind, loaded: &Loaded, arguments: &Arguments) -> Result<String, String> {
    let section = |name: &str| -> Vec<String> {
        let section = loaded.model.get(name).and_then(Node::as_mapping);
        section
            .map(|section| section.iter().map(|(key, _)| key.to_string()).collect())
            .unwrap_or_default()
    };
    let text = |node: Option<&Node>| node.and_then(Node::as_str).unwrap_or_default().to_owned();
    let mut lines: Vec<String> = match kind {
        Kind::Services => {
            let names = section("services");
            if kind.depth(arguments.no_interpolate) != Depth::Untyped {
                whole(loaded, &names)?;
            }
            names
        }
        Kind::Volumes => section("volumes"),
        Kind::Networks => section("networks"),
        Kind::Models => {
            let models = loaded.model.get("models").and_then(Node::as_mapping);
            let names = models.into_iter().flat_map(Mapping::iter);
            names
                .map(|(_, model)| text(model.get("model")))
                .filter(|name| !name.is_empty())
                .collect()
        }
        Kind::Hash => return hashes(loaded, arguments.list.hash.as_deref().unwrap_or("*")),
        Kind::Profiles => {
            let services = loaded.services().chain(loaded.disabled.iter());
            let profiles: BTreeSet<String> = services
                .flat_map(|(_, service)| {
                    service.get("profiles").and_then(Node::as_sequence).unwrap_or_default()
                })
                .filter_map(|profile| profile.as_str().map(str::to_owned))
                .collect();
            profiles.into_iter().collect()
        }
        Kind::Images => {
            let separator = if is_compatible(loaded, arguments) { '_' } else { '-' };
            let images = loaded.services().map(|(name, service)| {
                let image = text(service.get("image"));
                if image.is_empty() {
                    format!("{}{separator}{}", loaded.name(), name.text)
                } else {
                    image
                }
            });
            images.collect()
        }
        Kind::Variables => return variables(&loaded.model, arguments.format),
        Kind::Environment => {
            loaded.variables.iter().map(|(name, value, _)| format!("{name}={value}")).collect()
        }
    };
    lines.sort();
    Ok(lines.into_iter().map(|line| visible::whole_line(&line).into_owned() + "\n").collect())
}

/// Compose goes from each service to what it depends on, and finds out here what `--no-consistency` has
/// not asked.
fn whole(loaded: &Loaded, names: &[String]) -> Result<(), String> {
    let Some(model) = loaded.model.as_mapping() else { return Ok(()) };
    select::select(model, &loaded.disabled, names, &[], &loaded.journal)
        .map(|_| ())
        .map_err(|refusal| refusal.to_string())
}

/// Whether names of images are made as Compose 1 made them.
fn is_compatible(loaded: &Loaded, arguments: &Arguments) -> bool {
    let set = loaded.variables.get("COMPOSE_COMPATIBILITY").unwrap_or_default();
    let set = set.trim().to_ascii_lowercase();
    arguments.compatibility || set == "y" || number::parse_go_bool(&set).unwrap_or(false)
}

fn variables(model: &Node, format: Option<Form>) -> Result<String, String> {
    let mut found: BTreeMap<String, Variable> = BTreeMap::new();
    collect(model, &mut found);
    match format {
        None => {
            let mut table =
                vec![["NAME", "REQUIRED", "DEFAULT VALUE", "ALTERNATE VALUE"].map(str::to_owned)];
            table.extend(found.into_values().map(|variable| {
                [
                    variable.name,
                    variable.required.to_string(),
                    variable.default,
                    variable.alternative,
                ]
            }));
            Ok(columns(&table))
        }
        Some(form) => {
            let names: [&str; 4] = match form {
                Form::Json => ["Name", "DefaultValue", "PresenceValue", "Required"],
                Form::Yaml => ["name", "defaultvalue", "presencevalue", "required"],
            };
            let object = |variable: &Variable| {
                serde_json::json!({
                    names[0]: variable.name,
                    names[1]: variable.default,
                    names[2]: variable.alternative,
                    names[3]: variable.required,
                })
            };
            let all: BTreeMap<&str, serde_json::Value> =
                found.iter().map(|(name, variable)| (name.as_str(), object(variable))).collect();
            match form {
                Form::Json => serde_json::to_string_pretty(&all)
                    .map(|text| text + "\n")
                    .map_err(|why| why.to_string()),
                Form::Yaml => serde_yaml::to_string(&all).map_err(|why| why.to_string()),
            }
        }
    }
}

fn collect(node: &Node, found: &mut BTreeMap<String, Variable>) {
    match &node.value {
        Value::String(text) => {
            for variable in template::variables(text) {
                found.insert(variable.name.clone(), variable);
            }
        }
        Value::Sequence(items) => items.iter().for_each(|item| collect(item, found)),
        Value::Mapping(mapping) => mapping.iter().for_each(|(_, node)| collect(node, found)),
        _ => {}
    }
}

/// Rows of cells, each column but the last as wide as its widest cell and at least 20.
fn columns(table: &[[String; 4]]) -> String {
    let width =
        |at: usize| table.iter().map(|row| row[at].chars().count() + 3).max().unwrap_or(0).max(20);
    let widths: Vec<usize> = (0..3).map(width).chain([0]).collect();
    let line = |row: &[String; 4]| {
        let row = row.each_ref().map(|cell| visible::whole_line(cell));
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        cells.collect::<String>() + "\n"
    };
    table.iter().map(line).collect()
}

fn hashes(loaded: &Loaded, wanted: &str) -> Result<String, String> {
    let mut names: Vec<&str> = if wanted == "*" {
        loaded.services().map(|(name, _)| &*name.text).collect()
    } else {
        wanted.split(',').collect()
    };
    names.sort_unstable();
    let mut lines = String::new();
    for name in names {
        let service = loaded.services().find(|(key, _)| &*key.text == name);
        let Some((_, service)) = service else {
            return Err(format!("there is no service \"{name}\""));
        };
        let mut service = service.clone();
        if let Some(mapping) = service.as_mapping_mut() {
            // What may change without a new container.
            for key in ["build", "pull_policy", "scale", "depends_on", "profiles"] {
                mapping.remove(key);
            }
            if let Some(deploy) = mapping.get_mut("deploy").and_then(Node::as_mapping_mut) {
                deploy.remove("replicas");
            }
        }
        let hash = Sha256::digest(shape::service_json(&service)?);
        let hex = hash.iter().flat_map(|byte| [byte >> 4, byte & 15]);
        let hex = hex.filter_map(|digit| char::from_digit(digit.into(), 16));
        lines.extend(
            name.chars().chain(std::iter::once(' ')).chain(hex).chain(std::iter::once('\n')),
        );
    }
    Ok(lines)
}
