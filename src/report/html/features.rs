//! The features as they are written: the document where there is none, and what it leaves unsaid.

use indexmap::IndexMap;

use super::{
    claims::{Claim, State, Verdict},
    history,
    markup::{Html, mark, slug},
    page::Page,
    scenario,
};

/// Every feature with its scenarios.
pub(super) fn all(html: &mut Html, page: &Page<'_>) {
    by_feature(html, page, &page.verdicts);
}

/// The claims that the document does not state, and the scenarios without a claim.
pub(super) fn rest(html: &mut Html, page: &Page<'_>) {
    let unstated: Vec<&Claim<'_>> = page.unstated().collect();
    if !unstated.is_empty() {
        html.raw("<p>Claims that scenarios carry and the document does not state:</p><ul class=\"bare\">");
        for claim in unstated {
            html.raw("<li class=\"p\">");
            scenario::claim(html, &page.told, claim);
            html.raw("</li>");
        }
        html.raw("</ul>");
    }
    let untold: Vec<Verdict<'_>> =
        page.verdicts.iter().filter(|verdict| !page.told.is_told(verdict)).copied().collect();
    if !untold.is_empty() {
        html.raw("<p>Scenarios without a claim of the document:</p>");
        by_feature(html, page, &untold);
    }
}

/// Whether [`rest`] has anything to say once the document is written.
pub(super) fn states(page: &Page<'_>) -> Vec<State> {
    let untold = page.verdicts.iter().filter(|verdict| !page.told.is_told(verdict));
    page.unstated().map(Claim::state).chain(untold.map(|verdict| verdict.state)).collect()
}

fn by_feature(html: &mut Html, page: &Page<'_>, verdicts: &[Verdict<'_>]) {
    let mut features: IndexMap<(&str, &str), Vec<Verdict<'_>>> = IndexMap::new();
    for verdict in verdicts {
        let scenario = verdict.scenario;
        let key = (scenario.source.path().as_str(), scenario.feature.as_str());
        features.entry(key).or_default().push(*verdict);
    }
    for ((path, title), verdicts) in features {
        let anchor = format!("feature-{}-{}", slug(title), mark(path));
        html.raw("<h3").attribute("id", &anchor).raw(">").line(title).raw("</h3>");
        let mut rules: IndexMap<Option<&str>, Vec<Verdict<'_>>> = IndexMap::new();
        for verdict in verdicts {
            rules.entry(verdict.scenario.rule.as_deref()).or_default().push(verdict);
        }
        for (rule, verdicts) in rules {
            if let Some(rule) = rule {
                html.raw("<h4>").line(rule).raw("</h4>");
            }
            scenario::scenarios(html, &page.told, &verdicts);
        }
    }
}

/// All claims in one table, to be looked through and filtered.
pub(super) fn index(html: &mut Html, page: &Page<'_>) {
    html.raw("<div class=\"filter\" hidden><label>Show <select id=\"states\"><option value=\"\">all</option>");
    for state in State::ALL {
        html.raw("<option value=\"").raw(state.class()).raw("\">").raw(state.word());
        html.raw("</option>");
    }
    html.raw("</select></label> <label>with <input id=\"words\" type=\"search\" placeholder=\"id or words\"></label> <output id=\"shown\"></output></div>");
    html.raw("<div class=\"wide\" tabindex=\"0\"><table class=\"claims\"><thead><tr><th scope=\"col\">claim</th><th scope=\"col\">verdict</th><th scope=\"col\">files</th><th scope=\"col\">stack</th>");
    let known = page.told.run.about.history.as_ref();
    html.raw(if known.is_some() { "<th scope=\"col\">since</th>" } else { "" });
    html.raw("<th scope=\"col\">scenarios</th></tr></thead><tbody>");
    for claim in page.all_claims() {
        let of = claim.state();
        html.raw("<tr data-state=\"").raw(of.class()).raw("\"><th scope=\"row\"><a");
        html.attribute("href", &format!("#{}", scenario::claim_anchor(claim.id))).raw(">");
        html.line(claim.id).raw("</a></th><td>");
        scenario::state(html, of);
        html.raw("</td>");
        for truth in [crate::run::Truth::Declared, crate::run::Truth::Observed] {
            html.raw("<td>");
            if let Some(by) = claim.by(truth) {
                scenario::sign(html, by);
            }
            html.raw("</td>");
        }
        if let Some(known) = known {
            html.raw("<td>");
            history::since(html, known, &claim);
            html.raw("</td>");
        }
        html.raw("<td>");
        let mut last = None;
        for verdict in &claim.verdicts {
            let name = verdict.scenario.name.as_str();
            if last != Some(name) {
                html.raw(if last.is_some() { "; " } else { "" }).line(name);
            }
            last = Some(name);
        }
        html.raw("</td></tr>");
    }
    html.raw("</tbody></table></div>");
}
