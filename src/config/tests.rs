use super::*;

fn parse(text: &str) -> Result<Config, Box<Diagnostic>> {
    Config::parse(&Source::new(FILE, text))
}

#[test]
fn who_asks_for_one_environment_asks_for_those_it_names_too() {
    let config = parse("environments: {a: {files: [a.yml], also: [b]}, b: {files: [b.yml], also: [a]}, c: {files: [c.yml]}}")
        .expect("a sound configuration");
    assert_eq!(config.with_also(&["a".into()]), ["a", "b"]);
    assert_eq!(config.with_also(&["c".into()]), ["c"]);
    assert!(config.with_also(&[]).is_empty(), "all of them");
}

#[test]
fn an_environment_that_is_named_must_be_there() {
    let text = "environments:\n  live:\n    files: [a.yml]\n    also: [lives]\n";
    let error = parse(text).expect_err("refused");
    assert_eq!(error.place().as_deref(), Some("seaworthy.yaml:4:12"));
    assert_eq!(error.title, "environments.live.also: there is no environment \"lives\"");
    assert_eq!(error.help.as_deref(), Some("did you mean \"live\"?"));
}

#[test]
fn an_unknown_key_is_an_error_on_its_line() {
    let error = parse("environments:\n  dev:\n    files: [a.yml]\n    fiels: [b.yml]\n")
        .expect_err("an unknown key");
    assert!(error.title.contains("unknown field `fiels`"), "{}", error.title);
    assert_eq!(error.place().as_deref(), Some("seaworthy.yaml:4:5"));
}

#[test]
fn a_tab_that_indents_is_told_where_it_is() {
    for (text, place) in [
        ("environments:\n\tdev:\n\t\tfiles: [a.yml]\n", "2:1"),
        ("environments:\n  dev:\n  \tfiles: [a.yml]\n", "3:3"),
        ("environments:\n  dev:\n    files: [a.yml]\n\n\tprod: {files: [b.yml]}\n", "5:1"),
    ] {
        let error = parse(text).expect_err(text);
        assert_eq!(error.title, "a tab cannot indent YAML", "{text}");
        assert_eq!(error.place(), Some(format!("seaworthy.yaml:{place}")), "{text}");
    }
    let text = "environments: {dev: {files: [a.yml],\n\tfiels: [b.yml]}}\n";
    let error = parse(text).expect_err("an unknown key");
    assert!(error.title.contains("fiels") || error.title.contains("tab"), "{}", error.title);
}

#[test]
fn where_an_environment_names_its_files_is_known() {
    let text = "environments:\n  dev:\n    files: [a.yml, &b 'b.yml']\n    env_files:\n      - a.env\n  live: {files: [*b]}\n";
    let config = parse(text).expect("a sound configuration");
    let named = |environment: &str| -> Vec<(String, String)> {
        let named = config.environments[environment].named_at.iter();
        named.map(|(file, at)| (file.to_string(), text[at.span.clone()].to_owned())).collect()
    };
    let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    let all = [pair("a.yml", "a.yml"), pair("b.yml", "'b.yml'"), pair("a.env", "a.env")];
    assert_eq!(named("dev"), all);
    assert_eq!(named("live"), []);
}

#[test]
fn where_stand_ins_folders_and_originals_are_named_is_known() {
    let text = "stand_ins:\n  files: [s.yml]\nenvironments:\n  dev:\n    files: [a.yml]\n    project_directory: sub\n    made_from: {.env: .env.sample}\n  live: {files: [b.yml], stand_ins: [own.yml]}\nfeatures: told\nlint: {baseline: known.json}\n";
    let config = parse(text).expect("a sound configuration");
    let named = |environment: &str| -> Vec<String> {
        let named = config.environments[environment].named_at.iter();
        named.map(|(file, at)| format!("{file} {}", &text[at.span.clone()])).collect()
    };
    assert_eq!(named("dev"), ["a.yml a.yml", "sub sub", ".env.sample .env.sample", "s.yml s.yml"]);
    assert_eq!(named("live"), ["b.yml b.yml", "own.yml own.yml", "s.yml s.yml"]);
    let at = |keys: &[&str]| config.named_at(keys).map(|at| text[at.span].to_owned());
    assert_eq!(at(&["features"]).as_deref(), Some("told"));
    assert_eq!(at(&["lint", "baseline"]).as_deref(), Some("known.json"));
    assert_eq!(at(&["document"]), None);
    assert_eq!(at(&["features", "below"]), None);
}

#[test]
fn two_environments_of_one_name_are_an_error_with_both_lines() {
    let text = "environments:\n  dev:\n    files: [a.yml]\n  dev:\n    files: [b.yml]\n";
    let error = parse(text).expect_err("two of one name");
    assert!(error.title.contains("\"dev\" is written twice, in lines 2 and 4"), "{}", error.title);
    assert_eq!(error.place().as_deref(), Some("seaworthy.yaml:4:3"));
}

#[test]
fn a_duration_must_have_a_unit() {
    let text = "environments: {dev: {files: [a.yml]}}\ntimeouts:\n  ready: soon\n";
    let error = parse(text).expect_err("not a duration");
    assert!(error.title.contains("\"soon\" is not a duration"), "{}", error.title);
}

#[test]
fn an_address_that_no_browser_would_take_is_refused() {
    let text = "environments:\n  live:\n    files: [a.yml]\n    web: { address: shop.example }\n";
    let error = parse(text).expect_err("no scheme");
    assert!(error.title.contains("\"shop.example\" is no address"), "{}", error.title);
    let text = text.replace("shop.example", "ftp://shop.example");
    let error = parse(&text).expect_err("another scheme");
    assert!(error.title.contains("neither http:// nor https://"), "{}", error.title);
}

#[test]
fn an_environment_may_have_stand_ins_of_its_own() {
    let config = parse("environments: {dev: {files: [a.yml]}, live: {files: [b.yml], stand_ins: [c.yml]}}\nstand_ins: {files: [d.yml]}\n")
        .expect("a sound configuration");
    assert_eq!(config.stand_in_files("dev"), [config.path("d.yml".into())]);
    assert_eq!(config.stand_in_files("live"), [config.path("c.yml".into())]);
}

#[test]
fn everything_but_the_files_has_a_default() {
    let config = parse("environments: {dev: {files: [a.yml]}}").expect("a sound configuration");
    assert_eq!(config.features, "features");
    assert_eq!(config.timeouts.wait, Duration::from_secs(10));
}

#[test]
fn what_is_shared_on_purpose_is_named_and_nothing_else_is() {
    let text = "environments: {dev: {files: [a.yml]}}\nshared:\n  volumes: [models]\n  folders: [/run/docker.sock, media]\n";
    let config = parse(text).expect("a sound configuration");
    assert_eq!(config.shared.volumes, ["models"]);
    assert_eq!(config.shared.folders, ["/run/docker.sock", "media"]);
    assert!(config.shared.networks.is_empty());
    let error = parse(&text.replace("folders", "folder")).expect_err("an unknown key");
    assert!(error.title.contains("unknown field `folder`"), "{}", error.title);
}

#[test]
fn an_environment_without_files_is_refused() {
    let error = parse("environments: {dev: {files: []}}").expect_err("no files");
    assert!(error.title.contains("\"dev\" has no Compose file"), "{}", error.title);
}
