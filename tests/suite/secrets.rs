//! A secret's value is in no report, whichever format, rule and file it came through.

use std::{collections::BTreeSet, fs};

use camino::Utf8Path;
use seaworthy::{
    compose::{
        project::{self, Depth},
        request::Request,
    },
    lint::{self, Asked, discover},
    policy::{self, Severity, Target, rules},
    report::findings::FORMATS,
};

use super::rules::blocks;

/// The values that the rules point at in a folder's `compose.yaml`.
fn values(here: &Utf8Path) -> BTreeSet<String> {
    let request = Request { directory: here.to_string(), ..Request::default() };
    let loaded = project::load(&request, Depth::Whole).expect("a sound project");
    let target = Target { project: loaded.into() };
    let places = policy::secret::scan::leaks(&target).iter().map(|leak| leak.place);
    // What is shorter is found in any text.
    let texts = places.map(|place| target.journal().text(place).to_owned());
    texts.filter(|text| text.len() >= 6).collect()
}

/// A report without the rules' own documents, whose examples are in them as they are written.
fn without_documents(report: String) -> String {
    policy::named().fold(report, |report, rule| {
        let document = serde_json::to_string(rule.document).expect("JSON");
        report.replace(document.trim_matches('"'), "")
    })
}

#[test]
fn no_report_shows_a_secret() {
    let (_, group) = rules::GROUPS.iter().find(|(name, _)| *name == "secrets").expect("the group");
    let mut shown = 0;
    for rule in *group {
        for block in blocks(rule.document).iter().filter(|block| block.flagged) {
            let folder = tempfile::tempdir().expect("a folder");
            let folder = folder.path().canonicalize().expect("a folder");
            let here = Utf8Path::from_path(&folder).expect("UTF-8").join("project");
            for (name, text) in &block.files {
                let path = here.join(name);
                fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
                fs::write(path, text).expect("a file");
            }
            let values = values(&here);
            let plans = discover::discover(&[".".into()], &here).expect("a Compose file");
            let rules = lint::select(true, &[], &[]).expect("rules");
            let today = "2026-01-01".parse().expect("a date");
            let asked = Asked { rules, fail_on: Severity::Low, today, here };
            let findings = lint::run(&plans, &asked);
            for format in FORMATS {
                let text = (format.render)(&findings, false).expect("a report");
                let text = without_documents(text);
                for value in &values {
                    assert!(
                        !text.contains(value.as_str()),
                        "{} shows {value:?} of {}, line {}:\n{text}",
                        format.name,
                        rule.id,
                        block.line
                    );
                    shown += 1;
                }
            }
        }
    }
    assert!(shown > 100, "only {shown} values were looked for");
}
