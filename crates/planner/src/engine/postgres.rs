//! PostgreSQL facts, 12 to 18: one row a statement form, with a range of versions. What the manual
//! says of locks is in sql-altertable and explicit-locking; the versions in `measured` were asked
//! themselves, by `pg_locks`, `pg_class.relfilenode` and counters of scans. `tests` measures every
//! such row again on every run, on the servers that are there. Knows no schema: which row a
//! statement falls under is decided in `subject` and by the reader of SQL.

use crate::engine::lock::{Held, LockMode};

mod columns;
mod constraints;
mod form;
mod indexes;
mod objects;
mod partitions;
mod relation;
mod rows;
mod subject;
mod tables;
mod views;

pub use form::Form;
pub use relation::Role;
pub(crate) use relation::{partitions_of, related};
pub(crate) use subject::{
    Subject, add_column, change_type, children_of, drop_constraint, index_form, key_form,
    keys_of_column, parents_of, subject, using_index, validate,
};

/// What a statement form does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FactRow {
    /// The form.
    pub form: Form,
    /// First major version the row holds for.
    pub since: u16,
    /// Last major version the row holds for.
    pub until: u16,
    /// Lock on the relation that the statement is about, and on nothing it only creates.
    pub target: Option<LockMode>,
    /// Locks on other relations, by what they are to it.
    pub others: &'static [(Role, LockMode)],
    /// The longest work under these locks.
    pub work: Held,
    /// Whether it may run in a transaction block.
    pub in_transaction: bool,
    /// Page of the manual: `sql-altertable`.
    pub page: &'static str,
    /// Versions on which the test has measured it; none where it says only what the manual does.
    pub measured: &'static [u16],
    /// The way that keeps readers and writers going, in words; empty where this is it.
    pub online: &'static str,
}

/// Every version: 14 to 18 are measured on every run, 12 and 13 were by the same test.
const ALL: &[u16] = &[12, 13, 14, 15, 16, 17, 18];

impl FactRow {
    /// For how long the locks are held.
    pub fn held(&self) -> Held {
        self.work
    }

    /// Whether every row is written anew.
    pub fn rewrites(&self) -> bool {
        self.work == Held::Rewrite
    }

    /// Whether every row is read: to check it, to build an index, or to write it anew.
    pub fn scans(&self) -> bool {
        self.work != Held::Instant
    }

    /// Whether it holds for a version.
    pub fn covers(&self, version: u16) -> bool {
        (self.since..=self.until).contains(&version)
    }

    /// Where the manual says so, in the edition of a version.
    pub fn reference(&self, version: u16) -> String {
        format!("https://www.postgresql.org/docs/{version}/{}.html", self.page)
    }

    const fn also(self, others: &'static [(Role, LockMode)]) -> Self {
        Self { others, ..self }
    }

    const fn scanning(self) -> Self {
        Self { work: Held::Scan, ..self }
    }

    const fn building(self) -> Self {
        Self { work: Held::Build, ..self }
    }

    const fn rewriting(self) -> Self {
        Self { work: Held::Rewrite, ..self }
    }

    const fn alone(self) -> Self {
        Self { in_transaction: false, ..self }
    }

    const fn since(self, since: u16, measured: &'static [u16]) -> Self {
        Self { since, measured, ..self }
    }

    const fn until(self, until: u16, measured: &'static [u16]) -> Self {
        Self { until, measured, ..self }
    }

    const fn measured(self, measured: &'static [u16]) -> Self {
        Self { measured, ..self }
    }

    const fn unmeasured(self) -> Self {
        Self { measured: &[], ..self }
    }

    const fn online(self, online: &'static str) -> Self {
        Self { online, ..self }
    }
}

/// A row for all versions, measured on all: an instant's work, in a transaction or not.
const fn row(form: Form, target: LockMode, page: &'static str) -> FactRow {
    FactRow { target: Some(target), ..no_lock(form, page) }
}

/// The same for a form that locks no relation it is about.
const fn no_lock(form: Form, page: &'static str) -> FactRow {
    FactRow {
        form,
        since: 12,
        until: 18,
        target: None,
        others: &[],
        work: Held::Instant,
        in_transaction: true,
        page,
        measured: ALL,
        online: "",
    }
}

/// What is assumed of a statement that is not analysed: the worst.
const UNKNOWN: FactRow =
    row(Form::Unknown, LockMode::AccessExclusive, "explicit-locking").scanning().unmeasured();

/// Every row, in the order of the forms.
pub fn rows() -> impl Iterator<Item = &'static FactRow> {
    let all = [
        columns::ROWS,
        constraints::ROWS,
        indexes::ROWS,
        tables::ROWS,
        partitions::ROWS,
        views::ROWS,
        objects::ROWS,
        rows::ROWS,
        &[UNKNOWN],
    ];
    all.into_iter().flatten()
}

/// The row for a form and version; `None` where that version has no such statement.
pub fn row_for(form: Form, version: u16) -> Option<&'static FactRow> {
    rows().find(|row| row.form == form && row.covers(version))
}

/// The row for a form, or the worst case.
pub(crate) fn row_or_worst(form: Form, version: u16) -> &'static FactRow {
    row_for(form, version).unwrap_or(&UNKNOWN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_has_one_row_in_every_version_from_its_first() {
        for form in Form::ALL {
            let first = rows().filter(|r| r.form == *form).map(|r| r.since).min();
            let first = first.unwrap_or_else(|| panic!("{form:?} has no row"));
            for version in first..=18 {
                let n = rows().filter(|r| r.form == *form && r.covers(version)).count();
                assert_eq!(n, 1, "{form:?} on {version}");
            }
        }
    }

    #[test]
    fn nothing_is_measured_where_it_does_not_hold() {
        for row in rows() {
            for version in row.measured {
                assert!(row.covers(*version), "{:?} on {version}", row.form);
            }
            let distinct: std::collections::BTreeSet<Role> =
                row.others.iter().map(|(role, _)| *role).collect();
            assert_eq!(distinct.len(), row.others.len(), "{:?}", row.form);
        }
    }

    #[test]
    fn what_blocks_for_long_says_the_online_way() {
        for row in rows().filter(|row| row.form != Form::Unknown) {
            let modes = row.target.into_iter().chain(row.others.iter().map(|(_, mode)| *mode));
            let blocks = modes.into_iter().any(LockMode::blocks_writes);
            assert!(!blocks || !row.scans() || !row.online.is_empty(), "{:?}", row.form);
        }
    }
}
