//! Placeholder: proves that the shell starts the worker and hears from it.

use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{MessageEvent, Worker};
use yew::prelude::*;

#[component]
fn App() -> Html {
    let heard = use_state(String::new);
    let listener = heard.clone();
    use_effect_with((), move |()| {
        let worker = Worker::new("./worker_loader.js").expect("the worker's script is served");
        let sender = worker.clone();
        let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            let text = event.data().as_string().unwrap_or_default();
            if text == "ready" {
                sender.post_message(&"ping".into()).expect("a string can be posted");
            }
            listener.set(text);
        });
        worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        move || {
            worker.terminate();
            drop(on_message);
        }
    });
    html! { <p id="heard">{ (*heard).clone() }</p> }
}

fn main() {
    let document = web_sys::window().and_then(|window| window.document()).expect("a page");
    let root = document.get_element_by_id("app").expect("index.html has #app");
    yew::Renderer::<App>::with_root(root).render();
}
