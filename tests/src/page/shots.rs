//! Pictures of the main views, in both themes, on a phone's window, a laptop's and a wide one. Must
//! not judge them: somebody looks.

use std::fs;
use std::path::Path;

use super::picture;
use crate::browser::Result;
use crate::browser::driver::Page;
use crate::browser::site::Site;

/// Widths and heights of windows.
const SIZES: [(u32, u32); 3] = [(390, 844), (1280, 860), (1920, 1080)];

/// Those that the documents show.
const KEPT: [&str; 7] = [
    "plan-1280-light",
    "plan-1280-dark",
    "play-1280-light",
    "play-1280-dark",
    "prove-1280-light",
    "prove-1280-dark",
    "learn-1280-light",
];

/// Moments into the run: old and new release run together.
const N_STEPS: usize = 16;

/// A view, its address, and how it is come to.
type View = (&'static str, &'static str, fn(&Page) -> Result<()>);

const VIEWS: [View; 4] = [
    ("plan", "?example=rename_column", plan),
    ("play", "?example=rename_column", play),
    ("prove", "?example=rename_column", prove),
    ("learn", "?lesson=rename", learn),
];

/// Takes all of them into a folder, and those that are kept into another.
pub fn run(dist: &Path, all: &Path, kept: &Path) -> Result<Vec<String>> {
    fs::create_dir_all(all)?;
    fs::create_dir_all(kept)?;
    let site = Site::serve(dist)?;
    let mut said = Vec::new();
    for (view, query, go) in VIEWS {
        for (width, height) in SIZES {
            let page = Page::open("about:blank")?;
            page.resize((width, height))?;
            page.open_next(&format!("{}{query}", site.address()))?;
            go(&page)?;
            for theme in ["light", "dark"] {
                page.prefer(theme)?;
                let name = format!("{view}-{width}-{theme}");
                let picture = picture::reduced(&page.screenshot()?)?;
                let folder = if KEPT.contains(&name.as_str()) { kept } else { all };
                let file = folder.join(format!("{name}.png"));
                said.push(format!("{:>7} bytes  {}", picture.len(), file.display()));
                fs::write(file, picture)?;
            }
        }
    }
    Ok(said)
}

fn plan(page: &Page) -> Result<()> {
    page.wait_for("plan-table")?;
    to_result(page)
}

fn play(page: &Page) -> Result<()> {
    page.wait_for("plan-table")?;
    page.click("tab-play")?;
    page.wait_for("now")?;
    for _ in 0..N_STEPS {
        let before = page.value("scrub")?;
        page.click("step")?;
        page.wait_for_true(&format!(
            "return document.querySelector('[data-testid=scrub]').value !== '{before}'"
        ))?;
    }
    to_result(page)
}

fn prove(page: &Page) -> Result<()> {
    page.wait_for("plan-table")?;
    page.click("tab-proof")?;
    page.click("prove")?;
    page.wait_for("endings")?;
    page.eval(
        "document.activeElement.blur();\
         document.querySelector('[data-testid=verdict]').scrollIntoView(); scrollBy(0, -16)",
    )
    .map(drop)
}

fn learn(page: &Page) -> Result<()> {
    page.wait_for("lesson")?;
    page.wait_for("now")?;
    page.click("choice-3-0")?;
    page.click("check-3")?;
    page.wait_for("watch-3")?;
    page.eval(
        "document.activeElement.blur();\
         const answer = document.querySelector('[data-testid=answer-3]');\
         for (let each = answer; each; each = each.parentElement) each.scrollTop = 0;\
         answer.scrollIntoView({ block: 'nearest' })",
    )
    .map(drop)
}

/// Where the halves stand one below the other, to the right one.
fn to_result(page: &Page) -> Result<()> {
    page.eval(
        "const result = document.getElementById('result'); document.activeElement.blur();\
         scrollTo(0, innerWidth < 800 ? result.getBoundingClientRect().top + scrollY : 0)",
    )
    .map(drop)
}
