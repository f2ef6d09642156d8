//! Sync rules: how two shapes of the same data are kept equal while both are in use. The rule is a
//! value, so the simulator interprets it instead of trusting it. Must not know plans.
//!
//! Direction is decided by what the statement changed, never by who is connected: `search_path`
//! and session settings get lost behind poolers. On UPDATE the side that changed wrote; where both
//! did and disagree, the new side. On INSERT the new side wrote where it differs from its own
//! default and from the old side's value, else the old side, so both sides have matching defaults
//! for as long as the rule lives. A side that already agrees with the other is left alone, so a
//! backfill never converts back. A rule without `down` is one way: the new side is computed on
//! every write, or, where it only fills in, when it is left out or its grounds change.

mod function;
mod relay;

pub use relay::{End, Relay, Side};

use serde::{Deserialize, Serialize};

use crate::expr::Expr;
use crate::name::{QName, clip, quote};
use crate::schema::Column;
use crate::sql_type::SqlType;

/// How the names of sync triggers begin: late in the alphabet, so that the user's own BEFORE triggers
/// run first.
pub const SYNC_TRIGGER: &str = "zz_concertina_";

/// Keeps `old` and `new` columns of one table equal, through `up` and `down`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SyncRule {
    /// Bare name, unique in the plan: names the trigger and its function.
    pub name: String,
    /// The table.
    pub table: QName,
    /// New columns, each with its value computed from the old ones.
    pub up: Vec<Assignment>,
    /// Old columns, each with its value computed from the new ones; empty for a one-way rule.
    pub down: Vec<Assignment>,
    /// Whether a value that the statement gives a new column stands: the rule fills in what is left
    /// out, and again where what it is computed from changes. Of a one-way rule only.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub fills: bool,
    /// Schemas in which the conversions' functions and types are found, in order: never those of
    /// the session that happens to write.
    pub search_path: Vec<String>,
}

/// `column := value`, and the column's default while the rule lives (`None` is NULL).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Assignment {
    /// Column, unquoted.
    pub column: String,
    /// Its type: values are compared as the column holds them.
    pub ty: SqlType,
    /// Its collation, where it is not the type's own: under it different texts may be equal.
    pub collation: Option<String>,
    /// Value over the other side's columns.
    pub value: Expr,
    /// The column's own default, by which an INSERT that left it out is recognised.
    pub default: Option<Expr>,
}

impl Assignment {
    /// `column := value`, without a default.
    pub fn new(column: &Column, value: Expr) -> Self {
        Self {
            column: column.name.clone(),
            ty: column.ty.clone(),
            collation: column.collation.clone(),
            value,
            default: None,
        }
    }

    /// SQL condition that the column, as `left` names it, holds other data than an expression gives
    /// when it is stored there. Never NULL. `=` will not do for every type: `citext` and collations
    /// take different texts for equal, `numeric` forgets its scale, and `json` has no `=` at all.
    pub(crate) fn differs(&self, left: &str, right: &str, as_stored: bool) -> String {
        let exact = self.ty.is_exact() && self.collation.is_none();
        let right =
            if as_stored { right.to_owned() } else { format!("CAST({right} AS {})", self.ty) };
        if exact {
            return format!("{left} IS DISTINCT FROM ({right})");
        }
        format!("ROW({left})::record OPERATOR(pg_catalog.*<>) ROW({right})")
    }

    /// Whether the value is of the column's type as it stands.
    fn is_as_stored(&self) -> bool {
        match &self.value {
            Expr::Cast(_, ty) => *ty == self.ty,
            Expr::Text(_) | Expr::Call(..) | Expr::Binary(..) => self.ty.as_str() == "text",
            Expr::Column(_) => self.ty.is_exact() && self.ty.args().is_empty(),
            Expr::Null
            | Expr::Bool(_)
            | Expr::Number(_)
            | Expr::Not(_)
            | Expr::Negate(_)
            | Expr::IsNull(..)
            | Expr::Case(..)
            | Expr::Raw { .. }
            | Expr::Lookup(_) => false,
        }
    }

    /// SQL condition, over the table's columns, that the column does not hold its value.
    pub(crate) fn disagrees(&self) -> String {
        self.differs(&quote(&self.column), &self.value.sql(), self.is_as_stored())
    }
}

impl SyncRule {
    /// The trigger's name.
    pub fn trigger_name(&self) -> String {
        clip(&format!("{SYNC_TRIGGER}{}", self.name))
    }

    /// The function's qualified name.
    pub fn function_name(&self) -> QName {
        QName::new("concertina", clip(&format!("sync_{}", self.name)))
    }

    /// New columns.
    pub fn new_columns(&self) -> Vec<String> {
        self.up.iter().map(|a| a.column.clone()).collect()
    }

    /// Old columns.
    pub fn old_columns(&self) -> Vec<String> {
        self.down.iter().map(|a| a.column.clone()).collect()
    }

    /// SQL condition, over the table's columns, that is true of rows whose shapes disagree.
    pub fn disagreement(&self) -> String {
        let terms: Vec<String> = self.up.iter().map(Assignment::disagrees).collect();
        terms.join(" OR ")
    }

    /// The same, asked of the old columns through `down`; a one-way rule has no such direction,
    /// so only the other one counts.
    pub fn disagreement_back(&self) -> String {
        if self.down.is_empty() {
            return "true".to_owned();
        }
        let terms: Vec<String> = self.down.iter().map(Assignment::disagrees).collect();
        terms.join(" OR ")
    }

    /// `CREATE TRIGGER`.
    pub fn trigger_sql(&self) -> String {
        format!(
            "CREATE TRIGGER {} BEFORE INSERT OR UPDATE ON {} FOR EACH ROW EXECUTE FUNCTION {}()",
            quote(&self.trigger_name()),
            self.table,
            self.function_name()
        )
    }

    /// `ENABLE ALWAYS TRIGGER`: rows that logical replication, or a loader that sets
    /// `session_replication_role`, brings have to reach both shapes too. Where the publisher's
    /// own trigger has fired already, both sides agree, and this one changes nothing.
    pub fn always_sql(&self) -> String {
        format!("ALTER TABLE {} ENABLE ALWAYS TRIGGER {}", self.table, quote(&self.trigger_name()))
    }
}
