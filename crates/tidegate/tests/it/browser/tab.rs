//! One headless Chromium with one page: what a person does in it and what a person sees. Ended when dropped.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::driver::Driver;

/// What a page should show, it shows by then, on a busy machine too.
const SEEN_WITHIN: Duration = Duration::from_secs(60);
/// Between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Browsers are large: one at a time, whatever the number of test threads.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// A browser window.
pub(crate) struct Tab {
    session: String,
    driver: Driver,
    _profile: TempDir,
    _turn: MutexGuard<'static, ()>,
}

impl Tab {
    /// A window of 1280 x 900 with a fresh profile.
    pub(crate) fn open() -> Self {
        let turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        let profile = TempDir::new().unwrap();
        let driver = Driver::start();
        let mut arguments = vec![
            "--headless=new".to_owned(),
            "--disable-gpu".into(),
            "--disable-dev-shm-usage".into(),
            "--disable-background-networking".into(),
            "--no-first-run".into(),
            "--window-size=1280,900".into(),
            format!("--user-data-dir={}", profile.path().display()),
        ];
        if rustix::process::geteuid().is_root() {
            arguments.push("--no-sandbox".into());
        }
        let wanted = json!({ "capabilities": { "alwaysMatch": {
            "goog:chromeOptions": { "args": arguments },
            "goog:loggingPrefs": { "browser": "ALL", "performance": "ALL" },
        } } });
        let begun = driver.command("POST", "/session", Some(&wanted)).unwrap();
        let session = format!("/session/{}", begun["sessionId"].as_str().unwrap());
        let tab = Self {
            session,
            driver,
            _profile: profile,
            _turn: turn,
        };
        tab.resize(1280, 900);
        tab
    }

    fn ask(&self, path: &str, body: &Value) -> Result<Value, String> {
        self.driver
            .command("POST", &format!("{}{path}", self.session), Some(body))
    }

    /// A command of Chromium's own protocol.
    pub(crate) fn devtools(&self, command: &str, parameters: &Value) -> Value {
        self.ask("/goog/cdp/execute", &json!({ "cmd": command, "params": parameters }))
            .unwrap()
    }

    pub(crate) fn go(&self, url: &str) {
        self.ask("/url", &json!({ "url": url })).unwrap();
    }

    /// Another window of the same browser, which the commands that follow are for; gives the name of the one before.
    pub(crate) fn beside(&self) -> String {
        let before = self
            .driver
            .command("GET", &format!("{}/window", self.session), None)
            .unwrap();
        let new = self.ask("/window/new", &json!({ "type": "window" })).unwrap();
        self.switch(new["handle"].as_str().unwrap());
        before.as_str().unwrap().to_owned()
    }

    /// Commands are for the window of that name from now on.
    pub(crate) fn switch(&self, window: &str) {
        self.ask("/window", &json!({ "handle": window })).unwrap();
    }

