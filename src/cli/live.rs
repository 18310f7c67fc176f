//! What is shown while a run goes on: lines that stay, and on a terminal one line that
//! says what is waited for, and since when.

use std::{
    collections::BTreeMap,
    io::IsTerminal as _,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use anstream::{eprintln, println};
use indicatif::{ProgressBar, ProgressState, ProgressStyle};

use crate::{
    report::{
        steps,
        terminal::{self, Detail},
    },
    runner::Progress,
    stack::StackEvent,
    visible,
};

/// How often a program at work is heard of where there is no terminal to redraw.
const NEWS: Duration = Duration::from_secs(5);
/// How often the line of a terminal is drawn anew.
const TICK: Duration = Duration::from_millis(100);

/// Services that are waited for, and since when.
type Waiting = Arc<Mutex<BTreeMap<String, Instant>>>;

/// Scenarios that are judged, by their places: title, and since when.
type Judged = Arc<Mutex<BTreeMap<String, (String, Instant)>>>;

/// The live view of a run.
#[derive(Debug)]
pub(super) struct Live {
    colour: bool,
    /// Whether lines go to the standard output; it may be a report's.
    printed: bool,
    detail: Detail,
    begun: Instant,
    bar: Option<ProgressBar>,
    waiting: Waiting,
    /// The scenarios that are judged now: by their places, their titles and since when.
    judged: Judged,
    /// When something was last printed.
    spoke: Mutex<Instant>,
}

impl Live {
    pub(super) fn new(colour: bool, printed: bool, detail: Detail) -> Self {
        let (waiting, judged) = (Waiting::default(), Judged::default());
        let redraws = detail != Detail::Quiet && takes_cursor_codes();
        let bar = redraws.then(|| {
            let bar = ProgressBar::new_spinner();
            let (shown, running) = (Arc::clone(&waiting), Arc::clone(&judged));
            let style =
                ProgressStyle::with_template("  {spinner} {elapsed} {waiting}{wide_msg}{judged}");
            if let Ok(style) = style {
                // Worded at each tick, so that the times go on.
                let words = move |_: &ProgressState, line: &mut dyn std::fmt::Write| {
                    let _written = line.write_str(&waiting_words(&shown));
                };
                let lines = move |_: &ProgressState, line: &mut dyn std::fmt::Write| {
                    let _written = line.write_str(&judged_lines(&running));
                };
                bar.set_style(style.with_key("waiting", words).with_key("judged", lines));
            }
            bar.enable_steady_tick(TICK);
            bar
        });
        let begun = Instant::now();
        Self { colour, printed, detail, begun, bar, waiting, judged, spoke: Mutex::new(begun) }
    }

    /// A line that stays.
    fn line(&self, text: &str) {
        if self.detail == Detail::Quiet {
            return;
        }
        if let Ok(mut spoke) = self.spoke.lock() {
            *spoke = Instant::now();
        }
        self.say(text);
    }

    /// A line that stays, however little is to be told.
    fn say(&self, text: &str) {
        let text = visible::output(text);
        let tell = || {
            if self.printed {
                println!("{text}");
            } else {
                eprintln!("{text}");
            }
        };
        match &self.bar {
            Some(bar) => bar.suspend(tell),
            None => tell(),
        }
    }

    /// What goes on now; only a terminal shows it.
    fn now(&self, text: impl Into<String>) {
        if let Some(bar) = &self.bar {
            let text = text.into();
            bar.set_message(visible::line(&text).into_owned());
        }
    }

    pub(super) fn tell(&self, progress: &Progress<'_>) {
        match progress {
            Progress::Stack { environment, event } => self.stack(environment, event),
            Progress::Up(stack) => self.line(&terminal::stack_line(stack)),
            Progress::Begun { place, name } => {
                self.with_judged(|judged| {
                    judged.insert(place.clone(), (name.clone(), Instant::now()));
                });
            }
            Progress::Scenario(scenario) => {
                self.with_judged(|judged| {
                    judged.remove(&scenario.place());
                });
                let told = match self.detail {
                    Detail::Full => steps::told(scenario, self.colour),
                    _ => terminal::scenario_line(scenario, self.colour),
                };
                self.line(told.trim_end());
            }
            Progress::Removing => self.now("removing the stack"),
            // How to remove what is left is never untold.
            Progress::Kept(how) => self.say(&visible::lines(how)),
        }
    }

    fn stack(&self, environment: &str, event: &StackEvent) {
        let at = terminal::seconds(self.begun.elapsed());
        let environment = visible::line(environment);
        match event {
            StackEvent::Step(what) => {
                self.line(&format!("  [{at:>7}] {environment}: {}", visible::lines(what)));
                self.now(what.clone());
            }
            StackEvent::Line(line) if self.detail == Detail::Full => {
                self.line(&format!("  [{at:>7}]   | {}", visible::line(line)));
            }
            StackEvent::Line(line) => match &self.bar {
                Some(_) => self.now(line.clone()),
                None if self.spoke.lock().is_ok_and(|spoke| spoke.elapsed() > NEWS) => {
                    self.line(&format!("  [{at:>7}]   … {}", visible::line(line)));
                }
                None => {}
            },
            StackEvent::Waiting { service } => {
                self.with_waiting(|waiting| {
                    waiting.insert(service.clone(), Instant::now());
                });
            }
            StackEvent::Ready { service, after } => {
                self.no_longer(service, *after, &at, &environment, "is ready");
            }
            StackEvent::Completed { service, after } => {
                self.no_longer(service, *after, &at, &environment, "has completed");
            }
        }
    }

    /// A service that is waited for no longer.
    fn no_longer(&self, service: &str, after: Duration, at: &str, environment: &str, what: &str) {
        self.with_waiting(|waiting| {
            waiting.remove(service);
        });
        let after = terminal::seconds(after);
        let service = visible::line(service);
        self.line(&format!("  [{at:>7}] {environment}: {service} {what} after {after}"));
    }

    fn with_waiting(&self, change: impl FnOnce(&mut BTreeMap<String, Instant>)) {
        if let Ok(mut waiting) = self.waiting.lock() {
            change(&mut waiting);
        }
        self.now("");
    }

    fn with_judged(&self, change: impl FnOnce(&mut BTreeMap<String, (String, Instant)>)) {
        if let Ok(mut judged) = self.judged.lock() {
            change(&mut judged);
        }
    }

    pub(super) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// Whether the terminal may be redrawn: people watch it, and nobody asked for plain lines.
fn takes_cursor_codes() -> bool {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let is_dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
    std::io::stderr().is_terminal() && !is_dumb && !is_set("NO_COLOR") && !is_set("CI")
}

/// A line for each scenario that is judged now, the one that has taken longest first.
fn judged_lines(judged: &Judged) -> String {
    const MOST: usize = 8;
    const LETTERS: usize = 60;
    let Ok(judged) = judged.lock() else { return String::new() };
    let mut all: Vec<&(String, Instant)> = judged.values().collect();
    all.sort_by_key(|(_, since)| *since);
    let line = |(name, since): &&(String, Instant)| {
        let name: String = visible::line(name).chars().take(LETTERS).collect();
        format!("\n    {:>7}  {name}", terminal::seconds(since.elapsed()))
    };
    let mut text: String = all.iter().take(MOST).map(line).collect();
    if let Some(more) = all.len().checked_sub(MOST).filter(|more| *more > 0) {
        text = format!("{text}\n    … and {more} more");
    }
    text
}

/// `waiting for db (since 1.2 s)`, or nothing.
fn waiting_words(waiting: &Waiting) -> String {
    let Ok(waiting) = waiting.lock() else { return String::new() };
    let words: Vec<String> = waiting
        .iter()
        .map(|(name, since)| {
            format!("{} (since {})", visible::line(name), terminal::seconds(since.elapsed()))
        })
        .collect();
    if words.is_empty() { String::new() } else { format!("waiting for {}", words.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_judged_now_has_a_line_each_and_the_longest_stands_first() {
        let judged = Judged::default();
        assert_eq!(judged_lines(&judged), "");
        let now = Instant::now();
        for at in 0..10_u64 {
            let since = now.checked_sub(Duration::from_secs(10 * at)).expect("the past");
            let title = format!("number {at}\u{1b}[2J {}", "x".repeat(100));
            judged.lock().expect("no panic before").insert(at.to_string(), (title, since));
        }
        let text = judged_lines(&judged);
        let lines: Vec<&str> = text.lines().skip(1).collect();
        assert!(lines[0].contains(" 90.0 s  number 9␛[2J xxx"), "{text}");
        assert_eq!((lines.len(), lines[8]), (9, "    … and 2 more"), "{text}");
        assert!(lines.iter().all(|line| line.chars().count() < 80) && !text.contains('\u{1b}'));
    }
}
