//! Blocks of addresses that nobody uses: of the same size as those of the files, so that what is
//! fixed in them keeps its place within.

use std::{
    hash::{DefaultHasher, Hash as _, Hasher as _},
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// The private blocks of RFC 1918, the largest first.
const PRIVATE: [(Ipv4Addr, u8); 3] = [
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
];
/// How many blocks are looked at before one gives up.
const TRIES: u32 = 1 << 16;

/// A block of the files, and the one that the run has in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Moved {
    pub declared: IpNet,
    pub own: IpNet,
}

impl Moved {
    /// The address with the same place in the run's block; none if it lies in no part of the declared one.
    pub fn address(&self, declared: IpAddr) -> Option<IpAddr> {
        if !self.declared.contains(&declared) {
            return None;
        }
        match (declared, self.own) {
            (IpAddr::V4(address), IpNet::V4(own)) => {
                let place = address.to_bits() & own.hostmask().to_bits();
                Some(Ipv4Addr::from_bits(own.network().to_bits() | place).into())
            }
            (IpAddr::V6(address), IpNet::V6(own)) => {
                let place = address.to_bits() & own.hostmask().to_bits();
                Some(Ipv6Addr::from_bits(own.network().to_bits() | place).into())
            }
            _ => None,
        }
    }

    /// The part of the run's block that corresponds to a part of the declared one.
    pub fn part(&self, declared: IpNet) -> Option<IpNet> {
        let base = self.address(declared.network())?;
        IpNet::new(base, declared.prefix_len()).ok()
    }
}

/// A number that differs from run to run and from network to network.
pub(super) fn seed(words: &[&str]) -> u64 {
    let mut hasher = DefaultHasher::new();
    words.hash(&mut hasher);
    hasher.finish()
}

fn overlap(one: &IpNet, other: &IpNet) -> bool {
    one.contains(other) || other.contains(one)
}

/// A private block of the same size that meets none of those that are taken.
pub(super) fn free(declared: IpNet, seed: u64, taken: &[IpNet]) -> Option<IpNet> {
    let is_free = |block: &IpNet| !taken.iter().any(|other| overlap(block, other));
    match declared {
        IpNet::V4(declared) => free_v4(declared, seed, is_free),
        IpNet::V6(declared) => free_v6(declared, seed, is_free),
    }
}

fn free_v4(declared: Ipv4Net, seed: u64, is_free: impl Fn(&IpNet) -> bool) -> Option<IpNet> {
    let prefix = declared.prefix_len();
    let mut blocks: Vec<Ipv4Net> = PRIVATE
        .iter()
        .filter(|(_, length)| *length <= prefix)
        .filter_map(|(base, length)| Ipv4Net::new(*base, *length).ok())
        .collect();
    // What trusts a whole private block trusts the run's addresses too.
    blocks.sort_by_key(|block| !block.contains(&declared));
    blocks.into_iter().find_map(|block| {
        let count = 1_u32 << (prefix - block.prefix_len()).min(31);
        let start = u32::try_from(seed % u64::from(count)).unwrap_or_default();
        (0..count.min(TRIES)).find_map(|step| {
            let number = start.wrapping_add(step) % count;
            let base = block.network().to_bits() | (number.checked_shl(32 - u32::from(prefix))?);
            let own = IpNet::V4(Ipv4Net::new(Ipv4Addr::from_bits(base), prefix).ok()?);
            is_free(&own).then_some(own)
        })
    })
}

/// Unique local addresses (RFC 4193): their bits are chosen at random, so that they meet no other.
fn free_v6(declared: Ipv6Net, seed: u64, is_free: impl Fn(&IpNet) -> bool) -> Option<IpNet> {
    const LOCAL: u128 = 0xfd << 120;
    let prefix = declared.prefix_len();
    if prefix <= 8 {
        return None;
    }
    (0..u64::from(TRIES)).find_map(|step| {
        let random = u128::from(seed.wrapping_add(step.wrapping_mul(0x9e37_79b9_7f4a_7c15)));
        let base = Ipv6Addr::from_bits(LOCAL | (random << 56));
        let own = IpNet::V6(Ipv6Net::new(base, prefix).ok()?.trunc());
        is_free(&own).then_some(own)
    })
}

