use super::{super::samples, *};
use crate::run::Violation;

/// A page without what is in code spans, fenced blocks and escaped text.
fn markup(page: &str) -> String {
    let fenced = regex::Regex::new("(?ms)^(`{3,})text$.*?^`{3,}$").expect("a pattern");
    let spans = regex::Regex::new("`+[^`\n]+`+").expect("a pattern");
    let titles = regex::Regex::new("<code>[^<>\n]*</code>").expect("a pattern");
    let page = titles.replace_all(page, "");
    spans.replace_all(&fenced.replace_all(&page, ""), "").into_owned()
}

#[test]
fn every_outcome_is_told_with_its_place() {
    let page = render(&samples::every_outcome(), false).expect("text");
    for part in [
        "## ✗ not seaworthy\n\n10 scenarios in 3.0 s: 1 passed, 6 failed, 1 undecided, 2 skipped.",
        "| ✗ | `FLOW-1` | listed (declared)<br>the response is 200 | expected: no other port<br>found: `also published: ¦ wéb ¦ \"80:80\" ¦` | `shop/a b/cömpose.yaml:4:9` | ``change `ports:`, 100%`` |",
        "\"90:90\" ¦` | `shop/a b/cömpose.yaml:5:9` |",
        "| ? | `FLOW-1` | looked at by nobody (observed)<br>the response is 200 | tried: read the mounts<br>missing: Permission denied | `a.feature:4:5` | run as root |",
        "| bug | `FLOW-1` | a defect (observed)<br>the response is 200 | expected: the step is carried out<br>found: it panicked |",
        "| ✗ | `FLOW-1` | left (observed) | expected: it comes back<br>found: it does not |",
        "### The stack\n- service \"wéb\" does not come up: it ended at `shop/a b/cömpose.yaml:2:3`",
        "### Errors\n- no engine answers: start it\n- warning: a secret cannot be read\n",
        "### Drift\n- listed: the files say otherwise, the running stack is so",
        "### Not run\n- 1: `a.feature: three`\n- 1, because the small environment does not come up: `a.feature: absent`",
        "not asked: 1.",
        "<details><summary><code>listed</code></summary>\n\n```text\nerror: \"listed\" is not so",
        "also at shop/a b/cömpose.yaml:5:9",
    ] {
        assert!(page.contains(part), "no {part:?} in\n{page}");
    }
}

#[test]
fn nothing_that_others_wrote_becomes_markup() {
    let page = render(&samples::every_outcome(), false).expect("text");
    let markup = markup(&page);
    for part in ["<img", "![", "](", "@all", "http"] {
        assert!(!markup.contains(part), "{part:?} is markup in\n{markup}");
    }
    for line in markup.lines().filter(|line| line.starts_with('|')) {
        assert_eq!(line.matches('|').count(), 7, "{line}");
    }
    for (text, as_told) in [
        ("GH-12 is so", "`GH-12 is so`"),
        ("a :tada: b", "`a :tada: b`"),
        ("as of deadbeef0", "`as of deadbeef0`"),
        ("see WWW.EXAMPLE.COM", "`see WWW.EXAMPLE.COM`"),
        ("a\\|b", "`a\\¦b`"),
        ("plain: text, 3 s", "plain: text, 3 s"),
        ("two\n  lines", "`two; lines`"),
    ] {
        let told = shown(text);
        assert!(told == as_told || told.trim_matches('`') == as_told.trim_matches('`'), "{told}");
    }
}

#[test]
fn a_page_is_never_too_long_and_counts_what_does_not_fit() {
    let mut run = samples::every_outcome();
    let many: Vec<ScenarioRun> = (0..400)
        .map(|at| {
            let mut one = run.scenarios[3].clone();
            one.name = format!("{at} {}", "\u{202e}<&".repeat(200));
            one.steps[0].failure.as_mut().expect("a failure").found = "`\n".repeat(900);
            one
        })
        .collect();
    run.scenarios.extend(many);
    run.findings = vec![Diagnostic::error("| <x> ".repeat(300)); 200];
    run.errors = vec![Diagnostic::error("b".repeat(1_000)); 500];
    let page = render(&run, false).expect("text");
    assert!(page.len() < LONGEST, "{} bytes", page.len());
    assert!(page.matches("which do not fit here").count() >= 3, "{page}");
    assert_eq!(page.matches("<details>").count(), page.matches("</details>").count());
    assert!(page.ends_with("do not fit here.\n"));
    well_formed(&page);
}

