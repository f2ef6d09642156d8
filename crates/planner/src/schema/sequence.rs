//! Which sequence a default takes its numbers from, and what that of an identity is called, which is nobody's
//! object. Must not know statements.

use super::object::SEQUENCE_NAME;
use super::{Object, ObjectId, ObjectKind, Schema};
use crate::expr::Expr;
use crate::name::{QName, derived, quote};

/// The sequence of `nextval('name'::regclass)`.
pub(crate) fn nextval_of(default: &Expr, table: &QName) -> Option<QName> {
    let mut found = None;
    default.visit(&mut |expr| {
        if let Expr::Call(name, args) = expr
            && name.rsplit('.').next() == Some("nextval")
            && let Some(Expr::Text(text)) = args.first().map(uncast)
        {
            let parsed: Option<QName> = text.parse().ok();
            found = parsed.map(
                |name| {
                    if text.contains('.') { name } else { table.sibling(&name.name) }
                },
            );
        }
    });
    found
}

fn uncast(expr: &Expr) -> &Expr {
    if let Expr::Cast(inner, _) = expr { inner } else { expr }
}

impl Schema {
    /// What the sequence of an identity is called: as it was told, or as PostgreSQL does.
    pub(crate) fn sequence_of(&self, table: &QName, column: &str) -> Option<QName> {
        let name = format!("{table} {} {SEQUENCE_NAME}", quote(column));
        match self.objects.get(&ObjectId::new(ObjectKind::Property, name)) {
            Some(told) => renamed_to(table, told),
            None => Some(table.sibling(derived::choose(&table.name, column, "seq", |_| false))),
        }
    }

    /// Whether a sequence is that of an identity.
    pub(crate) fn is_of_identity(&self, sequence: &ObjectId) -> bool {
        sequence.kind == ObjectKind::Sequence
            && self.tables.iter().any(|(table, definition)| {
                let mut identities = definition.columns.iter().filter(|c| c.identity.is_some());
                let is_it = |name: QName| name.to_string() == sequence.name;
                identities.any(|c| self.sequence_of(table, &c.name).is_some_and(is_it))
            })
    }
}

/// The name that a sequence beside its table is given.
pub(crate) fn renamed_to(table: &QName, object: &Object) -> Option<QName> {
    let (_, name) = object.make.first()?.rsplit_once(" RENAME TO ")?;
    format!("{}.{name}", quote(&table.schema)).parse().ok()
}
