//! Three stacks that are nobody's example of this repository: `fixtures/stacks/`. Each is sound by its
//! own features, and each folder of its `breaks/` breaks it in one way. Exactly the scenarios that its
//! `case.yaml` names fail, by the truths that it names, with words that help.

use super::{
    cases::{Case, Failed, cases, failed, strayed, unlike},
    support::{Ended, Project, root},
};

const STACKS: &[&str] = &["voting", "orders", "messy"];

/// A run of a stack on the stand-ins, and what failed in it. On one stack scenarios come in the order
/// of the features.
fn run(name: &str, more: &[&str]) -> (Ended, Failed) {
    let project = Project::stack(name);
    let junit = project.aside("junit.xml");
    let mut arguments = vec!["verify", "--airgap", "--stacks", "1"];
    arguments.extend(["--junit", junit.to_str().expect("UTF-8")]);
    arguments.extend(more);
    let ended = project.start(&arguments).end_clean();
    assert!(junit.exists(), "nothing was judged:\n{}", ended.output);
    let failed = failed(&junit, &ended.output);
    (ended, failed)
}

fn is_sound(name: &str) {
    let (ended, failed) = run(name, &[]);
    assert_eq!(failed, Failed::new(), "{}", ended.output);
    ended.says(0, &["seaworthy: "]);
}

fn cases_of(name: &str) -> Vec<Case> {
    cases(&root().join("fixtures/stacks").join(name).join("breaks"))
}

/// Lays the cases of a group over the stack, together, and runs the scenarios of some paths (all
/// without any).
fn exactly_these_fail(name: &str, group: &str, more: &[&str]) {
    let mut cases = cases_of(name);
    cases.retain(|case| case.group == group);
    assert!(!cases.is_empty(), "no case of {name} is of group {group}");
    let overlays: Vec<String> =
        cases.iter().map(|case| format!("breaks/{}/compose.yaml", case.name)).collect();
    let mut arguments: Vec<&str> = more.to_vec();
    arguments.extend(overlays.iter().flat_map(|overlay| ["--overlay", overlay.as_str()]));
    let (ended, failed) = run(name, &arguments);
    let wrong = unlike(&cases, &failed);
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    ended.says(1, &["not seaworthy"]);
}

#[test]
fn votes_are_counted() {
    is_sound("voting");
}

#[test]
fn orders_are_packed() {
    is_sound("orders");
}

#[test]
fn a_stack_that_grew_by_itself_is_sound_as_far_as_it_goes() {
    is_sound("messy");
}

macro_rules! groups {
    ($($test:ident: $stack:literal $group:literal $(on $($more:literal)+)?;)*) => {
        const GROUPS: &[(&str, &str)] = &[$(($stack, $group)),*];
        $(
            #[test]
            fn $test() {
                exactly_these_fail($stack, $group, &[$($($more),+)?]);
            }
        )*
    };
}

groups! {
    doors_to_votes_are_noticed: "voting" "doors" on "features/architecture.feature";
    lost_votes_are_noticed: "voting" "losses" on "features/votes.feature" "features/trouble.feature";
    doors_to_orders_are_noticed: "orders" "doors"
        on "features/architecture.feature" "features/load.feature";
    lost_orders_are_noticed: "orders" "losses"
        on "features/orders.feature" "features/trouble.feature" "features/load.feature"
        "--tags=not @rolling";
    more_mess_is_noticed: "messy" "doors" on "--tags=not @disruptive";
    what_stays_down_is_noticed: "messy" "losses" on "--tags=not @recreated";
    what_ends_for_good_is_noticed: "messy" "ends" on "--tags=not @disruptive";
    a_catalogue_that_is_not_awaited_is_noticed: "messy" "unawaited"
        on "--name" "The catalogue is loaded before anybody asks for it";
    a_lost_catalogue_is_noticed: "messy" "recreated" on "--tags=@recreated";
}

#[test]
fn every_stack_is_broken_in_six_ways_or_more() {
    for stack in STACKS {
        let cases = cases_of(stack);
        assert!(cases.len() >= 6, "{stack} is broken in {} ways", cases.len());
        for case in &cases {
            let is_run = GROUPS.contains(&(*stack, case.group.as_str()));
            assert!(is_run, "{stack}: no test runs group {} of {}", case.group, case.name);
            assert!(!case.fails.is_empty(), "{stack}: {} breaks nothing", case.name);
        }
        let strayed = strayed(&root().join("fixtures/stacks").join(stack), &cases);
        assert!(strayed.is_empty(), "{}", strayed.join("\n"));
    }
}
