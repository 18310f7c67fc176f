//! Is this root? A user as `user:` of the Compose specification, `USER` of a Dockerfile and the
//! engine's API write it: a name or a number, and after a colon the group.
//!
//! The engine takes a user without a name (`:1000`) for root's number, in whatever image; an empty
//! text says nothing, and leaves it to the image.

/// Whether anything is said.
#[must_use]
pub fn is_said(user: &str) -> bool {
    !user.trim().is_empty()
}

/// Whether it is root, whatever the group: `root`, `0`, `+0`, `0:1000`, `:1000`.
#[must_use]
pub fn is_root(user: &str) -> bool {
    let (name, _) = parts(user);
    is_said(user) && (name.is_empty() || is_zero(name))
}

/// Whether it is root or of root's group: `1000:0` and `app:root` may use what is the group's.
#[must_use]
pub fn is_root_or_its_group(user: &str) -> bool {
    is_root(user) || is_zero(parts(user).1)
}

/// The name or number of the user, and that of the group; either may be empty.
#[must_use]
pub fn parts(user: &str) -> (&str, &str) {
    let user = user.trim();
    user.split_once(':').unwrap_or((user, ""))
}

fn is_zero(part: &str) -> bool {
    part == "root" || part.parse::<i64>() == Ok(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is said, whether it is said at all, is root, is root or of its group. Each was tried
    /// with the engine: `docker run --user … id`.
    const USERS: &[(&str, bool, bool, bool)] = &[
        ("", false, false, false),
        (" ", false, false, false),
        ("root", true, true, true),
        ("0", true, true, true),
        ("00", true, true, true),
        ("+0", true, true, true),
        ("-0", true, true, true),
        ("0:0", true, true, true),
        ("0:1000", true, true, true),
        ("root:staff", true, true, true),
        (":1000", true, true, true),
        (":0", true, true, true),
        (":", true, true, true),
        ("1000:0", true, false, true),
        ("app:root", true, false, true),
        ("nobody:root", true, false, true),
        ("1000", true, false, false),
        ("1000:1000", true, false, false),
        ("app", true, false, false),
        ("app:app", true, false, false),
        ("rooty", true, false, false),
        ("Root", true, false, false),
    ];

    #[test]
    fn root_is_root_in_every_spelling() {
        for (user, said, root, of_its_group) in USERS {
            let is = (is_said(user), is_root(user), is_root_or_its_group(user));
            assert_eq!(
                is,
                (*said, *root, *of_its_group),
                "\"{user}\": said, root, of root's group"
            );
        }
    }
}
