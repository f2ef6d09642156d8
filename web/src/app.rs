//! The page: state, worker, storage and keys tied together, and the two halves laid out.

use std::cell::RefCell;
use std::rc::Rc;

use gloo_timers::callback::Timeout;
use wasm_bindgen::JsCast;
use web::protocol::Slot;
use web_sys::{File, KeyboardEvent};
use yew::prelude::*;

use crate::browser::{self, Listener};
use crate::components::{
    embed_view::EmbedView, header::Header, help::Help, input::input_pane, learn_view::learn_pane,
    output::output_pane, share::ShareDialog,
};
use crate::embed::Asked;
use crate::engine::use_engine;
use crate::keys::{self, Command};
use crate::state::play::PlayAction;
use crate::state::{Action, Engine, State, Tab};
use crate::store;

/// Milliseconds without typing before a plan is asked for.
const QUIET_MS: u32 = 200;

/// Milliseconds without a change before the work is kept.
const KEEP_MS: u32 = 300;

/// Milliseconds after which a plan that is still being made must not hold up a newer one.
const SLOW_MS: u32 = 3_000;

/// The page.
#[component]
pub(crate) fn App() -> Html {
    let address = use_memo((), |()| Address::read());
    let state = use_reducer(|| address.open());
    let help = use_state(|| false);
    let has_keys = use_state(store::has_keys);
    let dispatcher = state.dispatcher();
    let act = use_callback((), move |action: Action, ()| dispatcher.dispatch(action));
    let engine = use_engine(state.generation, act.clone());
    let stage = use_stages(2);
    use_planning(&state, &act);
    use_patience(&state, &act);
    use_keys(&state, *has_keys, &act, help.setter());
    use_keeping(&state);
    use_links(&act);
    use_theme(&address);

    let (link, posting) = (engine.clone(), act.clone());
    let is_ready = state.engine == Engine::Ready;
    use_effect_with((state.outbox.clone(), is_ready), move |(outbox, is_ready)| {
        let waiting: Vec<_> = outbox.after(0).filter(|_| *is_ready).collect();
        for (number, message) in &waiting {
            link.post(*number, message);
        }
        if let Some((number, _)) = waiting.last() {
            posting.emit(Action::Posted(*number));
        }
    });
    let (link, held) = (engine.clone(), state.input.held.clone());
    use_effect_with((state.generation, is_ready), move |(generation, is_ready)| {
        if *generation > 0 && *is_ready {
            link.open_again(|slot| held.get(slot).is_some());
        }
    });

    let open = use_callback(engine, |(slot, file): (Slot, File), engine| engine.open(slot, file));
    let close = use_callback(help.setter(), |(), help| help.set(false));
    let set_keys = use_callback(has_keys.setter(), |work: bool, has_keys| {
        store::keep_keys(work);
        has_keys.set(work);
    });
    let ask_help = use_callback(help.setter(), |(), help| help.set(true));
    let (outgoing, closing) = (state.sharing.outgoing.clone(), act.reform(|()| Action::CloseShare));
    let is_lesson = state.learn.lesson.is_some();
    let state: Rc<State> = Rc::new((*state).clone());
    if let Some(embed) = address.asked.embed.clone() {
        return html! { <EmbedView {embed} {state} on={act} whole={address.whole()} /> };
    }
    html! {
        <>
            <Header help={ask_help} share={act.reform(|()| Action::Share)}
                learn={act.reform(Action::Learn)} is_learning={state.learn.is_open} />
            <a class="skip" href="#result">{ "Skip to the plan" }</a>
            if let Some(error) = &state.sharing.error {
                <p class="banner error link-error" role="alert" data-testid="link-error">
                    { error }{ " What was here before is still here. " }
                    <button type="button" class="small"
                        onclick={act.reform(|_: MouseEvent| Action::DismissLinkError)}>{ "Dismiss" }</button>
                </p>
            }
            <main>
                if stage > 0 && state.learn.is_open {
                    { learn_pane(&state, &act) }
                } else if stage > 0 {
                    { input_pane(&state, &act, &open) }
                }
                if stage > 1 {
                    { output_pane(&state, &act) }
                }
            </main>
            <Help open={*help} {close} keys={*has_keys} set_keys={set_keys} />
            <ShareDialog {outgoing} {is_lesson} close={closing} />
        </>
    }
}

/// What the page's address asked for when it was opened.
struct Address {
    asked: Asked,
    link: Option<String>,
}

impl Address {
    fn read() -> Self {
        Self { asked: Asked::read(&browser::query()), link: browser::take_link() }
    }

    fn open(&self) -> State {
        let (example, link) = (self.asked.example.as_deref(), self.link.clone());
        if let Some(embed) = &self.asked.embed {
            return State::embedded(embed, example, link);
        }
        let mut state = State::opened(store::work(), store::before(), link);
        state.learn.progress = store::progress().unwrap_or_default().into();
        if state.learn.draft.is_empty() {
            state.learn.draft = store::draft().unwrap_or_default().into();
        }
        match (&self.asked.lesson, example) {
            (Some(name), _) => {
                browser::forget_query();
                state.with_lesson(name)
            }
            (None, Some(name)) => {
                browser::forget_query();
                state.with_example(name)
            }
            (None, None) => state,
        }
    }

