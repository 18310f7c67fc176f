//! What is shown while a run goes on: lines that stay, and on a terminal one line that
//! says what is waited for, and since when.

use std::{
    collections::BTreeMap,
    io::IsTerminal as _,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use anstream::println;
use indicatif::{ProgressBar, ProgressState, ProgressStyle};

use crate::{report::terminal, runner::Progress, stack::StackEvent};

/// How often a program at work is heard of where there is no terminal to redraw.
const NEWS: Duration = Duration::from_secs(5);
/// How often the line of a terminal is drawn anew.
const TICK: Duration = Duration::from_millis(100);

/// Services that are waited for, and since when.
type Waiting = Arc<Mutex<BTreeMap<String, Instant>>>;

/// The live view of a run.
#[derive(Debug)]
pub(super) struct Live {
    colour: bool,
    begun: Instant,
    bar: Option<ProgressBar>,
    waiting: Waiting,
    /// When something was last printed.
    spoke: Mutex<Instant>,
}

impl Live {
    pub(super) fn new(colour: bool) -> Self {
        let waiting = Waiting::default();
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new_spinner();
            let shown = Arc::clone(&waiting);
            let style = ProgressStyle::with_template("  {spinner} {elapsed} {waiting}{wide_msg}");
            if let Ok(style) = style {
                // Worded at each tick, so that the times go on.
                let words = move |_: &ProgressState, line: &mut dyn std::fmt::Write| {
                    let _written = line.write_str(&waiting_words(&shown));
                };
                bar.set_style(style.with_key("waiting", words));
            }
            bar.enable_steady_tick(TICK);
            bar
        });
        let begun = Instant::now();
        Self { colour, begun, bar, waiting, spoke: Mutex::new(begun) }
    }

    /// A line that stays.
    fn line(&self, text: &str) {
        if let Ok(mut spoke) = self.spoke.lock() {
            *spoke = Instant::now();
        }
        match &self.bar {
            Some(bar) => bar.suspend(|| println!("{text}")),
            None => println!("{text}"),
        }
    }

    /// What goes on now; only a terminal shows it.
    fn now(&self, text: impl Into<String>) {
        if let Some(bar) = &self.bar {
            bar.set_message(text.into());
        }
    }

    pub(super) fn tell(&self, progress: &Progress<'_>) {
        match progress {
            Progress::Stack { environment, event } => self.stack(environment, event),
            Progress::Up(stack) => self.line(&terminal::stack_line(stack)),
            Progress::Scenario(scenario) => {
                self.line(&terminal::scenario_line(scenario, self.colour));
            }
            Progress::Removing => self.now("removing the stack"),
            Progress::Kept(how) => self.line(how),
        }
    }

    fn stack(&self, environment: &str, event: &StackEvent) {
        let at = terminal::seconds(self.begun.elapsed());
        match event {
            StackEvent::Step(what) => {
                self.line(&format!("  [{at:>7}] {environment}: {what}"));
                self.now(what.clone());
            }
            StackEvent::Line(line) => match &self.bar {
                Some(_) => self.now(line.clone()),
                None if self.spoke.lock().is_ok_and(|spoke| spoke.elapsed() > NEWS) => {
                    self.line(&format!("  [{at:>7}]   … {line}"));
                }
                None => {}
            },
            StackEvent::Waiting { service } => {
                self.with_waiting(|waiting| {
                    waiting.insert(service.clone(), Instant::now());
                });
            }
            StackEvent::Ready { service, after } => {
                self.with_waiting(|waiting| {
                    waiting.remove(service);
                });
                self.line(&format!(
                    "  [{at:>7}] {environment}: {service} is ready after {}",
                    terminal::seconds(*after)
                ));
            }
        }
    }

    fn with_waiting(&self, change: impl FnOnce(&mut BTreeMap<String, Instant>)) {
        if let Ok(mut waiting) = self.waiting.lock() {
            change(&mut waiting);
        }
        self.now("");
    }

    pub(super) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// `waiting for db (since 1.2 s)`, or nothing.
fn waiting_words(waiting: &Waiting) -> String {
    let Ok(waiting) = waiting.lock() else { return String::new() };
    let words: Vec<String> = waiting
        .iter()
        .map(|(name, since)| format!("{name} (since {})", terminal::seconds(since.elapsed())))
        .collect();
    if words.is_empty() { String::new() } else { format!("waiting for {}", words.join(", ")) }
}
