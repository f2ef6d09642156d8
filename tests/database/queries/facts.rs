//! The rows of `planner::queries::facts` beside the catalogue of a real server: every row is there, and
//! nothing of the same names over the same types is missing.

use std::collections::BTreeSet;

use libtest_mimic::Failed;
use planner::queries::facts;
use rehearsal::{Client, run};

use super::super::same;

/// `pg_type` by the name that rows use: `text[]` for an array.
const NAME_OF: &str = "CREATE FUNCTION pg_temp.name_of(oid) RETURNS text LANGUAGE sql AS $$ \
    SELECT CASE WHEN t.typcategory = 'A' AND t.typname LIKE '\\_%' \
        THEN (SELECT e.typname FROM pg_type e WHERE e.oid = t.typelem) || '[]' \
        ELSE t.typname END FROM pg_type t WHERE t.oid = $1 $$";

const OPERATORS: &str = "SELECT oprname || ' ' || pg_temp.name_of(oprresult) || ' ' || \
    CASE WHEN oprleft = 0 THEN '-' ELSE pg_temp.name_of(oprleft) END || ',' || pg_temp.name_of(oprright) \
    FROM pg_operator WHERE oprnamespace = 'pg_catalog'::regnamespace AND oprresult <> 0";

const CASTS: &str = "SELECT pg_temp.name_of(castsource) || ' ' || castcontext::text || ' ' || \
    pg_temp.name_of(casttarget) FROM pg_cast WHERE castsource <> casttarget";

const FUNCTIONS: &str = "SELECT proname || ' ' || CASE WHEN prokind = 'f' AND proretset THEN 's' ELSE prokind::text END || ' ' || \
    CASE WHEN prorettype = 'record'::regtype AND proallargtypes IS NOT NULL \
        THEN 'record(' || (SELECT string_agg(proargnames[n] || ':' || pg_temp.name_of(o), ',' ORDER BY n) \
            FROM unnest(proallargtypes, proargmodes) WITH ORDINALITY u (o, m, n) WHERE m IN ('o', 't')) || ')' \
        ELSE pg_temp.name_of(prorettype) END || ' ' || \
    coalesce((SELECT string_agg(pg_temp.name_of(o) || CASE WHEN n > pronargs - pronargdefaults THEN '=' ELSE '' END, ',' ORDER BY n) \
        FROM unnest(proargtypes::oid[]) WITH ORDINALITY u (o, n)), '()') || \
    CASE WHEN provariadic <> 0 THEN '*' ELSE '' END \
    FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace";

/// Compares everything with a server of that version.
pub(super) fn compare(client: &mut Client, version: u16) -> Result<(), Failed> {
    run::execute(client, NAME_OF)?;
    let mut compare = |what: &str, rows: BTreeSet<String>, sql: &str, names: usize| {
        let found: BTreeSet<String> = run::query(client, sql)?.into_iter().collect();
        let known: BTreeSet<&str> = rows.iter().map(|row| first(row)).collect();
        let found: Vec<&str> = found
            .iter()
            .map(String::as_str)
            .filter(|row| is_told(row) && (names == 0 || known.contains(first(row))))
            .collect();
        let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
        same(&format!("{what} of {version}"), &(rows.join("\n") + "\n"), &(found.join("\n") + "\n"))
    };
    compare("operators", rows(facts::OPERATORS, 2, version), OPERATORS, 0)?;
    compare("casts", rows(facts::CASTS, 2, version), CASTS, 0)?;
    compare("functions", rows(facts::FUNCTIONS, 3, version), FUNCTIONS, 1)?;
    types(client, version)
}

fn first(row: &str) -> &str {
    row.split(' ').next().unwrap_or_default()
}

/// Rows of a version, one line each: `n_fixed` words, then one of the others.
fn rows(text: &str, n_fixed: usize, version: u16) -> BTreeSet<String> {
    let mut rows = BTreeSet::new();
    for line in text.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        let (fixed, others) = words.split_at(n_fixed);
        let date = |word: &str| -> Option<i32> { word.rsplit_once('@')?.1.parse().ok() };
        let version = i32::from(version);
        let is_out = |date: i32| if date < 0 { version > -date } else { version < date };
        if fixed.iter().filter_map(|word| date(word)).any(is_out) {
            continue;
        }
        let undated = |word: &&str| match date(word) {
            Some(_) => word.rsplit_once('@').map_or("", |(word, _)| word).to_owned(),
            None => (*word).to_owned(),
        };
        let fixed: Vec<String> = fixed.iter().map(undated).collect();
        rows.extend(others.iter().map(|other| format!("{} {other}", fixed.join(" "))));
    }
    rows
}

/// Whether a row is over types that the facts are about.
fn is_told(row: &str) -> bool {
    let names: Vec<&str> = facts::types(0).iter().map(|(name, ..)| *name).collect();
    let is_type =
        |word: &str| names.contains(&word.trim_end_matches(['=', '*']).trim_end_matches("[]"));
    let mut words = row.split(' ').rev();
    let list =
        |word: &str| word.split(',').all(|part| part == "-" || part == "()" || is_type(part));
    let args = words.next().is_some_and(list);
    let result = words.next().unwrap_or_default();
    let result = match result.strip_prefix("record(") {
        Some(columns) => columns
            .trim_end_matches(')')
            .split(',')
            .all(|column| column.split_once(':').is_some_and(|(_, ty)| is_type(ty))),
        // Of a cast it is the context, and the source stands before it.
        None if result.len() == 1 => words.next().is_some_and(list),
        None => is_type(result),
    };
    args && result
}

/// Names, categories, and whether values can be sorted or told apart.
fn types(client: &mut Client, version: u16) -> Result<(), Failed> {
    let mut expected = String::new();
    let mut found = String::new();
    for (name, format, category, preferred) in facts::types(version) {
        expected += &format!("{name} {format} {category} {preferred}\n");
        let sql = format!(
            "SELECT typname || ' ' || format_type(oid, NULL) || ' ' || typcategory::text || ' ' || typispreferred \
             FROM pg_type WHERE typname = '{name}' AND typnamespace = 'pg_catalog'::regnamespace"
        );
        found += &(run::query(client, &sql)?.join("") + "\n");
    }
    same(&format!("types of {version}"), &expected, &found)
}
