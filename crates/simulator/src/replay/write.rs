//! A statement of the app as a value, its SQL, and what it does to the model's rows. Must not know
//! who sends it.

use planner::expr::Expr;
use planner::name::{QName, literal as quoted, quote, quote_list};
use planner::schema::Table;

use super::literal;
use crate::app::Statement;
use crate::eval::eval;
use crate::keys::{arbitrates, tuple};
use crate::model::{Answer, Model, Unmodelled, refusal};
use crate::record::Record;
use crate::rows::{self, get};
use crate::types::input;
use crate::value::Value;
use crate::world::World;

/// Columns with literals.
pub type Given = Vec<(String, Expr)>;

/// A statement on one row.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Write {
    /// INSERT that names its columns.
    Insert {
        /// Table, or a view that stands in for it.
        table: QName,
        /// Values by column.
        given: Given,
    },
    /// INSERT without a list of columns.
    InsertAll {
        /// Table.
        table: QName,
        /// Values in the order of its columns.
        values: Vec<Expr>,
    },
    /// INSERT … ON CONFLICT (key) DO UPDATE of every column that is not in the key.
    Upsert {
        /// Table.
        table: QName,
        /// Values by column.
        given: Given,
        /// The key.
        key: Vec<String>,
    },
    /// UPDATE of a row.
    Update {
        /// Table.
        table: QName,
        /// What tells the row.
        row: Given,
        /// New values by column.
        set: Given,
    },
    /// DELETE of a row.
    Delete {
        /// Table.
        table: QName,
        /// What tells the row.
        row: Given,
    },
    /// SELECT of columns.
    Read {
        /// Table.
        table: QName,
        /// Columns.
        columns: Vec<String>,
    },
}

impl Write {
    /// SQL text. Values are literals without a type, as a driver sends them.
    pub fn sql(&self) -> String {
        match self {
            Self::Insert { table, given } if given.is_empty() => {
                format!("INSERT INTO {table} DEFAULT VALUES")
            }
            Self::Insert { table, given } => insert(table, given),
            Self::InsertAll { table, values } => {
                format!("INSERT INTO {table} VALUES ({})", list(values))
            }
            Self::Upsert { table, given, key } => {
                let set: Vec<String> = given
                    .iter()
                    .filter(|(c, _)| !key.contains(c))
                    .map(|(c, _)| format!("{} = EXCLUDED.{}", quote(c), quote(c)))
                    .collect();
                let then = match set.is_empty() {
                    true => "DO NOTHING".to_owned(),
                    false => format!("DO UPDATE SET {}", set.join(", ")),
                };
                format!("{} ON CONFLICT ({}) {then}", insert(table, given), quote_list(key))
            }
            Self::Update { table, row, set } => {
                let set: Vec<String> =
                    set.iter().map(|(c, v)| format!("{} = {}", quote(c), text(v))).collect();
                format!("UPDATE {table} SET {} WHERE {}", set.join(", "), condition(row))
            }
            Self::Delete { table, row } => format!("DELETE FROM {table} WHERE {}", condition(row)),
            Self::Read { table, columns } => {
                format!("SELECT {} FROM {table}", quote_list(columns))
            }
        }
    }

    /// The table, or the view that stands in for it.
    pub fn table(&self) -> &QName {
        match self {
            Self::Insert { table, .. }
            | Self::InsertAll { table, .. }
            | Self::Upsert { table, .. }
            | Self::Update { table, .. }
            | Self::Delete { table, .. }
            | Self::Read { table, .. } => table,
        }
    }
}

fn insert(table: &QName, given: &Given) -> String {
    let columns: Vec<String> = given.iter().map(|(c, _)| c.clone()).collect();
    let values: Vec<Expr> = given.iter().map(|(_, v)| v.clone()).collect();
    format!("INSERT INTO {table} ({}) VALUES ({})", quote_list(&columns), list(&values))
}

fn list(values: &[Expr]) -> String {
    values.iter().map(text).collect::<Vec<_>>().join(", ")
}

