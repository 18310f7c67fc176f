//! What a service's processes may do: as whom they run, whether they can gain privileges, which
//! capabilities they have. Declared by the files, and borne out by the kernel's own word.

use crate::steps::{
    Step, StepResult, World,
    judging::{
        declared,
        every::{self, Places, Told, Witness},
        verdict::judged,
    },
};
use crate::{
    compose::{Project, Service},
    facts::{
        Violation,
        answers::capability,
        processes::{Departure, Granted, Identity, Sealing},
    },
    probe::{kernel::counted, processes},
    run::Failure,
    stack::engine::{Container, Engine},
    words::quoted_list,
};

const UNPRIVILEGED: &str = "every service runs as an unprivileged user";
const NO_NEW: &str = "no service can gain new privileges";
const NO_CAPABILITY: &str = "no service has a capability";

pub(crate) static STEPS: &[Step] = &[
    Step::then(
        UNPRIVILEGED,
        "The files name a user that is not root; no process of a container has root's user or group id, real, effective, saved or of the file system. (Health checks and other commands that the engine starts beside are left out.)",
        UNPRIVILEGED,
    )
    .excepts()
    .declared(|world, arguments| {
        let says = |project: &Project, name: &str, service: &Service| {
            (vec![Identity::declared(project, name, service)], written(project, name))
        };
        every::by_files(world, arguments, UNPRIVILEGED, says, unprivileged)
    })
    .observed(|world, arguments| {
        Box::pin(async move {
            let engine = engine(world)?;
            let ask = async |_: &Service, container: &Container| {
                Ok(processes::identities(&engine, container).await?)
            };
            every::on_stack(world, arguments, UNPRIVILEGED, ask, written, unprivileged).await
        })
    }),
    Step::then(
        NO_NEW,
        "The files set no-new-privileges and make no service privileged; the kernel shows it for every process: no set-user-id program can make it more than it is.",
        NO_NEW,
    )
    .excepts()
    .declared(|world, arguments| {
        let says = |project: &Project, name: &str, service: &Service| {
            (Sealing::declared(service), written(project, name))
        };
        every::by_files(world, arguments, NO_NEW, says, sealed)
    })
    .observed(|world, arguments| {
        Box::pin(async move {
            let engine = engine(world)?;
            let ask = async |_: &Service, container: &Container| {
                Ok(processes::sealing(&engine, container).await?)
            };
            every::on_stack(world, arguments, NO_NEW, ask, written, sealed).await
        })
    }),
    Step::then(
        NO_CAPABILITY,
        "All capabilities are dropped and none is given back; no process has one in any of its sets, or could ever get one.",
        NO_CAPABILITY,
    )
    .excepts()
    .declared(|world, arguments| {
        let says = |project: &Project, name: &str, service: &Service| {
            (Granted::declared(service), written(project, name))
        };
        every::by_files(world, arguments, NO_CAPABILITY, says, without_capability)
    })
    .observed(|world, arguments| {
        Box::pin(async move {
            let engine = engine(world)?;
            let ask = async |_: &Service, container: &Container| {
                Ok(processes::granted(&engine, container).await?)
            };
            let judge = without_capability;
            every::on_stack(world, arguments, NO_CAPABILITY, ask, written, judge).await
        })
    }),
    Step::then(
        "service {service} has the capabilities {capabilities} and no other",
        "All capabilities are dropped and only these are given back; no process has another in any of its sets, or could get one.",
        "service \"web\" has the capabilities \"NET_BIND_SERVICE\" and no other",
    )
    .declared(|world, arguments| has_by_files(world, arguments.text(0)?, arguments.names(1)?))
    .observed(|world, arguments| {
        Box::pin(async move { has(world, arguments.text(0)?, arguments.names(1)?).await })
    }),
    Step::then(
        "service {service} has no capability",
        "All capabilities are dropped and none is given back; no process has one in any of its sets, or could get one.",
        "service \"api\" has no capability",
    )
    .declared(|world, arguments| has_by_files(world, arguments.text(0)?, &[]))
    .observed(|world, arguments| {
        Box::pin(async move { has(world, arguments.text(0)?, &[]).await })
    }),
];

fn engine(world: &World) -> Result<Engine, Failure> {
    Ok(world.running()?.stack.engine.clone())
}

/// Where the keys of a service's rights are written.
fn written(project: &Project, name: &str) -> Places {
    every::places(project, name, &["user", "privileged", "security_opt", "cap_drop", "cap_add"])
}

/// What to do about a service, or that it may be excepted.
fn or_except(help: &str, name: &str) -> String {
    format!("{help} for service \"{name}\", or add an exception with its reason")
}

