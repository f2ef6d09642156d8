//! The page inside other people's pages.

use std::path::Path;

use tests::browser::Result;
use tests::browser::driver::Page;
use tests::browser::site::Site;

/// A page of another site: by address, `localhost` is not `127.0.0.1`.
fn docs(port: u16) -> String {
    format!(
        "<!doctype html><title>Docs</title><h1>Docs</h1>\
         <script src=\"http://localhost:{port}/embed.js\" async></script>\
         <concertina-plan example=\"rename_column\" step=\"2.2\"><p>fallback</p></concertina-plan>\
         <p style=\"height: 6000px\">Much text.</p>\
         <concertina-sim example=\"rename_column\" step=\"3.1\" theme=\"dark\" controls=\"none\"></concertina-sim>\
         <concertina-plan example=\"nowhere\"></concertina-plan>"
    )
}

pub(super) fn start(folder: &Path) -> Result<(Page, Site)> {
    let site = Site::serve_with(folder, |port| vec![("docs.html", docs(port))], "")?;
    Ok((Page::open(&format!("{}docs.html", site.address()))?, site))
}

fn frame(of: &str) -> String {
    format!("return document.querySelector('{of}').shadowRoot.firstChild")
}

fn height(of: &str) -> String {
    format!("{}.style.height", frame(of))
}

/// A plan, a run further down that starts when it is come to, and one that cannot be shown.
pub(super) fn several(page: &Page) -> Result<()> {
    page.wait_for_true("return customElements.get('concertina-plan') !== undefined")?;
    page.enter_frame(&frame("concertina-plan"))?;
    page.wait_for("plan-table")?;
    page.wait_for_true("return document.querySelectorAll('#step-2-2').length === 1")?;
    page.wait_for_true("return document.querySelectorAll('[data-testid=schema]').length === 0")?;
    let whole = page.eval("return document.querySelector('[data-testid=whole]').href")?;
    page.out_of_frames()?;
    page.wait_for_true(&format!("{} !== '480px'", height("concertina-plan")))?;
    page.wait_for_true(&format!("{} === '480px'", height("concertina-sim")))?;

    page.eval("document.querySelector('concertina-sim').scrollIntoView()")?;
    page.enter_frame(&frame("concertina-sim"))?;
    page.wait_for_true(
        "const now = document.querySelector('[data-testid=step-strip] [aria-current]');\
         return now?.textContent.startsWith('3.1') ?? false",
    )?;
    page.wait_for_true("return document.documentElement.dataset.theme === 'dark'")?;
    never_lower(page)?;
    page.out_of_frames()?;
    page.wait_for_true(&format!("{} !== '480px'", height("concertina-sim")))?;

    page.enter_frame(&frame("concertina-plan[example=nowhere]"))?;
    page.wait_until("link-error", |text| text.contains("rename_column, split_column"))?;
    page.out_of_frames()?;

    let whole = whole.as_str().unwrap_or_default();
    let page = Page::open(whole)?;
    page.wait_for("plan-table")?;
    page.wait_for_true("return location.search === ''")
}

/// Back at the start of the run, where less is to be seen, the page is as high as it was.
fn never_lower(page: &Page) -> Result<()> {
    const HEIGHT: &str = "document.querySelector('main').getBoundingClientRect().height";
    page.wait_for_true("return document.querySelector('main').style.minHeight !== ''")?;
    // The frame loses its scrollbar once it is high enough, and a new width begins anew: that is to be over.
    page.wait_for_true(&format!("return innerHeight >= {HEIGHT}"))?;
    page.eval(
        "requestAnimationFrame(() => requestAnimationFrame(() => { window.isDrawn = true; }))",
    )?;
    page.wait_for_true("return window.isDrawn === true")?;
    let before = page.eval(&format!("return {HEIGHT}"))?;
    page.eval("document.querySelector('[data-testid=event-log] button').click()")?;
    page.wait_until("now", |text| text.contains("before the migration"))?;
    page.wait_for_true(&format!("return {HEIGHT} >= {before}"))
}
