//! What the app does: statements of a release on one row, chosen so that they would succeed on the
//! schema the release was written for; and what must then be remembered as acknowledged. A refusal
//! by the actual schema is the migration's fault. Must not know the runner.

use planner::backfill::Todo;
use planner::condition::Condition;
use planner::expr::Expr;
use planner::schema::{Action, ForeignKey};

use crate::eval::{Around, truth};
use crate::keys::{tuple, unique_sets};
use crate::model::{Answer, Model, Uses, refusal};
use crate::record::{Group, Record};
use crate::rows;
use crate::types::assign;
use crate::value::Value;
use crate::world::World;

/// A statement of the app on one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Statement {
    /// INSERT with the first value of every column.
    Insert,
    /// INSERT that leaves out what may be left out.
    InsertLess,
    /// INSERT with NULL wherever it may.
    InsertNulls,
    /// UPDATE of one column, to one value of its domain.
    Set(u8, u8),
    /// UPDATE of every column to what it holds, as an ORM does.
    Touch,
    /// DELETE.
    Delete,
}

/// A release's row in the eyes of that release.
type Seen = Vec<(String, Value)>;

impl Model {
    /// Statements that a release may run on a row of a state.
    pub(crate) fn statements(
        &self,
        world: &World,
        release: usize,
        at: (usize, usize),
    ) -> Vec<Statement> {
        let mut all = self.candidates(world, release, at);
        all.retain(|s| self.is_allowed(world, release, at, *s));
        all
    }

    /// The same with those that the release's own schema would refuse, or that change nothing.
    pub(crate) fn candidates(
        &self,
        world: &World,
        release: usize,
        (place, row): (usize, usize),
    ) -> Vec<Statement> {
        let Some(uses) = &self.releases[release].uses[place] else { return Vec::new() };
        if uses.writes.is_empty() || self.resolve(world.schema, &uses.relation).is_none() {
            return Vec::new();
        }
        let cell = world.rows(place, self.rows)[row];
        let mut all = Vec::new();
        if self.record(cell).is_none() {
            all.extend([Statement::Insert, Statement::InsertLess, Statement::InsertNulls]);
        } else {
            for (c, column) in uses.writes.iter().enumerate() {
                if self.tables[place].key.contains(column) {
                    continue;
                }
                let n = self.domain(release, place, row, column).len();
                let index = |i: usize| u8::try_from(i).unwrap_or(u8::MAX);
                all.extend((0..n).map(|v| Statement::Set(index(c), index(v))));
            }
            all.extend([Statement::Touch, Statement::Delete]);
        }
        all
    }

    /// Columns and values that the statement gives.
    pub(crate) fn given(
        &self,
        world: &World,
        release: usize,
        (place, row): (usize, usize),
        statement: Statement,
    ) -> Seen {
        let Some(uses) = &self.releases[release].uses[place] else { return Vec::new() };
        let first = |c: &String| {
            let domain = self.domain(release, place, row, c);
            (c.clone(), domain.first().cloned().unwrap_or(Value::Null))
        };
        match statement {
            Statement::Insert => uses.writes.iter().map(first).collect(),
            Statement::InsertLess => uses
                .writes
                .iter()
                .filter(|c| {
                    uses.own.column(c).is_none_or(|d| !d.may_be_omitted()) || self.is_key(place, c)
                })
                .map(first)
                .collect(),
            Statement::InsertNulls => uses
                .writes
                .iter()
                .map(|c| {
                    let domain = self.domain(release, place, row, c);
                    if domain.contains(&Value::Null) { (c.clone(), Value::Null) } else { first(c) }
                })
                .collect(),
            Statement::Set(c, v) => {
                let Some(column) = uses.writes.get(usize::from(c)) else { return Vec::new() };
                let domain = self.domain(release, place, row, column);
                let value = domain.get(usize::from(v)).cloned().unwrap_or(Value::Null);
                vec![(column.clone(), value)]
            }
            Statement::Touch => {
                let seen = self.seen(world, uses, (place, row)).unwrap_or_default();
                seen.into_iter().filter(|(c, _)| uses.writes.contains(c)).collect()
            }
            Statement::Delete => Vec::new(),
        }
    }

    /// The number that an identity gives a row: that of its place, whether or not the writer knows the column.
    fn number(&self, release: usize, (place, row): (usize, usize), column: &str) -> Value {
        let mut knowing = [release, 0, 1]
            .into_iter()
            .filter(|r| self.releases.get(*r).is_some_and(|known| known.uses[place].is_some()));
        let first = knowing.find_map(|r| self.domain(r, place, row, column).first().cloned());
        first.unwrap_or(Value::Null)
    }

