//! The built page in a real Chromium. Runs where `CONCERTINA_DIST` names the built page's folder;
//! there, a browser that is missing is a failure. Knows the page by its `data-testid`s alone.

mod accessibility;
mod docs;
mod embed;
mod keyboard;
mod learn;
mod policy;
mod share;

use std::env;
use std::fs;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use libtest_mimic::{Completion, Failed, Trial};
use tests::browser::Result;
use tests::browser::driver::Page;
use tests::browser::site::Site;

use crate::bad_input::noise;

/// What a trial does with the opened page.
type Work = fn(&Page) -> Result<()>;

/// A trial a thing that somebody does with the page.
pub(crate) fn trials() -> Vec<Trial> {
    let all: [(&str, Work); 20] = [
        ("the first example is planned", first_example),
        ("another change is planned", other_change),
        ("a run is played, forth and back", play),
        ("a failure is injected and rolled back", inject),
        ("a plan is proved", prove),
        ("what each step keeps and allows is shown, and played", derived),
        ("a step is taken out, and what breaks is shown", edit_and_break),
        ("a run is shared and opens at the same moment elsewhere", share::a_run),
        ("a counterexample is shared and opens at the same moment", share::a_counterexample),
        ("a run under traffic is shared with its setting", share::a_setting),
        ("a link made by the first version still opens", share::an_old_link),
        ("a broken link says so and loses nothing", share::a_broken_link),
        ("a reload loses nothing", share::reload),
        ("bad input shows a message", bad_input),
        ("50 MB of garbage show a message, and leave when told to", garbage),
        ("the plan is exported", export),
        ("a newcomer comes to a proof by keyboard", keyboard::newcomer),
        ("single keys are turned off", keyboard::keys_off),
        ("a lesson is finished by keyboard", learn::finished),
        ("a teacher's lesson is handed out as a link", learn::own),
    ];
    all.into_iter()
        .map(|(name, work)| {
            let start = |folder: &Path| {
                let site = Site::serve(folder)?;
                Ok((Page::open(&site.address())?, site))
            };
            let work = move |page: &Page, _: &Site| work(page);
            Trial::ignorable_test(format!("browser::{name}"), move || open(start, work))
        })
        .chain([Trial::ignorable_test("browser::embeds in another site", || {
            open(embed::start, |page, _| embed::several(page))
        })])
        .chain([Trial::ignorable_test("browser::a strict content security policy is kept", || {
            open(policy::start, |page, _| policy::kept(page))
        })])
        .chain([Trial::ignorable_test("browser::one file is the whole page", || {
            open(single_file, |page, _| works(page))
        })])
        .chain([Trial::ignorable_test("browser::everything works without a network", || {
            let start = |folder: &Path| {
                let site = Site::serve(folder)?;
                Ok((Page::open(&site.address())?, site))
            };
            open(start, offline)
        })])
        .chain(docs::trials())
        .chain(accessibility::trials())
        .collect()
}

fn open(
    start: impl FnOnce(&Path) -> Result<(Page, Site)>,
    work: impl FnOnce(&Page, &Site) -> Result<()>,
) -> std::result::Result<Completion, Failed> {
    let Some(folder) = env::var_os("CONCERTINA_DIST") else {
        return Ok(Completion::ignored_with("CONCERTINA_DIST names no built page"));
    };
    // One browser at a time: two share two cores with PostgreSQL badly.
    static ONE: Mutex<()> = Mutex::new(());
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    done(start, work, Path::new(&folder))?;
    Ok(Completion::Completed)
}

/// Opens, works, and looks into the console.
fn done(
    start: impl FnOnce(&Path) -> Result<(Page, Site)>,
    work: impl FnOnce(&Page, &Site) -> Result<()>,
    folder: &Path,
) -> Result<()> {
    let (page, site) = start(folder)?;
    let result = work(&page, &site);
    let errors = page.console_errors()?;
    result.map_err(|failed| {
        format!("{failed}\nconsole: {}\npage: {}", errors.join("\n"), page.visible_text())
    })?;
    if errors.is_empty() {
        return Ok(());
    }
    Err(format!("the console shows errors:\n{}", errors.join("\n")).into())
}

fn first_example(page: &Page) -> Result<()> {
    page.wait_for("plan-table")?;
    page.wait_until("plan-table", |text| text.contains("1.1"))?;
    page.wait_for("point-of-no-return")
}

fn other_change(page: &Page) -> Result<()> {
    page.wait_for("plan-table")?;
    page.write("schema", "CREATE TABLE users (id bigint PRIMARY KEY, name text);")?;
    page.write("change", "ALTER TABLE users ADD COLUMN shoe_size integer;")?;
    page.wait_until("plan", |text| text.contains("shoe_size"))
}

