//! What environments differ in, each difference with the reason that a sentence gives and the claims that
//! it names.

use super::{
    claims::Claim,
    facts::folder,
    markup::{Html, slug},
    page::Page,
    scenario,
};
use crate::{
    document::named::{Piece, pieces},
    run::{Difference, Differences, Run},
};

/// Whether any environments differ.
pub(super) fn is_told(run: &Run) -> bool {
    run.about.differences.iter().any(|pair| !pair.rows.is_empty())
}

pub(super) fn write(html: &mut Html, page: &Page<'_>) {
    html.raw("<p>Everything that two environments differ in by their files, and why: a sentence <q>they differ only in:</q> gives the reason, and the claims that it names are marked with what they came to.</p>");
    for pair in page.told.run.about.differences.iter().filter(|pair| !pair.rows.is_empty()) {
        let [first, second] = &pair.environments;
        let open = pair.rows.iter().filter(|row| row.why.is_none()).count();
        html.raw(if open > 0 {
            "<details class=\"topic\" open>"
        } else {
            "<details class=\"topic\">"
        });
        html.raw("<summary><h3>").line(first).raw(" and ").line(second);
        html.raw("</h3> <span class=\"about\">").number(pair.rows.len());
        html.raw(if pair.rows.len() == 1 { " difference" } else { " differences" });
        html.raw(if open == 0 { ", each with its reason</span>" } else { "</span>" });
        if open > 0 {
            html.raw(" <span class=\"tag\">").number(open).raw(" unexplained</span>");
        }
        html.raw("</summary><div class=\"body\"");
        html.attribute("id", &format!("differences-{}-{}", slug(first), slug(second))).raw(">");
        table(html, page, pair);
        html.raw("</div></details>");
    }
}

fn table(html: &mut Html, page: &Page<'_>, pair: &Differences) {
    let claims = page.all_claims();
    let places = pair.rows.iter().filter_map(|row| Some(row.place.as_ref()?.told()));
    let folder = folder(places);
    html.raw("<div class=\"wide\" tabindex=\"0\"><table class=\"fact differs\"><thead><tr><th scope=\"col\">what</th>");
    for name in &pair.environments {
        html.raw("<th scope=\"col\">").line(name).raw("</th>");
    }
    html.raw("<th scope=\"col\">why</th><th scope=\"col\">declared at");
    if !folder.is_empty() {
        html.raw("<br><small>in ").line(&folder).raw("</small>");
    }
    html.raw("</th></tr></thead><tbody>");
    for row in &pair.rows {
        html.raw("<tr><th scope=\"row\">");
        for part in row.path.split_inclusive('.') {
            // A long path breaks behind a dot.
            html.line(part).raw("<wbr>");
        }
        html.raw("</th>");
        for side in &row.sides {
            html.raw("<td>").line(side).raw("</td>");
        }
        html.raw("<td>");
        why(html, &claims, row);
        html.raw("</td><td class=\"place\">");
        if let Some(place) = &row.place {
            let told = place.told();
            html.raw("<code>").line(told.strip_prefix(folder.as_str()).unwrap_or(&told));
            html.raw("</code>");
        }
        html.raw("</td></tr>");
    }
    html.raw("</tbody></table></div>");
}

/// The reason, each claim in it a link with its verdict.
fn why(html: &mut Html, claims: &[Claim<'_>], row: &Difference) {
    let Some(why) = &row.why else {
        html.raw("<span class=\"open\">no sentence says why</span>");
        return;
    };
    let of = |id: &str| claims.iter().find(|claim| claim.id == id);
    for piece in pieces(why, |id| of(id).is_some()) {
        match piece {
            Piece::Words(words) => _ = html.line(words),
            Piece::Claim(id) => {
                let nobodys = Claim::nobodys(id);
                let state = of(id).unwrap_or(&nobodys).state();
                html.raw("<a class=\"mark ").raw(state.class()).raw("\"");
                html.attribute("href", &format!("#{}", scenario::claim_anchor(id))).raw(">");
                scenario::sign(html, state);
                html.raw(" ").line(id).raw("</a>");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::super::samples, *};

    #[test]
    fn a_reason_leads_to_its_claim_with_its_verdict_and_what_nobody_explains_says_so() {
        let mut run = samples::with_facts();
        let written = |run: &Run| {
            let mut html = Html::default();
            write(&mut html, &Page::of(run));
            html.into_string()
        };
        let text = written(&run);
        for part in [
            "<details class=\"topic\" open><summary><h3>small and large</h3>",
            "2 differences</span>",
            "1 unexplained</span>",
            "<a class=\"mark broken\" href=\"#FLOW-1\">",
            "</a>: &lt;b&gt;</td>",
            "no sentence says why",
            "<br><small>in shop/</small>",
            "<code>compose.yaml:3</code>",
        ] {
            assert!(text.contains(part), "no {part:?} in\n{text}");
        }
        run.about.differences[0].rows.pop();
        let text = written(&run);
        assert!(text.contains("1 difference, each with its reason"), "{text}");
        run.about.differences[0].rows.clear();
        assert!(!is_told(&run));
    }
}
