//! A real Chromium without a window, driven over the pipe of its DevTools protocol.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

use super::Folder;

/// The browser with one page; it is gone when this is dropped.
pub(crate) struct Chromium {
    process: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    session: Option<String>,
    calls: u64,
    /// What it told unasked.
    events: Vec<Value>,
    _profile: Folder,
}

impl Chromium {
    pub(crate) fn start() -> Self {
        let profile = Folder::new("chromium");
        // It reads from descriptor 3 and writes to 4. It ends by itself if the test hangs.
        let script = "exec timeout 240 chromium \"$@\" 3<&0 4>&1 </dev/null >/dev/null 2>&1";
        let mut process = Command::new("sh")
            .args(["-c", script, "sh", "--headless=new", "--no-sandbox", "--disable-gpu"])
            .args(["--remote-debugging-pipe", "--no-first-run", "--disable-dev-shm-usage"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let to = process.stdin.take().unwrap();
        let from = BufReader::new(process.stdout.take().unwrap());
        let (calls, events) = (0, Vec::new());
        let mut browser =
            Self { process, to, from, session: None, calls, events, _profile: profile };
        let target = browser.call("Target.createTarget", json!({ "url": "about:blank" }));
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        let session = browser.call("Target.attachToTarget", attach);
        browser.session = session["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page", "Runtime", "Network", "Log"] {
            browser.call(&format!("{domain}.enable"), json!({}));
        }
        browser
    }

    /// One call, and what it gives.
    pub(crate) fn call(&mut self, method: &str, parameters: Value) -> Value {
        self.calls += 1;
        let mut call = json!({ "id": self.calls, "method": method, "params": parameters });
        if let Some(session) = &self.session {
            call["sessionId"] = json!(session);
        }
        self.to.write_all(format!("{call}\0").as_bytes()).unwrap();
        loop {
            let mut message = Vec::new();
            self.from.read_until(0, &mut message).unwrap();
            let end = message.pop();
            assert_eq!(end, Some(0), "{method}: no answer; is chromium installed?");
            let mut message: Value = serde_json::from_slice(&message).unwrap();
            if message["id"] == json!(self.calls) {
                assert!(message["error"].is_null(), "{method}: {message}");
                return message["result"].take();
            }
            self.events.push(message);
        }
    }

    /// Opens a file and waits until its scripts have run.
    pub(crate) fn open(&mut self, file: &Path) {
        let url = format!("file://{}", file.display());
        self.evaluate("window.before = true");
        self.call("Page.navigate", json!({ "url": url }));
        let ready = format!(
            "document.readyState === 'complete' && !window.before && location.href === '{url}'"
        );
        while self.evaluate(&ready) != json!(true) {
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    }

    /// What an expression gives, promises awaited.
    pub(crate) fn evaluate(&mut self, expression: &str) -> Value {
        let asked =
            json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
        let mut told = self.call("Runtime.evaluate", asked);
        assert!(told["exceptionDetails"].is_null(), "{expression}: {told}");
        told["result"]["value"].take()
    }

    /// Light or dark, as the reader's system would say.
    pub(crate) fn prefer(&mut self, scheme: &str) {
        let feature = json!({ "name": "prefers-color-scheme", "value": scheme });
        self.call("Emulation.setEmulatedMedia", json!({ "features": [feature] }));
    }

    /// Dialogs, errors, messages, and requests but for the pages themselves, so far.
    pub(crate) fn complaints(&self) -> Vec<&Value> {
        const BAD: [&str; 4] = [
            "Page.javascriptDialogOpening",
            "Runtime.exceptionThrown",
            "Runtime.consoleAPICalled",
            "Log.entryAdded",
        ];
        let is_bad = |event: &&Value| {
            let method = event["method"].as_str().unwrap_or_default();
            let is_page = event["params"]["type"] == json!("Document");
            BAD.contains(&method) || (method == "Network.requestWillBeSent" && !is_page)
        };
        self.events.iter().filter(is_bad).collect()
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        self.calls += 1;
        let close = json!({ "id": self.calls, "method": "Browser.close" });
        let _ = self.to.write_all(format!("{close}\0").as_bytes());
        let _ = self.process.wait();
    }
}
