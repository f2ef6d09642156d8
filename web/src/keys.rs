//! Which key does what in the player. The table is also what the help shows.

use crate::state::play::PlayAction;

/// What a key asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    /// Of the player.
    Play(PlayAction),
    /// A new seed and a new run.
    NewSeed,
    /// Open the help.
    Help,
}

/// Keys and what they do, in the help's order.
pub(crate) const HELP: [(&str, &str); 7] = [
    ("Space", "play or pause"),
    ("\u{2192}", "one moment on"),
    ("\u{2190}", "one moment back"),
    ("Home", "to the start"),
    ("End", "to the newest moment"),
    ("r", "new run with a new seed"),
    ("?", "this help"),
];

/// The command of a key, by `KeyboardEvent.key`.
pub(crate) fn command(key: &str) -> Option<Command> {
    match key {
        " " => Some(Command::Play(PlayAction::Toggle)),
        "ArrowRight" => Some(Command::Play(PlayAction::Step)),
        "ArrowLeft" => Some(Command::Play(PlayAction::Back)),
        "Home" => Some(Command::Play(PlayAction::Seek(0))),
        "End" => Some(Command::Play(PlayAction::End)),
        "r" => Some(Command::NewSeed),
        "?" => Some(Command::Help),
        _ => None,
    }
}

/// Another seed from the one before: a step of a linear congruential generator that goes through
/// every number of five digits, short enough to be read aloud.
pub(crate) fn next_seed(seed: u64) -> u64 {
    (seed % 100_000 * 4_541 + 12_347) % 100_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_do_what_the_help_says() {
        assert_eq!(command(" "), Some(Command::Play(PlayAction::Toggle)));
        assert_eq!(command("x"), None);
    }

    #[test]
    fn seeds_do_not_repeat_soon() {
        let seeds: std::collections::BTreeSet<u64> =
            std::iter::successors(Some(1), |seed| Some(next_seed(*seed))).take(200).collect();
        assert_eq!(seeds.len(), 200);
    }
}
