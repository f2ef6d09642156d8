//! What is kept in this browser between visits. Storage may be refused or full: then nothing is
//! kept, and nothing else happens.

use web_sys::Storage;

use crate::browser;
use crate::state::input::Input;

/// The number goes up when an older text no longer reads.
const INPUT: &str = "concertina.input.v1";
const THEME: &str = "concertina.theme.v1";

/// Inputs longer than this are not kept: browsers allow about five million characters in all.
const KEPT_BYTES_MAX: usize = 1 << 20;

fn storage() -> Option<Storage> {
    web_sys::window()?.local_storage().ok()?
}

/// The input of the last visit.
pub(crate) fn input() -> Option<Input> {
    let text = storage()?.get_item(INPUT).ok()??;
    browser::read(&text).ok()
}

/// Keeps the input.
pub(crate) fn keep_input(input: &Input) {
    let (Some(storage), Ok(text)) = (storage(), serde_json::to_string(input)) else {
        return;
    };
    if text.len() <= KEPT_BYTES_MAX {
        storage.set_item(INPUT, &text).ok();
    }
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