    /// Another size of the window, in CSS pixels.
    pub(crate) fn resize(&self, width: u32, height: u32) {
        self.devtools(
            "Emulation.setDeviceMetricsOverride",
            &json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false }),
        );
    }

    /// Turns scripts of pages off; from the next page on nothing of ours runs.
    pub(crate) fn without_scripts(&self) {
        self.devtools("Emulation.setScriptExecutionDisabled", &json!({ "value": true }));
    }

    /// The value of an expression in the page.
    pub(crate) fn value(&self, expression: &str) -> Value {
        let answer = self.devtools(
            "Runtime.evaluate",
            &json!({ "expression": expression, "returnByValue": true, "awaitPromise": true }),
        );
        assert!(
            answer["exceptionDetails"].is_null(),
            "{expression}: {}",
            answer["exceptionDetails"]
        );
        answer["result"]["value"].clone()
    }

    /// The text that a person sees within an element, one space between words; empty when there is none.
    pub(crate) fn text(&self, selector: &str) -> String {
        let seen = self.value(&format!("document.querySelector({selector:?})?.innerText ?? ''"));
        seen.as_str()
            .unwrap_or_default()
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
    }

    pub(crate) fn count(&self, selector: &str) -> u64 {
        self.value(&format!("document.querySelectorAll({selector:?}).length"))
            .as_u64()
            .unwrap()
    }

    pub(crate) fn path(&self) -> String {
        self.value("location.pathname").as_str().unwrap().to_owned()
    }

    /// Looks again and again until a claim about the page holds.
    pub(crate) fn until(&self, claim: &str, holds: impl Fn(&Self) -> bool) {
        let began = Instant::now();
        while !holds(self) {
            assert!(
                began.elapsed() < SEEN_WITHIN,
                "not seen within {SEEN_WITHIN:?}: {claim}; the page says:\n{}",
                self.text("body")
            );
            std::thread::sleep(LOOK_EVERY);
        }
    }

    /// Waits until an element shows a text.
    pub(crate) fn sees(&self, selector: &str, text: &str) {
        self.until(&format!("`{text}` in {selector}"), |tab| {
            tab.text(selector).contains(text)
        });
    }

    /// Presses an element with the mouse, where a person would.
    pub(crate) fn click(&self, selector: &str) {
        self.on(selector, |tab, element| {
            tab.ask(&format!("/element/{element}/click"), &json!({}))
        });
    }

    /// Presses the mouse over an element and does not let go.
    pub(crate) fn press(&self, selector: &str) {
        self.on(selector, |tab, element| {
            let over = json!({ "element-6066-11e4-a52e-4f735466cecf": element });
            tab.mouse(&json!([
                { "type": "pointerMove", "duration": 0, "x": 0, "y": 0, "origin": over },
                { "type": "pointerDown", "button": 0 },
            ]))
        });
    }

    /// Lets go of the mouse where it is.
    pub(crate) fn release(&self) {
        self.mouse(&json!([{ "type": "pointerUp", "button": 0 }])).unwrap();
    }

    fn mouse(&self, actions: &Value) -> Result<Value, String> {
        let pointer = json!({ "type": "pointer", "id": "mouse", "actions": actions });
        self.ask("/actions", &json!({ "actions": [pointer] }))
    }

    /// Types into an element; `\u{E007}` is Enter.
    pub(crate) fn type_into(&self, selector: &str, text: &str) {
        self.on(selector, |tab, element| {
            tab.ask(&format!("/element/{element}/value"), &json!({ "text": text }))
        });
    }

    /// Presses one key on whatever has the focus.
    pub(crate) fn key(&self, key: char) {
        let key = key.to_string();
        let actions = json!({ "actions": [{ "type": "key", "id": "keyboard", "actions": [
            { "type": "keyDown", "value": key }, { "type": "keyUp", "value": key },
        ] }] });
        self.ask("/actions", &actions).unwrap();
    }

    /// Acts on an element; a live page may replace it in between, then the new one is taken.
    fn on(&self, selector: &str, act: impl Fn(&Self, &str) -> Result<Value, String>) {
        let began = Instant::now();
        loop {
            let done = self
                .ask("/element", &json!({ "using": "css selector", "value": selector }))
                .and_then(|found| {
                    let element = found
                        .as_object()
                        .and_then(|object| object.values().next()?.as_str().map(str::to_owned));
                    act(self, &element.ok_or("the driver names no element")?)
                });
            match done {
                Ok(_) => return,
                Err(error) => assert!(
                    began.elapsed() < SEEN_WITHIN,
                    "{selector}: {error}; the page says:\n{}",
                    self.text("body")
                ),
            }
            std::thread::sleep(LOOK_EVERY);
        }
    }

    /// Entries of a log since the last look: `browser` or `performance`.
    fn log(&self, kind: &str) -> Vec<Value> {
        self.ask("/se/log", &json!({ "type": kind }))
            .unwrap()
            .as_array()
            .cloned()
            .unwrap_or_default()
    }

    /// What the console said.
    pub(crate) fn console(&self) -> Vec<String> {
        self.log("browser")
            .iter()
            .filter_map(|entry| entry["message"].as_str().map(str::to_owned))
            .collect()
    }

    /// Every address that was requested.
    pub(crate) fn requested(&self) -> Vec<String> {
        self.log("performance")
            .iter()
            .filter_map(|entry| serde_json::from_str::<Value>(entry["message"].as_str()?).ok())
            .filter(|entry| entry["message"]["method"] == "Network.requestWillBeSent")
            .filter_map(|entry| entry["message"]["params"]["request"]["url"].as_str().map(str::to_owned))
            .collect()
    }
}

impl Drop for Tab {
    fn drop(&mut self) {
        // Closes Chromium in order; the driver's process group is ended after it in any case.
        if let Err(error) = self.driver.command("DELETE", &self.session, None) {
            eprintln!("the browser did not close: {error}");
        }
    }
}
