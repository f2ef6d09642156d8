//! Runs one program to its end: its output is kept, its progress is shown.
//!
//! It must not judge the output; that is the caller's business.

use std::io::{self, BufRead, BufReader, IsTerminal, PipeReader, Write};
use std::process::{Child, Command};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

/// On a terminal the progress line is rewritten this often.
const TICK: Duration = Duration::from_secs(1);
/// Elsewhere, a line this often shows that the program is alive.
const HEARTBEAT: Duration = Duration::from_secs(60);
/// How long we listen to a pipe that outlives its program.
const GRACE: Duration = Duration::from_secs(2);

/// How a program ended.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// Whether it ended with exit code 0.
    pub(crate) success: bool,
    /// Standard output and standard error, in the order they came.
    pub(crate) output: String,
    /// From start to end.
    pub(crate) elapsed: Duration,
}

impl Outcome {
    /// The last lines of the output, for a message.
    pub(crate) fn tail(&self, count: usize) -> String {
        let lines: Vec<&str> = self.output.lines().collect();
        quote(&lines[lines.len().saturating_sub(count)..].join("\n"))
    }
}

/// Sets text of another program apart from ours.
pub(crate) fn quote(text: &str) -> String {
    text.lines().map(|line| format!("  | {line}\n")).collect()
}

/// Runs the program to its end, showing `label` and its last line as progress.
pub(crate) fn captured(label: &str, mut command: Command) -> Result<Outcome, String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let started = Instant::now();
    let (child, reader) =
        spawn(&mut command).map_err(|error| format!("{name} could not be started: {error}"))?;
    // The command holds the pipe's other end; while it lives the pipe never ends.
    drop(command);
    let mut progress = Progress::new(label, started);
    let (success, output) = listen(child, &lines_of(reader), &mut progress)
        .map_err(|error| format!("{name} could not be waited for: {error}"))?;
    progress.clear();
    Ok(Outcome { success, output, elapsed: started.elapsed() })
}

fn spawn(command: &mut Command) -> io::Result<(Child, PipeReader)> {
    let (reader, writer) = io::pipe()?;
    command.stdin(std::process::Stdio::null()).stdout(writer.try_clone()?).stderr(writer);
    Ok((command.spawn()?, reader))
}

fn lines_of(reader: PipeReader) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut reader = BufReader::new(reader);
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line).is_ok_and(|count| count > 0) {
            // Programs may print anything: text that is not UTF-8 must not stop us.
            let text = String::from_utf8_lossy(&line).into_owned();
            if sender.send(text).is_err() {
                break;
            }
            line.clear();
        }
    });
    receiver
}

fn listen(
    mut child: Child,
    lines: &Receiver<String>,
    progress: &mut Progress<'_>,
) -> io::Result<(bool, String)> {
    let mut output = String::new();
    let mut ended = None;
    loop {
        match lines.recv_timeout(TICK) {
            Ok(line) => {
                progress.last = line.trim().to_owned();
                output.push_str(&line);
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        progress.show();
        if ended.is_none() && child.try_wait()?.is_some() {
            ended = Some(Instant::now());
        }
        // A server left behind by the program may hold the pipe open for ever.
        if ended.is_some_and(|instant| instant.elapsed() > GRACE) {
            break;
        }
    }
    Ok((child.wait()?.success(), output))
}

/// One line that says what runs, for how long, and what it printed last.
struct Progress<'a> {
    label: &'a str,
    started: Instant,
    shown: Instant,
    last: String,
    terminal: bool,
}

impl<'a> Progress<'a> {
    fn new(label: &'a str, started: Instant) -> Self {
        let terminal = io::stdout().is_terminal();
        Self { label, started, shown: started, last: String::new(), terminal }
    }

    fn show(&mut self) {
        let interval = if self.terminal { TICK } else { HEARTBEAT };
        if self.shown.elapsed() < interval {
            return;
        }
        self.shown = Instant::now();
        let seconds = self.started.elapsed().as_secs();
        let last: String = self.last.chars().filter(|c| !c.is_control()).take(50).collect();
        if self.terminal {
            print!("\r\x1b[K  {} {seconds} s  {last}", self.label);
            // A progress line that cannot be shown is no reason to stop.
            io::stdout().flush().unwrap_or_default();
        } else {
            println!("  … {} {seconds} s  {last}", self.label);
        }
    }

    fn clear(&self) {
        if self.terminal {
            print!("\r\x1b[K");
            io::stdout().flush().unwrap_or_default();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(script: &str) -> Outcome {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        captured("test", command).expect("sh starts")
    }

    #[test]
    fn both_streams_are_kept_in_order() {
        let outcome = check("echo one; echo two >&2; printf three; exit 3");
        assert!(!outcome.success);
        assert_eq!(outcome.output, "one\ntwo\nthree");
        assert_eq!(outcome.tail(2), "  | two\n  | three\n");
    }

    #[test]
    fn a_process_left_behind_does_not_hold_us() {
        let outcome = check("sleep 20 & echo done");
        assert!(outcome.success);
        assert!(outcome.elapsed < Duration::from_secs(15), "{:?}", outcome.elapsed);
    }

    #[test]
    fn a_missing_program_is_named() {
        let refusal = captured("test", Command::new("no-such-program")).expect_err("missing");
        assert!(refusal.contains("no-such-program"), "{refusal}");
    }
}
