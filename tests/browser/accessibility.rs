//! Every main view under axe, the checker that others use: in both themes, on a wide window and on a
//! phone's. What no checker sees (keys, focus, what is said) is tried in `keyboard` and `learn`.

use std::env;
use std::fs;
use std::path::Path;

use libtest_mimic::{Completion, Trial};
use serde_json::Value;
use tests::browser::Result;
use tests::browser::driver::Page;
use tests::browser::site::Site;

use super::keyboard::enter;

/// A view, the address at which the page is opened, and how it is come to from there.
struct View {
    name: &'static str,
    query: &'static str,
    go: fn(&Page) -> Result<()>,
}

const VIEWS: [View; 9] = [
    View { name: "input", query: "", go: input },
    View { name: "plan", query: "?example=int_to_bigint", go: plan },
    View { name: "play", query: "", go: play },
    View { name: "traffic", query: "", go: traffic },
    View { name: "prove", query: "", go: prove },
    View { name: "learn", query: "?lesson=rename", go: learn },
    View { name: "share dialog", query: "", go: share },
    View { name: "embedded plan", query: "?embed=plan&example=big_update&step=1.1", go: embedded },
    View { name: "embedded run", query: "?embed=sim&example=rename_column&step=3.1", go: run },
];

/// A trial a view.
pub(super) fn trials() -> Vec<Trial> {
    let trial = |view: &'static View| {
        Trial::ignorable_test(format!("browser::axe finds nothing in {}", view.name), || {
            let Some(axe) = env::var_os("CONCERTINA_AXE") else {
                return Ok(Completion::ignored_with("CONCERTINA_AXE names no axe"));
            };
            let axe = fs::read_to_string(axe)?;
            let start = |folder: &Path| {
                let site = Site::serve(folder)?;
                Ok((Page::open(&format!("{}{}", site.address(), view.query))?, site))
            };
            super::open(start, |page, _| check(page, view, &axe))
        })
    };
    VIEWS.iter().map(trial).collect()
}

/// Levels A and AA of WCAG 2.2 and what it took over.
const RUN: &str = "const done = arguments[0];\
    axe.run(document, { resultTypes: ['violations'], runOnly: { type: 'tag', values: \
    ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] } }).then(\
    ({ violations, passes }) => done({ n: passes.length, found: violations.map(({ id, nodes }) => \
    id + ': ' + nodes.map(({ html, any }) => html.slice(0, 160) + ' ' + (any[0]?.message ?? '')).join(' | ')) }),\
    (error) => done({ n: 0, found: [String(error)] }))";

fn check(page: &Page, view: &View, axe: &str) -> Result<()> {
    page.prefer("light")?;
    (view.go)(page)?;
    page.eval(axe)?;
    let mut found = Vec::new();
    for width in [1280, 390] {
        page.resize((width, 800))?;
        for theme in ["light", "dark"] {
            page.prefer(theme)?;
            let result = page.eval_async(RUN)?;
            let list = result.get("found").and_then(Value::as_array).cloned().unwrap_or_default();
            found.extend(list.iter().map(|what| format!("{width} px, {theme}: {what}")));
            // A page on which nothing can be checked would pass, too.
            if result.get("n").and_then(Value::as_u64).unwrap_or(0) < 10 {
                found.push(format!("{width} px, {theme}: hardly anything was checked"));
            }
        }
        found.extend(sideways(page, width)?);
    }
    if found.is_empty() { Ok(()) } else { Err(found.join("\n").into()) }
}

/// What makes the page wider than the window: text has to reflow (WCAG 1.4.10).
fn sideways(page: &Page, width: u32) -> Result<Option<String>> {
    let wide = page.eval(&format!(
        "const scrolls = (each) => each && (getComputedStyle(each).overflowX !== 'visible' || \
         scrolls(each.parentElement));\
         return document.documentElement.scrollWidth <= {width} ? '' : \
         [...document.querySelectorAll('main *, main')].filter((each) => \
         each.getBoundingClientRect().right > {width} && !scrolls(each.parentElement))\
         .map((each) => each.outerHTML.slice(0, 100)).join(' | ')"
    ))?;
    let wide = wide.as_str().unwrap_or_default();
    Ok((!wide.is_empty())
        .then(|| format!("{width} px: the page is wider than the window by {wide}")))
}

fn input(page: &Page) -> Result<()> {
    page.wait_for("plan-table")?;
    page.write("change", "ALTER TABLE nowhere_at_all ADD COLUMN x int;")?;
    page.wait_until("findings", |text| text.contains("nowhere_at_all"))?;
    page.eval("document.querySelectorAll('details').forEach((each) => each.open = true)").map(drop)
}

fn plan(page: &Page) -> Result<()> {
    page.wait_for("plan-table")?;
    page.click("open-all")?;
    page.eval("document.querySelectorAll('details').forEach((each) => each.open = true)").map(drop)
}

fn play(page: &Page) -> Result<()> {
    super::failed(page).map(drop)
}

fn traffic(page: &Page) -> Result<()> {
    page.wait_for("plan-table")?;
    page.click("tab-traffic")?;
    page.wait_for("traffic")?;
    page.wait_for_true("return document.querySelector('.ways').ariaBusy === 'false'")
}

fn prove(page: &Page) -> Result<()> {
    super::proved(page)?;
    page.click("edit-and-break")?;
    page.click("remove-2.1")?;
    page.wait_until("verdict", |text| text.contains("Refuted"))
}

fn learn(page: &Page) -> Result<()> {
    page.wait_for("lesson")?;
    page.wait_for("now")?;
    page.click("choice-3-0")?;
    page.click("check-3")?;
    page.wait_for("answer-3")
}

fn share(page: &Page) -> Result<()> {
    page.wait_for("plan-table")?;
    enter(page, "share")?;
    page.wait_for("link")
}

fn embedded(page: &Page) -> Result<()> {
    page.wait_for("plan-table")
}

fn run(page: &Page) -> Result<()> {
    page.wait_for("step-strip")
}
