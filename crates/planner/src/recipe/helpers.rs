//! What functions, procedures and progress rows of a plan are called, and where they look names up. They stand
//! in one schema, whatever the tables' schemas are: no two changes of a request may give one name to two.

use std::collections::BTreeSet;

use crate::diagnostic::Diagnostic;
use crate::expr::Expr;
use crate::name::{QName, clip};
use crate::op::Op;
use crate::queries::types::BUILTINS;
use crate::recipe::{Context, Recipe};
use crate::schema::{ObjectId, ObjectKind};
use crate::sql_type::SqlType;

impl Context<'_> {
    /// The name for a helper of a table, with a number where an earlier change has taken it: that of a table
    /// in another schema, or one whose name and column only look the same when they are put together.
    pub(crate) fn helper_name(&self, table: &QName, of: &str) -> String {
        let name = clip(&format!("{}_{of}", table.name));
        let mut all = (2_u32..).map(|n| clip(&format!("{name}_{n}")));
        let is_free = |name: &String| !self.helpers.contains(name);
        if is_free(&name) { name } else { all.find(is_free).unwrap_or(name) }
    }

    /// Schemas in which the names of expressions on a table are looked up, in order: none where
    /// they are columns only, else the table's own, `public`, and every other one of the dump.
    pub(crate) fn search_path<'e>(
        &self,
        table: &QName,
        exprs: impl IntoIterator<Item = &'e Expr>,
    ) -> Vec<String> {
        if exprs.into_iter().all(|e| matches!(e, Expr::Column(_))) {
            return Vec::new();
        }
        self.schemas([table])
    }

    /// The tables' own schemas, `public`, and every other one of the dump.
    pub(crate) fn schemas<'t>(&self, tables: impl IntoIterator<Item = &'t QName>) -> Vec<String> {
        let ids = self.source.objects.keys().filter(|id| id.kind == ObjectKind::Schema);
        let others = ids.map(|id| id.name.trim_matches('"').to_owned());
        let mut path = Vec::new();
        let own = tables.into_iter().map(|table| table.schema.clone());
        for schema in own.chain(["public".to_owned()]).chain(others) {
            if !path.contains(&schema) {
                path.push(schema);
            }
        }
        path
    }
}

/// The types whose `=` may be another one than the server brings: of extensions, and domains over them.
pub(crate) fn compares_otherwise(context: &Context<'_>, ty: &SqlType) -> bool {
    let base = context.schema.domain_of(ty).map_or(ty, |domain| &domain.base);
    let name: Option<QName> = base.as_str().parse().ok();
    let is_made = |kind, name: &QName| {
        context.schema.objects.contains_key(&ObjectId::new(kind, name.to_string()))
    };
    let is_own = name.is_some_and(|name| {
        context.schema.enums.contains_key(&name) || is_made(ObjectKind::Type, &name)
    });
    !is_own && !BUILTINS.iter().any(|builtin| builtin.format == base.base())
}

/// The refusal of a relay whose keys could not be compared as the foreign key does.
pub(crate) fn check_keys(context: &Context<'_>, ends: &[(&QName, &str)]) -> Result<(), Diagnostic> {
    for (table, column) in ends {
        let Some(column) = context.schema.table(table).and_then(|t| t.column(column)) else {
            continue;
        };
        if compares_otherwise(context, &column.ty) {
            return Err(context.refuse(
                "not-supported",
                format!("`{}` of `{table}` is {}, a type that compares by operators of its own: the triggers, which anybody's writes fire, compare by the server's", column.name, column.ty),
                "give the key a type that the server brings first, as a change of its own",
            ));
        }
    }
    Ok(())
}

impl Recipe {
    /// The names that it has given.
    pub(crate) fn helpers(&self) -> BTreeSet<String> {
        let ops = self.drafts.iter().flat_map(|draft| &draft.script).map(|statement| &statement.op);
        #[expect(clippy::wildcard_enum_match_arm, reason = "these make helpers")]
        let named = ops.filter_map(|op| match op {
            Op::CreateSyncFunction { rule } => Some(&rule.name),
            Op::CreateRelayFunction { relay, .. } => Some(&relay.name),
            Op::CreateBackfill { backfill } => Some(&backfill.name),
            _ => None,
        });
        let backfills = self.drafts.iter().filter_map(|draft| Some(&draft.backfill.as_ref()?.name));
        named.chain(backfills).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use crate::op::Op;
    use crate::request::{Change, Request};

    #[test]
    fn no_two_tables_share_a_helper() {
        let schema = "CREATE SCHEMA a; CREATE SCHEMA b;
            CREATE TABLE a.users (id bigint PRIMARY KEY, bio text, name text);
            CREATE TABLE a.profiles (user_id bigint PRIMARY KEY REFERENCES a.users);
            CREATE TABLE b.users (id bigint PRIMARY KEY, bio text, name text);
            CREATE TABLE b.profiles (user_id bigint PRIMARY KEY REFERENCES b.users);
            CREATE TABLE t_a (id bigint PRIMARY KEY, b text);
            CREATE TABLE t (id bigint PRIMARY KEY, a_b text);";
        let change = "-- concertina: move a.users.bio to a.profiles
            -- concertina: move b.users.bio to b.profiles
            ALTER TABLE a.users RENAME name TO full_name; ALTER TABLE b.users RENAME name TO full_name;
            ALTER TABLE t_a RENAME b TO x; ALTER TABLE t RENAME a_b TO x;
            DELETE FROM t WHERE id < 10; DELETE FROM t WHERE id > 1000;";
        let request = Request {
            engine: "postgres:15".to_owned(),
            schema: schema.to_owned(),
            change: Change::Statements(change.to_owned()),
            ..Request::default()
        };
        let planned = crate::plan(&request);
        let plan = planned.plan.expect("a plan");
        let mut made = Vec::new();
        for statement in plan.steps().flat_map(|step| &step.script) {
            #[expect(clippy::wildcard_enum_match_arm, reason = "these make helpers")]
            match &statement.op {
                Op::CreateSyncFunction { rule } => made.push(rule.function_name().to_string()),
                Op::CreateRelayFunction { relay, side } => {
                    made.push(relay.function_name(*side).to_string());
                }
                Op::CreateBackfill { backfill } => made.push(backfill.name.clone()),
                _ => {}
            }
        }
        let distinct: BTreeSet<&String> = made.iter().collect();
        assert_eq!(distinct.len(), made.len(), "{made:#?}");
        assert_eq!(made.len(), 16, "{made:#?}");
    }
}
