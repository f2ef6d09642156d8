//! The worker's state, natively.

use planner::request::Change;
use web::lesson::From;

use super::*;

fn request() -> Request {
    Request {
        schema: "CREATE TABLE t (id int PRIMARY KEY, a text)".to_owned(),
        change: Change::Statements("ALTER TABLE t RENAME COLUMN a TO b".to_owned()),
        ..Request::default()
    }
}

fn plan(id: u64, held: &[Slot]) -> ToWorker {
    ToWorker::Plan { id, request: Box::new(request()), held: held.to_vec() }
}

fn walk(id: u64, subject: Subject) -> ToWorker {
    let bounds = Bounds::default();
    ToWorker::Walk { id, subject, seed: 1, bounds, moves: Vec::new(), at: 0 }
}

/// Works until nothing is left to do.
fn work(engine: &mut Engine) -> Vec<FromWorker> {
    let mut said = Vec::new();
    while engine.is_busy() {
        said.extend(engine.work(|| 0.0));
    }
    said
}

#[test]
fn the_newest_request_wins() {
    let mut engine = Engine::default();
    engine.hear(plan(1, &[]));
    engine.hear(plan(2, &[]));
    let said = work(&mut engine);
    assert!(matches!(said.as_slice(), [FromWorker::Planned(answer)] if answer.id == 2));
}

#[test]
fn a_request_waits_for_its_file() {
    let mut engine = Engine::default();
    engine.hear(plan(1, &[Slot::Schema]));
    assert!(work(&mut engine).is_empty());
    let text = format!("{}{}", request().schema, " ".repeat(SHOWN_BYTES_MAX));
    let opened = engine.open(Slot::Schema, "dump.sql".to_owned(), Ok(text));
    assert!(matches!(opened, FromWorker::Opened { text: None, .. }));
    engine.hear(plan(2, &[Slot::Schema]));
    assert_eq!(work(&mut engine).len(), 1);
}

#[test]
fn a_short_file_goes_back_to_the_shell() {
    let mut engine = Engine::default();
    let opened = engine.open(Slot::Change, "change.sql".to_owned(), Ok("DROP TABLE t".to_owned()));
    assert!(matches!(opened, FromWorker::Opened { size: 12, text: Some(_), .. }));
}

#[test]
fn nothing_is_proved_or_run_without_a_plan() {
    let mut engine = Engine::default();
    let proof = engine.hear(ToWorker::Prove {
        id: 1,
        subject: Subject::Plan,
        bounds: Bounds::default(),
        edits: Vec::new(),
    });
    assert!(matches!(proof.as_slice(), [FromWorker::Failed { job: Job::Proof, .. }]));
    let run = engine.hear(walk(1, Subject::AsAsked));
    assert!(matches!(run.as_slice(), [FromWorker::Failed { job: Job::Walk, .. }]));
}

#[test]
fn a_run_goes_on_from_any_moment() {
    let mut engine = Engine::default();
    engine.hear(plan(1, &[]));
    work(&mut engine);
    engine.hear(walk(7, Subject::Plan));
    for from in 0..3 {
        let said = engine.hear(ToWorker::WalkStep { from });
        let [FromWorker::Walked(walked)] = said.as_slice() else { panic!("{said:?}") };
        assert_eq!((walked.id, walked.keep, walked.moments.len()), (7, from + 1, 1));
    }
    let said = engine.hear(ToWorker::WalkTake { from: 1, choice: 0 });
    let [FromWorker::Walked(walked)] = said.as_slice() else { panic!("{said:?}") };
    assert_eq!((walked.keep, walked.moments.len(), walked.at), (2, 1, 2));
}

#[test]
fn a_run_is_found_again_by_what_was_done() {
    let mut engine = Engine::default();
    engine.hear(plan(1, &[]));
    work(&mut engine);
    let trace = |said: &[FromWorker]| {
        let [FromWorker::Walked(walked)] = said else { panic!("{said:?}") };
        (*walked).clone()
    };
    let mut moments = trace(&engine.hear(walk(1, Subject::Plan))).moments;
    let stepped = trace(&engine.hear(ToWorker::WalkStep { from: 0 }));
    moments.extend(stepped.moments);
    let taken = stepped.choices.len() - 1;
    let words = Move::words(&stepped.choices[taken]);
    moments.extend(trace(&engine.hear(ToWorker::WalkTake { from: 1, choice: taken })).moments);

    let again = |engine: &mut Engine, moves| {
        let bounds = Bounds::default();
        let subject = Subject::Plan;
        trace(&engine.hear(ToWorker::Walk { id: 2, subject, seed: 1, bounds, moves, at: 1 }))
    };
    let walked = again(&mut engine, vec![Move::Step, Move::Take(words)]);
    assert_eq!((walked.at, &walked.moments), (1, &moments));
    // What cannot be chosen ends it.
    let other = vec![Move::Step, Move::Take("nobody: nothing".to_owned()), Move::Step];
    assert_eq!(again(&mut engine, other).moments, moments[..2]);
}

/// What is said to a lesson of that number, once all work is done.
fn lesson(engine: &mut Engine, id: u64, from: From, check: bool) -> Vec<FromWorker> {
    let mut said = engine.hear(ToWorker::Lesson { id, from, check });
    said.extend(work(engine));
    said
}

#[test]
fn a_question_of_a_lesson_is_answered_when_it_is_asked() {
    let mut engine = Engine::default();
    let said = lesson(&mut engine, 1, From::Course("rename".to_owned()), false);
    let [FromWorker::Lesson { lesson: Some(lesson), .. }] = said.as_slice() else {
        panic!("{said:?}")
    };
    let part = lesson.parts.iter().position(|part| part.is_prediction()).expect("a prediction");
    assert_eq!(engine.hear(ToWorker::Ask { id: 0, part }), []);
    let said = engine.hear(ToWorker::Ask { id: 1, part });
    let [FromWorker::Told { told, .. }] = said.as_slice() else { panic!("{said:?}") };
    assert!(told.words.contains("42703") && told.trace.is_some());
}

#[test]
fn what_a_lesson_claims_is_checked_where_that_is_wanted() {
    let text = "# a\n```scenario\nschema = 'CREATE TABLE t (a int)'\nchange.statements = ''\n```\n";
    let mut engine = Engine::default();
    let said = lesson(&mut engine, 1, From::Text(text.to_owned()), true);
    let [FromWorker::Lesson { .. }, FromWorker::Checked { findings, .. }] = said.as_slice() else {
        panic!("{said:?}")
    };
    assert_eq!(findings[0].message, "the change: the change is empty");
    assert_eq!(lesson(&mut engine, 2, From::Text(text.to_owned()), false).len(), 1);
}

#[test]
fn a_lesson_that_is_not_there_is_named() {
    let said = lesson(&mut Engine::default(), 1, From::Course("nowhere".to_owned()), false);
    let [FromWorker::Lesson { lesson: None, findings, .. }] = said.as_slice() else {
        panic!("{said:?}")
    };
    assert!(findings[0].message.contains("nowhere") && findings[0].help.contains("rename"));
}
