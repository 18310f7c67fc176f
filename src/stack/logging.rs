//! How much of a container's log the engine keeps.

use std::collections::BTreeMap;

use testcontainers::bollard::models::HostConfigLogConfig;

use super::container::Container;
use crate::facts::answers::size;

/// What the engine writes around an entry, at most: `{"log":"…\n","stream":"…","time":"…"}`.
const AROUND: u64 = 100;
/// The longest entry: the engine writes a longer line in pieces.
const LONGEST: usize = 16 << 10;

/// Where the engine writes what a container logs (`LogConfig` of its API, its own defaults included).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Logging {
    /// `json-file`, `local`, `syslog` …
    pub driver: String,
    /// The driver's options.
    pub options: BTreeMap<String, String>,
}

impl From<HostConfigLogConfig> for Logging {
    fn from(config: HostConfigLogConfig) -> Self {
        let options = config.config.unwrap_or_default().into_iter().collect();
        Self { driver: config.typ.unwrap_or_default(), options }
    }
}

/// How large one file of a log becomes, and how many there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Bound {
    size: u64,
    files: u64,
}

impl Logging {
    /// What is kept; none if everything is, or if no file of the engine's holds it.
    fn bound(&self) -> Option<Bound> {
        // What goes elsewhere is read from a cache, which is a log of the driver `local`.
        let (size, files, default) = match self.driver.as_str() {
            "" | "none" | "journald" => return None,
            "json-file" => ("max-size", "max-file", None),
            "local" => ("max-size", "max-file", Some(("20m", 5))),
            _ => ("cache-max-size", "cache-max-file", Some(("20m", 5))),
        };
        let size = self.options.get(size).map(String::as_str).or(default.map(|(size, _)| size))?;
        let files = self.options.get(files).map(|files| files.trim().parse().unwrap_or(1));
        // What cannot be read is taken for as little as there can be.
        let size = size::of_log(size).unwrap_or(0);
        Some(Bound { size, files: files.unwrap_or(default.map_or(1, |(_, files)| files)) })
    }
}

/// How much of a log was read, as the engine's files hold it, at least as much as they do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Kept {
    bytes: u64,
    entries: u64,
}

impl Kept {
    /// Counts lines, with their ends or without, or a part of the log of whole entries.
    pub fn add(&mut self, text: &[u8]) {
        // As JSON has them at most.
        let length = |byte: &u8| match byte {
            b'"' | b'\\' | b'\n' | b'\r' | b'\t' | 0x80.. => 2,
            b'<' | b'>' | b'&' | ..0x20 | 0x7f => 6,
            _ => 1,
        };
        let lines = text.split_inclusive(|byte| *byte == b'\n').count().max(1);
        self.bytes += text.iter().map(length).sum::<u64>();
        self.entries += u64::try_from(lines + text.len() / LONGEST).unwrap_or(u64::MAX);
    }
}

