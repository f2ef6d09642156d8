//! Facts about statements on rows, and on the backfills that this project writes. Rows only.

use super::Role::{Children, Parents, Partitions, Reads};
use super::{FactRow, Form, row};
use crate::engine::lock::LockMode::{
    AccessExclusive as AX, AccessShare as AS, RowExclusive as RX, RowShare as RS,
};

const LOCKING: &str = "explicit-locking";

const BATCHES: &str = "in batches by the primary key, each its own transaction: this holds a row lock on every row to its end";

pub(super) const ROWS: &[FactRow] = &[
    row(Form::Select, AS, LOCKING).also(&[(Partitions, AS)]).scanning(),
    row(Form::SelectForUpdate, RS, LOCKING).also(&[(Partitions, RS)]).scanning(),
    row(Form::Insert, RX, LOCKING).also(&[(Parents, RS), (Reads, AS)]),
    row(Form::WholeTableWrite, RX, LOCKING)
        .also(&[(Parents, RS), (Children, RS), (Reads, AS), (Partitions, RX)])
        .scanning()
        .online(BATCHES),
    row(Form::CopyFrom, RX, "sql-copy").also(&[(Parents, RS)]),
    // 12 lets go of it at the statement's end: the test comes too late.
    row(Form::CopyTo, AS, "sql-copy").scanning().measured(&[13, 14, 15, 16, 17, 18]),
    row(Form::LockTable, AX, "sql-lock"),
    row(Form::Batches, RX, LOCKING).alone().unmeasured(),
];
