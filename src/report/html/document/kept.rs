//! Blocks that the document keeps for readers elsewhere: on the page they are of this run.

use std::sync::Arc;

use indexmap::IndexMap;

use super::{
    super::{
        facts,
        markup::{Html, Svg},
        scenario,
    },
    Claim,
};
use crate::{
    document::{Kind, claims},
    run::Run,
    source::Source,
};

/// What a reader is told of a block that this run has nothing for.
pub(super) const NOTE: &str = "<p class=\"note\">The file keeps what follows; it is not of this run and may be out of date.</p>\n";

/// A chart or a table of facts, made anew; `picture` draws the charts.
pub(in super::super) fn of(
    run: &Run,
    kind: &Kind,
    picture: impl FnOnce() -> Option<String>,
) -> Option<Html> {
    let mut html = Html::default();
    match kind {
        Kind::Diagram { .. } => {
            html.raw("<div class=\"wide\" tabindex=\"0\">");
            html.drawing(&Svg(&picture()?)).raw("</div>");
        }
        Kind::Facts { environment, topic } => facts::kept(&mut html, run, environment, topic)?,
        Kind::Claims { .. } => return None,
    }
    Some(html)
}

/// The claims of the document with the verdicts of this run.
pub(super) fn claims(
    source: &Arc<Source>,
    prefix: Option<&str>,
    known: &IndexMap<&str, Claim<'_>>,
) -> Html {
    let mut html = Html::default();
    html.raw("<div class=\"wide\" tabindex=\"0\"><table><thead><tr><th scope=\"col\">claim</th>");
    html.raw("<th scope=\"col\">statement</th><th scope=\"col\">verdict</th></tr></thead><tbody>");
    let all = claims::claims(source.text(), |id| known.contains_key(id));
    for stated in all.iter().filter(|claim| claim.id.starts_with(prefix.unwrap_or_default())) {
        let nobodys = Claim::nobodys(&stated.id);
        let claim = known.get(stated.id.as_str()).unwrap_or(&nobodys);
        html.raw("<tr><th scope=\"row\"><a");
        html.attribute("href", &format!("#{}", scenario::claim_anchor(&stated.id))).raw(">");
        html.line(&stated.id).raw("</a></th><td>").prose(&stated.statement).raw("</td><td>");
        scenario::state(&mut html, claim.state());
        scenario::by(&mut html, claim);
        html.raw("</td></tr>");
    }
    html.raw("</tbody></table></div>\n");
    html
}
