//! `seaworthy check`: the scenarios that the files can judge, without an engine.

use std::sync::Arc;

use camino::Utf8Path;

use super::{
    COULD_NOT, Check, USAGE, coverage,
    report::{mark_part, nothing_in, refused},
    reports::{self, Reports},
    show, verify,
};
use crate::{
    config::Config,
    diagnostic::Diagnostic,
    features::Suite,
    report::{
        FORMATS, guess_in_run, steps,
        terminal::{self, Detail},
    },
    run::history::Asking,
    runner::{self, CheckOptions, Early, Report, Told},
};

pub(super) fn run(file: Option<&Utf8Path>, arguments: &Check) -> u8 {
    let junit = arguments.junit.clone().map(|file| ("junit".to_owned(), Some(file)));
    let asked = match Reports::of(FORMATS, &arguments.reports, junit) {
        Ok(asked) => asked,
        Err(why) => {
            show(&why);
            return USAGE;
        }
    };
    let (config, suite, early) = match load(file, arguments) {
        Ok(loaded) => loaded,
        Err(errors) => {
            errors.iter().for_each(show);
            // A report says why nothing was judged, and is no old one.
            asked.write(&refused(arguments.which.shard, errors));
            return COULD_NOT;
        }
    };
    let required = arguments.coverage.require_coverage;
    let coverage = match coverage::of(&config, &suite, &arguments.which, required) {
        Ok(coverage) => coverage,
        Err(errors) => {
            errors.iter().for_each(show);
            asked.write(&refused(arguments.which.shard, errors));
            return COULD_NOT;
        }
    };
    let printed = asked.people_read();
    let colour = reports::people_see_colour(printed);
    let detail = arguments.words.detail();
    // The scenarios are told when all are judged: only then is every secret known.
    let report: Report = Arc::new(|_| {});
    let only_people = asked.is_empty() && !arguments.history.is_kept() && coverage.is_whole();
    let options = CheckOptions {
        fail_fast: arguments.fail_fast,
        about: asked.tell_about(),
        told: if only_people && detail != Detail::Full { Told::Failures } else { Told::All },
    };
    let mut run = runner::check(&config, &suite, &arguments.overlay, &early, options, &report);
    coverage.tell(&mut run);
    mark_part(arguments.which.shard, &mut run);
    guess_in_run(&mut run);
    let kept = arguments.history.keep(Asking::Check, &mut run);
    if detail == Detail::Full {
        for scenario in &run.scenarios {
            reports::tell_people(printed, &steps::told(scenario, colour));
        }
    }
    reports::tell_people(printed, &terminal::checked(&run, detail, colour));
    if let Some(shard) = arguments.which.shard.filter(|_| run.scenarios.is_empty()) {
        let nothing = nothing_in(shard);
        show(&nothing);
        run.errors.push(nothing);
    } else if run.scenarios.is_empty() {
        let nothing = Diagnostic::error("the files can judge no scenario that was asked for")
            .help("`seaworthy verify` asks the running stack; docs/writing-features.md tells which sentences the files can judge");
        show(&nothing);
        run.errors.push(nothing);
    }
    if asked.write(&run) && kept { run.exit_code() } else { COULD_NOT }
}

/// The scenarios that are asked for, and the environments of which they speak, read side by side.
fn load(
    file: Option<&Utf8Path>,
    arguments: &Check,
) -> Result<(Config, Suite, Early), Vec<Diagnostic>> {
    let wanted = verify::wanted(file, &arguments.which)?;
    let (suite, early) = rayon::join(
        || verify::suite(&wanted, &arguments.which),
        || Early::load(&wanted.config, &wanted.files, &arguments.overlay),
    );
    Ok((wanted.config, suite?, early))
}
