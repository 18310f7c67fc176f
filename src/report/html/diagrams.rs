//! Drawings of the environments: who may reach whom, what is published and kept, and what the first two
//! environments differ in. What the run found out about a connection marks it, and leads to the evidence.

use super::{
    super::marked::marked,
    markup::{Html, Svg, slug},
    scenario,
};
use crate::{
    diagram::{Graph, svg::svg},
    document::Kind,
    run::{Run, ScenarioRun},
};

/// The drawings of a run: a title, and the SVG.
pub(super) fn of(run: &Run) -> Vec<(String, String)> {
    let drawings = &run.about.drawings;
    let of_environment = |(name, graph): &(String, Graph)| {
        (name.clone(), drawn(run, name, graph, &format!("picture-{}", slug(name))))
    };
    let mut all: Vec<(String, String)> = drawings.iter().map(of_environment).collect();
    if let Some(difference) = &run.about.difference {
        let title = format!("{}: what differs", difference.title);
        all.push((title, svg(difference, "picture-differs")));
    }
    all
}

/// The drawing of the run for a flow chart that a document keeps, the block's number in it being `at`.
pub(super) fn kept(run: &Run, kind: &Kind, at: usize) -> Option<String> {
    let Kind::Diagram { environment, against, .. } = kind else { return None };
    let id = format!("kept-{at}");
    let drawings = &run.about.drawings;
    let known = |name: &str| drawings.iter().position(|(known, _)| known == name);
    match against {
        Some(before) => {
            let pair = Graph::between(before, environment);
            let drawn = run.about.difference.as_ref().filter(|drawn| drawn.title == pair);
            drawn.map(|drawn| svg(drawn, &id))
        }
        None => drawings.get(known(environment)?).map(|(name, graph)| drawn(run, name, graph, &id)),
    }
}

fn drawn(run: &Run, name: &str, graph: &Graph, id: &str) -> String {
    let link = |scenario: &ScenarioRun| Some(format!("#{}", scenario::anchor(run, scenario)));
    svg(&marked(run, name, graph, link), id)
}

/// One drawing after the other, the first one open.
pub(super) fn write(html: &mut Html, drawings: &[(String, String)]) {
    for (at, (title, svg)) in drawings.iter().enumerate() {
        html.raw(if at == 0 {
            "<details class=\"drawing\" open>"
        } else {
            "<details class=\"drawing\">"
        });
        html.raw("<summary><h3>")
            .line(title)
            .raw("</h3></summary><div class=\"body wide\" tabindex=\"0\"");
        html.attribute("id", &format!("drawing-{}", slug(title))).raw(">");
        html.drawing(&Svg(svg)).raw("</div></details>");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drawing_stands_below_its_environment_as_it_is() {
        let mut html = Html::default();
        write(&mut html, &[("a <b>".to_owned(), "<svg></svg>".to_owned())]);
        let text = html.into_string();
        assert!(
            text.contains("<h3>a &lt;b&gt;</h3>") && text.contains("><svg></svg></div>"),
            "{text}"
        );
    }
}
