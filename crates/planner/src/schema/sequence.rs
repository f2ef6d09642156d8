//! Which sequence a default takes its numbers from. Must not know statements.

use crate::expr::Expr;
use crate::name::QName;

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
