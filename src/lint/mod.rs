//! Lint: the policies on any Compose project, without configuration.
//!
//! [`discover`] finds the projects, [`named`] those that are named as Compose has it, [`load`] loads each as far as it can be, the rules
//! judge it, and comments allow. All projects are read at once on all cores; what comes
//! out is in the order of the projects. [`baseline`] and [`since`] take away what is known, and [`fix`]
//! mends what a machine may.

pub mod baseline;
pub mod discover;
pub mod fix;
mod fragments;
mod judge;
mod load;
mod machine;
mod mend;
pub mod named;
mod parts;
mod placeholder;
pub mod section;
mod settings;
pub mod since;
mod wanting;

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};
use chrono::NaiveDate;
use rayon::prelude::*;

use self::{discover::Plan, judge::Comment, section::Settled};
use crate::{
    diagnostic::Label,
    findings::{Findings, Found, Project},
    policy::{self, Rule, Severity},
    words,
};

/// How to judge.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The rules.
    pub rules: Vec<&'static Rule>,
    /// From which severity on a finding fails the run.
    pub fail_on: Severity,
    /// Today, for exceptions that end.
    pub today: NaiveDate,
    /// The folder that relative paths start from, absolute.
    pub here: Utf8PathBuf,
    /// Rules whose findings are as bad as the project says.
    pub severities: BTreeMap<&'static str, Severity>,
    /// Files that are left out.
    pub left_out: section::LeftOut,
}

impl Asked {
    /// To judge by some rules as a project sets them.
    #[must_use]
    pub fn of(
        rules: Vec<&'static Rule>,
        settled: &Settled,
        today: NaiveDate,
        here: Utf8PathBuf,
    ) -> Self {
        Self {
            rules,
            fail_on: settled.fail_on.unwrap_or(Severity::Medium),
            today,
            here,
            severities: settled.severities.clone(),
            left_out: settled.left_out.clone(),
        }
    }

    /// How bad a finding of a rule is: as the project says, else as the rule does.
    #[must_use]
    pub fn severity(&self, rule: &Rule, own: Severity) -> Severity {
        self.severities.get(rule.id).copied().unwrap_or(own)
    }
}

/// A rule was named that does not exist.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no rule \"{name}\"")]
pub struct UnknownRule {
    /// The name.
    pub name: String,
    /// What to do about it.
    pub help: String,
}

/// A rule by its name.
///
/// # Errors
/// [`UnknownRule`].
pub fn rule(name: &str) -> Result<&'static Rule, UnknownRule> {
    policy::named().find(|rule| rule.id == name).ok_or_else(|| {
        let help = match &near(name)[..] {
            [] => "`seaworthy explain` lists the rules".to_owned(),
            [one] => format!("did you mean \"{one}\"?"),
            several => {
                let several = words::quoted_list(several.iter().copied());
                format!("the nearest are {several}; `seaworthy explain` lists the rules")
            }
        };
        UnknownRule { name: name.to_owned(), help }
    })
}

/// The rules that a name may stand for: one that is spelt nearly so, else those that share the most
/// words with it, a word of a rule's own name before one of its summary.
fn near(name: &str) -> Vec<&'static str> {
    const MOST: usize = 3;
    if let Some(one) = words::did_you_mean(name, policy::named().map(|rule| rule.id)) {
        return vec![one];
    }
    let parts = |text: &str| -> Vec<String> {
        let parts = text.split(|c: char| !c.is_ascii_alphanumeric());
        parts.filter(|part| part.len() > 2).map(str::to_lowercase).collect()
    };
    let asked = parts(name);
    let shared = |text: &str| -> usize {
        let own = parts(text);
        // `healthcheck` and `health`, `ports` and `port`: one begins as the other does.
        let begins = |word: &String| {
            own.iter().any(|own| own.starts_with(word.as_str()) || word.starts_with(own.as_str()))
        };
        asked.iter().map(|word| usize::from(own.contains(word)) + usize::from(begins(word))).sum()
    };
    let mut near: Vec<_> = policy::named()
        .map(|rule| (2 * shared(rule.id) + shared(rule.summary), rule.id))
        .filter(|(shared, _)| *shared > 0)
        .collect();
    let most = near.iter().map(|(shared, _)| *shared).max();
    near.retain(|(shared, _)| Some(*shared) == most);
    near.truncate(MOST);
    near.into_iter().map(|(_, id)| id).collect()
}

