//! Addresses in `ports`, `extra_hosts` and `networks`.

use std::net::IpAddr;

/// Whether this is an IP address, as Go's `net.ParseIP` has it: IPv4 in four
/// decimal parts without leading zeros, or IPv6 without brackets and zone.
#[must_use]
pub fn is_ip(text: &str) -> bool {
    text.parse::<IpAddr>().is_ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn both_families_are_addresses() {
        for text in ["127.0.0.1", "0.0.0.0", "::", "::1", "fe80::1", "::ffff:1.2.3.4", "A::b"] {
            assert!(is_ip(text), "{text}");
        }
    }

    #[test]
    fn names_zones_brackets_and_leading_zeros_are_not() {
        for text in
            ["", "localhost", "1.2.3", "1.2.3.256", "01.2.3.4", "[::1]", "fe80::1%eth0", " ::"]
        {
            assert!(!is_ip(text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in ".{0,20}") {
            let _ = is_ip(&text);
        }
    }
}
