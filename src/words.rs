//! Small help with words: the nearest name, lists in prose.

/// The known name nearest to a misspelt one, if one is near enough to be meant.
#[must_use]
pub fn did_you_mean<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    const NEAR: f64 = 0.6;
    known
        .into_iter()
        .map(|candidate| (likeness(name, candidate), candidate))
        .filter(|(likeness, _)| *likeness >= NEAR)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

/// 0 (nothing in common) to 1 (equal), by edit distance over the longer word's length.
#[must_use]
pub fn likeness(a: &str, b: &str) -> f64 {
    strsim::normalized_damerau_levenshtein(&a.to_lowercase(), &b.to_lowercase())
}

/// An amount of something: `1 replica`, `3 replicas`.
#[must_use]
pub fn counted(count: impl Into<i128>, what: &str) -> String {
    match count.into() {
        1 => format!("1 {what}"),
        count => format!("{count} {what}s"),
    }
}

/// The end of a chain of reasons, which says the most.
#[must_use]
pub fn last_reason(why: &str) -> &str {
    why.rsplit(": ").next().unwrap_or(why)
}

/// What is told of a secret instead: `12 characters that are not shown`.
#[must_use]
pub fn unshown(secret: &str) -> String {
    match secret.chars().count() {
        1 => "1 character that is not shown".to_owned(),
        count => format!("{count} characters that are not shown"),
    }
}

/// A thing with its article, by the letter that it begins with: `an AWS access key`.
#[must_use]
pub fn with_article(thing: &str) -> String {
    let vowel = thing.starts_with(['a', 'e', 'i', 'o', 'A', 'E', 'I', 'O']);
    format!("{} {thing}", if vowel { "an" } else { "a" })
}

/// `"a", "b" and "c"`.
#[must_use]
pub fn quoted_list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("\"{name}\"")).collect();
    match names.as_slice() {
        [] => "nothing".into(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_near_name_is_meant_and_a_far_one_is_not() {
        assert_eq!(did_you_mean("ngnix", ["app", "nginx"]), Some("nginx"));
        assert_eq!(did_you_mean("mail", ["app", "nginx"]), None);
    }

    #[test]
    fn lists_read_as_prose() {
        assert_eq!(quoted_list([]), "nothing");
        assert_eq!(quoted_list(["a"]), "\"a\"");
        assert_eq!(quoted_list(["a", "b", "c"]), "\"a\", \"b\" and \"c\"");
    }
}
