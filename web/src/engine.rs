//! The shell's end of the worker: starts it, posts to it, hears it, replaces it. Files opened by
//! the visitor are kept here as handles, so that a new worker can be given them again; they are
//! never read on the main thread.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::Array;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web::protocol::{FromWorker, PerSlot, Slot, ToWorker};
use web_sys::{ErrorEvent, File, MessageEvent, Worker};
use yew::prelude::*;

use crate::browser;
use crate::state::Action;

/// Where the worker's script is, unless the page says so (`browser::worker_script`).
const SCRIPT: &str = "./worker_loader.js";

/// A way to the worker, whichever runs at the moment.
#[derive(Clone, Default)]
pub(crate) struct Engine(Rc<RefCell<Inner>>);

#[derive(Default)]
struct Inner {
    worker: Option<Worker>,
    files: PerSlot<File>,
    posted: u64,
}

impl PartialEq for Engine {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl Engine {
    /// Posts a message, unless one of its number or later was posted before.
    pub(crate) fn post(&self, number: u64, message: &ToWorker) {
        let mut inner = self.0.borrow_mut();
        if number <= inner.posted {
            return;
        }
        inner.posted = number;
        if let (Some(worker), Ok(text)) = (&inner.worker, serde_json::to_string(message)) {
            worker.post_message(&text.into()).ok();
        }
    }

    /// Has the worker read a file.
    pub(crate) fn open(&self, slot: Slot, file: File) {
        self.hand_over(slot, &file);
        self.0.borrow_mut().files.set(slot, Some(file));
    }

    /// Gives a new worker the files that are still wanted.
    pub(crate) fn open_again(&self, wanted: impl Fn(Slot) -> bool) {
        for slot in [Slot::Schema, Slot::Change] {
            if !wanted(slot) {
                self.0.borrow_mut().files.set(slot, None);
            }
        }
        for (slot, file) in self.0.borrow().files.iter() {
            self.hand_over(slot, file);
        }
    }

    fn hand_over(&self, slot: Slot, file: &File) {
        let message = ToWorker::Open { slot, name: file.name() };
        if let (Some(worker), Ok(text)) = (&self.0.borrow().worker, serde_json::to_string(&message))
        {
            worker.post_message(&Array::of2(&text.into(), file)).ok();
        }
    }
}

/// A worker that is replaced whenever `generation` changes.
#[hook]
pub(crate) fn use_engine(generation: u32, act: Callback<Action>) -> Engine {
    let engine = use_memo((), |()| Engine::default());
    let engine = (*engine).clone();
    let started = engine.clone();
    use_effect_with(generation, move |_| {
        let running = Running::start(&act);
        {
            let mut inner = started.0.borrow_mut();
            inner.worker = running.as_ref().map(|running| running.worker.clone());
            inner.posted = 0;
        }
        move || {
            started.0.borrow_mut().worker = None;
            drop(running);
        }
    });
    engine
}

/// A worker and its listeners; terminated when dropped.
struct Running {
    worker: Worker,
    _message: Closure<dyn FnMut(MessageEvent)>,
    _error: Closure<dyn FnMut(ErrorEvent)>,
}

impl Running {
    fn start(act: &Callback<Action>) -> Option<Self> {
        let worker = match Worker::new(browser::worker_script().as_deref().unwrap_or(SCRIPT)) {
            Ok(worker) => worker,
            Err(error) => {
                act.emit(Action::EngineBroke(format!("the worker was refused: {error:?}")));
                return None;
            }
        };
        let hear = act.clone();
        let message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            let text = event.data().as_string().unwrap_or_default();
            hear.emit(match browser::read::<FromWorker>(&text) {
                Ok(message) => Action::Heard(Rc::new(message)),
                Err(error) => Action::EngineBroke(format!("the engine answered oddly: {error}")),
            });
        });
        worker.set_onmessage(Some(message.as_ref().unchecked_ref()));
        let hear = act.clone();
        let error = Closure::<dyn FnMut(ErrorEvent)>::new(move |event: ErrorEvent| {
            let said = event.message();
            let why = if said.is_empty() { "its files could not be loaded" } else { &said };
            hear.emit(Action::EngineBroke(why.to_owned()));
        });
        worker.set_onerror(Some(error.as_ref().unchecked_ref()));
        Some(Self { worker, _message: message, _error: error })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.worker.set_onmessage(None);
        self.worker.set_onerror(None);
        self.worker.terminate();
    }
}
