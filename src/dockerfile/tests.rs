use proptest::prelude::*;

use super::*;

fn read(text: &str) -> Dockerfile {
    let source = Source::new("Dockerfile", text);
    Dockerfile::parse(&source).unwrap_or_else(|error| panic!("{text}: {}", error.title))
}

fn refusal(text: &str) -> (String, Option<String>) {
    let source = Source::new("Dockerfile", text);
    let error = Dockerfile::parse(&source).expect_err("a refusal");
    (error.title.clone(), error.place())
}

const ODD: &str = "# syntax=docker/dockerfile:1\n# a comment\nARG VERSION=8.3 \\\n  # the flavour\n  \
    FLAVOUR=\"fpm\"\nARG BASE=php:${VERSION}-${FLAVOUR:-cli}\n\nfrom ${BASE} as Build\nENV A=1 \\\n\n    \
    # between\n    B=\"two words\" C=a\\ b\nENV OLD the rest  of it\nRUN --mount=type=secret,id=npm <<EOF\n\
    FROM nothing\nUSER nobody\nEOF\nCOPY <<-'ONE' <<TWO /etc/\n\tone\n\tONE\ntwo\nTWO\n\
    RUN cat <<EOF > /motd && \\\n    true\nhello\nEOF\nUSER build\n\nFROM build\nEXPOSE 80 443/tcp\n\
    HEALTHCHECK --interval=5s CMD [\"curl\", \"-f\", \"localhost\"]\nFROM scratch AS last\n\
    COPY --from=Build --chown=1:1 /a /b\nUSER 1000:1000\nHEALTHCHECK NONE\nONBUILD USER root\n";

#[test]
fn stages_know_their_base_and_each_other() {
    let file = read(ODD);
    let names: Vec<_> = file
        .stages
        .iter()
        .map(|stage| (stage.name.as_ref().map(|name| name.text.as_str()), stage.from_stage))
        .collect();
    assert_eq!(names, [(Some("Build"), None), (None, Some(0)), (Some("last"), None)]);
    let base = |target: &str, version: Option<&str>| {
        let stage = file.target(Some(target)).expect("a stage");
        let argument = |name: &str| version.filter(|_| name == "VERSION").map(str::to_owned);
        file.base_image(stage, &argument).text
    };
    assert_eq!(base("1", None), "php:8.3-fpm");
    assert_eq!(base("BUILD", Some("8.4")), "php:8.4-fpm");
    assert_eq!(base("last", None), "scratch");
    assert!(file.target(Some("nobody")).is_none());
    assert_eq!(
        file.target(None).and_then(|stage| stage.name.as_ref()).map(|n| &*n.text),
        Some("last")
    );
}

#[test]
fn the_last_user_of_the_lineage_counts_and_onbuild_does_not() {
    let file = read(ODD);
    let user = |target| {
        let stage = file.target(Some(target)).expect("a stage");
        file.user(stage).map(|user| user.text.clone())
    };
    assert_eq!(user("build").as_deref(), Some("build"));
    assert_eq!(user("1").as_deref(), Some("build"));
    assert_eq!(user("last").as_deref(), Some("1000:1000"));
}

#[test]
fn names_and_values_are_at_their_places() {
    let file = read(ODD);
    let text = file.source.text();
    let pairs: Vec<_> = file
        .variables("ENV")
        .map(|variable| {
            let value = variable.value.as_ref().expect("a value");
            assert_eq!(&text[variable.name.span.clone()], variable.name.text);
            (variable.name.text.as_str(), value.text.as_str(), &text[value.span.clone()])
        })
        .collect();
    assert_eq!(
        pairs,
        [
            ("A", "1", "1"),
            ("B", "two words", "two words"),
            ("C", "a b", "a\\ b"),
            ("OLD", "the rest  of it", "the rest  of it"),
        ]
    );
    let arguments: Vec<_> = file.variables("ARG").map(|one| one.name.text.as_str()).collect();
    assert_eq!(arguments, ["VERSION", "FLAVOUR", "BASE"]);
}

#[test]
fn here_documents_belong_to_their_instruction() {
    let file = read(ODD);
    let documents: Vec<_> = file
        .instructions()
        .flat_map(|(_, one)| one.documents.iter().map(|body| (one.keyword, body.text())))
        .collect();
    assert_eq!(
        documents,
        [
            ("RUN", "FROM nothing\nUSER nobody\n"),
            ("COPY", "\tone\n"),
            ("COPY", "two\n"),
            ("RUN", "hello\n"),
        ]
    );
    let (_, run) = file.instructions().find(|(_, one)| one.keyword == "RUN").expect("a run");
    assert_eq!(run.flag("mount").map(|mount| mount.text.as_str()), Some("type=secret,id=npm"));
}

