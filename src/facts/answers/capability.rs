//! Is this a capability, and which does a container have? As `cap_add`, `cap_drop` and the engine's
//! API write them: in any case, with `CAP_` or without, and `ALL` (capabilities(7)).

use std::collections::BTreeSet;

use crate::compose::{Located, Service};

/// The names by their number, without `CAP_` (`capability.h` of the kernel).
#[rustfmt::skip]
pub const NAMES: &[&str] = &[
    "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID",
    "SETPCAP", "LINUX_IMMUTABLE", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER",
    "SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN", "SYS_BOOT", "SYS_NICE",
    "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD", "LEASE", "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP",
    "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ", "PERFMON", "BPF",
    "CHECKPOINT_RESTORE",
];

/// What the engine gives to a container of which nothing is said.
pub const DEFAULTS: &[&str] = &[
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "NET_RAW",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];

/// The word for all of them. The engine knows it without `CAP_` alone.
pub const ALL: &str = "ALL";

/// The name as the kernel has it: upper case, without `CAP_`.
#[must_use]
pub fn name(written: &str) -> String {
    let name = written.trim().to_ascii_uppercase();
    match name.strip_prefix("CAP_") {
        // `CAP_ALL` stands for nothing: the engine refuses it.
        Some(bare) if bare != ALL => bare.to_owned(),
        _ => name,
    }
}

/// What a container's processes can have at most, by the names without `CAP_`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Capabilities {
    /// Whatever the kernel knows, be it by `privileged` or by `ALL`.
    All,
    /// All but these.
    AllBut(BTreeSet<String>),
    /// These and no other.
    These(BTreeSet<String>),
}

impl Capabilities {
    /// Those of these names.
    #[must_use]
    pub fn these<S: AsRef<str>>(written: impl IntoIterator<Item = S>) -> Self {
        Self::These(names(written))
    }

    /// What the engine makes of what is added and dropped: `ALL` dropped leaves what is added, `ALL`
    /// added everything but what is dropped.
    #[must_use]
    pub fn of<S: AsRef<str>>(
        add: impl IntoIterator<Item = S>,
        drop: impl IntoIterator<Item = S>,
    ) -> Self {
        let (add, drop) = (names(add), names(drop));
        if add.contains(ALL) {
            let all = drop.is_empty() || drop.contains(ALL);
            return if all { Self::All } else { Self::AllBut(drop) };
        }
        let base = if drop.contains(ALL) { BTreeSet::new() } else { names(DEFAULTS) };
        Self::These(base.difference(&drop).cloned().chain(add).collect())
    }

    /// Of the engine's own, those that are still there and that nobody asked for.
    #[must_use]
    pub fn kept<S: AsRef<str>>(&self, added: impl IntoIterator<Item = S>) -> Vec<&'static str> {
        let asked = names(added);
        if asked.contains(ALL) {
            return Vec::new();
        }
        let defaults = DEFAULTS.iter().copied();
        defaults.filter(|name| self.has(name) && !asked.contains(*name)).collect()
    }

    /// Whether a capability is among them, by its name without `CAP_`.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::AllBut(names) => !names.contains(name),
            Self::These(names) => names.contains(name),
        }
    }

    /// In the words of tables: `none`, `default`, `all`, or the names.
    #[must_use]
    pub fn word(&self) -> String {
        match self {
            Self::All => "all".into(),
            Self::AllBut(names) => format!("all but {}", joined(names)),
            Self::These(names) if names.is_empty() => "none".into(),
            Self::These(names) if names.iter().eq(DEFAULTS.iter()) => "default".into(),
            Self::These(names) => joined(names),
        }
    }
}

fn joined(names: &BTreeSet<String>) -> String {
    names.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}

/// The names of what is written.
fn names<S: AsRef<str>>(written: impl IntoIterator<Item = S>) -> BTreeSet<String> {
    written.into_iter().map(|written| name(written.as_ref())).collect()
}

/// What the files grant a service's containers; `privileged` is everything.
#[must_use]
pub fn of(service: &Service) -> Capabilities {
    let privileged = service.privileged.as_ref().is_some_and(|privileged| privileged.value);
    if privileged {
        Capabilities::All
    } else {
        Capabilities::of(texts(&service.cap_add), texts(&service.cap_drop))
    }
}

/// The texts of a list of the model.
pub fn texts(list: &[Located<String>]) -> impl Iterator<Item = &str> {
    list.iter().map(|written| written.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_capability_has_one_name_in_every_spelling() {
        for (written, expected) in [
            ("SYS_ADMIN", "SYS_ADMIN"),
            ("cap_sys_admin", "SYS_ADMIN"),
            ("Cap_Net_Raw", "NET_RAW"),
            (" Net_Admin", "NET_ADMIN"),
            ("all", "ALL"),
            // Refused by the engine, so it is no other name of anything.
            ("CAP_ALL", "CAP_ALL"),
            ("CAP_CAP_CHOWN", "CAP_CHOWN"),
        ] {
            assert_eq!(name(written), expected, "{written}");
        }
    }

    #[test]
    fn what_a_container_can_have_is_what_the_engine_works_out() {
        let word = |add: &[&str], drop: &[&str]| Capabilities::of(add, drop).word();
        assert_eq!(word(&[], &[]), "default");
        assert_eq!(word(&["NET_RAW"], &[]), "default");
        assert_eq!(word(&[], &["all"]), "none");
        assert_eq!(word(&["cap_setuid", "CHOWN"], &["all"]), "CHOWN, SETUID");
        assert_eq!(word(&["CHOWN"], &["ALL", "CHOWN"]), "CHOWN");
        assert_eq!(word(&["all"], &[]), "all");
        assert_eq!(word(&["ALL"], &["SYS_ADMIN"]), "all but SYS_ADMIN");
        assert_eq!(word(&["ALL"], &["ALL"]), "all");
        assert!(word(&["SYS_ADMIN"], &["NET_RAW"]).ends_with("SETUID, SYS_ADMIN, SYS_CHROOT"));
        assert!(!word(&[], &["NET_RAW"]).contains("NET_RAW"));
        // One by one they are as good as all at once.
        assert_eq!(word(&[], DEFAULTS), "none");
        assert_eq!(word(&["NET_ADMIN"], DEFAULTS), "NET_ADMIN");
        // What the engine refuses drops nothing.
        assert_eq!(word(&[], &["CAP_ALL"]), "default");
    }

    #[test]
    fn what_is_kept_is_what_nobody_asked_for() {
        let kept = |add: &[&str], drop: &[&str]| Capabilities::of(add, drop).kept(add);
        assert_eq!(kept(&[], &[]), DEFAULTS);
        assert_eq!(kept(&["CHOWN"], &["ALL"]), [""; 0]);
        assert_eq!(kept(&["ALL"], &["ALL"]), [""; 0]);
        assert_eq!(kept(&["CHOWN"], &[]).len(), DEFAULTS.len() - 1);
        assert_eq!(Capabilities::All.kept([""; 0]), DEFAULTS);
    }
}
