//! How all this was found out: with what, on which images, and what was shared or left out.

use super::{broken, claims::State, markup::Html, page::Page, scenario};
use crate::{
    diagnostic::Severity,
    run::{Run, StackRun},
};

pub(super) fn write(html: &mut Html, page: &Page<'_>) {
    let run = page.told.run;
    html.raw("<p>Every sentence of a scenario is judged by the files (“files”), by the running stack (“stack”), or by both, each for itself. A claim is as bad as the worst scenario that carries its tag.</p>");
    signs(html);
    html.raw("<table class=\"small\"><tbody>");
    for (name, version) in &run.about.versions {
        html.raw("<tr><th scope=\"row\">")
            .line(name)
            .raw("</th><td>")
            .line(version)
            .raw("</td></tr>");
    }
    if let Some(commit) = &run.about.commit {
        html.raw("<tr><th scope=\"row\">commit</th><td><code>").line(&commit.id);
        html.raw("</code>; whether files were changed since is not looked at</td></tr>");
    }
    if let Some(document) = &run.about.document {
        html.raw("<tr><th scope=\"row\">document</th><td><code>");
        html.line(run.path(document.path()).as_str()).raw("</code></td></tr>");
    }
    html.raw("</tbody></table>");
    if run.stacks.is_empty() {
        html.raw("<p>No stack was brought up: only the files were asked.</p>");
    }
    for stack in &run.stacks {
        of_stack(html, run, stack);
    }
    let warnings = run.errors.iter().filter(|one| one.severity == Severity::Warning);
    // What document and scenarios do not both speak of stands in chapters of its own.
    let warnings = warnings.filter(|one| !one.is_coverage());
    for warning in run.about.remarks.iter().chain(warnings) {
        broken::told(html, page, warning, None);
    }
}

/// What the signs mean.
fn signs(html: &mut Html) {
    html.raw("<dl class=\"signs\">");
    for (state, meaning) in [
        (State::Proven, "everything that was asked is so"),
        (State::Broken, "something is otherwise than it is stated"),
        (State::Undecided, "nobody could look: what was missing is named"),
        (State::Excepted, "proven but for exceptions, each with its reason"),
        (State::NotAsked, "a scenario could tell, and this run did not ask it"),
        (State::NoScenario, "the document says so, and no scenario carries the tag"),
    ] {
        html.raw("<div><dt>");
        scenario::state(html, state);
        html.raw("</dt><dd>").raw(meaning).raw("</dd></div>");
    }
    html.raw("</dl>");
}

fn of_stack(html: &mut Html, run: &Run, stack: &StackRun) {
    html.raw("<h3>").line(&stack.environment).raw("</h3><p>As the project <code>");
    html.line(&stack.project).raw("</code> on the engine <code>").line(&stack.engine);
    html.raw("</code>, with ").line(&stack.images_from).raw(".</p>");
    let views = stack.isolation.views.iter().map(|(folder, how)| format!("{folder} ({how})"));
    let lists: [(&'static str, Vec<String>); 4] = [
        ("Other than in the files", stack.notes.clone()),
        ("Seen through a view of the run's own", views.collect()),
        ("Empty at first, for this run alone", stack.isolation.fresh.clone()),
        ("Shared on purpose", stack.isolation.shared.iter().cloned().collect()),
    ];
    for (title, lines) in lists.into_iter().filter(|(_, lines)| !lines.is_empty()) {
        html.raw("<p>").raw(title).raw(":</p><ul>");
        for line in lines {
            html.raw("<li>").line(&line).raw("</li>");
        }
        html.raw("</ul>");
    }
    let images: Vec<_> =
        run.about.images.iter().filter(|image| image.environment == stack.environment).collect();
    if images.is_empty() {
        return;
    }
    html.raw("<div class=\"wide\" tabindex=\"0\"><table class=\"small\"><thead><tr><th scope=\"col\">image</th><th scope=\"col\">services</th><th scope=\"col\">digest</th></tr></thead><tbody>");
    for image in images {
        html.raw("<tr><td>").line(&image.name).raw("</td><td>").line(&image.services.join(", "));
        html.raw("</td><td><code class=\"digest\">").line(&image.id).raw("</code></td></tr>");
    }
    html.raw("</tbody></table></div>");
}

#[cfg(test)]
mod tests {
    use super::{super::super::samples, *};

    #[test]
    fn versions_images_and_what_is_shared_are_told() {
        let run = samples::with_facts();
        let page = Page::of(&run);
        let mut html = Html::default();
        write(&mut html, &page);
        let text = html.into_string();
        for part in [
            "<th scope=\"row\">engine</th><td>28.1</td>",
            "<code>0123456789abcdef0123456789abcdef01234567</code>",
            "<code class=\"digest\">sha256:77</code>",
            "<td>web, worker</td>",
            "an external network is the run&#39;s own",
            "a secret cannot be read",
            "the document &lt;img src=x&gt;",
        ] {
            assert!(text.contains(part), "no {part:?} in\n{text}");
        }
    }
}
