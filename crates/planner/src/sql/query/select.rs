//! Queries: SELECT, VALUES, set operations, and what may follow them.

use super::Reader;
use crate::queries::ast::{Body, Distinct, Expr, Item, Lock, Query, Select, With};
use crate::sql::cursor::{Read, is_reserved};
use crate::sql::token::Kind;

/// Unreserved words that are no alias without AS.
const NO_ALIAS: &[&str] = &[
    "day", "filter", "hour", "isnull", "minute", "month", "notnull", "over", "second", "to",
    "varying", "within", "without", "year",
];

impl Reader<'_> {
    /// A query with all that may stand around it.
    pub(super) fn query(&mut self) -> Read<Query> {
        self.deeper(|reader| {
            let with = reader.with()?;
            let mut query = reader.set_operations(0)?;
            if !with.ctes.is_empty() {
                if !query.with.ctes.is_empty() {
                    return Err(reader.refused("two WITH clauses for one query"));
                }
                query.with = with;
            }
            reader.tail(&mut query)?;
            Ok(query)
        })
    }

    /// INTERSECT binds tighter than UNION and EXCEPT.
    fn set_operations(&mut self, least: u8) -> Read<Query> {
        let mut left = self.simple()?;
        loop {
            let (name, rank) = if self.cursor.is(0, "UNION") {
                ("UNION", 1)
            } else if self.cursor.is(0, "EXCEPT") {
                ("EXCEPT", 1)
            } else if self.cursor.is(0, "INTERSECT") {
                ("INTERSECT", 2)
            } else {
                return Ok(left);
            };
            if rank <= least {
                return Ok(left);
            }
            self.cursor.at += 1;
            let all = self.cursor.eat("ALL");
            self.cursor.eat("DISTINCT");
            let right = self.deeper(|r| r.set_operations(rank))?;
            let (one, other) = (Box::new(left), Box::new(right));
            left = plain(Body::Set { name, all, left: one, right: other });
        }
    }

    fn simple(&mut self) -> Read<Query> {
        if self.cursor.is_symbol(0, b'(') {
            return self.parens(Self::query);
        }
        if self.cursor.eat("VALUES") {
            let rows = self.list(|r| r.parens(|r| r.list(Self::assigned)))?;
            return Ok(plain(Body::Values(rows)));
        }
        if self.cursor.eat("TABLE") {
            let from = vec![crate::queries::ast::FromItem::Relation(self.name()?, None)];
            let select = Select { items: vec![Item::Star], from, ..Select::default() };
            return Ok(plain(Body::Select(Box::new(select))));
        }
        self.cursor.expect("SELECT")?;
        Ok(plain(Body::Select(Box::new(self.select()?))))
    }

    fn select(&mut self) -> Read<Select> {
        let mut select = Select::default();
        if self.cursor.eat("DISTINCT ON") {
            select.distinct = Distinct::On(self.parens(|r| r.list(Self::expr))?);
        } else if self.cursor.eat("DISTINCT") {
            select.distinct = Distinct::Rows;
        } else {
            self.cursor.eat("ALL");
        }
        if !self.ends_items() {
            select.items = self.list(Self::item)?;
        }
        if self.cursor.is(0, "INTO") {
            return Err(self.refused("SELECT INTO makes a table; it cannot be prepared"));
        }
        if self.cursor.eat("FROM") {
            select.from = self.list(Self::joined_item)?;
        }
        if self.cursor.eat("WHERE") {
            select.filter = Some(self.expr()?);
        }
        if self.cursor.eat("GROUP BY") {
            let _set = self.cursor.eat("ALL") || self.cursor.eat("DISTINCT");
            self.group_by(&mut select)?;
        }
        if self.cursor.eat("HAVING") {
            select.having = Some(self.expr()?);
        }
        if self.cursor.eat("WINDOW") {
            select.windows = self.list(|r| {
                let name = r.cursor.strict_ident("a window")?.name;
                r.cursor.expect("AS")?;
                Ok((name, r.window()?))
            })?;
        }
        Ok(select)
    }

    /// An empty select list is PostgreSQL's too.
    fn ends_items(&self) -> bool {
        const ENDS: &[&str] = &[
            "FROM",
            "WHERE",
            "GROUP",
            "HAVING",
            "ORDER",
            "LIMIT",
            "UNION",
            "EXCEPT",
            "INTERSECT",
            "INTO",
        ];
        self.cursor.done() || self.cursor.is_symbol(0, b')') || self.cursor.is_any(0, ENDS)
    }

    fn group_by(&mut self, select: &mut Select) -> Read<()> {
        loop {
            let set = self.cursor.eat("ROLLUP")
                || self.cursor.eat("CUBE")
                || self.cursor.eat("GROUPING SETS");
            select.grouping_sets |= set;
            if self.cursor.is_symbol(0, b'(') && self.cursor.is_symbol(1, b')') {
                self.cursor.at += 2;
                select.grouping_sets = true;
            } else if set {
                self.deeper(|r| r.parens(|r| r.group_by(select)))?;
            } else {
                let key = self.expr()?;
                if let Expr::Row(parts) = key {
                    select.group_by.extend(parts);
                } else {
                    select.group_by.push(key);
                }
            }
            if !self.cursor.eat_symbol(b',') {
                return Ok(());
            }
        }
    }

    /// One item of a select list.
    pub(super) fn item(&mut self) -> Read<Item> {
        if self.cursor.eat_operator("*") {
            return Ok(Item::Star);
        }
        let start = self.cursor.at;
        if self.cursor.peek(0).is_some_and(|t| matches!(t.kind, Kind::Word | Kind::Quoted))
            && let Ok(name) = self.name()
            && self.cursor.is_symbol(0, b'.')
            && self.is_operator(1, "*")
        {
            self.cursor.at += 2;
            return Ok(Item::StarOf(name));
        }
        self.cursor.at = start;
        let value = self.expr()?;
        if self.cursor.is_symbol(0, b'.') && self.is_operator(1, "*") {
            self.cursor.at += 2;
            return Ok(Item::Fields(value));
        }
        if self.cursor.eat("AS") {
            return Ok(Item::Expr(value, Some(self.cursor.ident("a name")?.name)));
        }
        let bare = self.is_alias() && !self.cursor.is_any(0, NO_ALIAS);
        let name = if bare { Some(self.cursor.ident("a name")?.name) } else { None };
        Ok(Item::Expr(value, name))
    }

    /// Whether the next token may be an alias without AS.
    pub(super) fn is_alias(&self) -> bool {
        self.cursor.peek(0).is_some_and(|t| match t.kind {
            Kind::Quoted => true,
            Kind::Word => !is_reserved(self.cursor.of(t)),
            Kind::Text | Kind::Number | Kind::Symbol(_) | Kind::Operator => false,
        })
    }

    /// ORDER BY, LIMIT, OFFSET, FETCH, FOR.
    fn tail(&mut self, query: &mut Query) -> Read<()> {
        if self.cursor.eat("ORDER BY") {
            query.order_by = self.sort_keys()?;
        }
        loop {
            if self.cursor.eat("LIMIT") {
                if !self.cursor.eat("ALL") {
                    query.limits.push(("LIMIT", self.expr()?));
                }
            } else if self.cursor.eat("OFFSET") {
                query.limits.push(("OFFSET", self.expr()?));
                let _unit = self.cursor.eat("ROWS") || self.cursor.eat("ROW");
            } else if self.cursor.eat("FETCH") {
                self.fetch(query)?;
            } else if self.cursor.eat("FOR") {
                let lock = self.lock()?;
                query.locks.push(lock);
            } else {
                return Ok(());
            }
        }
    }

    fn fetch(&mut self, query: &mut Query) -> Read<()> {
        let _which = self.cursor.eat("FIRST") || self.cursor.eat("NEXT");
        if !self.cursor.is_any(0, &["ROW", "ROWS"]) {
            query.limits.push(("LIMIT", self.expr()?));
        }
        let _unit = self.cursor.eat("ROWS") || self.cursor.eat("ROW");
        if self.cursor.eat("ONLY") { Ok(()) } else { self.cursor.expect("WITH TIES") }
    }

    fn lock(&mut self) -> Read<Lock> {
        let clause = [
            ("UPDATE", "FOR UPDATE"),
            ("NO KEY UPDATE", "FOR NO KEY UPDATE"),
            ("SHARE", "FOR SHARE"),
            ("KEY SHARE", "FOR KEY SHARE"),
        ]
        .into_iter()
        .find(|(words, _)| self.cursor.sees(words));
        let Some((words, clause)) = clause else { return Err(self.cursor.expected("UPDATE")) };
        self.cursor.eat(words);
        let of = if self.cursor.eat("OF") {
            self.list(|r| Ok(r.cursor.strict_ident("a table")?.name))?
        } else {
            Vec::new()
        };
        let _wait = self.cursor.eat("NOWAIT") || self.cursor.eat("SKIP LOCKED");
        Ok(Lock { clause, of })
    }

    /// What follows ORDER BY.
    pub(super) fn sort_keys(&mut self) -> Read<Vec<Expr>> {
        self.list(|r| {
            let key = r.expr()?;
            let _order = r.cursor.eat("ASC") || r.cursor.eat("DESC");
            if r.cursor.is(0, "USING") {
                return Err(r.refused("ORDER BY … USING is not looked into"));
            }
            let _nulls = r.cursor.eat("NULLS FIRST") || r.cursor.eat("NULLS LAST");
            Ok(key)
        })
    }
}

/// A query that is only its body.
fn plain(body: Body) -> Query {
    Query {
        with: With::default(),
        body,
        order_by: Vec::new(),
        limits: Vec::new(),
        locks: Vec::new(),
    }
}
