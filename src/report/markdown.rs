//! A run as a short Markdown page, for the summary of a job or a comment on a change: the verdict,
//! a table of what is broken, the details folded.
//!
//! The page stays below what such places take, whatever happens: what does not fit is counted.
//! Nothing that others wrote becomes markup.

use std::{collections::HashMap, fmt::Write as _};

use super::{
    marked::marked,
    terminal::{failure_text, seconds},
    wording,
};
use crate::{
    diagnostic::{self, Diagnostic, Severity},
    diagram::{Graph, State, mermaid::mermaid},
    policy::secret::hide::guessed,
    run::{FailureKind, Fault, Outcome, Run, ScenarioRun, Truth},
    visible,
};

/// A page has fewer bytes, and so fewer characters.
const LONGEST: usize = 60_000;
/// How much of that the table may take.
const TABLE: usize = 40_000;
/// How many bytes are kept for saying what was left out.
const ROOM: usize = 1_000;
/// How much a drawing may take, and fewer connections than the forges draw.
const DRAWING: usize = 15_000;
const EDGES: usize = 500;
/// How many claims a row names.
const CLAIMS: usize = 8;
/// How much of that what is said outside of scenarios may take.
const BESIDE: usize = 12_000;
/// How many letters of a text a line quotes.
const LETTERS: usize = 300;
/// How many lines and bytes of a failure are told in full.
const LINES: usize = 80;
const BYTES: usize = 6_000;

/// The page.
#[expect(clippy::unnecessary_wraps, reason = "formats have one signature")]
pub(super) fn render(run: &Run, _colour: bool) -> Result<String, String> {
    let sound = run.exit_code() == 0;
    let scenarios = match run.verdicts().len() {
        1 => "1 scenario".to_owned(),
        several => format!("{several} scenarios"),
    };
    let took = seconds(run.duration);
    let mut page = Page::new(sound, &format!("{scenarios} in {took}: {}.", wording::counts(run)));
    let faults = in_turn(run.faults());
    let head = ["", "claim", "sentence", "expected and found", "where", "what to do"];
    page.table(&head, faults.iter().map(|fault| row(fault, run)), TABLE);
    let items = |told: &[Diagnostic], is_coverage: bool| -> Vec<String> {
        let of = told.iter().filter(|told| told.is_coverage() == is_coverage);
        of.map(|told| item(told, run)).collect()
    };
    page.list("The stack", &items(&run.findings, false), BESIDE);
    page.list("Errors", &items(&run.errors, false), BESIDE);
    let gaps = [items(&run.findings, true), items(&run.errors, true)].concat();
    page.list("Coverage", &gaps, BESIDE);
    let drift: Vec<String> =
        run.drift().into_iter().map(|(files, runs)| differs(files, runs, run)).collect();
    page.list("Drift", &drift, BESIDE);
    let not_run: Vec<String> =
        wording::not_run(run).into_iter().map(|(why, all)| not_run(why, &all, run)).collect();
    page.list("Not run", &not_run, BESIDE);
    if !run.only_observed.is_empty() {
        let count = run.only_observed.len();
        page.add(&format!("\nFor the running stack alone to judge, and not asked: {count}.\n"));
    }
    let left_out = run.left_out();
    if left_out > 0 {
        page.add(&format!("\nLeft out, and not proven: {left_out}.\n"));
    }
    for (name, graph) in &run.about.drawings {
        page.drawing(name, &marked(run, name, graph, |_| None));
    }
    for scenario in run.scenarios.iter().filter(|scenario| scenario.failure().is_some()) {
        page.detail(&scenario.name, || failure_text(scenario, false));
    }
    for told in &run.findings {
        page.detail(&told.title, || diagnostic::render(&guessed(told.clone()), false));
    }
    Ok(page.end())
}

