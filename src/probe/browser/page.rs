//! What a page did, as the browser's events tell it: documents, requests, websockets, complaints.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// How many complaints are kept.
const KEPT: usize = 20;

/// What is known of a page.
#[derive(Debug, Default)]
pub struct Page {
    /// How many documents it has shown; a reload counts as any other.
    pub documents: usize,
    /// How the newest one came, in the browser's word: `reload`, `differentDocument` …
    pub how: String,
    /// Whether that document is loaded with all that it waits for.
    pub loaded: bool,
    /// The status by which that document was answered.
    pub status: Option<u64>,
    /// Errors of scripts, of the console, of requests and of websockets, oldest first.
    pub complaints: Vec<String>,
    /// Websockets that are neither open nor refused yet, by the browser's numbers.
    pub opening: BTreeSet<String>,
    /// Whether the page's process has died.
    pub crashed: bool,
    addresses: BTreeMap<String, String>,
}

fn text<'v>(value: &'v Value, path: &str) -> &'v str {
    value.pointer(path).and_then(Value::as_str).unwrap_or_default()
}

impl Page {
    /// A page that is about to show another document.
    pub fn leave(&mut self) {
        *self = Self { documents: self.documents, ..Self::default() };
    }

    /// Takes an event in.
    pub fn note(&mut self, event: &Value) {
        let about = event.get("params").unwrap_or(&Value::Null);
        let request = text(about, "/requestId");
        match text(event, "/method") {
            "Page.frameStartedNavigating" => {
                text(about, "/navigationType").clone_into(&mut self.how);
            }
            "Page.frameNavigated" if about.pointer("/frame/parentId").is_none() => {
                self.documents += 1;
                self.loaded = false;
            }
            "Page.loadEventFired" => self.loaded = true,
            "Inspector.targetCrashed" => self.crashed = true,
            "Network.requestWillBeSent" => {
                self.addresses.insert(request.to_owned(), text(about, "/request/url").to_owned());
            }
            "Network.webSocketCreated" => {
                self.addresses.insert(request.to_owned(), text(about, "/url").to_owned());
                self.opening.insert(request.to_owned());
            }
            "Network.webSocketHandshakeResponseReceived" | "Network.webSocketClosed" => {
                self.opening.remove(request);
            }
            "Network.responseReceived" => {
                let status = about.pointer("/response/status").and_then(Value::as_u64);
                if text(about, "/type") == "Document" {
                    self.status = status;
                }
                if let Some(status @ 400..) = status {
                    self.complain(format!("{}: status {status}", text(about, "/response/url")));
                }
            }
            "Network.loadingFailed" if about.get("canceled") != Some(&Value::Bool(true)) => {
                self.failed(request, text(about, "/errorText"));
            }
            "Network.webSocketFrameError" => {
                self.opening.remove(request);
                self.failed(request, text(about, "/errorMessage"));
            }
            "Runtime.exceptionThrown" => {
                let details = about.get("exceptionDetails").unwrap_or(&Value::Null);
                let said = [text(details, "/exception/description"), text(details, "/text")];
                let said = said.into_iter().find(|said| !said.is_empty()).unwrap_or_default();
                self.complain(format!("not caught: {said}"));
            }
            "Runtime.consoleAPICalled"
                if matches!(text(about, "/type"), "error" | "warning" | "assert") =>
            {
                let said = about.get("args").and_then(Value::as_array);
                let said: Vec<String> = said.into_iter().flatten().map(printed).collect();
                self.complain(format!("console: {}", said.join(" ")));
            }
            "Log.entryAdded"
                if text(about, "/entry/level") == "error"
                    && text(about, "/entry/source") != "network" =>
            {
                self.complain(text(about, "/entry/text").to_owned());
            }
            _ => {}
        }
    }

    fn failed(&mut self, request: &str, why: &str) {
        let address = self.addresses.get(request).map_or("a request", String::as_str);
        // What follows may be a token.
        let address = address.split('?').next().unwrap_or_default();
        self.complain(format!("{address}: {why}"));
    }

    fn complain(&mut self, what: String) {
        // Browsers ask for it by themselves, whether a page has one or not.
        let of_its_own = what.contains("/favicon.ico: ");
        if !of_its_own && self.complaints.len() < KEPT && !self.complaints.contains(&what) {
            self.complaints.push(what);
        }
    }
}

/// An argument of the console's, as the console shows it.
fn printed(argument: &Value) -> String {
    match argument.get("value") {
        Some(Value::String(value)) => value.clone(),
        Some(value) => value.to_string(),
        None => text(argument, "/description").to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(page: &mut Page, method: &str, params: &Value) {
        page.note(&json!({"method": method, "params": params}));
    }

    #[test]
    fn a_frame_inside_the_page_is_no_document_of_its_own() {
        let mut page = Page::default();
        told(&mut page, "Page.frameNavigated", &json!({"frame": {"id": "A"}}));
        told(&mut page, "Page.frameNavigated", &json!({"frame": {"id": "B", "parentId": "A"}}));
        assert_eq!(page.documents, 1);
    }

    #[test]
    fn complaints_say_what_of_and_no_token() {
        let mut page = Page::default();
        let url = "ws://localhost:24678/@vite/ws?token=abc";
        told(&mut page, "Network.webSocketCreated", &json!({"requestId": "1", "url": url}));
        let refused = json!({"requestId": "1", "errorMessage": "net::ERR_NAME_NOT_RESOLVED"});
        told(&mut page, "Network.webSocketFrameError", &refused);
        let answer =
            json!({"type": "Script", "response": {"status": 404, "url": "http://localhost/a.js"}});
        told(&mut page, "Network.responseReceived", &answer);
        let said =
            json!({"type": "error", "args": [{"value": "[vite]"}, {"description": "Error: x"}]});
        told(&mut page, "Runtime.consoleAPICalled", &said);
        assert_eq!(
            page.complaints,
            [
                "ws://localhost:24678/@vite/ws: net::ERR_NAME_NOT_RESOLVED",
                "http://localhost/a.js: status 404",
                "console: [vite] Error: x",
            ]
        );
        assert_eq!(page.status, None, "a script's status is not the document's");
    }
}
