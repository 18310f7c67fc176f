//! Where a link of the document may lead.

/// Where a link leads.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// A page that people follow on purpose.
    Page(String),
    /// What is called so in the document: a heading, or a claim.
    Anchor(String),
    /// A file of the repository, from its root. The page may lie anywhere, so it is shown and not linked.
    File(String),
    /// Whatever else there is (`javascript:`, `data:`, other machines' files) leads nowhere.
    Nowhere,
}

/// Where an address leads that stands in the document at `file`.
pub(super) fn target(address: &str, file: &str) -> Target {
    // Browsers leave blanks and controls out of a scheme before they read it.
    let plain: String = address.chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect();
    if plain.is_empty() {
        return Target::Nowhere;
    }
    if let Some(anchor) = address.strip_prefix('#') {
        return Target::Anchor(decoded(anchor));
    }
    let lower = plain.to_lowercase();
    if ["http://", "https://", "mailto:"].iter().any(|scheme| lower.starts_with(scheme)) {
        return if plain == address { Target::Page(plain) } else { Target::Nowhere };
    }
    let has_scheme = plain.split(['/', '?', '#']).next().is_some_and(|head| head.contains(':'));
    if has_scheme
        || plain.starts_with("//")
        || plain.contains('\\')
        || address.contains(char::is_control)
    {
        return Target::Nowhere;
    }
    let (path, part) = address.split_once('#').map_or((address, None), |(a, b)| (a, Some(b)));
    let told = from_root(&decoded(path), file);
    Target::File(part.map_or_else(|| told.clone(), |part| format!("{told}#{}", decoded(part))))
}

/// A path beside a file of the repository, from its root; one that leads out of it stays as it is.
fn from_root(path: &str, file: &str) -> String {
    let mut parts: Vec<&str> = match path.strip_prefix('/') {
        Some(_) => Vec::new(),
        None => {
            file.rsplit_once('/').map_or_else(Vec::new, |(folder, _)| folder.split('/').collect())
        }
    };
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                if parts.pop().is_none() {
                    return path.to_owned();
                }
            }
            part => parts.push(part),
        }
    }
    if parts.is_empty() { path.to_owned() } else { parts.join("/") }
}

/// An address with its `%C3%A4` as letters.
fn decoded(address: &str) -> String {
    let bytes = address.as_bytes();
    let (mut told, mut at) = (Vec::new(), 0);
    while let Some(byte) = bytes.get(at) {
        let digits = address.get(at + 1..at + 3).filter(|_| *byte == b'%');
        let coded = digits.filter(|two| two.bytes().all(|c| c.is_ascii_hexdigit()));
        if let Some(byte) = coded.and_then(|two| u8::from_str_radix(two, 16).ok()) {
            told.push(byte);
            at += 3;
        } else {
            told.push(*byte);
            at += 1;
        }
    }
    String::from_utf8(told).unwrap_or_else(|_| address.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{Target, target};

    #[test]
    fn nothing_but_pages_files_and_anchors_is_led_to() {
        let page = |address: &str| Target::Page(address.into());
        let anchor = |name: &str| Target::Anchor(name.into());
        let file = |path: &str| Target::File(path.into());
        for (address, leads_to) in [
            ("https://example.com/a?b#c", page("https://example.com/a?b#c")),
            ("HTTP://example.com", page("HTTP://example.com")),
            ("mailto:a@example.com", page("mailto:a@example.com")),
            ("design.md#x:y", file("docs/design.md#x:y")),
            ("../compose.yaml", file("compose.yaml")),
            ("./a%20b/c.yml", file("docs/a b/c.yml")),
            ("/compose.yaml", file("compose.yaml")),
            ("../../x", file("../../x")),
            ("#Production", anchor("Production")),
            ("#Gr%C3%B6%C3%9Fe", anchor("Größe")),
            ("#100%", anchor("100%")),
            ("javascript:alert(1)", Target::Nowhere),
            ("JavaScript&colon;alert(1)", file("docs/JavaScript&colon;alert(1)")),
            ("java\tscript:alert(1)", Target::Nowhere),
            ("\u{1}javascript:alert(1)", Target::Nowhere),
            ("data:text/html,x", Target::Nowhere),
            ("vbscript:x", Target::Nowhere),
            ("file:///etc/passwd", Target::Nowhere),
            ("//example.com", Target::Nowhere),
            ("\\\\example.com\\x", Target::Nowhere),
            ("", Target::Nowhere),
        ] {
            assert_eq!(target(address, "docs/a.md"), leads_to, "{address:?}");
        }
    }
}
