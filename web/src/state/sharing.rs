//! Links in and out, and what was kept in this browser: both are the same value. A link that comes
//! in is read by the worker; what it says of runs and searches is taken up once its plan is there.

use web::link::{Link, Origin, Run};
use web::protocol::{CellAt, ToWorker};

use super::input::Input;
use super::{Engine, State, Tab};
use crate::embed::Embed;
use crate::examples;

/// A link that is being made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Outgoing {
    /// None.
    #[default]
    None,
    /// The worker was asked.
    Asked,
    /// What stands behind the `#`.
    Made(String),
    /// Why there is none.
    Refused(String),
}

/// Links on their way.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Sharing {
    /// One that came in and was not read yet.
    pub(crate) incoming: Option<String>,
    /// Why one could not be opened.
    pub(crate) error: Option<String>,
    /// One that is being made.
    pub(crate) outgoing: Outgoing,
    /// What to take up once there is a plan.
    resume: Option<Link>,
    /// What to look at once the search has found it.
    found: Option<Run>,
}

impl Sharing {
    /// The plan is another one.
    pub(super) fn forget_run(&mut self) {
        self.found = None;
    }

    /// There is nothing to plan for.
    pub(super) fn forget(&mut self) {
        (self.resume, self.found) = (None, None);
    }
}

impl State {
    /// The page as it was left: what was kept, and a link that it is opened with.
    pub(crate) fn opened(kept: Option<Link>, before: Option<Input>, link: Option<String>) -> Self {
        let mut state = Self::default();
        match kept {
            Some(kept) => state.take_up(kept),
            None => (state.hint, state.input) = (true, examples::first().into()),
        }
        match before.map(Into::into) {
            Some(before) if state.learn.is_open => state.learn.aside = Some(before),
            before => state.undo = before,
        }
        state.sharing.incoming = link;
        state
    }

    /// The page inside another one: it keeps nothing, and shows one thing.
    pub(crate) fn embedded(embed: &Embed, example: Option<&str>, link: Option<String>) -> Self {
        let mut state = Self { tab: embed.tab, only: Some(embed.tab), ..Self::default() };
        match example.map(examples::named) {
            Some(Ok(input)) => state.input = input.into(),
            Some(Err(why)) => state.sharing.error = Some(why),
            None if link.is_none() => {
                let why = "Nothing is named to be shown here: neither an example nor a link.";
                state.sharing.error = Some(why.to_owned());
            }
            None => {}
        }
        state.sharing.incoming = link;
        if embed.tab == Tab::Play {
            state.play.until.clone_from(&embed.step);
        }
        state
    }

    /// Opens an example that the address asks for; what was kept can be brought back.
    pub(crate) fn with_example(mut self, name: &str) -> Self {
        match examples::named(name) {
            Ok(input) => {
                self.sharing.forget();
                // On a first visit there is nothing of the visitor's yet.
                if self.hint {
                    self.input = input.into();
                } else {
                    self.replace(input.into());
                }
                self.tab = Tab::default();
            }
            Err(why) => self.sharing.error = Some(why),
        }
        self
    }

    /// Everything that makes the page show what it shows.
    pub(crate) fn to_link(&self) -> Link {
        let request = self.input.request.clone();
        let lesson = self.learn.from.clone().filter(|_| self.learn.is_open);
        let traffic = self.traffic.to_link();
        if let Some(link) = &self.sharing.resume {
            return Link { request, tab: self.tab, traffic, lesson, ..link.clone() };
        }
        // What is typed since may make another plan.
        if self.asked_of != self.input {
            return Link { request, tab: self.tab, traffic, lesson, ..Link::default() };
        }
        let run = self.sharing.found.clone().or_else(|| self.play.to_link());
        let run = run.filter(|run| match run.from {
            Origin::Walk { .. } => true,
            // A search takes its time: only for who looks at what it found.
            Origin::Found { .. } => self.tab == Tab::Play,
        });
        Link { request, tab: self.tab, run, search: self.proof.to_link(), traffic, lesson }
    }

