//! A page in Chromium, driven over WebDriver: JSON over HTTP to chromedriver. Knows elements by
//! `data-testid`, and nothing of what they are for.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use ureq::Agent;

use super::Result;

/// How long anything on the page may take to show.
const PATIENCE: Duration = Duration::from_secs(20);

/// The key under which WebDriver hands out elements.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// An open page. Browser and driver end with the value.
#[derive(Debug)]
pub struct Page {
    agent: Agent,
    session: String,
    driver: Child,
    profile: PathBuf,
}

impl Page {
    /// Opens an address in a new browser with an empty profile.
    ///
    /// # Errors
    /// Where browser or driver cannot be started. All further functions fail where the browser does,
    /// or where what is waited for does not come.
    pub fn open(address: &str) -> Result<Self> {
        static N_PROFILES: AtomicU32 = AtomicU32::new(0);
        let n = N_PROFILES.fetch_add(1, Ordering::Relaxed);
        let profile = env::temp_dir().join(format!("concertina-page-{}-{n}", std::process::id()));
        fs::create_dir_all(&profile)?;
        let (driver, port) = start_driver()?;
        let base = format!("http://127.0.0.1:{port}");
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(60)))
            .build()
            .new_agent();
        let mut page = Self { agent, session: format!("{base}/session"), driver, profile };
        let session = page.call("", &capabilities(&page.profile))?;
        let id = session.get("sessionId").and_then(Value::as_str).unwrap_or_default();
        page.session = format!("{base}/session/{id}");
        page.call("/url", &json!({ "url": address }))?;
        Ok(page)
    }

    /// Waits until an element is there.
    pub fn wait_for(&self, testid: &str) -> Result<()> {
        self.element(testid).map(drop)
    }

    /// Waits until the text of an element is as wanted.
    pub fn wait_until(&self, testid: &str, wanted: impl Fn(&str) -> bool) -> Result<()> {
        let started = Instant::now();
        loop {
            let text = self.text(testid);
            if text.as_ref().is_ok_and(|text| wanted(text)) {
                return Ok(());
            }
            if started.elapsed() > PATIENCE {
                let shown = text.unwrap_or_default();
                return Err(format!("`{testid}` still shows `{shown}`").into());
            }
            sleep(Duration::from_millis(50));
        }
    }

    /// An element's text as it is seen.
    pub fn text(&self, testid: &str) -> Result<String> {
        let element = self.element(testid)?;
        let text = self.read(&format!("/element/{element}/text"))?;
        Ok(text.as_str().unwrap_or_default().to_owned())
    }

    /// Clicks an element, once it can be clicked.
    pub fn click(&self, testid: &str) -> Result<()> {
        let started = Instant::now();
        loop {
            let element = self.element(testid)?;
            let clicked = match self.is_enabled(&element) {
                Ok(true) => self.call(&format!("/element/{element}/click"), &json!({})),
                Ok(false) => Err("it is disabled".into()),
                Err(failed) => Err(failed),
            };
            match clicked {
                Ok(_) => return Ok(()),
                Err(failed) if started.elapsed() > PATIENCE => {
                    return Err(format!("`{testid}` cannot be clicked: {failed}").into());
                }
                Err(_) => sleep(Duration::from_millis(50)),
            }
        }
    }

    fn is_enabled(&self, element: &str) -> Result<bool> {
        let enabled = self.read(&format!("/element/{element}/enabled"))?;
        let said = self.read(&format!("/element/{element}/attribute/aria-disabled"))?;
        Ok(enabled == Value::Bool(true) && said.as_str() != Some("true"))
    }

    /// Replaces the text of an editor.
    pub fn write(&self, testid: &str, text: &str) -> Result<()> {
        const CONTROL: char = '\u{e009}';
        const RELEASE: char = '\u{e000}';
        let element = self.element(testid)?;
        let keys = format!("{CONTROL}a{RELEASE}{text}");
        self.call(&format!("/element/{element}/value"), &json!({ "text": keys })).map(drop)
    }

    /// To the next thing that takes the focus.
    pub const TAB: char = '\u{e004}';
    /// Presses what has the focus.
    pub const ENTER: char = '\u{e007}';
    /// Chooses what has the focus.
    pub const SPACE: char = ' ';
    /// To the next one beside.
    pub const RIGHT: char = '\u{e014}';
    /// To the next of several.
    pub const DOWN: char = '\u{e015}';
    /// Closes what is open.
    pub const ESCAPE: char = '\u{e00c}';

    /// Presses keys, one after the other, wherever the focus is.
    pub fn press(&self, keys: &[char]) -> Result<()> {
        let press = |key: &char| {
            ["keyDown", "keyUp"].map(|kind| json!({ "type": kind, "value": key.to_string() }))
        };
        let actions: Vec<Value> = keys.iter().flat_map(press).collect();
        let keyboard = json!({ "type": "key", "id": "keyboard", "actions": actions });
        self.call("/actions", &json!({ "actions": [keyboard] })).map(drop)
    }

    /// Chooses a file.
    pub fn attach(&self, testid: &str, file: &Path) -> Result<()> {
        let element = self.element(testid)?;
        let keys = json!({ "text": file.display().to_string() });
        self.call(&format!("/element/{element}/value"), &keys).map(drop)
    }

    /// The value of a field.
    pub fn value(&self, testid: &str) -> Result<String> {
        let element = self.element(testid)?;
        let text = self.read(&format!("/element/{element}/property/value"))?;
        Ok(text.as_str().unwrap_or_default().to_owned())
    }

    /// Puts a text behind the `#` of the address, as who pastes a link there does.
    pub fn go_to(&self, fragment: &str) -> Result<()> {
        let script = json!({ "script": "location.hash = arguments[0]", "args": [fragment] });
        self.call("/execute/sync", &script).map(drop)
    }

    /// Opens another address.
    pub fn open_next(&self, address: &str) -> Result<()> {
        self.call("/url", &json!({ "url": address })).map(drop)
    }

    /// Gives the page a window of another size.
    pub fn resize(&self, (width, height): (u32, u32)) -> Result<()> {
        let size =
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.devtools("Emulation.setDeviceMetricsOverride", &size)
    }

    /// Has the system prefer `light` or `dark`.
    pub fn prefer(&self, theme: &str) -> Result<()> {
        let feature = json!({ "name": "prefers-color-scheme", "value": theme });
        self.devtools("Emulation.setEmulatedMedia", &json!({ "features": [feature] }))
    }

    /// Has a script run in every page that is opened from here on, before its own.
    pub fn before_each_page(&self, script: &str) -> Result<()> {
        self.devtools("Page.addScriptToEvaluateOnNewDocument", &json!({ "source": script }))
    }

    /// What is seen, as a PNG.
    pub fn screenshot(&self) -> Result<Vec<u8>> {
        let picture = self.read("/screenshot")?;
        Ok(STANDARD.decode(picture.as_str().unwrap_or_default())?)
    }

    /// Loads the page anew.
    pub fn reload(&self) -> Result<()> {
        self.call("/refresh", &json!({})).map(drop)
    }

    /// What a script gives back.
    pub fn eval(&self, script: &str) -> Result<Value> {
        self.call("/execute/sync", &json!({ "script": script, "args": [] }))
    }

    /// What a script gives back through `arguments[0]`, its last word.
    pub fn eval_async(&self, script: &str) -> Result<Value> {
        self.call("/execute/async", &json!({ "script": script, "args": [] }))
    }

    /// From here on, looks into the frame that a script gives back.
    pub fn enter_frame(&self, script: &str) -> Result<()> {
        let frame = self.eval(script)?;
        self.call("/frame", &json!({ "id": frame })).map(drop)
    }

    /// From here on, looks at the page itself again.
    pub fn out_of_frames(&self) -> Result<()> {
        self.call("/frame", &json!({ "id": null })).map(drop)
    }

    /// Waits until a script gives back `true`.
    pub fn wait_for_true(&self, script: &str) -> Result<()> {
        let started = Instant::now();
        while self.eval(script)? != Value::Bool(true) {
            if started.elapsed() > PATIENCE {
                return Err(format!("never true: {script}").into());
            }
            sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    /// Everything that is seen, for a message.
    pub fn visible_text(&self) -> String {
        let script = json!({ "script": "return document.body.innerText", "args": [] });
        let text = self.call("/execute/sync", &script).unwrap_or_default();
        text.as_str().unwrap_or_default().to_owned()
    }

    /// Errors of the page's own code and of loading it.
    pub fn console_errors(&self) -> Result<Vec<String>> {
        let entries = self.call("/se/log", &json!({ "type": "browser" }))?;
        let severe = |entry: &&Value| entry.get("level").and_then(Value::as_str) == Some("SEVERE");
        let message = |entry: &Value| {
            entry.get("message").and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        let messages = entries.as_array().into_iter().flatten().filter(severe).map(message);
        Ok(messages.filter(|text| !text.contains("favicon")).collect())
    }

    /// The element, once it is there.
    fn element(&self, testid: &str) -> Result<String> {
        let wanted =
            json!({ "using": "css selector", "value": format!("[data-testid=\"{testid}\"]") });
        let started = Instant::now();
        loop {
            match self.call("/element", &wanted) {
                Ok(found) => {
                    let id = found.get(ELEMENT).and_then(Value::as_str).unwrap_or_default();
                    return Ok(id.to_owned());
                }
                Err(_) if started.elapsed() > PATIENCE => {
                    return Err(format!("there is no `{testid}` on the page").into());
                }
                Err(_) => sleep(Duration::from_millis(50)),
            }
        }
    }

    fn devtools(&self, command: &str, parameters: &Value) -> Result<()> {
        let call = json!({ "cmd": command, "params": parameters });
        self.call("/goog/cdp/execute", &call).map(drop)
    }

    fn call(&self, path: &str, body: &Value) -> Result<Value> {
        let response = self.agent.post(format!("{}{path}", self.session)).send_json(body)?;
        value(response)
    }

    fn read(&self, path: &str) -> Result<Value> {
        value(self.agent.get(format!("{}{path}", self.session)).call()?)
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        // The driver takes the browser with it; what fails here is over anyway.
        drop(self.agent.delete(&self.session).call());
        drop(self.driver.kill());
        drop(self.driver.wait());
        drop(fs::remove_dir_all(&self.profile));
    }
}

/// The `value` of an answer, or its error.
fn value(mut response: ureq::http::Response<ureq::Body>) -> Result<Value> {
    let mut answer: Value = response.body_mut().read_json()?;
    let value = answer.get_mut("value").map(Value::take).unwrap_or_default();
    match value.get("error") {
        Some(error) => {
            let message = value.get("message").and_then(Value::as_str).unwrap_or_default();
            Err(format!("{error}: {}", message.lines().next().unwrap_or_default()).into())
        }
        None => Ok(value),
    }
}

fn capabilities(profile: &Path) -> Value {
    let arguments = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--window-size=1400,1000",
        &format!("--user-data-dir={}", profile.display()),
    ];
    let binary = env::var("CONCERTINA_CHROMIUM").unwrap_or_else(|_| "chromium".to_owned());
    let binary = on_path(&binary).unwrap_or(binary);
    json!({ "capabilities": { "alwaysMatch": {
        "goog:chromeOptions": { "binary": binary, "args": arguments },
        "goog:loggingPrefs": { "browser": "ALL" },
    } } })
}

fn on_path(name: &str) -> Option<String> {
    let path = env::var_os("PATH")?;
    let found = env::split_paths(&path).map(|folder| folder.join(name)).find(|f| f.is_file())?;
    Some(found.display().to_string())
}

/// Starts chromedriver on a free port, which it tells. It takes a port free under IPv4 and then the
/// same one under IPv6, where another program may have it: it says so and exits, and is started
/// again on another.
fn start_driver() -> Result<(Child, u16)> {
    const TRIES: usize = 5;
    let mut said = String::new();
    for _ in 0..TRIES {
        match try_driver()? {
            Ok(started) => return Ok(started),
            Err(last_words) => said = last_words,
        }
    }
    Err(format!("chromedriver did not start in {TRIES} tries; it said at last:\n{said}").into())
}

/// One try: the driver and its port, or all it said before it exited.
fn try_driver() -> Result<std::result::Result<(Child, u16), String>> {
    let program = env::var("CONCERTINA_CHROMEDRIVER").unwrap_or_else(|_| "chromedriver".to_owned());
    let mut driver = Command::new(&program)
        .arg("--port=0")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("{program}: {error}"))?;
    let Some(output) = driver.stdout.take() else { return Err("chromedriver is mute".into()) };
    let mut lines = BufReader::new(output).lines();
    let mut said = String::new();
    for line in lines.by_ref().map_while(std::result::Result::ok) {
        let port = line
            .split_once("started successfully on port ")
            .and_then(|(_, rest)| rest.trim_end_matches('.').parse().ok());
        if let Some(port) = port {
            // What it says later is read and dropped, or it would stop at a full pipe.
            std::thread::spawn(move || lines.for_each(drop));
            return Ok(Ok((driver, port)));
        }
        said.push_str(&line);
        said.push('\n');
    }
    drop(driver.kill());
    driver.wait()?;
    Ok(Err(said))
}
