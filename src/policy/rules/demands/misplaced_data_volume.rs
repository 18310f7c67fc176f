//! Volumes beside the folder in which an image keeps its data.

use super::Known;
use crate::{
    facts::{
        answers::{path, place},
        knowledge::Fact,
    },
    policy::{Finding, Profile, Rule, Severity, Target},
};

/// The data is not in the volume.
pub static RULE: Rule = Rule {
    id: "misplaced-data-volume",
    severity: Severity::High,
    profile: Profile::Default,
    summary: "A volume is not where the image keeps its data.",
    check,
    document: include_str!("misplaced_data_volume.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    for known in super::servers(target) {
        if is_moved(&known) {
            continue;
        }
        for mount in &known.service.volumes {
            let read_only = mount.read_only.as_ref().is_some_and(|read_only| read_only.value);
            let Some(at) = mount.target.as_ref().filter(|_| mount.source.is_some() && !read_only)
            else {
                continue;
            };
            let Some(wrong) = misplaced(&known, at) else { continue };
            let name = known.name;
            found.push(RULE.finding(
                format!("services.{name}.volumes[{}]", at.value),
                format!(
                    "service \"{name}\" keeps no data in the volume at {}: {}",
                    at.value, wrong.why
                ),
                wrong.remedy,
                place::or_service(&target.project, name, Some(at.origin)),
            ));
        }
    }
}

/// Whether a variable, be it of the Dockerfile, or a file of settings puts the data elsewhere.
fn is_moved(known: &Known<'_>) -> bool {
    let mut variables = known.rows.iter().filter_map(|row| match row.fact {
        Fact::Moves(variable) => Some(variable),
        _ => None,
    });
    let instructions = known.instructions();
    let in_image = |variable: &str| {
        instructions.iter().any(|one| one.keyword == "ENV" && one.arguments.text.contains(variable))
    };
    // The image of PostgreSQL always says by its variable where the data is.
    let by_variable = known.rows.iter().any(|row| matches!(row.fact, Fact::Moves("PGDATA")));
    variables.any(|variable| known.may_have(&[variable]) || in_image(variable))
        || !by_variable && known.has_settings()
}

struct Wrong {
    why: String,
    remedy: String,
}

/// What is wrong with a mount; nothing where it is right, or not meant for the data.
fn misplaced(known: &Known<'_>, at: &str) -> Option<Wrong> {
    // A command or variable that names the folder puts the data there.
    let said = |text: &&str| text.contains(at);
    let values = known.service.environment.values().filter_map(|value| value.as_deref());
    if known.words().iter().any(said) || values.into_iter().any(|value| value.contains(at)) {
        return None;
    }
    let folders = known.rows.iter().filter_map(|row| match row.fact {
        Fact::Volume(path) => Some((path, true)),
        Fact::Folder(path) => Some((path, false)),
        _ => None,
    });
    let folders: Vec<(&'static str, bool)> = folders.collect();
    let kept = |data: &str| {
        known.mounted().any(|other| {
            !path::same(&other, at) && (path::same(&other, data) || path::is_within(&other, data))
        })
    };
    let remedy =
        |data: &str| format!("mount it at {data}; what is there already has to be copied first");
    let wrong = known.rows.iter().find_map(|row| match row.fact {
        Fact::NotData { path, why, instead } if path::same(path, at) => Some((why, instead)),
        _ => None,
    });
    if let Some((why, instead)) = wrong {
        if folders.iter().any(|(data, _)| kept(data)) {
            return None;
        }
        let own = folders.first().map(|(data, _)| remedy(data));
        let remedy = instead.map(str::to_owned).or(own)?;
        return Some(Wrong { why: why.to_owned(), remedy });
    }
    folders.into_iter().find_map(|(data, declared)| {
        let above = declared && path::is_within(data, at) && !path::same(data, at);
        (above && !kept(data)).then(|| Wrong {
            why: format!(
                "its image declares {data} a volume, so that the data goes to one without a name"
            ),
            remedy: remedy(data),
        })
    })
}
