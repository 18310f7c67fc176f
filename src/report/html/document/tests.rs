use super::{super::claims, *};
use crate::{report::samples, run::Run};

fn written(run: &Run) -> (String, Vec<Heading>, Vec<(String, State)>) {
    let verdicts = claims::verdicts(run);
    let claims = claims::of(&verdicts);
    let told = Told::new(run);
    let source = run.about.document.as_ref().expect("a document");
    let picture = |kind: &Kind, at| {
        kept(run, kind, || match kind {
            Kind::Diagram { environment, .. } if environment == "small" => {
                Some(format!("<svg id=\"kept-{at}\"></svg>"))
            }
            _ => None,
        })
    };
    let document = of(source, &claims, &told, picture);
    let states = document.claims.into_iter().collect();
    (document.html.into_string(), document.headings, states)
}

#[test]
fn every_claim_has_one_mark_and_further_ones_lead_to_it() {
    let run = samples::with_facts();
    let (text, _, states) = written(&run);
    let told: Vec<(&str, State)> = states.iter().map(|(id, state)| (id.as_str(), *state)).collect();
    assert_eq!(
        told,
        [
            ("FLOW-1", State::Broken),
            ("FLOW-2", State::NoScenario),
            ("STORE-1", State::Excepted),
            ("ROW-1", State::Proven),
            ("QUOTE-1", State::Undecided),
            ("LATER-1", State::NotAsked),
        ]
    );
    for (id, state) in told {
        assert_eq!(text.matches(&format!("id=\"{id}\"")).count(), 1, "{id}");
        let mark = format!("<details class=\"claim {}\"><summary>", state.class());
        assert!(text.contains(&mark), "{id}: no {mark}");
    }
    assert!(text.contains("<a class=\"mark broken\" href=\"#FLOW-1\">"), "{text}");
    // A mark opens to blocks: it stands in no paragraph, no heading and no cell.
    for (open, close) in [("<p>", "</p>"), ("<h3", "</h3>"), ("<td", "</td>")] {
        for part in text.split(open).skip(1) {
            let part = part.split(close).next().unwrap_or_default();
            assert!(!part.contains("<details"), "{open}{part}");
        }
    }
    assert!(text.contains("UTF-8 is no claim"), "{text}");
}

#[test]
fn nothing_that_the_document_says_is_markup_but_what_commonmark_has() {
    let run = samples::with_facts();
    let (text, ..) = written(&run);
    for part in [
        "<code class=\"markup\">&lt;script&gt;alert(1)&lt;/script&gt;</code>",
        "<a title=\"javascript:alert(1)\">link</a>",
        "<a href=\"https://example.com/?a&amp;b\" rel=\"noopener noreferrer\">another</a>",
        "&lt;img src=x onerror=alert(1)&gt;",
        "<span class=\"picture\">picture: a picture</span>",
        "data-language=\"sh\">echo &quot;[FLOW-1] &lt;/code&gt;",
        "class=\"right\"><code class=\"markup\">&lt;i&gt;</code>7",
    ] {
        assert!(text.contains(part), "no {part:?} in\n{text}");
    }
    for part in ["<script", "<img", "<b>Co", "href=\"javascript", "a remark", "p.png"] {
        assert!(!text.contains(part), "{part:?} in\n{text}");
    }
}

#[test]
fn the_source_of_a_drawing_is_folded_and_other_code_is_not() {
    let run = samples::with_facts();
    let verdicts = claims::verdicts(&run);
    let text = "```mermaid\nflowchart LR\n  a --> b\n```\n\n```sh\nls\n```\n";
    let source = Source::new("d.md", text);
    let document = of(&source, &claims::of(&verdicts), &Told::new(&run), |_, _| None);
    let text = document.html.into_string();
    let (folded, rest) = text.split_once("</details>").expect("a fold");
    assert!(folded.starts_with("<details class=\"source\"><summary>"), "{text}");
    assert!(folded.contains("data-language=\"mermaid\">flowchart LR"), "{text}");
    assert!(rest.contains("data-language=\"sh\">ls") && !rest.contains("details"), "{text}");
}

#[test]
fn headings_have_anchors_of_their_own_and_their_worst_state() {
    let mut run = samples::with_facts();
    let (text, headings, _) = written(&run);
    let told: Vec<(&str, Option<State>)> =
        headings.iter().map(|heading| (heading.anchor.as_str(), heading.worst())).collect();
    let [(first, worst), (second, of_store)] = told[..] else { panic!("{told:?}") };
    assert!(first.starts_with("doc-shop"), "{first}");
    assert_eq!(
        (worst, second, of_store),
        (Some(State::Broken), "doc-the-store", Some(State::Undecided))
    );
    assert!(text.contains("<h3 id=\"doc-the-store\">The store"), "{text}");
    run.about.document = Some(crate::source::Source::new("d.md", "# A\n\n# A\n\n# A\n"));
    let (_, headings, _) = written(&run);
    let anchors: Vec<&str> = headings.iter().map(|heading| heading.anchor.as_str()).collect();
    assert_eq!(anchors, ["doc-a", "doc-a-2", "doc-a-3"]);
}

