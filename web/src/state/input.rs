//! What is asked: the request as the form holds it, and which of its texts are opened files that
//! only the worker has. Must not know the plan.

use std::rc::Rc;

use planner::Request;
use planner::name::QName;
use planner::request::{Change, Constraints, Deploy, TableFacts};
use serde::{Deserialize, Serialize};
use web::protocol::{PerSlot, Slot};
use web::view::change_text;

/// The input.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Input {
    /// The request; a held text is empty here.
    pub(crate) request: Request,
    /// Files that only the worker has.
    #[serde(skip)]
    pub(crate) held: PerSlot<HeldFile>,
}

/// A file too long to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HeldFile {
    /// Its name.
    pub(crate) name: String,
    /// Bytes.
    pub(crate) size: usize,
}

/// The two forms of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ChangeKind {
    /// The SQL somebody was about to run.
    Statements,
    /// The schema as it should be.
    Target,
}

/// A change to the input.
#[derive(Clone, Debug)]
pub(crate) enum Edit {
    /// Another text.
    Text(Slot, Rc<str>),
    /// A file was opened.
    Opened {
        /// For which text.
        slot: Slot,
        /// Its name.
        name: String,
        /// Bytes.
        size: usize,
        /// Its text, unless too long.
        text: Option<String>,
    },
    /// The held file is let go.
    LetGo(Slot),
    /// What the change's text is.
    Kind(ChangeKind),
    /// Another engine.
    Engine(String),
    /// Facts of a table.
    Table(QName, TableFacts),
    /// The table gets the defaults again.
    RemoveTable(QName),
    /// Rollout.
    Deploy(Deploy),
    /// Limits.
    Constraints(Constraints),
}

impl Input {
    /// Nothing to plan for.
    pub(crate) fn is_empty(&self) -> bool {
        self.held.iter().next().is_none()
            && self.request.schema.trim().is_empty()
            && change_text(&self.request.change).trim().is_empty()
    }

    /// The text of a slot.
    pub(crate) fn text(&self, slot: Slot) -> &str {
        match slot {
            Slot::Schema => &self.request.schema,
            Slot::Change => change_text(&self.request.change),
        }
    }

    /// Which form the change has.
    pub(crate) fn kind(&self) -> ChangeKind {
        match self.request.change {
            Change::Statements(_) => ChangeKind::Statements,
            Change::Target(_) => ChangeKind::Target,
        }
    }

    /// The request to send, and the texts the worker has itself.
    pub(crate) fn to_send(&self) -> (Request, Vec<Slot>) {
        (self.request.clone(), self.held.iter().map(|(slot, _)| slot).collect())
    }

    /// Applies an edit.
    pub(crate) fn edit(&mut self, edit: Edit) {
        match edit {
            Edit::Text(slot, text) => self.set_text(slot, text.as_ref().to_owned()),
            Edit::Opened { slot, text: Some(text), .. } => self.set_text(slot, text),
            Edit::Opened { slot, name, size, text: None } => {
                self.set_text(slot, String::new());
                self.held.set(slot, Some(HeldFile { name, size }));
            }
            Edit::LetGo(slot) => self.held.set(slot, None),
            Edit::Kind(kind) => {
                let text = change_text(&self.request.change).to_owned();
                self.request.change = match kind {
                    ChangeKind::Statements => Change::Statements(text),
                    ChangeKind::Target => Change::Target(text),
                };
            }
            Edit::Engine(engine) => self.request.engine = engine,
            Edit::Table(name, facts) => {
                self.request.tables.insert(name, facts);
            }
            Edit::RemoveTable(name) => {
                self.request.tables.remove(&name);
            }
            Edit::Deploy(deploy) => self.request.deploy = deploy,
            Edit::Constraints(constraints) => self.request.constraints = constraints,
        }
    }

    fn set_text(&mut self, slot: Slot, text: String) {
        self.held.set(slot, None);
        match (slot, &mut self.request.change) {
            (Slot::Schema, _) => self.request.schema = text,
            (Slot::Change, Change::Statements(old) | Change::Target(old)) => *old = text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kind_changes_and_the_text_stays() {
        let mut input = Input::default();
        input.edit(Edit::Text(Slot::Change, "DROP TABLE t".into()));
        input.edit(Edit::Kind(ChangeKind::Target));
        assert_eq!(input.request.change, Change::Target("DROP TABLE t".to_owned()));
        assert!(!input.is_empty());
    }

    #[test]
    fn a_long_file_is_held_until_something_is_typed() {
        let mut input = Input::default();
        let opened = |text| Edit::Opened {
            slot: Slot::Schema,
            name: "dump.sql".to_owned(),
            size: 50_000_000,
            text,
        };
        input.edit(opened(None));
        assert_eq!(input.to_send().1, [Slot::Schema]);
        assert!(!input.is_empty());
        input.edit(opened(Some("CREATE TABLE t ()".to_owned())));
        assert_eq!(input.to_send().1, []);
        assert_eq!(input.text(Slot::Schema), "CREATE TABLE t ()");
    }

    #[test]
    fn what_is_stored_comes_back() {
        let mut input = Input::default();
        let users = QName::new("public", "users");
        input.edit(Edit::Table(users, TableFacts::default()));
        input.edit(Edit::Text(Slot::Schema, "CREATE TABLE users ()".into()));
        let text = serde_json::to_string(&input).expect("an input is JSON");
        assert_eq!(serde_json::from_str::<Input>(&text).expect("reads back"), input);
    }
}