/// A literal as untyped text.
fn text(value: &Expr) -> String {
    match crate::domain::literal(value).and_then(|value| value.text()) {
        Some(text) => quoted(&text),
        None => value.sql(),
    }
}

fn condition(row: &Given) -> String {
    let one = |(column, value): &(String, Expr)| {
        if *value == Expr::Null {
            return format!("{} IS NULL", quote(column));
        }
        format!("{} = {}", quote(column), text(value))
    };
    row.iter().map(one).collect::<Vec<_>>().join(" AND ")
}

impl Model {
    /// The state after a statement.
    pub(super) fn write(
        &mut self,
        world: &World,
        write: &Write,
    ) -> Result<Answer<World>, Unmodelled> {
        let relation = write.table();
        let Some(place) = self.resolve(world.schema, relation) else {
            return Ok(Err(refusal("42P01", format!("relation \"{relation}\" does not exist"))));
        };
        let Some(table) = self.table(world.schema, place).cloned() else {
            return Err(Unmodelled(format!("{relation} is not in the model")));
        };
        let given = match given_to(&table, write) {
            Ok(given) => given,
            Err(refused) => return Ok(Err(refused)),
        };
        match write {
            Write::Insert { .. } | Write::InsertAll { .. } => {
                self.insert_at(world, (place, &table), &given)
            }
            Write::Upsert { key, .. } => self.upsert_at(world, (place, &table), (&given, key)),
            Write::Update { row, .. } => match self.found(world, (place, &table), row) {
                Ok(rows) => self.update_at(world, (place, &table), (&rows, &given)),
                Err(refused) => Ok(Err(refused)),
            },
            Write::Delete { row, .. } => match self.found(world, (place, &table), row) {
                Ok(rows) => self.delete_at(world, (place, &table), &rows),
                Err(refused) => Ok(Err(refused)),
            },
            Write::Read { columns, .. } => Ok(match missing(&table, columns.iter()) {
                Some(column) => Err(no_column(column)),
                None => Ok(*world),
            }),
        }
    }

    fn insert_at(
        &mut self,
        world: &World,
        (place, table): (usize, &Table),
        given: &[(String, Value)],
    ) -> Result<Answer<World>, Unmodelled> {
        let made = self.around(world, place, |around| rows::insert(table, given, around));
        let made = made.and_then(|values| {
            self.check_keys(world, (place, self.rows), None, &values).map(|()| values)
        });
        let values = match made {
            Ok(values) => values,
            Err(refused) => return Ok(Err(refused)),
        };
        let free = (0..self.rows).find(|row| world.rows(place, self.rows)[*row] == 0);
        let row = free.ok_or_else(|| Unmodelled("no room for another row".to_owned()))?;
        let record = self.fresh(place, table, values);
        self.put_at(world, (place, row), Some(&record))
    }

    fn upsert_at(
        &mut self,
        world: &World,
        (place, table): (usize, &Table),
        (given, key): (&[(String, Value)], &[String]),
    ) -> Result<Answer<World>, Unmodelled> {
        if missing(table, given.iter().map(|(c, _)| c)).is_some() {
            return self.insert_at(world, (place, table), given);
        }
        if let Err(refused) = arbitrates(table, key) {
            return Ok(Err(refused));
        }
        let would = self.around(world, place, |around| rows::insert(table, given, around));
        let would = match would {
            Ok(values) => values,
            Err(refused) => return Ok(Err(refused)),
        };
        let mine = tuple(table, &would, key);
        let there = self
            .present(world, place)
            .find(|(_, theirs)| !mine.contains(&Value::Null) && tuple(table, theirs, key) == mine)
            .map(|(row, _)| row);
        match there {
            None => self.insert_at(world, (place, table), given),
            Some(row) => {
                let set: Vec<(String, Value)> =
                    given.iter().filter(|(c, _)| !key.contains(c)).cloned().collect();
                // EXCLUDED is the row as BEFORE triggers on INSERT left it.
                let set: Vec<(String, Value)> =
                    set.into_iter().map(|(c, _)| (c.clone(), get(table, &would, &c))).collect();
                self.update_at(world, (place, table), (&[row], &set))
            }
        }
    }

