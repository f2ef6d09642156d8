//! What the lessons' views say. The lessons themselves are files. Texts only.

use lessons::Finding;
use planner::request::TableFacts;
use web::protocol::SHOWN_BYTES_MAX;

use crate::format::{bytes, count, plural};

pub(crate) const LEARN: &str = "Learn";
pub(crate) const TAKE_COURSE: &str = "Take the course";
pub(crate) const TITLE: &str = "Learn to change a live database";
pub(crate) const INTRO: &str = "Short lessons, each with a scenario that runs beside it. You are asked what will happen \
     before you are shown, and every answer is worked out by planner and simulator from the scenario, not looked up.";
pub(crate) const LEAVE: &str = "Back to my own work";
pub(crate) const TO_LESSON: &str = "\u{2191} Back to the lesson";
pub(crate) const LIST: &str = "All lessons";
pub(crate) const READING: &str = "Reading …";
pub(crate) const CANNOT_OPEN: &str = "This lesson cannot be opened.";
pub(crate) const DONE: &str = "done";
pub(crate) const BEGUN: &str = "begun";

pub(crate) const FORGET: &str = "Forget my progress";
pub(crate) const FORGET_SURE: &str = "Forget what is done of every lesson";

pub(crate) const SCENARIO: &str = "The scenario";
pub(crate) const SCENARIO_HELP: &str = "It is loaded beside the lesson:";
pub(crate) const SCHEMA: &str = "Schema";
pub(crate) const PLAY_ASKED: &str = "Play the change";
pub(crate) const PLAY_PLAN: &str = "Play the plan";
pub(crate) const SHOW_PLAN: &str = "Read the plan";
pub(crate) const PROVE: &str = "Prove the plan";
pub(crate) const KEEP: &str = "Edit it";
pub(crate) const KEEP_HELP: &str = "Leaves the lesson and takes the scenario along";

pub(crate) const PREDICT: &str = "Predict";
pub(crate) const PUZZLE: &str = "Puzzle";
pub(crate) const CHECK: &str = "Check";
pub(crate) const ASKING: &str = "The engine works it out …";
pub(crate) const STOP: &str = "Stop";
pub(crate) const RIGHT: &str = "Right.";
pub(crate) const WRONG: &str = "Not so.";
pub(crate) const RIGHT_MARK: &str = "\u{2713} what happens";
pub(crate) const WRONG_MARK: &str = "\u{2715} your answer";
pub(crate) const FOUND: &str = "The engine found:";
pub(crate) const WATCH: &str = "Watch it happen";
pub(crate) const TRY_AGAIN: &str = "Choose again.";
pub(crate) const GOES_ON: &str = "The lesson goes on when you have answered.";

pub(crate) const BEGIN: &str = "Begin";
pub(crate) const BEGIN_AGAIN: &str = "Begin again";
pub(crate) const UNDO: &str = "Undo";
pub(crate) const NOT_READY: &str = "The scenario is being planned …";
pub(crate) const SEARCHING: &str = "Searching every interleaving …";
pub(crate) const REFUTED: &str = "Refuted";
pub(crate) const SOLVED: &str = "Solved.";
pub(crate) const VERIFIED: &str = "No promise breaks in any interleaving.";
pub(crate) const TOO_MANY: &str = "Verified, but it can be done with fewer edits.";
pub(crate) const NOT_OFFERED: &str = "Verified, but by an edit that this puzzle does not offer.";
pub(crate) const OTHER_BOUNDS: &str =
    "This was proved within other bounds than the puzzle's: begin again.";
pub(crate) const MOVE: &str = "Move";
pub(crate) const CANCEL: &str = "Cancel";
pub(crate) const HERE: &str = "Put it here";
pub(crate) const TO_THE_END: &str = "Put it at the end";
pub(crate) const STEPS: &str = "Steps of the plan";

pub(crate) const SHOW_SOLUTION: &str = "Show a solution";
pub(crate) const SOLUTION: &str = "A solution: ";

pub(crate) const FINISHED: &str = "Lesson finished.";
pub(crate) const NEXT: &str = "Next: ";
pub(crate) const COURSE_FINISHED: &str = "That was the last one.";

pub(crate) const OWN: &str = "Your own lesson";
pub(crate) const OWN_HELP: &str = "A lesson is a Markdown file. Paste or drop one here, try it, and hand it out as a link: the \
     whole text is in the link, and nothing is sent anywhere.";
pub(crate) const OWN_LABEL: &str = "The lesson's Markdown";
pub(crate) const OPEN_FILE: &str = "Open";
pub(crate) const EXAMPLE: &str = "Start from an example";
pub(crate) const TRY: &str = "Try it";
pub(crate) const CHECKING: &str = "Checking what it claims …";
pub(crate) const CHECKED: &str = "Everything it claims is what the engine says.";
pub(crate) const EDIT_TEXT: &str = "Edit its text";
pub(crate) const COPY_LINK: &str = "Make a link";

/// `3 of 12 finished`.
pub(crate) fn finished(n: usize, of: usize) -> String {
    format!("{n} of {of} finished")
}

/// `Hint (1 of 2)`.
pub(crate) fn hint(next: usize, of: usize) -> String {
    format!("Hint ({next} of {of})")
}

/// `payments: 190,000,000 rows, 300 reads and 400 writes a second, transactions of up to 5 s`.
pub(crate) fn table(name: &str, facts: &TableFacts) -> String {
    let name = name.strip_prefix("public.").unwrap_or(name);
    format!(
        "{name}: {} rows, {} reads and {} writes a second, transactions of up to {} s",
        count(facts.rows),
        count(facts.reads_per_s.into()),
        count(facts.writes_per_s.into()),
        facts.longest_transaction_s
    )
}

/// `1 of 2 edits used`.
pub(crate) fn used(n: usize, of: usize) -> String {
    format!("{n} of {} used", plural(of, "edit"))
}

/// `Line 12`.
pub(crate) fn line(n: usize) -> String {
    format!("Line {n}")
}

/// A small lesson to begin with.
pub(crate) const TEMPLATE: &str = "# What a rename does to running code

Say what goes wrong in production, in a few sentences.

```scenario
engine = \"postgres:17\"
schema = '''
CREATE TABLE users (id bigint PRIMARY KEY, name text NOT NULL);
'''
change.statements = '''
ALTER TABLE users RENAME COLUMN name TO full_name;
'''
```

```predict
question: What does an instance of `R0` meet when it reads after the rename?
engine: works 1.1 R0 read
of: the change as asked
- works: Its rows
- 42703: An error
answer: 42703
because: The statement names a column that is not there any more.
```

```puzzle
task: The deploy stands too early. Put it where both releases work.
start: move 5.1 before 2.1
solution: move 5.1 before 5.2
hint: Which steps make the new column, and fill it?
```
";

/// A file is longer than a lesson can be.
pub(crate) fn too_long(name: &str) -> Finding {
    let most = bytes(SHOWN_BYTES_MAX as u64);
    Finding::error(
        1,
        format!("{name} is too long for a lesson: it was not opened"),
        format!("a lesson is a text of {most} at most; make two of it"),
    )
}
