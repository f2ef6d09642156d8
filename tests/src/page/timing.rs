//! How soon the page shows something, how long a proof takes, and how long the main thread is held up
//! meanwhile.

use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use serde_json::Value;

use crate::browser::Result;
use crate::browser::driver::Page;
use crate::browser::site::Site;

/// Browsers that open the page with nothing kept.
const N_RUNS: usize = 5;

/// How long a run is watched.
const PLAYED: Duration = Duration::from_secs(10);

/// Runs before anything of the page's own: notes long tasks, what moves without being touched, and when
/// the plan shows.
const WATCH: &str = "window.measured = { tasks: [], shift: 0 };\
    new PerformanceObserver((list) => list.getEntries().forEach(({ value, hadRecentInput }) => {\
    if (!hadRecentInput) measured.shift += value; })).observe({ type: 'layout-shift', buffered: true });\
    new PerformanceObserver((list) => list.getEntries().forEach(({ startTime, duration }) => \
    measured.tasks.push([startTime, duration]))).observe({ type: 'longtask', buffered: true });\
    new MutationObserver((_, observer) => {\
    if (!document.querySelector('[data-testid=plan-table]')) return;\
    measured.plan = performance.now(); observer.disconnect(); \
    }).observe(document, { childList: true, subtree: true });";

/// Proves, and gives the milliseconds and the outcome.
const PROVE: &str = "const [done] = arguments, start = performance.now();\
    document.querySelector('[data-testid=prove]').click();\
    const look = () => {\
    const verdict = document.querySelector('[data-testid=verdict]');\
    if (verdict) done([performance.now() - start, verdict.dataset.outcome]); else setTimeout(look, 5);\
    };\
    setTimeout(look, 5)";

/// Milliseconds of the longest task since a moment; 0 where none took 50.
const LONGEST: &str = "return Math.max(0, ...measured.tasks.filter(([at]) => at >= measured.from).map(([, took]) => took))";

const FROM_NOW: &str = "measured.from = performance.now()";

/// Measures, and says each figure in a line.
pub fn run(dist: &Path) -> Result<Vec<String>> {
    let site = Site::serve(dist)?;
    let mut opened = (0..N_RUNS).map(|_| open(&site)).collect::<Result<Vec<_>>>()?;
    opened.sort_by(|a, b| a.shown.total_cmp(&b.shown));
    let Opened { shown, loading, shift } = opened[N_RUNS / 2];
    let (proof, outcome, proving) = prove(&site)?;
    let playing = play(&site)?;
    Ok(vec![
        line("first plan shown, cold cache, median of 5", shown, 1_500.0),
        line(
            &format!("proof of a rename, 3 instances, 3 rows, 2 faults: {outcome}"),
            proof,
            2_000.0,
        ),
        line("longest task of the main thread while loading (that run)", loading, 50.0),
        format!("{shift:>12.3}  layout shift while loading (that run); 0.1 is good"),
        line("longest task of the main thread while proving", proving, 50.0),
        line("longest task of the main thread while playing", playing, 50.0),
    ])
}

fn line(what: &str, ms: f64, hold: f64) -> String {
    match ms {
        0.0 => format!("{:>12}  {what}; {hold:.0} ms are to hold", "< 50 ms"),
        _ => format!("{ms:>9.0} ms  {what}; {:.2} of {hold:.0} ms", ms / hold),
    }
}

/// The page opened with nothing kept.
struct Opened {
    /// Milliseconds to the first plan.
    shown: f64,
    /// Milliseconds of the longest task until then.
    loading: f64,
    /// How much has moved until then.
    shift: f64,
}

fn open(site: &Site) -> Result<Opened> {
    let page = opened(site)?;
    let shown = number(&page.eval("return measured.plan")?)?;
    page.eval("measured.from = 0")?;
    let loading = number(&page.eval(LONGEST)?)?;
    Ok(Opened { shown, loading, shift: number(&page.eval("return measured.shift")?)? })
}

fn opened(site: &Site) -> Result<Page> {
    let page = Page::open("about:blank")?;
    page.before_each_page(WATCH)?;
    page.open_next(&site.address())?;
    page.wait_for("plan-table")?;
    Ok(page)
}

fn prove(site: &Site) -> Result<(f64, String, f64)> {
    let page = opened(site)?;
    page.click("tab-proof")?;
    for (field, bound) in [("instances", "3"), ("rows", "3"), ("faults", "2")] {
        page.write(&format!("bound-{field}"), bound)?;
        page.press(&[Page::TAB])?;
    }
    page.eval(FROM_NOW)?;
    let said = page.eval_async(PROVE)?;
    let outcome = said[1].as_str().unwrap_or_default().to_owned();
    page.wait_for("endings")?;
    Ok((number(&said[0])?, outcome, number(&page.eval(LONGEST)?)?))
}

fn play(site: &Site) -> Result<f64> {
    let page = opened(site)?;
    page.click("tab-play")?;
    page.wait_for("now")?;
    page.eval(
        "const speed = document.querySelector('[data-testid=speed]');\
         speed.selectedIndex = speed.options.length - 1;\
         speed.dispatchEvent(new Event('change', { bubbles: true }))",
    )?;
    page.eval(FROM_NOW)?;
    page.click("play")?;
    sleep(PLAYED);
    number(&page.eval(LONGEST)?)
}

fn number(value: &Value) -> Result<f64> {
    value.as_f64().ok_or_else(|| format!("no number: {value}").into())
}
