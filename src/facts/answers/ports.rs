//! Published ports, a range as one: what a person wrote once is one thing to say something about.

use std::{net::IpAddr, ops::RangeInclusive};

use super::services;
use crate::compose::{Port, Project, Service, journal::Origin};

/// On which addresses of the host a port listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Address {
    /// On all.
    Every,
    /// On one that only this machine reaches.
    Loopback,
    /// On one that is written.
    One,
}

/// A port or a range of ports that a service publishes.
#[derive(Debug, Clone)]
pub struct Published<'a> {
    /// The service.
    pub service: &'a str,
    /// Its first port, for what all of them have.
    pub port: &'a Port,
    /// Where it is written.
    pub origin: Origin,
    /// The ports of the container.
    pub targets: RangeInclusive<u16>,
    /// The ports of the host; none is any free one.
    pub host: Option<RangeInclusive<u16>>,
}

impl Published<'_> {
    /// On which addresses.
    #[must_use]
    pub fn address(&self) -> Address {
        address(self.port.host_ip())
    }

    /// Whether one container takes one of the host's ports, not all of them.
    #[must_use]
    pub fn is_pool(&self) -> bool {
        let one = self.targets.start() == self.targets.end();
        one && self.host.as_ref().is_some_and(|host| host.start() != host.end())
    }

    /// The host's ports in words.
    #[must_use]
    pub fn host_text(&self) -> String {
        self.host
            .as_ref()
            .map_or_else(|| "a free port".to_owned(), |host| format!("port {}", text(host)))
    }

    /// `services.web.ports[8080]`.
    #[must_use]
    pub fn subject(&self) -> String {
        let ports = text(self.host.as_ref().unwrap_or(&self.targets));
        format!("services.{}.ports[{ports}]", self.service)
    }

    /// The entry as it publishes for this machine only; variables in it stay.
    #[must_use]
    pub fn local(&self, project: &Project) -> String {
        const LOCAL: &str = "127.0.0.1";
        let written = project.journal.text(self.origin.place).trim_matches(['"', '\'']);
        if is_long(written) {
            return format!("`host_ip: {LOCAL}`");
        }
        if !written.contains('$') {
            return self.short(LOCAL);
        }
        let old = self.port.host_ip().unwrap_or_default();
        let rest = if old.is_empty() { Some(written) } else { written.strip_prefix(old) };
        // What is no entry of one line is told in the short form.
        match rest.filter(|rest| !rest.contains('\n') && !rest.starts_with('{')) {
            // Of an entry that is the container's port alone the host's is left open.
            Some(rest) if !outside_variables(rest).contains(':') => format!("\"{LOCAL}::{rest}\""),
            Some(rest) => format!("\"{LOCAL}:{}\"", rest.trim_start_matches(':')),
            None => self.short(LOCAL),
        }
    }

    /// The short form with an address before it.
    fn short(&self, address: &str) -> String {
        let host = self.host.as_ref().map(text).unwrap_or_default();
        let protocol = match self.port.protocol() {
            "tcp" => String::new(),
            other => format!("/{other}"),
        };
        format!("\"{address}:{host}:{}{protocol}\"", text(&self.targets))
    }

    /// Where the address is written, else the host's port, else the whole.
    #[must_use]
    pub fn address_origin(&self) -> Origin {
        let written = |origin: Option<Origin>| origin.filter(|at| at.place.file().is_some());
        written(self.port.host_ip.as_ref().map(|ip| ip.origin))
            .or_else(|| self.host_origin())
            .unwrap_or(self.origin)
    }

    /// Where the host's port is written, else the container's.
    #[must_use]
    pub fn host_origin(&self) -> Option<Origin> {
        let published = self.port.published.as_ref().map(|published| published.origin);
        published
            .or_else(|| self.port.target.as_ref().map(|target| target.origin))
            .filter(|at| at.place.file().is_some())
    }
}

/// A range in words.
#[must_use]
pub fn text(range: &RangeInclusive<u16>) -> String {
    if range.start() == range.end() {
        range.start().to_string()
    } else {
        format!("{}-{}", range.start(), range.end())
    }
}

fn address(text: Option<&str>) -> Address {
    let text = text.unwrap_or_default().trim_matches(['[', ']']);
    if text.is_empty() {
        return Address::Every;
    }
    match text.parse::<IpAddr>().map(|ip| ip.to_canonical()) {
        Ok(ip) if ip.is_unspecified() => Address::Every,
        Ok(ip) if ip.is_loopback() => Address::Loopback,
        Err(_) if text == "localhost" => Address::Loopback,
        _ => Address::One,
    }
}

fn range(text: &str) -> Option<RangeInclusive<u16>> {
    let (low, high) = text.split_once('-').unwrap_or((text, text));
    // Compose reads 0 as any free port.
    Some(low.parse().ok()?..=high.parse().ok()?)
        .filter(|range| *range.start() > 0 && range.start() <= range.end())
}

/// Whether the engine publishes a service's ports: those of a service in somebody else's network are
/// not. Any other word is the name of a network.
#[must_use]
pub fn has_effect(service: &Service) -> bool {
    service.network_mode.as_ref().is_none_or(|mode| {
        let shared = ["service:", "container:"].iter().any(|kind| mode.starts_with(kind));
        !shared && !matches!(mode.as_str(), "host" | "none")
    })
}