    fn is_key(&self, place: usize, column: &str) -> bool {
        self.tables[place].key.iter().any(|k| k == column)
    }

    /// What a release reads in a row: its columns, by the names it uses.
    pub(crate) fn seen(
        &self,
        world: &World,
        uses: &Uses,
        (place, row): (usize, usize),
    ) -> Option<Seen> {
        let record = self.record(world.rows(place, self.rows)[row])?;
        let table = self.table(world.schema, place)?;
        Some(uses.reads.iter().map(|c| (c.clone(), rows::get(table, &record.values, c))).collect())
    }

    /// Whether the statement would succeed on the release's own schema, and keeps what the release
    /// promises to keep.
    fn is_allowed(
        &self,
        world: &World,
        release: usize,
        at: (usize, usize),
        statement: Statement,
    ) -> bool {
        let (place, row) = at;
        let Some(uses) = &self.releases[release].uses[place] else { return false };
        let before = self.seen(world, uses, at);
        let given = self.given(world, release, at, statement);
        match statement {
            Statement::Insert => {}
            // The same as the plain INSERT where there is nothing to leave out or to make NULL.
            Statement::InsertLess | Statement::InsertNulls => {
                if given == self.given(world, release, at, Statement::Insert) {
                    return false;
                }
            }
            Statement::Set(..) => {
                let same = given.iter().all(|(c, v)| {
                    before.as_ref().is_some_and(|b| b.iter().any(|(n, w)| n == c && w == v))
                });
                if same || !self.may_leave(world, release, at, (before.as_ref(), &given)) {
                    return false;
                }
            }
            Statement::Touch => {}
            Statement::Delete => return self.may_delete(world, release, at),
        }
        let number = |c: &str| self.number(release, (place, row), c);
        let around = Around { number: Some(&number), ..Around::nowhere(&uses.relation.name) };
        let Some(after) = own_row(uses, before.as_ref(), (&given, &around)) else { return false };
        let values: Vec<Value> = uses.own.columns.iter().map(|c| look(&after, &c.name)).collect();
        statement == Statement::Touch && before.is_some()
            || (rows::check(&uses.own, &values, &around).is_ok()
                && self.is_within_bounds((world, release), (&uses.relation, &uses.own), &values)
                && self.own_keys(world, uses, (place, row), &values)
                && self.has_place(world, (release, &uses.relation), |c| look(&after, c))
                && self.keeps(world, release, at, (before.as_ref(), &values)))
    }

    /// UNIQUE and FOREIGN KEY as the release's own schema has them, over the rows as they are.
    fn own_keys(
        &self,
        world: &World,
        uses: &Uses,
        (place, row): (usize, usize),
        values: &[Value],
    ) -> bool {
        let mut keys = uses.own.constraints.values().filter_map(|c| c.kind.foreign_key());
        let has_parents =
            keys.all(|key| self.parent_seen(world, key, &tuple(&uses.own, values, &key.columns)));
        let others = (0..self.rows).filter(|other| *other != row);
        has_parents
            && unique_sets(&uses.own).all(|unique| {
                let Some(mine) = unique.of(&uses.own, values) else { return true };
                !others.clone().any(|other| {
                    let Some(theirs) = self.seen(world, uses, (place, other)) else { return false };
                    let theirs: Vec<Value> =
                        uses.own.columns.iter().map(|c| look(&theirs, &c.name)).collect();
                    // The shapes of two releases may differ in the column's type.
                    let theirs = unique.of(&uses.own, &theirs);
                    theirs.is_some_and(|t| t.iter().zip(&mine).all(|(t, m)| t.same(m)))
                })
            })
    }

    /// Whether the parent exists, wherever its table stands by now.
    fn parent_seen(&self, world: &World, key: &ForeignKey, mine: &[Value]) -> bool {
        if mine.contains(&Value::Null) {
            return true;
        }
        let place = self.tables.iter().position(|t| {
            t.old.as_ref() == Some(&key.parent) || t.new.as_ref() == Some(&key.parent)
        });
        let Some(place) = place else { return true };
        let Some(table) = self.table(world.schema, place) else { return true };
        let columns = if key.parent_columns.is_empty() {
            &self.tables[place].key
        } else {
            &key.parent_columns
        };
        self.present(world, place).any(|(_, theirs)| tuple(table, theirs, columns) == mine)
    }

    /// A release deletes a parent only when nothing it knows of refers to it.
    fn may_delete(&self, world: &World, release: usize, at: (usize, usize)) -> bool {
        !self.is_referred_to(world, release, at, |_, _| true)
    }

