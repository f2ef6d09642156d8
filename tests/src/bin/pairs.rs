//! Measures the planner on folders of schema pairs that are not in the repository, on a real
//! PostgreSQL. Reads the command line and shares out the work; `tests::pairs` does it.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "printing is what it is for")]

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use rehearsal::{Failure, Server};
use tests::pairs::ask::{ASKED, answer};
use tests::pairs::corpus::{self, Pair};
use tests::pairs::judge::Judge;
use tests::pairs::outcome::{Outcome, Verdict};
use tests::pairs::{report, tools};

const HELP: &str = "\
pairs FOLDER… [--server MAJOR] [--filter TEXT] [--out FOLDER] [--jobs N] [--limit-seconds N] [--every-step]

Plans every pair of old.sql and new.sql below the folders, runs the plans on a real PostgreSQL
(CONCERTINA_PG_BIN lists folders of programs) and says how each went. Twice as fast where TMPDIR
names a folder in memory.
";

struct Args {
    folders: Vec<PathBuf>,
    server: Option<u16>,
    filter: String,
    out: Option<PathBuf>,
    jobs: usize,
    limit: Duration,
    every_step: bool,
}

fn main() -> ExitCode {
    let words: Vec<String> = env::args().skip(1).collect();
    if words.first().is_some_and(|word| word == ASKED) {
        return answer();
    }
    match parse(words).and_then(|args| measure(&args)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("{reason}");
            ExitCode::from(2)
        }
    }
}

fn parse(words: Vec<String>) -> Result<Args, String> {
    let mut args = Args {
        folders: Vec::new(),
        server: None,
        filter: String::new(),
        out: None,
        jobs: 2,
        limit: Duration::from_secs(60),
        every_step: false,
    };
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(|| format!("{word} wants a value\n\n{HELP}"));
        match word.as_str() {
            "--server" => args.server = Some(number(&value()?)?),
            "--filter" => args.filter = value()?,
            "--out" => args.out = Some(PathBuf::from(value()?)),
            "--jobs" => args.jobs = number(&value()?)?,
            "--limit-seconds" => args.limit = Duration::from_secs(number(&value()?)?),
            "--every-step" => args.every_step = true,
            "--help" | "-h" => return Err(HELP.to_owned()),
            flag if flag.starts_with('-') => return Err(format!("no flag {flag}\n\n{HELP}")),
            folder => args.folders.push(PathBuf::from(folder)),
        }
    }
    if args.folders.is_empty() { Err(HELP.to_owned()) } else { Ok(args) }
}

fn number<T: std::str::FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("`{text}` is not a number\n\n{HELP}"))
}

fn measure(args: &Args) -> Result<(), String> {
    let mut pairs = corpus::find(&args.folders)?;
    pairs.retain(|pair| format!("{}/{}", pair.source, pair.name).contains(&args.filter));
    let (tools, notes) = tools::choose(args.server)?;
    for note in notes {
        println!("{note}");
    }
    println!("{} pairs on PostgreSQL {}", pairs.len(), tools.server.version);
    if let Some(folder) = &args.out {
        fs::create_dir_all(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    }
    let server = Server::start(&tools.server).map_err(|failure| failure.to_string())?;
    let judge =
        Judge { server: &server, tools: &tools, limit: args.limit, every_step: args.every_step };
    let verdicts = judge_all(&judge, &pairs, args)?;
    let judged: Vec<(Pair, Verdict)> = pairs.into_iter().zip(verdicts).collect();
    let summary = report::summary(&judged);
    println!("{summary}");
    if let Some(folder) = &args.out {
        fs::write(folder.join("summary.txt"), summary)
            .and_then(|()| fs::write(folder.join("pairs.tsv"), report::table(&judged)))
            .map_err(|e| format!("{}: {e}", folder.display()))?;
    }
    let is_open = |verdict: &Verdict| verdict.details.iter().any(|d| d.starts_with(NOT_JUDGED));
    let n_open = judged.iter().filter(|(_, verdict)| is_open(verdict)).count();
    if n_open == 0 { Ok(()) } else { Err(format!("{n_open} pairs were not judged")) }
}

/// How the details begin where the machine failed, not the pair.
const NOT_JUDGED: &str = "not judged";

/// Judges the pairs, several at a time, and says so in their order.
fn judge_all(judge: &Judge<'_>, pairs: &[Pair], args: &Args) -> Result<Vec<Verdict>, String> {
    let next = AtomicUsize::new(0);
    let (sender, receiver) = mpsc::channel();
    thread::scope(|scope| {
        for _ in 0..args.jobs.max(1) {
            let (next, sender) = (&next, sender.clone());
            scope.spawn(move || {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(pair) = pairs.get(index) else { return };
                    let started = Instant::now();
                    let verdict = judge.judge(pair);
                    if sender.send((index, verdict, started.elapsed())).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        let mut early: BTreeMap<usize, (Result<Verdict, Failure>, Duration)> = BTreeMap::new();
        let mut verdicts = Vec::new();
        for (index, verdict, time) in receiver {
            early.insert(index, (verdict, time));
            while let Some((verdict, time)) = early.remove(&verdicts.len()) {
                let pair = &pairs[verdicts.len()];
                let mut verdict = verdict.unwrap_or_else(|failure| {
                    // The machine's failure is nobody's verdict: it must not count.
                    Verdict::new(Outcome::Unloadable).saying(format!("{NOT_JUDGED}: {failure}"))
                });
                println!("{}", report::line(pair, &verdict, time.as_secs_f64()));
                if let Some(folder) = &args.out {
                    report::write(folder, pair, &verdict)
                        .map_err(|e| format!("{}: {e}", folder.display()))?;
                }
                // Plans are large, and written.
                verdict.plan = None;
                verdicts.push(verdict);
            }
        }
        Ok(verdicts)
    })
}