/// Where a service is put into the host's own network, be it by `network_mode`, by a network that is
/// the host's, or by sharing the network of such a service; nowhere if it is not.
#[must_use]
pub fn host_network(project: &Project, name: &str) -> Option<Origin> {
    let mut name = name;
    // A circle of shared networks ends here too.
    for _ in 0..=project.services.len() {
        let service = project.services.get(name)?;
        match &service.network_mode {
            Some(mode) if mode.as_str() == "host" => return Some(mode.origin),
            Some(mode) if !mode.is_empty() => name = mode.strip_prefix("service:")?,
            _ => {
                let used = service.networks.iter().find(|(key, _)| is_the_hosts(project, key));
                return used.map(|(_, used)| used.origin);
            }
        }
    }
    None
}

/// Whether a network of the files is the host's own: Compose hands its name on as a network mode.
#[must_use]
pub fn is_the_hosts(project: &Project, key: &str) -> bool {
    project.networks.get(key).is_some_and(|network| {
        let name = network.name.as_ref().map_or(key, |name| name.as_str());
        network.is_external() && name == "host"
            || network.driver.as_ref().is_some_and(|driver| driver.value == "host")
    })
}

/// What a service publishes.
#[must_use]
pub fn of<'a>(name: &'a str, service: &'a Service) -> Vec<Published<'a>> {
    let mut found: Vec<Published<'a>> = Vec::new();
    for port in &service.ports {
        let target = port.target();
        let host = port.published().and_then(range);
        let whole = found.iter_mut().find(|one| {
            one.origin.place == port.origin.place
                && one.port.protocol() == port.protocol()
                && one.port.host_ip() == port.host_ip()
        });
        match whole {
            Some(whole) => {
                whole.targets = widen(&whole.targets, &(target..=target));
                whole.host = match (&whole.host, &host) {
                    (Some(whole), Some(host)) => Some(widen(whole, host)),
                    _ => None,
                };
            }
            None => found.push(Published {
                service: name,
                port: &port.value,
                origin: port.origin,
                targets: target..=target,
                host,
            }),
        }
    }
    found
}

/// A text without what stands in `${…}`.
fn outside_variables(text: &str) -> String {
    let mut depth = 0;
    let mut left = String::new();
    for letter in text.chars() {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ if depth == 0 => left.push(letter),
            _ => {}
        }
    }
    left
}

/// Whether an entry is a mapping as it is written.
fn is_long(written: &str) -> bool {
    let written = written.trim_start();
    written.starts_with('{')
        || ["target:", "published:", "mode:", "protocol:", "host_ip:", "name:", "app_protocol:"]
            .iter()
            .any(|key| written.starts_with(key))
}

fn widen(a: &RangeInclusive<u16>, b: &RangeInclusive<u16>) -> RangeInclusive<u16> {
    *a.start().min(b.start())..=*a.end().max(b.end())
}

/// Everything that is published, in the order of the services.
#[must_use]
pub fn all(project: &Project) -> Vec<Published<'_>> {
    let services = services::made(project)
        .filter(|(name, service)| has_effect(service) && host_network(project, name).is_none());
    services.flat_map(|(name, service)| of(name, service)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_for_this_machine_keeps_its_variables() {
        let local = |entry: &str| {
            let text = format!("services:\n  a:\n    image: a\n    ports:\n      - {entry}\n");
            let project: Project =
                crate::compose::project::load_text("compose.yaml", &text).expect("a model").into();
            all(&project)[0].local(&project)
        };
        assert_eq!(local("'${PGPORT:-5432}:5432'"), "\"127.0.0.1:${PGPORT:-5432}:5432\"");
        assert_eq!(local("0.0.0.0:${PGPORT:-5432}:5432"), "\"127.0.0.1:${PGPORT:-5432}:5432\"");
        assert_eq!(local("${IP:-0.0.0.0}:80:80"), "\"127.0.0.1:80:80\"");
        assert_eq!(local("${PORT:-80}"), "\"127.0.0.1::${PORT:-80}\"");
        assert_eq!(local("80"), "\"127.0.0.1::80\"");
        assert_eq!(local("'53:53/udp'"), "\"127.0.0.1:53:53/udp\"");
        for long in ["{target: 80, published: '${P:-81}'}", "target: 80\n        published: 81"] {
            assert_eq!(local(long), "`host_ip: 127.0.0.1`");
        }
    }

    #[test]
    fn an_address_is_every_one_loopback_or_one() {
        for every in
            [None, Some(""), Some("0.0.0.0"), Some("::"), Some("[::]"), Some("::ffff:0.0.0.0")]
        {
            assert_eq!(address(every), Address::Every, "{every:?}");
        }
        for loopback in ["127.0.0.1", "127.1.2.3", "::1", "localhost"] {
            assert_eq!(address(Some(loopback)), Address::Loopback, "{loopback}");
        }
        assert_eq!(address(Some("10.0.0.1")), Address::One);
    }

    #[test]
    fn a_range_that_is_none_is_any_free_port() {
        assert_eq!(range("8000-8010"), Some(8000..=8010));
        for none in ["", "0", "a", "8010-8000", "1-", "-1", "70000"] {
            assert_eq!(range(none), None, "{none}");
        }
    }
}
