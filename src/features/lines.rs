//! What the Gherkin parser lets pass: lines that were meant as steps and are read as prose.

use std::sync::Arc;

use crate::{diagnostic::Diagnostic, source::Source, words::likeness};

const STEPS: [&str; 5] = ["Given", "When", "Then", "And", "But"];
const HEADS: [&str; 9] = [
    "Feature",
    "Rule",
    "Background",
    "Scenario",
    "Scenario Outline",
    "Scenario Template",
    "Example",
    "Examples",
    "Scenarios",
];
/// As likely a misspelling as not.
const NEAR: f64 = 0.6;
/// Words of plain English that are near a keyword and may begin a line of prose.
const PROSE: [&str; 10] =
    ["An", "Any", "Are", "Bus", "Put", "Them", "There", "These", "They", "Where"];

/// What may come next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum After {
    /// Prose may stand here, below `Feature:`, `Rule:` or `Examples:`.
    Head,
    /// Prose may stand here, but a step is more likely.
    Scenario,
    /// Only steps, tables, text blocks and heads.
    Step,
}

/// Finds lines that are neither Gherkin nor prose in a place for prose.
pub(super) fn check(source: &Arc<Source>) -> Vec<Diagnostic> {
    let mut errors = Vec::new();
    let mut after = After::Head;
    let mut fence: Option<&str> = None;
    let mut columns: Option<usize> = None;
    for (index, line) in source.text().lines().enumerate() {
        let text = line.trim();
        let span = source.line(index + 1);
        if let Some(close) = fence {
            if text == close {
                fence = None;
            }
            continue;
        }
        if let Some(open) = ["\"\"\"", "```"].into_iter().find(|open| text.starts_with(open)) {
            fence = Some(open);
            continue;
        }
        if text
            .strip_prefix('#')
            .is_some_and(|rest| rest.trim_start().starts_with("language:") && !rest.contains("en"))
        {
            // Another language has other keywords; the parser alone knows them.
            return errors;
        }
        if text.starts_with('|') {
            let cells = cells(text);
            if let Some(wanted) = columns.filter(|columns| *columns != cells) {
                errors.push(
                    Diagnostic::error(format!(
                        "this row has {cells} cells, the first row of its table has {wanted}"
                    ))
                    .at(source, span, "")
                    .help(
                        "give every row the same number of cells; a | inside a cell is written \\|",
                    ),
                );
            }
            columns = columns.or(Some(cells));
            continue;
        }
        if text.is_empty() || text.starts_with(['#', '@']) {
            continue;
        }
        columns = None;
        let word = text.split_whitespace().next().unwrap_or_default();
        if word == "*" || STEPS.contains(&word) {
            after = After::Step;
            continue;
        }
        if let Some((head, _)) = text.split_once(':')
            && HEADS.contains(&head)
        {
            let has_steps = head == "Background"
                || head.starts_with("Scenario") && head != "Scenarios"
                || head == "Example";
            after = if has_steps { After::Scenario } else { After::Head };
            continue;
        }
        let meant =
            meant_head(text).or_else(|| meant_step(text, word).filter(|_| after != After::Head));
        match (after, meant) {
            (After::Head | After::Scenario, None) => {}
            (_, Some(meant)) => errors.push(
                Diagnostic::error(format!("\"{word}\" is no Gherkin keyword"))
                    .at(source, span, "this line would be read as a description and prove nothing")
                    .help(format!("did you mean \"{meant}\"?")),
            ),
            (After::Step, None) => {
                errors.push(Diagnostic::error("this line is no step").at(source, span, "").help(
                    "begin it with Given, When, Then, And or But, or with # to make it a comment",
                ));
            }
        }
    }
    errors
}

/// The cells of a row: a `|` behind a backslash is text.
fn cells(row: &str) -> usize {
    row.replace("\\\\", "").replace("\\|", "").matches('|').count().saturating_sub(1)
}

/// The head that a line with a colon may have been meant to be.
fn meant_head(text: &str) -> Option<String> {
    let (head, _) = text.split_once(':')?;
    let near = HEADS.iter().filter(|known| likeness(known, head) >= NEAR);
    let nearest = near.max_by(|a, b| likeness(a, head).total_cmp(&likeness(b, head)))?;
    Some(format!("{nearest}:"))
}

/// The step keyword that a line may have been meant to begin with: one or two letters
/// are off, or it is written in small letters before something in quotes.
fn meant_step(text: &str, word: &str) -> Option<String> {
    let bare = word.trim_end_matches(':');
    if PROSE.contains(&bare) {
        return None;
    }
    let is_near = |known: &&&str| {
        let small = known.eq_ignore_ascii_case(bare) && text.contains('"');
        small
            || bare.len() >= 3
                && bare.starts_with(char::is_uppercase)
                && likeness(known, bare) >= NEAR
    };
    STEPS
        .iter()
        .filter(is_near)
        .max_by(|a, b| likeness(a, bare).total_cmp(&likeness(b, bare)))
        .map(|near| (*near).to_owned())
}
