use super::*;
use crate::run::history::{Asking, Ended, Held, Judged};

fn past(second: u32) -> Past {
    Past {
        started: format!("2026-11-20T14:{:02}:{:02}.000Z", second / 60, second % 60),
        seconds: 1.5,
        commit: Some("0123456789abcdef0123456789abcdef01234567".into()),
        branch: None,
        command: Asking::Check,
        partly: false,
        verdict: Ended::Sound,
        ready: Vec::new(),
        claims: [("A-1".to_owned(), Held::Proven)].into(),
        scenarios: vec![Judged {
            scenario: "a.feature: \u{1b}[2J <b>".into(),
            environments: vec!["dev".into()],
            row: None,
            declared: Some(Held::Proven),
            observed: None,
        }],
    }
}

fn folder() -> (tempfile::TempDir, Utf8PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = Utf8PathBuf::from_path_buf(folder.path().to_owned()).expect("UTF-8");
    (folder, path)
}

fn titles(earlier: &Earlier) -> Vec<&str> {
    earlier.warnings.iter().map(|one| one.title.as_str()).collect()
}

#[test]
fn results_are_read_in_the_order_of_their_time() {
    let (_kept, root) = folder();
    let folder = root.join("not/there/yet");
    assert!(read(&folder, None).runs.is_empty(), "a folder that is not there has no results");
    for second in [3, 1, 2, 2] {
        write(&folder, &past(second)).expect("written");
    }
    let own = write(&folder, &past(4)).expect("written");
    let name = own.file_name().expect("a name");
    assert!(name.starts_with("20261120T140004000Z-") && is_result(name), "{name}");
    let earlier = read(&folder, Some(&own));
    assert_eq!(earlier.runs, [past(1), past(2), past(2), past(3)], "two at once never meet");
    assert!(earlier.warnings.is_empty(), "{:?}", earlier.warnings);
    let listed = fs::read_dir(&folder).expect("a folder").count();
    assert_eq!(listed, 5, "nothing else is left there");
}

#[test]
fn the_newest_are_read_and_the_rest_is_counted() {
    let (_kept, root) = folder();
    let more = 3;
    for second in 0..u32::try_from(MOST).expect("small") + more {
        write(&root, &past(second)).expect("written");
    }
    let earlier = read(&root, None);
    assert_eq!((earlier.runs.len(), earlier.unread), (MOST, 3));
    assert_eq!(earlier.runs[0], past(more));
}

/// A file of the folder under the name of a result.
fn put(root: &Utf8Path, number: usize, text: &[u8]) -> Utf8PathBuf {
    let file = root.join(format!("20261120T150000000Z-{number:016x}.json"));
    fs::write(&file, text).expect("a file");
    file
}

#[test]
fn what_cannot_be_read_is_told_with_its_path_and_stays() {
    let sound = {
        let (_kept, root) = folder();
        fs::read_to_string(write(&root, &past(1)).expect("written")).expect("text")
    };
    let id = "\"0123456789abcdef0123456789abcdef01234567\"";
    let long = format!("{}{sound}", " ".repeat(usize::try_from(LONGEST).expect("small")));
    let deep = "[".repeat(100_000);
    let cases: &[(String, &str)] = &[
        (String::new(), "it is no result: EOF"),
        (sound[..sound.len() / 2].to_owned(), "it is no result: EOF"),
        (deep, "it is no result: "),
        ("{}".into(), "missing field `seaworthy`"),
        ("\u{0}\u{1b}[2J".into(), "it is no result: "),
        (sound.replace("\"history\"", "\"else\""), "something else of seaworthy's"),
        (
            sound.replace("\"version\":1", "\"version\":2"),
            "of version 2, and this seaworthy knows 1",
        ),
        (sound.replace("\"version\":1", "\"version\":-1"), "it is no result: "),
        (sound.replace("\"sound\"", "\"fine\""), "unknown variant `fine`"),
        (sound.replace("2026-11-20T", "2026-13-20T"), "\"started\" is no time"),
        (sound.replace("1.5", "-1.5"), "a duration is less than none"),
        (sound.replace("1.5", "1e999"), "it is no result: "),
        (sound.replace(id, "\"<script>\""), "\"commit\" is no commit's id"),
        (long, "more than 4194304 bytes"),
    ];
    for (text, why) in cases {
        let (_kept, root) = folder();
        write(&root, &past(1)).expect("written");
        let file = put(&root, 1, text.as_bytes());
        let earlier = read(&root, None);
        assert_eq!(earlier.runs, [past(1)], "the others are read: {why}");
        let titles = titles(&earlier);
        assert!(titles.len() == 1 && titles[0].contains(why), "{why}: {titles:?}");
        assert!(titles[0].contains(file.as_str()) && earlier.warnings[0].help.is_some());
        assert_eq!(fs::read_to_string(&file).expect("it stays"), *text);
    }
}

#[test]
fn keys_of_later_versions_of_the_form_are_passed_over() {
    let (_kept, root) = folder();
    let file = write(&root, &past(1)).expect("written");
    let text = fs::read_to_string(&file).expect("text");
    fs::write(&file, text.replacen('{', "{\"more\":[1],", 1)).expect("a file");
    assert_eq!(read(&root, None).runs, [past(1)]);
}

#[test]
fn a_fifo_a_folder_a_link_to_nowhere_and_other_files_hold_nobody_up() {
    use rustix::fs::{CWD, FileType, Mode, mknodat};
    let (_kept, root) = folder();
    let fifo = root.join("fifo");
    mknodat(CWD, fifo.as_std_path(), FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).expect("a FIFO");
    let named = |number: usize| root.join(format!("20261120T150000000Z-{number:016x}.json"));
    std::os::unix::fs::symlink(&fifo, named(1)).expect("a link");
    fs::create_dir(named(2)).expect("a folder");
    std::os::unix::fs::symlink("nowhere", named(3)).expect("a link");
    fs::write(root.join("mine.json"), "{}").expect("a file");
    for quiet in ["README.md", ".gitkeep", ".20261120T150000000Z-0.draft", ".hidden.json"] {
        fs::write(root.join(quiet), "x").expect("a file");
    }
    let earlier = read(&root, None);
    let titles = titles(&earlier);
    assert_eq!(titles.len(), 4, "{titles:?}");
    for (name, why) in [
        (named(1), "it is no plain file"),
        (named(2), "it is no plain file"),
        (named(3), "No such file"),
        (root.join("mine.json"), "it is not named as a result is"),
    ] {
        let told = titles.iter().any(|title| title.contains(name.as_str()) && title.contains(why));
        assert!(told, "{name}: {titles:?}");
    }
}

#[test]
fn many_files_that_cannot_be_read_are_counted() {
    let (_kept, root) = folder();
    for number in 0..9 {
        put(&root, number, b"");
    }
    let earlier = read(&root, None);
    assert_eq!(earlier.warnings.len(), TOLD + 1);
    assert!(titles(&earlier)[TOLD].starts_with("4 more files in "), "{:?}", titles(&earlier));
}

#[test]
fn a_folder_that_is_none_is_an_error_with_its_path() {
    let (_kept, root) = folder();
    let file = root.join("file");
    fs::write(&file, "x").expect("a file");
    for folder in [file.clone(), file.join("below")] {
        let why = write(&folder, &past(1)).expect_err("no folder");
        assert!(why.title.contains(folder.as_str()) && why.help.is_some(), "{}", why.title);
    }
    let earlier = read(&file, None);
    assert_eq!(titles(&earlier).len(), 1, "{:?}", earlier.warnings);
    assert_eq!(fs::read_to_string(&file).expect("it stays"), "x");
}