    /// A release changes what others refer to only where its own schema lets it.
    fn may_leave(
        &self,
        world: &World,
        release: usize,
        at: (usize, usize),
        (before, given): (Option<&Seen>, &Seen),
    ) -> bool {
        let changes = |column: &String| {
            given.iter().any(|(c, v)| {
                c == column && before.is_none_or(|b| b.iter().all(|(n, w)| n != c || w != v))
            })
        };
        !self.is_referred_to(world, release, at, |key, columns| {
            matches!(key.on_update(), Action::Refuse | Action::Restrict)
                && columns.iter().any(changes)
        })
    }

    /// Whether some row refers to a row by a key that the release knows, and that matters.
    fn is_referred_to(
        &self,
        world: &World,
        release: usize,
        (place, row): (usize, usize),
        matters: impl Fn(&ForeignKey, &[String]) -> bool,
    ) -> bool {
        let Some(record) = self.record(world.rows(place, self.rows)[row]) else { return true };
        let Some(table) = self.table(world.schema, place) else { return true };
        let parent = &self.tables[place];
        self.releases[release].uses.iter().enumerate().any(|(child, uses)| {
            let Some(uses) = uses else { return false };
            let mut keys = uses.own.constraints.values().filter_map(|c| c.kind.foreign_key());
            keys.any(|key| {
                let columns =
                    if key.parent_columns.is_empty() { &parent.key } else { &key.parent_columns };
                if (parent.old.as_ref() != Some(&key.parent)
                    && parent.new.as_ref() != Some(&key.parent))
                    || !matters(key, columns)
                {
                    return false;
                }
                let mine = tuple(table, &record.values, columns);
                let Some(child_table) = self.table(world.schema, child) else { return false };
                if mine.contains(&Value::Null) {
                    return false;
                }
                self.present(world, child)
                    .any(|(_, theirs)| tuple(child_table, theirs, &key.columns) == mine)
            })
        })
    }

    /// Whether the write leaves true what the release keeps true.
    #[expect(clippy::wildcard_enum_match_arm, reason = "a release keeps conditions on rows only")]
    fn keeps(
        &self,
        world: &World,
        release: usize,
        (place, row): (usize, usize),
        (before, after): (Option<&Seen>, &[Value]),
    ) -> bool {
        let Some(uses) = &self.releases[release].uses[place] else { return true };
        let find = self.finder(world);
        let is_true = |values: &[Value], expr: &Expr| {
            rows::value_around(&uses.own, values, expr, &find)
                .is_ok_and(|value| truth(&value) == Some(true))
        };
        let holds = |expr: &Expr, want: bool| {
            let now = is_true(after, expr);
            let then = before.is_some_and(|b| {
                let values: Vec<Value> =
                    uses.own.columns.iter().map(|c| look(b, &c.name)).collect();
                is_true(&values, expr) != want
            });
            now == want || then
        };
        self.releases[release].keeps.iter().filter(|k| k.relation() == Some(&uses.relation)).all(
            |keep| match keep {
                Condition::NoNulls { column, .. } => holds(&Expr::column(column).is_null(), false),
                Condition::NoViolations { check, .. } => {
                    holds(&Expr::Not(Box::new(check.clone())), false)
                }
                Condition::BackfillComplete { todo: Todo::Where(left), .. } => holds(left, false),
                Condition::NoOrphans { columns, parent, parent_columns, .. } => {
                    let key = ForeignKey {
                        columns: columns.clone(),
                        parent: parent.clone(),
                        parent_columns: parent_columns.clone(),
                        actions: String::new(),
                    };
                    self.parent_seen(world, &key, &tuple(&uses.own, after, columns))
                }
                Condition::NoDuplicates { columns, .. } => {
                    let mine = tuple(&uses.own, after, columns);
                    mine.contains(&Value::Null)
                        || !(0..self.rows).filter(|o| *o != row).any(|other| {
                            self.seen(world, uses, (place, other)).is_some_and(|t| {
                                // The shapes of two releases may differ in the column's type.
                                columns.iter().zip(&mine).all(|(c, m)| look(&t, c).same(m))
                            })
                        })
                }
                // The other conditions are about single columns (see `domain`) or no rows at all.
                _ => true,
            },
        )
    }

