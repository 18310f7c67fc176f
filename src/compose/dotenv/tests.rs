use proptest::prelude::*;

use super::*;

fn environment(name: &str) -> Option<String> {
    match name {
        "ENV" => Some("outer".into()),
        "KEY" => Some("inherited".into()),
        _ => None,
    }
}

/// The result as `docker compose` would have it, as `key=value` in file order.
fn told(read: Result<Vec<Entry>, DotenvError>) -> Vec<String> {
    match read {
        Ok(entries) => entries
            .into_iter()
            .filter_map(|entry| Some(format!("{}={}", entry.key, entry.value?)))
            .collect(),
        Err(error) => vec![format!("error: {error}")],
    }
}

fn read(text: &str) -> Vec<String> {
    told(parse(text, &mut environment))
}

#[test]
fn a_line_is_read_as_docker_compose_reads_it() {
    for (text, expected) in [
        ("FOO=bar", "FOO=bar"),
        ("FOO = bar ", "FOO=bar"),
        ("\u{feff}FOO=bar\r\n", "FOO=bar"),
        ("\t export\tFOO=2", "FOO=2"),
        ("exportFOO=2", "exportFOO=2"),
        ("export.FOO= 2", "export.FOO=2"),
        ("OPTION_A: Foo=bar", "OPTION_A=Foo=bar"),
        ("OPTION_A=1:B", "OPTION_A=1:B"),
        ("FOO.BAR-x[0]=y", "FOO.BAR-x[0]=y"),
        ("árvíztűrő-²Ⅷ=ő", "árvíztűrő-²Ⅷ=ő"),
        ("456=ABC", "456=ABC"),
        ("=\"value\"", "=value"),
        ("A\tB=1", "A\tB=1"),
        ("FOO=", "FOO="),
        ("FOO=bar # comment", "FOO=bar"),
        ("FOO=123#no-comment", "FOO=123#no-comment"),
        ("FOO= # no comment", "FOO=# no comment"),
        ("FOO=\"bar#baz\"#", "FOO=bar#baz"),
        ("FOO='a # b' # comment", "FOO=a # b"),
        ("FOO='Let\\'s \\go \\\\'", "FOO=Let's \\go \\\\"),
        ("FOO=\"a\nb\"", "FOO=a\nb"),
        ("FOO=a\\tb", "FOO=a\\tb"),
        ("FOO=\"\\\"a\\\\\\\"\"", "FOO=\"a\\\""),
        (
            "KEY=\"Z\\aZ\\bZ\\fZ\\nZ\\rZ\\tZ\\vZ\\\\Z\\0123Z\"",
            "KEY=Z\x07Z\x08Z\x0cZ\nZ\rZ\tZ\x0bZ\\ZSZ",
        ),
        ("KEY=\"\\x07\\u12e4\\c\\'\\é\"", "KEY=\\x07\\u12e4\\c\\'\\é"),
        ("KEY=\"\\0 \\012 \\0400 \\0189 \\0200\"", "KEY=\\ \\12 \\400 \\189 \u{80}"),
        ("FOO=\"a\\$ENV\\${ENV}$$ENV $ENV\"", "FOO=a$ENV${ENV}$ENV outer"),
        ("FOO='$ENV'", "FOO=$ENV"),
        ("FOO=a\\$ENV", "FOO=a\\outer"),
        ("FOO=${ENV:+x} ${U:-d}", "FOO=x d"),
        ("KEY\n", "KEY=inherited"),
        // Without a line end, compose-go takes the word for the value of an empty key.
        ("KEY", "=KEY"),
        ("export KEY", "=KEY"),
    ] {
        assert_eq!(read(text), [expected], "{text:?}");
    }
}

#[test]
fn lines_follow_each_other() {
    for (text, expected) in [
        ("", vec![]),
        (" \n# FOO=1\n\t # BAR=2", vec![]),
        ("UNKNOWN\nA=1\n", vec!["A=1"]),
        ("A=1\nA=2\nB=$A", vec!["A=1", "A=2", "B=2"]),
        ("ENV=inner\nB=$ENV", vec!["ENV=inner", "B=outer"]),
        ("A=\"x\"B='y'\nC=z", vec!["A=x", "B=y", "C=z"]),
        ("A='first\nsecond'\nB=$A", vec!["A=first\nsecond", "B=first\nsecond"]),
        ("A=\nB=1", vec!["A=", "B=1"]),
        ("A='$'\nB=${A}{A}", vec!["A=$", "B=${A}"]),
    ] {
        assert_eq!(read(text), expected, "{text:?}");
    }
}

#[test]
fn what_docker_compose_refuses_is_refused_with_its_place() {
    for (text, place, message) in [
        ("lol$wut", "$", "unexpected character '$' in a variable name"),
        ("A=1\n\"é\"=1", "\"", "unexpected character '\"' in a variable name"),
        ("\u{feff}\u{feff}A=1", "\u{feff}", "unexpected character '\\u{feff}' in a variable name"),
        ("A=1\nि=1", "ि", "unexpected character 'ि' in a variable name"),
        ("A='x'\nINVALID LINE\nB=1", "INVALID LINE", "a variable name contains whitespace"),
        ("A=1\nexport ", "export", "\"export\" without a variable name"),
        ("A=\"é\nB='x'", "\"é", "value has no closing \""),
        ("A='x\\'\r\n", "'x\\'", "value has no closing '"),
        ("A=a ${U:?no U} b", "${U:?no U}", "required variable U is missing a value: no U"),
        (
            "A=\"\\n\\\"é\\\" ${é}\"",
            "${",
            "invalid template \"\\n\\\"é\\\" ${é}\": no variable name after \"${\"",
        ),
    ] {
        let error = parse(text, &mut environment).expect_err(text);
        assert_eq!(&text[error.span.clone()], place, "{text:?}");
        assert_eq!(error.to_string(), message);
        assert!(!error.help().is_empty());
    }
}

