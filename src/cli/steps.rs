//! `seaworthy steps`: the vocabulary, and who uses it.

mod cast;
mod guide;

use std::fmt::Write as _;

use anstream::{print, println};
use camino::Utf8Path;

use self::cast::Cast;
use super::{SOUND, USAGE, configuration, say, show};
use crate::{
    diagnostic::Diagnostic,
    features,
    run::Truth,
    steps::{Block, Step, TOPICS, Vocabulary},
    visible,
};

pub(super) fn run(config: Option<&Utf8Path>, words: &[String], markdown: bool) -> u8 {
    let wanted = |step: &&Step| {
        let products = step.products().join(" ");
        let needs = step.needs.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        let text = format!("{} {} {products} {needs}", step.expression, step.meaning);
        let text = text.to_lowercase();
        words.iter().all(|word| text.contains(&word.to_lowercase()))
    };
    if !TOPICS.iter().any(|(_, steps)| steps.iter().any(|step| wanted(&step))) {
        let words = visible::line(&words.join(" ")).into_owned();
        let title = format!("no sentence has the words \"{words}\"");
        show(&Diagnostic::error(title).help(nearest(&words)));
        return USAGE;
    }
    if markdown {
        print!("{}", guide::of(wanted));
        return SOUND;
    }
    let uses = uses(config);
    let cast = configuration(config).map(|config| Cast::of_configuration(&config));
    let cast = cast.unwrap_or_default();
    println!("D: judged by the files   O: judged on the running stack   {{…}}: a parameter");
    println!("a step marked … may end in a time: within 5 seconds");
    println!("a step marked ! breaks something: its scenario is tagged @disruptive");
    for (topic, steps) in TOPICS {
        let steps: Vec<&Step> = steps.iter().filter(wanted).collect();
        if steps.is_empty() {
            continue;
        }
        println!("\n{topic}");
        for step in steps {
            let truths: Vec<&str> = step
                .truths()
                .map(|truth| if truth == Truth::Declared { "D" } else { "O" })
                .collect();
            let waits = if step.waits { " …" } else { "" };
            println!(
                "  {} {}{waits}  [{}]{}",
                step.keyword.word(),
                step.expression,
                truths.join("+"),
                if step.disrupts { " !" } else { "" }
            );
            println!("      {}", step.meaning);
            if let Some(asks) = asks(step) {
                println!("      {asks}");
            }
            let example = format!("      e.g. {} {}", step.keyword.word(), cast.play(step.example));
            say(&visible::line(&example));
            if step.excepts {
                println!(
                    "      may end in \", except:\" with a table | service | reason | until |"
                );
            }
            match step.block {
                Block::None => {}
                Block::Table(columns)
                | Block::Headed(columns)
                | Block::Ending(columns)
                | Block::Free(columns) => {
                    println!("           | {} |", columns.join(" | "));
                }
                Block::Pairs => println!("           | name | value |"),
            }
            let places: Vec<&str> = uses
                .iter()
                .filter(|(used, _)| std::ptr::eq(*used, step))
                .map(|(_, place)| place.as_str())
                .collect();
            if let Some(first) = places.first() {
                let more = if places.len() > 1 {
                    format!(" and {} more", places.len() - 1)
                } else {
                    String::new()
                };
                say(&format!("      used in {}{more}", visible::line(first)));
            }
        }
    }
    SOUND
}

/// What a sentence can be asked of, and what its look takes.
fn asks(step: &Step) -> Option<String> {
    let products = Some(step.products()).filter(|products| !products.is_empty());
    let products = products.map(|products| format!("asks {}", products.join(", ")));
    let needs: Vec<String> = step.needs.iter().map(ToString::to_string).collect();
    let needs = Some(needs).filter(|needs| !needs.is_empty());
    let needs = needs.map(|needs| format!("on the running stack it needs {}", needs.join(", ")));
    let both: Vec<String> = products.into_iter().chain(needs).collect();
    (!both.is_empty()).then(|| both.join("; "))
}

/// What comes nearest to words that no sentence has.
fn nearest(words: &str) -> String {
    const SHOWN: usize = 3;
    let near = Vocabulary::default().about(words);
    if near.is_empty() {
        return "`seaworthy steps` lists every sentence there is".to_owned();
    }
    let mut help = "these come nearest:".to_owned();
    for step in near.iter().take(SHOWN) {
        let _infallible = write!(help, "\n  {} {}", step.keyword.word(), step.expression);
    }
    help
}

/// Every use of a step in the project's features, with its place.
fn uses(config: Option<&Utf8Path>) -> Vec<(&'static Step, String)> {
    let Ok(config) = configuration(config) else { return Vec::new() };
    let vocabulary = Vocabulary::default();
    let files = features::files(&[config.path(&config.features)]).unwrap_or_default();
    let Ok(suite) = features::load(&config, &vocabulary, &files, &features::Filter::default())
    else {
        return Vec::new();
    };
    let mut uses = Vec::new();
    for (source, feature) in &suite.features {
        let scenarios =
            feature.scenarios.iter().chain(feature.rules.iter().flat_map(|rule| &rule.scenarios));
        for step in scenarios.flat_map(|scenario| &scenario.steps) {
            if let Ok(found) = vocabulary.find(step) {
                uses.push((found.step, format!("{}:{}", source.path(), step.position.line)));
            }
        }
    }
    uses
}
