//! Commands and flags as a table, and reading them. Must not open files.

use std::collections::BTreeMap;
use std::ffi::OsString;

use lexopt::{Arg, Parser};

use crate::help;
use crate::report::BadInput;

/// A subcommand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    /// Makes a plan.
    Plan,
    /// Lists the hazards of a change as asked.
    Check,
    /// Searches every interleaving.
    Prove,
    /// Plays one run.
    Simulate,
    /// Says what a statement locks and does.
    Facts,
}

use Command::{Check, Facts, Plan, Prove, Simulate};

/// Every subcommand.
pub(crate) const COMMANDS: [Command; 5] = [Plan, Check, Prove, Simulate, Facts];

/// A flag.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Flag {
    /// Without the dashes.
    pub(crate) name: &'static str,
    /// What its value is called in the help; none: it takes none.
    pub(crate) value: Option<&'static str>,
    /// One line.
    pub(crate) help: &'static str,
    /// The commands that take it.
    pub(crate) commands: &'static [Command],
}

const fn flag(
    name: &'static str,
    value: &'static str,
    commands: &'static [Command],
    help: &'static str,
) -> Flag {
    let value = if value.is_empty() { None } else { Some(value) };
    Flag { name, value, help, commands }
}

const REQUEST: &[Command] = &[Plan, Check, Prove, Simulate];
const SCHEMA: &[Command] = &[Plan, Check, Prove, Simulate, Facts];
const TIMED: &[Command] = &[Simulate];

const QUERIES: &[Command] = &[Plan, Check];

/// Every flag, in the order of the help.
pub(crate) const FLAGS: [Flag; 43] = [
    flag("schema", "FILE", SCHEMA, "the schema as it is: a pg_dump, or written by hand"),
    flag("change", "FILE", REQUEST, "the SQL somebody was about to run"),
    flag("target", "FILE", REQUEST, "instead of --change: the schema as it should be"),
    flag("engine", "NAME", SCHEMA, "postgres:12 to postgres:18 [postgres:15]"),
    flag("facts", "FILE", REQUEST, "sizes and traffic of tables, deploy, constraints, as TOML"),
    flag("deploy", "MODEL", REQUEST, "rolling, blue-green, canary or stop-the-world [rolling]"),
    flag("apart", "", REQUEST, "old and new release cannot run at the same time"),
    flag("sync", "WHO", REQUEST, "triggers or dual-writes keep two shapes equal [triggers]"),
    flag("downtime", "SECONDS", REQUEST, "downtime that may be taken [0]"),
    flag("lock-wait", "MS", REQUEST, "how long a request may wait for a lock [2000]"),
    flag("backup", "KIND", REQUEST, "none, logical-dump, snapshot or pitr [logical-dump]"),
    flag("pgbouncer", "MODE", REQUEST, "none, session or transaction [none]"),
    flag("replicas", "N", REQUEST, "physical replicas [0]"),
    flag("replica-lag", "SECONDS", REQUEST, "how far replicas may be behind [10]"),
    flag("consumers", "LIST", REQUEST, "who else reads: cdc, logical-replica, bi; with commas"),
    flag(
        "queries",
        "FILE",
        QUERIES,
        "statements of the app: SQL, sqlc's SQL, or the CSV of pg_stat_statements",
    ),
    flag("queries-old", "FILE", QUERIES, "the same, of the running release only"),
    flag("queries-new", "FILE", QUERIES, "the same, of the release that wants the change only"),
    flag("out", "DIR", &[Plan], "write files there instead of to standard output"),
    flag("as-asked", "", &[Prove, Simulate], "the change as asked, without a plan"),
    flag("matrix", "", &[Prove], "what each release can do at each step, and how each fault ends"),
    flag("without", "STEPS", &[Prove], "prove it without these steps: 2.1,3.2"),
    flag("swap", "STEPS", &[Prove], "prove it with two steps in each other's place: 2.1,2.2"),
    flag("merge", "STEPS", &[Prove], "prove it with these steps merged into the ones before"),
    flag("insert", "SQL", &[Prove], "prove it with these statements as a step of their own"),
    flag("before", "STEP", &[Prove], "where --insert puts them [at the end]"),
    flag("certificate", "FILE", &[Prove], "write there what was proved of which plan"),
    flag(
        "check",
        "FILE",
        &[Prove],
        "prove again what that certificate says, and tell what differs",
    ),
    flag(
        "trace",
        "CELL",
        &[Prove],
        "the run behind a cell of --matrix: 7.2 (its way back), 7.2:R0:read or 7.2:crash_after",
    ),
    flag("instances", "N", &[Prove, Simulate], "instances of the app"),
    flag("rows", "N", &[Prove, Simulate], "rows a table begins with"),
    flag("faults", "N", &[Prove, Simulate], "faults a run may meet"),
    flag("states-max", "N", &[Prove], "states to look at before giving up"),
    flag("seed", "N", &[Simulate], "which of all runs [0]"),
    flag("timed", "", TIMED, "step by step under the request's traffic: waits, failures, lag"),
    flag("connections", "N", TIMED, "timed: connections of all instances together [100]"),
    flag("request-timeout", "MS", TIMED, "timed: a request gives up after so long [5000]"),
    flag("lock-timeout", "MS", TIMED, "timed: instead of the plan's own"),
    flag("retry-pause", "MS", TIMED, "timed: before a lock is tried for again [1000]"),
    flag("batch-ms", "MS", TIMED, "timed: what a batch takes, instead of the plan's own"),
    flag("tune", "", TIMED, "timed: compare lock timeouts, pauses and batches"),
    flag("format", "FORMAT", &COMMANDS, ""),
    flag("help", "", &COMMANDS, "this text"),
];

