//! Asks the planner in a process of its own: a panic, a stack that is too deep and a search that
//! does not end are answers, and end nothing else. Must not look into the answer.

use std::env;
use std::io::{self, Read, Write};
use std::process::{Child, Command, ExitCode, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use planner::{Planned, Request};
use rehearsal::Failure;
use serde::Deserialize;

/// The argument under which a program of ours is to call [`answer`].
pub const ASKED: &str = "--answer-one-request";

/// Stack for reading plans, whose expressions may nest deeply.
const STACK: usize = 256 << 20;

/// What came of asking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The planner's answer; whether it nests deeper than readers of JSON take by default.
    Planned(Box<Planned>, bool),
    /// It ended by itself, with what it said.
    Panicked(String),
    /// It had not ended in time.
    Slow,
}

/// Asks the planner.
///
/// # Errors
/// Where no process can be started, or its answer cannot be read.
pub fn ask(request: &Request, limit: Duration) -> Result<Answer, Failure> {
    let failed = |error: io::Error| Failure::new("ask the planner", error);
    let question =
        serde_json::to_string(request).map_err(|e| Failure::new("ask the planner", e))?;
    let mut child = Command::new(env::current_exe().map_err(failed)?)
        .arg(ASKED)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let (status, answer, said) = thread::scope(|scope| {
        // A process that has ended does not read on.
        scope.spawn(|| stdin.map(|mut stdin| stdin.write_all(question.as_bytes())));
        let answer = scope.spawn(|| all(stdout));
        let said = scope.spawn(|| all(stderr));
        let status = wait(&mut child, limit);
        (status, answer.join().unwrap_or_default(), said.join().unwrap_or_default())
    });
    match status.map_err(failed)? {
        None => Ok(Answer::Slow),
        Some(status) if status.success() => read(&answer),
        Some(status) => Ok(Answer::Panicked(format!("{status}: {}", said.trim()))),
    }
}

fn all(source: Option<impl Read>) -> String {
    let mut bytes = Vec::new();
    // What came before it broke off is all there is.
    let _read = source.map(|mut source| source.read_to_end(&mut bytes));
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The process's end; none where it had to be ended.
fn wait(child: &mut Child, limit: Duration) -> io::Result<Option<ExitStatus>> {
    let started = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if started.elapsed() > limit {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        thread::sleep(Duration::from_millis(2));
    }
}

fn read(text: &str) -> Result<Answer, Failure> {
    let failed = |error| Failure::new("read the planner's answer", error);
    if let Ok(planned) = serde_json::from_str(text) {
        return Ok(Answer::Planned(Box::new(planned), false));
    }
    thread::scope(|scope| {
        let deep = move || {
            let mut reader = serde_json::Deserializer::from_str(text);
            reader.disable_recursion_limit();
            Planned::deserialize(&mut reader)
        };
        let reading = thread::Builder::new()
            .stack_size(STACK)
            .spawn_scoped(scope, deep)
            .map_err(|error| Failure::new("read the planner's answer", error))?;
        let planned = reading
            .join()
            .map_err(|_| Failure::new("read the planner's answer", "the reader panicked"))?;
        Ok(Answer::Planned(Box::new(planned.map_err(failed)?), true))
    })
}

/// The other side: reads a request, and writes what the planner says to it.
pub fn answer() -> ExitCode {
    let answered = serde_json::from_reader::<_, Request>(io::stdin().lock())
        .map(|request| planner::plan(&request))
        .and_then(|planned| serde_json::to_writer(io::stdout().lock(), &planned));
    match answered {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody is left to tell that it could not be said.
            let _said = writeln!(io::stderr(), "the answer panicked at being JSON: {error}");
            ExitCode::FAILURE
        }
    }
}
