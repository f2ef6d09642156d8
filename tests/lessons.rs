//! The lessons that come with the page: each reads without a finding, says what the engine says, and
//! no puzzle can be solved by fewer edits than it allows. Knows where they are, nothing of their
//! subject.

use std::fs;
use std::path::PathBuf;

use lessons::{Part, Puzzle};
use libtest_mimic::{Failed, Trial};

/// A trial a lesson, and one for the course.
pub(crate) fn trials() -> Vec<Trial> {
    let files = match files() {
        Ok(files) => files,
        Err(why) => return vec![Trial::test("lessons::load", move || Err(why.into()))],
    };
    let names: Vec<String> = files.iter().map(|(name, _)| name.clone()).collect();
    let trial = |(name, text): (String, String)| {
        Trial::test(format!("lessons::{name}"), move || claims(&text))
    };
    let course = Trial::test("lessons::the course has them all", move || course(&names));
    let texts: Vec<String> = files.iter().map(|(_, text)| text.clone()).collect();
    let broken = Trial::test("lessons::any line may be missing", move || broken(&texts));
    files.into_iter().map(trial).chain([course, broken]).collect()
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Names and texts.
fn files() -> Result<Vec<(String, String)>, String> {
    let folder = root().join("web/lessons");
    let entries = fs::read_dir(&folder).map_err(|why| format!("{}: {why}", folder.display()))?;
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(|why| why.to_string())?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        files.push((name, fs::read_to_string(&path).map_err(|why| why.to_string())?));
    }
    files.sort();
    Ok(files)
}

fn claims(text: &str) -> Result<(), Failed> {
    let read = lessons::read(text);
    let findings = |findings: &[lessons::Finding]| -> Result<(), Failed> {
        let lines: Vec<String> =
            findings.iter().map(|f| format!("{}: {}; {}", f.line, f.message, f.help)).collect();
        if lines.is_empty() { Ok(()) } else { Err(lines.join("\n").into()) }
    };
    findings(&read.findings)?;
    let lesson = read.lesson.ok_or("there is no lesson")?;
    findings(&lessons::check(&lesson))?;
    let mut asked = [0, 0];
    for part in &lesson.parts {
        match part {
            Part::Prose(_) | Part::Scenario => {}
            Part::Predict(_) => asked[0] += 1,
            Part::Puzzle(puzzle) => {
                asked[1] += 1;
                if let Puzzle::Reorder(puzzle) = puzzle {
                    let shorter = lessons::shorter_ways(&lesson, puzzle)?;
                    if let Some(way) = shorter.first() {
                        return Err(format!("fewer edits mend it: {way:?}").into());
                    }
                }
            }
        }
    }
    if asked.contains(&0) {
        return Err("a lesson asks for a prediction and has a puzzle".into());
    }
    let words = text.split_whitespace().count();
    if words > WORDS_MAX {
        return Err(format!("{words} words, with its blocks, are not read in three minutes").into());
    }
    Ok(())
}

/// Whatever is left of a file is read: with one line missing, or only its first lines.
fn broken(texts: &[String]) -> Result<(), Failed> {
    let mut refused = 0;
    for lines in texts.iter().map(|text| text.lines().collect::<Vec<_>>()) {
        for at in 0..lines.len() {
            let without = [&lines[..at], &lines[at + 1..]].concat().join("\n");
            for text in [without, lines[..at].join("\n")] {
                let read = lessons::read(&text);
                if read.lesson.is_none() && read.findings.is_empty() {
                    return Err(format!("refused without a word:\n{text}").into());
                }
                refused += usize::from(read.lesson.is_none());
            }
        }
    }
    if refused == 0 { Err("nothing was ever refused".into()) } else { Ok(()) }
}

/// Words of a file: four minutes at a quiet pace, blocks and all.
const WORDS_MAX: usize = 900;

/// The worker's list names every file, in their order, and no other.
fn course(names: &[String]) -> Result<(), Failed> {
    let code = fs::read_to_string(root().join("web/src/bin/worker/teaching.rs"))?;
    let listed: Vec<&str> = code
        .split("lessons/")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .filter(|name| name.ends_with(".md"))
        .collect();
    if listed == *names {
        return Ok(());
    }
    Err(format!("the worker has {listed:?}, the folder {names:?}").into())
}