    /// A link came in.
    pub(super) fn open_link(&mut self, text: String) {
        self.sharing.error = None;
        if self.engine == Engine::Ready {
            self.outbox.push(ToWorker::Unpack(text));
        } else {
            self.sharing.incoming = Some(text);
        }
    }

    /// A link was read.
    pub(super) fn link_read(&mut self, link: Link) {
        let is_other = !self.input.is_empty() && self.input.request != link.request;
        if link.lesson.is_some() {
            self.put_aside();
        } else if let Some(aside) = self.learn.leave() {
            self.undo = Some(aside);
        } else if !self.hint && is_other {
            self.undo = Some(self.input.clone());
        }
        self.take_up(link);
        self.learn.begin(&mut self.outbox);
        self.file_error = None;
        self.ask();
    }

    fn take_up(&mut self, link: Link) {
        self.hint = false;
        self.tab = self.only.unwrap_or(link.tab);
        self.input = Input { request: link.request.clone(), ..Input::default() }.into();
        self.traffic.take_up(link.traffic.clone());
        if let (Some(from), None) = (&link.lesson, self.only) {
            self.learn.take(from.clone());
        }
        self.sharing.resume = Some(link);
    }

    /// A link is wanted.
    pub(super) fn share(&mut self) {
        if let Some((_, file)) = self.input.held.iter().next() {
            let why = format!(
                "{} is too long for a link. Share the file itself, or a part of it.",
                file.name
            );
            self.sharing.outgoing = Outgoing::Refused(why);
            return;
        }
        self.sharing.outgoing = Outgoing::Asked;
        self.outbox.push(ToWorker::Pack(Box::new(self.to_link())));
    }

    /// There is a plan, or none: takes up what the link says of it.
    pub(super) fn resume(&mut self, has_plan: bool) {
        let Some(link) = self.sharing.resume.take().filter(|_| has_plan) else {
            return;
        };
        let mut search = link.search;
        match link.run {
            Some(Run { from: Origin::Walk { subject, seed, moves }, at, said }) => {
                self.play.again((subject, seed, moves), (at, said), &mut self.outbox);
            }
            Some(run) => {
                if let Origin::Found { search: wanted, .. } = &run.from {
                    search = Some(wanted.clone());
                }
                self.sharing.found = Some(run);
            }
            None => {}
        }
        if let Some(search) = search {
            self.proof.again(search, &mut self.outbox);
        }
    }

    /// Whether the run to be shown is waited for.
    pub(super) fn awaits_run(&self) -> bool {
        self.sharing.found.is_some() && self.proof.is_running()
    }

    /// What is waited for will not come: nothing was found.
    pub(super) fn give_run_up(&mut self) {
        self.sharing.found = None;
        self.start_run_if_wanted();
    }

    /// A search has come to an end: opens what is waited for.
    pub(super) fn look_for_run(&mut self, is_derived: bool) {
        let Some(Run { from: Origin::Found { cell, .. }, .. }) = &self.sharing.found else {
            return;
        };
        match cell {
            Some(cell) if is_derived => {
                self.outbox.push(ToWorker::Show { id: self.proof.id, cell: cell.clone() });
            }
            None if !is_derived && self.proof.counterexample().is_none() => self.give_run_up(),
            None if !is_derived => self.watch_counterexample(),
            Some(_) | None => {}
        }
    }

    /// A run of a search is shown: where it was waited for, at the moment looked at.
    pub(super) fn at_moment_waited_for(&mut self, shown: Option<&CellAt>) {
        let Some(run) = self.sharing.found.take() else {
            return;
        };
        if matches!(&run.from, Origin::Found { cell, .. } if cell.as_ref() == shown) {
            self.play.resume(run.at, &run.said);
        }
    }
}
