//! Phase: puts the values of variables into the strings of a document.
//!
//! The Compose specification, section Interpolation. Keys are left as they are.
//! [`CASTS`] says which attributes then become numbers or booleans, so that
//! `privileged: ${PRIVILEGED}` means what it says.

use std::sync::LazyLock;

use super::{
    journal::{Journal, Origin, Place, Refusal, Step, VariableOrigin},
    path::{Cursor, Table, Trail},
    refused::Refused,
    template::{self, Outcome},
    tree::{Node, Text, Value},
    values::number,
    variables::Variables,
};
use crate::diagnostic::{Code, Diagnostic};

/// What the text of an attribute is made into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cast {
    Bool,
    Int,
    Float,
}

/// The attributes that are cast after interpolation, as compose-go lists them.
const CASTS: &[(&str, Cast)] = &[
    ("services.*.cpu_count", Cast::Int),
    ("services.*.cpu_percent", Cast::Float),
    ("services.*.cpu_period", Cast::Int),
    ("services.*.cpu_quota", Cast::Int),
    ("services.*.cpu_rt_period", Cast::Int),
    ("services.*.cpu_rt_runtime", Cast::Int),
    ("services.*.cpus", Cast::Float),
    ("services.*.cpu_shares", Cast::Int),
    ("services.*.init", Cast::Bool),
    ("services.*.deploy.replicas", Cast::Int),
    ("services.*.deploy.update_config.parallelism", Cast::Int),
    ("services.*.deploy.update_config.max_failure_ratio", Cast::Float),
    ("services.*.deploy.rollback_config.parallelism", Cast::Int),
    ("services.*.deploy.rollback_config.max_failure_ratio", Cast::Float),
    ("services.*.deploy.restart_policy.max_attempts", Cast::Int),
    ("services.*.deploy.placement.max_replicas_per_node", Cast::Int),
    ("services.*.healthcheck.retries", Cast::Int),
    ("services.*.healthcheck.disable", Cast::Bool),
    ("services.*.oom_kill_disable", Cast::Bool),
    ("services.*.oom_score_adj", Cast::Int),
    ("services.*.pids_limit", Cast::Int),
    ("services.*.ports.*.target", Cast::Int),
    ("services.*.privileged", Cast::Bool),
    ("services.*.read_only", Cast::Bool),
    ("services.*.scale", Cast::Int),
    ("services.*.stdin_open", Cast::Bool),
    ("services.*.tty", Cast::Bool),
    ("services.*.ulimits.*", Cast::Int),
    ("services.*.ulimits.*.hard", Cast::Int),
    ("services.*.ulimits.*.soft", Cast::Int),
    ("services.*.volumes.*.read_only", Cast::Bool),
    ("services.*.volumes.*.volume.nocopy", Cast::Bool),
    ("networks.*.external", Cast::Bool),
    ("networks.*.internal", Cast::Bool),
    ("networks.*.attachable", Cast::Bool),
    ("networks.*.enable_ipv4", Cast::Bool),
    ("networks.*.enable_ipv6", Cast::Bool),
    ("volumes.*.external", Cast::Bool),
    ("secrets.*.external", Cast::Bool),
    ("configs.*.external", Cast::Bool),
];

static TABLE: LazyLock<Table<Cast>> = LazyLock::new(|| Table::new(CASTS));

/// Puts variables into every string of a document.
///
/// Notes every template that cannot be read, required variable without a value, and value that its
/// attribute cannot take; such a string stays as it is.
pub fn interpolate(
    node: &mut Node,
    variables: &Variables,
    journal: &mut Journal,
    refused: &mut Refused,
) {
    let root = Some(Table::<Cast>::root());
    let mut interpolation = Interpolation { variables, journal, found: Vec::new() };
    interpolation.walk(node, root, &Trail::ROOT);
    let found = interpolation.found;
    for (why, value) in found {
        refused.note::<()>(Err(why.into()));
        if let Some(file) = value.file() {
            refused.settle(journal.file(file), &value.span());
        }
    }
}

/// Puts variables into one string that belongs to no attribute.
///
/// # Errors
/// A [`Refusal`] with what [`interpolate`] would note.
pub fn interpolate_text(
    node: &mut Node,
    variables: &Variables,
    journal: &mut Journal,
) -> Result<(), Refusal> {
    let trail = Trail::ROOT.key("name");
    let mut interpolation = Interpolation { variables, journal, found: Vec::new() };
    interpolation.walk(node, None, &trail);
    Refusal::of(interpolation.found.into_iter().map(|(why, _)| why.into()))
}

struct Interpolation<'a> {
    variables: &'a Variables,
    journal: &'a mut Journal,
    /// What is wrong, and with which value.
    found: Vec<(Diagnostic, Place)>,
}