#[test]
fn ports_checks_and_copies_are_found() {
    let file = read(ODD);
    let stage = file.target(Some("1")).expect("a stage");
    let ports: Vec<_> = file.exposed(stage).into_iter().map(|port| port.text).collect();
    assert_eq!(ports, ["80", "443/tcp"]);
    let Some(ImageCheck::Command(check)) = file.health_check(stage) else { panic!("no check") };
    assert_eq!(check.script(), "curl -f localhost");
    let last = file.target(None).expect("a stage");
    assert!(matches!(file.health_check(last), Some(ImageCheck::None(_))));
    let from = last.instructions[0].flag("from").expect("--from");
    assert_eq!((from.text.as_str(), &file.source.text()[from.span.clone()]), ("Build", "Build"));
}

#[test]
fn the_escape_directive_joins_lines() {
    let file = read("# escape=`\r\nFROM win `\r\n  AS one\r\nENV P=C:\\tmp `\r\n  Q=2\r\n");
    let values: Vec<_> = file
        .variables("ENV")
        .filter_map(|one| one.value.as_ref())
        .map(|value| value.text.as_str())
        .collect();
    assert_eq!(values, ["C:\\tmp", "2"]);
    assert_eq!(file.stages[0].name.as_ref().map(|name| name.text.as_str()), Some("one"));
}

#[test]
fn a_byte_order_mark_moves_no_place() {
    let file = read("\u{feff}FROM alpine:3\nENV A=é B=x\n");
    let base = &file.stages[0].base;
    assert_eq!(&file.source.text()[base.span.clone()], "alpine:3");
    let b = file.variables("ENV").nth(1).and_then(|one| one.value.clone()).expect("a value");
    assert_eq!(&file.source.text()[b.span], "x");
}

#[test]
fn a_variable_that_nobody_sets_stays_as_it_is_written() {
    let file = read("ARG TAG\nFROM a:${TAG}-$OTHER\nFROM b:${TAG:-x}${TAG:+y}\\$\n");
    let base = |at: usize| file.base_image(&file.stages[at], &|_| None).text;
    assert_eq!(base(0), "a:${TAG}-$OTHER");
    assert_eq!(base(1), "b:x$");
}

#[test]
fn what_cannot_be_read_is_refused_at_its_line() {
    let (title, place) = refusal("FROM a\nRUNN secret\n");
    assert_eq!(title, "the Dockerfile cannot be read: unknown instruction");
    assert_eq!(place.as_deref(), Some("Dockerfile:2:1"));
    let (title, place) = refusal("FROM a\nRUN cat <<EOF\nnever\n");
    assert_eq!(title, "a here-document does not end");
    assert_eq!(place.as_deref(), Some("Dockerfile:2:9"));
    assert_eq!(
        refusal("").0,
        "the Dockerfile cannot be read: expected at least one FROM instruction"
    );
    assert_eq!(refusal("RUN x\nFROM a\n").0, "the Dockerfile cannot be read: expected FROM");
}

#[test]
fn the_file_of_a_build_is_relative_to_its_context() {
    let at = |context, file| Dockerfile::of_build(context, file).map(Utf8PathBuf::into_string);
    assert_eq!(at("/a", None).as_deref(), Some("/a/Dockerfile"));
    assert_eq!(at("/a", Some("b/D")).as_deref(), Some("/a/b/D"));
    assert_eq!(at("/a", Some("/b/D")).as_deref(), Some("/b/D"));
    assert_eq!(at("https://example.com/x.git", None), None);
}

fn line() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        Just("FROM ".to_owned()),
        Just("from a AS b".to_owned()),
        Just("ARG A=$B ".to_owned()),
        Just("ENV K=\"v ".to_owned()),
        Just("RUN <<EOF ".to_owned()),
        Just("EOF".to_owned()),
        Just("COPY --from=x [\"a\", \"b\"]".to_owned()),
        Just("HEALTHCHECK CMD [".to_owned()),
        Just("ONBUILD ".to_owned()),
        Just("# escape=`".to_owned()),
        Just("\\".to_owned()),
        Just("`".to_owned()),
        Just("\u{feff}".to_owned()),
        Just("\r\n".to_owned()),
        Just("\n".to_owned()),
        "\\PC{0,6}",
    ];
    proptest::collection::vec(word, 0..24).prop_map(|words| words.concat())
}

fn visit(text: &str) {
    let source = Source::new("Dockerfile", text);
    match Dockerfile::parse(&source) {
        Ok(file) => {
            for stage in &file.stages {
                let _ = file.base_image(stage, &|name| Some(format!("<{name}>")));
                let _ = file.exposed(stage);
                let _ = file.user(stage);
                assert!(text.get(stage.base.span.clone()).is_some());
            }
            for (_, one) in file.instructions() {
                let _ = one.script();
                for variable in &one.variables {
                    assert!(text.get(variable.name.span.clone()).is_some());
                    let value = variable.value.as_ref().map(|value| value.span.clone());
                    assert!(value.is_none_or(|span| text.get(span).is_some()));
                }
            }
        }
        Err(error) => {
            let _ = error.place();
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        visit(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn nothing_that_looks_like_a_dockerfile_makes_the_reader_panic(text in line()) {
        visit(&text);
        visit(&format!("FROM a\n{text}"));
    }
}