/// A few faults of each scenario before all others: one scenario with a hundred of them hides no other.
fn in_turn(faults: Vec<Fault<'_>>) -> Vec<Fault<'_>> {
    const FEW: usize = 5;
    let mut counts: HashMap<(String, Truth), usize> = HashMap::new();
    let (first, rest): (Vec<_>, Vec<_>) = faults.into_iter().partition(|fault| {
        let scenario = fault.scenario;
        let key = (format!("{} {}", scenario.place(), scenario.name), scenario.truth);
        let count = counts.entry(key).or_default();
        *count += 1;
        *count <= FEW
    });
    first.into_iter().chain(rest).collect()
}

fn row(fault: &Fault<'_>, run: &Run) -> String {
    let mark = match fault.kind {
        FailureKind::Finding => "✗",
        FailureKind::Undecided => "?",
        FailureKind::Bug => "bug",
    };
    let (source, span) = &fault.spot;
    let place = format!("{}:{}", run.path(source.path()), source.place(span.start));
    let (name, truth) = (shown(&fault.scenario.name), fault.scenario.truth.word());
    let claims = fault.scenario.tags.iter().filter(|tag| tag.starts_with(char::is_uppercase));
    let claims: Vec<String> = claims.take(CLAIMS).map(|tag| code(tag)).collect();
    let sentence = fault.step.map_or_else(String::new, |step| format!("<br>{}", shown(&step.text)));
    let (asked, answered) = wording::asked(fault.kind);
    format!(
        "| {mark} | {} | {name} ({truth}){sentence} | {asked}: {}<br>{answered}: {} | {} | {} |\n",
        claims.join(" "),
        shown(fault.expected),
        shown(fault.found),
        code(&place),
        shown(fault.help)
    )
}

/// Something that was said outside of scenarios.
fn item(told: &Diagnostic, run: &Run) -> String {
    let warns = if told.severity == Severity::Warning { "warning: " } else { "" };
    let place = told.labels.first().map_or_else(String::new, |label| {
        let place = label.source.place(label.span.start);
        format!(" at {}", code(&format!("{}:{place}", run.path(label.source.path()))))
    });
    let help = told.help.as_ref().map_or_else(String::new, |help| format!(": {}", shown(help)));
    format!("- {warns}{}{place}{help}\n", shown(&told.title))
}

fn differs(files: &ScenarioRun, runs: &ScenarioRun, run: &Run) -> String {
    let says = |one: &ScenarioRun| if one.outcome == Outcome::Passed { "so" } else { "otherwise" };
    let (name, place) = (shown(&files.name), code(&run.id(files)));
    format!(
        "- {name}: the files say {}, the running stack is {} ({place})\n",
        says(files),
        says(runs)
    )
}

fn not_run(why: Option<&str>, scenarios: &[&ScenarioRun], run: &Run) -> String {
    const NAMED: usize = 20;
    let count = scenarios.len();
    let why = why.map_or_else(String::new, |why| format!(", because {}", shown(why)));
    let names = scenarios.iter().take(NAMED).map(|scenario| code(&run.id(scenario)));
    let more = count.saturating_sub(NAMED);
    let more = if more > 0 { format!(", and {more} more") } else { String::new() };
    format!("- {count}{why}: {}{more}\n", names.collect::<Vec<_>>().join(", "))
}

/// A page that grows piece by piece, and takes none that would make it too long.
pub(super) struct Page {
    text: String,
    /// How many details did not fit.
    hidden: usize,
}

impl Page {
    /// One with its verdict.
    pub fn new(sound: bool, summary: &str) -> Self {
        let (mark, verdict) = if sound { ("✓", "seaworthy") } else { ("✗", "not seaworthy") };
        Self { text: format!("## {mark} {verdict}\n\n{summary}\n"), hidden: 0 }
    }

    /// Adds a piece of our own markup; whether it fits.
    pub fn add(&mut self, piece: &str) -> bool {
        // What others wrote in it commands no runner, wherever the page is printed.
        let piece = visible::output(piece);
        // What does not fit is told, and that has to fit.
        let fits = self.text.len() + piece.len() < LONGEST - ROOM;
        if fits {
            self.text.push_str(&piece);
        }
        fits
    }

    /// A table within so many bytes.
    pub fn table(
        &mut self,
        head: &[&str],
        rows: impl ExactSizeIterator<Item = String>,
        most: usize,
    ) {
        let rule = "|---".repeat(head.len());
        if rows.len() > 0 && self.add(&format!("\n| {} |\n{rule}|\n", head.join(" | "))) {
            self.all(rows, most);
        }
    }

    /// A list under a title within so many bytes.
    pub fn list(&mut self, title: &str, items: &[String], most: usize) {
        if !items.is_empty() && self.add(&format!("\n### {title}\n")) {
            self.all(items.iter().cloned(), most);
        }
    }

    /// Pieces as far as they fit; those behind are not even made.
    fn all(&mut self, pieces: impl ExactSizeIterator<Item = String>, most: usize) {
        let (end, all) = (self.text.len() + most, pieces.len());
        let fits =
            |page: &mut Self, piece: &str| page.text.len() + piece.len() < end && page.add(piece);
        let told = pieces.take_while(|piece| fits(self, piece)).count();
        self.left_out(all - told);
    }

    fn left_out(&mut self, count: usize) {
        if count > 0 {
            let _infallible = writeln!(self.text, "\n… and {count} more, which do not fit here.");
        }
    }

    /// A title with its text folded below it; the text is made if there may be room for it.
    pub fn detail(&mut self, title: &str, text: impl FnOnce() -> String) {
        if self.hidden > 0 {
            self.hidden += 1;
            return;
        }
        let text = wording::head(text().trim_matches('\n'), LINES);
        let kept = &text[..text.floor_char_boundary(BYTES)];
        let cut_off = text.len() - kept.len();
        let more =
            if cut_off > 0 { format!("\n[… {cut_off} more bytes]") } else { String::new() };
        let text = format!("{kept}{more}");
        let mut fence = "```".to_owned();
        while text.contains(&fence) {
            fence.push('`');
        }
        let title = html(&visible::line(&cut(title)));
        let piece = format!(
            "\n<details><summary><code>{title}</code></summary>\n\n{fence}text\n{text}\n{fence}\n\n</details>\n"
        );
        self.hidden += usize::from(!self.add(&piece));
    }

    /// A drawing, folded unless something in it is broken; of one that is too large, a word.
    fn drawing(&mut self, name: &str, graph: &Graph) {
        let is_broken = graph.edges.iter().any(|edge| edge.state == Some(State::Broken));
        let open = if is_broken { " open" } else { "" };
        let name = html(&visible::line(&cut(name)));
        let fits = graph.edges.len() < EDGES
            && graph.nodes.len() < EDGES
            && {
                let chart = mermaid(graph);
                chart.len() < DRAWING
                && self.add(&format!(
                    "\n<details{open}><summary>Environment <code>{name}</code></summary>\n\n```mermaid\n{chart}```\n\n</details>\n"
                ))
            };
        if !fits {
            // A word is short: where it does not fit either, the details are counted.
            self.add(&format!(
                "\nThe drawing of <code>{name}</code> is too large to stand here.\n"
            ));
        }
    }

    /// The page, with a word on the details that did not fit.
    pub fn end(mut self) -> String {
        self.left_out(self.hidden);
        self.text
    }
}

/// A text as part of a line or a cell: one line, not too long, in a code span if anything in it
/// means something.
pub(super) fn shown(text: &str) -> String {
    let text = cut(&text.trim().lines().map(str::trim).collect::<Vec<_>>().join("; "));
    let shown = visible::markdown(&text);
    let shown = if shown == text && is_reference(&text) { format!("`{text}`") } else { shown };
    cell(&shown)
}

/// A text in a code span.
pub(super) fn code(text: &str) -> String {
    let shown = visible::line(text);
    let shown = visible::markdown(&cut(&shown));
    cell(&if shown.contains('`') { shown } else { format!("`{shown}`") })
}

/// No cell ends before its text: a bar would end it in a code span too.
fn cell(text: &str) -> String {
    text.replace('|', "¦")
}

/// Whether words alone lead elsewhere: `GH-1`, `:tada:`, the number of a commit, a page.
fn is_reference(text: &str) -> bool {
    let is_number = |word: &str| word.len() >= 7 && word.chars().all(|c| c.is_ascii_hexdigit());
    let lower = text.to_lowercase();
    let emoji = text.split(':').skip(1).any(|part| {
        !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'))
    }) && text.matches(':').count() > 1;
    emoji
        || lower.contains("gh-")
        || lower.contains("www.")
        || lower.split(|c: char| !c.is_alphanumeric()).any(is_number)
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(LETTERS) {
        Some((at, _)) => format!("{} …", &text[..at]),
        None => text.to_owned(),
    }
}

/// Text within HTML.
fn html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests;