/// Judges that whoever a service runs as is known to be neither root nor of root's group. Whom nobody
/// names in the files is most often root.
fn unprivileged(facts: &[Told<Vec<Identity>>]) -> Vec<Violation> {
    const HELP: &str = "write `user: \"1000:1000\"` with a user and a group of the image, or let the image end with `USER`,";
    let judge = |fact: &Told<Vec<Identity>>| {
        let all = &fact.value.value;
        let wrong = all.iter().filter(|identity| !identity.is_unprivileged());
        let wrong = counted(wrong.map(|identity| identity.shown.as_str()));
        if wrong.is_empty() && !all.is_empty() {
            return None;
        }
        let wrong = wrong.join("; ");
        let found = match &fact.value.by {
            Witness::Files => wrong,
            Witness::Kernel { .. } => format!("runs as root or in root's group: {wrong}"),
            Witness::Engine { .. } => format!("was to run as root or in root's group: {wrong}"),
        };
        Some(fact.violation(UNPRIVILEGED, &found, "user", or_except(HELP, &fact.subject)))
    };
    facts.iter().filter_map(judge).collect()
}

/// Judges that no process can gain privileges, and that none needs to, as a privileged one.
fn sealed(facts: &[Told<Sealing>]) -> Vec<Violation> {
    let judge = |fact: &Told<Sealing>| {
        let Sealing { privileged, seals } = &fact.value.value;
        let help = |help: &str| or_except(help, &fact.subject);
        if *privileged {
            let help = help("remove `privileged: true`");
            return Some(fact.violation(NO_NEW, "is privileged", "privileged", help));
        }
        let wrong = seals.iter().filter(|seal| seal.is_on != Some(true));
        let wrong = counted(wrong.map(|seal| seal.shown.as_str()));
        if wrong.is_empty() && !seals.is_empty() {
            return None;
        }
        let wrong = wrong.join("; ");
        let found = match &fact.value.by {
            Witness::Files => wrong,
            Witness::Kernel { .. } => format!("can gain privileges: {wrong}"),
            Witness::Engine { .. } => format!("could gain privileges: {wrong}"),
        };
        let help = help("write `security_opt: [\"no-new-privileges:true\"]`");
        Some(fact.violation(NO_NEW, &found, "security_opt", help))
    };
    facts.iter().filter_map(judge).collect()
}

/// The key that gives capabilities besides, what they are called, and what to write.
fn besides(departures: &[Departure]) -> Option<(&'static str, String)> {
    let mut names = Vec::new();
    let mut key = "cap_add";
    for departure in departures {
        match departure {
            Departure::Privileged => {
                return Some(("privileged", "every capability: it is privileged".into()));
            }
            Departure::Kept(kept) => {
                key = "cap_drop";
                names.extend(kept.iter().cloned());
            }
            Departure::More(more) => names.extend(more.iter().cloned()),
            Departure::Fewer(_) => {}
        }
    }
    (!names.is_empty()).then(|| (key, names.join(", ")))
}

/// Judges that there is no capability at all.
fn without_capability(facts: &[Told<Granted>]) -> Vec<Violation> {
    let judge = |fact: &Told<Granted>| -> Vec<Violation> {
        let violation = |key: &str, found: &str, help: &str| {
            fact.violation(NO_CAPABILITY, found, key, or_except(help, &fact.subject))
        };
        let departures = fact.value.value.departures(&[]);
        let of_files = |departure: &Departure| match departure {
            Departure::Privileged => violation(
                "privileged",
                "is privileged: it has every capability",
                "remove `privileged: true`",
            ),
            Departure::Kept(_) => violation(
                "cap_drop",
                "keeps capabilities that the engine gives to all",
                "write `cap_drop: [ALL]`",
            ),
            Departure::More(names) => {
                violation("cap_add", &format!("is given {}", names.join(", ")), "remove `cap_add:`")
            }
            Departure::Fewer(name) => violation("cap_add", &format!("lacks {name}"), "add it"),
        };
        if fact.value.by == Witness::Files {
            return departures.iter().map(of_files).collect();
        }
        let Some((key, names)) = besides(&departures) else { return Vec::new() };
        let found = match &fact.value.by {
            Witness::Engine { .. } => {
                format!("could have capabilities: {}", fact.value.value.shown)
            }
            _ => format!("has, or can get, {names}"),
        };
        let help = if key == "privileged" {
            "remove `privileged: true`"
        } else {
            "write `cap_drop: [ALL]` and no `cap_add:`"
        };
        vec![violation(key, &found, help)]
    };
    facts.iter().flat_map(judge).collect()
}

/// Judges that a service has these capabilities and no other, each departure on its own.
fn exactly(wanted: &[String], facts: &[Told<Granted>]) -> Vec<Violation> {
    facts.iter().flat_map(|fact| departing(wanted, fact)).collect()
}

