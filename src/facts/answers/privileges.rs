//! Security options, and whether a process may gain privileges. As `security_opt` of the Compose
//! specification and the engine's API write them.

/// What the engine reads as true: `strconv.ParseBool`'s words.
const TRUE: &[&str] = &["1", "t", "T", "true", "True", "TRUE"];

/// A security option as the engine reads it: `key=value`, `key:value` or `key`.
#[must_use]
pub fn security_option(written: &str) -> (&str, Option<&str>) {
    let written = written.trim();
    let parts = written.split_once('=').or_else(|| written.split_once(':'));
    parts.map_or((written, None), |(key, value)| (key.trim(), Some(value.trim())))
}

/// Whether an option sets no-new-privileges; none if it is another option. Alone it is as good as
/// `no-new-privileges:true`.
#[must_use]
pub fn seals(written: &str) -> Option<bool> {
    match security_option(written) {
        ("no-new-privileges", value) => Some(value.is_none_or(|value| TRUE.contains(&value))),
        _ => None,
    }
}

/// Whether neither a process nor its children can gain privileges by running a program; none if no
/// option says so. The engine goes by the last.
#[must_use]
pub fn no_new_privileges<S: AsRef<str>>(options: impl IntoIterator<Item = S>) -> Option<bool> {
    options.into_iter().filter_map(|option| seals(option.as_ref())).last()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_security_option_is_parted_at_its_first_sign() {
        assert_eq!(security_option("seccomp:unconfined"), ("seccomp", Some("unconfined")));
        assert_eq!(security_option("label=type:spc_t"), ("label", Some("type:spc_t")));
        assert_eq!(security_option("no-new-privileges"), ("no-new-privileges", None));
    }

    #[test]
    fn the_last_option_says_whether_privileges_can_be_gained() {
        for (options, expected) in [
            (&[][..], None),
            (&["seccomp:unconfined"], None),
            (&["no-new-privileges"], Some(true)),
            (&["no-new-privileges:true"], Some(true)),
            (&["no-new-privileges=1"], Some(true)),
            (&["no-new-privileges:yes"], Some(false)),
            (&["no-new-privileges:"], Some(false)),
            (&["no-new-privileges:true", "no-new-privileges:false"], Some(false)),
            (&["no-new-privileges:false", "no-new-privileges"], Some(true)),
        ] {
            assert_eq!(no_new_privileges(options.iter().copied()), expected, "{options:?}");
        }
    }
}