/// The blocks that this host knows a way to, as the kernel lists them (proc(5), `net/route`).
pub(super) fn routed() -> Vec<IpNet> {
    let read = |file: &str| std::fs::read_to_string(file).unwrap_or_default();
    let (fourth, sixth) = (read("/proc/net/route"), read("/proc/net/ipv6_route"));
    fourth.lines().filter_map(route_v4).chain(sixth.lines().filter_map(route_v6)).collect()
}

fn route_v4(line: &str) -> Option<IpNet> {
    let columns: Vec<&str> = line.split_whitespace().collect();
    let word = |at: usize| u32::from_str_radix(columns.get(at)?, 16).ok();
    let (base, mask) = (word(1)?, word(7)?);
    let mask = Ipv4Addr::from(mask.to_ne_bytes());
    let block = Ipv4Net::with_netmask(Ipv4Addr::from(base.to_ne_bytes()), mask).ok()?;
    (block.prefix_len() > 0).then_some(IpNet::V4(block))
}

fn route_v6(line: &str) -> Option<IpNet> {
    let mut columns = line.split_whitespace();
    let base = u128::from_str_radix(columns.next()?, 16).ok()?;
    let length = u8::from_str_radix(columns.next()?, 16).ok()?;
    let block = Ipv6Net::new(Ipv6Addr::from_bits(base), length).ok()?;
    (length > 0).then_some(IpNet::V6(block))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn net(text: &str) -> IpNet {
        text.parse().expect("a block")
    }

    #[test]
    fn a_moved_block_has_the_same_size_and_meets_no_other() {
        let taken = [net("172.16.0.0/13"), net("172.28.0.0/16")];
        for seed in 0..40 {
            let own = free(net("172.28.0.0/16"), seed, &taken).expect("a free block");
            assert_eq!(own.prefix_len(), 16);
            assert!(net("172.16.0.0/12").contains(&own), "the same private block: {own}");
            assert!(taken.iter().all(|other| !overlap(&own, other)), "{own}");
        }
    }

    #[test]
    fn when_a_private_block_is_full_another_is_taken() {
        let own = free(net("192.168.0.0/16"), 7, &[net("192.168.3.0/24")]).expect("a block");
        assert!(net("10.0.0.0/8").contains(&own), "{own}");
        assert_eq!(free(net("10.0.0.0/8"), 7, &[net("10.1.0.0/16")]), None);
        // What is no private block is moved into one.
        let own = free(net("203.0.113.0/24"), 7, &[]).expect("a block");
        assert!(net("10.0.0.0/8").contains(&own), "{own}");
    }

    #[test]
    fn an_address_keeps_its_place() {
        let moved = Moved { declared: net("172.28.0.0/16"), own: net("10.7.0.0/16") };
        let at = |text: &str| moved.address(text.parse().expect("an address"));
        assert_eq!(at("172.28.3.5").map(|seen| seen.to_string()).as_deref(), Some("10.7.3.5"));
        assert_eq!(at("172.29.3.5"), None);
        assert_eq!(moved.part(net("172.28.5.0/24")), Some(net("10.7.5.0/24")));
        let own = free(net("2001:db8:1::/64"), 3, &[]).expect("a block");
        let moved = Moved { declared: net("2001:db8:1::/64"), own };
        let address = moved.address("2001:db8:1::53".parse().expect("an address"));
        assert!(
            address.is_some_and(
                |address| own.contains(&address) && address.to_string().ends_with(":53")
            )
        );
        assert!(own.to_string().starts_with("fd"), "{own}");
    }

    #[test]
    fn the_kernel_lists_its_routes() {
        let line = format!(
            "eth0\t{:08X}\t00000000\t0001\t0\t0\t0\t{:08X}\t0\t0\t0",
            u32::from_ne_bytes([172, 20, 0, 0]),
            u32::from_ne_bytes([255, 255, 0, 0])
        );
        assert_eq!(route_v4(&line), Some(net("172.20.0.0/16")));
        let line = "fd000000000000000000000000000000 40 0 00 0 00000000 1 0 1 eth0";
        assert_eq!(route_v6(line), Some(net("fd00::/64")));
    }
}
