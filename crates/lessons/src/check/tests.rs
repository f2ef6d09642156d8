//! Claims that are not so, each with its line.

use super::*;

const LESSON: &str = "# a\n```scenario\nschema = '''\nCREATE TABLE t (id bigint PRIMARY KEY, a text NOT NULL);\n'''\n\
     change.statements = '''\nALTER TABLE t RENAME COLUMN a TO b;\n'''\n```\n```predict\nquestion: ?\nengine: \
     works 1.1 R0 read\nof: the change as asked\n- works: a\n- 42703: b\nanswer: 42703\n```\n```puzzle\ntask: ?\n\
     start: move 5.1 before 2.1\nsolution: move 5.1 before 5.2\n```\n";

fn found(from: &str, to: &str) -> Vec<String> {
    let text = LESSON.replace(from, to);
    assert_eq!(text != LESSON, from != to, "{from}");
    let lesson = crate::read(&text).lesson.expect("a lesson");
    check(&lesson).iter().map(|f| format!("{}: {}", f.line, f.message)).collect()
}

fn one(from: &str, to: &str, wanted: &str) {
    let found = found(from, to);
    assert!(found.len() == 1 && found[0].starts_with(wanted), "{found:?}");
}

#[test]
fn what_is_so_is_not_found() {
    assert_eq!(found("", ""), [""; 0]);
}

#[test]
fn what_is_not_so_is_found_at_its_line() {
    one("answer: 42703", "answer: works", "11: `works` is marked, but the engine says `42703`");
    one(
        "- 42703: b\nanswer: 42703",
        "- 0..9: b\nanswer: works",
        "11: the engine says `42703`, which is",
    );
    one("works 1.1 R0", "works 1.7 R0", "11: the engine cannot answer this: there is no step 1.7");
    one(
        "works 1.1 R0",
        "works 1.1 R7",
        "11: the engine cannot answer this: there is no release R7",
    );
    one("COLUMN a TO", "COLUMN z TO", "7: the change: ");
    one("a text NOT NULL", "a text NOTNULL", "4: the schema: ");
    one(
        "start: move 5.1 before 2.1",
        "start: move 1.1 before 2.1",
        "19: the plan is verified as it",
    );
    one("start: move 5.1", "start: move 5.7", "19: the plan cannot be begun with: ");
    one("solution: move 5.1 before 5.2", "solution: up 5.1", "19: the solution does not mend");
    one("solution: move 5.1", "tools: up\nsolution: move 5.1", "19: the solution needs a tool");
}

#[test]
fn a_shorter_way_is_found() {
    let text = LESSON.replace("solution: move", "solution: up 5.1; move");
    let lesson = crate::read(&text).lesson.expect("a lesson");
    let [.., Part::Puzzle(Puzzle::Reorder(puzzle))] = lesson.parts.as_slice() else {
        panic!("a plan to mend")
    };
    let ways = shorter_ways(&lesson, puzzle).expect("ways");
    let short = Edit::Move { step: "5.1".to_owned(), before: Some("5.2".to_owned()) };
    assert!(ways.contains(&vec![short]), "{ways:?}");
}
