//! The shell: the page on the main thread. Planner and simulator run in the worker; nothing here
//! may parse SQL.

mod app;
mod browser;
mod components;
mod embed;
mod engine;
mod examples;
mod format;
mod keys;
mod state;
mod store;
mod words;

fn main() {
    if let Some(root) = browser::element("app") {
        yew::Renderer::<app::App>::with_root(root).render();
    }
}
