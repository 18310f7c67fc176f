//! Policies: rules that hold for any Compose project.
//!
//! A [`Rule`] is const data and a function over a loaded project. What it finds
//! is a [`Finding`]: plain data with places, which every report tells in its own
//! way. Rules never ask an engine. Beside the model they read what it names: the Dockerfile of a build, and
//! files of the project that are mounted, as far as they may be quoted.

pub mod allow;
pub mod fix;
pub mod own;
pub mod rules;
pub mod secret;
pub mod shared;

use std::sync::Arc;

pub use self::{fix::Fix, shared::Shared};
use crate::compose::{
    Project,
    journal::{Journal, Origin},
    tree::Node,
};

/// How much harm a finding can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth tidying.
    Low,
    /// Weakens the stack, or makes a fault worse.
    Medium,
    /// One further fault away from a loss.
    High,
    /// Gives the host or the data away as it stands.
    Critical,
}

impl Severity {
    /// The word people read and write.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// For whom a rule is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Profile {
    /// For every project; a sound, ordinary one passes.
    Default,
    /// For what is released.
    Strict,
}

impl Profile {
    /// The word people read.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Strict => "strict",
        }
    }
}

/// A rule.
#[derive(Debug)]
pub struct Rule {
    /// Its name in kebab case; reads after "allow": `allow[privileged-container]`.
    pub id: &'static str,
    /// How much harm it prevents.
    pub severity: Severity,
    /// For whom it is.
    pub profile: Profile,
    /// What it says, in one line.
    pub summary: &'static str,
    /// Judges a project.
    pub check: fn(&Target, &mut Vec<Finding>),
    /// Why, what to do, and blocks that are flagged and clean: `<rule>.md` beside the code.
    pub document: &'static str,
}

/// What is judged.
#[derive(Debug, Clone)]
pub struct Target {
    /// The loaded project: typed, and as a tree ([`Project::at`]) for what has no type.
    pub project: Project,
}

impl Target {
    /// Where everything came from.
    #[must_use]
    pub fn journal(&self) -> &Arc<Journal> {
        &self.project.journal
    }

    /// The canonical tree of a service, for attributes without a type.
    #[must_use]
    pub fn service(&self, name: &str) -> Option<&Node> {
        self.project.at(&["services", name])
    }
}

/// One fault, at its place.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The rule that is broken.
    pub rule: &'static Rule,
    /// How bad it is.
    pub severity: Severity,
    /// What it is about, as a path that stays the same when files are reformatted: `services.web.ports[8080]`.
    pub subject: String,
    /// What is wrong, in one line; never a secret's value.
    pub message: String,
    /// What to write instead.
    pub remedy: String,
    /// The main place; [`Origin::IMPLIED`] never: point at the service's name if nothing is written.
    pub origin: Origin,
    /// Other places, each with a remark.
    pub related: Vec<(Origin, String)>,
    /// The same fault of further services, from the same line. [`judge`] fills it.
    pub shared: Vec<Shared>,
    /// The edit that mends it, if one is safe.
    pub fix: Option<Fix>,
}

impl Rule {
    /// Why it is: the first paragraph of its document.
    #[must_use]
    pub fn why(&self) -> &'static str {
        let body = self.document.split_once('\n').map_or("", |(_, body)| body).trim_start();
        body.split("\n\n").next().unwrap_or_default().trim_end()
    }

    /// A finding of this rule.
    #[must_use]
    pub fn finding(
        &'static self,
        subject: impl Into<String>,
        message: impl Into<String>,
        remedy: impl Into<String>,
        origin: Origin,
    ) -> Finding {
        Finding {
            rule: self,
            severity: self.severity,
            subject: subject.into(),
            message: message.into(),
            remedy: remedy.into(),
            origin,
            related: Vec::new(),
            shared: Vec::new(),
            fix: None,
        }
    }

    /// What `--fix` does about it, or why that is nothing, in one paragraph of its document.
    #[must_use]
    pub fn fix(&self) -> &'static str {
        let (_, section) = self.document.split_once("\n## Fix\n").unwrap_or_default();
        section.trim_start().split("\n\n").next().unwrap_or_default().trim_end()
    }

    /// Whether there are findings that `--fix` mends.
    #[must_use]
    pub fn has_fix(&self) -> bool {
        !self.fix().is_empty() && !self.fix().starts_with(NO_FIX)
    }
}

/// How a rule's document begins to say that it has no fix.
pub const NO_FIX: &str = "None:";

impl Finding {
    /// Adds the edit that mends it.
    #[must_use]
    pub fn mended_by(mut self, fix: Option<Fix>) -> Self {
        self.fix = fix;
        self
    }

    /// Adds another place.
    #[must_use]
    pub fn also(mut self, origin: Origin, remark: impl Into<String>) -> Self {
        self.related.push((origin, remark.into()));
        self
    }
}

/// Every rule, in the order of its group.
pub fn all() -> impl Iterator<Item = &'static Rule> {
    rules::GROUPS.iter().flat_map(|(_, rules)| *rules).copied()
}

/// Every rule that can be selected: those that judge, and what lint says about its own work.
pub fn named() -> impl Iterator<Item = &'static Rule> {
    all().chain(own::RULES.iter().copied())
}

/// Judges a project by some rules. What several services take from one line is one finding. The
/// result is in the order of the files: by place, then by rule.
pub fn judge<'a>(target: &Target, rules: impl IntoIterator<Item = &'a Rule>) -> Vec<Finding> {
    let mut found = Vec::new();
    for rule in rules {
        (rule.check)(target, &mut found);
    }
    let mut found = shared::merge(target, found);
    let key = |finding: &Finding| {
        let place = finding.origin.place;
        (place.file().map(crate::compose::journal::FileId::number), place.span().start)
    };
    found.sort_by(|a, b| {
        key(a)
            .cmp(&key(b))
            .then_with(|| a.rule.id.cmp(b.rule.id))
            .then_with(|| a.subject.cmp(&b.subject))
    });
    found
}
