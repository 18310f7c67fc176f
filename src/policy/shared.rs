//! One fault, one finding: what several services take from one line is told once.
//!
//! Anchors, merge keys and `extends` bring one line into many services. Rules judge each
//! service; what they say of the same line becomes one finding that names the services.

use std::collections::{BTreeMap, btree_map::Entry};

use super::{Finding, Target};

/// A further service with the same fault from the same line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shared {
    /// Its name.
    pub service: String,
    /// What the finding would be about if it were this one's alone.
    pub subject: String,
    /// What it would say.
    pub message: String,
}

/// What findings of one fault have in common: rule, file, bytes, and every text but the service's name.
type Key = (&'static str, String, (usize, usize), [String; 3]);

/// Puts together what is one fault. The finding is the service's in which the line stands, or, of
/// those that it reached in as many steps, that of the first name: it stays when services move.
pub(super) fn merge(target: &Target, found: Vec<Finding>) -> Vec<Finding> {
    let mut merged: Vec<Finding> = Vec::with_capacity(found.len());
    let mut known: BTreeMap<Key, usize> = BTreeMap::new();
    for finding in found {
        let Some(key) = key(target, &finding) else {
            merged.push(finding);
            continue;
        };
        match known.entry(key) {
            Entry::Vacant(entry) => {
                entry.insert(merged.len());
                merged.push(finding);
            }
            Entry::Occupied(entry) => {
                let Some(first) = merged.get_mut(*entry.get()) else { continue };
                join(target, first, finding);
            }
        }
    }
    merged
}

/// The service that a subject lies in.
#[must_use]
pub fn service_of<'a>(target: &'a Target, subject: &str) -> Option<&'a str> {
    let below = subject.strip_prefix("services.")?;
    // Names may hold dots: the longest is meant.
    let ends = below.rmatch_indices(['.', '[']).map(|(at, _)| at);
    let name = |end: usize| target.project.services.get_key_value(below.get(..end)?);
    std::iter::once(below.len()).chain(ends).find_map(name).map(|(name, _)| name.as_str())
}

fn key(target: &Target, finding: &Finding) -> Option<Key> {
    let service = service_of(target, &finding.subject)?;
    let place = finding.origin.place;
    // A file that is read twice has two numbers and one path.
    let path = target.journal().file(place.file()?).path().to_string();
    let quoted = format!("\"{service}\"");
    let nameless = |text: &str| text.replace(&quoted, "\"\"");
    let below = finding.subject.get("services.".len() + service.len()..)?.to_owned();
    let texts = [below, nameless(&finding.message), nameless(&finding.remedy)];
    Some((finding.rule.id, path, (place.span().start, place.span().end), texts))
}

fn join(target: &Target, first: &mut Finding, mut other: Finding) {
    let journal = target.journal();
    let rank = |finding: &Finding| (journal.steps(finding.origin).len(), finding.subject.clone());
    if rank(&other) < rank(first) {
        std::mem::swap(first, &mut other);
        first.shared = std::mem::take(&mut other.shared);
    }
    let Some(service) = service_of(target, &other.subject) else { return };
    let shared =
        Shared { service: service.to_owned(), subject: other.subject, message: other.message };
    let from = first.shared.partition_point(|known| known.service < shared.service);
    let same = first.shared[from..].iter().take_while(|known| known.service == shared.service);
    let (count, is_known) =
        same.fold((0, false), |(count, known), one| (count + 1, known || *one == shared));
    if shared.subject != first.subject && !is_known {
        first.shared.insert(from + count, shared);
    }
    for (origin, remark) in other.related {
        let known = first.related.iter().any(|(known, _)| known.place == origin.place);
        if !known && origin.place != first.origin.place {
            first.related.push((origin, remark));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        compose::project::load_text,
        policy::{Finding, Target, judge},
    };

    fn judged(text: &str, rule: &str) -> Vec<Finding> {
        let project = load_text("compose.yaml", text).expect("a model").into();
        let rule = crate::policy::all().find(|one| one.id == rule).expect("the rule");
        judge(&Target { project }, [rule])
    }

    fn told(text: &str, rule: &str) -> Vec<(String, Vec<String>)> {
        let services = |finding: &Finding| {
            finding.shared.iter().map(|shared| shared.service.clone()).collect::<Vec<_>>()
        };
        let found = judged(text, rule);
        found.iter().map(|finding| (finding.subject.clone(), services(finding))).collect()
    }

    fn one(subject: &str, services: &[&str]) -> Vec<(String, Vec<String>)> {
        vec![(subject.to_owned(), services.iter().map(|&name| name.to_owned()).collect())]
    }

    #[test]
    fn a_line_that_several_services_take_is_one_fault() {
        let anchor = "x-a: &a {privileged: true}\nservices:\n  c: {<<: *a, image: a}\n  \
                      b: {<<: *a, image: a}\n  d.e: {extends: c}\n";
        assert_eq!(
            told(anchor, "privileged-container"),
            one("services.b.privileged", &["c", "d.e"])
        );
        let extended = "services:\n  a: {extends: z}\n  z:\n    image: a\n    privileged: true\n";
        assert_eq!(told(extended, "privileged-container"), one("services.z.privileged", &["a"]));
    }

    #[test]
    fn the_order_of_services_changes_nothing() {
        let of = |first: &str, second: &str| {
            let text = format!(
                "x-a: &a ['/etc:/x']\nservices:\n  {first}: {{image: a, volumes: *a}}\n  \
                 {second}: {{image: a, volumes: *a}}\n"
            );
            told(&text, "sensitive-host-path")
        };
        assert_eq!(of("a", "b"), of("b", "a"));
        assert_eq!(of("a", "b"), one("services.a.volumes[/x]", &["b"]));
    }

    #[test]
    fn what_is_written_twice_is_two_faults() {
        let text =
            "services:\n  a: {image: a, privileged: true}\n  b: {image: a, privileged: true}\n";
        assert_eq!(told(text, "privileged-container").len(), 2);
        let apart = "x-a: &a ['/etc:/x', '/root:/x2']\nservices: {a: {image: a, volumes: *a}}\n";
        assert_eq!(told(apart, "sensitive-host-path").len(), 2);
    }
}
