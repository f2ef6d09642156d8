//! Expressions, by the precedences of PostgreSQL's grammar ("Operator Precedence" in the manual).

use super::{MAX_CHAIN, Reader};
use crate::queries::ast::Expr;
use crate::sql::cursor::Read;
use crate::sql::token::Kind;
use crate::sql::types;

/// How tightly an operator binds.
type Rank = u8;

const OR: Rank = 1;
const AND: Rank = 2;
const NOT: Rank = 3;
const IS: Rank = 4;
const COMPARE: Rank = 5;
const BETWEEN: Rank = 6;
const OTHER: Rank = 7;
const ADD: Rank = 8;
const MULTIPLY: Rank = 9;
const POWER: Rank = 10;
const AT: Rank = 11;
const COLLATE: Rank = 12;
const MINUS: Rank = 13;
const POSTFIX: Rank = 14;

impl Reader<'_> {
    /// An expression.
    pub(super) fn expr(&mut self) -> Read<Expr> {
        self.ranked(0)
    }

    /// An expression of operators that bind tighter than `least`.
    pub(super) fn ranked(&mut self, least: Rank) -> Read<Expr> {
        self.deeper(|reader| {
            let mut left = reader.prefix()?;
            let mut n_operators = 0;
            loop {
                n_operators += 1;
                if n_operators > MAX_CHAIN {
                    return Err(reader.refused("it chains too many operators"));
                }
                left = match reader.infix(left, least)? {
                    (found, true) => found,
                    (found, false) => return Ok(found),
                };
            }
        })
    }

    fn prefix(&mut self) -> Read<Expr> {
        let Some(token) = self.cursor.peek(0) else {
            return Err(self.cursor.expected("an expression"));
        };
        if token.kind == Kind::Word && self.cursor.is(0, "NOT") {
            self.cursor.at += 1;
            return Ok(Expr::Not(Box::new(self.ranked(NOT - 1)?)));
        }
        if token.kind != Kind::Operator {
            return self.primary();
        }
        let operator = self.cursor.of(token).to_owned();
        self.cursor.at += 1;
        match operator.as_str() {
            "-" => {
                let value = self.ranked(MINUS - 1)?;
                if let Expr::Number(digits) = &value
                    && !digits.starts_with('-')
                {
                    return Ok(Expr::Number(format!("-{digits}")));
                }
                Ok(Expr::Prefix(operator, Box::new(value)))
            }
            "+" => Ok(Expr::Prefix(operator, Box::new(self.ranked(MINUS - 1)?))),
            _ => Ok(Expr::Prefix(operator, Box::new(self.ranked(OTHER)?))),
        }
    }

    /// What follows an operand: the longer expression, and whether there was anything.
    fn infix(&mut self, left: Expr, least: Rank) -> Read<(Expr, bool)> {
        let Some(token) = self.cursor.peek(0) else { return Ok((left, false)) };
        match token.kind {
            Kind::Word => self.word_operator(left, least),
            Kind::Operator => {
                let operator = self.cursor.of(token);
                self.operator(left, operator, least)
            }
            Kind::Symbol(b'[') if least < POSTFIX => {
                self.cursor.at += 1;
                Ok((self.subscript(left)?, true))
            }
            Kind::Symbol(b'.') if least < POSTFIX && !self.is_operator(1, "*") => {
                self.cursor.at += 1;
                let field = self.cursor.ident("a field")?.name;
                Ok((Expr::Field(Box::new(left), field), true))
            }
            Kind::Quoted | Kind::Text | Kind::Number | Kind::Symbol(_) => Ok((left, false)),
        }
    }

    fn operator(&mut self, left: Expr, operator: &str, least: Rank) -> Read<(Expr, bool)> {
        let rank = match operator {
            "::" => {
                self.cursor.at += 1;
                let ty = types::read(&mut self.cursor)?.ty;
                return Ok((Expr::Cast(Box::new(left), ty), true));
            }
            "=>" | ":=" => return Ok((left, false)),
            "=" | "<" | ">" | "<=" | ">=" | "<>" | "!=" => COMPARE,
            "+" | "-" => ADD,
            "*" | "/" | "%" => MULTIPLY,
            "^" => POWER,
            _ => OTHER,
        };
        if rank <= least {
            return Ok((left, false));
        }
        self.cursor.at += 1;
        let operator = if operator == "!=" { "<>" } else { operator };
        let found = self.right_side(left, operator, rank)?;
        if rank == COMPARE && self.sees_comparison() {
            // They do not chain.
            return Err(self.cursor.expected("no second comparison"));
        }
        Ok((found, true))
    }

    fn sees_comparison(&self) -> bool {
        ["=", "<", ">", "<=", ">=", "<>", "!="].iter().any(|o| self.is_operator(0, o))
    }

    /// An operand, or ANY, SOME or ALL of an array or a query.
    fn right_side(&mut self, left: Expr, operator: &str, rank: Rank) -> Read<Expr> {
        let (left, operator) = (Box::new(left), operator.to_owned());
        let any = self.cursor.is_any(0, &["ANY", "SOME", "ALL"]) && self.cursor.is_symbol(1, b'(');
        if !any {
            return Ok(Expr::Infix(left, operator, Box::new(self.ranked(rank)?)));
        }
        self.cursor.at += 1;
        if self.sees_query(1) {
            let query = Box::new(self.parens(Self::query)?);
            return Ok(Expr::InQuery(left, operator, query));
        }
        let array = Box::new(self.parens(Self::expr)?);
        Ok(Expr::AnyOf(left, operator, array))
    }

    fn word_operator(&mut self, left: Expr, least: Rank) -> Read<(Expr, bool)> {
        for (word, name, rank) in [("AND", "AND", AND), ("OR", "OR", OR)] {
            if rank > least && self.cursor.eat(word) {
                let right = self.ranked(rank)?;
                return Ok((Expr::Logic(name, Box::new(left), Box::new(right)), true));
            }
        }
        if least < IS {
            if self.cursor.eat("ISNULL") || self.cursor.eat("NOTNULL") {
                return Ok((Expr::IsNull(Box::new(left)), true));
            }
            if self.cursor.eat("IS") {
                return Ok((self.is(left)?, true));
            }
        }
        if least < BETWEEN {
            let start = self.cursor.at;
            let negated = self.cursor.eat("NOT");
            if let Some(found) = self.between(&left, negated)? {
                return Ok((found, true));
            }
            self.cursor.at = start;
        }
        if least < AT && self.cursor.eat("AT TIME ZONE") {
            let zone = self.ranked(AT)?;
            return Ok((super::call::function("timezone", vec![zone, left]), true));
        }
        if least < COLLATE && self.cursor.eat("COLLATE") {
            self.name()?;
            return Ok((Expr::Collate(Box::new(left)), true));
        }
        if least < OTHER && self.cursor.is(0, "OPERATOR") && self.cursor.is_symbol(1, b'(') {
            return Err(self.refused("OPERATOR(…) is not looked into"));
        }
        if least < OTHER && self.cursor.eat("OVERLAPS") {
            let right = self.ranked(OTHER)?;
            return Ok((Expr::Opaque("OVERLAPS", vec![left, right]), true));
        }
        Ok((left, false))
    }

    /// What follows IS.
    fn is(&mut self, left: Expr) -> Read<Expr> {
        let _negated = self.cursor.eat("NOT");
        let left = Box::new(left);
        if self.cursor.eat("NULL") {
            return Ok(Expr::IsNull(left));
        }
        for (word, name) in [("TRUE", "IS TRUE"), ("FALSE", "IS FALSE"), ("UNKNOWN", "IS UNKNOWN")]
        {
            if self.cursor.eat(word) {
                return Ok(Expr::IsTrue(left, name));
            }
        }
        self.cursor.expect("DISTINCT FROM")?;
        Ok(Expr::IsDistinct(left, Box::new(self.ranked(IS)?)))
    }

    /// BETWEEN, IN, LIKE, ILIKE, SIMILAR TO; nothing where it is none of them.
    fn between(&mut self, left: &Expr, negated: bool) -> Read<Option<Expr>> {
        let boxed = || Box::new(left.clone());
        if self.cursor.eat("BETWEEN") {
            let _symmetric = self.cursor.eat("SYMMETRIC") || self.cursor.eat("ASYMMETRIC");
            let low = self.ranked(BETWEEN)?;
            self.cursor.expect("AND")?;
            let high = self.ranked(BETWEEN)?;
            return Ok(Some(Expr::Between(boxed(), Box::new(low), Box::new(high))));
        }
        if self.cursor.eat("IN") {
            if self.sees_query(1) && self.cursor.is_symbol(0, b'(') {
                let query = Box::new(self.parens(Self::query)?);
                return Ok(Some(Expr::InQuery(boxed(), "=".to_owned(), query)));
            }
            let list = self.parens(|r| r.list(Self::expr))?;
            return Ok(Some(Expr::In(boxed(), list, negated)));
        }
        for (word, plain, not) in [("LIKE", "~~", "!~~"), ("ILIKE", "~~*", "!~~*")] {
            if !self.cursor.eat(word) {
                continue;
            }
            let operator = if negated { not } else { plain };
            let found = self.right_side(left.clone(), operator, BETWEEN)?;
            return Ok(Some(self.escaped(found, "like_escape")?));
        }
        if self.cursor.eat("SIMILAR TO") {
            let operator = if negated { "!~" } else { "~" };
            let pattern = self.ranked(BETWEEN)?;
            let mut args = vec![pattern];
            if self.cursor.eat("ESCAPE") {
                args.push(self.ranked(BETWEEN)?);
            }
            let pattern = super::call::function("similar_to_escape", args);
            return Ok(Some(Expr::Infix(boxed(), operator.to_owned(), Box::new(pattern))));
        }
        Ok(None)
    }

    /// ESCAPE after a pattern.
    fn escaped(&mut self, found: Expr, function: &str) -> Read<Expr> {
        if !self.cursor.eat("ESCAPE") {
            return Ok(found);
        }
        let escape = self.ranked(BETWEEN)?;
        let Expr::Infix(left, operator, pattern) = found else {
            return Err(self.refused("ESCAPE after ANY"));
        };
        let pattern = super::call::function(function, vec![*pattern, escape]);
        Ok(Expr::Infix(left, operator, Box::new(pattern)))
    }

    fn subscript(&mut self, left: Expr) -> Read<Expr> {
        let mut parts = Vec::new();
        let mut slice = false;
        while !self.cursor.eat_symbol(b']') {
            if self.cursor.eat_symbol(b':') {
                slice = true;
            } else {
                parts.push(self.expr()?);
            }
        }
        Ok(Expr::Subscript(Box::new(left), parts, slice))
    }
}
