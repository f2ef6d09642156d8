//! Random times that are the same on every machine: comparisons and sums only, no logarithm, since
//! mathematical libraries differ in the last bit.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

/// Exponentially distributed, of mean 1: von Neumann's comparison method (1951).
pub(crate) fn exponential(rng: &mut ChaCha8Rng) -> f64 {
    let mut whole = 0.0;
    loop {
        let first: f64 = rng.random();
        let (mut last, mut run) = (first, 1_u32);
        loop {
            let next: f64 = rng.random();
            if next >= last {
                break;
            }
            (last, run) = (next, run + 1);
        }
        if run % 2 == 1 {
            return whole + first;
        }
        whole += 1.0;
    }
}

/// Microseconds around a mean, exponentially distributed.
pub(crate) fn around(rng: &mut ChaCha8Rng, mean_us: f64) -> u64 {
    whole(exponential(rng) * mean_us)
}

/// Microseconds between two bounds, all alike.
pub(crate) fn between(rng: &mut ChaCha8Rng, from_us: f64, to_us: f64) -> u64 {
    let share: f64 = rng.random();
    whole(from_us + share * (to_us - from_us))
}

/// The geometric middle of a range of seconds that reaches over orders of magnitude; at least a
/// millisecond, where there is any.
pub(crate) fn middle((from, to): (f64, f64)) -> f64 {
    (from.max(0.001) * to.max(0.001)).sqrt()
}

/// A whole number of microseconds, or of anything that is finite and not negative.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "times are not negative, and 2^64 microseconds are for ever"
)]
pub(crate) fn whole(us: f64) -> u64 {
    us.round() as u64
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn exponential_has_mean_and_tail() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let drawn: Vec<f64> = (0..100_000).map(|_| exponential(&mut rng)).collect();
        let mean = drawn.iter().sum::<f64>() / 100_000.0;
        let tail = drawn.iter().filter(|x| **x > 3.0).count();
        assert!((mean - 1.0).abs() < 0.02, "{mean}");
        // e^-3 of them.
        assert!((4_700..5_250).contains(&tail), "{tail}");
    }
}
