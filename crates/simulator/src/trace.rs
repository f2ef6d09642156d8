//! Runs for people: who did what, what the database held, which version saw what. Values that a
//! page can draw and a terminal can print. Must not decide anything.

use std::fmt::Write as _;

use planner::schema::ConstraintKind;
use serde::{Deserialize, Serialize};

use crate::app::Statement;
use crate::fleet::Fleet;
use crate::invariant::Broken;
use crate::model::Model;
use crate::transition::Action;
use crate::world::{Mode, World};

/// A run: moments in order, the first being the start.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trace {
    /// Moments.
    pub moments: Vec<Moment>,
}

/// Something that happened, and the state after it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// What happened, a line.
    pub action: String,
    /// Who did it: `migration`, `operator`, or an instance.
    pub actor: String,
    /// More about it: SQL, or the database's answer; may be empty.
    pub detail: String,
    /// Whether it was an injected fault.
    pub fault: bool,
    /// The promise it broke, if it broke one.
    pub broken: Option<BrokenPromise>,
    /// The state after it.
    pub frame: Frame,
}

/// A broken promise in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrokenPromise {
    /// Its name.
    pub invariant: String,
    /// What it promises.
    pub statement: String,
    /// How it was broken.
    pub detail: String,
}

/// A state as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frame {
    /// The step the migration is at; `None` before the first and after the last.
    pub step: Option<String>,
    /// What the runner is doing, in words.
    pub runner: String,
    /// The app's instances.
    pub instances: Vec<Instance>,
    /// The tables.
    pub tables: Vec<TableFrame>,
    /// Backup, helpers and other facts, in words.
    pub notes: Vec<String>,
}

/// An instance of the app.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instance {
    /// `app-1` …
    pub name: String,
    /// Release it runs.
    pub release: String,
    /// What it does in this moment; may be empty.
    pub note: String,
}

/// A table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableFrame {
    /// The name it has now.
    pub name: String,
    /// Columns in order.
    pub columns: Vec<ColumnFrame>,
    /// Rows, values as SQL shows them.
    pub rows: Vec<Vec<String>>,
    /// Indexes, constraints and triggers that matter, in words.
    pub notes: Vec<String>,
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnFrame {
    /// Name.
    pub name: String,
    /// Type.
    pub ty: String,
    /// NOT NULL.
    pub not_null: bool,
}

impl Trace {
    /// The trace as text: a numbered line a moment, the state where it changed.
    pub fn text(&self) -> String {
        let mut out = String::new();
        let mut shown: Vec<TableFrame> = Vec::new();
        for (i, moment) in self.moments.iter().enumerate() {
            let _ = writeln!(out, "{i:>3}. {}", moment.line());
            if !moment.detail.is_empty() {
                let _ = writeln!(out, "       {}", moment.detail.replace('\n', "\n       "));
            }
            if moment.frame.tables != shown {
                for table in &moment.frame.tables {
                    let _ = writeln!(out, "       {}", table.line());
                }
                shown.clone_from(&moment.frame.tables);
            }
            if let Some(broken) = &moment.broken {
                let _ = writeln!(
                    out,
                    "     ✗ {}: {}\n       {}",
                    broken.invariant, broken.statement, broken.detail
                );
            }
        }
        out
    }
}

impl Moment {
    /// The moment on one line: who did what.
    pub fn line(&self) -> String {
        let fault = if self.fault { "FAULT " } else { "" };
        format!("{fault}{}: {}", self.actor, self.action)
    }
}

impl TableFrame {
    /// The table on one line: `public.users(id, name): (1, 'a') (2, 'b')`.
    fn line(&self) -> String {
        let columns: Vec<&str> = self.columns.iter().map(|c| c.name.as_str()).collect();
        let rows: Vec<String> = self.rows.iter().map(|r| format!("({})", r.join(", "))).collect();
        let rows = if rows.is_empty() { "no rows".to_owned() } else { rows.join(" ") };
        format!("{}({}): {rows}", self.name, columns.join(", "))
    }
}

impl From<&Broken> for BrokenPromise {
    fn from(broken: &Broken) -> Self {
        let (invariant, statement) = broken.promise.words();
        Self {
            invariant: invariant.to_owned(),
            statement: statement.to_owned(),
            detail: broken.detail.clone(),
        }
    }
}

impl Model {
    /// The first moment of a run.
    pub(crate) fn start(&self, world: &World) -> Moment {
        Moment {
            action: "before the migration".to_owned(),
            actor: "start".to_owned(),
            detail: String::new(),
            fault: false,
            broken: None,
            frame: self.frame(world),
        }
    }

