//! The page: its chapters in their order, the table of contents beside them, and everything in one file.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use indexmap::IndexMap;
use sha2::{Digest as _, Sha256};

use super::{
    broken,
    claims::{self, Claim, State, Verdict},
    diagrams, differences, document,
    document::Document,
    exceptions, facts, features, history, lint,
    markup::Html,
    method, reach,
    scenario::{self, Told},
    timeline, verdict,
};
use crate::run::Run;

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// Everything that the chapters are made of.
pub(super) struct Page<'r> {
    pub(super) told: Told<'r>,
    pub(super) verdicts: Vec<Verdict<'r>>,
    /// The claims that scenarios carry.
    pub(super) claims: IndexMap<&'r str, Claim<'r>>,
    /// The document, if there is one.
    document: Option<Document>,
    /// A drawing for each environment, and of what they differ in: its title, and the SVG.
    drawings: Vec<(String, String)>,
}

/// A chapter of the page.
struct Chapter {
    anchor: &'static str,
    title: &'static str,
    state: Option<State>,
    body: Html,
    /// What is below it in the table of contents: anchor, title, state.
    parts: Vec<(String, String, Option<State>)>,
}

impl<'r> Page<'r> {
    pub(super) fn of(run: &'r Run) -> Self {
        let verdicts = claims::verdicts(run);
        let claims = claims::of(&verdicts);
        let told = Told::new(run);
        let document = run.about.document.as_ref();
        let document = document.map(|source| {
            document::of(source, &claims, &told, |kind, at| {
                document::kept(run, kind, || diagrams::kept(run, kind, at))
            })
        });
        if document.is_none() {
            told.without_marks(claims.keys().copied());
        }
        Self { told, verdicts, claims, document, drawings: diagrams::of(run) }
    }

    /// What the page is about: the document's title, or what the project is called.
    pub(super) fn title(&self) -> &str {
        let titled = self.document.as_ref().and_then(|document| document.title.as_deref());
        let project = self.told.run.about.project.as_str();
        let named = Some(project).filter(|project| !project.is_empty());
        titled.or(named).unwrap_or("this project")
    }

