//! Somebody's own lesson: its text, pasted, opened or dropped; and what is wrong with it.

use std::rc::Rc;

use web::protocol::SHOWN_BYTES_MAX;
use web_sys::File;
use yew::prelude::*;

use super::lesson_findings::findings;
use crate::browser;
use crate::state::learn::{Learn, LearnAction};
use crate::words::learn as words;

/// The text's id, to go to a line of it.
const TEXT: &str = "own-lesson-text";

/// Bytes: what is longer takes a text area too long to lay out.
const LONGEST: f64 = SHOWN_BYTES_MAX as f64;

/// The editor.
pub(super) fn own_lesson(learn: &Learn, on: &Callback<LearnAction>) -> Html {
    let draft = |text: String| LearnAction::Draft(text.into());
    let read = {
        let on = on.clone();
        move |file: &File| match file.size() > LONGEST {
            true => on.emit(LearnAction::TooLong(file.name())),
            false => browser::read_file(file, on.reform(draft)),
        }
    };
    let ondrop = {
        let read = read.clone();
        Callback::from(move |event: DragEvent| {
            if let Some(file) = browser::dropped_file(&event) {
                read(&file);
            }
        })
    };
    let onchange = Callback::from(move |event: Event| {
        if let Some(file) = browser::chosen_file(&event) {
            read(&file);
        }
    });
    let oninput = on.reform(move |event: InputEvent| draft(browser::value(&event)));
    let example = on.reform(move |_: MouseEvent| draft(words::TEMPLATE.to_owned()));
    let open = on.reform(|_: MouseEvent| LearnAction::Try);
    let is_empty = learn.draft.trim().is_empty();
    html! {
        <section class="own" aria-labelledby="own-title"
            ondragover={Callback::from(|event: DragEvent| event.prevent_default())} {ondrop}>
            <h3 id="own-title">{ words::OWN }</h3>
            <p class="muted">{ words::OWN_HELP }</p>
            <textarea id={TEXT} rows="14" spellcheck="false" aria-label={words::OWN_LABEL} data-testid="own-lesson"
                value={learn.draft.to_string()} {oninput} />
            <div class="buttons">
                <label class="file">
                    { words::OPEN_FILE }
                    <input type="file" accept=".md,.markdown,.txt,text/markdown,text/plain" {onchange} data-testid="own-lesson-file" />
                </label>
                if is_empty {
                    <button type="button" class="small" data-testid="own-lesson-example" onclick={example}>{ words::EXAMPLE }</button>
                }
                <button type="button" class="primary" data-testid="try-lesson" disabled={is_empty} onclick={open}>
                    { words::TRY }
                </button>
            </div>
            { findings(&learn.findings, Some(&go(learn.draft.clone()))) }
        </section>
    }
}

/// Selects a line of the text.
fn go(draft: Rc<str>) -> Callback<usize> {
    Callback::from(move |line: usize| {
        let mut from = 0;
        for (at, text) in draft.split('\n').enumerate() {
            let n = text.encode_utf16().count();
            if at + 1 == line {
                browser::select(TEXT, (from, from + n), line);
            }
            from += n + 1;
        }
    })
}