/// What was asked for.
#[derive(Clone, Debug)]
pub(crate) struct Invocation {
    /// The subcommand.
    pub(crate) command: Command,
    /// What stands there without a flag: a file, or for `facts` a statement.
    pub(crate) file: Option<OsString>,
    flags: BTreeMap<&'static str, OsString>,
}

/// What the arguments mean.
#[derive(Clone, Debug)]
pub(crate) enum Parsed {
    /// Print this.
    Help(String),
    /// Do this.
    Run(Invocation),
}

impl Command {
    /// As it is typed.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Plan => "plan",
            Check => "check",
            Prove => "prove",
            Simulate => "simulate",
            Facts => "facts",
        }
    }

    /// What `--format` may be; the first is the default.
    pub(crate) fn formats(self) -> &'static [&'static str] {
        match self {
            Plan => &["markdown", "json", "sql", "text"],
            Check | Prove | Simulate | Facts => &["text", "json"],
        }
    }

    fn takes(self, flag: &Flag) -> bool {
        flag.commands.contains(&self)
    }
}

impl Invocation {
    /// The value of a flag, where it was given.
    pub(crate) fn value(&self, name: &str) -> Option<&OsString> {
        self.flags.get(name)
    }

    /// Whether a flag was given.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.flags.contains_key(name)
    }

    /// The value of a flag as a text.
    pub(crate) fn text(&self, name: &str) -> Result<Option<&str>, BadInput> {
        let Some(value) = self.value(name) else { return Ok(None) };
        match value.to_str() {
            Some(text) => Ok(Some(text)),
            None => Err(usage(&format!("--{name} is not UTF-8"), "")),
        }
    }

    /// The value of a flag as a number.
    pub(crate) fn number(&self, name: &str) -> Result<Option<u64>, BadInput> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        match text.replace('_', "").parse() {
            Ok(number) => Ok(Some(number)),
            Err(_) => Err(usage(&format!("--{name} takes a whole number, not `{text}`"), "")),
        }
    }

    /// The format.
    pub(crate) fn format(&self) -> Result<&str, BadInput> {
        let known = self.command.formats();
        let Some(text) = self.text("format")? else { return Ok(known[0]) };
        if known.contains(&text) {
            return Ok(text);
        }
        let help = format!("`concertina {}` prints {}", self.command.name(), known.join(", "));
        Err(usage(&format!("--format {text} is not known"), &help))
    }
}

/// Reads the arguments.
pub(crate) fn parse(arguments: Vec<OsString>) -> Result<Parsed, BadInput> {
    let mut words = arguments.into_iter();
    let Some(first) = words.next() else { return Ok(Parsed::Help(help::overview())) };
    let first = first.to_string_lossy().into_owned();
    if matches!(first.as_str(), "--help" | "-h" | "help") {
        return Ok(Parsed::Help(help::overview()));
    }
    if matches!(first.as_str(), "--version" | "-V") {
        return Ok(Parsed::Help(format!("concertina {}\n", env!("CARGO_PKG_VERSION"))));
    }
    let Some(command) = COMMANDS.into_iter().find(|command| command.name() == first) else {
        let near = near_miss(&first, COMMANDS.iter().map(|command| command.name()));
        let help = near.map_or_else(
            || "`concertina --help` lists the commands".to_owned(),
            |name| format!("did you mean `concertina {name}`?"),
        );
        return Err(usage(&format!("there is no command `{first}`"), &help));
    };
    parse_flags(command, Parser::from_args(words))
}

