//! Facts about views and materialized views. Rows only.

use super::Role::{Reads, Views};
use super::{FactRow, Form, no_lock, row};
use crate::engine::lock::LockMode::{
    AccessExclusive as AX, AccessShare as AS, Exclusive as X, ShareUpdateExclusive as SUE,
};

pub(super) const ROWS: &[FactRow] = &[
    no_lock(Form::CreateView, "sql-createview").also(&[(Reads, AS)]),
    row(Form::ReplaceView, AX, "sql-createview").also(&[(Reads, AS)]),
    row(Form::AlterView, AX, "sql-alterview"),
    row(Form::SetMaterializedViewOption, SUE, "sql-altermaterializedview"),
    row(Form::DropView, AX, "sql-dropview").also(&[(Views, AX)]),
    no_lock(Form::CreateMaterializedView, "sql-creatematerializedview")
        .also(&[(Reads, AS)])
        .scanning(),
    row(Form::Refresh, AX, "sql-refreshmaterializedview")
        .also(&[(Reads, AS)])
        .rewriting()
        .online("REFRESH MATERIALIZED VIEW CONCURRENTLY, which leaves readers alone; it needs a unique index on the view"),
    row(Form::RefreshNoData, AX, "sql-refreshmaterializedview"),
    row(Form::RefreshConcurrently, X, "sql-refreshmaterializedview")
        .also(&[(Reads, AS)])
        .scanning()
        .online("this is it: readers of the view go on; nothing else writes a materialized view"),
];
