//! The page without a mouse: focus that is moved, keys that are pressed, and a newcomer who has
//! nothing else.

use std::thread::sleep;
use std::time::Duration;

use tests::browser::Result;
use tests::browser::driver::Page;

/// More than there are things to press on the page, a matrix in the proof and all.
const TABS_MAX: usize = 600;

/// More moments than a shortest counterexample of a small change has.
const MOMENTS_MAX: usize = 60;

/// Presses Tab until an element has the focus.
pub(super) fn tab_to(page: &Page, testid: &str) -> Result<()> {
    page.wait_for(testid)?;
    for _ in 0..TABS_MAX {
        let focused = page.eval("return document.activeElement?.dataset.testid ?? ''")?;
        if focused.as_str() == Some(testid) {
            return Ok(());
        }
        page.press(&[Page::TAB])?;
    }
    Err(format!("the focus never comes to `{testid}`").into())
}

/// Presses Enter on an element.
pub(super) fn enter(page: &Page, testid: &str) -> Result<()> {
    tab_to(page, testid)?;
    page.press(&[Page::ENTER])
}

/// Types into an editor.
fn type_into(page: &Page, testid: &str, text: &str) -> Result<()> {
    tab_to(page, testid)?;
    page.press(&text.chars().collect::<Vec<_>>())
}

/// Single keys are turned off in the help, by who speaks to the computer, stay off, and are turned on again.
pub(super) fn keys_off(page: &Page) -> Result<()> {
    let is_open =
        |open| format!("return (document.querySelector('dialog[open]') !== null) === {open}");
    page.wait_for("plan-table")?;
    for works in [false, true] {
        enter(page, "help")?;
        page.wait_for_true(&is_open(true))?;
        tab_to(page, "keys-work")?;
        page.press(&[' '])?;
        page.press(&[Page::ESCAPE])?;
        page.wait_for_true(&is_open(false))?;
        page.eval("document.activeElement.blur(); location.reload()")?;
        page.wait_for("plan-table")?;
        page.press(&['?'])?;
        // Long enough for a dialog that must not open.
        sleep(Duration::from_millis(200));
        page.wait_for_true(&is_open(works))?;
    }
    Ok(())
}

/// The focus can be seen: a ring of two pixels at least, in a colour of its own.
fn focus_shows(page: &Page) -> Result<()> {
    page.wait_for_true(
        "const style = getComputedStyle(document.activeElement);\
         return style.outlineStyle === 'solid' && parseFloat(style.outlineWidth) >= 2",
    )
}

/// From the empty page to a verified proof, and to what breaks without the plan.
pub(super) fn newcomer(page: &Page) -> Result<()> {
    page.wait_for("plan-table")?;
    enter(page, "clear")?;
    page.wait_until("schema", str::is_empty)?;
    type_into(page, "schema", "CREATE TABLE users (id bigint PRIMARY KEY, name text);")?;
    type_into(page, "change", "ALTER TABLE users RENAME COLUMN name TO full_name;")?;
    page.wait_until("plan", |text| text.contains("public.users"))?;

    tab_to(page, "tab-plan")?;
    focus_shows(page)?;
    // From one tab to the next by arrows.
    page.press(&[Page::RIGHT, Page::RIGHT, Page::RIGHT])?;
    page.wait_for_true("return document.activeElement.dataset.testid === 'tab-proof'")?;
    enter(page, "prove")?;
    focus_shows(page)?;
    page.wait_until("verdict", |text| text.contains("Verified"))?;

    enter(page, "prove-as-asked")?;
    page.wait_until("verdict", |text| text.contains("Refuted"))?;
    enter(page, "watch")?;
    page.wait_until("now", |text| text.contains("before the migration"))?;
    for _ in 0..MOMENTS_MAX {
        if page.eval("return document.querySelector('[data-testid=broken]') !== null")? == true {
            break;
        }
        page.press(&[Page::RIGHT])?;
    }
    page.wait_until("broken", |text| text.contains("42703"))?;
    // And back to a run of the plan, by the keys that the help names.
    enter(page, "leave-watching")?;
    page.press(&['?'])?;
    page.wait_for_true("return document.querySelector('dialog[open]') !== null")?;
    page.press(&[Page::ESCAPE])?;
    page.wait_for_true("return document.querySelector('dialog[open]') === null")
}
