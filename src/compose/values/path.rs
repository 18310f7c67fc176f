//! Paths as Go's `path` and `path/filepath` treat them on Unix.
//!
//! Everything is text: nothing here asks the file system, and a path that
//! climbs out of a symbolic link is shortened all the same.

/// No way from one path to another without knowing the current directory.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no path leads from {base:?} to {target:?}: expected both absolute, or both relative")]
pub struct RelativeError {
    base: String,
    target: String,
}

/// The shortest path to the same place: no empty or `.` element, `..` only at
/// the beginning of a relative path, no slash at the end; `.` if nothing is left.
#[must_use]
pub fn clean(path: &str) -> String {
    let rooted = is_abs(path);
    let mut kept: Vec<&str> = Vec::new();
    for element in path.split('/') {
        match element {
            "" | "." => {}
            ".." if kept.last().is_some_and(|last| *last != "..") => {
                kept.pop();
            }
            ".." if rooted => {}
            _ => kept.push(element),
        }
    }
    match (rooted, kept.is_empty()) {
        (true, _) => format!("/{}", kept.join("/")),
        (false, true) => ".".to_owned(),
        (false, false) => kept.join("/"),
    }
}

/// Both paths in a row, cleaned; an empty one is left out, and the result is
/// empty only if both are.
#[must_use]
pub fn join(first: &str, second: &str) -> String {
    match (first, second) {
        ("", "") => String::new(),
        ("", only) => clean(only),
        _ => clean(&format!("{first}/{second}")),
    }
}

/// Whether a path begins at the root.
#[must_use]
pub fn is_abs(path: &str) -> bool {
    path.starts_with('/')
}

/// Everything but the last element, cleaned: `.` if there is nothing else.
#[must_use]
pub fn dir(path: &str) -> String {
    clean(path.rfind('/').map_or("", |slash| &path[..=slash]))
}

/// The last element, slashes at the end aside: `.` for an empty path, `/` for
/// one of slashes only.
#[must_use]
pub fn base(path: &str) -> &str {
    if path.is_empty() {
        return ".";
    }
    match path.trim_end_matches('/').rsplit('/').next() {
        Some(last) if !last.is_empty() => last,
        _ => "/",
    }
}

/// The path that, joined to `base`, leads to `target`.
pub fn rel(base: &str, target: &str) -> Result<String, RelativeError> {
    let impossible = || RelativeError { base: base.to_owned(), target: target.to_owned() };
    let (from, to) = (clean(base), clean(target));
    if from == to {
        return Ok(".".to_owned());
    }
    if is_abs(&from) != is_abs(&to) {
        return Err(impossible());
    }
    let elements = |path: &str| -> Vec<String> {
        path.split('/').filter(|it| !it.is_empty() && *it != ".").map(str::to_owned).collect()
    };
    let (from, to) = (elements(&from), elements(&to));
    let shared = from.iter().zip(&to).take_while(|(from, to)| from == to).count();
    let (up, down) = (&from[shared..], &to[shared..]);
    if up.first().is_some_and(|first| first == "..") {
        return Err(impossible());
    }
    let steps: Vec<&str> = up.iter().map(|_| "..").chain(down.iter().map(String::as_str)).collect();
    Ok(steps.join("/"))
}

/// Whether a path is absolute on Windows: a drive and a separator (`C:\`), a
/// share (`\\host\share`) or a device (`\\.\pipe`). Both slashes separate.
#[must_use]
pub fn is_windows_abs(path: &str) -> bool {
    let bytes = path.as_bytes();
    match volume_length(bytes) {
        0 => false,
        _ if is_separator(bytes[0]) && is_separator(bytes[1]) => true,
        length => bytes.get(length).copied().is_some_and(is_separator),
    }
}

fn is_separator(byte: u8) -> bool {
    matches!(byte, b'\\' | b'/')
}

