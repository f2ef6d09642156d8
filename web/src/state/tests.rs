//! The reducer, natively.

use planner::request::Change;
use web::link::Link;
use web::protocol::Slot;

use super::*;

fn input(change: &str) -> Rc<Input> {
    let mut input = Input::default();
    input.request.schema = "CREATE TABLE t (a int)".to_owned();
    input.request.change = Change::Statements(change.to_owned());
    Rc::new(input)
}

fn run(state: State, actions: impl IntoIterator<Item = Action>) -> State {
    let end = actions.into_iter().fold(Rc::new(state), Reducible::reduce);
    Rc::unwrap_or_clone(end)
}

fn heard(message: FromWorker) -> Action {
    Action::Heard(Rc::new(message))
}

fn planned(id: u64, title: &str) -> Action {
    let plan = PlanView {
        engine: "postgres:15".to_owned(),
        title: title.to_owned(),
        releases: Vec::new(),
        phases: Vec::new(),
        point_of_no_return: planner::plan::PointOfNoReturn {
            step: None,
            why: String::new(),
            recovery: Vec::new(),
        },
        backfills: Vec::new(),
        validation: Vec::new(),
        hazards: Vec::new(),
        strategies: Vec::new(),
        impossible: Vec::new(),
        questions: Vec::new(),
        not_analysed: Vec::new(),
        assumptions: Vec::new(),
    };
    heard(FromWorker::Planned(Box::new(Answer { id, plan: Some(plan), ..Answer::default() })))
}

fn titles(state: &State) -> Option<String> {
    Some(state.shown.as_ref()?.plan.title.clone())
}

#[test]
fn the_first_plan_is_asked_for_when_the_worker_listens() {
    let state = run(State::default(), [Action::Load(input("x")), heard(FromWorker::Ready)]);
    assert_eq!(state.engine, Engine::Ready);
    assert!(state.is_planning());
    assert!(matches!(state.outbox.after(0).next(), Some((1, ToWorker::Plan { id: 1, .. }))));
}

#[test]
fn an_answer_to_an_older_request_is_dropped_and_the_plan_shown_stays() {
    let start = run(State::default(), [Action::Load(input("x")), Action::PlanNow]);
    let state = run(start, [planned(1, "one"), Action::PlanNow, Action::PlanNow]);
    assert_eq!(titles(&state).as_deref(), Some("one"));
    let state = run(state, [planned(2, "two")]);
    assert_eq!(titles(&state).as_deref(), Some("one"));
    assert!(state.is_planning());
    let state = run(state, [planned(3, "three")]);
    assert_eq!(titles(&state).as_deref(), Some("three"));
    assert!(!state.is_planning());
}

#[test]
fn an_error_leaves_the_last_plan_in_sight() {
    let start = run(State::default(), [Action::Load(input("x")), Action::PlanNow]);
    let none = heard(FromWorker::Planned(Box::new(Answer { id: 2, ..Answer::default() })));
    let state = run(start, [planned(1, "one"), Action::PlanNow, none]);
    assert_eq!(titles(&state).as_deref(), Some("one"));
    assert!(!state.has_plan);
}

#[test]
fn an_empty_input_asks_nothing_and_shows_nothing() {
    let start = run(State::default(), [Action::Load(input("x")), Action::PlanNow]);
    let state = run(start, [planned(1, "one"), Action::Clear, Action::PlanNow]);
    assert_eq!(titles(&state), None);
    assert!(!state.is_planning());
    let state = run(state, [Action::Undo]);
    assert_eq!(state.input.text(Slot::Change), "x");
    assert_eq!(state.undo, None);
}

