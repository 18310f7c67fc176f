//! `seaworthy config`: the model, or lists of what is in it.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Write as _,
};

use camino::{Utf8Path, Utf8PathBuf};
use clap::{Args, ValueEnum};
use sha2::{Digest as _, Sha256};

use super::{COULD_NOT, FINDINGS, SOUND, configuration, show};
use crate::{
    compose::{
        self,
        journal::Origin,
        project::{self, Depth, Loaded},
        request::Request,
        shape::{self, Format},
        template::{self, Variable},
        tree::{Node, Value},
    },
    diagnostic::Diagnostic,
    visible,
};

/// Arguments of `config`, those of `docker compose` first.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// A Compose file; may be given several times.
    #[arg(long = "file", short = 'f', value_name = "FILE")]
    files: Vec<String>,
    /// An env file instead of `.env`; may be given several times.
    #[arg(long = "env-file", value_name = "FILE")]
    env_files: Vec<String>,
    /// A profile to enable, or `*`; may be given several times.
    #[arg(long = "profile", value_name = "PROFILE")]
    profiles: Vec<String>,
    /// The folder that relative paths start from; by default that of the first file.
    #[arg(long, value_name = "DIR")]
    project_directory: Option<String>,
    /// The project's name.
    #[arg(long, short, value_name = "NAME")]
    project_name: Option<String>,
    /// The files, env files and profiles of an environment in seaworthy.yaml.
    #[arg(long, value_name = "NAME", conflicts_with_all = ["files", "env_files", "profiles", "project_directory"])]
    environment: Option<String>,
    /// How to print.
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: Option<Form>,
    /// Leaves variables as they are written.
    #[arg(long)]
    no_interpolate: bool,
    /// Prints beside each value where it is written and how it came.
    #[arg(long)]
    provenance: bool,
    /// Prints nothing; says by its exit code whether the files are sound.
    #[arg(long, short)]
    quiet: bool,
    #[command(flatten)]
    list: List,
}

/// What to list instead of printing the model.
#[derive(Debug, Args)]
#[group(multiple = false)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
struct List {
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
    /// Lists the profiles.
    #[arg(long = "profiles", id = "list_profiles")]
    profiles: bool,
    /// Lists the images.
    #[arg(long)]
    images: bool,
    /// Lists the variables with their defaults.
    #[arg(long)]
    variables: bool,
    /// Lists the services with the hash of their configuration; `*` is all of them.
    #[arg(long, value_name = "SERVICES", num_args = 0..=1, default_missing_value = "*")]
    hash: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    Yaml,
    Json,
}

pub(super) fn run(config: Option<&Utf8Path>, arguments: &Arguments) -> u8 {
    let request = match request(config, arguments) {
        Ok(request) => request,
        Err(why) => {
            show(&why);
            return COULD_NOT;
        }
    };
    let list = &arguments.list;
    let lists = list.services
        || list.volumes
        || list.networks
        || list.models
        || list.profiles
        || list.images
        || list.variables
        || list.hash.is_some();
    let depth = if lists { Depth::WithoutEnvFiles } else { Depth::Whole };
    let loaded = match project::load(&request, depth) {
        Ok(loaded) => loaded,
        Err(refusal) => {
            refusal.0.iter().for_each(show);
            return FINDINGS;
        }
    };
    tell_warnings(&loaded);
    if arguments.quiet {
        return SOUND;
    }
    if let Some(refused) = outside(&loaded) {
        show(&refused);
        return COULD_NOT;
    }
    let printed = if lists { listed(&loaded, arguments) } else { model(&loaded, arguments) };
    // YAML has escapes of its own by now.
    let printed = match arguments.format {
        Some(Form::Json) => printed.map(|text| visible::json(&text).into_owned()),
        _ if lists => printed.map(|text| visible::output(&text).into_owned()),
        _ => printed,
    };
    match printed.and_then(|text| write(&text)) {
        Ok(()) => SOUND,
        Err(why) => {
            show(&Diagnostic::error(why));
            FINDINGS
        }
    }
}

/// Why the model is not printed: a file outside the repository says a part of it.
fn outside(loaded: &Loaded) -> Option<Diagnostic> {
    let mut found = Vec::new();
    loaded.journal.outer_values(&loaded.model, &mut found);
    let disabled = Node::new(Value::Mapping(loaded.disabled.clone()), Origin::IMPLIED);
    loaded.journal.outer_values(&disabled, &mut found);
    let (_, origin) = found.first()?;
    let title = "a file outside the repository says a part of the model, and is not quoted";
    let outer = loaded.journal.files().iter().find(|file| file.is_outside());
    let path = outer.map_or("PATH", |file| file.path().as_str());
    let help = format!("`seaworthy config {} {path}` prints it", crate::outside::OPTION);
    let mut diagnostic = Diagnostic::error(title);
    if let Some(file) = origin.place.file() {
        diagnostic = diagnostic.at(loaded.journal.file(file), origin.place.span(), "");
    }
    for step in loaded.journal.steps(*origin) {
        diagnostic.notes.extend(loaded.journal.describe(step));
    }
    // A place outside takes the words away; these are ours.
    diagnostic.title = title.into();
    diagnostic.help = Some(help);
    Some(diagnostic)
}