#[test]
fn places_are_those_of_the_text() {
    let text = "\u{feff}# é\nexport KÉY : \"a\\n\\\"$ENV\\\"\\0101${U}\" # c\r\nKEY \n_b= x $KÉY\n";
    let entries = parse(text, &mut environment).expect("a dotenv file");
    let places = |entry: &Entry| {
        let uses = entry.uses.iter().map(|used| text[used.span.clone()].to_owned());
        let key = text[entry.key_span.clone()].to_owned();
        (key, text[entry.value_span.clone()].to_owned(), uses.collect::<Vec<_>>())
    };
    let expect = |key: &str, value: &str, uses: &[&str]| {
        (key.to_owned(), value.to_owned(), uses.iter().map(ToString::to_string).collect::<Vec<_>>())
    };
    assert_eq!(
        entries.iter().map(places).collect::<Vec<_>>(),
        [
            expect("KÉY", "a\\n\\\"$ENV\\\"\\0101${U}", &["$ENV", "${U}"]),
            expect("KEY", "", &[]),
            expect("_b", "x $KÉY", &["$K"]),
        ]
    );
    assert_eq!(entries[0].value.as_deref(), Some("a\n\"outer\"A"));
    assert!(entries[1].inherited);
}

#[test]
fn a_later_file_knows_the_earlier_ones_and_itself_better() {
    let mut earlier = |name: &str| (name == "HOST").then(|| "localhost".to_owned());
    let entries =
        parse_after("URL=$HOST\nHOST=dev\nURL2=$HOST\nHOST\n", &mut environment, &mut earlier);
    assert_eq!(told(entries), ["URL=localhost", "HOST=dev", "URL2=dev"]);
}

#[test]
fn a_raw_file_is_taken_as_it_is() {
    let read = |text: &str| told(parse_raw(text, &mut environment));
    assert_eq!(
        read("\u{feff}\u{a0}A= '$ENV' # x \r\n\r\n # c\nKEY\nUNKNOWN\nexport=\"\nB=1=2\r"),
        ["A= '$ENV' # x ", "KEY=inherited", "export=\"", "B=1=2"]
    );
    assert_eq!(read("A=1\n =2"), ["error: no variable name before \"=\""]);
    assert_eq!(read("A B=2"), ["error: a variable name contains whitespace"]);
    let longest = format!("A={}", "x".repeat(65_533));
    assert_eq!(read(&format!("{longest}\nB=1")).len(), 2);
    assert_eq!(read(&format!("{longest}x")), ["error: line is longer than 65535 bytes"]);
}

#[test]
fn raw_places_are_those_of_the_text() {
    let text = "\u{feff} É=é\r\nKEY\n";
    let entries = parse_raw(text, &mut environment).expect("a raw file");
    assert_eq!(&text[entries[0].key_span.clone()], "É");
    assert_eq!(&text[entries[0].value_span.clone()], "é");
    assert_eq!(&text[entries[1].key_span.clone()], "KEY");
    assert_eq!(&text[entries[1].value_span.clone()], "");
}

fn files() -> impl Strategy<Value = String> {
    let token = prop::sample::select(vec![
        "A", "KEY", "export ", "=", ": ", "\n", "\r\n", " ", "#", "\"", "'", "\\", "\\n", "\\$",
        "\\0044", "$A", "${U", "}", "${U:?m}", "é", "ि", "!", "\u{a0}", "\u{feff}", "\nA=\"",
        "\nA='",
    ]);
    prop_oneof![
        prop::collection::vec(token, 0..24).prop_map(|tokens| tokens.concat()),
        any::<String>()
    ]
}

proptest! {
    #[test]
    fn any_file_is_answered_with_places_inside_it(text in files()) {
        match parse(&text, &mut environment) {
            Ok(entries) => for entry in entries {
                prop_assert_eq!(&text[entry.key_span], entry.key);
                let value = &text[entry.value_span];
                for used in entry.uses {
                    prop_assert!(value.contains(&text[used.span]));
                }
            },
            Err(error) => prop_assert!(!text[error.span].is_empty()),
        }
    }

    #[test]
    fn any_raw_file_is_answered_with_places_inside_it(text in files()) {
        match parse_raw(&text, &mut environment) {
            Ok(entries) => for entry in entries {
                prop_assert_eq!(&text[entry.key_span], entry.key);
                if !entry.inherited {
                    prop_assert_eq!(Some(&text[entry.value_span]), entry.value.as_deref());
                }
            },
            Err(error) => prop_assert!(!text[error.span].is_empty()),
        }
    }

    #[test]
    fn a_value_in_single_quotes_comes_back(value in "[^'\\\\]*") {
        prop_assert_eq!(read(&format!("A='{value}'")), [format!("A={value}")]);
    }
}
