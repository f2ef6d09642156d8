//! INSERT, UPDATE, DELETE, and WITH before any of them.

use super::Reader;
use crate::queries::ast::{
    Assignment, Conflict, ConflictTarget, Cte, Delete, Expr, Insert, Item, Statement, Target,
    Update, With,
};
use crate::sql::cursor::Read;

impl Reader<'_> {
    /// A whole statement.
    pub(super) fn statement(&mut self) -> Read<Statement> {
        self.deeper(|reader| {
            let start = reader.cursor.at;
            let with = reader.with()?;
            if reader.cursor.eat("INSERT INTO") {
                return Ok(Statement::Insert(Box::new(reader.insert(with)?)));
            }
            if reader.cursor.eat("UPDATE") {
                return Ok(Statement::Update(Box::new(reader.update(with)?)));
            }
            if reader.cursor.eat("DELETE FROM") {
                return Ok(Statement::Delete(Box::new(reader.delete(with)?)));
            }
            reader.cursor.at = start;
            if !reader.sees_query(0) && !reader.cursor.is(0, "TABLE") {
                return Err(reader.cursor.expected("SELECT, INSERT, UPDATE or DELETE"));
            }
            Ok(Statement::Query(Box::new(reader.query()?)))
        })
    }

    /// WITH, or nothing.
    pub(super) fn with(&mut self) -> Read<With> {
        if !self.cursor.eat("WITH") {
            return Ok(With::default());
        }
        let recursive = self.cursor.eat("RECURSIVE");
        let ctes = self.list(Self::cte)?;
        Ok(With { recursive, ctes })
    }

    fn cte(&mut self) -> Read<Cte> {
        let name = self.cursor.strict_ident("a name")?.name;
        let columns =
            if self.cursor.is_symbol(0, b'(') { self.names_in_parens()? } else { Vec::new() };
        self.cursor.expect("AS")?;
        self.cursor.eat("NOT");
        self.cursor.eat("MATERIALIZED");
        let body = self.parens(Self::statement)?;
        if self.cursor.is_any(0, &["SEARCH", "CYCLE"]) {
            return Err(self.refused("SEARCH and CYCLE are not looked into"));
        }
        Ok(Cte { name, columns, body })
    }

    fn insert(&mut self, with: With) -> Read<Insert> {
        let table = self.name()?;
        let alias = if self.cursor.eat("AS") {
            Some(self.cursor.strict_ident("an alias")?.name)
        } else {
            None
        };
        let listed = self.cursor.is_symbol(0, b'(') && !self.sees_query(1);
        let columns = if listed { Some(self.parens(|r| r.list(Self::target))?) } else { None };
        let overriding = if self.cursor.eat("OVERRIDING SYSTEM VALUE") {
            Some("SYSTEM")
        } else if self.cursor.eat("OVERRIDING USER VALUE") {
            Some("USER")
        } else {
            None
        };
        let source = if self.cursor.eat("DEFAULT VALUES") { None } else { Some(self.query()?) };
        let conflict = if self.cursor.eat("ON CONFLICT") { Some(self.conflict()?) } else { None };
        let returning = self.returning()?;
        Ok(Insert { with, table, alias, columns, overriding, source, conflict, returning })
    }

    fn target(&mut self) -> Read<Target> {
        let column = self.cursor.strict_ident("a column")?.name;
        let mut part = false;
        loop {
            if self.cursor.eat_symbol(b'[') {
                self.cursor.skip_until(|c| c.is_symbol(0, b']'));
                self.cursor.expect_symbol(b']')?;
            } else if self.cursor.eat_symbol(b'.') {
                self.cursor.ident("a field")?;
            } else {
                return Ok(Target { column, part });
            }
            part = true;
        }
    }

    fn conflict(&mut self) -> Read<Conflict> {
        let target = if self.cursor.eat("ON CONSTRAINT") {
            ConflictTarget::Constraint(self.cursor.strict_ident("a constraint")?.name)
        } else if self.cursor.is_symbol(0, b'(') {
            let keys = self.parens(|r| r.list(Self::conflict_key))?;
            let filter = if self.cursor.eat("WHERE") { Some(self.expr()?) } else { None };
            ConflictTarget::Keys(keys, filter)
        } else {
            ConflictTarget::Any
        };
        self.cursor.expect("DO")?;
        if self.cursor.eat("NOTHING") {
            return Ok(Conflict { target, update: None });
        }
        self.cursor.expect("UPDATE SET")?;
        let set = self.list(Self::assignment)?;
        let filter = if self.cursor.eat("WHERE") { Some(self.expr()?) } else { None };
        Ok(Conflict { target, update: Some((set, filter)) })
    }

    /// A key with a collation or operator class is understood by its expression alone.
    fn conflict_key(&mut self) -> Read<Expr> {
        let key = self.expr()?;
        if self.cursor.is_symbol(0, b',') || self.cursor.is_symbol(0, b')') {
            return Ok(key);
        }
        self.name()?;
        Ok(Expr::Opaque("an operator class", vec![key]))
    }

    fn assignment(&mut self) -> Read<Assignment> {
        if self.cursor.is_symbol(0, b'(') {
            let targets = self.parens(|r| r.list(Self::target))?;
            self.equals()?;
            return Ok(Assignment::Several(targets, self.assigned()?));
        }
        let target = self.target()?;
        self.equals()?;
        Ok(Assignment::One(target, self.assigned()?))
    }

    fn equals(&mut self) -> Read<()> {
        if self.cursor.eat_operator("=") { Ok(()) } else { Err(self.cursor.expected("`=`")) }
    }

    /// A value or DEFAULT.
    pub(super) fn assigned(&mut self) -> Read<Expr> {
        if self.cursor.eat("DEFAULT") { Ok(Expr::Default) } else { self.expr() }
    }

    pub(super) fn returning(&mut self) -> Read<Vec<Item>> {
        if !self.cursor.eat("RETURNING") {
            return Ok(Vec::new());
        }
        if self.cursor.is(0, "WITH") {
            return Err(self.refused("RETURNING WITH is not looked into"));
        }
        self.list(Self::item)
    }

    fn update(&mut self, with: With) -> Read<Update> {
        let (table, alias) = self.target_table(&["SET"])?;
        self.cursor.expect("SET")?;
        let set = self.list(Self::assignment)?;
        let from = if self.cursor.eat("FROM") { self.list(Self::joined_item)? } else { Vec::new() };
        let filter = self.filter()?;
        let returning = self.returning()?;
        Ok(Update { with, table, alias, set, from, filter, returning })
    }

    fn delete(&mut self, with: With) -> Read<Delete> {
        let (table, alias) = self.target_table(&[])?;
        let using =
            if self.cursor.eat("USING") { self.list(Self::joined_item)? } else { Vec::new() };
        let filter = self.filter()?;
        let returning = self.returning()?;
        Ok(Delete { with, table, alias, using, filter, returning })
    }

    fn target_table(&mut self, ends: &[&str]) -> Read<(Vec<String>, Option<String>)> {
        self.cursor.eat("ONLY");
        let table = self.name()?;
        self.cursor.eat_operator("*");
        let named = self.cursor.eat("AS") || (self.is_alias() && !self.cursor.is_any(0, ends));
        let alias = if named { Some(self.cursor.strict_ident("an alias")?.name) } else { None };
        Ok((table, alias))
    }

    fn filter(&mut self) -> Read<Option<Expr>> {
        if !self.cursor.eat("WHERE") {
            return Ok(None);
        }
        if self.cursor.sees("CURRENT OF") {
            return Err(self.refused("WHERE CURRENT OF is not looked into"));
        }
        self.expr().map(Some)
    }
}
