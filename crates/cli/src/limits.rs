//! Flags about the rollout and its limits: they win over what the files say. Must not judge them.

use planner::Request;
use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::{Error, StrDeserializer};

use crate::args::{Invocation, usage};
use crate::report::BadInput;

/// Puts the flags into the request.
pub(crate) fn apply(invocation: &Invocation, request: &mut Request) -> Result<(), BadInput> {
    let Request { deploy, constraints, .. } = request;
    if let Some(model) = word(invocation, "deploy")? {
        deploy.model = model;
    }
    if let Some(sync) = word(invocation, "sync")? {
        deploy.sync = sync;
    }
    if invocation.has("apart") {
        deploy.old_and_new_together = false;
    }
    if let Some(backup) = word(invocation, "backup")? {
        constraints.backup = backup;
    }
    if let Some(mode) = word(invocation, "pgbouncer")? {
        constraints.pgbouncer = mode;
    }
    if let Some(list) = invocation.text("consumers")? {
        let words = list.split(',').map(str::trim).filter(|word| !word.is_empty());
        constraints.consumers =
            words.map(|word| parsed("consumers", word)).collect::<Result<_, _>>()?;
    }
    for (flag, field) in [
        ("downtime", &mut constraints.downtime_s),
        ("lock-wait", &mut constraints.lock_wait_ms),
        ("replicas", &mut constraints.replicas),
        ("replica-lag", &mut constraints.replica_lag_s),
    ] {
        if let Some(number) = small(invocation, flag)? {
            *field = number;
        }
    }
    Ok(())
}

/// One of a few words, as the request's files spell them.
fn word<T: for<'a> Deserialize<'a>>(
    invocation: &Invocation,
    flag: &str,
) -> Result<Option<T>, BadInput> {
    let Some(text) = invocation.text(flag)? else { return Ok(None) };
    parsed(flag, text).map(Some)
}

fn parsed<T: for<'a> Deserialize<'a>>(flag: &str, text: &str) -> Result<T, BadInput> {
    let reader: StrDeserializer<'_, Error> = text.into_deserializer();
    T::deserialize(reader).map_err(|error| usage(&format!("--{flag}: {error}"), ""))
}

fn small(invocation: &Invocation, flag: &str) -> Result<Option<u32>, BadInput> {
    let Some(number) = invocation.number(flag)? else { return Ok(None) };
    u32::try_from(number)
        .map(Some)
        .map_err(|_| usage(&format!("--{flag} is at most {}, not {number}", u32::MAX), ""))
}