    /// Every claim: in the order of the document, then of the features.
    pub(super) fn all_claims(&self) -> Vec<Claim<'_>> {
        let stated = self.document.iter().flat_map(|document| document.claims.keys());
        let stated = stated
            .map(|id| self.claims.get(id.as_str()).cloned().unwrap_or_else(|| Claim::nobodys(id)));
        stated.chain(self.unstated().cloned()).collect()
    }

    /// The claims that the document does not state.
    pub(super) fn unstated(&self) -> impl Iterator<Item = &Claim<'r>> {
        self.claims.values().filter(|claim| {
            self.document.as_ref().is_none_or(|document| !document.claims.contains_key(claim.id))
        })
    }

    /// What every claim comes to.
    pub(super) fn states(&self) -> Vec<State> {
        self.all_claims().iter().map(Claim::state).collect()
    }

    fn chapters(&self) -> Vec<Chapter> {
        let run = self.told.run;
        let mut chapters = Vec::new();
        // The document comes before the others: a scenario stands where it is told first.
        let architecture = self.architecture();
        let rest = features::states(self);
        let broken = broken::states(self);
        if !broken.is_empty() {
            let title = "What is broken, open or about to expire";
            let state = verdict::chapter(broken.into_iter());
            chapters.push(chapter("broken", title, state, |html| broken::write(html, self)));
        }
        chapters.push(architecture);
        if self.document.is_some() && !rest.is_empty() {
            let state = verdict::chapter(rest.into_iter());
            let title = "What the document does not say";
            chapters.push(chapter("besides", title, state, |html| features::rest(html, self)));
        }
        let states = self.states();
        if !states.is_empty() {
            let state = verdict::chapter(states.into_iter());
            chapters
                .push(chapter("claims", "All claims", state, |html| features::index(html, self)));
        }
        if !self.drawings.is_empty() {
            chapters.push(chapter("diagrams", "Who may reach whom", None, |html| {
                diagrams::write(html, &self.drawings);
            }));
        }
        if !run.about.reach.is_empty() {
            let title = "Who may reach whom, as a table";
            chapters.push(chapter("reach", title, None, |html| reach::write(html, run)));
        }
        if differences::is_told(run) {
            let title = "What environments differ in";
            chapters.push(chapter("differences", title, None, |html| {
                differences::write(html, self);
            }));
        }
        if !facts::topics(run).is_empty() {
            let state = facts::has_drift(run).then_some(State::Broken);
            let mut facts = chapter("facts", "Facts", state, |html| facts::write(html, self));
            let part = |topic: &&str| (format!("facts-{topic}"), (*topic).to_owned(), None);
            facts.parts = facts::topics(run).keys().map(part).collect();
            chapters.push(facts);
        }
        if timeline::is_worth_it(run) {
            chapters.push(chapter("time", "Time line", None, |html| timeline::write(html, self)));
        }
        if let Some(known) = &run.about.history {
            let state = (!known.flaky.is_empty()).then_some(State::Undecided);
            chapters.push(chapter("history", "History", state, |html| {
                history::write(html, self, known);
            }));
        }
        let excepted = exceptions::all(run);
        if !excepted.is_empty() {
            let state = Some(State::Excepted);
            chapters.push(chapter("exceptions", "Exceptions", state, |html| {
                exceptions::write(html, self);
            }));
        }
        if let Some(found) = &run.about.lint {
            let title = "Findings of the rules";
            chapters.push(chapter("lint", title, None, |html| lint::write(html, self, found)));
        }
        chapters.push(chapter("method", "How this was found out", None, |html| {
            method::write(html, self);
        }));
        chapters
    }

    /// The document itself; the features without one.
    fn architecture(&self) -> Chapter {
        let Some(document) = &self.document else {
            let states = self.verdicts.iter().map(|verdict| verdict.state);
            let state = verdict::chapter(states);
            return chapter("architecture", "The architecture", state, |html| {
                if self.verdicts.is_empty() {
                    html.raw("<p>No scenario was read.</p>");
                } else {
                    features::all(html, self);
                }
            });
        };
        let state = verdict::chapter(document.claims.values().copied());
        let mut chapter = chapter("architecture", "The architecture", state, |html| {
            html.raw("<div class=\"document\">").put(&document.html).raw("</div>");
        });
        // What stands below a heading of a lower level belongs to the one above.
        for heading in &document.headings {
            if heading.is_chapter {
                let (anchor, title) = (heading.anchor.clone(), heading.title.clone());
                chapter.parts.push((anchor, title, heading.worst()));
            } else if let (Some(worst), Some((_, _, state))) =
                (heading.worst(), chapter.parts.last_mut())
            {
                *state = Some(state.map_or(worst, |state| state.min(worst)));
            }
        }
        chapter
    }

    /// The whole file.
    pub(super) fn write(&self) -> String {
        let run = self.told.run;
        let (state, word) = verdict::state(run);
        let mut html = Html::default();
        html.raw("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n");
        html.raw("<meta http-equiv=\"Content-Security-Policy\"");
        let hash = BASE64_STANDARD.encode(Sha256::digest(SCRIPT.as_bytes()));
        let policy = format!(
            "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'"
        );
        html.attribute("content", &policy).raw(">\n");
        html.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
        html.raw("<meta name=\"color-scheme\" content=\"light dark\">\n");
        html.raw("<meta name=\"referrer\" content=\"no-referrer\">\n<title>");
        html.raw(state.sign()).raw(" ").raw(word).raw(": ").line(self.title());
        html.raw("</title>\n<style>").raw(STYLE).raw("</style></head>\n<body>\n");
        html.raw("<a class=\"skip\" href=\"#main\">Skip the contents</a>\n");
        let chapters = self.chapters();
        verdict::write(&mut html, self);
        contents(&mut html, &chapters);
        html.raw("<main id=\"main\">\n");
        for chapter in &chapters {
            html.raw("\n<section class=\"chapter\"").attribute("id", chapter.anchor);
            html.attribute("aria-labelledby", &format!("title-{}", chapter.anchor)).raw("><h2");
            html.attribute("id", &format!("title-{}", chapter.anchor)).raw(">");
            html.raw(chapter.title).raw("</h2>\n").put(&chapter.body).raw("</section>");
        }
        html.raw("\n</main>\n<script>").raw(SCRIPT).raw("</script>\n</body></html>\n");
        html.into_string()
    }
}

fn chapter(
    anchor: &'static str,
    title: &'static str,
    state: Option<State>,
    write: impl FnOnce(&mut Html),
) -> Chapter {
    let mut body = Html::default();
    write(&mut body);
    Chapter { anchor, title, state, body, parts: Vec::new() }
}

/// The table of contents, each chapter with its worst sign.
fn contents(html: &mut Html, chapters: &[Chapter]) {
    html.raw("<nav aria-label=\"Contents\"><details open><summary>Contents</summary><ol>");
    html.raw("<li><a href=\"#verdict\">Verdict</a></li>");
    let entry = |html: &mut Html, anchor: &str, title: &str, state: Option<State>| {
        html.raw("<a").attribute("href", &format!("#{anchor}")).raw(">");
        if let Some(state) = state {
            scenario::sign(html, state);
            html.raw(" ");
        }
        html.line(title).raw("</a>");
    };
    for chapter in chapters {
        html.raw("<li>");
        entry(html, chapter.anchor, chapter.title, chapter.state);
        if !chapter.parts.is_empty() {
            html.raw("<ol>");
            for (anchor, title, state) in &chapter.parts {
                html.raw("<li>");
                entry(html, anchor, title, *state);
                html.raw("</li>");
            }
            html.raw("</ol>");
        }
        html.raw("</li>");
    }
    html.raw("</ol></details></nav>\n");
}