/// Whether each fence, fold and row that was begun is whole, and all markup is our own.
fn well_formed(page: &str) {
    use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};
    let tag = regex::Regex::new("<[^>]*>").expect("a pattern");
    let (mut folds, mut cells, mut columns) = (0, 0, 0);
    for event in Parser::new_ext(page, Options::ENABLE_TABLES) {
        match event {
            Event::Html(text) | Event::InlineHtml(text) => {
                for tag in tag.find_iter(&text).map(|tag| tag.as_str()) {
                    match tag {
                        "<details>" | "<details open>" => folds += 1,
                        "</details>" => folds -= 1,
                        "<summary>" | "</summary>" | "<code>" | "</code>" | "<br>" => {}
                        other => panic!("{other} is markup in\n{text}"),
                    }
                }
            }
            Event::Start(Tag::CodeBlock(kind)) => {
                let CodeBlockKind::Fenced(language) = kind else { panic!("no fence: {page}") };
                assert!(matches!(&*language, "text" | "mermaid"), "{language}");
                assert_eq!(folds, 1, "details alone have code");
            }
            Event::Start(Tag::Table(all)) => columns = all.len(),
            Event::Start(Tag::TableHead | Tag::TableRow) => cells = 0,
            Event::Start(Tag::TableCell) => cells += 1,
            Event::End(TagEnd::TableHead | TagEnd::TableRow) => assert_eq!(cells, columns),
            Event::Start(Tag::Link { .. } | Tag::Image { .. }) => panic!("a link in\n{page}"),
            _ => {}
        }
    }
    assert_eq!(folds, 0, "{page}");
    let mut fence = None::<&str>;
    for line in page.lines() {
        match fence {
            Some(open) if line == open => fence = None,
            Some(_) => {}
            None if line.starts_with("```") => {
                fence = Some(line.trim_end_matches("text").trim_end_matches("mermaid"));
            }
            None => assert!(!line.starts_with('|') || line.ends_with('|'), "{line}"),
        }
    }
    assert_eq!(fence, None, "each fence is closed: {page}");
}

#[test]
fn whatever_happens_the_page_is_whole_and_the_verdict_and_the_claims_come_first() {
    let names = ["a".repeat(9_000), "日本`|\n</details>".repeat(900), "```\n~~~ @all ".repeat(600)];
    for (many, name) in [(1, &names[0]), (60, &names[1]), (3_000, &names[2]), (3_000, &names[1])] {
        let mut run = samples::with_facts();
        let node = |at: usize| {
            crate::diagram::Node::new(crate::diagram::NodeKind::Service, &format!("{at}{name}"))
        };
        let edge =
            |at: usize| crate::diagram::Edge::new(at % many, 0, crate::diagram::EdgeKind::Waits);
        run.about.drawings.push((
            name.clone(),
            Graph {
                nodes: (0..many).map(node).collect(),
                edges: (0..many).map(edge).collect(),
                ..Graph::default()
            },
        ));
        let failed = run.scenarios[3].clone();
        let violations = &mut run.scenarios[3].steps[0].failure.as_mut().expect("one").violations;
        let one = violations[0].clone();
        violations.extend(
            (0..many).map(|_| crate::run::Violation { found: name.clone(), ..one.clone() }),
        );
        run.scenarios.extend(
            (0..many.min(40)).map(|_| ScenarioRun { name: name.clone(), ..failed.clone() }),
        );
        let page = render(&run, false).expect("text");
        assert!(page.len() < LONGEST, "{} bytes", page.len());
        well_formed(&page);
        let place = |text: &str| page.find(text).unwrap_or(usize::MAX);
        assert_eq!(place("## ✗ not seaworthy"), 0);
        assert!(place("| `FLOW-1` |") < place("```mermaid"), "claims before drawings");
        assert!(place("| `FLOW-1` |") < place("```text"), "claims before evidence");
        let is_cut = page.contains("not fit here");
        assert_eq!(is_cut, many > 1, "the cut is said");
    }
}

#[test]
fn a_drawing_has_its_broken_connections_marked() {
    let mut page = Page::new(false, "x");
    let nodes = ["a", "b|`@all`"]
        .map(|name| crate::diagram::Node::new(crate::diagram::NodeKind::Service, name));
    let mut graph = Graph { nodes: nodes.to_vec(), ..Graph::default() };
    graph.mark(("a", "b|`@all`", "3306"), State::Broken, None);
    page.drawing("small", &graph);
    let page = page.end();
    assert!(page.contains("<details open><summary>Environment <code>small</code></summary>\n\n```mermaid\nflowchart LR\n"), "{page}");
    assert!(
        page.contains("service_a ==>|\"✗ 3306\"| service_b")
            && page.contains("linkStyle 0 stroke:#b3261e"),
        "{page}"
    );
    assert!(!page.contains("b|`"), "{page}");
}

#[test]
fn a_scenario_with_many_faults_hides_no_other() {
    let mut run = samples::run();
    let broken = run.scenarios.iter().position(|one| one.failure().is_some());
    let mut broken = run.scenarios[broken.expect("a failure")].clone();
    let mut other = broken.clone();
    other.name = "the other".into();
    other.line += 1;
    let failure = broken.steps.iter_mut().find_map(|step| step.failure.as_mut());
    let failure = failure.expect("a failure");
    failure.violations = (0..900)
        .map(|at| Violation {
            subject: format!("service {at}"),
            expected: "so".into(),
            found: "otherwise".into(),
            spot: None,
            help: "mend it".into(),
        })
        .collect();
    run.scenarios = vec![broken, other];
    let text = render(&run, false).expect("a page");
    let rows: Vec<&str> = text.lines().filter(|line| line.starts_with("| ✗")).collect();
    assert!(rows.iter().take(6).any(|row| row.contains("the other")), "{}", rows[..8].join("\n"));
    assert!(text.contains("more, which do not fit here"), "{}", text.len());
}
