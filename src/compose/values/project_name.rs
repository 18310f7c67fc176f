//! Project names. Compose specification, "Version and name top-level elements".

/// The name made of what a name may hold: lowercase letters, digits, `_` and
/// `-`, beginning with a letter or a digit. Everything else is left out, so the
/// result may be empty.
#[must_use]
pub fn normalize(name: &str) -> String {
    let kept: String = name
        .to_lowercase()
        .chars()
        .filter(|c| matches!(c, 'a'..='z' | '0'..='9' | '_' | '-'))
        .collect();
    kept.trim_start_matches(['_', '-']).to_owned()
}

/// Whether a name given on the command line or in the environment can stand.
/// The empty name can: it asks for the next way to find one.
#[must_use]
pub fn is_valid(name: &str) -> bool {
    normalize(name) == name
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_name_keeps_what_a_name_may_hold() {
        for (name, expected) in [
            ("My Project", "myproject"),
            ("_-a_b-c", "a_b-c"),
            ("été 2", "t2"),
            ("...", ""),
            ("\u{212a}\u{130}", "ki"),
        ] {
            assert_eq!(normalize(name), expected);
        }
    }

    #[test]
    fn a_valid_name_is_its_own_normal_form() {
        assert!(is_valid("a1_-"));
        assert!(is_valid(""));
        assert!(!is_valid("A"));
        assert!(!is_valid("-a"));
    }

    proptest! {
        #[test]
        fn what_is_normalized_is_valid(name in ".{0,20}") {
            prop_assert!(is_valid(&normalize(&name)));
        }
    }
}
