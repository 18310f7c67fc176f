use proptest::prelude::*;

use super::*;

fn environment(name: &str) -> Option<String> {
    match name {
        "FOO" => Some("first".into()),
        "BAR" => Some(String::new()),
        "JSON" => Some("{\"json\":2}".into()),
        "DOLLARS" => Some("$FOO $$".into()),
        _ => None,
    }
}

fn substituted(template: &str) -> String {
    match substitute(template, &mut environment) {
        Ok(done) => done.map_or_else(|| template.to_owned(), |done| done.text),
        Err(error) => format!("error: {error}"),
    }
}

fn uses(template: &str) -> Vec<(String, &str, Outcome)> {
    let done = substitute(template, &mut environment).expect("a template").expect("variables");
    done.uses.into_iter().map(|used| (used.name, &template[used.span], used.outcome)).collect()
}

#[test]
fn a_template_becomes_what_docker_compose_makes_of_it() {
    for (template, expected) in [
        ("plain", "plain"),
        ("a $ string", "a $ string"),
        ("^REGEX$", "^REGEX$"),
        ("$}", "$}"),
        ("$", "$"),
        ("$1", "$1"),
        ("$é", "$é"),
        ("$$", "$"),
        ("$$$", "$$"),
        ("$${foo}", "${foo}"),
        ("$$$FOO", "$first"),
        ("$FOO-bar", "first-bar"),
        ("$FOOé", "firsté"),
        ("This ${missing} var", "This  var"),
        ("$foo", ""),
        ("$ſ|${\u{212a}}|", "||"),
        ("$DOLLARS", "$FOO $$"),
        ("ok ${BAR:-def}", "ok def"),
        ("ok ${BAR-def}", "ok "),
        ("ok ${missing-}", "ok "),
        ("ok ${BAR:-/non:-alphanumeric}", "ok /non:-alphanumeric"),
        ("${UNSET-myerror?msg}", "myerror?msg"),
        ("+ok ${UNSET:-${BAR-default}}", "+ok "),
        ("ok ${UNSET-${FOO} ${FOO}}", "ok first first"),
        ("ok ${BAR+$FOO ${FOO:+second}}", "ok first second"),
        ("ok ${BAR:+set}${UNSET+set}", "ok "),
        ("ok ${FOO:?err}${BAR?err}", "ok first"),
        ("ok ${SUBDOMAIN:-redis}.${FOO:?}", "ok redis.first"),
        ("ok ${missing:-{\"json\":1}}", "ok {\"json\":1}"),
        ("ok ${JSON-{\"json\":1}}", "ok {\"json\":2}"),
        // A brace hides the byte behind it, so here the last brace of the line closes.
        ("${A:-{}}", "{}"),
        ("${A:-{}", "{"),
        ("${A:-{} and } more", "{} and  more"),
        ("${A:-x}\n}", "x\n}"),
        ("${A:-x} }", "x }"),
    ] {
        assert_eq!(substituted(template), expected, "{template}");
    }
}

#[test]
fn a_template_that_docker_compose_refuses_is_refused() {
    for (template, fault) in [
        ("${", Malformed::NoName),
        ("${}", Malformed::NoName),
        ("${ foo}", Malformed::NoName),
        ("${1}", Malformed::NoName),
        ("${é}", Malformed::NoName),
        ("${foo", Malformed::Unclosed),
        ("${foo:-", Malformed::Unclosed),
        ("${foo:-a\n}", Malformed::Unclosed),
        ("${foo }", Malformed::Unexpected(' ')),
        ("${foo!}", Malformed::Unexpected('!')),
        ("${foo:x}", Malformed::Unexpected(':')),
        ("${foo\n}", Malformed::Unexpected('\n')),
        ("${fooé}", Malformed::Unexpected('é')),
    ] {
        let error = substitute(template, &mut environment).expect_err(template);
        assert_eq!(error.span, 0..2, "{template}");
        let template = template.to_owned();
        assert_eq!(error.kind, TemplateErrorKind::Invalid { template, fault });
    }
}

#[test]
fn an_invalid_part_is_quoted_as_docker_compose_quotes_it() {
    for (template, quoted, at) in [
        ("a ${FOO:-${!}} b", "${!}", 9),
        ("a ${FOO:-x} ${!} b", " ${!}", 12),
        ("a ${FOO:-x} ${", "a ${FOO:-x} ${", 12),
        ("${A:-x} ${B:-y} ${ }", " ${ }", 16),
        ("${A:-{x} ${B:-y} end", "{x} ${B:-y", 9),
        ("${A:-x}\n${", "${A:-x}\n${", 8),
    ] {
        let error = substitute(template, &mut environment).expect_err(template);
        assert_eq!(error.span, at..at + 2, "{template}");
        assert!(
            matches!(&error.kind, TemplateErrorKind::Invalid { template, .. } if template == quoted),
            "{error}"
        );
    }
}