/// The length of what names a volume on Windows; zero if nothing does, at least
/// two otherwise.
fn volume_length(path: &[u8]) -> usize {
    if path.get(1) == Some(&b':') {
        return 2;
    }
    if has_prefix(path, br"\\.\UNC") {
        return share_length(path, br"\\.\UNC\".len());
    }
    if [br"\\.", br"\\?", br"\??"].into_iter().any(|prefix| has_prefix(path, prefix)) {
        let name = path.iter().skip(4).position(|byte| is_separator(*byte));
        return name.map_or(path.len(), |length| length + 4);
    }
    match path {
        [first, second, ..] if is_separator(*first) && is_separator(*second) => {
            share_length(path, 2)
        }
        _ => 0,
    }
}

/// Whether `path` begins with whole elements of `prefix`, whatever the case and
/// the kind of slash.
fn has_prefix(path: &[u8], prefix: &[u8]) -> bool {
    let alike = |(prefix, byte): (&u8, &u8)| {
        prefix.eq_ignore_ascii_case(byte) || (is_separator(*prefix) && is_separator(*byte))
    };
    path.len() >= prefix.len()
        && prefix.iter().zip(path).all(alike)
        && path.get(prefix.len()).copied().is_none_or(is_separator)
}

/// The length of a host and a share that begin at `start`.
fn share_length(path: &[u8], start: usize) -> usize {
    let separators = path.iter().enumerate().skip(start).filter(|(_, byte)| is_separator(**byte));
    separators.map(|(at, _)| at).nth(1).unwrap_or(path.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_clean_path_is_the_shortest() {
        for (path, expected) in [
            ("", "."),
            ("a//b/./c/", "a/b/c"),
            ("a/../..", ".."),
            ("../../a/..", "../.."),
            ("/../a/..", "/"),
            ("//a", "/a"),
            ("a/..", "."),
        ] {
            assert_eq!(clean(path), expected, "{path}");
        }
    }

    #[test]
    fn joining_and_taking_apart() {
        assert_eq!(join("", ""), "");
        assert_eq!(join("", "/a/"), "/a");
        assert_eq!(join("a", ""), "a");
        assert_eq!(join("a", "/b"), "a/b");
        assert_eq!(join("/a", "../../b"), "/b");
        assert_eq!((dir("a/b/"), dir("a"), dir("/a")), ("a/b".into(), ".".into(), "/".into()));
        assert_eq!((base(""), base("//"), base("/a/b//"), base("a")), (".", "/", "b", "a"));
    }

    #[test]
    fn a_relative_path_goes_up_then_down() {
        assert_eq!(rel("/a/b", "/a/c/d"), Ok("../c/d".into()));
        assert_eq!(rel("/a", "/a/b"), Ok("b".into()));
        assert_eq!(rel("/a/b", "/"), Ok("../..".into()));
        assert_eq!(rel("a", "./a/"), Ok(".".into()));
        assert_eq!(rel(".", "../a"), Ok("../a".into()));
        assert!(rel("..", "a").is_err());
        assert!(rel("/a", "a").is_err());
    }

    #[test]
    fn windows_has_drives_shares_and_devices() {
        for path in [r"C:\a", "c:/", r"\\host\share", "//host/share/a", r"\\.\pipe\x", r"\\", "//a"]
        {
            assert!(is_windows_abs(path), "{path}");
        }
        for path in ["", "C:", "C:a", r"\a", "/a", "a", r"\??", "é:\\"] {
            assert!(!is_windows_abs(path), "{path}");
        }
    }

    proptest! {
        #[test]
        fn cleaning_twice_changes_nothing(path in "[/.a\\\\]{0,16}") {
            let once = clean(&path);
            prop_assert_eq!(clean(&once), once);
        }

        #[test]
        fn a_relative_path_leads_there(from in "/[/.ab]{0,12}", to in "/[/.ab]{0,12}") {
            let way = rel(&from, &to).map_err(|error| TestCaseError::fail(error.to_string()))?;
            prop_assert_eq!(join(&from, &way), clean(&to));
        }

        #[test]
        fn no_text_panics(path in r"[\\/.?:UNCunca]{0,16}|.{0,8}", other in ".{0,8}") {
            let _ = (is_windows_abs(&path), rel(&path, &other), dir(&path), base(&path));
        }
    }
}
