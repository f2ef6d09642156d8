//! The engine: planner and simulator in a dedicated worker, off the page's thread. Hears the
//! shell's messages, works in slices so that it can always be interrupted, and answers.

mod deriving;
mod engine;
mod planning;
mod present;
mod proving;
mod scope;
mod teaching;
mod timing;
mod walking;

fn main() {
    scope::listen();
}
