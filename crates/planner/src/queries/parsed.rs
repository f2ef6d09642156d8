//! A statement of the app, read once and judged many times. Must not know plans.

use super::ast::Statement;
use super::catalogue::Catalogue;
use super::report::{Query, Verdict};
use super::resolve::{self, Effect, Judged};

/// A statement, read.
#[derive(Clone, Debug)]
pub struct Parsed {
    /// With placeholders as `$1` …
    sql: String,
    path: Vec<String>,
    statement: Result<Statement, String>,
}

impl Parsed {
    /// Reads a statement.
    pub fn new(query: &Query) -> Self {
        let sql = crate::sql::normalise_placeholders(&query.sql);
        let statement = crate::sql::read_query(&sql);
        Self { sql, path: query.search_path.clone(), statement }
    }

    /// The statement as it would be prepared.
    pub fn sql(&self) -> &str {
        &self.sql
    }

    /// What the server would say to it on a schema; never that it drifts.
    pub fn judge(&self, catalogue: &Catalogue) -> Verdict {
        self.look_up(catalogue).verdict
    }

    /// Whether what it gives or writes by place is not the same on two schemas: how, in words.
    pub fn drift(&self, before: &Catalogue, after: &Catalogue) -> Option<String> {
        drift(&self.look_up(before).effect, &self.look_up(after).effect)
    }

    /// The verdict and what else was found out.
    pub(crate) fn look_up(&self, catalogue: &Catalogue) -> Judged {
        match &self.statement {
            Ok(statement) => resolve::judge(catalogue, &self.path, statement),
            Err(reason) => Judged {
                verdict: Verdict::NotAnalysed { reason: format!("it is not understood: {reason}") },
                effect: Effect::default(),
            },
        }
    }
}

/// How what a statement does changed between two moments.
pub(crate) fn drift(before: &Effect, after: &Effect) -> Option<String> {
    if before.result != after.result {
        let what = changed(&before.result, &after.result);
        return Some(format!(
            "what it returns changed ({what}): a statement prepared before fails once with 0A000 \"cached plan must not change result type\""
        ));
    }
    if before.by_place != after.by_place {
        let added: Vec<&str> = difference(&after.by_place, &before.by_place);
        let gone: Vec<&str> = difference(&before.by_place, &after.by_place);
        let what = match (added.is_empty(), gone.is_empty()) {
            (false, true) => format!("new: {}", added.join(", ")),
            (true, false) => format!("gone: {}", gone.join(", ")),
            (false, false) => format!("new: {}; gone: {}", added.join(", "), gone.join(", ")),
            (true, true) => "their order".to_owned(),
        };
        return Some(format!("it writes columns by their place, and they changed ({what})"));
    }
    None
}

fn changed(before: &[(String, String)], after: &[(String, String)]) -> String {
    let show = |columns: &[(String, String)], others: &[(String, String)]| -> Vec<String> {
        let fresh = columns.iter().filter(|column| !others.contains(column));
        fresh
            .map(|(name, ty)| match ty.rsplit_once(' ') {
                Some((ty, _)) => format!("{name} {ty}"),
                None => name.clone(),
            })
            .collect()
    };
    let (new, old) = (show(after, before), show(before, after));
    match (new.is_empty(), old.is_empty()) {
        (false, true) => format!("new: {}", new.join(", ")),
        (true, false) => format!("gone: {}", old.join(", ")),
        (false, false) => format!("now {}; before {}", new.join(", "), old.join(", ")),
        (true, true) => "the order of its columns".to_owned(),
    }
}

fn difference<'a>(all: &'a [String], others: &[String]) -> Vec<&'a str> {
    all.iter().filter(|name| !others.contains(name)).map(String::as_str).collect()
}
