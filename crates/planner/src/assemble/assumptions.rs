//! What a plan takes for granted. Must not know recipes' steps.

use crate::name::QName;
use crate::recipe::Recipe;
use crate::request::Request;

/// From the recipes, and from the facts that nobody gave.
pub(super) fn assumptions(request: &Request, recipes: &[Recipe], tables: &[QName]) -> Vec<String> {
    let mut list: Vec<String> = recipes.iter().flat_map(|r| r.assumptions.clone()).collect();
    let unknown: Vec<String> =
        tables.iter().filter(|t| !request.tables.contains_key(t)).map(QName::to_string).collect();
    let facts = crate::request::TableFacts::default();
    if !unknown.is_empty() {
        list.push(format!(
            "nothing was said of {}: {} rows, {} reads and {} writes a second, and transactions of up to {} s are assumed",
            unknown.join(", "),
            facts.rows,
            facts.reads_per_s,
            facts.writes_per_s,
            facts.longest_transaction_s
        ));
    }
    list.push(
        "sessions of the app say who they are: application_name is app-R0 or app-R1".to_owned(),
    );
    list.push("the plan is run in order by a role that owns the tables and may create schemas, in sessions of its own, not through a transaction pooler".to_owned());
    list.push("a step whose first check gives the expected number is done; otherwise, after a crash, the step is run again".to_owned());
    list.push("times are ranges from rows and figures measured on one small machine: trust their ratios, not their seconds".to_owned());
    list
}
