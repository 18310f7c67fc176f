//! The vocabulary as a Markdown file, a table a topic.

use std::fmt::Write as _;

use crate::{
    run::Truth,
    steps::{Block, Step, TOPICS},
};

/// The sentences that are wanted, by topic.
pub(super) fn of(wanted: impl Fn(&&Step) -> bool) -> String {
    let mut text = "\
# Every sentence

Made by `seaworthy steps --markdown`. How features are written is told in [Writing features](writing-features.md).

`{…}` is a parameter. **files**, **stack**: what judges the sentence. `…`: it may end in a time, as in `within 5 seconds`. `!`: it breaks something, and its scenario is tagged `@disruptive`.
Beside it stands what must run in the service, and what a look at the running stack takes: *root* is root on the engine's own machine. What is not at hand leaves the sentence undecided.
"
    .to_owned();
    for (topic, steps) in TOPICS {
        let steps: Vec<&Step> = steps.iter().filter(|step| wanted(step)).collect();
        if steps.is_empty() {
            continue;
        }
        let mut title = topic.to_string();
        if let Some(first) = title.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        let _infallible = write!(
            text,
            "\n## {title}\n\n| sentence | judged by | asks | needs |\n|---|---|---|---|\n"
        );
        for step in steps {
            let _infallible = writeln!(text, "{}", row(step));
        }
    }
    text
}

fn row(step: &Step) -> String {
    let truths: Vec<&str> = step
        .truths()
        .map(|truth| if truth == Truth::Declared { "files" } else { "stack" })
        .collect();
    let marks = [(step.waits, " …"), (step.disrupts, " !")];
    let marks: String = marks.iter().filter(|(is, _)| *is).map(|(_, mark)| *mark).collect();
    let needs: Vec<String> = step.needs.iter().map(ToString::to_string).collect();
    let table = match step.block {
        Block::None => String::new(),
        Block::Table(columns)
        | Block::Headed(columns)
        | Block::Ending(columns)
        | Block::Free(columns) => format!("<br>with a table: {}", columns.join(", ")),
        Block::Pairs => "<br>with a table: name, value".to_owned(),
    };
    let excepts = if step.excepts { "<br>may end in `, except:`" } else { "" };
    format!(
        "| `{} {}`{marks}{table}{excepts}<br>{} | {} | {} | {} |",
        step.keyword.word(),
        cell(step.expression),
        cell(step.meaning),
        truths.join(", "),
        step.products().join(", "),
        needs.join(", "),
    )
}

/// A text as a cell of a table may hold it.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('<', "&lt;")
}
