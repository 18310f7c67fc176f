//! Is this a limit? What each of them comes to by the files says the model
//! ([`memory_limit`](crate::compose::Service::memory_limit) and its like); here is what bounds
//! nothing, wherever a number stands.
//!
//! The engine takes zero and less for no limit of memory, processors and processes (`Resources` of
//! its API), less than zero for no `ulimit` (getrlimit(2), `RLIM_INFINITY`).

use super::size;

/// Whether a number that bounds memory, processors or processes does: zero and less do not.
#[must_use]
pub fn holds(number: f64) -> bool {
    number > 0.0
}

/// Whether the value at a path of the model is a limit that bounds nothing: `pids_limit: -1`,
/// `deploy.resources.limits.memory: 0`, `ulimits.nofile: -1`. Whatever is no limit is not lifted.
#[must_use]
pub fn is_lifted(path: &[&str], number: f64) -> bool {
    match path {
        ["services", _, "mem_limit" | "memswap_limit" | "pids_limit" | "cpus" | "cpu_quota"]
        | ["services", _, "deploy", "resources", "limits", _]
        | ["services", _, "logging", "options", "max-size"] => !holds(number),
        ["services", _, "ulimits", ..] => number < 0.0,
        _ => false,
    }
}

/// Whether an option of a temporary file system bounds it: `size=16m`, `size=50%`; `size=0` does
/// not (tmpfs(5)).
#[must_use]
pub fn bounds_tmpfs(option: &str) -> bool {
    let Some(size) = option.trim().strip_prefix("size=") else { return false };
    let digits = size.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == '%');
    digits.parse::<u64>().is_ok_and(|number| number > 0)
}

/// Whether `max-size` of `logging.options` bounds the log: nothing, `0` and less do not.
#[must_use]
pub fn bounds_log(size: &str) -> bool {
    let size = size.trim();
    !size.is_empty() && !size.starts_with('-') && size::of_log(size) != Some(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_bounds_nothing_is_known_by_where_it_stands() {
        for (path, number, lifted) in [
            ("services.a.pids_limit", -1.0, true),
            ("services.a.pids_limit", 0.0, true),
            ("services.a.pids_limit", 64.0, false),
            ("services.a.mem_limit", 0.0, true),
            ("services.a.cpus", 0.0, true),
            ("services.a.cpu_quota", -1.0, true),
            ("services.a.deploy.resources.limits.memory", 0.0, true),
            ("services.a.deploy.resources.limits.pids", -1.0, true),
            ("services.a.deploy.resources.reservations.memory", 0.0, false),
            ("services.a.memswap_limit", -1.0, true),
            // Zero leaves it to the engine, which allows as much swap as memory.
            ("services.a.memswap_limit", 0.0, true),
            ("services.a.ulimits.nofile", -1.0, true),
            ("services.a.ulimits.core", 0.0, false),
            ("services.a.ulimits.nofile.hard", -1.0, true),
            ("services.a.oom_score_adj", -500.0, false),
            ("services.a.scale", 0.0, false),
        ] {
            let parts: Vec<&str> = path.split('.').collect();
            assert_eq!(is_lifted(&parts, number), lifted, "{path}: {number}");
        }
    }

    #[test]
    fn a_file_system_in_memory_and_a_log_are_bounded_by_more_than_zero() {
        for (option, bounds) in [
            ("size=16m", true),
            ("size=50%", true),
            (" size=1", true),
            ("size=0", false),
            ("size=0k", false),
            ("size=00", false),
            ("size=", false),
            ("nosize=1", false),
            ("mode=1777", false),
        ] {
            assert_eq!(bounds_tmpfs(option), bounds, "{option}");
        }
        for (size, bounds) in
            [("10m", true), ("", false), ("0", false), ("0k", false), ("-1", false), ("-5m", false)]
        {
            assert_eq!(bounds_log(size), bounds, "\"{size}\"");
        }
    }
}