#[test]
fn a_required_variable_without_a_value_says_so() {
    for (template, expected) in [
        ("${BAR:?}", "error: required variable BAR is missing a value"),
        ("${BAR:?Empty}", "error: required variable BAR is missing a value: Empty"),
        ("${U?see ${FOO}}", "error: required variable U is missing a value: see first"),
        ("${U?bar-baz}", "error: required variable U is missing a value: bar-baz"),
        // The default is not needed, and evaluated all the same.
        ("${FOO:-${U?x}}", "error: required variable U is missing a value: x"),
    ] {
        assert_eq!(substituted(template), expected, "{template}");
    }
    let error = substitute("é ${U?x} }", &mut environment).expect_err("required");
    assert_eq!(&"é ${U?x} }"[error.span.clone()], "${U?x}");
    assert_eq!(error.help(), "set U in the environment or in an env file");
}

#[test]
fn uses_come_in_order_of_evaluation_with_their_places() {
    let use_of = |name: &str, place, outcome| (name.to_owned(), place, outcome);
    assert_eq!(
        uses("é ${FOO:-$A}$BAR ${B-x}${FOO+y}${B+z} ${C}"),
        [
            use_of("A", "$A", Outcome::Unset),
            use_of("FOO", "${FOO:-$A}", Outcome::Found),
            use_of("BAR", "$BAR", Outcome::Found),
            use_of("B", "${B-x}", Outcome::Default),
            use_of("FOO", "${FOO+y}", Outcome::Alternative),
            use_of("B", "${B+z}", Outcome::NoAlternative),
            use_of("C", "${C}", Outcome::Unset),
        ]
    );
}

#[test]
fn only_a_variable_without_operator_is_warned_about() {
    let done = substitute("$A ${B-} ${C+x} ${BAR}", &mut environment);
    let uses = done.expect("a template").expect("variables").uses;
    assert_eq!(
        uses.iter().filter_map(Use::warning).collect::<Vec<_>>(),
        ["The \"A\" variable is not set. Defaulting to a blank string."]
    );
}

#[test]
fn variables_are_listed_as_docker_compose_lists_them() {
    let listed = |template: &str| {
        let line = |v: &Variable| {
            format!("{}|{}|{}|{}", v.name, v.default, v.alternative, u8::from(v.required))
        };
        variables(template).iter().map(line).collect::<Vec<_>>().join(" ")
    };
    for (template, expected) in [
        ("$$bar", ""),
        ("$bar_1", "bar_1|||0"),
        ("${bar?:foo}", "bar|||1"),
        ("${bar:-foo}", "bar|foo||0"),
        ("${bar+foo}", "bar||foo|0"),
        ("${SUB:-redis}.${ROOT:?}", "ROOT|||1 SUB|redis||0"),
        ("${SUB:-$ROOT}", "SUB|$ROOT||0 ROOT|||0"),
        ("${A:?$B}", "A|||1"),
        ("${", "|||0"),
        ("${aſ-x}", "a|||0"),
        ("${ſa-x}", "ſa-x|||0"),
        ("${A:-{}", "A|{||0"),
    ] {
        assert_eq!(listed(template), expected, "{template}");
    }
}

#[test]
fn nesting_of_any_depth_needs_no_call_stack() {
    let depth = 5_000;
    let template = format!("{}x{}", "${A:-".repeat(depth), "}".repeat(depth));
    assert_eq!(substituted(&template), "x");
    assert_eq!(variables(&template).len(), depth);
    let row = "${A:-x}".repeat(depth);
    assert_eq!(substituted(&row), "x".repeat(depth));
    assert_eq!(variables(&row).len(), depth);
}

fn templates() -> impl Strategy<Value = String> {
    let token = prop::sample::select(vec![
        "$", "{", "}", "${", "${FOO", "${U", "$FOO", "$$", ":-", "-", ":+", "?", "a", "é", "ſ",
        " ", "\n", "{}", "💡",
    ]);
    prop_oneof![
        prop::collection::vec(token, 0..24).prop_map(|tokens| tokens.concat()),
        any::<String>()
    ]
}

proptest! {
    #[test]
    fn any_template_is_answered_with_places_inside_it(template in templates()) {
        let _ = variables(&template);
        match substitute(&template, &mut environment) {
            Ok(None) => {}
            Ok(Some(done)) => for used in done.uses {
                let place = &template[used.span];
                prop_assert!(place.starts_with('$') && place.contains(&used.name));
            },
            Err(error) => prop_assert_eq!(&template[error.span][..2], "${"),
        }
    }

    #[test]
    fn a_text_with_its_dollars_doubled_comes_back(text in templates()) {
        prop_assert_eq!(substituted(&text.replace('$', "$$")), text);
    }

    #[test]
    fn a_default_applies_as_it_is_written(text in "[^${}\n]*") {
        prop_assert_eq!(substituted(&format!("<${{U:-{text}}}>")), format!("<{text}>"));
    }
}