    /// A moment: what `action` did to `before`, and the state after it.
    pub(crate) fn moment(&self, before: &World, action: Action, after: &World) -> Moment {
        let mut frame = self.frame(after);
        if let Action::App { release, row, statement, .. } = action {
            let name = self.actor(before, action);
            let note = format!("{} row {}", verb(statement), row + 1);
            if let Some(instance) = frame.instances.iter_mut().find(|i| i.name == name) {
                instance.note = note;
            }
            debug_assert!(release < 2, "two releases");
        }
        Moment {
            action: self.say(before, action),
            actor: self.actor(before, action),
            detail: self.sql_of(before, action),
            fault: action.is_fault(),
            broken: None,
            frame,
        }
    }

    /// Who acts. Instances on the newest release come first.
    pub(crate) fn actor(&self, world: &World, action: Action) -> String {
        match action {
            Action::App { release: 0, .. } => {
                format!("app-{}", world.fleet.new + 1)
            }
            Action::App { .. } => "app-1".to_owned(),
            Action::Roll { .. }
            | Action::AbortDeploy
            | Action::Straggler
            | Action::StragglerGoes => "deploy".to_owned(),
            Action::Recover | Action::RollBack | Action::Backup => "operator".to_owned(),
            Action::Run
            | Action::Batch
            | Action::Pass
            | Action::CrashBefore
            | Action::CrashAfter
            | Action::BuildFails => "migration".to_owned(),
        }
    }

    /// What happens, a line.
    pub(crate) fn say(&self, world: &World, action: Action) -> String {
        let step = self.steps.get(usize::from(world.runner.step));
        let id = step.map_or("", |s| s.id.as_str());
        let what = step.map_or("", |s| s.operation.as_str());
        let back = matches!(world.runner.mode, Mode::Back | Mode::BackTolerant);
        match action {
            Action::App { release, place, row, statement } => self.say_statement(
                world,
                usize::from(release),
                (usize::from(place), usize::from(row)),
                statement,
            ),
            Action::Run if back => format!("rolls back step {id}: {what}"),
            Action::Run => format!("runs step {id}: {what}"),
            Action::Batch => format!("runs a batch of step {id}: {what}"),
            Action::Pass => format!("step {id} holds: {what}"),
            Action::Backup => format!("step {id}: {what}"),
            Action::Roll { forward } => self.say_roll(world, forward),
            Action::Recover => format!("reconnects and looks at the first check of step {id}"),
            Action::RollBack => "decides to roll the migration back".to_owned(),
            Action::CrashBefore => {
                format!("loses its connection in step {id}, before the statement takes effect")
            }
            Action::CrashAfter => {
                format!("loses its connection in step {id}, after COMMIT and before the answer")
            }
            Action::BuildFails => {
                format!("the concurrent build of step {id} fails and leaves an invalid index")
            }
            Action::AbortDeploy => "the deploy is stopped half-way and taken back".to_owned(),
            Action::Straggler => format!(
                "the deploy is done, but one instance of {} goes on: a job, a console or a forgotten worker",
                self.releases[usize::from(back)].id
            ),
            Action::StragglerGoes => {
                format!("the last instance of {} is stopped", self.releases[usize::from(back)].id)
            }
        }
    }

    /// What becomes of one instance.
    fn say_roll(&self, world: &World, forward: bool) -> String {
        let [old, new] = &self.releases;
        let at = self.steps.get(usize::from(world.runner.step)).and_then(|s| s.fleet);
        let (before, after) = at.unwrap_or((world.fleet, world.fleet));
        let moves = (before.old != after.old, before.new != after.new);
        match (moves, forward) {
            ((true, false), true) => format!("stops one instance of {}", old.id),
            ((true, false), false) => format!("starts one instance of {} again", old.id),
            ((false, true), true) => format!("starts one instance of {}", new.id),
            ((false, true), false) => format!("stops one instance of {}", new.id),
            (_, true) => format!("rolls one instance to {}", new.id),
            (_, false) => format!("rolls one instance back to {}", old.id),
        }
    }

    /// SQL that the action runs, where it runs any.
    fn sql_of(&self, world: &World, action: Action) -> String {
        let step = self.steps.get(usize::from(world.runner.step));
        let back = matches!(world.runner.mode, Mode::Back | Mode::BackTolerant);
        match action {
            Action::Run | Action::Batch => {
                let script = step.map(|s| if back { &s.rollback } else { &s.script });
                let batch = script.and_then(|s| s.get(usize::from(world.runner.group)));
                let said: Vec<&str> =
                    batch.iter().flat_map(|b| &b.said).map(String::as_str).collect();
                said.join(";\n")
            }
            Action::App { .. }
            | Action::Pass
            | Action::Backup
            | Action::Roll { .. }
            | Action::Recover
            | Action::RollBack
            | Action::CrashBefore
            | Action::CrashAfter
            | Action::BuildFails
            | Action::AbortDeploy
            | Action::Straggler
            | Action::StragglerGoes => String::new(),
        }
    }

