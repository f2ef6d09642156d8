//! `concertina simulate`: one run of a plan, chosen by its seed. Must not judge the run.

use simulator::Walk;

use super::{bounds, plan_of};
use crate::args::Invocation;
use crate::report::BadInput;
use crate::{Outcome, output};

/// Moments in which only the app does something: the migration does not get on any more.
const IDLE_MAX: usize = 150;

/// One moment in so many meets a fault, as long as some are left.
const FAULT_EVERY: u64 = 7;

pub(crate) fn run(invocation: &Invocation) -> Result<Outcome, BadInput> {
    if invocation.has("timed") || invocation.has("tune") {
        return super::timed::run(invocation);
    }
    let format = invocation.format()?;
    let seed = invocation.number("seed")?.unwrap_or(0);
    let bounds = bounds(invocation)?;
    let plan = plan_of(invocation)?;
    let mut walk = Walk::new(&plan, &bounds, seed)
        .map_err(|error| BadInput::new("not-playable", &error.to_string(), ""))?;
    let n_faults = if invocation.has("faults") { bounds.faults } else { 0 };
    play(&mut walk, seed, n_faults);
    let stuck = !walk.finished();
    if stuck {
        output::complain(
            "the migration does not get on: a statement is refused, or a condition never holds\n",
        );
    }
    let broken = walk.moment().broken.is_some();
    output::print(&match format {
        "json" => super::pretty(&serde_json::json!({
            "seed": seed, "plan": plan.source_schema_hash, "trace": walk.trace(),
        }))?,
        _ => walk.trace().text(),
    })?;
    Ok(if broken || stuck { Outcome::Unsafe } else { Outcome::Fine })
}

/// Lets the seed choose, and now and then a fault of the kinds that can happen.
fn play(walk: &mut Walk, seed: u64, mut n_faults: usize) {
    let mut drawn = seed;
    let mut n_idle = 0;
    while !walk.finished() && n_idle < IDLE_MAX {
        n_idle = if walk.moment().actor.starts_with("app") { n_idle + 1 } else { 0 };
        drawn = next(drawn);
        if n_faults > 0 && drawn.is_multiple_of(FAULT_EVERY) {
            let choices = walk.choices();
            let faults: Vec<usize> = (0..choices.len()).filter(|i| choices[*i].fault).collect();
            drawn = next(drawn);
            if let Some(fault) = pick(&faults, drawn) {
                walk.take(fault);
                n_faults -= 1;
                continue;
            }
        }
        if !walk.step() {
            return;
        }
    }
}

fn pick(faults: &[usize], drawn: u64) -> Option<usize> {
    let n = u64::try_from(faults.len()).ok().filter(|n| *n > 0)?;
    faults.get(usize::try_from(drawn % n).ok()?).copied()
}

/// `SplitMix64`: the same faults for the same seed, on every machine.
fn next(state: u64) -> u64 {
    let mut z = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
