//! FROM: relations, subqueries, functions, joins.

use super::Reader;
use crate::queries::ast::{Alias, FromItem, Join, JoinKind};
use crate::sql::cursor::Read;
use crate::sql::types;

impl Reader<'_> {
    /// One item of FROM, with what is joined to it.
    pub(super) fn joined_item(&mut self) -> Read<FromItem> {
        self.deeper(|reader| {
            let mut left = reader.factor()?;
            let mut n_joins = 0;
            while let Some((kind, natural, cross)) = reader.join_kind()? {
                n_joins += 1;
                if n_joins > super::MAX_CHAIN {
                    return Err(reader.refused("it joins too many relations"));
                }
                let right = reader.factor()?;
                let mut join =
                    Join { kind, left, right, natural, using: Vec::new(), on: None, alias: None };
                if !natural && !cross {
                    if reader.cursor.eat("USING") {
                        join.using = reader.names_in_parens()?;
                        if reader.cursor.is(0, "AS") {
                            return Err(reader.refused("an alias for USING is not looked into"));
                        }
                    } else {
                        reader.cursor.expect("ON")?;
                        join.on = Some(reader.expr()?);
                    }
                }
                left = FromItem::Join(Box::new(join));
            }
            Ok(left)
        })
    }

    fn join_kind(&mut self) -> Read<Option<(JoinKind, bool, bool)>> {
        if self.cursor.eat("CROSS JOIN") {
            return Ok(Some((JoinKind::Inner, false, true)));
        }
        let natural = self.cursor.eat("NATURAL");
        let kind = if self.cursor.eat("LEFT") {
            Some(JoinKind::Left)
        } else if self.cursor.eat("RIGHT") {
            Some(JoinKind::Right)
        } else if self.cursor.eat("FULL") {
            Some(JoinKind::Full)
        } else {
            None
        };
        let kind = match kind {
            Some(kind) => {
                self.cursor.eat("OUTER");
                self.cursor.expect("JOIN")?;
                kind
            }
            None if self.cursor.eat("INNER JOIN") || self.cursor.eat("JOIN") => JoinKind::Inner,
            None if natural => return Err(self.cursor.expected("JOIN")),
            None => return Ok(None),
        };
        Ok(Some((kind, natural, false)))
    }

    fn factor(&mut self) -> Read<FromItem> {
        let lateral = self.cursor.eat("LATERAL");
        if self.cursor.is_symbol(0, b'(') {
            if let Some(item) = self.derived(lateral)? {
                return Ok(item);
            }
            let inner = self.parens(Self::joined_item)?;
            let alias = self.alias()?;
            return Ok(match (inner, alias) {
                (FromItem::Join(join), Some(alias)) => {
                    FromItem::Join(Box::new(Join { alias: Some(alias), ..*join }))
                }
                (_, Some(_)) => return Err(self.refused("an alias for a parenthesised relation")),
                (inner, None) => inner,
            });
        }
        if self.cursor.sees("ROWS FROM") {
            return Err(self.refused("ROWS FROM is not looked into"));
        }
        self.cursor.eat("ONLY");
        let start = self.cursor.at;
        let name = self.name()?;
        if self.cursor.is_symbol(0, b'(') {
            self.cursor.at = start;
            return self.function();
        }
        self.cursor.eat_operator("*");
        let alias = self.alias()?;
        if self.cursor.is(0, "TABLESAMPLE") {
            return Err(self.refused("TABLESAMPLE is not looked into"));
        }
        Ok(FromItem::Relation(name, alias))
    }

    /// A subquery; nothing where the parenthesis opens a join.
    fn derived(&mut self, lateral: bool) -> Read<Option<FromItem>> {
        if !self.sees_query(1) {
            return Ok(None);
        }
        let start = self.cursor.at;
        let found = self.parens(Self::query);
        match found {
            Ok(query) => {
                let alias = self.alias()?;
                Ok(Some(FromItem::Query { lateral, query: Box::new(query), alias }))
            }
            // `((SELECT …) AS a JOIN b …)`.
            Err(_) if self.cursor.tokens.get(start + 1).is_some() && self.nested(start) => {
                self.cursor.at = start;
                Ok(None)
            }
            Err(broken) => Err(broken),
        }
    }

    fn nested(&self, start: usize) -> bool {
        crate::sql::cursor::Cursor { at: start + 1, ..self.cursor }.is_symbol(0, b'(')
    }

    fn function(&mut self) -> Read<FromItem> {
        let name = self.name()?;
        let call = Box::new(self.call(name)?);
        let ordinality = self.cursor.eat("WITH ORDINALITY");
        if self.cursor.eat("AS") && self.cursor.is_symbol(0, b'(') {
            let columns = Some(self.column_definitions()?);
            return Ok(FromItem::Function { call, ordinality, alias: None, columns });
        }
        if !self.is_alias() {
            return Ok(FromItem::Function { call, ordinality, alias: None, columns: None });
        }
        let name = self.cursor.strict_ident("an alias")?.name;
        let start = self.cursor.at;
        if self.cursor.is_symbol(0, b'(') {
            if let Ok(columns) = self.names_in_parens() {
                let alias = Some(Alias { name, columns });
                return Ok(FromItem::Function { call, ordinality, alias, columns: None });
            }
            self.cursor.at = start;
            let columns = Some(self.column_definitions()?);
            let alias = Some(Alias { name, columns: Vec::new() });
            return Ok(FromItem::Function { call, ordinality, alias, columns });
        }
        let alias = Some(Alias { name, columns: Vec::new() });
        Ok(FromItem::Function { call, ordinality, alias, columns: None })
    }

    /// `(a integer, b text)`.
    fn column_definitions(&mut self) -> Read<Vec<(String, crate::sql_type::SqlType)>> {
        self.parens(|r| {
            r.list(|r| {
                let name = r.cursor.strict_ident("a column")?.name;
                Ok((name, types::read(&mut r.cursor)?.ty))
            })
        })
    }

    /// An alias, or nothing.
    fn alias(&mut self) -> Read<Option<Alias>> {
        if !self.cursor.eat("AS") && !self.is_alias() {
            return Ok(None);
        }
        let name = self.cursor.strict_ident("an alias")?.name;
        let columns =
            if self.cursor.is_symbol(0, b'(') { self.names_in_parens()? } else { Vec::new() };
        Ok(Some(Alias { name, columns }))
    }
}
