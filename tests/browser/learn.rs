//! Lessons: finished by keyboard, written by a teacher, opened by a link.

use std::env;
use std::fs;

use tests::browser::Result;
use tests::browser::driver::Page;

use super::keyboard::{enter, tab_to};

/// Chooses an answer and has it checked.
fn answer(page: &Page, (part, choice): (usize, usize)) -> Result<()> {
    tab_to(page, &format!("choice-{part}-0"))?;
    page.press(&[Page::SPACE])?;
    page.press(&vec![Page::DOWN; choice])?;
    enter(page, &format!("check-{part}"))
}

/// From the head of the page to the end of a lesson, without a mouse.
pub(super) fn finished(page: &Page) -> Result<()> {
    page.wait_for("plan-table")?;
    enter(page, "learn")?;
    page.wait_until("progress", |text| text.starts_with("0 of"))?;
    enter(page, "lesson-rename")?;
    page.wait_for("lesson")?;
    page.wait_until("now", |text| text.contains("before the migration"))?;

    answer(page, (3, 0))?;
    page.wait_until("answer-3", |text| text.contains("Not so.") && text.contains("42703"))?;
    enter(page, "watch-3")?;
    page.wait_until("event-log", |text| text.contains("run the change as asked"))?;
    answer(page, (5, 1))?;
    page.wait_until("answer-5", |text| text.contains("Right."))?;

    enter(page, "begin-7")?;
    page.wait_until("outcome-7", |text| text.contains("Refuted: no broken statement"))?;
    enter(page, "hint-1")?;
    enter(page, "mend-move-5.1")?;
    enter(page, "mend-place-2.2")?;
    page.wait_until("outcome-7", |text| text.contains("Refuted: no unexpected NULL"))?;
    enter(page, "undo-7")?;
    page.wait_until("outcome-7", |text| text.contains("Refuted: no broken statement"))?;
    enter(page, "mend-move-5.1")?;
    enter(page, "mend-place-5.2")?;
    page.wait_until("outcome-7", |text| text.contains("Solved."))?;
    page.wait_until("lesson-end", |text| text.contains("Lesson finished."))?;

    page.reload()?;
    page.wait_until("answer-3", |text| text.contains("Not so."))?;
    page.wait_until("lesson-end", |text| text.contains("Lesson finished."))?;
    enter(page, "all-lessons")?;
    page.wait_until("progress", |text| text.starts_with("1 of"))?;
    enter(page, "forget")?;
    enter(page, "forget-yes")?;
    page.wait_until("progress", |text| text.starts_with("0 of"))?;
    enter(page, "leave-lessons")?;
    page.wait_until("plan", |text| text.contains("public.customers"))?;
    if !page.value("schema")?.contains("CREATE TABLE customers") {
        return Err("the work from before is gone".into());
    }
    Ok(())
}

/// A teacher's lesson. What is marked in it is wrong at first.
const OWN: &str = "# Mine <img src=x onerror=alert(1)>\n\nProse <script>alert(1)</script>.\n\n```scenario\nschema = \
     'CREATE TABLE t (id bigint PRIMARY KEY, a text);'\nchange.statements = 'ALTER TABLE t RENAME COLUMN a TO b;'\n\
     ```\n\n```predict\nquestion: What does R0 read?\nengine: works 1.1 R0 read\nof: the change as asked\n\
     - works: Its rows\n- 42703: An error\nanswer: works\n```\n\nThe end.\n";

/// Written, mended by what is found in it, handed out as a link, and opened elsewhere.
pub(super) fn own(page: &Page) -> Result<()> {
    page.wait_for("plan-table")?;
    page.click("learn")?;
    page.write("own-lesson", "# Only a title\n")?;
    page.click("try-lesson")?;
    page.wait_until("lesson-findings", |text| text.contains("Line 1: the lesson has no scenario"))?;
    let file = env::temp_dir().join(format!("concertina-lesson-{}.md", std::process::id()));
    fs::write(&file, "# Long\n".repeat(50_000))?;
    page.attach("own-lesson-file", &file)?;
    page.wait_until("lesson-findings", |text| text.contains("too long for a lesson"))?;
    fs::write(&file, OWN)?;
    page.attach("own-lesson-file", &file)?;
    page.wait_for_true("return document.querySelector('#own-lesson-text').value.includes('Mine')")?;
    fs::remove_file(&file)?;
    page.click("try-lesson")?;
    page.wait_until("lesson-findings", |text| text.contains("the engine says `42703`"))?;
    page.click("edit-lesson")?;
    page.write("own-lesson", &OWN.replace("answer: works", "answer: 42703"))?;
    page.click("try-lesson")?;
    page.wait_until("lesson-checked", |text| text.contains("Everything it claims"))?;
    page.click("lesson-link")?;
    page.wait_for("link")?;
    let link = page.value("link")?;

    let other = Page::open(&link)?;
    other.wait_until("lesson", |text| text.contains("Mine") && !text.contains("The end."))?;
    other.click("choice-2-1")?;
    other.click("check-2")?;
    other.wait_until("answer-2", |text| text.contains("Right."))?;
    other.wait_until("lesson", |text| text.contains("The end."))?;
    other.wait_until("lesson-end", |text| text.contains("Lesson finished."))?;
    let injected = "return document.querySelectorAll('.lesson img, .lesson script').length === 0";
    other.wait_for_true(injected)?;
    other.click("leave-lessons")?;
    other.wait_until("plan", |text| text.contains("public.customers"))?;
    let errors = other.console_errors()?;
    if errors.is_empty() { Ok(()) } else { Err(errors.join("\n").into()) }
}
