//! What a step makes of prepared statements. Must not know how it is found out.

use serde::{Deserialize, Serialize};

use crate::name::{QName, quote_list};

/// A table whose prepared statements fail once after a step, with 0A000: `SELECT *`, and whatever else
/// gives all its columns
/// ([`plancache.c`](https://github.com/postgres/postgres/blob/REL_15_STABLE/src/backend/utils/cache/plancache.c),
/// measured).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prepared {
    /// The table.
    pub table: QName,
    /// Columns of which a statement fails that gives only them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
}

impl Prepared {
    /// A sentence, without its full stop.
    pub fn words(&self) -> String {
        let all = format!("SELECT * FROM {}", self.table);
        let only = match self.columns.as_slice() {
            [] => String::new(),
            columns => {
                format!(" or anything else that returns {}", quote_list(columns))
            }
        };
        format!("a session that has prepared `{all}`{only} meets 0A000 once, and prepares it again")
    }
}
