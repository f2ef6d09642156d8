//! A view's query with one column of one table read as an expression over others, token by token:
//! for a view over a column that is split. Gives up rather than guess. Must not know recipes.

use super::cursor::{is_reserved, unquote};
use super::token::{Kind, Token, tokens};
use crate::expr::Expr;
use crate::name::{QName, quote};
use crate::sql_type::SqlType;

/// The query with `table.column` as `value`, cast to `ty` so that the view keeps its type, and named
/// `column` where it stood alone in the select list. `None` where that cannot be told.
pub(crate) fn replace_column(
    query: &str,
    (table, column): (&QName, &str),
    value: &Expr,
    ty: &SqlType,
) -> Option<String> {
    let tokens = tokens(query)?;
    let read = Read { text: query, tokens: &tokens };
    let aliases = read.aliases(table);
    let [alias] = aliases.as_slice() else { return None };
    let qualified = qualify(value, alias)?;
    let mut out = String::new();
    let mut copied = 0;
    for at in 0..tokens.len() {
        if read.name(at).as_deref() != Some(column) || read.is_symbol(at + 1, b'(') {
            continue;
        }
        let is_dotted = at >= 2 && read.is_symbol(at - 1, b'.');
        if !is_dotted {
            // Unqualified: an output name after AS, or a column of one of several tables.
            // Or not a column at all: a qualifier, a relation.
            let before = ["as", "from", "join", "only"];
            let is_other = before.iter().any(|w| at >= 1 && read.is_word(at - 1, w));
            if is_other || read.is_symbol(at + 1, b'.') {
                continue;
            }
            return None;
        }
        if read.name(at - 2).as_deref() != Some(alias) {
            continue;
        }
        out += query.get(copied..tokens[at - 2].start)?;
        out += &format!("CAST({} AS {ty})", qualified.sql());
        if read.stands_alone(at - 2, at) {
            out += &format!(" AS {}", quote(column));
        }
        copied = tokens[at].end;
    }
    out += query.get(copied..)?;
    Some(out)
}

struct Read<'a> {
    text: &'a str,
    tokens: &'a [Token],
}

impl Read<'_> {
    fn of(&self, at: usize) -> &str {
        self.tokens.get(at).and_then(|t| self.text.get(t.start..t.end)).unwrap_or_default()
    }

    fn name(&self, at: usize) -> Option<String> {
        match self.tokens.get(at)?.kind {
            Kind::Word | Kind::Quoted => unquote(self.of(at)),
            Kind::Text | Kind::Number | Kind::Symbol(_) | Kind::Operator => None,
        }
    }

    fn is_symbol(&self, at: usize, symbol: u8) -> bool {
        self.tokens.get(at).is_some_and(|t| t.kind == Kind::Symbol(symbol))
    }

    fn is_word(&self, at: usize, word: &str) -> bool {
        self.tokens.get(at).is_some_and(|t| t.kind == Kind::Word)
            && self.of(at).eq_ignore_ascii_case(word)
    }

    /// The names by which the query knows the table: an alias each time it is named.
    fn aliases(&self, table: &QName) -> Vec<String> {
        let mut found = Vec::new();
        for at in 0..self.tokens.len() {
            let qualified = at >= 2
                && self.is_symbol(at - 1, b'.')
                && self.name(at - 2).as_deref() == Some(&table.schema);
            let relation = qualified
                || ["from", "join", "only"].iter().any(|w| at >= 1 && self.is_word(at - 1, w));
            if !relation
                || self.name(at).as_deref() != Some(&table.name)
                || self.is_symbol(at + 1, b'.')
            {
                continue;
            }
            let next = if self.is_word(at + 1, "as") { at + 2 } else { at + 1 };
            let alias = self.name(next).filter(|_| {
                !is_reserved(&self.of(next).to_lowercase()) && !self.ends_relation(next)
            });
            found.push(alias.unwrap_or_else(|| table.name.clone()));
        }
        found
    }

    /// Words that follow a relation without an alias and are not reserved everywhere.
    fn ends_relation(&self, at: usize) -> bool {
        [
            "join", "left", "right", "full", "inner", "cross", "natural", "on", "using", "where",
            "group", "order", "limit", "union", "having",
        ]
        .iter()
        .any(|w| self.is_word(at, w))
    }

    /// Whether tokens `from..=to` are a whole item of a select list without a name of its own.
    fn stands_alone(&self, from: usize, to: usize) -> bool {
        let begins = from >= 1
            && (self.is_symbol(from - 1, b',')
                || self.is_word(from - 1, "select")
                || self.is_word(from - 1, "distinct"));
        let ends = self.is_symbol(to + 1, b',') || self.is_word(to + 1, "from");
        begins && ends
    }
}

/// The expression with every column named through the alias; `None` where it is not analysed.
fn qualify(value: &Expr, alias: &str) -> Option<Expr> {
    let mut is_raw = false;
    value.visit(&mut |e| is_raw |= matches!(e, Expr::Raw { .. }));
    if is_raw {
        return None;
    }
    let mut qualified = value.clone();
    for column in value.columns() {
        qualified = qualified.with_column(
            &column,
            &Expr::Raw { sql: format!("{}.{}", quote(alias), quote(&column)), columns: Vec::new() },
        );
    }
    Some(qualified)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(query: &str, want: Option<&str>) {
        let value = Expr::column("number").op("||", Expr::column("street"));
        let table = QName::new("public", "address");
        let found = replace_column(query, (&table, "address"), &value, &SqlType::new("text"));
        assert_eq!(found.as_deref(), want, "{query}");
    }

    #[test]
    fn the_column_becomes_the_expression_and_keeps_its_name() {
        check(
            "SELECT c.id, a.address, upper(a.address) AS up FROM public.customer c JOIN public.address a ON c.a = a.id",
            Some(
                "SELECT c.id, CAST((a.number) || (a.street) AS text) AS address, upper(CAST((a.number) || (a.street) AS text)) AS up FROM public.customer c JOIN public.address a ON c.a = a.id",
            ),
        );
        check(
            "SELECT address.address FROM public.address WHERE address.id > 1",
            Some(
                "SELECT CAST((address.number) || (address.street) AS text) AS address FROM public.address WHERE address.id > 1",
            ),
        );
    }

    #[test]
    fn what_cannot_be_told_is_left() {
        check("SELECT address FROM public.address a", None);
        check("SELECT a.address FROM public.address a JOIN public.address b ON true", None);
    }
}