fn departing(wanted: &[String], fact: &Told<Granted>) -> Vec<Violation> {
    let (name, who) = (&fact.subject, fact.who());
    let Granted { added, .. } = &fact.value.value;
    let expected = if wanted.is_empty() {
        format!("{who} has no capability")
    } else {
        let names = quoted_list(wanted.iter().map(String::as_str));
        format!("{who} has the capabilities {names} and no other")
    };
    let violation = |key: &str, what: &str, found: String, help: String| Violation {
        subject: format!("services.{name}.{key}: {what}"),
        found: fact.found(&found),
        at: fact.place(key),
        expected: expected.clone(),
        help,
    };
    let by = &fact.value.by;
    let mut violations = Vec::new();
    for departure in fact.value.value.departures(wanted) {
        match departure {
            Departure::Privileged => violations.push(violation(
                "privileged",
                "true",
                "it is privileged: it has every capability".into(),
                format!("remove `privileged: true` of service \"{name}\""),
            )),
            Departure::Kept(names) => {
                let found = match by {
                    Witness::Files => "those of the engine's default are not dropped".into(),
                    Witness::Kernel { .. } => {
                        format!("it has, or can get, {} besides", names.join(", "))
                    }
                    Witness::Engine { .. } => {
                        "it could have what the engine gives to all besides".into()
                    }
                };
                let help = format!("write `cap_drop: [ALL]` for service \"{name}\"");
                violations.push(violation("cap_drop", "ALL", found, help));
            }
            Departure::More(names) => violations.extend(names.iter().map(|more| {
                let found = match by {
                    Witness::Files => format!("{more} is given besides"),
                    _ => format!("it has, or can get, {more} besides"),
                };
                let help = format!("remove {more} from `cap_add` of service \"{name}\"");
                let written = added.iter().find(|added| capability::name(added) == *more);
                let written = written.map(|added| added.origin);
                let written = written.filter(|origin| origin.place.file().is_some());
                let violation = violation("cap_add", more, found, help);
                Violation { at: written.or(violation.at), ..violation }
            })),
            Departure::Fewer(fewer) => {
                let found = match by {
                    Witness::Files => format!("{fewer} is not given"),
                    _ => format!("it cannot have {fewer}"),
                };
                let help = format!("add {fewer} to `cap_add` of service \"{name}\"");
                violations.push(violation("cap_add", &fewer, found, help));
            }
        }
    }
    violations
}

fn names(wanted: &[String]) -> Vec<String> {
    wanted.iter().map(|name| capability::name(name)).collect()
}

/// Judges by the files that a service has these capabilities and no other.
fn has_by_files(world: &mut World, name: &str, wanted: &[String]) -> StepResult {
    let project = world.project()?;
    let granted = Granted::declared(declared::service(&project, name)?);
    let wanted = names(wanted);
    let fact = every::told(&project, name, Witness::Files, granted, written(&project, name));
    judged(&project, None, exactly(&wanted, &[fact]))?;
    let told = if wanted.is_empty() { "none".into() } else { wanted.join(", ") };
    world.evidence(format!("capabilities of \"{name}\""), told);
    Ok(())
}

