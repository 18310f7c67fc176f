//! What the rules found in the files, the worst first; what a comment allows stands below, with its reason.

use super::{broken, claims::State, markup::Html, page::Page};
use crate::run::{LintFinding, LintRun};

pub(super) fn write(html: &mut Html, page: &Page<'_>, lint: &LintRun) {
    html.raw("<p>By the rules that hold for any Compose project, whatever the document says: ");
    html.line(&lint.summary).raw(".</p>");
    let (allowed, open): (Vec<_>, Vec<_>) =
        lint.findings.iter().partition(|one| one.allowed.is_some());
    for severity in ["critical", "high", "medium", "low"] {
        let these: Vec<_> = open.iter().filter(|one| one.severity == severity).collect();
        if these.is_empty() {
            continue;
        }
        html.raw("<h3").attribute("id", &format!("lint-{severity}")).raw(">").line(severity);
        html.raw(" <small>").number(these.len()).raw("</small></h3>");
        for one in &these {
            finding(html, page, one);
        }
    }
    if !allowed.is_empty() {
        html.raw("<h3 id=\"lint-allowed\">allowed by comments <small>");
        html.number(allowed.len()).raw("</small></h3>");
        for one in &allowed {
            finding(html, page, one);
        }
    }
}

fn finding(html: &mut Html, page: &Page<'_>, one: &LintFinding) {
    let of = one.allowed.as_ref().map(|_| State::Excepted);
    html.raw("<div class=\"found ").raw(of.unwrap_or(State::NotAsked).class()).raw("\"");
    html.attribute("id", &format!("lint-{}", one.fingerprint)).raw(">");
    broken::card_of(html, page, &one.told, of, |html| {
        // What is open stands below its severity.
        if of.is_some() {
            html.raw("<span class=\"tag\">").line(&one.severity).raw("</span> ");
        }
    });
    html.raw("<p class=\"more\">rule <code>").line(&one.rule).raw("</code>");
    if let Some(reason) = &one.allowed {
        html.raw(" · allowed: ");
        html.line(if reason.is_empty() { "no reason is given" } else { reason });
    }
    html.raw("</p></div>");
}

#[cfg(test)]
mod tests {
    use super::{super::super::samples, *};
    use crate::{diagnostic::Diagnostic, source::Source};

    #[test]
    fn a_finding_has_its_line_its_remedy_and_its_rule_and_what_is_allowed_its_reason() {
        let source = Source::new("compose.yaml", "services:\n  a:\n    privileged: true\n");
        let told = Diagnostic::error("a <b> may do everything")
            .at(&source, source.line(3), "high")
            .help("remove `privileged:`");
        let one = |fingerprint: &str, allowed: Option<&str>| LintFinding {
            rule: "privileged-container".into(),
            severity: "high".into(),
            told: told.clone(),
            allowed: allowed.map(str::to_owned),
            fingerprint: fingerprint.into(),
        };
        let lint = LintRun {
            summary: "2 findings".into(),
            findings: vec![one("1", None), one("2", Some("it <must>"))],
        };
        let run = samples::run();
        let mut html = Html::default();
        write(&mut html, &Page::of(&run), &lint);
        let text = html.into_string();
        for part in [
            "<h3 id=\"lint-high\">high <small>1</small></h3>",
            "id=\"lint-1\"",
            "a &lt;b&gt; may do everything",
            "written in <code>compose.yaml:3</code>",
            "<mark>privileged: true</mark>",
            "remove <code>privileged:</code>",
            "rule <code>privileged-container</code>",
            "allowed by comments <small>1</small>",
            "allowed: it &lt;must&gt;",
        ] {
            assert!(text.contains(part), "no {part:?} in\n{text}");
        }
    }
}
