//! Certificates of proofs as files: writing one, and proving one again. Must not judge.

use std::ffi::OsStr;
use std::path::Path;

use planner::Plan;
use simulator::{Bounds, CERTIFICATE_FORMAT, Certificate, Verdict};

use crate::report::BadInput;
use crate::{Outcome, input, output};

/// Writes what was proved.
pub(super) fn write(
    plan: &Plan,
    bounds: &Bounds,
    verdict: &Verdict,
    path: &OsStr,
) -> Result<(), BadInput> {
    let text = super::super::pretty(&Certificate::new(plan, bounds, verdict))?;
    output::write(Path::new(path), &text)
}

/// Proves again what a certificate says of the plan, within its bounds.
pub(super) fn check(plan: &Plan, path: &OsStr, format: &str) -> Result<Outcome, BadInput> {
    let file = input::read(path)?;
    let known: Certificate = serde_json::from_str(&file.text).map_err(|error| {
        let message = format!("{}: {error}", file.name);
        BadInput::new(
            "bad-certificate",
            &message,
            "a certificate is what `concertina prove --certificate FILE` writes",
        )
    })?;
    if known.format != CERTIFICATE_FORMAT {
        let message =
            format!("{}: the format is `{}`, not `{CERTIFICATE_FORMAT}`", file.name, known.format);
        return Err(BadInput::new(
            "bad-certificate",
            &message,
            "prove the plan again with this version",
        ));
    }
    let verdict = super::search(plan, &known.bounds)?;
    let again = Certificate::new(plan, &known.bounds, &verdict);
    let differences = known.differences(&again);
    let printed = match format {
        "json" => super::super::pretty(&differences)?,
        _ if differences.is_empty() => format!(
            "the certificate holds: {}, {} states, the same as here\n",
            known.verdict, known.states
        ),
        _ => {
            let lines: String = differences.iter().map(|line| format!("  {line}\n")).collect();
            format!("the certificate does not hold:\n{lines}")
        }
    };
    output::print(&printed)?;
    let holds = differences.is_empty() && matches!(verdict, Verdict::Verified { .. });
    Ok(if holds { Outcome::Fine } else { Outcome::Unsafe })
}