/// The rules that are asked for: those selected, else those of the profile; without those ignored.
/// Whether a file can be loaded at all is judged with every selection.
///
/// # Errors
/// [`UnknownRule`].
pub fn select(
    strict: bool,
    selected: &[String],
    ignored: &[String],
) -> Result<Vec<&'static Rule>, UnknownRule> {
    select_in(&Settled::default(), strict, selected, ignored)
}

/// As [`select`], where a project has settings.
///
/// # Errors
/// [`UnknownRule`].
pub fn select_in(
    settled: &Settled,
    strict: bool,
    selected: &[String],
    ignored: &[String],
) -> Result<Vec<&'static Rule>, UnknownRule> {
    for name in selected.iter().chain(ignored) {
        rule(name)?;
    }
    let named = |names: &[String], rule: &Rule| names.iter().any(|name| name == rule.id);
    let mut rules = settled.rules(strict);
    if !selected.is_empty() {
        let is_asked =
            |rule: &&'static Rule| named(selected, rule) || rule.id == policy::own::NOT_LOADABLE.id;
        rules = policy::named().filter(is_asked).collect();
    }
    rules.retain(|rule| !named(ignored, rule));
    Ok(rules)
}

/// Judges projects.
#[must_use]
pub fn run(plans: &[Plan], asked: &Asked) -> Findings {
    let mut findings = Findings {
        here: asked.here.clone(),
        root: root(&asked.here),
        rules: asked.rules.clone(),
        projects: Vec::new(),
        found: Vec::new(),
        notes: Vec::new(),
        fail_on: asked.fail_on,
        known: 0,
        before: 0,
        fixed: Vec::new(),
        unmade: 0,
    };
    let mut allows = Allows::default();
    let judged: Vec<_> = plans.par_iter().map(|plan| judge::judge(plan, asked)).collect();
    for judged in judged {
        let project = findings.projects.len();
        allows.add(project, judged.allows);
        findings.projects.push(Project {
            name: judged.name,
            files: judged.files,
            notes: judged.notes,
            reads: judged.reads,
        });
        findings.found.extend(judged.found.into_iter().map(|found| Found { project, ..found }));
    }
    findings.found.extend(allows.found(asked, &findings.projects));
    let here = &asked.here;
    findings.found.retain(|found| !asked.left_out.has(&here.join(found.place.source.path())));
    mend::agree(&mut findings);
    sort(&mut findings.found);
    keep_first(&mut findings);
    findings.found.iter_mut().for_each(Found::name_shared);
    findings
}

fn sort(found: &mut [Found]) {
    found.sort_by(|a, b| {
        let key = |found: &Found| (found.project, found.place.span.start, found.place.span.end);
        a.project
            .cmp(&b.project)
            .then_with(|| a.place.source.path().cmp(b.place.source.path()))
            .then_with(|| key(a).cmp(&key(b)))
            .then_with(|| a.rule.id.cmp(b.rule.id))
            .then_with(|| a.subject.cmp(&b.subject))
            .then_with(|| a.message.cmp(&b.message))
    });
}

