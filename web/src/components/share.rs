//! The link to what the page shows: copied at once where the browser allows it, and shown in any
//! case. Must not know what a link holds.

use yew::prelude::*;

use super::copy_button::CopyButton;
use super::modal::Modal;
use crate::browser;
use crate::format::count;
use crate::state::sharing::Outgoing;
use crate::words::share as words;

/// Longer addresses are cut by some mail and chat programs.
const LONG: usize = 8_000;

#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    /// The link, or how far it is.
    pub(crate) outgoing: Outgoing,
    /// Whether a lesson is open.
    pub(crate) is_lesson: bool,
    /// It was taken.
    pub(crate) close: Callback<()>,
}

/// The dialog.
#[component]
pub(crate) fn ShareDialog(props: &Props) -> Html {
    let copied = use_state(|| false);
    let setter = copied.setter();
    use_effect_with(props.outgoing.clone(), move |outgoing| {
        setter.set(false);
        if let Outgoing::Made(text) = outgoing {
            browser::copy(&address(text), Callback::from(move |done| setter.set(done)));
        }
    });
    let body = match &props.outgoing {
        Outgoing::None => html! {},
        Outgoing::Asked => html! { <p>{ "Making the link …" }</p> },
        Outgoing::Refused(why) => html! { <p role="alert" data-testid="no-link">{ why }</p> },
        Outgoing::Made(text) => link(&address(text), (*copied, props.is_lesson)),
    };
    html! {
        <Modal open={props.outgoing != Outgoing::None} close={props.close.clone()}
            id="share-title" title="A link to what you see">{ body }</Modal>
    }
}

fn link(address: &str, (copied, is_lesson): (bool, bool)) -> Html {
    let n = address.len();
    let what = if is_lesson { words::IT_IS_A_LESSON } else { words::IT_IS_WORK };
    let title = if is_lesson { words::A_LESSON } else { words::A_MIGRATION };
    html! {
        <div class="share">
            <p role="status">
                { if copied { "Copied. " } else { "" } }
                { what }{ " " }{ words::NOTHING_SENT }
            </p>
            <textarea readonly=true rows="4" aria-label="Link" spellcheck="false" data-testid="link"
                value={address.to_owned()} />
            <div class="buttons">
                <CopyButton text={address.to_owned()} label="Copy link" testid="copy-link" />
                <CopyButton text={format!("[{title}]({address})")} label="Copy as Markdown" />
                <span class="muted">{ format!("{} characters", count(n as u64)) }</span>
            </div>
            if n > LONG {
                <p class="banner warning">
                    { "The link is long: some mail and chat programs cut it off. A smaller schema makes it shorter." }
                </p>
            }
        </div>
    }
}

fn address(text: &str) -> String {
    format!("{}#{text}", browser::bare_address().unwrap_or_default())
}
