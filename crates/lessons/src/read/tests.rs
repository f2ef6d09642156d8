//! What is read and what is found.

use planner::request::Change;

use super::*;
use crate::lesson::Puzzle;

const WHOLE: &str = "# A *title*\n\nProse with `code`.\n\n```scenario\nschema = '''\nCREATE TABLE t (id bigint \
     PRIMARY KEY, a text);\n'''\nchange.statements = 'ALTER TABLE t RENAME COLUMN a TO b;'\n```\n\n```predict\n\
     question: What comes of\n  `R0`?\nengine: works before R0 read\n- works: It works\n- 42703: It fails\n\
     answer: works\n```\n\n```puzzle\ntask: Mend it\nstart: move 5.1 before 2.1; remove 6.1\ntools: move, up\n\
     solution: move 5.1 before 5.2\nhint: one\nhint: two\n```\n";

fn found(text: &str) -> Vec<String> {
    let read = read(text);
    assert_eq!(read.lesson.is_none(), read.findings.iter().any(|f| f.severity == Severity::Error));
    read.findings.iter().map(|f| format!("{}: {}", f.line, f.message)).collect()
}

#[test]
fn a_whole_lesson_is_read() {
    let lesson = read(WHOLE).lesson.expect("a lesson");
    assert_eq!(lesson.title, "A title");
    let Change::Statements(change) = &lesson.scenario.change else { panic!("statements") };
    assert!(change.contains("RENAME"));
    let [Part::Prose(prose), Part::Scenario, Part::Predict(predict), Part::Puzzle(puzzle)] =
        lesson.parts.as_slice()
    else {
        panic!("{:?}", lesson.parts)
    };
    assert_eq!(prose, "<p>Prose with <code>code</code>.</p>\n");
    assert_eq!(predict.question, "What comes of <code>R0</code>?");
    assert_eq!((predict.choices.len(), predict.marked.as_str()), (2, "works"));
    let Puzzle::Reorder(puzzle) = puzzle else { panic!("a plan to mend") };
    assert_eq!((puzzle.start.len(), puzzle.edits_max, puzzle.hints.len()), (2, 1, 2));
}

#[test]
fn what_is_wrong_has_its_line() {
    let with = |from: &str, to: &str| found(&WHOLE.replace(from, to));
    assert_eq!(with("# A *title*", "A title"), ["1: the lesson has no title"]);
    assert_eq!(with("```scenario", "```sql"), ["1: the lesson has no scenario"]);
    assert_eq!(with("answer: works", "answer: 42P01"), ["18: `42P01` is none of the choices"]);
    assert_eq!(with("answer: works\n", ""), ["13: the block lacks `answer:`"]);
    assert_eq!(
        with("works before R0 read", "works before R0 reads"),
        ["15: `works before R0 reads` is nothing that the engine can be asked"]
    );
    assert_eq!(with("hint: one", "hunt: one"), ["26: `hunt` means nothing here"]);
    assert_eq!(with("remove 6.1", "delete 6.1"), ["23: `delete 6.1` is no edit"]);
    assert_eq!(with("tools: move, up", "tools: move, swap"), ["24: `swap` is no tool"]);
    assert_eq!(with("- 42703: It fails\n", ""), ["13: there are fewer than two choices"]);
    let toml = with("change.statements = '", "change.statement = '");
    assert!(toml[0].starts_with("9: the scenario is not a request: unknown variant"), "{toml:?}");
}

#[test]
fn what_does_not_show_is_warned_of() {
    let odd = WHOLE.replace("Prose", "<b>Prose</b> ![x](y.png) [z](file:///etc)");
    assert_eq!(
        found(&odd),
        [
            "3: `<b>` is shown as text: a lesson holds no HTML",
            "3: an image is not shown: the page loads nothing from elsewhere",
            "3: `file:///etc` is not linked to",
        ]
    );
}

#[test]
fn any_text_is_read() {
    let texts = [
        "",
        "#",
        "```predict",
        "```puzzle\n:\n-\n- :\n  x\n```",
        "- ```scenario\n  x\n",
        "\u{0}\r\n# \u{fc}",
    ];
    for text in texts {
        assert!(read(text).lesson.is_none(), "{text:?}");
    }
    for at in (0..WHOLE.len()).filter(|at| WHOLE.is_char_boundary(*at)) {
        let _whatever = read(&WHOLE[..at]);
        let _whatever = read(&WHOLE[at..]);
    }
}
