//! Which container reaches which on what: what listens, at which addresses, and what the kernel routes
//! out of its network.

use std::{
    collections::BTreeSet,
    net::{Ipv4Addr, Ipv6Addr},
};

use super::listeners;
use crate::stack::dial::Tables;

/// The TCP ports that are open to others in a network: loopback, and with it the engine's own name
/// server, is left out.
#[must_use]
pub fn listening(tables: &Tables) -> BTreeSet<u16> {
    let seen = listeners::in_tables(tables).into_iter();
    let open = seen.filter(|one| !one.address.to_canonical().is_loopback());
    open.map(|one| one.port).collect()
}

/// The default routes of a network, in the kernel's words.
#[must_use]
pub fn default_routes(tables: &Tables) -> Vec<String> {
    defaults_of_v4(&tables.route).chain(defaults_of_v6(&tables.ipv6_route)).collect()
}
fn defaults_of_v4(text: &str) -> impl Iterator<Item = String> {
    text.lines().skip(1).filter_map(|line| {
        let columns: Vec<&str> = line.split_whitespace().collect();
        let [device, destination, gateway, _, _, _, _, mask, ..] = columns[..] else { return None };
        let gateway = u32::from_str_radix(gateway, 16).ok()?;
        (destination == "00000000" && mask == "00000000").then(|| {
            let gateway = Ipv4Addr::from(gateway.to_ne_bytes());
            format!("default via {gateway} dev {device}")
        })
    })
}

fn defaults_of_v6(text: &str) -> impl Iterator<Item = String> {
    text.lines().filter_map(|line| {
        let columns: Vec<&str> = line.split_whitespace().collect();
        let [destination, length, _, _, gateway, .., device] = columns[..] else { return None };
        let everything = destination.bytes().all(|digit| digit == b'0') && length == "00";
        let gateway = Ipv6Addr::from(u128::from_str_radix(gateway, 16).ok()?);
        (everything && device != "lo").then(|| format!("default via {gateway} dev {device}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_default_route_is_seen_in_either_version() {
        let gateway = format!("{:08X}", u32::from_ne_bytes([172, 20, 0, 1]));
        let fourth = format!(
            "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n\
             eth0\t00000000\t{gateway}\t0003\t0\t0\t0\t00000000\t0\t0\t0\n\
             eth0\t000014AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n"
        );
        let seen: Vec<String> = defaults_of_v4(&fourth).collect();
        assert_eq!(seen, ["default via 172.20.0.1 dev eth0"]);
        let zeros = "0".repeat(32);
        let sixth = format!(
            "{zeros} 00 {zeros} 00 fd000000000000000000000000000001 00000400 00000003 00000000 00000003 eth0\n\
             {zeros} 00 {zeros} 00 {zeros} ffffffff 00000001 00000000 00200200 lo\n"
        );
        let seen: Vec<String> = defaults_of_v6(&sixth).collect();
        assert_eq!(seen, ["default via fd00::1 dev eth0"]);
    }
}