/// Judges by the kernel that a service has these capabilities and no other.
async fn has(world: &mut World, name: &str, wanted: &[String]) -> StepResult {
    let (engine, wanted) = (engine(world)?, names(wanted));
    let ask = async |container: &Container| Ok(processes::granted(&engine, container).await?);
    every::of_service(world, name, ask, written, |facts| exactly(&wanted, facts)).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        facts::{answers::capability::Capabilities, processes::Seal},
        steps::judging::every::samples::{said, witnesses},
    };

    fn found(violations: Vec<Violation>) -> Vec<String> {
        violations.into_iter().map(|violation| violation.found).collect()
    }

    #[test]
    fn who_is_root_or_nobody_knows_whom_is_not_unprivileged() {
        let one = |users: Result<&[&str], &str>, shown: &str| Identity {
            users: users
                .map(|users| users.iter().map(|user| (*user).to_owned()).collect())
                .map_err(str::to_owned),
            shown: shown.to_owned(),
        };
        let app = || one(Ok(&["7:7", "7:7"]), "app: Uid: 7 7");
        let root = || one(Ok(&["7:7", "0:7"]), "init: Uid: 7 0");
        let group = || one(Ok(&["7:0"]), "init: Gid: 0");
        let [files, kernel, engine] = witnesses();
        for (by, identities, says) in [
            (&files, vec![app()], None),
            (
                &files,
                vec![one(Ok(&["app:root"]), "runs as \"app:root\"")],
                Some("service \"a\" runs as \"app:root\""),
            ),
            (
                &files,
                vec![one(Err("an image"), "has no `user`")],
                Some("service \"a\" has no `user`"),
            ),
            (&kernel, vec![app(), app()], None),
            // One of many is enough; those that show the same are told once.
            (
                &kernel,
                vec![app(), root(), group(), root()],
                Some(
                    "shop-a-1 runs as root or in root's group: init: Uid: 7 0 (2 processes); init: Gid: 0",
                ),
            ),
            (&kernel, vec![], Some("shop-a-1 runs as root or in root's group: ")),
            (
                &engine,
                vec![root()],
                Some(
                    "shop-a-1 was to run as root or in root's group: init: Uid: 7 0 (by its configuration: it has ended with 0)",
                ),
            ),
        ] {
            let told = found(unprivileged(&[said(by.clone(), identities)]));
            assert_eq!(told, says.into_iter().collect::<Vec<_>>(), "{by:?}");
        }
    }

    #[test]
    fn who_can_gain_privileges_or_has_them_all_is_told() {
        let seal = |is_on: Option<bool>| Seal { is_on, shown: format!("{is_on:?}") };
        let [files, kernel, engine] = witnesses();
        for (by, privileged, seals, says) in [
            (&files, false, vec![seal(Some(true))], None),
            (&files, false, vec![seal(Some(false))], Some("service \"a\" Some(false)")),
            (&files, false, vec![seal(None)], Some("service \"a\" None")),
            (&files, true, vec![seal(Some(true))], Some("service \"a\" is privileged")),
            (&kernel, false, vec![seal(Some(true))], None),
            (
                &kernel,
                false,
                vec![seal(Some(true)), seal(Some(false))],
                Some("shop-a-1 can gain privileges: Some(false)"),
            ),
            (&kernel, true, vec![seal(Some(true))], Some("shop-a-1 is privileged")),
            (&kernel, false, vec![], Some("shop-a-1 can gain privileges: ")),
            (
                &engine,
                false,
                vec![seal(None)],
                Some(
                    "shop-a-1 could gain privileges: None (by its configuration: it has ended with 0)",
                ),
            ),
        ] {
            let told = found(sealed(&[said(by.clone(), Sealing { privileged, seals })]));
            assert_eq!(told, says.into_iter().collect::<Vec<_>>(), "{by:?} {privileged}");
        }
    }

    fn granted(privileged: bool, there: &[&str]) -> Granted {
        let there = Capabilities::these(there.iter().copied());
        Granted { privileged, added: Vec::new(), there, shown: "CapDrop: none".into() }
    }

    #[test]
    fn no_capability_is_none_of_any_witness() {
        let [files, kernel, engine] = witnesses();
        for (by, privileged, there, says) in [
            (&files, false, &[][..], &[][..]),
            (&files, true, &[], &["service \"a\" is privileged: it has every capability"]),
            (
                &files,
                false,
                &["CHOWN", "SYSLOG"],
                &[
                    "service \"a\" keeps capabilities that the engine gives to all",
                    "service \"a\" is given SYSLOG",
                ],
            ),
            (&kernel, false, &[], &[]),
            (&kernel, false, &["SYSLOG", "CHOWN"], &["shop-a-1 has, or can get, CHOWN, SYSLOG"]),
            (&kernel, true, &[], &["shop-a-1 has, or can get, every capability: it is privileged"]),
            (&engine, false, &[], &[]),
            (
                &engine,
                false,
                &["CHOWN"],
                &[
                    "shop-a-1 could have capabilities: CapDrop: none (by its configuration: it has ended with 0)",
                ],
            ),
        ] {
            let told = found(without_capability(&[said(by.clone(), granted(privileged, there))]));
            assert_eq!(told, says, "{by:?} {privileged} {there:?}");
        }
    }

    #[test]
    fn each_capability_too_many_or_too_few_is_told() {
        let wanted = ["KILL".to_owned()];
        let [files, kernel, engine] = witnesses();
        for (by, privileged, there, says) in [
            (&files, false, &["KILL"][..], &[][..]),
            (&files, true, &["KILL"], &["it is privileged: it has every capability"]),
            (&files, false, &["SYSLOG"], &["SYSLOG is given besides", "KILL is not given"]),
            (&files, false, &["CHOWN", "KILL"], &["those of the engine's default are not dropped"]),
            (&kernel, false, &["KILL"], &[]),
            (
                &kernel,
                false,
                &["CHOWN"],
                &["it has, or can get, CHOWN besides", "it cannot have KILL"],
            ),
            (
                &engine,
                false,
                &["CHOWN", "KILL"],
                &[
                    "it could have what the engine gives to all besides (by its configuration: it has ended with 0)",
                ],
            ),
        ] {
            let facts = [said(by.clone(), granted(privileged, there))];
            assert_eq!(found(exactly(&wanted, &facts)), says, "{by:?} {there:?}");
        }
    }
}