impl Interpolation<'_> {
    fn walk(&mut self, node: &mut Node, cursor: Option<Cursor>, trail: &Trail<'_>) {
        match &mut node.value {
            Value::String(text) => {
                let cast = cursor.and_then(|cursor| TABLE.row(cursor));
                match self.text(text, &mut node.origin, cast, trail) {
                    Ok(Some(value)) => node.value = value,
                    Ok(None) => {}
                    Err(why) => self.found.push((why, node.origin.place)),
                }
            }
            Value::Sequence(items) => {
                let below = cursor.and_then(|cursor| TABLE.item(cursor));
                for (at, item) in items.iter_mut().enumerate() {
                    self.walk(item, below, &trail.item(at));
                }
            }
            Value::Mapping(mapping) => {
                for (key, value) in mapping.iter_mut() {
                    let below = cursor.and_then(|cursor| TABLE.step(cursor, key));
                    self.walk(value, below, &trail.key(key));
                }
            }
            _ => {}
        }
    }

    /// What a string becomes, if that is another value.
    fn text(
        &mut self,
        text: &mut Text,
        origin: &mut Origin,
        cast: Option<Cast>,
        trail: &Trail<'_>,
    ) -> Result<Option<Value>, Diagnostic> {
        if let Some(substituted) = self.substitute(text, origin, trail)? {
            *text = substituted;
        }
        cast.map(|cast| self.cast(cast, text, *origin, trail)).transpose()
    }

    fn substitute(
        &mut self,
        text: &Text,
        origin: &mut Origin,
        trail: &Trail<'_>,
    ) -> Result<Option<Text>, Diagnostic> {
        let variables = self.variables;
        let found = template::substitute(text, &mut |name| variables.get(name).map(str::to_owned));
        let substituted = found.map_err(|error| {
            let at = self.inside(text, *origin, &error.span);
            self.journal
                .point(Diagnostic::error(format!("{trail}: {error}")), at, "")
                .help(error.help())
        })?;
        let Some(substituted) = substituted else { return Ok(None) };
        for used in &substituted.uses {
            let from = match used.outcome {
                Outcome::Found | Outcome::Unset => self.variables.origin(&used.name),
                Outcome::Default | Outcome::Alternative | Outcome::NoAlternative => {
                    VariableOrigin::Template
                }
            };
            if let Some(warning) = used.warning() {
                let at = self.inside(text, *origin, &used.span);
                let warning = Diagnostic::warning(warning).code(Code::UnsetVariable).help(format!(
                    "set {0} in the environment or an env file, or write ${{{0}:-}} if it may be empty",
                    used.name
                ));
                let warning = self.journal.point(warning, Origin::written(at.place), "");
                self.journal.warn(warning);
            }
            *origin = self
                .journal
                .step(*origin, Step::Variable { name: used.name.as_str().into(), from });
        }
        Ok(Some(substituted.text.into()))
    }

    /// The place of a part of a string, when the string is written as it is meant.
    fn inside(&self, text: &str, origin: Origin, part: &crate::source::Span) -> Origin {
        let place = origin.place;
        let (Some(file), Some(at)) = (place.file(), self.journal.text(place).find(text)) else {
            return origin;
        };
        let bound =
            |offset: usize| u32::try_from(place.span().start + at + offset).unwrap_or(u32::MAX);
        origin.inside(Place::new(file, bound(part.start), bound(part.end)))
    }

    fn cast(
        &mut self,
        cast: Cast,
        text: &str,
        origin: Origin,
        trail: &Trail<'_>,
    ) -> Result<Value, Diagnostic> {
        let (value, wanted) = match cast {
            Cast::Bool => {
                let parsed = number::parse_bool(text).ok();
                if let Some(parsed) = parsed
                    && parsed.dated
                {
                    let warning = Diagnostic::warning(format!(
                        "{trail}: \"{text}\" for a boolean is not supported by YAML 1.2"
                    ))
                    .help(format!("write {}", parsed.value));
                    let warning = self.journal.point(warning, origin, "");
                    self.journal.warn(warning);
                }
                (parsed.map(|parsed| Value::Bool(parsed.value)), "true or false")
            }
            Cast::Int => (number::parse_int(text).ok().map(Value::Int), "a whole number"),
            Cast::Float => (number::parse_float(text).ok().map(Value::Float), "a number"),
        };
        value.ok_or_else(|| {
            let diagnostic =
                Diagnostic::error(format!("{trail} must be {wanted}, found \"{text}\""));
            self.journal.point(diagnostic, origin, "").help(format!("write {wanted}"))
        })
    }
}