fn play(page: &Page) -> Result<()> {
    page.wait_for("plan-table")?;
    page.click("tab-play")?;
    page.wait_for("now")?;
    let start = page.text("now")?;
    for _ in 0..3 {
        page.click("step")?;
    }
    page.wait_until("now", |text| text != start)?;
    for _ in 0..3 {
        page.click("back")?;
    }
    page.wait_until("now", |text| text == start)?;
    page.click("play")?;
    page.wait_until("now", |text| text != start)
}

/// Two steps and a failure: what is shown then.
fn failed(page: &Page) -> Result<String> {
    page.wait_for("plan-table")?;
    page.click("tab-play")?;
    page.wait_for("now")?;
    for _ in 0..2 {
        page.click("step")?;
    }
    let before = page.text("now")?;
    page.wait_for("inject")?;
    page.click("inject")?;
    page.wait_until("now", |text| text != before)?;
    page.text("now")
}

fn inject(page: &Page) -> Result<()> {
    failed(page)?;
    page.wait_for("rollback")?;
    page.click("rollback")?;
    page.wait_until("event-log", |text| text.to_lowercase().contains("roll"))
}

fn prove(page: &Page) -> Result<()> {
    page.wait_for("plan-table")?;
    page.click("tab-proof")?;
    page.wait_for("prove")?;
    page.click("prove")?;
    page.wait_until("verdict", |text| text.to_lowercase().contains("verified"))?;
    page.click("prove-as-asked")?;
    page.wait_until("verdict", |text| text.to_lowercase().contains("refuted"))
}

/// The proof with all that is derived beside it.
fn proved(page: &Page) -> Result<()> {
    page.wait_for("plan-table")?;
    page.click("tab-proof")?;
    page.click("prove")?;
    page.wait_until("way-back", |text| text.contains("as the plan declares"))?;
    page.wait_until("matrix", |text| text.contains("42703"))?;
    page.wait_until("endings", |text| text.contains("goes on or back"))?;
    Ok(())
}

fn derived(page: &Page) -> Result<()> {
    proved(page)?;
    page.click("cell-before-R1-read")?;
    page.wait_for("now")?;
    page.click("tab-proof")?;
    page.click("back-1.1")?;
    page.wait_for("now")
}

fn edit_and_break(page: &Page) -> Result<()> {
    page.wait_for("plan-table")?;
    page.click("tab-proof")?;
    page.click("edit-and-break")?;
    page.click("remove-2.1")?;
    page.wait_until("verdict", |text| text.contains("without step 2.1"))?;
    page.wait_until("verdict", |text| text.to_lowercase().contains("refuted"))?;
    page.click("undo-edit")?;
    page.wait_until("verdict", |text| text.to_lowercase().contains("verified"))
}

/// The page as one file, opened from the disk.
fn single_file(folder: &Path) -> Result<(Page, Site)> {
    let site = Site::serve(folder)?;
    let address = site.address_of_file("concertina.html")?;
    site.stop();
    Ok((Page::open(&address)?, site))
}

/// A plan, a proof, a run and a link.
fn works(page: &Page) -> Result<()> {
    page.wait_for("plan-table")?;
    page.click("tab-proof")?;
    page.click("prove")?;
    page.wait_until("verdict", |text| text.to_lowercase().contains("verified"))?;
    page.click("tab-play")?;
    page.wait_for("now")?;
    page.click("share")?;
    page.wait_for("link")
}

/// The page, a proof, a run and a link, all after the server is gone and the page was loaded anew.
fn offline(page: &Page, site: &Site) -> Result<()> {
    page.wait_for("plan-table")?;
    page.wait_for_true("return navigator.serviceWorker.controller?.state === 'activated'")?;
    site.stop();
    page.reload()?;
    works(page)?;
    // What the browser says of requests that failed on their way to what was kept.
    page.console_errors().map(drop)
}

fn bad_input(page: &Page) -> Result<()> {
    page.wait_for("plan-table")?;
    page.write("change", "ALTER TABLE nowhere_at_all ADD COLUMN x int;")?;
    page.wait_until("findings", |text| text.contains("nowhere_at_all"))
}

fn garbage(page: &Page) -> Result<()> {
    let file = env::temp_dir().join(format!("concertina-garbage-{}.sql", std::process::id()));
    fs::write(&file, noise(50_000_000))?;
    page.wait_for("plan-table")?;
    page.attach("schema-file", &file)?;
    let shown = page.wait_until("schema-held", |text| text.contains("50 MB"));
    let told = page.wait_until("findings", |text| text.contains("schema 1:1"));
    fs::remove_file(&file)?;
    shown.and(told)?;
    page.click("schema-let-go")?;
    page.write("schema", "CREATE TABLE users (id bigint PRIMARY KEY, name text);")?;
    page.write("change", "ALTER TABLE users ADD COLUMN shoe_size integer;")?;
    page.wait_until("plan", |text| text.contains("shoe_size"))
}

fn export(page: &Page) -> Result<()> {
    page.wait_for("plan-table")?;
    page.click("tab-export")?;
    page.wait_until("markdown", |text| text.contains("## Migration Phases"))
}
