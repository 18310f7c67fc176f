use std::collections::BTreeSet;

use regex::Regex;

use super::{super::samples, render};
use crate::run::{Evidence, Run};

fn page(run: &Run) -> String {
    render(run, false).expect("a page")
}

/// Elements that close nothing.
const VOID: &[&str] = &["meta", "br", "hr", "input", "wbr"];

/// Every element is closed in its order, and none is there that a page of ours has no use for.
fn well_formed(text: &str) -> BTreeSet<String> {
    let own = Regex::new("(?s)(<(?:script|style)>).*?(</(?:script|style)>)").expect("a pattern");
    let rest = own.replace_all(text, "$1$2").into_owned();
    let tag = Regex::new(r#"<(/?)([a-zA-Z][a-z0-9]*)((?: [a-zA-Z-]+(?:="[^"<>]*")?)*)(/?)>"#)
        .expect("a pattern");
    let value = Regex::new("=\"[^\"]*\"").expect("a pattern");
    let (mut open, mut seen): (Vec<String>, _) = (Vec::new(), BTreeSet::new());
    for found in tag.captures_iter(&rest) {
        let name = found[2].to_lowercase();
        if &found[1] == "/" {
            let last = open.pop().unwrap_or_default();
            assert_eq!(last, name, "closed before {}", &found[0]);
        } else {
            if found[4].is_empty() && !VOID.contains(&name.as_str()) {
                open.push(name.clone());
            }
            let names = value.replace_all(&found[3], "");
            assert!(!names.contains(" on"), "{}", &found[0]);
            seen.insert(name);
        }
    }
    assert!(open.is_empty(), "{open:?} are not closed");
    let tags = tag.replace_all(&rest, "");
    assert!(!tags.replace("<!DOCTYPE html>", "").contains('<'), "something else opens a tag");
    seen
}

#[test]
fn the_page_of_every_outcome_is_well_formed_and_nothing_of_others_is_markup() {
    let text = page(&samples::with_facts());
    let elements = well_formed(&text);
    for odd in ["img", "iframe", "object", "embed", "form", "link", "base", "i8"] {
        assert!(!elements.contains(odd), "{odd}");
    }
    assert_eq!(text.matches("<svg").count(), 1, "its own drawing alone");
    assert_eq!(text.matches("<script>").count(), 1);
    assert!(!text.contains(" src=\""), "nothing is fetched");
    assert!(!text.replace("id=\"", "").contains("href=\"javascript"));
    assert!(!text.contains('\u{1b}'));
}

#[test]
fn anchors_are_unique_every_link_within_the_page_leads_to_one_and_they_stay() {
    let run = samples::with_facts();
    let text = page(&run);
    let id = Regex::new(r#" id="([^"]+)""#).expect("a pattern");
    let ids: Vec<&str> = id.captures_iter(&text).map(|id| id.extract::<1>().1[0]).collect();
    let unique: BTreeSet<&str> = ids.iter().copied().collect();
    let twice: Vec<_> =
        unique.iter().filter(|id| ids.iter().filter(|other| other == id).count() > 1).collect();
    assert!(twice.is_empty(), "{twice:?}");
    let link = Regex::new(r##"href="#([^"]+)""##).expect("a pattern");
    for (_, [to]) in link.captures_iter(&text).map(|link| link.extract()) {
        assert!(unique.contains(to), "#{to} leads nowhere");
    }
    // A later run, with other times and other evidence.
    let mut later = run.clone();
    later.started += std::time::Duration::from_hours(24);
    later.scenarios[0].steps[0].evidence.push(Evidence::new("more", "seen"));
    let later = page(&later);
    let again: BTreeSet<&str> = id.captures_iter(&later).map(|id| id.extract::<1>().1[0]).collect();
    assert_eq!(again, unique);
}

#[test]
fn chapters_stand_in_their_order_and_those_with_nothing_to_say_are_left_out() {
    let titles = |text: &str| -> Vec<String> {
        let title = Regex::new("<h2[^>]*>([^<]*)</h2>").expect("a pattern");
        title.captures_iter(text).map(|title| title[1].to_owned()).collect()
    };
    assert_eq!(
        titles(&page(&samples::with_facts())),
        [
            "What is broken, open or about to expire",
            "The architecture",
            "What the document does not say",
            "All claims",
            "Who may reach whom",
            "Who may reach whom, as a table",
            "What environments differ in",
            "Facts",
            "Time line",
            "Exceptions",
            "Findings of the rules",
            "How this was found out",
        ]
    );
    let mut sound = samples::run();
    sound.scenarios.truncate(1);
    assert_eq!(titles(&page(&sound)), ["The architecture", "All claims", "How this was found out"]);
}

#[test]
fn the_history_stands_behind_the_time_line_and_is_well_formed() {
    let text = page(&samples::with_history());
    well_formed(&text);
    assert_eq!(
        text.matches("<svg").count(),
        page(&samples::with_facts()).matches("<svg").count() + 1
    );
    let at = |part: &str| text.find(part).unwrap_or_else(|| panic!("no {part}"));
    assert!(at("id=\"title-time\"") < at("id=\"title-history\""));
    assert!(at("id=\"title-history\"") < at("id=\"title-exceptions\""));
    let id = Regex::new(r#" id="([^"]+)""#).expect("a pattern");
    let ids: Vec<&str> = id.captures_iter(&text).map(|id| id.extract::<1>().1[0]).collect();
    let unique: BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!(unique.len(), ids.len());
    let link = Regex::new(r##"href="#([^"]+)""##).expect("a pattern");
    for (_, [to]) in link.captures_iter(&text).map(|link| link.extract()) {
        assert!(unique.contains(to), "#{to} leads nowhere");
    }
}

#[test]
fn a_page_is_the_same_for_the_same_run() {
    let run = samples::with_facts();
    assert_eq!(page(&run), page(&run));
}

#[test]
fn a_page_allows_no_request_and_its_own_script_alone() {
    let text = page(&samples::run());
    let policy = Regex::new(r#"http-equiv="Content-Security-Policy" content="([^"]+)""#);
    let policy = policy.expect("a pattern").captures(&text).expect("a policy")[1].to_owned();
    assert!(policy.starts_with("default-src &#39;none&#39;; "), "{policy}");
    assert!(policy.contains("script-src &#39;sha256-"), "{policy}");
    assert!(!policy.contains("http") && !policy.contains('*'), "{policy}");
}

#[test]
fn style_and_script_are_small_and_fetch_nothing() {
    let (style, script) = (include_str!("style.css"), include_str!("script.js"));
    assert!(style.len() < 30_000 && script.len() < 4_000);
    for odd in ["url(", "@import", "http", "</"] {
        assert!(!style.contains(odd) && !script.contains(odd), "{odd}");
    }
}

#[test]
fn a_huge_run_stays_below_two_megabytes() {
    let mut run = samples::with_facts();
    let one = run.scenarios[0].clone();
    for at in 0..400 {
        let mut more = one.clone();
        more.name = format!("scenario {at}");
        more.tags = vec![format!("BIG-{at}")];
        more.steps = vec![more.steps[0].clone(); 4];
        for step in &mut more.steps {
            step.evidence = vec![Evidence::new("log", "<&> a line\n".repeat(3_000)); 2];
        }
        run.scenarios.push(more);
    }
    let text = page(&run);
    assert!(text.len() < 2_000_000, "{}", text.len());
    assert!(text.contains("cut here: "));
    well_formed(&text);
}

#[test]
fn equal_rows_of_two_tables_have_anchors_of_their_own() {
    let mut run = samples::run();
    run.scenarios.truncate(1);
    let mut other = run.scenarios[0].clone();
    other.line += 9;
    run.scenarios.push(other);
    let text = page(&run);
    let id = Regex::new(r#" id="([^"]+)""#).expect("a pattern");
    let ids: Vec<&str> = id.captures_iter(&text).map(|id| id.extract::<1>().1[0]).collect();
    let unique: BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!(unique.len(), ids.len(), "{ids:?}");
}
