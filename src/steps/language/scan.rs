//! How far a parameter reaches: each ends where its own text ends, so that nothing has to be tried
//! twice.

/// How many bytes at the start are of a kind.
pub(crate) fn run(text: &str, of: impl Fn(char) -> bool) -> usize {
    text.find(|c| !of(c)).unwrap_or(text.len())
}

/// Text in quotes; a backslash takes the next letter with it.
pub(crate) fn quoted(text: &str) -> Option<usize> {
    let mut letters = text.char_indices();
    letters.next().filter(|(_, first)| *first == '"')?;
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Some(at + 1),
            '\\' => {
                letters.next();
            }
            _ => {}
        }
    }
    None
}

/// A name in quotes.
pub(crate) fn name(text: &str) -> Option<usize> {
    let inner = text.strip_prefix('"')?;
    inner.find('"').map(|end| end + 2)
}

/// `"a", "b" and "c"`.
pub(crate) fn names(text: &str) -> Option<usize> {
    let mut end = name(text)?;
    let next = |end: usize, between: &str| {
        name(text[end..].strip_prefix(between)?).map(|length| end + between.len() + length)
    };
    while let Some(more) = next(end, ", ") {
        end = more;
    }
    Some(next(end, " and ").unwrap_or(end))
}

/// Digits, or digits joined by a word.
pub(crate) fn numbers(text: &str, between: &str) -> Option<usize> {
    let digits = |text: &str| Some(run(text, |c| c.is_ascii_digit())).filter(|length| *length > 0);
    let mut end = digits(text)?;
    while let Some(more) =
        text[end..].strip_prefix(between).filter(|_| !between.is_empty()).and_then(digits)
    {
        end += between.len() + more;
    }
    Some(end)
}

/// `80, 443 and 8443`.
pub(crate) fn ports(text: &str) -> Option<usize> {
    let end = numbers(text, ", ")?;
    let last = text[end..].strip_prefix(" and ").and_then(|rest| numbers(rest, ""));
    Some(last.map_or(end, |last| end + " and ".len() + last))
}

/// `port 80`, which may be one of the host, and may speak TLS.
pub(crate) fn port(text: &str) -> Option<usize> {
    let start = ["TLS ", "host ", "port "].iter().try_fold(0, |at, word| {
        match text[at..].strip_prefix(word) {
            Some(_) => Some(at + word.len()),
            None => (*word != "port ").then_some(at),
        }
    })?;
    numbers(&text[start..], "").map(|digits| start + digits)
}

/// A number and its unit; the unit may be left out if `bare`.
pub(crate) fn amount(text: &str, letter: fn(char) -> bool, bare: bool) -> Option<usize> {
    let digits =
        Some(run(text, |c| c.is_ascii_digit() || c == '.')).filter(|length| *length > 0)?;
    let gap = usize::from(text[digits..].starts_with(' '));
    match run(&text[digits + gap..], letter) {
        0 => bare.then_some(digits),
        unit => Some(digits + gap + unit),
    }
}

/// A word of letters.
pub(crate) fn word(text: &str, of: fn(char) -> bool) -> Option<usize> {
    Some(run(text, of)).filter(|length| *length > 0)
}

/// `true`, a number, or text in quotes.
pub(crate) fn value(text: &str) -> Option<usize> {
    ["true", "false"]
        .iter()
        .find(|word| text.starts_with(**word))
        .map(|word| word.len())
        .or_else(|| quoted(text))
        .or_else(|| {
            text.starts_with(|c: char| c.is_ascii_digit())
                .then(|| run(text, |c| c.is_alphanumeric() || c == '_' || c == '.'))
        })
}

/// A block of nginx's configuration.
pub(crate) fn block(text: &str) -> Option<usize> {
    ["http", "every server"]
        .iter()
        .find(|word| text.starts_with(**word))
        .map(|word| word.len())
        .or_else(|| {
            let kinds = ["server ", "location ", "upstream "];
            let kind = kinds.iter().find(|kind| text.starts_with(**kind))?;
            name(&text[kind.len()..]).map(|length| kind.len() + length)
        })
}
