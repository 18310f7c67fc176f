//! A real browser: Chromium without a window, in an empty profile, driven by its own protocol.
//!
//! The few commands that are needed are spoken here: the crates that drive browsers bring a
//! tree of generated types, a debugging port that all of this machine may speak to, and a
//! process that outlives a killed run.

mod page;
mod program;
mod protocol;

use std::{path::Path, time::Duration};

use camino::Utf8PathBuf;
use rustix::fs::{CWD, FileType, Mode, mknodat};
use serde_json::{Value, json};
use tokio::time::Instant;

pub use self::program::{Door, INSTALL, VARIABLE, find};
use self::{
    page::Page,
    program::{FROM, LOG, TO},
    protocol::{Protocol, ProtocolError},
};
use super::ProbeError;
use crate::stack::{Companion, Stack};

/// How often a browser that is not there yet is looked after.
const PAUSE: Duration = Duration::from_millis(20);
/// How long the answer to a question may be refused because the page is between two documents.
const BETWEEN: Duration = Duration::from_secs(5);
/// How many of its last lines a browser that failed is quoted with.
const LAST_WORDS: usize = 5;
/// By this name the page's window knows the document that it was marked in.
const MARK: &str = "__seaworthyMark";

/// How opening an address ended.
#[derive(Debug)]
pub enum Opened {
    /// The document is there with all that it waits for.
    Loaded {
        /// The status it was answered with; none where it is no answer to a request.
        status: Option<u64>,
    },
    /// There is no document, in the browser's words.
    Failed(String),
    /// The document did not finish loading in time.
    Unfinished,
}

/// A browser with one page.
#[derive(Debug)]
pub struct Browser {
    /// Its name and version.
    pub version: String,
    /// What the page did so far.
    pub page: Page,
    protocol: Protocol,
    companion: Companion,
    log: Utf8PathBuf,
    /// The last mark, and how many documents there had been.
    marked: (u64, usize),
}

impl Browser {
    /// Starts a browser that finds behind these doors what people find there, and nothing else.
    /// It ends with this value, and with the run however that ends.
    ///
    /// # Errors
    /// When it cannot be started, with its last words.
    pub async fn start(stack: &Stack, program: &Path, doors: &[Door]) -> Result<Self, ProbeError> {
        // Two that start at once take longer than one after the other, and each counts its own time.
        static STARTS: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
        let _turn = STARTS.lock().await;
        let doing = format!("start {}", program.display());
        let io = |why: std::io::Error| ProbeError::new(doing.clone(), &why);
        let folder = stack.scratch_folder().map_err(io)?;
        for pipe in [TO, FROM] {
            mknodat(
                CWD,
                folder.join(pipe).as_std_path(),
                FileType::Fifo,
                Mode::RUSR | Mode::WUSR,
                0,
            )
            .map_err(|why| io(why.into()))?;
        }
        let protocol =
            Protocol::open(folder.join(TO).as_std_path(), folder.join(FROM).as_std_path())
                .map_err(io)?;
        let command = program::command(program, &folder, doors).map_err(io)?;
        let companion = stack.companion(command).map_err(io)?;
        let mut browser = Self {
            version: String::new(),
            page: Page::default(),
            protocol,
            companion,
            log: folder.join(LOG),
            marked: (0, 0),
        };
        browser.attach().await.map_err(|why| ProbeError { doing, why: why.why })?;
        Ok(browser)
    }

    async fn attach(&mut self) -> Result<(), ProbeError> {
        let version = self.call("Browser.getVersion", json!({})).await?;
        version["product"].as_str().unwrap_or_default().clone_into(&mut self.version);
        let page = self.call("Target.createTarget", json!({"url": "about:blank"})).await?;
        let wanted = json!({"targetId": page["targetId"], "flatten": true});
        let attached = self.call("Target.attachToTarget", wanted).await?;
        self.protocol.attach(attached["sessionId"].as_str().unwrap_or_default().to_owned());
        for domain in ["Page", "Runtime", "Network", "Log", "Inspector"] {
            self.call(&format!("{domain}.enable"), json!({})).await?;
        }
        Ok(())
    }

    /// Asks the browser, and takes in what it told of its page meanwhile.
    async fn ask(&mut self, method: &str, parameters: Value) -> Result<Value, ProtocolError> {
        let answer = tokio::select! {
            answer = self.protocol.call(method, parameters) => answer,
            () = ended(&mut self.companion) => {
                Err(ProtocolError::Pipe(std::io::Error::other("the browser has ended")))
            }
        };
        while let Some(event) = self.protocol.event_so_far() {
            self.page.note(&event);
        }
        answer
    }

