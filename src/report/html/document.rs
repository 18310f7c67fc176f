//! The architecture document as it is written, each claim's id replaced by its mark.
//!
//! `CommonMark` and the tables of GitHub. Raw HTML is shown as text, links lead to pages, files of the
//! repository and anchors only, and a picture is its description: a page asks nobody for anything.

mod inline;
mod kept;
mod links;

use std::{collections::BTreeSet, sync::Arc};

use indexmap::IndexMap;
use pulldown_cmark::{
    Alignment, CodeBlockKind, Event, HeadingLevel, Parser, Tag, TagEnd, TextMergeWithOffset,
};

use self::links::Target;
use super::{
    claims::{Claim, State, worst},
    markup::{Html, heading_slug},
    scenario::{self, Told},
};
use crate::{
    document::{self, Kind, named::READ_WITH},
    source::Source,
};

pub(super) use self::kept::of as kept;

/// A heading of the document, for the table of contents.
#[derive(Debug, Clone)]
pub(super) struct Heading {
    pub(super) anchor: String,
    pub(super) title: String,
    /// Whether it is one of the upper levels.
    pub(super) is_chapter: bool,
    /// The claims below it, up to the next one.
    pub(super) states: Vec<State>,
}

impl Heading {
    /// The worst state of its claims; none without any.
    pub(super) fn worst(&self) -> Option<State> {
        (!self.states.is_empty()).then(|| worst(self.states.iter().copied()))
    }
}

/// The document, ready to be put into a page.
#[derive(Debug, Default)]
pub(super) struct Document {
    pub(super) html: Html,
    /// Its first heading of the highest level.
    pub(super) title: Option<String>,
    pub(super) headings: Vec<Heading>,
    /// The claims that it states, in its order, with what each comes to.
    pub(super) claims: IndexMap<String, State>,
}

/// Writes a document. Where it keeps a flow chart, facts or claims for readers elsewhere, what this run has
/// of them stands instead; where it has none, the reader is told that the file keeps it. `made` makes a
/// chart or a table of facts.
pub(super) fn of<'r>(
    source: &Arc<Source>,
    claims: &IndexMap<&'r str, Claim<'r>>,
    told: &Told<'r>,
    made: impl Fn(&Kind, usize) -> Option<Html>,
) -> Document {
    let text = source.text();
    // What is no block is told by `seaworthy document`, and is text here.
    let mut kept = document::find(source).unwrap_or_default().into_iter().enumerate().peekable();
    let mut writer = Writer {
        claims,
        told,
        document: Document::default(),
        pieces: Vec::new(),
        after: Vec::new(),
        links: 0,
        after_link: "</a>",
        targets: document::named::places(text, |id| claims.contains_key(id)).into_keys().collect(),
        files: Vec::new(),
        file: told.run.path(source.path()).into_string(),
        in_heading: false,
        after_code: "",
        in_table: false,
        in_head: false,
        column: 0,
        alignments: Vec::new(),
        anchors: BTreeSet::new(),
        heading: String::new(),
        image: 0,
    };
    let events = Parser::new_ext(text, READ_WITH).into_offset_iter();
    let mut within = None;
    for (event, place) in TextMergeWithOffset::new(events) {
        while let Some((at, block)) = kept.next_if(|(_, block)| block.body.start <= place.start) {
            let made = match &block.kind {
                Kind::Claims { prefix, .. } => {
                    Some(kept::claims(source, prefix.as_deref(), claims))
                }
                kind => made(kind, at),
            };
            match made {
                Some(made) => {
                    writer.html().put(&made);
                    within = Some(block.body);
                }
                None => _ = writer.html().raw(kept::NOTE),
            }
        }
        if within.as_ref().is_none_or(|body| !body.contains(&place.start)) {
            writer.event(event);
        }
    }
    writer.document
}

struct Writer<'w, 'r> {
    claims: &'w IndexMap<&'r str, Claim<'r>>,
    told: &'w Told<'r>,
    document: Document,
    /// Blocks that are not closed yet: a paragraph, a heading. The flag says whether a mark stands in it.
    pieces: Vec<(Html, bool)>,
    /// Marks that follow a heading or a table, in which none may stand.
    after: Vec<String>,
    links: usize,
    /// What closes the link that is being written.
    after_link: &'static str,
    /// The anchors that links lead to: claims that the document has, whatever comes later.
    targets: BTreeSet<String>,
    /// Files of the repository that are told behind the words of their links.
    files: Vec<String>,
    /// Where the document lies, from the root of the repository.
    file: String,
    in_heading: bool,
    /// What closes the code that is being written.
    after_code: &'static str,
    in_table: bool,
    in_head: bool,
    column: usize,
    alignments: Vec<Alignment>,
    anchors: BTreeSet<String>,
    heading: String,
    /// How deep in a picture's description we are.
    image: usize,
}

