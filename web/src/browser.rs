//! What the page asks of the browser beyond rendering: clipboard, downloads, selections, keys.
//! Knows nothing of plans.

use std::cell::Cell;

use js_sys::Array;
use serde::de::DeserializeOwned;
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web::link::Link;
use web_sys::{
    Blob, BlobPropertyBag, Document, DragEvent, Element, Event, File, HtmlAnchorElement,
    HtmlElement, HtmlInputElement, HtmlTextAreaElement, KeyboardEvent, ResizeObserver, Url,
};
use yew::Callback;

/// The document.
pub(crate) fn document() -> Option<Document> {
    web_sys::window()?.document()
}

/// The element of that id.
pub(crate) fn element(id: &str) -> Option<Element> {
    document()?.get_element_by_id(id)
}

/// The address of the worker's script, where the page brings the worker with it.
pub(crate) fn worker_script() -> Option<String> {
    document()?.document_element()?.get_attribute("data-worker")
}

/// Puts the text on the clipboard; `done` hears whether that worked.
pub(crate) fn copy(text: &str, done: Callback<bool>) {
    let Some(window) = web_sys::window() else {
        return;
    };
    // Outside a secure context there is no clipboard, whatever the type says.
    let clipboard = window.navigator().clipboard();
    if JsValue::from(&clipboard).is_undefined() {
        done.emit(false);
        return;
    }
    let failed = done.clone();
    let done = Closure::once_into_js(move |_: JsValue| done.emit(true));
    let failed = Closure::once_into_js(move |_: JsValue| failed.emit(false));
    let promise: JsValue = clipboard.write_text(text).into();
    let then = js_sys::Reflect::get(&promise, &"then".into());
    if let Some(then) = then.ok().and_then(|then| then.dyn_into::<js_sys::Function>().ok()) {
        // Both ways end in a callback, so what `then` gives back says nothing more.
        then.call2(&promise, &done, &failed).ok();
    }
}

/// Offers the text as a file.
pub(crate) fn download(name: &str, kind: &str, text: &str) {
    let options = BlobPropertyBag::new();
    options.set_type(kind);
    let parts = Array::of1(&text.into());
    let Ok(blob) = Blob::new_with_str_sequence_and_options(&parts, &options) else {
        return;
    };
    let Ok(url) = Url::create_object_url_with_blob(&blob) else {
        return;
    };
    let link = document().and_then(|document| document.create_element("a").ok());
    if let Some(link) = link.and_then(|link| link.dyn_into::<HtmlAnchorElement>().ok()) {
        link.set_href(&url);
        link.set_download(name);
        link.click();
    }
    Url::revoke_object_url(&url).ok();
}

/// Selects a range (UTF-16 units) of a text area and scrolls its line (from 1) into view.
pub(crate) fn select(id: &str, (from, to): (usize, usize), line: usize) {
    let area = element(id).and_then(|area| area.dyn_into::<HtmlTextAreaElement>().ok());
    let (Some(area), Ok(from), Ok(to)) = (area, u32::try_from(from), u32::try_from(to)) else {
        return;
    };
    area.focus().ok();
    area.set_selection_range(from, to.max(from + 1)).ok();
    let above = i32::try_from(line.saturating_sub(4)).unwrap_or(i32::MAX);
    area.set_scroll_top(above.saturating_mul(LINE_HEIGHT));
    area.scroll_into_view_with_bool(true);
}

/// Hands over the text of a file, once it is read; nothing where it cannot be.
pub(crate) fn read_file(file: &Blob, done: Callback<String>) {
    let read = Closure::once_into_js(move |text: JsValue| {
        done.emit(text.as_string().unwrap_or_default());
    });
    let promise: JsValue = file.text().into();
    let then = js_sys::Reflect::get(&promise, &"then".into());
    if let Some(then) = then.ok().and_then(|then| then.dyn_into::<js_sys::Function>().ok()) {
        then.call1(&promise, &read).ok();
    }
}

/// The file that was dropped.
pub(crate) fn dropped_file(event: &DragEvent) -> Option<File> {
    event.prevent_default();
    event.data_transfer()?.files()?.get(0)
}

