//! Lessons, without a worker.

use std::rc::Rc;

use web::lesson::AskView;
use web::protocol::{Answer, FromWorker};
use web::view::change_text;
use yew::Reducible;

use super::*;
use crate::state::Action;

fn act(state: &mut Rc<State>, action: LearnAction) {
    *state = state.clone().reduce(Action::Learn(action));
}

fn hear(state: &mut Rc<State>, message: FromWorker) {
    *state = state.clone().reduce(Action::Heard(Rc::new(message)));
}

fn ask(is_puzzle: bool) -> PartView {
    let choices = vec!["a".to_owned(), "b".to_owned()];
    PartView::Ask(AskView { question: "?".to_owned(), choices, hints: Vec::new(), is_puzzle })
}

fn mend() -> MendView {
    let start = vec![Edit::Down { step: "1.1".to_owned() }];
    let (task, solution) = (String::new(), vec![Edit::Up { step: "1.1".to_owned() }]);
    MendView { task, start, edits_max: 1, tools: vec![Tool::Up], hints: Vec::new(), solution }
}

/// A page with work of its own on which a lesson of these parts is opened.
fn opened(parts: Vec<PartView>) -> Rc<State> {
    let mut state = Rc::new(State::opened(None, None, None));
    hear(&mut state, FromWorker::Ready);
    act(&mut state, LearnAction::Open);
    act(&mut state, LearnAction::Read(From::Course("x".to_owned())));
    let mut scenario = planner::Request::default();
    scenario.schema.push_str("CREATE TABLE t ();");
    let lesson = Some(Box::new(LessonView { title: "x".to_owned(), scenario, parts }));
    hear(&mut state, FromWorker::Lesson { id: 1, lesson, findings: Vec::new() });
    state
}

fn told(right: usize) -> Box<Told> {
    let (words, because, search) = (String::new(), String::new(), web::link::Search::default());
    Box::new(Told { right, words, because, search, cell: None, trace: None, setting: None })
}

fn verified() -> FromWorker {
    let (reached, notes) = (Vec::new(), Vec::new());
    let verdict = Verdict::Verified { states: 9, transitions: 9, depth: 9, reached, notes };
    FromWorker::Verdict { id: 0, verdict: Box::new(verdict) }
}

#[test]
fn an_answer_that_takes_too_long_is_given_up_and_the_question_open_again() {
    let mut state = opened(vec![ask(false)]);
    act(&mut state, LearnAction::Answer(0, 1));
    assert_eq!(state.learn.done().choice(0), Some(1));
    let generation = state.generation;
    act(&mut state, LearnAction::StopAsking(0));
    assert_eq!(state.learn.done().choice(0), None);
    assert_eq!(state.generation, generation + 1);
    // The new worker is given the lesson, and not asked again.
    hear(&mut state, FromWorker::Ready);
    let posted: Vec<_> = state.outbox.after(0).map(|(_, message)| message).collect();
    assert!(posted.iter().any(|message| matches!(message, ToWorker::Lesson { .. })));
    assert!(!posted.iter().any(|message| matches!(message, ToWorker::Ask { .. })));
}

/// The verdict of the newest proof.
fn prove(state: &mut Rc<State>, message: FromWorker) {
    let FromWorker::Verdict { verdict, .. } = message else { panic!("a verdict") };
    let id = state.proof.id;
    hear(state, FromWorker::Verdict { id, verdict });
}

#[test]
fn a_lesson_puts_the_work_aside_and_gives_it_back() {
    let mut state = opened(vec![PartView::Scenario]);
    assert_eq!(state.input.request.schema, "CREATE TABLE t ();");
    assert_eq!(state.to_link().lesson, Some(From::Course("x".to_owned())));
    act(&mut state, LearnAction::Leave);
    assert!(change_text(&state.input.request.change).contains("RENAME"));
    assert_eq!((state.learn.is_open, state.to_link().lesson), (false, None));
}

#[test]
fn a_scenario_that_is_kept_leaves_the_work_to_be_brought_back() {
    let mut state = opened(vec![PartView::Scenario]);
    act(&mut state, LearnAction::Keep);
    assert_eq!(state.input.request.schema, "CREATE TABLE t ();");
    state = state.reduce(Action::Undo);
    assert!(change_text(&state.input.request.change).contains("RENAME"));
}

#[test]
fn a_lesson_is_finished_when_all_is_answered_and_solved() {
    let mut state = opened(vec![ask(false), ask(true), PartView::Mend(mend())]);
    act(&mut state, LearnAction::Answer(0, 1));
    hear(&mut state, FromWorker::Told { id: 1, part: 0, told: told(0) });
    act(&mut state, LearnAction::Answer(1, 1));
    hear(&mut state, FromWorker::Told { id: 1, part: 1, told: told(0) });
    assert!(!state.learn.done().is_solved(1));
    act(&mut state, LearnAction::Answer(1, 0));
    assert!(state.learn.done().is_solved(1));
    let answer = Answer { id: state.asked, ..Answer::default() };
    hear(&mut state, FromWorker::Planned(Box::new(answer)));
    act(&mut state, LearnAction::Begin(2));
    act(&mut state, LearnAction::Undo(2));
    assert_eq!(state.proof.edits, mend().start);
    act(&mut state, LearnAction::Edit(Edit::Up { step: "1.1".to_owned() }));
    assert!(!state.learn.done().is_finished);
    prove(&mut state, verified());
    assert!(state.learn.done().is_finished);
}

#[test]
fn more_edits_than_allowed_solve_nothing() {
    let mut state = opened(vec![PartView::Mend(mend())]);
    act(&mut state, LearnAction::Begin(0));
    for _ in 0..2 {
        act(&mut state, LearnAction::Edit(Edit::Up { step: "1.1".to_owned() }));
    }
    prove(&mut state, verified());
    assert!(!state.learn.done().is_finished);
    assert_eq!(used(&[], &mend()), None);
}

#[test]
fn an_edit_that_the_puzzle_does_not_offer_solves_nothing() {
    let mut state = opened(vec![PartView::Mend(mend())]);
    act(&mut state, LearnAction::Begin(0));
    act(&mut state, LearnAction::Edit(Edit::Remove { step: "1.1".to_owned() }));
    prove(&mut state, verified());
    assert!(!state.learn.done().is_finished);
}

#[test]
fn an_answer_to_another_lesson_is_not_shown() {
    let mut state = opened(vec![ask(false)]);
    act(&mut state, LearnAction::Read(From::Course("y".to_owned())));
    hear(&mut state, FromWorker::Told { id: 1, part: 0, told: told(0) });
    assert!(state.learn.told.is_empty());
}
