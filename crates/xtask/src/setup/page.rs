//! What the trials of the page are given besides a browser: generators of documentation sites, in
//! which it is embedded, and the checker of its accessibility.
//!
//! It must not fail where one cannot be had: its trials are skipped by name.

use std::path::PathBuf;

use super::registry::{From, Tool};
use super::tools;
use crate::run;

const MKDOCS: Tool = Tool {
    name: "mkdocs-material-9.8.1",
    from: From::PyPi("mkdocs-material==9.8.1"),
    file: "mkdocs/__main__.py",
    seconds: 10,
};

const DOCUSAURUS: Tool = Tool {
    name: "docusaurus-3.10.2",
    from: From::Npm(&[
        "@docusaurus/core@3.10.2",
        "@docusaurus/preset-classic@3.10.2",
        "react@19.3.1",
        "react-dom@19.3.1",
    ]),
    file: "node_modules/@docusaurus/core/bin/docusaurus.mjs",
    seconds: 40,
};

const AXE: Tool = Tool {
    name: "axe-core-4.14.1",
    from: From::Npm(&["axe-core@4.14.1"]),
    file: "node_modules/axe-core/axe.min.js",
    seconds: 2,
};

/// Another playground whose engine is Rust: what the benchmark compares weights with.
const RUFF: Tool = Tool {
    name: "ruff-wasm-web-0.16.9",
    from: From::Npm(&["@astral-sh/ruff-wasm-web@0.16.9"]),
    file: "node_modules/@astral-sh/ruff-wasm-web/ruff_wasm_bg.wasm",
    seconds: 5,
};

/// PostgreSQL's own parser, in C.
const PARSER: Tool = Tool {
    name: "libpg-query-18.1.5",
    from: From::Npm(&["libpg-query@18.1.5"]),
    file: "node_modules/libpg-query/wasm/libpg-query.wasm",
    seconds: 5,
};

/// The variables in which the trials find them, with the folder or file of each that is there.
pub(crate) fn page_tools() -> Vec<(&'static str, PathBuf)> {
    let all = [
        ("CONCERTINA_MDBOOK", tools::mdbook()),
        ("CONCERTINA_MKDOCS", MKDOCS.folder()),
        ("CONCERTINA_DOCUSAURUS", DOCUSAURUS.folder()),
        ("CONCERTINA_AXE", AXE.file()),
    ];
    all.into_iter().filter_map(|(variable, path)| Some((variable, path?))).collect()
}

/// Modules that others publish, with a name each; fetched here, since only the benchmark wants them.
pub(crate) fn others() -> Vec<(&'static str, Result<PathBuf, String>)> {
    vec![
        ("ruff 0.16.9 for WebAssembly (npm)", RUFF.install()),
        ("libpg-query 18.1.5, PostgreSQL's parser (npm)", PARSER.install()),
    ]
}

/// Installs what is missing.
pub(super) fn ensure() -> Result<(), String> {
    if let Err(problem) = tools::ensure_mdbook() {
        print!("{}", run::quote(&problem));
        println!("trials with mdBook are skipped");
    }
    [MKDOCS, DOCUSAURUS, AXE].iter().for_each(Tool::install_or_skip);
    Ok(())
}
