//! What a project lacks, told once: a network that ten services name is one fault, and so is what
//! several services of a file do not say.

use crate::diagnostic::{Code, Diagnostic};

/// What is said besides where a file may be a part.
const OVER: &str = "a file that is laid over another one is named together with it, in `seaworthy.yaml` or by `-f`";

/// The refusals, those for want of the same thing as one.
pub fn told_once(refused: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut told: Vec<(Option<String>, usize, Diagnostic)> = Vec::new();
    for one in refused {
        let want = want(&one);
        let known = told.iter_mut().find(|(known, ..)| want.is_some() && *known == want);
        match known {
            Some((_, more, first)) => {
                *more += 1;
                first.labels.extend(one.labels.into_iter().take(1).map(|mut label| {
                    label.text = "and here".into();
                    label
                }));
            }
            None => told.push((want, 0, one)),
        }
    }
    told.into_iter().map(|(want, more, one)| with_more(want.is_some(), more, one)).collect()
}

/// What is missing, as a text that is the same for all that miss it.
fn want(one: &Diagnostic) -> Option<String> {
    let label = one.labels.first()?;
    match one.code? {
        // Which service it is that misses it stands before.
        Code::Undeclared => {
            let (_, what) = one.title.rsplit_once(" undefined ")?;
            Some(format!("{} {what}", label.source.path()))
        }
        Code::NoImage => Some(label.source.path().to_string()),
        _ => None,
    }
}

fn with_more(want: bool, more: usize, mut one: Diagnostic) -> Diagnostic {
    if !want {
        return one;
    }
    if more > 0 {
        let (services, does, has) =
            if more == 1 { ("service", "does", "has") } else { ("services", "do", "have") };
        let (how, verb) = if one.code == Some(Code::NoImage) { ("nor", has) } else { ("so", does) };
        one.title = format!("{}; {how} {verb} {more} more {services}", one.title);
    }
    let help = one.help.unwrap_or_default();
    one.help = Some(if help.is_empty() { OVER.to_owned() } else { format!("{help}; {OVER}") });
    one
}