/// The file that was chosen; the same one can be chosen again.
pub(crate) fn chosen_file(event: &Event) -> Option<File> {
    let input = event.target()?.dyn_into::<HtmlInputElement>().ok()?;
    let file = input.files().and_then(|files| files.get(0));
    input.set_value("");
    file
}

/// Puts the focus on an element, and scrolls it into view.
pub(crate) fn focus(id: &str) {
    if let Some(element) = element(id).and_then(|found| found.dyn_into::<HtmlElement>().ok()) {
        element.focus().ok();
    }
}

/// Whether nothing has the focus.
pub(crate) fn has_no_focus() -> bool {
    let active = document().and_then(|document| document.active_element());
    active.is_none_or(|element| element.tag_name() == "BODY")
}

thread_local! {
    /// Where the page stood before the right half was shown.
    static LEFT_AT: Cell<f64> = const { Cell::new(0.0) };
}

/// Where the halves stand one below the other, scrolls the right one into view.
pub(crate) fn show_result() {
    let Some(window) = web_sys::window() else { return };
    let width = window.inner_width().ok().and_then(|width| width.as_f64());
    if let (Some(width), Some(result)) = (width, element("result"))
        && width < STACKED_BELOW
    {
        LEFT_AT.set(window.scroll_y().unwrap_or_default());
        result.scroll_into_view();
    }
}

/// Back to where the page stood before `show_result`.
pub(crate) fn leave_result() {
    if let Some(window) = web_sys::window() {
        window.scroll_to_with_x_and_y(0.0, LEFT_AT.get());
    }
}

/// Pixels below which the halves stand one below the other; `style.css` says the same.
const STACKED_BELOW: f64 = 1000.0;

/// Scrolls a list, which must be positioned, so that its current item is in the middle. Only the
/// list moves, never the page.
pub(crate) fn centre_current(list: &HtmlElement) {
    let current = list.query_selector("[aria-current]").ok().flatten();
    let item = current.and_then(|current| current.closest("li").ok().flatten());
    if let Some(item) = item.and_then(|item| item.dyn_into::<HtmlElement>().ok()) {
        list.set_scroll_top(item.offset_top() - (list.client_height() - item.offset_height()) / 2);
    }
}

/// Height of a line of an editor in pixels; `style.css` says the same.
pub(crate) const LINE_HEIGHT: i32 = 20;

/// Reads a JSON text. By the browser's own parser: a second one would be a quarter of the shell.
pub(crate) fn read<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    let value = js_sys::JSON::parse(text).map_err(|_| "not JSON".to_owned())?;
    serde_wasm_bindgen::from_value(value).map_err(|why| why.to_string())
}

/// Whether what is typed goes into a field or to a control that uses keys itself.
pub(crate) fn is_typing(event: &KeyboardEvent) -> bool {
    if event.ctrl_key() || event.meta_key() || event.alt_key() {
        return true;
    }
    let target = event.target().and_then(|target| target.dyn_into::<HtmlElement>().ok());
    target.is_some_and(|target| {
        let tag = target.tag_name();
        let wants_space = matches!(tag.as_str(), "BUTTON" | "SUMMARY" | "A") && event.key() == " ";
        // The scrubber moves by the same arrow keys, to the same effect.
        matches!(tag.as_str(), "INPUT" | "TEXTAREA" | "SELECT" | "DIALOG")
            || target.is_content_editable()
            || wants_space
            || target.get_attribute("role").as_deref() == Some("tab")
    })
}

