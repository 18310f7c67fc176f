//! `seaworthy check`: the scenarios that the files can judge, without an engine.

use std::sync::{Arc, Mutex};

use anstream::{print, println};
use camino::Utf8Path;

use super::{COULD_NOT, Check, colour, show, verify};
use crate::{
    diagnostic::Diagnostic,
    report::{junit, terminal},
    runner::{self, Progress, Report},
};

pub(super) fn run(file: Option<&Utf8Path>, arguments: &Check) -> u8 {
    let (config, suite) = match verify::load(file, &arguments.which) {
        Ok(loaded) => loaded,
        Err(errors) => {
            errors.iter().for_each(show);
            return COULD_NOT;
        }
    };
    let lines = Arc::new(Mutex::new(String::new()));
    let report: Report = {
        let (lines, verbose, colour) = (Arc::clone(&lines), arguments.verbose, colour());
        Arc::new(move |progress| {
            if let (true, Progress::Scenario(scenario), Ok(mut lines)) =
                (verbose, progress, lines.lock())
            {
                lines.push_str(&terminal::scenario_line(scenario, colour));
                lines.push('\n');
            }
        })
    };
    let run = runner::check(&config, &suite, &arguments.overlay, arguments.fail_fast, &report);
    if let Ok(lines) = lines.lock() {
        print!("{lines}");
    }
    print!("{}", terminal::checked(&run, arguments.verbose, colour()));
    if let Some(file) = &arguments.junit {
        let text = junit::render(&run).map_err(|why| why.to_string());
        let write = |text| std::fs::write(file, text).map_err(|why| why.to_string());
        if let Err(why) = text.and_then(write) {
            let help = "look at the folder's permissions and the space left on its disk";
            show(&Diagnostic::error(format!("cannot write {file}: {why}")).help(help));
            return run.exit_code().max(COULD_NOT);
        }
        println!("JUnit XML: {file}");
    }
    if run.scenarios.is_empty() {
        show(
            &Diagnostic::error("the files can judge no scenario that was asked for")
                .help("`seaworthy verify` asks the running stack; docs/writing-features.md tells which sentences the files can judge"),
        );
        return COULD_NOT;
    }
    run.exit_code()
}
