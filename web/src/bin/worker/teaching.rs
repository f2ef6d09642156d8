//! Lessons: the course that comes with the page, and somebody's own; and what the engine says to
//! their questions. Must not know how lessons are read or answered: `lessons` does.

use lessons::{Asked, Finding, Lesson, Part, Predict, Puzzle, Question};
use simulator::Bounds;
use web::lesson::{AskView, From, Head, LessonView, MendView, PartView, Told};
use web::link::Search;
use web::protocol::{CellAt, FromWorker};

/// The course: names, as a link has them, and files, in order.
const COURSE: [(&str, &str); 12] = [
    ("rename", include_str!("../../../lessons/01-rename.md")),
    ("new-column", include_str!("../../../lessons/02-new-column.md")),
    ("lock-queue", include_str!("../../../lessons/03-lock-queue.md")),
    ("not-valid", include_str!("../../../lessons/04-not-valid.md")),
    ("index", include_str!("../../../lessons/05-index.md")),
    ("tighten", include_str!("../../../lessons/06-tighten.md")),
    ("sync", include_str!("../../../lessons/07-sync.md")),
    ("backfill", include_str!("../../../lessons/08-backfill.md")),
    ("gate", include_str!("../../../lessons/09-gate.md")),
    ("drop-column", include_str!("../../../lessons/10-drop-column.md")),
    ("rollback", include_str!("../../../lessons/11-rollback.md")),
    ("point-of-no-return", include_str!("../../../lessons/12-point-of-no-return.md")),
];

/// A lesson that is open.
pub(crate) struct Teaching {
    id: u64,
    lesson: Lesson,
    /// Whether what it claims is still to be checked.
    is_due: bool,
}

/// The lessons of the course.
pub(crate) fn course() -> FromWorker {
    let head = |(name, text): &(&str, &str)| {
        let title = text.lines().find_map(|line| line.strip_prefix("# ")).unwrap_or(name);
        Head { name: (*name).to_owned(), title: title.to_owned() }
    };
    FromWorker::Course(COURSE.iter().map(head).collect())
}

impl Teaching {
    /// Reads a lesson.
    pub(crate) fn open(id: u64, from: &From, check: bool) -> (Option<Self>, FromWorker) {
        let text = match from {
            From::Text(text) => text,
            From::Course(name) => match COURSE.iter().find(|(known, _)| known == name) {
                Some((_, text)) => *text,
                None => return (None, unknown(id, name)),
            },
        };
        let read = lessons::read(text);
        let lesson = read.lesson.as_ref().map(|lesson| Box::new(view(lesson)));
        let said = FromWorker::Lesson { id, lesson, findings: read.findings };
        (read.lesson.map(|lesson| Self { id, lesson, is_due: check }), said)
    }

    /// Whether `check` has something to do.
    pub(crate) fn is_due(&self) -> bool {
        self.is_due
    }

    /// Checks what the lesson claims.
    pub(crate) fn check(&mut self) -> FromWorker {
        self.is_due = false;
        FromWorker::Checked { id: self.id, findings: lessons::check(&self.lesson) }
    }

    /// Answers a question.
    pub(crate) fn tell(&self, id: u64, part: usize) -> Option<FromWorker> {
        let asking = match self.lesson.parts.get(part).filter(|_| id == self.id)? {
            Part::Predict(predict) => predict,
            Part::Puzzle(Puzzle::Choose(choose)) => &choose.predict,
            Part::Prose(_) | Part::Scenario | Part::Puzzle(Puzzle::Reorder(_)) => return None,
        };
        Some(match told(&self.lesson, asking) {
            Ok(told) => FromWorker::Told { id, part, told: Box::new(told) },
            Err(why) => FromWorker::NotTold { id, part, why },
        })
    }
}

fn unknown(id: u64, name: &str) -> FromWorker {
    let names: Vec<&str> = COURSE.iter().map(|(name, _)| *name).collect();
    let message = format!("there is no lesson `{name}`");
    let findings = vec![Finding::error(1, message, format!("there are: {}", names.join(", ")))];
    FromWorker::Lesson { id, lesson: None, findings }
}

fn told(lesson: &Lesson, predict: &Predict) -> Result<Told, String> {
    let Asked { of, edits, question } = &predict.asked;
    let answer = lessons::answer(&lesson.scenario, &predict.asked)?;
    let right = predict.choices.iter().position(|choice| choice.fits(&answer.value));
    let right = right.ok_or_else(|| {
        format!("the engine says `{}`, which is none of the choices", answer.value)
    })?;
    Ok(Told {
        right,
        words: answer.words,
        because: predict.because.clone(),
        search: Search { subject: *of, bounds: Bounds::default(), edits: edits.clone() },
        cell: cell(question, answer.step),
        trace: answer.trace,
        setting: match question {
            Question::GivenUp { setting, .. } => Some(setting.clone()),
            Question::Works { .. }
            | Question::Rollback { .. }
            | Question::LastRollback
            | Question::PointOfNoReturn
            | Question::Ending { .. }
            | Question::Verdict
            | Question::Lock { .. }
            | Question::Held { .. } => None,
        },
    })
}

/// The cell behind which the run stands.
fn cell(question: &Question, shown: Option<String>) -> Option<CellAt> {
    match question {
        Question::Works { step, release, does } => {
            Some(CellAt::Works { step: step.clone(), release: release.clone(), does: *does })
        }
        Question::Rollback { step } => Some(CellAt::WayBack { step: step.clone() }),
        Question::Ending { step, fault } => {
            Some(CellAt::Ends { step: step.clone(), fault: *fault })
        }
        Question::PointOfNoReturn | Question::LastRollback => {
            shown.map(|step| CellAt::WayBack { step })
        }
        Question::Verdict
        | Question::Lock { .. }
        | Question::Held { .. }
        | Question::GivenUp { .. } => None,
    }
}

fn view(lesson: &Lesson) -> LessonView {
    LessonView {
        title: lesson.title.clone(),
        scenario: lesson.scenario.clone(),
        parts: lesson.parts.iter().map(part).collect(),
    }
}

fn part(part: &Part) -> PartView {
    match part {
        Part::Prose(html) => PartView::Prose(html.clone()),
        Part::Scenario => PartView::Scenario,
        Part::Predict(predict) => PartView::Ask(ask(predict, &[], false)),
        Part::Puzzle(Puzzle::Choose(choose)) => {
            PartView::Ask(ask(&choose.predict, &choose.hints, true))
        }
        Part::Puzzle(Puzzle::Reorder(puzzle)) => PartView::Mend(MendView {
            task: puzzle.task.clone(),
            start: puzzle.start.clone(),
            edits_max: puzzle.edits_max,
            tools: puzzle.tools.clone(),
            hints: puzzle.hints.clone(),
            solution: puzzle.solution.clone(),
        }),
    }
}

fn ask(predict: &Predict, hints: &[String], is_puzzle: bool) -> AskView {
    AskView {
        question: predict.question.clone(),
        choices: predict.choices.iter().map(|choice| choice.text.clone()).collect(),
        hints: hints.to_vec(),
        is_puzzle,
    }
}