    fn update_at(
        &mut self,
        world: &World,
        (place, table): (usize, &Table),
        (rows, set): (&[usize], &[(String, Value)]),
    ) -> Result<Answer<World>, Unmodelled> {
        let mut now = *world;
        for row in rows {
            let Some(record) = self.record(now.rows(place, self.rows)[*row]).cloned() else {
                continue;
            };
            let before = &record.values;
            let made = self.around(&now, place, |around| rows::update(table, before, set, around));
            let made = made.and_then(|values| {
                self.check_keys(&now, (place, *row), Some(&record.values), &values).map(|()| values)
            });
            match made {
                Ok(values) => {
                    match self.put_at(&now, (place, *row), Some(&Record { values, ..record }))? {
                        Ok(next) => now = next,
                        refused @ Err(_) => return Ok(refused),
                    }
                }
                Err(refused) => return Ok(Err(refused)),
            }
        }
        Ok(Ok(now))
    }

    fn delete_at(
        &mut self,
        world: &World,
        (place, _): (usize, &Table),
        rows: &[usize],
    ) -> Result<Answer<World>, Unmodelled> {
        let mut now = *world;
        for row in rows {
            match self.put_at(&now, (place, *row), None)? {
                Ok(next) => now = next,
                refused @ Err(_) => return Ok(refused),
            }
        }
        Ok(Ok(now))
    }

    /// The row in its place, and all that follows from it.
    fn put_at(
        &mut self,
        world: &World,
        at: (usize, usize),
        record: Option<&Record>,
    ) -> Result<Answer<World>, Unmodelled> {
        let changes = match self.followed(world, None, at, record)? {
            Ok(changes) => changes,
            Err(refused) => return Ok(Err(refused)),
        };
        let mut after = *world;
        self.put_changes(&mut after, changes)?;
        Ok(Ok(after))
    }

    /// Rows of which the columns hold these values.
    fn found(
        &self,
        world: &World,
        (place, table): (usize, &Table),
        row: &Given,
    ) -> Answer<Vec<usize>> {
        if let Some(column) = missing(table, row.iter().map(|(c, _)| c)) {
            return Err(no_column(column));
        }
        let wanted = valued(row);
        let is_it = |values: &[Value]| wanted.iter().all(|(c, v)| get(table, values, c).same(v));
        Ok(self.present(world, place).filter(|(_, v)| is_it(v)).map(|(row, _)| row).collect())
    }

    /// Every statement that a search knows of a release in a state, but those that write a term.
    pub(super) fn writes(&self, world: &World, release: usize) -> Vec<Write> {
        let mut all = Vec::new();
        for place in 0..self.tables.len() {
            let Some(uses) = &self.releases[release].uses[place] else { continue };
            let table = uses.relation.clone();
            all.push(Write::Read { table: table.clone(), columns: uses.reads.clone() });
            for row in 0..self.rows {
                for statement in self.candidates(world, release, (place, row)) {
                    let given = self.given(world, release, (place, row), statement);
                    let key = self.telling(world, release, (place, row));
                    all.extend(as_write(&table, statement, (&given, key), &self.tables[place].key));
                    if statement == Statement::Insert {
                        all.extend(whole(&table, uses, &given));
                    }
                }
            }
        }
        all.sort();
        all.dedup();
        all
    }

