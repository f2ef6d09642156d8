//! The player's reducer, natively.

use simulator::{BrokenPromise, Frame};

use super::*;

fn moment(action: &str, broken: bool) -> Moment {
    let promise = BrokenPromise {
        invariant: "no broken statement".to_owned(),
        statement: String::new(),
        detail: String::new(),
    };
    Moment {
        action: action.to_owned(),
        actor: String::new(),
        detail: String::new(),
        fault: false,
        broken: broken.then_some(promise),
        frame: Frame {
            step: None,
            runner: String::new(),
            instances: Vec::new(),
            tables: Vec::new(),
            notes: Vec::new(),
        },
    }
}

fn walked(keep: usize, moments: &[&str], at: usize) -> Walked {
    let choice = Choice { label: "go".to_owned(), actor: "app-1".to_owned(), fault: false };
    Walked {
        id: 1,
        keep,
        moments: moments.iter().map(|action| moment(action, *action == "break")).collect(),
        at,
        choices: vec![choice],
        can_roll_back: true,
    }
}

fn started() -> (Play, Outbox) {
    let (mut play, mut outbox) = (Play::default(), Outbox::default());
    play.apply(PlayAction::Start, &mut outbox);
    play.walked(walked(0, &["start"], 0));
    (play, outbox)
}

#[test]
fn stepping_at_the_end_asks_the_worker_once() {
    let (mut play, mut outbox) = started();
    play.apply(PlayAction::Step, &mut outbox);
    play.apply(PlayAction::Step, &mut outbox);
    assert_eq!(outbox.after(1).count(), 1);
    play.walked(walked(1, &["one"], 1));
    assert_eq!((play.at, play.moments.len()), (1, 2));
}

#[test]
fn back_keeps_what_came_after_and_another_choice_replaces_it() {
    let (mut play, mut outbox) = started();
    play.walked(walked(1, &["one", "two"], 2));
    play.apply(PlayAction::Back, &mut outbox);
    assert_eq!((play.at, play.moments.len()), (1, 3));
    assert!(play.next.choices.is_empty(), "those of the newest moment do not hold here");
    play.walked(walked(3, &[], 1));
    assert_eq!(play.next.choices.len(), 1);
    play.apply(PlayAction::Take(0), &mut outbox);
    play.walked(walked(2, &["other"], 2));
    let actions: Vec<&str> = play.moments.iter().map(|m| m.action.as_str()).collect();
    assert_eq!(actions, ["start", "one", "other"]);
}

#[test]
fn playing_stops_where_a_promise_breaks() {
    let (mut play, mut outbox) = started();
    play.apply(PlayAction::Toggle, &mut outbox);
    play.apply(PlayAction::Tick, &mut outbox);
    assert!(play.playing);
    play.walked(walked(1, &["break"], 1));
    assert!(!play.playing);
    assert_eq!(play.broken_at(), Some(1));
}

#[test]
fn a_counterexample_is_watched_without_the_worker() {
    let (mut play, mut outbox) = started();
    let moments = vec![Rc::new(moment("a", false)), Rc::new(moment("break", true))];
    play.watch((Search { subject: Subject::AsAsked, ..Search::default() }, None), moments);
    play.apply(PlayAction::Take(0), &mut outbox);
    play.apply(PlayAction::Step, &mut outbox);
    assert_eq!((play.at, play.can_step()), (1, false));
    assert_eq!(outbox.after(1).count(), 0);
}

#[test]
fn an_answer_about_an_older_run_is_dropped() {
    let (mut play, mut outbox) = started();
    play.apply(PlayAction::Seed(7), &mut outbox);
    play.walked(walked(0, &["late"], 0));
    assert!(play.moments.is_empty());
}

#[test]
fn play_at_the_end_begins_again() {
    let (mut play, mut outbox) = started();
    let moments = vec![Rc::new(moment("a", false)), Rc::new(moment("b", false))];
    play.watch((Search::default(), None), moments);
    play.apply(PlayAction::End, &mut outbox);
    play.apply(PlayAction::Toggle, &mut outbox);
    assert_eq!((play.at, play.playing), (0, true));
}

#[test]
fn a_run_is_kept_by_what_was_done_and_said() {
    let (mut play, mut outbox) = started();
    play.apply(PlayAction::Step, &mut outbox);
    play.walked(walked(1, &["one"], 1));
    play.apply(PlayAction::Take(0), &mut outbox);
    play.walked(walked(2, &["two"], 2));
    play.apply(PlayAction::Back, &mut outbox);
    play.walked(walked(3, &[], 1));
    let go = Move::Take("app-1: go".to_owned());
    let moves = vec![Move::Step, go];
    let from = Origin::Walk { subject: Subject::Plan, seed: 1, moves: moves.clone() };
    assert_eq!(play.to_link(), Some(Run { from, at: 1, said: ": one".to_owned() }));

    let again = |moments: &[&str]| {
        let mut play = Play::default();
        let what = (Subject::Plan, 1, moves.clone());
        play.again(what, (1, ": one".to_owned()), &mut Outbox::default());
        play.walked(walked(0, moments, 1));
        (play.moves.len(), play.at, play.shared == Shared::Differs)
    };
    assert_eq!(again(&["start", "one", "two"]), (2, 1, false));
    assert_eq!(again(&["start", "other"]), (1, 1, true));
}

#[test]
fn a_run_goes_on_to_the_step_it_is_to_begin_at() {
    let (mut play, mut outbox) = started();
    play.until = Some("2.1".to_owned());
    play.go_on_until(&mut outbox);
    assert_eq!((outbox.after(1).count(), play.waiting), (1, true));
    let mut there = walked(1, &["there"], 1);
    there.moments[0].frame.step = Some("2.1".to_owned());
    play.walked(there);
    play.go_on_until(&mut outbox);
    assert_eq!((outbox.after(1).count(), play.until), (1, None));
}