#[test]
fn a_flow_chart_that_the_document_keeps_is_the_drawing_of_the_run() {
    let chart = |environment: &str| {
        format!(
            "<!-- seaworthy: diagram environment={environment} -->\n\n```mermaid\nflowchart {environment}\n```\n\n<!-- /seaworthy -->\n\n"
        )
    };
    let mut run = samples::with_facts();
    let text = format!("# T\n\nbefore\n\n{}between\n\n{}after\n", chart("small"), chart("other"));
    run.about.document = Some(Source::new("docs/shop.md", text));
    let (text, _, _) = written(&run);
    let at = |part: &str| text.find(part).unwrap_or_else(|| panic!("no {part} in\n{text}"));
    assert!(at("before") < at("<svg id=\"kept-0\">") && at("<svg") < at("between"), "{text}");
    assert!(!text.contains("flowchart small"), "{text}");
    // Of an environment without a drawing it stays what it is.
    assert!(at("between") < at("flowchart other") && at("flowchart other") < at("after"), "{text}");
}

#[test]
fn a_cell_that_says_nothing_heads_no_column() {
    let run = samples::with_facts();
    let verdicts = claims::verdicts(&run);
    let source = Source::new("d.md", "| | one |\n|---|--:|\n| a | 1 |\n");
    let document = of(&source, &claims::of(&verdicts), &Told::new(&run), |_, _| None);
    let text = document.html.into_string();
    let head = "<thead><tr><td></td><th scope=\"col\" class=\"right\">one</th></tr></thead>";
    assert!(text.contains(head) && text.contains("<td>a</td>"), "{text}");
}

#[test]
fn links_lead_to_headings_in_any_script_and_to_claims_and_files_are_told() {
    let mut run = samples::with_facts();
    let document = "# T\n\n## 日本語\n\n## 中文\n\n## Größe\n\n## [x](#FLOW-1)\n\n[a](#日本語) [b](#Gr%C3%B6%C3%9Fe) [c](#FLOW-2) [d](../compose.yaml) so [FLOW-2]\n";
    run.about.document = Some(Source::new("docs/d.md", document));
    let (text, headings, _) = written(&run);
    let anchors: Vec<&str> = headings.iter().map(|heading| heading.anchor.as_str()).collect();
    assert_eq!(anchors, ["doc-t", "doc-日本語", "doc-中文", "doc-größe", "doc-x"]);
    for part in [
        "<a href=\"#doc-日本語\" rel",
        "<a href=\"#doc-größe\" rel",
        "<a href=\"#FLOW-2\" rel",
        "<a href=\"#FLOW-1\" rel",
        "<span class=\"file\">d (<code>compose.yaml</code>)</span>",
    ] {
        assert!(text.contains(part), "no {part:?} in\n{text}");
    }
}

#[test]
fn without_a_document_links_to_a_claim_lead_to_its_first_scenario() {
    let mut run = samples::with_facts();
    run.about.document = None;
    let page = super::super::render(&run, false).expect("a page");
    for part in page.split("href=\"#").skip(1) {
        let to = part.split('"').next().unwrap_or_default();
        assert_eq!(page.matches(&format!(" id=\"{to}\"")).count(), 1, "#{to}");
    }
    assert!(page.contains("<span id=\"FLOW-1\"></span><details class=\"scenario"), "{page}");
}

#[test]
fn claims_and_facts_that_the_document_keeps_are_those_of_the_run_or_said_to_be_old() {
    let block = |words: &str| {
        format!(
            "<!-- seaworthy: {words} -->\n\n| claim | verdict |\n|---|---|\n| FLOW-1 | ✓ old {words} |\n\n<!-- /seaworthy -->\n\n"
        )
    };
    let mut run = samples::with_facts();
    let text = format!(
        "# T\n\nIt `flows` [FLOW-1]. Nobody [FLOW-9].\n\n{}{}{}",
        block("claims"),
        block("facts topic=limits environment=small"),
        block("facts topic=limits environment=none"),
    );
    run.about.document = Some(Source::new("docs/shop.md", text));
    let (text, _, states) = written(&run);
    for part in [
        "<a href=\"#FLOW-1\">FLOW-1</a></th><td>It <code>flows</code></td><td><span class=\"state broken\">",
        "<a href=\"#FLOW-9\">FLOW-9</a></th><td>Nobody</td><td><span class=\"state none\">",
        "<span class=\"side broken\"><small>✗ running</small> 256 MiB</span>",
    ] {
        assert!(text.contains(part), "no {part:?} in\n{text}");
    }
    assert_eq!(states.len(), 2, "{states:?}");
    assert!(!text.contains("old claims") && !text.contains("environment=small"), "{text}");
    assert!(!text.contains("id=\"fact-"), "{text}");
    let (before, after) = text.split_once("may be out of date").expect("a note");
    assert!(!before.contains("✓ old") && after.contains("✓ old"), "{text}");
}
