//! Sentences that keepers of five public stacks would want to write, put down before anybody looked
//! at the language: how many of them it understands, or answers with the sentence that is meant.
//!
//! Beside each list, `.expected` says what its sentences come to, with the names that were written.

use std::{collections::BTreeMap, fmt::Write as _, fs, path::Path};

use seaworthy::{
    config::Config,
    steps::{Vocabulary, vocabulary::Misunderstood},
};

/// Of a hundred sentences, so many must be answered; raised when sentences are added.
const SHARE: usize = 90;

/// What became of a sentence.
#[derive(Debug, PartialEq, Eq)]
enum Answer {
    Understood,
    Meant,
    /// Another sentence was named.
    Misled(String),
    Unanswered,
}

/// The sentences that mean the same, by each that was wanted.
fn expected(text: &str) -> BTreeMap<String, Vec<String>> {
    let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut of = String::new();
    for line in text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        if let Some(same) = line.strip_prefix("  ") {
            all.get_mut(&of).expect("a sentence above").push(same.to_owned());
        } else {
            line.clone_into(&mut of);
            all.insert(of.clone(), Vec::new());
        }
    }
    all
}

fn answer(vocabulary: &Vocabulary, step: &gherkin::Step, same: &[String]) -> Answer {
    match vocabulary.find(step) {
        Ok(_) => Answer::Understood,
        Err(Misunderstood::Undefined { meant: Some(meant) }) if same.contains(&meant) => {
            Answer::Meant
        }
        Err(Misunderstood::Undefined { meant: Some(meant) }) => Answer::Misled(meant),
        Err(Misunderstood::Keyword { needs, .. })
            if same.contains(&format!("{} {}", needs.word(), step.value)) =>
        {
            Answer::Meant
        }
        Err(_) => Answer::Unanswered,
    }
}

/// Every sentence of the lists but the one that names the environment, with what became of it.
fn answers() -> Vec<(String, Answer)> {
    let vocabulary = Vocabulary::default();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/wanted");
    let mut answers = Vec::new();
    let mut lists = 0;
    for entry in fs::read_dir(folder).expect("the lists").flatten() {
        let list = entry.path();
        if list.extension().is_none_or(|extension| extension != "feature") {
            continue;
        }
        lists += 1;
        let project = camino::Utf8PathBuf::from_path_buf(list.with_extension("")).expect("UTF-8");
        let config =
            Config::read(&project.join("seaworthy.yaml")).expect("the project of the list");
        assert!(config.environments.contains_key("development"), "{project}");
        let text = fs::read_to_string(list.with_extension("expected")).expect("what is expected");
        let mut expected = expected(&text);
        let text = fs::read_to_string(&list).expect("the list");
        let feature = gherkin::Feature::parse(text, gherkin::GherkinEnv::default());
        for scenario in feature.expect("a feature").scenarios {
            let (opening, wanted) = scenario.steps.split_first().expect("steps");
            assert_eq!(opening.value, "the development environment");
            for step in wanted {
                let same = expected.get(&step.value).map(Vec::as_slice).unwrap_or_default();
                answers.push((step.value.clone(), answer(&vocabulary, step, same)));
            }
        }
        let sentences: Vec<&String> = answers.iter().map(|(sentence, _)| sentence).collect();
        expected.retain(|sentence, _| !sentences.contains(&sentence));
        assert_eq!(expected, BTreeMap::new(), "{project}: nobody wanted these");
    }
    assert_eq!(lists, 5);
    answers
}

#[test]
fn what_strangers_want_to_say_is_understood_or_answered_with_what_says_it() {
    let answers = answers();
    assert!(answers.len() >= 280, "{}", answers.len());
    let good = |answer: &Answer| matches!(answer, Answer::Understood | Answer::Meant);
    let answered = answers.iter().filter(|(_, answer)| good(answer)).count();
    let mut rest = String::new();
    for (sentence, answer) in answers.iter().filter(|(_, answer)| !good(answer)) {
        writeln!(rest, "{sentence}: {answer:?}").expect("text");
    }
    assert!(answered * 100 >= SHARE * answers.len(), "{answered} of {}:\n{rest}", answers.len());
}
