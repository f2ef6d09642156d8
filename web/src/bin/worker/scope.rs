//! The worker's global scope: messages in and out, files, time, and turns of the event loop.
//! Must not know what the messages mean.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::Array;
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web::protocol::{FromWorker, ToWorker};
use web_sys::{
    DedicatedWorkerGlobalScope, File, FileReaderSync, MessageChannel, MessageEvent, MessagePort,
};

use crate::engine::Engine;

fn scope() -> DedicatedWorkerGlobalScope {
    js_sys::global().unchecked_into()
}

/// Sends a message to the shell.
fn post(message: &FromWorker) {
    if let Ok(text) = serde_json::to_string(message) {
        // Only a message that cannot be cloned fails, and a text always can.
        scope().post_message(&text.into()).ok();
    }
}

/// Milliseconds since the worker started.
pub(crate) fn now_ms() -> f64 {
    let performance = js_sys::Reflect::get(&js_sys::global(), &"performance".into());
    performance.map_or(0.0, |at| at.unchecked_into::<web_sys::Performance>().now())
}

/// Starts to listen, for good.
pub(crate) fn listen() {
    std::panic::set_hook(Box::new(|info| post(&FromWorker::Crashed { message: info.to_string() })));
    let engine = Rc::new(RefCell::new(Engine::default()));
    let turns = Rc::new(Turns::start(engine.clone()));
    let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        for answer in hear(&mut engine.borrow_mut(), &event.data()) {
            post(&answer);
        }
        turns.want(&engine.borrow());
    });
    scope().set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    on_message.forget();
    post(&FromWorker::Ready);
}

fn hear(engine: &mut Engine, data: &JsValue) -> Vec<FromWorker> {
    let (text, file) = match data.dyn_ref::<Array>() {
        Some(pair) => (pair.get(0).as_string(), pair.get(1).dyn_into::<File>().ok()),
        None => (data.as_string(), None),
    };
    let message = text.and_then(|text| serde_json::from_str(&text).ok());
    match (message, file) {
        (Some(ToWorker::Open { slot, name }), Some(file)) => {
            vec![engine.open(slot, name, read(&file))]
        }
        (Some(message), _) => engine.hear(message),
        (None, _) => vec![FromWorker::Crashed { message: "an unknown message came in".to_owned() }],
    }
}

/// The file's text. Not UTF-8: what is not becomes U+FFFD, as everywhere in browsers.
fn read(file: &File) -> Result<String, String> {
    let read = FileReaderSync::new().and_then(|reader| reader.read_as_text(file));
    read.map_err(|_| format!("{} could not be read.", file.name()))
}

/// Turns of the event loop: one slice of work a turn, so that messages get in between. By a
/// message channel, because browsers delay repeated `setTimeout` by 4 ms.
struct Turns {
    port: MessagePort,
    under_way: Rc<RefCell<bool>>,
}

impl Turns {
    fn start(engine: Rc<RefCell<Engine>>) -> Self {
        #[expect(clippy::expect_used, reason = "every browser with workers has message channels")]
        let channel = MessageChannel::new().expect("a message channel");
        let port = channel.port2();
        let under_way = Rc::new(RefCell::new(false));
        let (again, flag) = (port.clone(), under_way.clone());
        let on_turn = Closure::<dyn FnMut(MessageEvent)>::new(move |_| {
            let answers = engine.borrow_mut().work(now_ms);
            for answer in answers {
                post(&answer);
            }
            let busy = engine.borrow().is_busy();
            *flag.borrow_mut() = busy;
            if busy {
                again.post_message(&JsValue::NULL).ok();
            }
        });
        channel.port1().set_onmessage(Some(on_turn.as_ref().unchecked_ref()));
        on_turn.forget();
        Self { port, under_way }
    }

    /// Takes a turn soon, if there is work and none is under way.
    fn want(&self, engine: &Engine) {
        if engine.is_busy() && !self.under_way.replace(true) {
            self.port.post_message(&JsValue::NULL).ok();
        }
    }
}
