//! The page embedded in sites that documentation generators build: the same two pages of Markdown,
//! by mdBook, `MkDocs` Material and Docusaurus, with the built page beside them as
//! `docs/embedding.md` says.

use std::env;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use libtest_mimic::{Completion, Trial};
use tests::browser::Result;
use tests::browser::driver::Page;
use tests::browser::site::Site;

/// How high a frame is before it is told how high it should be.
const FIRST_HEIGHT: &str = "480px";

/// A generator of sites.
struct Generator {
    name: &'static str,
    /// The variable that says where it is.
    variable: &'static str,
    /// Where it wants the text, below the site's source.
    pages: &'static str,
    /// Where it wants files that it is to leave alone.
    files: &'static str,
    /// Builds a site into a folder.
    command: fn(tool: &Path, site: &Path, out: &Path) -> Result<Command>,
    /// Has the built site dark, as its reader would.
    darken: &'static str,
}

const GENERATORS: [Generator; 3] = [
    Generator {
        name: "mdbook",
        variable: "CONCERTINA_MDBOOK",
        pages: "src",
        files: "src",
        command: |tool, site, out| {
            let mut command = Command::new(tool);
            command.arg("build").arg("--dest-dir").arg(out).arg(site);
            Ok(command)
        },
        darken: "document.querySelector('#mdbook-theme-navy').click()",
    },
    Generator {
        name: "mkdocs",
        variable: "CONCERTINA_MKDOCS",
        pages: "docs",
        files: "docs",
        command: |tool, site, out| {
            let mut command = Command::new("python3");
            command.args(["-m", "mkdocs", "build", "--strict", "--site-dir"]).arg(out);
            command.env("PYTHONPATH", tool).current_dir(site);
            Ok(command)
        },
        darken: "document.querySelector('[data-md-component=palette] label:not([hidden])').click()",
    },
    Generator {
        name: "docusaurus",
        variable: "CONCERTINA_DOCUSAURUS",
        pages: "docs",
        files: "static",
        command: |tool, site, out| {
            symlink(tool.join("node_modules"), site.join("node_modules"))?;
            let mut command = Command::new("node");
            command.arg(site.join("node_modules/@docusaurus/core/bin/docusaurus.mjs"));
            command.args(["build", "--out-dir"]).arg(out).current_dir(site);
            Ok(command)
        },
        darken: "document.querySelector('[class*=colorModeToggle] button').click()",
    },
];

/// A trial a generator.
pub(super) fn trials() -> Vec<Trial> {
    let trial = |generator: &'static Generator| {
        Trial::ignorable_test(format!("browser::embedded by {}", generator.name), move || {
            let Some(tool) = env::var_os(generator.variable) else {
                let why = format!("{} names no {}", generator.variable, generator.name);
                return Ok(Completion::ignored_with(why));
            };
            let folder = env::temp_dir().join(format!("{}-{}", generator.name, std::process::id()));
            let start = |dist: &Path| {
                let site = Site::serve(&built(generator, Path::new(&tool), (&folder, dist))?)?;
                let page = Page::open("about:blank")?;
                page.resize((1280, 720))?;
                page.open_next(&site.address())?;
                Ok((page, site))
            };
            let outcome = super::open(start, |page, site| works(page, site, generator));
            fs::remove_dir_all(&folder).unwrap_or_default();
            outcome
        })
    };
    GENERATORS.iter().map(trial).collect()
}

/// The built site's folder.
fn built(generator: &Generator, tool: &Path, (folder, dist): (&Path, &Path)) -> Result<PathBuf> {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("browser/sites");
    let (site, out) = (folder.join("site"), folder.join("out"));
    copy(&sources.join(generator.name), &site)?;
    copy(&sources.join("pages"), &site.join(generator.pages))?;
    copy(dist, &site.join(generator.files).join("concertina"))?;
    let done = (generator.command)(tool, &site, &out)?.output()?;
    if done.status.success() {
        return Ok(out);
    }
    let said = [done.stdout, done.stderr].concat();
    Err(format!("{}: {}", generator.name, String::from_utf8_lossy(&said)).into())
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &to)?;
        } else {
            fs::copy(entry.path(), to)?;
        }
    }
    Ok(())
}

