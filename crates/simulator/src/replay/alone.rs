//! The model of a schema alone: no plan, no release. Must not know statements.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use planner::engine::Engine;
use planner::name::QName;
use planner::schema::Schema;

use crate::model::{Memory, Model, ReleaseModel, State, TableModel, Unmodelled};
use crate::replica::Replicas;
use crate::scenario::Bounds;
use crate::search::Numbers;
use crate::value::Interner;
use crate::world::CELLS;

impl Model {
    /// The tables of a schema, without a plan.
    pub(super) fn of_schema(engine: Engine, schema: &Schema) -> Result<Self, Unmodelled> {
        let names: Vec<QName> = schema.tables.keys().cloned().collect();
        if names.len() > CELLS {
            return Err(Unmodelled(format!("{} tables; there is room for {CELLS}", names.len())));
        }
        let tables = names.iter().zip(schema.tables.values()).map(|(name, table)| TableModel {
            old: Some(name.clone()),
            new: Some(name.clone()),
            key: table.primary_key().unwrap_or_default().to_vec(),
            conversions: Vec::new(),
            narrowed: Vec::new(),
            closed: Vec::new(),
            sides: BTreeMap::new(),
            images: Vec::new(),
            edges: BTreeMap::new(),
        });
        let tables: Vec<TableModel> = tables.collect();
        let nobody = || ReleaseModel {
            id: String::new(),
            keeps: Vec::new(),
            labels: Vec::new(),
            uses: names.iter().map(|_| None).collect(),
        };
        let mut schemas = Interner::new();
        let state =
            State { schema: schema.clone(), names: names.iter().cloned().map(Some).collect() };
        let source = schemas.number(Arc::new(state)).unwrap_or_default();
        let mut records = Numbers::new();
        let _absent = records.number(None);
        Ok(Self {
            bounds: Bounds::default(),
            engine,
            steps: Vec::new(),
            point: None,
            releases: [nobody(), nobody()],
            rows: CELLS / tables.len().max(1),
            tables,
            backfills: Vec::new(),
            elsewhere: BTreeSet::new(),
            asked: Vec::new(),
            relays: Vec::new(),
            big: BTreeSet::new(),
            may_be_down: false,
            replicas: Replicas::default(),
            confined: Vec::new(),
            schemas,
            records,
            arrangements: Numbers::new(),
            source,
            target: schema.clone(),
            ends: vec![(true, true)],
            exposing: false,
            domains: OnceCell::new(),
            locking: true,
            memo: Memory::new(),
            notes: Vec::new(),
        })
    }
}
