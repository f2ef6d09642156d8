//! Tables of how pairs went, and a file a pair for whoever wants to know why. Counts and prints;
//! judges nothing.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use planner::render;

use super::corpus::Pair;
use super::outcome::{Outcome, Verdict};

/// Signatures shown.
const N_SIGNATURES: usize = 25;

/// Characters of a line on a terminal.
const WIDTH_MAX: usize = 200;

/// One line for a pair that was judged.
pub fn line(pair: &Pair, verdict: &Verdict, seconds: f64) -> String {
    let steps = verdict
        .plan
        .as_ref()
        .map_or(String::new(), |plan| format!(", {} steps", plan.steps().count()));
    let why = match verdict.outcome {
        Outcome::Verified => "",
        Outcome::Refused
        | Outcome::Unchanged
        | Outcome::Failed
        | Outcome::Differs
        | Outcome::Unrolled
        | Outcome::Slow
        | Outcome::Panicked
        | Outcome::Unloadable => verdict.details.first().map_or("", String::as_str),
    };
    let why = why.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut line = format!("{:10} {} ({seconds:.1} s{steps})", verdict.outcome, name(pair));
    for part in [verdict.notes(), why] {
        if !part.is_empty() {
            line.push(' ');
            line += &part;
        }
    }
    match line.char_indices().nth(WIDTH_MAX) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line,
    }
}

fn name(pair: &Pair) -> String {
    let prefix = format!("{}/", pair.source);
    if pair.name.starts_with(&prefix) { pair.name.clone() } else { prefix + &pair.name }
}

/// The tables at the end.
pub fn summary(judged: &[(Pair, Verdict)]) -> String {
    let mut out = outcomes(judged);
    out += &counted("refused by code", usize::MAX, judged, |verdict| verdict.codes.clone());
    out +=
        &counted("most frequent failures", N_SIGNATURES, judged, |verdict| match verdict.outcome {
            Outcome::Verified | Outcome::Unloadable => Vec::new(),
            Outcome::Refused
            | Outcome::Unchanged
            | Outcome::Failed
            | Outcome::Differs
            | Outcome::Unrolled
            | Outcome::Slow
            | Outcome::Panicked => {
                let word = verdict.outcome.word();
                verdict.signatures.iter().map(|s| format!("{word}: {s}")).collect()
            }
        });
    out += &counted("warnings", usize::MAX, judged, |verdict| {
        let word = verdict.outcome.word();
        verdict.warnings.keys().map(|code| format!("{code} ({word})")).collect()
    });
    out += &counted("another schema than wanted, and no warning", usize::MAX, judged, |verdict| {
        let word = verdict.outcome.word();
        if verdict.is_silent() { vec![word.to_owned()] } else { Vec::new() }
    });
    out += &counted("checks that do not hold", usize::MAX, judged, |verdict| {
        let word = verdict.outcome.word();
        if verdict.checks.is_empty() { Vec::new() } else { vec![word.to_owned()] }
    });
    out
}

/// Outcome × count × percent, for each source and for all.
fn outcomes(judged: &[(Pair, Verdict)]) -> String {
    let mut sources: BTreeMap<&str, Vec<Outcome>> = BTreeMap::new();
    for (pair, verdict) in judged {
        sources.entry(&pair.source).or_default().push(verdict.outcome);
    }
    let all: Vec<Outcome> = judged.iter().map(|(_, verdict)| verdict.outcome).collect();
    let mut out = format!("\n{:24}{:>7}", "source", "pairs");
    for outcome in Outcome::ALL {
        out += &format!("{outcome:>16}");
    }
    out.push('\n');
    for (source, outcomes) in sources.iter().map(|(s, o)| (*s, o)).chain([("all", &all)]) {
        let n = outcomes.iter().filter(|o| **o != Outcome::Unloadable).count();
        out += &format!("{source:24}{n:>7}");
        for outcome in Outcome::ALL {
            let n_such = outcomes.iter().filter(|o| **o == outcome).count();
            let cell = if outcome == Outcome::Unloadable || n_such == 0 {
                n_such.to_string()
            } else {
                format!("{n_such} {}%", percent(n_such, n))
            };
            out += &format!("{cell:>16}");
        }
        out.push('\n');
    }
    out
}

/// Percent with one decimal; unloadable pairs are not among the all.
fn percent(n: usize, of: usize) -> String {
    let tenths = (n * 2_000 / of.max(1)).div_ceil(2);
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// What pairs have, by how many pairs have it, with the first of them.
fn counted(
    title: &str,
    n_max: usize,
    judged: &[(Pair, Verdict)],
    of: impl Fn(&Verdict) -> Vec<String>,
) -> String {
    let mut counts: BTreeMap<String, (usize, String)> = BTreeMap::new();
    for (pair, verdict) in judged {
        for key in of(verdict) {
            counts.entry(key).or_insert_with(|| (0, name(pair))).0 += 1;
        }
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by(|(a, (n_a, _)), (b, (n_b, _))| n_b.cmp(n_a).then(a.cmp(b)));
    let mut out = format!("\n{title}\n");
    for (key, (n, example)) in counts.iter().take(n_max) {
        out += &format!("{n:>6}  {key}  (as {example})\n");
    }
    if counts.is_empty() {
        out += "  none\n";
    }
    out
}

/// Writes what is known about a pair: a text, and its plan as JSON.
///
/// # Errors
/// Where a file cannot be written.
pub fn write(folder: &Path, pair: &Pair, verdict: &Verdict) -> io::Result<()> {
    let file = name(pair).replace('/', "__");
    let mut text = format!("{} {}\n{}\n", verdict.outcome, name(pair), verdict.notes());
    for part in verdict.details.iter().chain(&verdict.checks) {
        text += &format!("\n{part}\n");
    }
    if let Some(plan) = &verdict.plan {
        text += &format!("\n{}", render::markdown(plan));
        let json = serde_json::to_string_pretty(plan).map_err(io::Error::other)?;
        fs::write(folder.join(format!("{file}.json")), json)?;
    }
    fs::write(folder.join(format!("{file}.txt")), text)
}

/// A line a pair for a spreadsheet: source, name, outcome, signatures, warnings.
pub fn table(judged: &[(Pair, Verdict)]) -> String {
    let row = |(pair, verdict): &(Pair, Verdict)| {
        let cells = [
            pair.source.clone(),
            name(pair),
            verdict.outcome.word().to_owned(),
            verdict.signatures.join(" | "),
            verdict.notes(),
        ];
        cells.map(|cell| cell.replace(['\t', '\n'], " ")).join("\t") + "\n"
    };
    judged.iter().map(row).collect()
}
