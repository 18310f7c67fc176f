//! Any text as a template.
//!
//! Nothing may panic, every span must cut the text between characters, and a
//! text whose dollar signs are doubled must come back as it was.

#![no_main]

use libfuzzer_sys::fuzz_target;
use seaworthy::compose::template::{self, Outcome, TemplateErrorKind};

fuzz_target!(|text: &str| {
    for value in [None, Some(""), Some("a$b${c}")] {
        match template::substitute(text, &mut |_| value.map(str::to_owned)) {
            Ok(None) => assert!(!text.contains("$$"), "an escaped dollar sign was overlooked"),
            Ok(Some(done)) => {
                for used in &done.uses {
                    let written = text.get(used.span.clone()).expect("a use lies in the text");
                    assert!(written.starts_with('$'), "a use starts with a dollar sign");
                    assert!(written.contains(&used.name), "a use holds its name");
                    assert!(!used.name.is_empty(), "a use has a name");
                    if value.is_some() {
                        assert_ne!(used.outcome, Outcome::Unset, "what is set is not unset");
                    }
                }
            }
            Err(error) => {
                let written = text.get(error.span.clone()).expect("an error lies in the text");
                assert!(written.starts_with("${"), "an error points at a variable");
                if let TemplateErrorKind::Invalid { template, .. } = &error.kind {
                    assert!(text.contains(template.as_str()), "an error quotes the text");
                }
                assert!(!error.to_string().is_empty() && !error.help().is_empty());
            }
        }
    }
    for variable in template::variables(text) {
        assert!(text.contains(&variable.name), "a variable's name is in the text");
        assert!(text.contains(&variable.default), "a default is in the text");
        assert!(text.contains(&variable.alternative), "an alternative is in the text");
    }
    let doubled = text.replace('$', "$$");
    let back = template::substitute(&doubled, &mut |name| panic!("asked for {name}"))
        .expect("doubled dollar signs start nothing");
    assert_eq!(back.map_or(doubled, |done| done.text), text);
});