    async fn call(&mut self, method: &str, parameters: Value) -> Result<Value, ProbeError> {
        self.ask(method, parameters).await.map_err(|why| self.failed(method, &why))
    }

    fn failed(&self, doing: &str, why: &ProtocolError) -> ProbeError {
        let mut said = why.to_string();
        if self.page.crashed {
            said.push_str("; the page's process has died");
        }
        // Without its log there are no last words to quote.
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        for line in &lines[lines.len().saturating_sub(LAST_WORDS)..] {
            said.push_str("\nits last words: ");
            said.push_str(line);
        }
        ProbeError { doing: format!("let the browser do {doing}"), why: said }
    }

    /// Opens an address, and waits until all of the page is loaded and its websockets are open:
    /// what is announced on them before that, the page would miss.
    ///
    /// # Errors
    /// When the browser cannot be asked.
    pub async fn open(&mut self, url: &str, limit: Duration) -> Result<Opened, ProbeError> {
        let deadline = Instant::now() + limit;
        self.page.leave();
        let before = self.page.documents;
        let begun = self.call("Page.navigate", json!({"url": url})).await?;
        if let Some(why) = begun["errorText"].as_str() {
            return Ok(Opened::Failed(why.to_owned()));
        }
        let is_there = |page: &Page| page.documents != before && page.loaded;
        while !is_there(&self.page) || !self.page.opening.is_empty() {
            let event = tokio::select! {
                event = self.protocol.event(deadline) => event,
                () = ended(&mut self.companion) => {
                    Err(ProtocolError::Pipe(std::io::Error::other("the browser has ended")))
                }
            };
            match event.map_err(|why| self.failed("Page.navigate", &why))? {
                Some(event) => self.page.note(&event),
                // A page is loaded without its websockets.
                None if is_there(&self.page) => break,
                None => return Ok(Opened::Unfinished),
            }
        }
        self.mark().await?;
        Ok(Opened::Loaded { status: self.page.status })
    }

    /// The value of an expression in the page.
    async fn evaluate(&mut self, expression: &str) -> Result<Value, ProbeError> {
        let begun = Instant::now();
        let wanted = json!({"expression": expression, "returnByValue": true});
        loop {
            match self.ask("Runtime.evaluate", wanted.clone()).await {
                Ok(mut answer) => {
                    if let Some(value) = answer.pointer_mut("/result/value") {
                        return Ok(value.take());
                    }
                    let why = ProtocolError::Refused(answer.to_string());
                    return Err(self.failed(expression, &why));
                }
                Err(ProtocolError::Refused(_))
                    if begun.elapsed() < BETWEEN && !self.page.crashed =>
                {
                    tokio::time::sleep(PAUSE).await;
                }
                Err(why) => return Err(self.failed(expression, &why)),
            }
        }
    }

    /// The text that the page shows: what is hidden is not in it, and white space is one blank.
    ///
    /// # Errors
    /// When the browser cannot be asked.
    pub async fn text(&mut self) -> Result<String, ProbeError> {
        let text = self.evaluate("document.body ? document.body.innerText : ''").await?;
        let words = text.as_str().unwrap_or_default().split_whitespace();
        Ok(words.collect::<Vec<_>>().join(" "))
    }

    /// Marks the document that the page shows now.
    ///
    /// # Errors
    /// When the browser cannot be asked.
    pub async fn mark(&mut self) -> Result<(), ProbeError> {
        let mark = self.marked.0 + 1;
        self.evaluate(&format!("window.{MARK} = {mark}")).await?;
        self.marked = (mark, self.page.documents);
        Ok(())
    }

    /// Whether the page shows another document than the one that was marked, and how that came.
    ///
    /// # Errors
    /// When the browser cannot be asked.
    pub async fn left_mark(&mut self) -> Result<Option<String>, ProbeError> {
        let (mark, before) = self.marked;
        let still = self.evaluate(&format!("window.{MARK} === {mark}")).await?;
        let new = self.page.documents - before;
        if still == Value::Bool(true) && new == 0 {
            return Ok(None);
        }
        let how = if self.page.how.is_empty() { "unknown" } else { &self.page.how };
        Ok(Some(format!("{} since, the last by a navigation of type \"{how}\"", documents(new))))
    }
}

fn documents(count: usize) -> String {
    if count == 1 { "1 new document".to_owned() } else { format!("{count} new documents") }
}

/// Returns when the browser has ended.
async fn ended(companion: &mut Companion) {
    while !companion.has_ended() {
        tokio::time::sleep(PAUSE).await;
    }
}