/// A fault that several projects share is told once; those that look alike are numbered.
fn keep_first(findings: &mut Findings) {
    let mut seen: BTreeMap<_, (usize, BTreeSet<String>)> = BTreeMap::new();
    let mut repeats: BTreeMap<(usize, &str, String, String), usize> = BTreeMap::new();
    let here = findings.here.clone();
    findings.found.retain(|found| {
        let key = (
            found.rule.id,
            here.join(found.place.source.path()),
            (found.place.span.start, found.place.span.end),
            found.subject.clone(),
        );
        // A subject of its own place may have several faults, which another project has as well, if
        // in other words: who else is on a network there.
        let (project, messages) =
            seen.entry(key).or_insert_with(|| (found.project, BTreeSet::new()));
        let same_project = *project == found.project;
        let is_load = found.rule.id == policy::own::NOT_LOADABLE.id;
        (same_project || is_load) && messages.insert(found.message.clone())
    });
    for found in &mut findings.found {
        let key = (found.project, found.rule.id, found.subject.clone(), found.file.clone());
        let count = repeats.entry(key).or_default();
        found.repeat = *count;
        *count += 1;
    }
}

/// The folder of the repository that a folder lies in, else the folder itself.
#[must_use]
pub fn root(here: &Utf8Path) -> Utf8PathBuf {
    crate::outside::repository(here)
}

/// The comments of all projects, and what each was needed for: one that several projects
/// read is unneeded only if none of them needs it.
#[derive(Default)]
struct Allows(BTreeMap<(Utf8PathBuf, usize), (usize, Comment)>);

impl Allows {
    fn add(&mut self, project: usize, allows: Vec<Comment>) {
        for comment in allows {
            let key = (comment.allow.source.path().to_owned(), comment.allow.span.start);
            let used = comment.used.clone();
            let (_, known) = self.0.entry(key).or_insert((project, comment));
            known.used.iter_mut().zip(used).for_each(|(known, used)| *known |= used);
        }
    }

    fn found(self, asked: &Asked, projects: &[Project]) -> Vec<Found> {
        let mut found = Vec::new();
        for (project, Comment { allow, used, shown }) in self.0.into_values() {
            for violation in allow.violations(&used, &asked.rules, asked.today) {
                if !asked.rules.iter().any(|rule| rule.id == violation.rule.id) {
                    continue;
                }
                let mend = mend::of_comment(&allow, &violation, &shown);
                let told = !allow.source.is_outside();
                let or = |text: String, other: &str| if told { text } else { other.to_owned() };
                found.push(Found {
                    rule: violation.rule,
                    severity: asked.severity(violation.rule, violation.rule.severity),
                    subject: format!("allow[{}]", or(violation.about, "outside")),
                    message: or(violation.message, violation.rule.summary),
                    remedy: or(violation.remedy, "look at the comment in that file"),
                    place: Label {
                        source: allow.source.clone(),
                        span: allow.span.clone(),
                        text: String::new(),
                    },
                    way: Vec::new(),
                    related: Vec::new(),
                    shared: Vec::new(),
                    project,
                    file: judge::file_of(&projects[project].files, allow.source.path(), asked),
                    repeat: 0,
                    allowed: None,
                    mend,
                });
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_selected_by_profile_or_by_name() {
        let names = |strict, selected: &[&str], ignored: &[&str]| {
            let owned = |names: &[&str]| names.iter().map(|&name| name.into()).collect::<Vec<_>>();
            select(strict, &owned(selected), &owned(ignored))
                .map(|rules| rules.iter().map(|rule| rule.id).collect::<Vec<_>>())
        };
        let default = names(false, &[], &[]).expect("rules");
        assert!(default.contains(&"privileged-container") && default.contains(&"unused-allow"));
        let ignored = names(true, &[], &["privileged-container"]).expect("rules");
        assert!(!ignored.contains(&"privileged-container"));
        let selected = names(false, &["privileged-container"], &[]).expect("rules");
        assert_eq!(selected, ["privileged-container", "not-loadable"]);
        let unknown = names(false, &["privileged-contaner"], &[]).expect_err("no rule");
        assert_eq!(unknown.help, "did you mean \"privileged-container\"?");
    }
}
