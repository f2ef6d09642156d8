//! `concertina simulate --timed`: a plan's statements in the lock queues of a database under the
//! request's traffic, as a table of steps; `--tune` compares settings. Must not judge: the figures
//! are the simulator's.

use simulator::{Setting, TimedStep, TimedWalk, Tuned};

use super::plan_of;
use crate::args::Invocation;
use crate::report::BadInput;
use crate::{Outcome, output};

pub(crate) fn run(invocation: &Invocation) -> Result<Outcome, BadInput> {
    let format = invocation.format()?;
    let setting = setting(invocation)?;
    let plan = plan_of(invocation)?;
    if invocation.has("tune") {
        let tuned = simulator::tune(&plan, &setting);
        let printed = match format {
            "json" => super::pretty(&tuned)?,
            _ => tuned_text(&tuned),
        };
        output::print(&printed)?;
        return Ok(Outcome::Fine);
    }
    let steps: Vec<TimedStep> = TimedWalk::new(&plan, &setting).collect();
    let printed = match format {
        "json" => super::pretty(&serde_json::json!({ "setting": setting, "steps": steps }))?,
        _ => text(&steps),
    };
    output::print(&printed)?;
    let well = steps.iter().all(|step| step.done && step.failed == 0);
    Ok(if well { Outcome::Fine } else { Outcome::Unsafe })
}

fn setting(invocation: &Invocation) -> Result<Setting, BadInput> {
    let mut setting = Setting::default();
    let given = |name: &str| -> Result<Option<u32>, BadInput> {
        Ok(invocation.number(name)?.map(|n| u32::try_from(n).unwrap_or(u32::MAX)))
    };
    setting.seed = invocation.number("seed")?.unwrap_or(0);
    setting.connections = given("connections")?.unwrap_or(setting.connections);
    setting.request_timeout_ms = given("request-timeout")?.unwrap_or(setting.request_timeout_ms);
    setting.retry_pause_ms = given("retry-pause")?.unwrap_or(setting.retry_pause_ms);
    setting.lock_timeout_ms = given("lock-timeout")?;
    setting.batch_ms = given("batch-ms")?;
    Ok(setting)
}

/// Steps in which requests or replicas feel something have a second line.
fn text(steps: &[TimedStep]) -> String {
    let mut text = String::new();
    for step in steps {
        let (seconds, operation) = (duration(step.seconds), &step.operation);
        text += &format!("{:<5} {seconds:>8}  {operation}\n", step.id);
        for line in felt(step) {
            text += &format!("                {line}\n");
        }
    }
    let total = steps.last().map_or(0.0, |step| step.began_s + step.seconds);
    let failed: u64 = steps.iter().map(|step| step.failed).sum();
    let longest = steps.iter().map(|step| step.longest_wait_s).fold(0.0, f64::max);
    text + &format!(
        "\nin all {}: {failed} requests gave up waiting, none waited longer than {}\n\
         only waits are counted: `concertina prove` says which statements the database refuses\n",
        duration(total),
        duration(longest)
    )
}

fn felt(step: &TimedStep) -> Vec<String> {
    let mut lines = Vec::new();
    if step.waiting_max > 1 || step.failed > 0 {
        lines.push(format!(
            "up to {} of {} requests waited at once, the longest {}, {} in all; {} connections in use",
            step.waiting_max,
            step.requests,
            duration(step.longest_wait_s),
            duration(step.waited_s),
            step.connections_max
        ));
    }
    if step.failed > 0 {
        lines.push(format!("{} requests gave up waiting", step.failed));
    }
    if step.attempts > 1 {
        lines.push(format!("tried {} times for its locks", step.attempts));
    }
    if !step.done {
        lines.push("did not get its locks".to_owned());
    }
    if step.batches > 0 {
        let longest = duration(step.longest_wait_s);
        lines.push(format!("{} batches; a write waits for a row {longest} at most", step.batches));
    }
    if step.lag_max_s > 0.0 {
        let waited = duration(step.throttled_s);
        let lag = duration(step.lag_max_s);
        lines.push(format!("a replica is {lag} behind at most; {waited} of waiting for it"));
    }
    if step.cut {
        lines.push("more happened than is followed: figures are too low".to_owned());
    }
    lines
}

fn tuned_text(tuned: &[Tuned]) -> String {
    let mut text = format!(
        "{:>12} {:>11} {:>9}   {:>9} {:>8} {:>12} {:>8}\n",
        "lock timeout", "retry pause", "a batch", "all takes", "gave up", "longest wait", "tries"
    );
    for one in tuned {
        let Setting { lock_timeout_ms, retry_pause_ms, batch_ms, .. } = &one.setting;
        let ms = |ms: &Option<u32>| ms.map_or_else(|| "plan's".to_owned(), |ms| format!("{ms} ms"));
        text += &format!(
            "{:>12} {:>11} {:>9}   {:>9} {:>8} {:>12} {:>8}{}\n",
            ms(lock_timeout_ms),
            format!("{retry_pause_ms} ms"),
            ms(batch_ms),
            duration(one.seconds),
            one.failed,
            duration(one.longest_wait_s),
            one.attempts,
            if one.done { "" } else { "  not done" }
        );
    }
    text
}

/// `12 ms`, `3.4 s`, `5 min`, `2.5 h`.
fn duration(seconds: f64) -> String {
    match seconds {
        s if s <= 0.0 => "0 s".to_owned(),
        s if s < 1.0 => format!("{:.0} ms", s * 1e3),
        s if s < 100.0 => format!("{s:.1} s"),
        s if s < 6_000.0 => format!("{:.0} min", s / 60.0),
        s => format!("{:.1} h", s / 3_600.0),
    }
}
