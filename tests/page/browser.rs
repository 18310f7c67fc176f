//! A browser with one page, driven over a pair of pipes. It ends with its value.

use std::{
    fs::{File, OpenOptions},
    io::{BufRead as _, BufReader, Write as _},
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    thread,
    time::{Duration, Instant},
};

use rustix::fs::{CWD, FileType, Mode, mknodat};
use serde_json::{Value, json};
use tempfile::TempDir;

/// How long an answer may take, on a machine that has other things to do.
const LIMIT: Duration = Duration::from_mins(2);

/// A page in a browser of its own.
pub struct Tab {
    child: Child,
    to: File,
    from: Receiver<Value>,
    session: Option<String>,
    last: u64,
    /// What the browser told of so far.
    pub events: Vec<Value>,
    _folder: TempDir,
}

impl Tab {
    /// Starts a browser that finds no other machine.
    pub fn start() -> Self {
        let program = seaworthy::probe::browser::find().unwrap_or_else(|why| panic!("{why}"));
        let folder = tempfile::tempdir().expect("a folder");
        for pipe in ["to", "from"] {
            let mode = Mode::RUSR | Mode::WUSR;
            mknodat(CWD, folder.path().join(pipe), FileType::Fifo, mode, 0).expect("a pipe");
        }
        let child = Command::new("/bin/sh")
            .args(["-c", "exec 3<to 4>from && exec \"$@\"", "sh"])
            .arg(program)
            .args(["--headless=new", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu"])
            .args(["--disable-background-networking", "--disable-component-update"])
            .args([
                "--disable-sync",
                "--no-first-run",
                "--disable-dev-shm-usage",
                "--no-proxy-server",
            ])
            .args(["--host-resolver-rules=MAP * ~NOTFOUND", "--hide-scrollbars"])
            .arg(format!("--user-data-dir={}", folder.path().join("profile").display()))
            .arg("about:blank")
            .current_dir(folder.path())
            .env("HOME", folder.path())
            .env("DBUS_SESSION_BUS_ADDRESS", "disabled:")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the browser starts");
        // The browser opens its ends in the same order.
        let to = OpenOptions::new().write(true).open(folder.path().join("to")).expect("a pipe");
        let from = File::open(folder.path().join("from")).expect("a pipe");
        let (sender, receiver) = channel();
        thread::spawn(move || {
            for message in BufReader::new(from).split(0) {
                let Ok(message) = message else { return };
                let told = serde_json::from_slice(&message).expect("the browser speaks JSON");
                if sender.send(told).is_err() {
                    return;
                }
            }
        });
        let mut tab = Self {
            child,
            to,
            from: receiver,
            session: None,
            last: 0,
            events: Vec::new(),
            _folder: folder,
        };
        let target = tab.call("Target.createTarget", json!({"url": "about:blank"}));
        let wanted = json!({"targetId": target["targetId"], "flatten": true});
        let attached = tab.call("Target.attachToTarget", wanted);
        tab.session = attached["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page", "Runtime", "Network", "Log"] {
            tab.call(&format!("{domain}.enable"), json!({}));
        }
        tab.sized(1200, 900);
        tab
    }

    /// Carries out a command.
    pub fn call(&mut self, method: &str, params: Value) -> Value {
        self.last += 1;
        let mut message = json!({"id": self.last, "method": method});
        message["params"] = params;
        if let Some(session) = &self.session {
            message["sessionId"] = session.as_str().into();
        }
        self.to.write_all(format!("{message}\0").as_bytes()).expect("the browser listens");
        loop {
            let told = self.next(method);
            if told["id"] == self.last {
                assert!(told["error"].is_null(), "{method}: {}", told["error"]);
                return told["result"].clone();
            }
            self.events.push(told);
        }
    }

    fn next(&self, doing: &str) -> Value {
        self.from.recv_timeout(LIMIT).unwrap_or_else(|why| panic!("{doing}: {why}"))
    }

    /// Opens a page, and waits until it is loaded.
    pub fn open(&mut self, url: &str) {
        self.events.clear();
        // An address that differs in its anchor alone would load nothing.
        self.call("Page.navigate", json!({"url": "about:blank"}));
        self.call("Page.navigate", json!({"url": url}));
        let begun = Instant::now();
        while self.value("document.readyState + ' ' + location.protocol") != "complete file:" {
            assert!(begun.elapsed() < LIMIT, "{url} is not loaded");
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// The value of an expression, also of one that is only there later.
    pub fn value(&mut self, expression: &str) -> Value {
        let wanted = json!({"expression": expression, "returnByValue": true, "awaitPromise": true});
        let answer = self.call("Runtime.evaluate", wanted);
        assert!(answer["exceptionDetails"].is_null(), "{}", answer["exceptionDetails"]);
        answer["result"]["value"].clone()
    }

    /// The texts that an expression lists.
    pub fn texts(&mut self, expression: &str) -> Vec<String> {
        let value = self.value(expression);
        let list = value.as_array().unwrap_or_else(|| panic!("no list but {value}"));
        list.iter().map(|text| text.as_str().unwrap_or_default().to_owned()).collect()
    }

    /// A screen of this size.
    pub fn sized(&mut self, width: u32, height: u32) {
        let size =
            json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.call("Emulation.setDeviceMetricsOverride", size);
    }

    /// A reader who likes it light or dark, on a screen or on paper.
    pub fn likes(&mut self, scheme: &str, media: &str) {
        let features = json!([{"name": "prefers-color-scheme", "value": scheme}]);
        self.call("Emulation.setEmulatedMedia", json!({"media": media, "features": features}));
    }

    /// Presses and releases a key.
    pub fn press(&mut self, key: &str, code: u32) {
        for kind in ["rawKeyDown", "keyUp"] {
            let key = json!({"type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code});
            self.call("Input.dispatchKeyEvent", key);
        }
    }
}

impl Drop for Tab {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _waited = self.child.wait();
    }
}