#[test]
fn a_run_starts_when_its_tab_is_opened_and_again_for_another_plan() {
    let runs = |state: &State| {
        let is_run = |(_, message): &&(u64, ToWorker)| matches!(message, ToWorker::Walk { .. });
        state.outbox.after(0).filter(is_run).count()
    };
    let start = run(State::default(), [Action::Load(input("x")), Action::PlanNow]);
    let state = run(start, [Action::Show(Tab::Play)]);
    assert_eq!(runs(&state), 0, "no plan yet");
    let state = run(state, [planned(1, "one"), Action::Show(Tab::Plan), Action::Show(Tab::Play)]);
    assert_eq!(runs(&state), 1);
    let state = run(state, [Action::PlanNow, planned(2, "one")]);
    assert_eq!(runs(&state), 1, "the same plan again");
    let state = run(state, [Action::PlanNow, planned(3, "two")]);
    assert_eq!(runs(&state), 2);
}

#[test]
fn a_restart_asks_again_once_the_new_worker_listens() {
    let start = run(State::default(), [Action::Load(input("x")), heard(FromWorker::Ready)]);
    let state = run(start, [Action::EngineBroke("gone".to_owned()), Action::Restart]);
    assert_eq!((state.generation, state.outbox.after(0).count()), (1, 0));
    let state = run(state, [heard(FromWorker::Ready)]);
    assert_eq!(state.outbox.after(0).count(), 1);
}

#[test]
fn a_worker_stuck_in_an_old_request_is_replaced() {
    let start = run(State::default(), [Action::Load(input("x")), heard(FromWorker::Ready)]);
    let state = run(start, [Action::Slow, Action::PlanNow]);
    assert_eq!((state.generation, &state.engine), (1, &Engine::Starting));
    let state = run(state, [heard(FromWorker::Ready)]);
    assert_eq!(state.outbox.after(0).count(), 1);
    let id = state.asked;
    let state = run(state, [planned(id, "one"), Action::Slow, Action::PlanNow]);
    assert_eq!(state.generation, 1, "it has answered");
}

#[test]
fn a_link_is_read_before_anything_is_planned_and_what_was_typed_comes_back() {
    let kept = Link { request: input("typed").request.clone(), ..Link::default() };
    let state = State::opened(Some(kept), None, Some("d1.x".to_owned()));
    let state = run(state, [heard(FromWorker::Ready)]);
    let sent: Vec<_> = state.outbox.after(0).map(|(_, message)| message.clone()).collect();
    assert_eq!(sent, [ToWorker::Unpack("d1.x".to_owned())]);
    let link = Link { request: input("linked").request.clone(), tab: Tab::Play, ..Link::default() };
    let state = run(state, [heard(FromWorker::Unpacked(Box::new(link)))]);
    assert_eq!((state.input.clone(), state.tab), (input("linked"), Tab::Play));
    let state = run(state, [planned(1, "linked"), Action::Undo]);
    assert_eq!(state.input, input("typed"));
    let is_run = |(_, message): &&(u64, ToWorker)| matches!(message, ToWorker::Walk { .. });
    assert!(state.outbox.after(0).any(|sent| is_run(&sent)));
}

#[test]
fn a_broken_link_says_so_and_leaves_what_was_typed() {
    let kept = Link { request: input("typed").request.clone(), ..Link::default() };
    let state = State::opened(Some(kept), None, Some("d1.x".to_owned()));
    let broken = heard(FromWorker::NotUnpacked("is damaged".to_owned()));
    let state = run(state, [heard(FromWorker::Ready), broken]);
    assert!(state.sharing.error.as_ref().is_some_and(|error| error.contains("it is damaged")));
    assert!(state.is_planning());
    assert_eq!(state.input, input("typed"));
}

#[test]
fn a_shared_search_is_searched_again_with_its_edits() {
    let edits = vec![planner::edit::Edit::Remove { step: "2.1".to_owned() }];
    let search = web::link::Search { edits: edits.clone(), ..web::link::Search::default() };
    let request = input("x").request.clone();
    let link = Link { request, tab: Tab::Proof, search: Some(search), ..Link::default() };
    let state = State::opened(Some(link.clone()), None, None);
    assert_eq!(state.to_link(), link, "also before there is a plan");
    let state = run(state, [heard(FromWorker::Ready), planned(1, "x")]);
    assert!(state.proof.is_running());
    assert_eq!(state.proof.edits, edits);
    assert_eq!(state.to_link(), link);
}