/// A listener on the window, until it is dropped.
pub(crate) struct Listener(&'static str, Closure<dyn FnMut(Event)>);

impl Listener {
    /// Hears events of that name.
    pub(crate) fn new(name: &'static str, hear: impl FnMut(Event) + 'static) -> Self {
        let closure = Closure::<dyn FnMut(Event)>::new(hear);
        if let Some(window) = web_sys::window() {
            let function = closure.as_ref().unchecked_ref();
            window.add_event_listener_with_callback(name, function).ok();
        }
        Self(name, closure)
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Some(window) = web_sys::window() {
            let function = self.1.as_ref().unchecked_ref();
            window.remove_event_listener_with_callback(self.0, function).ok();
        }
    }
}

/// The link behind the address's `#`, if one is meant. It is taken off the address: what is done
/// from here on is not what the link says, and a reload must not undo it.
pub(crate) fn take_link() -> Option<String> {
    let window = web_sys::window()?;
    let fragment = window.location().hash().ok()?;
    let text = fragment.strip_prefix('#').filter(|text| Link::is_meant(text))?;
    let history = window.history().ok()?;
    history.replace_state_with_url(&JsValue::NULL, "", Some(&bare_address()?)).ok();
    Some(text.to_owned())
}

/// What stands behind the `?` of the address.
pub(crate) fn query() -> String {
    web_sys::window().and_then(|window| window.location().search().ok()).unwrap_or_default()
}

/// Takes what stands behind the `?` off the address: it has been done, and a reload must not do it
/// again.
pub(crate) fn forget_query() -> Option<()> {
    let window = web_sys::window()?;
    let (history, path) = (window.history().ok()?, window.location().pathname().ok()?);
    history.replace_state_with_url(&JsValue::NULL, "", Some(&path)).ok()
}

/// Has the page in a theme.
pub(crate) fn set_theme(theme: Option<&str>) {
    let root = document().and_then(|document| document.document_element());
    if let Some(root) = root {
        match theme {
            Some(theme) => root.set_attribute("data-theme", theme).ok(),
            None => root.remove_attribute("data-theme").ok(),
        };
    }
}

/// Tells the page around this one how high an element is, whenever that changes.
pub(crate) struct HeightTeller {
    observer: ResizeObserver,
    _closure: Closure<dyn FnMut()>,
}

impl HeightTeller {
    /// Starts to tell. An element that `grows` never gets lower again, as long as it is as wide.
    pub(crate) fn new(element: &HtmlElement, grows: bool) -> Option<Self> {
        let told = element.clone();
        let wide = Cell::new(0.0);
        let closure = Closure::<dyn FnMut()>::new(move || {
            let width = told.get_bounding_client_rect().width();
            if wide.replace(width) != width {
                told.style().remove_property("min-height").ok();
            }
            let height = told.get_bounding_client_rect().height();
            if grows {
                told.style().set_property("min-height", &format!("{height}px")).ok();
            }
            tell_height(height);
        });
        let observer = ResizeObserver::new(closure.as_ref().unchecked_ref()).ok()?;
        observer.observe(element);
        Some(Self { observer, _closure: closure })
    }
}

impl Drop for HeightTeller {
    fn drop(&mut self) {
        self.observer.disconnect();
    }
}

/// In the words that pages which hold AMP frames know.
fn tell_height(height: f64) -> Option<()> {
    let parent = web_sys::window()?.parent().ok()??;
    let message = js_sys::Object::new();
    let words: [(&str, JsValue); 3] =
        [("sentinel", "amp".into()), ("type", "embed-size".into()), ("height", height.into())];
    for (name, value) in words {
        js_sys::Reflect::set(&message, &name.into(), &value).ok()?;
    }
    parent.post_message(&message, "*").ok()
}

/// The page's address without what stands behind `#`.
pub(crate) fn bare_address() -> Option<String> {
    let address = web_sys::window()?.location().href().ok()?;
    Some(address.split('#').next().unwrap_or_default().to_owned())
}

/// The value of the input, text area or select that the event is about.
pub(crate) fn value(event: &Event) -> String {
    let target = event.target();
    let read = |target: web_sys::EventTarget| {
        js_sys::Reflect::get(&target, &"value".into()).ok()?.as_string()
    };
    target.and_then(read).unwrap_or_default()
}

/// Emits what `read` makes of an event, if it makes something of it.
pub(crate) fn when<E: 'static, T: 'static>(
    on: &Callback<T>,
    read: impl Fn(E) -> Option<T> + 'static,
) -> Callback<E> {
    let on = on.clone();
    Callback::from(move |event| {
        if let Some(value) = read(event) {
            on.emit(value);
        }
    })
}
