//! A plain table becomes one partition of a partitioned table that takes its name. What it comes to in
//! the catalogue; `diff` works the statements out, `recipe::become_partitioned` carries them out.

use serde::{Deserialize, Serialize};

use crate::expr::Expr;
use crate::name::QName;
use crate::op::Op;

/// `table` becomes the partition `into` of a new table of its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Partition {
    /// The table, and afterwards the partitioned one.
    pub table: QName,
    /// What today's table is called afterwards.
    pub into: QName,
    /// Its bounds: `FOR VALUES …` or `DEFAULT`.
    pub bounds: String,
    /// What a validated CHECK has to say for attaching to look at no row; none where nothing need be said.
    pub proof: Option<Expr>,
    /// The other partitions, which begin empty.
    pub beside: Vec<QName>,
    /// The statements, for one transaction.
    pub swap: Vec<Op>,
    /// Those that take them back, for one transaction.
    pub back: Vec<Op>,
    /// References of other tables that the statements make anew as NOT VALID: table and name.
    pub references: Vec<(QName, String)>,
    /// Columns that today's keys hold unique and that no key of the partitioned table does.
    pub no_longer_unique: Vec<Vec<String>>,
}

impl Partition {
    /// In words.
    pub fn title(&self) -> String {
        let Self { table, into, bounds, .. } = self;
        let place = if bounds == "DEFAULT" {
            "the default partition".to_owned()
        } else {
            format!("the partition {}", bounds.trim_start_matches("FOR VALUES "))
        };
        format!("partition {table}: its rows stay where they are, in {into}, {place}")
    }

    /// What validates the references again.
    pub fn validations(&self) -> Vec<Op> {
        let validate = |(table, name): &(QName, String)| Op::ValidateConstraint {
            table: table.clone(),
            name: name.clone(),
        };
        self.references.iter().map(validate).collect()
    }

    /// What it comes to in the catalogue, and what somebody would run for it.
    pub fn effect(&self) -> Vec<Op> {
        let mut ops = self.swap.clone();
        ops.extend(self.validations());
        ops
    }
}