/// Each warning once, with each of its places once.
fn tell_warnings(loaded: &Loaded) {
    let mut told = BTreeSet::new();
    for warning in loaded.journal.warnings() {
        if told.insert((warning.title.clone(), warning.place())) {
            show(warning);
        }
    }
}

pub(super) fn write(text: &str) -> Result<(), String> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        // Who reads no further has what they want.
        Err(why) if why.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        other => other.map_err(|why| format!("cannot write: {why}")),
    }
}

fn request(config: Option<&Utf8Path>, arguments: &Arguments) -> Result<Request, Box<Diagnostic>> {
    let here = std::env::current_dir()
        .map_err(|why| Diagnostic::error(format!("cannot tell the current folder: {why}")))
        .map_err(Box::new)?;
    let here = Utf8PathBuf::from_path_buf(here)
        .map_err(|path| Box::new(Diagnostic::error(format!("{} is not UTF-8", path.display()))))?;
    let mut request = compose::request_from(&here);
    request.no_interpolate = arguments.no_interpolate || arguments.list.variables;
    request.project_name.clone_from(&arguments.project_name);
    if let Some(name) = &arguments.environment {
        let config = configuration(config)?;
        let Some(environment) = config.environments.get(name) else {
            let known = config.environments.keys().map(String::as_str);
            let known = crate::words::quoted_list(known);
            return Err(Box::new(
                Diagnostic::error(format!("there is no environment \"{name}\""))
                    .help(format!("seaworthy.yaml has {known}")),
            ));
        };
        compose::invocation(&config, environment, &[]).fill(&mut request);
    } else {
        request.files.clone_from(&arguments.files);
        request.env_files.clone_from(&arguments.env_files);
        request.named = [arguments.files.as_slice(), &arguments.env_files].concat();
        request.profiles.clone_from(&arguments.profiles);
        request.project_directory.clone_from(&arguments.project_directory);
    }
    Ok(request)
}

fn model(loaded: &Loaded, arguments: &Arguments) -> Result<String, String> {
    let raw = arguments.no_interpolate;
    if arguments.provenance {
        return match arguments.format {
            Some(Form::Json) => Err("--provenance prints YAML: leave --format out".into()),
            _ => loaded.annotated(raw),
        };
    }
    let format = if arguments.format == Some(Form::Json) { Format::Json } else { Format::Yaml };
    let mut text = loaded.print(format, raw)?;
    if !text.ends_with('\n') {
        text.push('\n');
    }
    Ok(text)
}

fn listed(loaded: &Loaded, arguments: &Arguments) -> Result<String, String> {
    let list = &arguments.list;
    let section = |name: &str| -> Vec<String> {
        let section = loaded.model.get(name).and_then(Node::as_mapping);
        section
            .map(|section| section.iter().map(|(key, _)| key.to_string()).collect())
            .unwrap_or_default()
    };
    let text = |node: Option<&Node>| node.and_then(Node::as_str).unwrap_or_default().to_owned();
    let mut lines: Vec<String> = if list.services {
        section("services")
    } else if list.volumes {
        section("volumes")
    } else if list.networks {
        section("networks")
    } else if list.models {
        let models = loaded.model.get("models").and_then(Node::as_mapping);
        let names = models.into_iter().flat_map(compose::tree::Mapping::iter);
        names.map(|(_, model)| text(model.get("model"))).filter(|name| !name.is_empty()).collect()
    } else if list.profiles {
        let services = loaded.services().chain(loaded.disabled.iter());
        let profiles: BTreeSet<String> = services
            .flat_map(|(_, service)| {
                service.get("profiles").and_then(Node::as_sequence).unwrap_or_default()
            })
            .filter_map(|profile| profile.as_str().map(str::to_owned))
            .collect();
        profiles.into_iter().collect()
    } else if list.images {
        let images = loaded.services().map(|(name, service)| {
            let image = text(service.get("image"));
            if image.is_empty() { format!("{}-{}", loaded.name(), name.text) } else { image }
        });
        images.collect()
    } else if list.variables {
        return variables(&loaded.model, arguments.format);
    } else {
        return hashes(loaded, list.hash.as_deref().unwrap_or("*"));
    };
    lines.sort();
    Ok(lines.into_iter().map(|line| visible::whole_line(&line).into_owned() + "\n").collect())
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

/// Rows of cells, each column as wide as its widest cell and at least 20.
fn columns(table: &[[String; 4]]) -> String {
    let width =
        |at: usize| table.iter().map(|row| row[at].chars().count() + 3).max().unwrap_or(0).max(20);
    let widths: Vec<usize> = (0..4).map(width).collect();
    let line = |row: &[String; 4]| {
        let row = row.each_ref().map(|cell| visible::whole_line(cell));
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        cells.collect::<String>().trim_end().to_owned() + "\n"
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
