//! However a run is ended, and whatever it was doing: five seconds later nothing of it is there.

use rustix::process::Signal;

use super::{
    machine::docker,
    support::{Ended, Project},
};

/// What a run is doing when it is ended.
#[derive(Debug, Clone, Copy)]
enum Moment {
    /// Compose creates networks, volumes and containers.
    Creating,
    /// Containers run and are waited for.
    Starting,
    /// A scenario has edited a file and runs a command in a container.
    Scenario,
    /// The engine builds an image.
    Building,
}

fn survives(moment: Moment, signal: Signal) {
    let ended = match moment {
        Moment::Creating => {
            let project = Project::small("slow");
            let mut run = project.start(&["verify"]);
            run.until("Compose has made a network", |run| {
                run.objects().iter().any(|object| object.starts_with("network ")).then_some(())
            });
            assert!(
                !run.output().contains("is ready"),
                "the stack is being created:\n{}",
                run.output()
            );
            run.end_by(signal)
        }
        Moment::Starting => {
            let project = Project::small("never-healthy");
            project.replace("seaworthy.yaml", "ready: 2s", "ready: 60s");
            let mut run = project.start(&["verify"]);
            run.until("a container runs", |run| {
                let name = run
                    .objects()
                    .into_iter()
                    .find_map(|object| object.strip_prefix("container ").map(str::to_owned))?;
                let state = docker(&["inspect", "--format", "{{.State.Running}}", &name]);
                (state.trim() == "true").then_some(())
            });
            run.remember_volumes();
            run.end_by(signal)
        }
        Moment::Scenario => {
            let project = Project::small("slow");
            let before = project.read("note.txt");
            let mut run = project.start(&["verify"]);
            run.until("the scenario has edited a file", |run| {
                run.seen("note.txt").filter(|text| *text != before).map(drop)
            });
            run.remember_volumes();
            let ended = run.end_by(signal);
            assert_eq!(project.read("note.txt"), before, "the edited file is as it was");
            ended
        }
        Moment::Building => {
            let project = Project::small("slow-build");
            // A word that no earlier build had, so that none is reused, and by which its processes are known.
            let mark = format!("mark-{}-{signal:?}", std::process::id());
            project.replace("Dockerfile", "MARK", &mark);
            let mut run = project.start(&["verify"]);
            run.until_engine_runs(&mark);
            run.end_by(signal)
        }
    };
    told(signal, &ended);
}

/// Who is asked to end says what became of it; who is killed cannot.
fn told(signal: Signal, ended: &Ended) {
    if signal == Signal::KILL {
        assert_eq!(ended.code, None, "it was killed:\n{}", ended.output);
    } else {
        ended.says(3, &["interrupted: everything that the run made has been removed"]);
    }
}

/// The watchdog is no part of the group: a terminal that is closed does not take it along.
#[test]
fn killed_with_its_process_group_in_the_middle_of_a_scenario() {
    let project = Project::small("slow");
    let before = project.read("note.txt");
    let mut run = project.start(&["verify"]);
    run.until("the scenario has edited a file", |run| {
        run.seen("note.txt").filter(|text| *text != before).map(drop)
    });
    run.remember_volumes();
    told(Signal::KILL, &run.end_group_by(Signal::KILL));
    assert_eq!(project.read("note.txt"), before, "the edited file is as it was");
}

#[test]
fn interrupted_with_its_process_group_while_it_creates_the_stack() {
    let project = Project::small("slow");
    let mut run = project.start(&["verify"]);
    run.until("Compose has made a network", |run| {
        run.objects().iter().any(|object| object.starts_with("network ")).then_some(())
    });
    told(Signal::INT, &run.end_group_by(Signal::INT));
}

macro_rules! survival {
    ($($name:ident: $moment:ident, $signal:ident;)*) => {
        $(
            #[test]
            fn $name() {
                survives(Moment::$moment, Signal::$signal);
            }
        )*
    };
}

survival! {
    killed_while_it_creates_the_stack: Creating, KILL;
    terminated_while_it_creates_the_stack: Creating, TERM;
    interrupted_while_it_creates_the_stack: Creating, INT;
    killed_while_it_starts_the_stack: Starting, KILL;
    terminated_while_it_starts_the_stack: Starting, TERM;
    interrupted_while_it_starts_the_stack: Starting, INT;
    killed_in_the_middle_of_a_scenario: Scenario, KILL;
    terminated_in_the_middle_of_a_scenario: Scenario, TERM;
    interrupted_in_the_middle_of_a_scenario: Scenario, INT;
    killed_while_it_builds_an_image: Building, KILL;
    terminated_while_it_builds_an_image: Building, TERM;
    interrupted_while_it_builds_an_image: Building, INT;
}