    /// A statement of the app as SQL, with who runs it.
    pub(crate) fn say_statement(
        &self,
        world: &World,
        release: usize,
        at: (usize, usize),
        statement: Statement,
    ) -> String {
        let id = &self.releases[release].id;
        let Some(uses) = &self.releases[release].uses[at.0] else { return String::new() };
        let given = self.given(world, release, at, statement);
        let pairs: Vec<String> = given.iter().map(|(c, v)| format!("{c} = {v}")).collect();
        let relation = &uses.relation;
        let row = at.1 + 1;
        match statement {
            Statement::Insert | Statement::InsertLess | Statement::InsertNulls => {
                format!("{id} inserts into {relation}: {}", pairs.join(", "))
            }
            Statement::Set(..) => {
                format!("{id} updates {relation} row {row}: {}", pairs.join(", "))
            }
            Statement::Touch => {
                format!("{id} writes {relation} row {row} back as it read it: {}", pairs.join(", "))
            }
            Statement::Delete => format!("{id} deletes {relation} row {row}"),
        }
    }

    /// The state as it is shown.
    pub(crate) fn frame(&self, world: &World) -> Frame {
        let step = self.steps.get(usize::from(world.runner.step));
        let begun =
            world.runner.step > 0 || world.runner.group > 0 || world.runner.mode != Mode::Forward;
        Frame {
            step: step
                .filter(|_| begun && world.runner.mode != Mode::RolledBack)
                .map(|s| s.id.clone()),
            runner: self.runner_words(world),
            instances: self.instances(world),
            tables: (0..self.tables.len()).filter_map(|p| self.table_frame(world, p)).collect(),
            notes: self.notes_of(world),
        }
    }

    fn runner_words(&self, world: &World) -> String {
        let step = self.steps.get(usize::from(world.runner.step));
        let id = step.map_or("", |s| s.id.as_str());
        match (world.runner.mode, step) {
            (Mode::RolledBack, _) => "everything is rolled back".to_owned(),
            (Mode::Forward, None) => "the plan is finished".to_owned(),
            (Mode::Forward, Some(_)) if world.runner.group == 0 => format!("before step {id}"),
            (Mode::Forward, Some(_)) => format!("in step {id}"),
            (Mode::Again, _) => format!("runs step {id} again"),
            (Mode::Crashed, _) => format!("lost its connection in step {id}"),
            (Mode::DeployBack, _) => format!("takes the deploy of step {id} back"),
            (Mode::Back | Mode::BackTolerant, _) => format!("rolls back step {id}"),
        }
    }

    fn instances(&self, world: &World) -> Vec<Instance> {
        let Fleet { old, new } = world.fleet;
        let release = |i: u8| self.releases[usize::from(i < new)].id.clone();
        (0..old + new)
            .map(|i| Instance {
                name: format!("app-{}", i + 1),
                release: release(i),
                note: String::new(),
            })
            .collect()
    }

    fn table_frame(&self, world: &World, place: usize) -> Option<TableFrame> {
        let state = self.state(world.schema);
        let name = state.names[place].as_ref()?;
        let table = self.table(world.schema, place)?;
        let columns = table
            .columns
            .iter()
            .map(|c| ColumnFrame {
                name: c.name.clone(),
                ty: c.ty.to_string(),
                not_null: c.not_null,
            })
            .collect();
        let rows = self
            .present(world, place)
            .map(|(_, values)| values.iter().map(ToString::to_string).collect())
            .collect();
        let mut notes: Vec<String> = state
            .schema
            .views
            .iter()
            .filter(|(_, v)| v.alias_of.as_ref() == Some(name))
            .map(|(view, _)| format!("view {view} stands in for it"))
            .collect();
        for (trigger, rule) in &table.triggers {
            let columns = rule.new_columns().join(", ");
            notes.push(format!("trigger {trigger} keeps {columns} in step"));
        }
        for (index, definition) in table.indexes.iter().filter(|(_, i)| !i.valid) {
            notes.push(format!("index {index} on {} is invalid", definition.columns.join(", ")));
        }
        for (constraint, definition) in table.constraints.iter().filter(|(_, c)| !c.validated) {
            if !matches!(definition.kind, ConstraintKind::Other(..)) {
                notes.push(format!("constraint {constraint} is not validated"));
            }
        }
        Some(TableFrame { name: name.to_string(), columns, rows, notes })
    }

    fn notes_of(&self, world: &World) -> Vec<String> {
        let mut notes = Vec::new();
        if self.state(world.schema).schema.helpers.present {
            notes.push("schema concertina is there".to_owned());
        }
        if world.backup {
            notes.push("a backup has been taken and restored".to_owned());
        }
        notes
    }
}

fn verb(statement: Statement) -> &'static str {
    match statement {
        Statement::Insert | Statement::InsertLess | Statement::InsertNulls => "inserts",
        Statement::Set(..) => "updates",
        Statement::Touch => "rewrites",
        Statement::Delete => "deletes",
    }
}

pub(crate) fn first_line(sql: &str) -> String {
    let line = sql.lines().next().unwrap_or_default();
    if line.len() < sql.len() { format!("{line} …") } else { line.to_owned() }
}
