//! What is kept in this browser between visits. Storage may be refused or full: then nothing is
//! kept, and nothing else happens.

use serde::Serialize;
use web::link::Link;
use web_sys::Storage;

use crate::browser;
use crate::state::input::Input;
use crate::state::learn::Progress;

/// The number goes up when an older text no longer reads. The first releases kept the input alone,
/// which is a part of the work.
const WORK: &str = "concertina.input.v1";
const BEFORE: &str = "concertina.before.v1";
const THEME: &str = "concertina.theme.v1";
const LESSONS: &str = "concertina.lessons.v1";
const KEYS: &str = "concertina.keys.v1";
const DRAFT: &str = "concertina.lesson-text.v1";

/// Texts longer than this are not kept: browsers allow about five million characters in all.
const KEPT_BYTES_MAX: usize = 1 << 20;

fn storage() -> Option<Storage> {
    web_sys::window()?.local_storage().ok()?
}

/// The work of the last visit.
pub(crate) fn work() -> Option<Link> {
    let text = storage()?.get_item(WORK).ok()??;
    browser::read(&text).ok()
}

/// Keeps the work.
pub(crate) fn keep_work(link: &Link) {
    keep(WORK, Some(link));
}

/// The input that came before, and can be brought back.
pub(crate) fn before() -> Option<Input> {
    let text = storage()?.get_item(BEFORE).ok()??;
    browser::read(&text).ok()
}

/// Keeps the input that came before.
pub(crate) fn keep_before(input: Option<&Input>) {
    keep(BEFORE, input);
}

/// What is done of the lessons.
pub(crate) fn progress() -> Option<Progress> {
    let text = storage()?.get_item(LESSONS).ok()??;
    browser::read(&text).ok()
}

/// Keeps what is done of the lessons.
pub(crate) fn keep_progress(progress: &Progress) {
    keep(LESSONS, Some(progress));
}

/// The text of somebody's own lesson.
pub(crate) fn draft() -> Option<String> {
    storage()?.get_item(DRAFT).ok()?
}

/// Keeps the text of somebody's own lesson.
pub(crate) fn keep_draft(text: &str) {
    if let Some(storage) = storage().filter(|_| text.len() <= KEPT_BYTES_MAX) {
        storage.set_item(DRAFT, text).ok();
    }
}

fn keep(key: &str, value: Option<&impl Serialize>) {
    let text = value.and_then(|value| serde_json::to_string(value).ok());
    match (storage(), text) {
        (Some(storage), Some(text)) if text.len() <= KEPT_BYTES_MAX => {
            storage.set_item(key, &text).ok();
        }
        (Some(storage), None) => {
            storage.remove_item(key).ok();
        }
        (Some(_) | None, _) => {}
    }
}

/// Whether keys without Ctrl or Alt work, unless they were turned off.
pub(crate) fn has_keys() -> bool {
    let kept = storage().and_then(|storage| storage.get_item(KEYS).ok()?);
    kept.as_deref() != Some("off")
}

/// Keeps whether they work.
pub(crate) fn keep_keys(work: bool) {
    let Some(storage) = storage() else {
        return;
    };
    if work {
        storage.remove_item(KEYS).ok()
    } else {
        storage.set_item(KEYS, "off").ok()
    };
}

/// The theme chosen: `light` or `dark`.
pub(crate) fn theme() -> Option<String> {
    storage()?.get_item(THEME).ok()?
}

/// Keeps the theme; none for the system's.
pub(crate) fn keep_theme(theme: Option<&str>) {
    let Some(storage) = storage() else {
        return;
    };
    match theme {
        Some(theme) => storage.set_item(THEME, theme).ok(),
        None => storage.remove_item(THEME).ok(),
    };
}
