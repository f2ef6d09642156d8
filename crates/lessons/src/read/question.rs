//! What is asked of the engine, as an author writes it: `works 1.1 R0 read`. Must not know answers.

use simulator::{DOES, FAULTS, Setting};

use super::fields::Field;
use crate::lesson::{Finding, Question};

const HELP: &str = "ask for one of: `works STEP RELEASE read|insert|update|delete` (`before` for the step: before the \
                    first one), `rollback STEP`, `last rollback`, `point of no return`, `ending STEP FAULT` (none, \
                    crash_before, crash_after, build_fails, abort_deploy, straggler, crash_back), `verdict`, `lock STEP TABLE`, \
                    `held STEP TABLE`, `given up STEP` (and `seed N`, `lock_timeout MS` after it)";

/// The question of a field.
pub(super) fn question(field: &Field, findings: &mut Vec<Finding>) -> Option<Question> {
    let found = parse(&field.text);
    if found.is_none() {
        let message = format!("`{}` is nothing that the engine can be asked", field.text);
        findings.push(Finding::error(field.line, message, HELP));
    }
    found
}

fn parse(text: &str) -> Option<Question> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let own = |step: &str| step.to_owned();
    match words.as_slice() {
        ["works", step, release, does] => {
            let does = DOES.into_iter().find(|known| known.name() == *does)?;
            let step = (*step != "before").then(|| own(step));
            Some(Question::Works { step, release: own(release), does })
        }
        ["rollback", step] => Some(Question::Rollback { step: own(step) }),
        ["last", "rollback"] => Some(Question::LastRollback),
        ["point", "of", "no", "return"] => Some(Question::PointOfNoReturn),
        ["ending", step, fault] => {
            let fault = FAULTS.into_iter().find(|known| known.id() == *fault)?;
            Some(Question::Ending { step: own(step), fault })
        }
        ["verdict"] => Some(Question::Verdict),
        ["lock", step, table] => Some(Question::Lock { step: own(step), table: own(table) }),
        ["held", step, table] => Some(Question::Held { step: own(step), table: own(table) }),
        ["given", "up", step, with @ ..] => {
            Some(Question::GivenUp { step: own(step), setting: setting(with)? })
        }
        _ => None,
    }
}

/// `seed 14 lock_timeout 60000`.
fn setting(words: &[&str]) -> Option<Setting> {
    let mut setting = Setting::default();
    for pair in words.chunks(2) {
        match pair {
            ["seed", number] => setting.seed = number.parse().ok()?,
            ["lock_timeout", number] => setting.lock_timeout_ms = Some(number.parse().ok()?),
            _ => return None,
        }
    }
    Some(setting)
}