/// One of the page's elements.
struct Embedded(&'static str);

impl Embedded {
    /// A script that gives its frame.
    fn frame(&self) -> String {
        format!("document.querySelector('{}').shadowRoot.querySelector('iframe')", self.0)
    }

    fn come_to(&self, page: &Page) -> Result<()> {
        page.eval(&format!("document.querySelector('{}').scrollIntoView()", self.0))?;
        Ok(())
    }

    /// Whether it has been started.
    fn is_started(&self, page: &Page, wanted: bool) -> Result<()> {
        page.wait_for_true(&format!("return ({}.src !== '') === {wanted}", self.frame()))
    }

    /// Looks into it for as long as something is done there.
    fn inside(&self, page: &Page, work: impl FnOnce() -> Result<()>) -> Result<()> {
        page.enter_frame(&format!("return {}", self.frame()))?;
        work()?;
        page.out_of_frames()
    }

    /// It is as high as what it shows, neither less nor more.
    fn is_as_high_as_it_shows(&self, page: &Page) -> Result<()> {
        let script = format!(
            "const frame = {}, shown = frame.contentDocument.querySelector('main');\
             return frame.style.height !== '{FIRST_HEIGHT}' && \
             Math.abs(frame.clientHeight - shown.getBoundingClientRect().bottom) < 40",
            self.frame()
        );
        page.wait_for_true(&script)
    }

    fn is_dark(&self, page: &Page, wanted: bool) -> Result<()> {
        let script = format!(
            "const {{ contentWindow }} = {};\
             const paper = contentWindow.getComputedStyle(contentWindow.document.body).backgroundColor;\
             return (Number(paper.match(/[0-9]+/)[0]) < 128) === {wanted}",
            self.frame()
        );
        page.wait_for_true(&script)
    }
}

const PLAN: Embedded = Embedded("concertina-plan");
const LIGHT: Embedded = Embedded("concertina-plan[theme=light]");
const DARK: Embedded = Embedded("concertina-sim[theme=dark]");
const FIXED: Embedded = Embedded("concertina-sim[height]");

fn works(page: &Page, site: &Site, generator: &Generator) -> Result<()> {
    PLAN.inside(page, || {
        page.wait_for("plan-table")?;
        page.wait_for_true("return document.querySelectorAll('#step-2-2').length === 1")
    })?;
    PLAN.is_as_high_as_it_shows(page)?;
    let before = page.eval(&format!("return {}.clientHeight", PLAN.frame()))?;
    PLAN.inside(page, || page.click("plan-step"))?;
    page.wait_for_true(&format!("return {}.clientHeight > {before}", PLAN.frame()))?;
    PLAN.is_as_high_as_it_shows(page)?;

    DARK.is_started(page, false)?;
    DARK.come_to(page)?;
    DARK.inside(page, || page.wait_for("step-strip"))?;
    DARK.is_as_high_as_it_shows(page)?;
    LIGHT.come_to(page)?;
    LIGHT.inside(page, || page.wait_for("plan-table"))?;

    // Each has a theme, or that of the site.
    PLAN.is_dark(page, false)?;
    DARK.is_dark(page, true)?;
    page.eval(generator.darken)?;
    PLAN.is_dark(page, true)?;
    LIGHT.is_dark(page, false)?;

    // By the site's own link, which two of the three follow without loading the page anew.
    page.eval("document.querySelector('a[href*=other]').click()")?;
    page.wait_for_true("return document.querySelector('concertina-sim[height]') !== null")?;
    FIXED.inside(page, || page.wait_for("step-strip"))?;
    page.wait_for_true(&format!("return {}.style.height === '700px'", FIXED.frame()))?;
    FIXED.inside(page, || page.click("step"))?;

    for module in ["concertina/worker_bg.wasm", "concertina/embed.js"] {
        let n = site.n_sent(module);
        if n != 1 {
            return Err(format!("{module} was sent {n} times").into());
        }
    }
    Ok(())
}