impl Writer<'_, '_> {
    /// Where markup goes now.
    fn html(&mut self) -> &mut Html {
        match self.pieces.last_mut() {
            Some((piece, _)) => piece,
            None => &mut self.document.html,
        }
    }

    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) => self.words(&text),
            Event::Code(text) => {
                if self.in_heading {
                    self.heading.push_str(&text);
                }
                self.html().raw("<code>").text(&text).raw("</code>");
            }
            Event::Html(text) | Event::InlineHtml(text) => {
                // A comment is nobody's to read.
                if !(text.trim().starts_with("<!--") && text.trim().ends_with("-->")) {
                    self.html().raw("<code class=\"markup\">").text(text.trim_end()).raw("</code>");
                }
            }
            Event::SoftBreak => _ = self.html().raw("\n"),
            Event::HardBreak => _ = self.html().raw("<br>"),
            Event::Rule => _ = self.html().raw("<hr>"),
            Event::TaskListMarker(done) => {
                _ = self.html().raw(if done { "☑ " } else { "☐ " });
            }
            Event::FootnoteReference(text) | Event::InlineMath(text) | Event::DisplayMath(text) => {
                _ = self.html().text(&text);
            }
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Paragraph => self.pieces.push((Html::default(), false)),
            Tag::Heading { .. } => {
                self.in_heading = true;
                self.heading.clear();
                self.pieces.push((Html::default(), false));
            }
            Tag::BlockQuote(_) => _ = self.html().raw("<blockquote>"),
            Tag::CodeBlock(kind) => {
                let language = match &kind {
                    CodeBlockKind::Fenced(words) => words.split(' ').next().unwrap_or_default(),
                    CodeBlockKind::Indented => "",
                };
                let folded = language == "mermaid";
                self.after_code = if folded { "</details>" } else { "" };
                let html = self.html();
                if folded {
                    html.raw("<details class=\"source\"><summary>A drawing, as the text that Mermaid draws it from</summary>");
                }
                html.raw("<pre tabindex=\"0\"><code");
                if !language.is_empty() {
                    html.attribute("data-language", language);
                }
                html.raw(">");
                self.links += 1;
            }
            Tag::List(Some(1)) => _ = self.html().raw("<ol>"),
            Tag::List(Some(first)) => _ = self.html().raw("<ol start=\"").number(first).raw("\">"),
            Tag::List(None) => _ = self.html().raw("<ul>"),
            Tag::Item => _ = self.html().raw("<li>"),
            Tag::Table(alignments) => {
                self.alignments = alignments;
                self.in_table = true;
                self.html().raw("<div class=\"wide\" tabindex=\"0\"><table>");
            }
            Tag::TableHead => {
                (self.in_head, self.column) = (true, 0);
                self.html().raw("<thead><tr>");
            }
            Tag::TableRow => {
                self.column = 0;
                self.html().raw("<tr>");
            }
            Tag::TableCell => {
                self.pieces.push((Html::default(), false));
            }
            Tag::Emphasis => _ = self.html().raw("<em>"),
            Tag::Strong => _ = self.html().raw("<strong>"),
            Tag::Strikethrough => _ = self.html().raw("<del>"),
            Tag::Link { dest_url, .. } => {
                self.links += 1;
                self.after_link = "</a>";
                match links::target(&dest_url, &self.file) {
                    Target::Page(address) => self.open_link(&address),
                    Target::Anchor(name) => {
                        let is_claim =
                            self.targets.contains(&name) || self.claims.contains_key(name.as_str());
                        let anchor = if is_claim {
                            scenario::claim_anchor(&name)
                        } else {
                            format!("doc-{}", heading_slug(&name))
                        };
                        self.open_link(&format!("#{anchor}"));
                    }
                    Target::File(path) => {
                        self.after_link = "</span>";
                        self.html().raw("<span class=\"file\">");
                        self.files.push(path);
                    }
                    // Where it leads is shown, and it leads nowhere.
                    Target::Nowhere => {
                        self.html().raw("<a").attribute("title", &dest_url).raw(">");
                    }
                }
            }
            Tag::Image { .. } => {
                self.image += 1;
                self.html().raw("<span class=\"picture\">picture: ");
            }
            _ => {}
        }
    }

    fn open_link(&mut self, address: &str) {
        self.html().raw("<a").attribute("href", address).raw(" rel=\"noopener noreferrer\">");
    }

    fn is_right(&self) -> bool {
        self.alignments.get(self.column) == Some(&Alignment::Right)
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Paragraph => {
                let Some((piece, has_mark)) = self.pieces.pop() else { return };
                let html = self.html();
                // Marks open to blocks, which no paragraph holds.
                if has_mark {
                    html.raw("<div class=\"p\">").put(&piece).raw("</div>\n");
                } else {
                    html.raw("<p>").put(&piece).raw("</p>\n");
                }
            }
            TagEnd::Heading(level) => self.end_of_heading(level),
            TagEnd::BlockQuote(_) => _ = self.html().raw("</blockquote>\n"),
            TagEnd::CodeBlock => {
                self.links = self.links.saturating_sub(1);
                let after = self.after_code;
                self.html().raw("</code></pre>").raw(after).raw("\n");
            }
            TagEnd::List(true) => _ = self.html().raw("</ol>\n"),
            TagEnd::List(false) => _ = self.html().raw("</ul>\n"),
            TagEnd::Item => _ = self.html().raw("</li>\n"),
            TagEnd::Table => {
                self.in_table = false;
                self.html().raw("</tbody></table></div>\n");
                self.marks_after();
            }
            TagEnd::TableHead => {
                self.in_head = false;
                self.html().raw("</tr></thead><tbody>\n");
            }
            TagEnd::TableRow => _ = self.html().raw("</tr>\n"),
            TagEnd::TableCell => {
                let Some((piece, _)) = self.pieces.pop() else { return };
                let right = self.is_right();
                self.column += 1;
                // A cell above the first column often says nothing, and then it is no heading.
                let head = self.in_head && !piece.is_empty();
                let html = self.html().raw(if head { "<th scope=\"col\"" } else { "<td" });
                html.raw(if right { " class=\"right\">" } else { ">" }).put(&piece);
                html.raw(if head { "</th>" } else { "</td>" });
            }
            TagEnd::Emphasis => _ = self.html().raw("</em>"),
            TagEnd::Strong => _ = self.html().raw("</strong>"),
            TagEnd::Strikethrough => _ = self.html().raw("</del>"),
            TagEnd::Link => {
                self.links = self.links.saturating_sub(1);
                if let Some(path) = self.files.pop() {
                    self.html().raw(" (<code>").line(&path).raw("</code>)");
                }
                let after = self.after_link;
                self.html().raw(after);
            }
            TagEnd::Image => {
                self.image = self.image.saturating_sub(1);
                self.html().raw("</span>");
            }
            _ => {}
        }
    }

    fn end_of_heading(&mut self, level: HeadingLevel) {
        self.in_heading = false;
        let Some((piece, _)) = self.pieces.pop() else { return };
        let title = std::mem::take(&mut self.heading).trim().to_owned();
        let base = format!("doc-{}", heading_slug(&title));
        let taken = &mut self.anchors;
        let mut numbers = 2..;
        let mut anchor = base.clone();
        while !taken.insert(anchor.clone()) {
            anchor = format!("{base}-{}", numbers.next().unwrap_or(0));
        }
        let is_chapter = level == HeadingLevel::H2;
        if level == HeadingLevel::H1 && self.document.title.is_none() && !title.is_empty() {
            // It stands at the top of the page.
            self.document.title = Some(title);
            self.html().raw("<span").attribute("id", &anchor).raw("></span>");
            let heading = Heading { anchor, title: String::new(), is_chapter, states: Vec::new() };
            self.document.headings.push(heading);
            self.marks_after();
            return;
        }
        // The page's own title and those of its chapters stand above.
        let (open, close): (&'static str, &'static str) = match level {
            HeadingLevel::H1 => ("<h3 class=\"title\"", "</h3>\n"),
            HeadingLevel::H2 => ("<h3", "</h3>\n"),
            HeadingLevel::H3 => ("<h4", "</h4>\n"),
            HeadingLevel::H4 => ("<h5", "</h5>\n"),
            HeadingLevel::H5 | HeadingLevel::H6 => ("<h6", "</h6>\n"),
        };
        let html = self.html();
        html.raw(open).attribute("id", &anchor).raw(">").put(&piece);
        html.raw(" <a class=\"here\" aria-label=\"link to this heading\"");
        html.attribute("href", &format!("#{anchor}")).raw(">#</a>").raw(close);
        self.document.headings.push(Heading { anchor, title, is_chapter, states: Vec::new() });
        self.marks_after();
    }

    /// The marks of a heading or a table that has just ended.
    fn marks_after(&mut self) {
        let after = std::mem::take(&mut self.after);
        if after.is_empty() {
            return;
        }
        self.html().raw("<div class=\"p marks\">");
        for id in after {
            self.mark(&id);
            self.html().raw(" ");
        }
        self.html().raw("</div>\n");
    }

    /// The mark of a claim, where it may stand.
    fn mark(&mut self, id: &str) {
        let nobodys = Claim::nobodys(id);
        let claim = self.claims.get(id).unwrap_or(&nobodys);
        let state = claim.state();
        self.document.claims.insert(id.to_owned(), state);
        if let Some(heading) = self.document.headings.last_mut() {
            heading.states.push(state);
        }
        let mut mark = Html::default();
        scenario::claim(&mut mark, self.told, claim);
        self.html().put(&mark);
    }
}

#[cfg(test)]
mod tests;