    /// Runs the statement. The refusal is what the app gets.
    pub(crate) fn execute(
        &self,
        world: &World,
        release: usize,
        at: (usize, usize),
        statement: Statement,
    ) -> Answer<Option<Record>> {
        let (place, row) = at;
        let Some(uses) = &self.releases[release].uses[place] else { return Ok(None) };
        let Some(table) = self.table(world.schema, place) else {
            return Err(refusal("42P01", format!("relation \"{}\" does not exist", uses.relation)));
        };
        let given = self.given(world, release, at, statement);
        let old = self.record(world.rows(place, self.rows)[row]);
        if statement == Statement::Delete {
            return Ok(None);
        }
        let find = self.finder(world);
        let number = |c: &str| self.number(release, at, c);
        let part = |values: &[Value]| self.partition_of(world, place, values);
        let around = Around {
            number: Some(&number),
            part: Some(&part),
            ..Around::with(&uses.relation.name, &find)
        };
        let values = match old {
            Some(old) => rows::update(table, &old.values, &given, &around)?,
            None => rows::insert(table, &given, &around)?,
        };
        self.check_keys(world, at, old.map(|r| r.values.as_slice()), &values)?;
        Ok(Some(self.remember(world, release, place, (old, values, &given))))
    }

    /// The row as written, with what is acknowledged now: what was given, and for what was left
    /// out what the writer would read back.
    fn remember(
        &self,
        world: &World,
        release: usize,
        place: usize,
        (old, values, given): (Option<&Record>, Vec<Value>, &Seen),
    ) -> Record {
        let table = self.table(world.schema, place);
        let now = |c: &str| table.map_or(Value::Null, |t| rows::get(t, &values, c));
        let was = |c: &str| old.and_then(|o| table.map(|t| rows::get(t, &o.values, c)));
        let Some(uses) = &self.releases[release].uses[place] else {
            return Record {
                values,
                plain: Vec::new(),
                groups: Vec::new(),
                undo: Vec::new(),
                brought: false,
            };
        };
        // As the release's own schema would store it: a varchar drops blanks that it has no room for.
        let said = |c: &str| {
            let (_, value) = given.iter().find(|(n, _)| n == c)?;
            let stored = uses.own.column(c).and_then(|own| assign(value.clone(), &own.ty).ok());
            Some(stored.unwrap_or_else(|| value.clone()))
        };
        // A write of what was there already changes nothing, so nothing of it can be lost.
        let changed =
            |c: &str| old.is_none() || said(c).is_some_and(|v| was(c).is_none_or(|w| !w.same(&v)));
        let conversions = &self.tables[place].conversions;
        let mut groups =
            old.map_or_else(|| vec![Group::Unwritten; conversions.len()], |o| o.groups.clone());
        let new_side = release == 1 && self.has_two_releases();
        for (conversion, group) in conversions.iter().zip(&mut groups) {
            let side = if new_side { &conversion.up } else { &conversion.down };
            let knows = !side.is_empty() && side.iter().all(|(c, _)| uses.reads.contains(c));
            if knows && side.iter().any(|(c, _)| changed(c)) {
                let values = side.iter().map(|(c, _)| said(c).unwrap_or_else(|| now(c))).collect();
                *group =
                    if new_side { Group::by_new(conversion, values) } else { Group::Old(values) };
            }
        }
        let in_group = |c: &str| {
            conversions.iter().any(|v| {
                let side = if new_side { &v.up } else { &v.down };
                side.iter().any(|(n, _)| n == c)
            })
        };
        let mut plain = old.map(|o| o.plain.clone()).unwrap_or_default();
        for column in uses.reads.iter().filter(|c| !in_group(c) && changed(c)) {
            let value = said(column).unwrap_or_else(|| now(column));
            plain.retain(|(c, _)| c != column);
            plain.push((column.clone(), value));
        }
        plain.sort();
        let undo = old.map(|o| o.undo.clone()).unwrap_or_default();
        let brought = old.is_some_and(|o| o.brought && o.values == values);
        Record { values, plain, groups, undo, brought }
    }
}

/// The row as the release's own schema would hold it after the write.
fn own_row(
    uses: &Uses,
    before: Option<&Seen>,
    (given, around): (&Seen, &Around<'_>),
) -> Option<Seen> {
    let mut after = match before {
        Some(before) => before.clone(),
        None => {
            let values = rows::insert_plain(&uses.own, given, around).ok()?;
            uses.own.columns.iter().map(|c| c.name.clone()).zip(values).collect()
        }
    };
    for (column, value) in given {
        if let Some(slot) = after.iter_mut().find(|(c, _)| c == column) {
            slot.1 = value.clone();
        }
    }
    Some(after)
}

fn look(row: &Seen, column: &str) -> Value {
    row.iter().find(|(c, _)| c == column).map_or(Value::Null, |(_, v)| v.clone())
}