fn parse_flags(command: Command, mut parser: Parser) -> Result<Parsed, BadInput> {
    let mut invocation = Invocation { command, file: None, flags: BTreeMap::new() };
    let refused = |error: lexopt::Error| usage(&error.to_string(), "");
    while let Some(argument) = parser.next().map_err(refused)? {
        let name = match argument {
            Arg::Short('h') => "help".to_owned(),
            Arg::Long(name) => name.to_owned(),
            Arg::Short(letter) => {
                return Err(usage(&format!("there is no flag `-{letter}`"), "flags are long ones"));
            }
            Arg::Value(file) => {
                if invocation.file.replace(file).is_some() {
                    let problem = match command {
                        Facts => "the statement is more than one word: put it in quotes",
                        Plan | Check | Prove | Simulate => {
                            "more than one file is named without a flag"
                        }
                    };
                    return Err(usage(problem, &help::usage_line(command)));
                }
                continue;
            }
        };
        let Some(flag) = FLAGS.iter().find(|flag| flag.name == name && command.takes(flag)) else {
            return Err(unknown_flag(command, &name));
        };
        if flag.name == "help" {
            return Ok(Parsed::Help(help::of_command(command)));
        }
        let value = match flag.value {
            Some(_) => parser.value().map_err(refused)?,
            None => OsString::new(),
        };
        if invocation.flags.insert(flag.name, value).is_some() {
            return Err(usage(&format!("--{name} is given twice"), ""));
        }
    }
    Ok(Parsed::Run(invocation))
}

fn unknown_flag(command: Command, name: &str) -> BadInput {
    let known = FLAGS.iter().filter(|flag| command.takes(flag)).map(|flag| flag.name);
    let help = near_miss(name, known).map_or_else(
        || format!("`concertina {} --help` lists them", command.name()),
        |near| format!("did you mean --{near}?"),
    );
    usage(&format!("`concertina {}` has no flag --{name}", command.name()), &help)
}

/// A complaint about the command line itself.
pub(crate) fn usage(message: &str, help: &str) -> BadInput {
    BadInput::new("usage", message, help)
}

/// The known word that was probably meant.
fn near_miss<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known
        .map(|name| (distance(word, name), name))
        .filter(|(distance, name)| *distance <= 2 || (word.len() > 2 && name.starts_with(word)))
        .min()
        .map(|(_, name)| name)
}

/// Levenshtein distance.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = i;
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(words: &[&str], want: &str) {
        let got = match parse(words.iter().map(OsString::from).collect()) {
            Ok(Parsed::Help(text)) => text.lines().next().unwrap_or_default().to_owned(),
            Ok(Parsed::Run(run)) => format!("{:?} {:?} {:?}", run.command, run.file, run.flags),
            Err(BadInput(text)) => text,
        };
        assert_eq!(got.trim_end(), want);
    }

    #[test]
    fn near_misses_are_named() {
        check(
            &["pln"],
            "error[usage]: there is no command `pln`\n  help: did you mean `concertina plan`?",
        );
        check(
            &["plan", "--shcema", "x"],
            "error[usage]: `concertina plan` has no flag --shcema\n  help: did you mean --schema?",
        );
        check(
            &["check", "--zzzzzz"],
            "error[usage]: `concertina check` has no flag --zzzzzz\n  help: `concertina check --help` lists them",
        );
        check(
            &["plan", "a", "b"],
            "error[usage]: more than one file is named without a flag\n  help: usage: concertina plan [REQUEST.toml] [flags]",
        );
    }

    #[test]
    fn flags_and_one_file_are_read() {
        check(&["prove", "--rows=2", "p.json"], r#"Prove Some("p.json") {"rows": "2"}"#);
        check(
            &["plan", "--rows", "2"],
            "error[usage]: `concertina plan` has no flag --rows\n  help: `concertina plan --help` lists them",
        );
    }
}