    /// What tells a row from the others: the key's values, or all values that a release knows.
    fn telling(
        &self,
        world: &World,
        release: usize,
        (place, row): (usize, usize),
    ) -> Option<Given> {
        let uses = self.releases[release].uses[place].as_ref()?;
        let seen = self.seen(world, uses, (place, row))?;
        let key = &self.tables[place].key;
        let known = seen.iter().any(|(c, _)| key.contains(c));
        let tells = |c: &String| match known {
            true => key.contains(c),
            false => {
                uses.own.column(c).is_some_and(|c| !matches!(c.ty.base().as_str(), "json" | "xml"))
            }
        };
        seen.iter().filter(|(c, _)| tells(c)).map(|(c, v)| Some((c.clone(), literal(v)?))).collect()
    }
}

fn as_write(
    table: &QName,
    statement: Statement,
    (given, row): (&[(String, Value)], Option<Given>),
    key: &[String],
) -> Vec<Write> {
    let table = table.clone();
    let given: Option<Given> = given.iter().map(|(c, v)| Some((c.clone(), literal(v)?))).collect();
    let Some(given) = given else { return Vec::new() };
    match statement {
        Statement::Insert => {
            let insert = Write::Insert { table: table.clone(), given: given.clone() };
            let has_key = !key.is_empty() && key.iter().all(|k| given.iter().any(|(c, _)| c == k));
            let upsert = Write::Upsert { table, given, key: key.to_vec() };
            let upsert = has_key.then_some(upsert);
            std::iter::once(insert).chain(upsert).collect()
        }
        Statement::InsertLess | Statement::InsertNulls => vec![Write::Insert { table, given }],
        Statement::Set(..) | Statement::Touch => {
            let write = |row| Write::Update { table, row, set: given };
            row.map(write).into_iter().collect()
        }
        Statement::Delete => row.map(|row| Write::Delete { table, row }).into_iter().collect(),
    }
}

/// The same INSERT without a list of columns.
fn whole(table: &QName, uses: &crate::model::Uses, given: &[(String, Value)]) -> Option<Write> {
    let value = |c: &str| given.iter().find(|(n, _)| n == c).and_then(|(_, v)| literal(v));
    let values: Option<Vec<Expr>> = uses.own.columns.iter().map(|c| value(&c.name)).collect();
    Some(Write::InsertAll { table: table.clone(), values: values? })
}

fn positional(table: &Table, values: &[Expr]) -> Answer<Given> {
    if values.len() > table.columns.len() {
        return Err(refusal("42601", "INSERT has more expressions than target columns".to_owned()));
    }
    Ok(table.columns.iter().map(|c| c.name.clone()).zip(values.iter().cloned()).collect())
}

/// What a statement gives to columns, each as its type takes the text that is sent.
fn given_to(table: &Table, write: &Write) -> Answer<Vec<(String, Value)>> {
    let given = match write {
        Write::Insert { given, .. } | Write::Upsert { given, .. } => given.clone(),
        Write::Update { set, .. } => set.clone(),
        Write::InsertAll { values, .. } => positional(table, values)?,
        Write::Delete { .. } | Write::Read { .. } => Vec::new(),
    };
    let given = valued(&given);
    if missing(table, given.iter().map(|(c, _)| c)).is_some() {
        // Said by who looks the columns up.
        return Ok(given);
    }
    let sent = |(name, value): (String, Value)| {
        let ty = table.column(&name).map(|column| &column.ty);
        Ok(match (value.text(), ty) {
            // How long a text may be is not asked before it is stored.
            (Some(text), Some(ty)) if ty.base() != "character varying" => (name, input(&text, ty)?),
            (Some(_) | None, _) => (name, value),
        })
    };
    given.into_iter().map(sent).collect()
}

fn valued(given: &Given) -> Vec<(String, Value)> {
    let value = |v| eval(v, &|_| Value::Null).unwrap_or(Value::Null);
    given.iter().map(|(c, v)| (c.clone(), value(v))).collect()
}

fn missing<'a>(table: &Table, mut columns: impl Iterator<Item = &'a String>) -> Option<&'a String> {
    columns.find(|c| table.column(c).is_none())
}

fn no_column(column: &str) -> planner::op::effect::Refusal {
    refusal("42703", format!("column \"{column}\" does not exist"))
}
