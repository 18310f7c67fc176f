//! A part of the scenarios, so that several machines judge all of them together.
//!
//! The scenarios that are asked for are put in an order: by the environments that they speak of, then
//! as the features have them. That list is cut into parts of the same length, give or take one. So
//! parts are disjoint and together complete, and most environments are brought up by one machine alone.

use std::str::FromStr;

use super::Suite;
use crate::run::Part;

/// One part of several: `1/4`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// From 1.
    number: usize,
    of: usize,
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "write for instance 1/4: the first of four parts".to_owned();
        let (number, of) = text.split_once('/').ok_or_else(wrong)?;
        let digits = |text: &str| {
            let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            text.parse::<usize>().ok().filter(|_| plain)
        };
        let number = digits(number).ok_or_else(wrong)?;
        let of = digits(of).ok_or_else(wrong)?;
        if number == 0 || number > of {
            return Err(format!("of {of} parts there is no number {number}: they begin at 1"));
        }
        Ok(Self { number, of })
    }
}

impl std::fmt::Display for Shard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

impl Shard {
    /// As a run knows it.
    #[must_use]
    pub const fn part(self) -> Option<Part> {
        Part::new(self.number, self.of)
    }

    /// Which places of a list of this length are in the part, once it is in order.
    fn range(self, length: usize) -> std::ops::Range<usize> {
        let cut = |number: usize| {
            let at = (length as u128) * (number as u128) / (self.of as u128);
            usize::try_from(at).unwrap_or(length)
        };
        cut(self.number - 1)..cut(self.number)
    }

    /// Which of some scenarios, by the environments of each, are in the part.
    fn picks<K: Ord>(self, environments: &[K]) -> Vec<bool> {
        let mut order: Vec<usize> = (0..environments.len()).collect();
        // A stable sort keeps the order of the features.
        order.sort_by(|a, b| environments[*a].cmp(&environments[*b]));
        let mut picked = vec![false; environments.len()];
        for at in &order[self.range(order.len())] {
            picked[*at] = true;
        }
        picked
    }
}

impl Suite {
    /// Keeps one part of the plan; the others are among the rest, which nobody asked here.
    pub fn keep(&mut self, shard: Shard) {
        let environments: Vec<_> =
            self.plan.iter().map(|planned| planned.environments.clone()).collect();
        let picked = shard.picks(&environments);
        let (mut own, mut others) = (Vec::new(), Vec::new());
        for (planned, is_picked) in std::mem::take(&mut self.plan).into_iter().zip(picked) {
            if is_picked { own.push(planned) } else { others.push(planned) }
        }
        self.plan = own;
        self.rest.append(&mut others);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_part_is_read_and_what_is_none_is_refused() {
        assert_eq!("2/4".parse(), Ok(Shard { number: 2, of: 4 }));
        for (text, says) in [
            ("0/4", "no number 0"),
            ("5/4", "of 4 parts there is no number 5"),
            ("1/0", "no number 1"),
            ("x", "1/4"),
            ("1/", "1/4"),
            ("+1/4", "1/4"),
            ("1/4/2", "1/4"),
            ("-1/4", "1/4"),
            ("99999999999999999999999/4", "1/4"),
        ] {
            let why = text.parse::<Shard>().expect_err(text);
            assert!(why.contains(says), "{text}: {why}");
        }
    }

    #[test]
    fn environments_stay_together() {
        let environments = ["b", "a", "b", "a", "b", "a"];
        let part = |number| Shard { number, of: 2 }.picks(&environments);
        assert_eq!(part(1), [false, true, false, true, false, true]);
        assert_eq!(part(2), [true, false, true, false, true, false]);
    }

    proptest! {
        #[test]
        fn parts_are_disjoint_and_together_complete(
            environments in prop::collection::vec(0_u8..5, 0..60),
            of in 1_usize..70,
        ) {
            let mut times = vec![0; environments.len()];
            let mut lengths = Vec::new();
            for number in 1..=of {
                let picked = Shard { number, of }.picks(&environments);
                prop_assert_eq!(&picked, &Shard { number, of }.picks(&environments));
                lengths.push(picked.iter().filter(|is_picked| **is_picked).count());
                for (time, is_picked) in times.iter_mut().zip(picked) {
                    *time += usize::from(is_picked);
                }
            }
            prop_assert!(times.iter().all(|time| *time == 1));
            let (least, most) = (lengths.iter().min(), lengths.iter().max());
            prop_assert!(most.zip(least).is_some_and(|(most, least)| most - least <= 1));
        }
    }
}
