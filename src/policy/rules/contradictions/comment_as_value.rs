//! A value in an env file that was meant to be a comment.

use std::collections::BTreeSet;

use crate::{
    compose::journal::{Origin, Place, Step, VariableOrigin},
    facts::answers::env_file,
    policy::{Finding, Profile, Rule, Severity, Target},
};

/// What stands behind an empty value is the value.
pub static RULE: Rule = Rule {
    id: "comment-as-value",
    severity: Severity::Medium,
    profile: Profile::Default,
    summary: "A comment in an env file is the value.",
    check,
    document: include_str!("comment_as_value.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    let journal = target.journal();
    let read = files(target);
    let mut known: BTreeSet<&str> = BTreeSet::new();
    for (id, source) in journal.numbered_files() {
        let is_one = env_file::is_one(source.path()) || read.contains(&id.number());
        // A file that several services have is read several times.
        if !is_one || source.is_outside() || !known.insert(source.path().as_str()) {
            continue;
        }
        let Ok(all) = env_file::all(source.text(), &|_| Some("x".to_owned())) else { continue };
        for set in all {
            let written = source.text().get(set.span.clone()).unwrap_or_default();
            let Some((_, behind)) = written.split_once(['=', ':']) else { continue };
            if !is_comment(behind, &set.value) {
                continue;
            }
            let bound = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
            let place = Place::new(id, bound(set.span.start), bound(set.span.end));
            found.push(RULE.finding(
                format!("variables.{}", set.name),
                format!(
                    "the value of {} is what looks like a comment: nothing stands between it and the equals sign",
                    set.name
                ),
                format!(
                    "put the comment on a line of its own above, or write {}=\"\" before it",
                    set.name
                ),
                Origin::written(place),
            ));
        }
    }
}

/// The numbers of the files that variables of services come from.
fn files(target: &Target) -> BTreeSet<u32> {
    let services = target.project.services.values();
    let values = services.flat_map(|service| service.environment.values());
    let steps = values.flat_map(|value| target.journal().steps(value.origin));
    let from = steps.filter_map(|step| match step {
        Step::Variable { from: VariableOrigin::EnvFile(place), .. } => place.file(),
        _ => None,
    });
    from.map(crate::compose::journal::FileId::number).collect()
}

/// Whether a value without quotes is a comment: `  # note`, `# note`; `#ff0000` and `#general` are not.
fn is_comment(behind: &str, value: &str) -> bool {
    let Some(rest) = value.strip_prefix('#') else { return false };
    let written = behind.trim_start_matches([' ', '\t']);
    if !written.starts_with('#') {
        return false;
    }
    let apart = written.len() < behind.len();
    let is_color =
        matches!(rest.len(), 3 | 4 | 6 | 8) && rest.bytes().all(|byte| byte.is_ascii_hexdigit());
    !is_color && (apart || rest.starts_with([' ', '\t']))
}
