//! The page under the content security policy that `docs/embedding.md` gives.

use std::path::Path;

use tests::browser::Result;
use tests::browser::driver::Page;
use tests::browser::site::Site;

const POLICY: &str = "Content-Security-Policy: default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; \
    style-src 'self'; img-src 'self' data:; connect-src 'self'; worker-src 'self'; manifest-src 'self'; \
    base-uri 'none'; form-action 'none'\r\n";

pub(super) fn start(folder: &Path) -> Result<(Page, Site)> {
    let site = Site::serve_with(folder, |_| Vec::new(), POLICY)?;
    Ok((Page::open(&site.address())?, site))
}

/// Every view is come to; what the policy forbids would stand in the console.
pub(super) fn kept(page: &Page) -> Result<()> {
    // The policy is in force: what it forbids does not happen.
    page.eval(
        "const script = document.createElement('script');\
         script.textContent = 'document.documentElement.dataset.inline = 1';\
         document.head.append(script)",
    )?;
    page.wait_for_true("return document.documentElement.dataset.inline === undefined")?;
    page.console_errors()?;
    super::inject(page)?;
    page.wait_for_true("return document.querySelector('.marks path') !== null")?;
    page.click("tab-traffic")?;
    page.wait_for("traffic")?;
    page.click("tab-export")?;
    page.wait_for("markdown")?;
    page.click("tab-proof")?;
    page.click("prove")?;
    page.wait_until("endings", |text| text.contains("goes on or back"))?;
    page.write("schema", &"CREATE TABLE t (id bigint);\n".repeat(40))?;
    page.eval("document.querySelector('[data-testid=schema]').scrollTop = 33")?;
    page.wait_for_true(
        "return document.querySelector('.gutter pre').style.transform === 'translateY(-13px)'",
    )
}
