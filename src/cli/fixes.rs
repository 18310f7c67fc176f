//! `--fix` of `seaworthy lint`: the edits that are safe, written or shown.

use anstream::eprintln;
use clap::Args;

use super::{reports, show};
use crate::{
    diagnostic::Diagnostic,
    findings::Findings,
    lint::{
        Asked,
        discover::Plan,
        fix::{fix, preview},
    },
    report::findings,
};

/// Options on fixes.
#[derive(Debug, Args)]
pub(super) struct Fixing {
    /// Makes the edits that are safe (`seaworthy explain RULE` says which rules have some), and judges what is left.
    #[arg(long, conflicts_with = "write_baseline")]
    fix: bool,
    /// With --fix: writes nothing, and prints what would be written as a unified diff.
    #[arg(long, requires = "fix", conflicts_with_all = ["format", "output"])]
    dry_run: bool,
}

impl Fixing {
    /// Why the reports that are asked for do not go with a diff.
    pub(super) fn refuse<T>(&self, reports: &reports::Reports<T>) -> Option<Diagnostic> {
        let both = self.dry_run && !reports.people_read();
        both.then(|| {
            Diagnostic::error(
                "--dry-run prints a diff, and a report goes to the standard output too",
            )
            .help("write the report to a file: --report FORMAT=FILE")
        })
    }

    /// What there is to tell: with `--fix` what is left then.
    ///
    /// # Errors
    /// Those of `judge`.
    pub(super) fn findings(
        &self,
        plans: &[Plan],
        asked: &Asked,
        judge: impl Fn() -> Result<Findings, Box<Diagnostic>>,
    ) -> Result<Findings, Box<Diagnostic>> {
        if !self.fix || self.dry_run {
            return judge();
        }
        let findings = fix(plans, asked, judge)?;
        anstream::eprint!("{}", findings::fixed(&findings));
        if findings.unmade > 0 {
            let fixes = if findings.unmade == 1 { "fix" } else { "fixes" };
            let title = format!(
                "{} {fixes} not made: what --fix was asked for is not done",
                findings.unmade
            );
            show(&Diagnostic::error(title).help("the report says why; the exit code is 3"));
        }
        Ok(findings)
    }

    /// Shows what `--fix` would write, if only that is asked for.
    pub(super) fn preview(&self, findings: &Findings, plans: &[Plan]) -> bool {
        if self.dry_run {
            let (changes, notes) = preview(findings, plans);
            reports::tell_people(true, &findings::diff(&changes));
            notes.iter().for_each(show);
            let fixes: usize = changes.iter().map(|change| change.fixes).sum();
            eprintln!("nothing was written: fixes for {fixes} in the diff; {}", findings.summary());
        }
        self.dry_run
    }
}
