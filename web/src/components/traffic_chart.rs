//! One step's series as a small chart: requests that wait and connections in use, or how far a
//! replica is behind, over time. Drawn as SVG; a sentence says the same.

use simulator::{Sample, TimedStep};
use yew::prelude::*;

use crate::format::seconds;

// Whole numbers: printing floats would take more of the shell than this file.
const WIDTH: usize = 3_000;
const HEIGHT: u32 = 600;

/// The chart.
pub(crate) fn traffic_chart(step: &TimedStep, most: f64) -> Html {
    let series = &step.series;
    let lag = step.batches > 0;
    let label = if lag {
        format!("How far a replica is behind, up to {}", seconds(step.lag_max_s))
    } else {
        format!("Requests that wait, up to {}, and connections in use", step.waiting_max)
    };
    let view = format!("0 0 {WIDTH} {HEIGHT}");
    html! {
        <svg class="chart" viewBox={view} preserveAspectRatio="none" role="img" aria-label={label}>
            if let Some(at) = starts(series) {
                <line class="start" x1={at.clone()} x2={at} y1="0" y2={HEIGHT.to_string()} />
            }
            if lag {
                <path class="waiting" d={area(series, most, |s| s.lag_s)} />
            } else {
                <path class="waiting" d={area(series, most, |s| f64::from(s.waiting))} />
                <path class="connections" d={line(series, most, |s| f64::from(s.connections))} />
                if step.failed > 0 {
                    <path class="failed" d={line(series, most, |s| f64::from(s.failed))} />
                }
            }
        </svg>
    }
}

/// Where the step's first statement stands.
fn starts(series: &[Sample]) -> Option<String> {
    let first = series.iter().position(|sample| sample.at_s >= 0.0).filter(|at| *at > 0)?;
    Some(x(first, series.len()).to_string())
}

fn x(at: usize, n: usize) -> usize {
    at * WIDTH / (n.max(2) - 1)
}

fn y(value: f64, most: f64) -> u32 {
    let share = if most > 0.0 { (value / most).clamp(0.0, 1.0) } else { 0.0 };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to 580")]
    let up = (share * f64::from(HEIGHT - 20)) as u32;
    HEIGHT - 10 - up
}

fn line(series: &[Sample], most: f64, value: fn(&Sample) -> f64) -> String {
    let mut path = String::new();
    for (at, sample) in series.iter().enumerate() {
        let letter = if at == 0 { 'M' } else { 'L' };
        let (x, y) = (x(at, series.len()), y(value(sample), most));
        path += &format!("{letter}{x} {y}");
    }
    path
}

fn area(series: &[Sample], most: f64, value: fn(&Sample) -> f64) -> String {
    if series.is_empty() {
        return String::new();
    }
    format!("{}L{WIDTH} {HEIGHT}L0 {HEIGHT}Z", line(series, most, value))
}