impl Container {
    /// Why the beginning of its log may be gone, of which so much is kept; none if nothing is lost.
    ///
    /// The engine begins a new file once one has `max-size` bytes, and removes the oldest if there
    /// are `max-file` of them already. So as soon as anything is lost, and ever after, there are
    /// `max-file` − 1 full files beside the one that is written to: whoever reads fewer bytes than
    /// they hold reads everything. How many bytes an entry takes there is taken for too many, not
    /// for too few. With `max-file: 1`, the default of `json-file`, the one file is emptied, and
    /// whether it was shows nowhere; but it is emptied for a line that comes, so that an empty log
    /// has lost nothing.
    #[must_use]
    pub fn log_may_be_cut(&self, kept: Kept) -> Option<String> {
        const TAG: u64 = 1024;
        let logging = &self.asked.logging;
        let Bound { size, files } = logging.bound()?;
        if kept.entries == 0 {
            return None;
        }
        // These stand in every entry.
        let attributes = ["labels", "labels-regex", "env", "env-regex", "tag"];
        let around = if attributes.iter().any(|key| logging.options.contains_key(*key)) {
            let pairs = self.labels.iter().chain(&self.environment);
            let long: usize = pairs.map(|(key, value)| 6 * (key.len() + value.len()) + 8).sum();
            AROUND + TAG + u64::try_from(long).unwrap_or(u64::MAX)
        } else {
            AROUND
        };
        // The last words of a run may have no end, on either stream.
        let runs = u64::try_from(self.restarts).unwrap_or(0) + 1;
        let entries = kept.entries.saturating_add(2 * runs);
        let bytes = kept.bytes.saturating_add(entries.saturating_mul(around));
        let full = size.saturating_mul(files.saturating_sub(1));
        if bytes < full {
            return None;
        }
        let driver = &logging.driver;
        Some(if files < 2 {
            format!(
                "the engine keeps one file of {size} bytes of the log of {} (driver {driver}), and empties it when it is full",
                self.name
            )
        } else {
            format!(
                "the engine keeps {files} files of {size} bytes of the log of {} (driver {driver}), and up to {bytes} bytes are there: older lines may be gone",
                self.name
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(driver: &str, options: &[(&str, &str)], lines: usize) -> bool {
        let mut container = Container { name: "a".into(), ..Container::default() };
        let options = options.iter().map(|(key, value)| ((*key).into(), (*value).into()));
        container.asked.logging = Logging { driver: driver.into(), options: options.collect() };
        let mut kept = Kept::default();
        for _ in 0..lines {
            kept.add(b"0123456789012345678901234567890123456789");
        }
        container.log_may_be_cut(kept).is_some()
    }

    #[test]
    fn a_log_without_a_bound_is_whole() {
        assert!(!cut("json-file", &[], 1_000_000));
        assert!(!cut("journald", &[], 10));
        assert!(!cut("", &[], 10));
    }

    #[test]
    fn one_file_is_emptied_unseen() {
        for lines in [1, 10, 1000] {
            assert!(cut("json-file", &[("max-size", "2k"), ("max-file", "1")], lines), "{lines}");
            assert!(cut("json-file", &[("max-size", "10m")], lines), "{lines}");
        }
        assert!(!cut("json-file", &[("max-size", "2k")], 0), "it is emptied for a line that comes");
    }

    #[test]
    fn fewer_bytes_than_the_full_files_hold_are_everything() {
        let production = [("max-size", "10m"), ("max-file", "3")];
        assert!(!cut("json-file", &production, 10_000));
        assert!(cut("json-file", &production, 200_000));
        let small = [("max-size", "2k"), ("max-file", "2")];
        assert!(!cut("json-file", &small, 10));
        assert!(cut("json-file", &small, 15));
        assert!(!cut("local", &[], 10_000) && cut("local", &[], 600_000));
        assert!(!cut("syslog", &[], 10_000) && cut("syslog", &[("cache-max-file", "1")], 1));
    }

    #[test]
    fn what_stands_in_every_entry_is_counted() {
        let tagged = [("max-size", "10k"), ("max-file", "2"), ("tag", "{{.Name}}")];
        assert!(cut("json-file", &tagged, 9) && !cut("json-file", &tagged[..2], 9));
    }

    #[test]
    fn sizes_are_read_as_the_engine_does() {
        let read =
            ["2k", "10m", "1g", "512", "1.5m", "10MB", "10 mib", "x", "10x"].map(size::of_log);
        let thousand = |count: u64| Some(count * 1000);
        let [k, m, g] = [thousand(2), thousand(10_000), thousand(1_000_000)];
        assert_eq!(read, [k, m, g, Some(512), thousand(1000), m, m, None, None]);
    }

    #[test]
    fn escapes_are_counted() {
        let mut kept = Kept::default();
        kept.add("a\"<é\n".as_bytes());
        assert_eq!((kept.bytes, kept.entries), (1 + 2 + 6 + 4 + 2, 1));
    }
}