    /// The whole page, with what is embedded in it.
    fn whole(&self) -> String {
        match (&self.link, &self.asked.example) {
            (Some(link), _) => format!("./#{link}"),
            (None, Some(name)) => format!("./?example={name}"),
            (None, None) => "./".to_owned(),
        }
    }
}

/// Has an embedded page in the theme that was asked for.
#[hook]
fn use_theme(address: &Address) {
    let embed = address.asked.embed.clone();
    use_effect_with((), move |()| {
        if let Some(embed) = &embed {
            browser::set_theme(embed.theme.as_deref());
        }
    });
}

/// Counts up to `last`, a turn of the event loop each. The page is built in parts: its code is
/// compiled as it first runs, and all at once that would be one long task.
#[hook]
fn use_stages(last: u32) -> u32 {
    let stage = use_state(|| 0);
    let next = stage.clone();
    use_effect_with(*stage, move |stage| {
        let after = *stage + 1;
        let timeout = (after <= last).then(|| Timeout::new(0, move || next.set(after)));
        move || drop(timeout)
    });
    *stage
}

/// Asks for a plan once typing has paused.
#[hook]
fn use_planning(state: &UseReducerHandle<State>, act: &Callback<Action>) {
    let act = act.clone();
    let is_waiting = state.sharing.incoming.is_some();
    use_effect_with((state.input.clone(), is_waiting), move |(_, is_waiting)| {
        let timeout =
            (!is_waiting).then(|| Timeout::new(QUIET_MS, move || act.emit(Action::PlanNow)));
        move || drop(timeout)
    });
}

/// Keeps the work: soon after it has changed, and when the page is left before.
#[hook]
fn use_keeping(state: &UseReducerHandle<State>) {
    let newest = use_mut_ref(|| None::<UseReducerHandle<State>>);
    *newest.borrow_mut() = Some(state.clone());
    let dependencies = (
        (state.learn.is_open, state.learn.from.clone(), state.learn.draft.clone()),
        (state.learn.progress.clone(), state.learn.aside.clone()),
        (state.input.clone(), state.undo.clone(), state.tab, state.traffic.setting.clone()),
        (state.play.id, state.play.at, state.play.moments.len()),
        (state.proof.id, state.proof.state.clone()),
    );
    let kept = newest.clone();
    use_effect_with(dependencies, move |_| {
        let timeout = Timeout::new(KEEP_MS, move || keep(&kept));
        move || drop(timeout)
    });
    use_effect_with((), move |()| {
        let listener = Listener::new("pagehide", move |_| keep(&newest));
        move || drop(listener)
    });
}

fn keep(state: &RefCell<Option<UseReducerHandle<State>>>) {
    if let Some(state) = state.borrow().as_ref().filter(|state| state.only.is_none()) {
        store::keep_work(&state.to_link());
        store::keep_before(state.learn.aside.as_deref().or(state.undo.as_deref()));
        store::keep_progress(&state.learn.progress);
        store::keep_draft(&state.learn.draft);
    }
}

/// Opens a link that is put into the address of the open page.
#[hook]
fn use_links(act: &Callback<Action>) {
    let act = act.clone();
    use_effect_with((), move |()| {
        let listener = Listener::new("hashchange", move |_| {
            if let Some(text) = browser::take_link() {
                act.emit(Action::OpenLink(text));
            }
        });
        move || drop(listener)
    });
}

/// Says when the worker has been at the newest request for long.
#[hook]
fn use_patience(state: &UseReducerHandle<State>, act: &Callback<Action>) {
    let act = act.clone();
    use_effect_with((state.is_planning(), state.generation), move |(is_planning, _)| {
        let timeout = is_planning.then(|| Timeout::new(SLOW_MS, move || act.emit(Action::Slow)));
        move || drop(timeout)
    });
}

/// The player's keys, while its tab shows and nothing is being typed.
#[hook]
fn use_keys(
    state: &UseReducerHandle<State>,
    is_on: bool,
    act: &Callback<Action>,
    help: UseStateSetter<bool>,
) {
    let act = act.clone();
    let is_playing = state.tab == Tab::Play;
    use_effect_with((is_playing, state.play.seed, is_on), move |(is_playing, seed, is_on)| {
        let (is_playing, seed, is_on) = (*is_playing, *seed, *is_on);
        let listener = Listener::new("keydown", move |event| {
            let Ok(event) = event.dyn_into::<KeyboardEvent>() else { return };
            if !is_on || browser::is_typing(&event) {
                return;
            }
            match keys::command(&event.key()) {
                Some(Command::Help) => help.set(true),
                Some(Command::Play(action)) if is_playing => act.emit(Action::Play(action)),
                Some(Command::NewSeed) if is_playing => {
                    act.emit(Action::Play(PlayAction::Seed(keys::next_seed(seed))));
                }
                Some(Command::Play(_) | Command::NewSeed) | None => return,
            }
            event.prevent_default();
        });
        move || drop(listener)
    });
}
