//! What operators stand between: literals, names, calls, and the forms that look like calls.

use super::Reader;
use super::text;
use crate::queries::ast::{Call, Expr, Over, Window};
use crate::sql::cursor::{Read, is_reserved};
use crate::sql::token::Kind;
use crate::sql::types;

/// Functions without parentheses, and their types.
const KEYWORDS: &[(&str, &str)] = &[
    ("current_catalog", "name"),
    ("current_date", "date"),
    ("current_role", "name"),
    ("current_schema", "name"),
    ("current_time", "time with time zone"),
    ("current_timestamp", "timestamp with time zone"),
    ("current_user", "name"),
    ("localtime", "time without time zone"),
    ("localtimestamp", "timestamp without time zone"),
    ("session_user", "name"),
    ("user", "name"),
];

/// A call of a built-in function that has a syntax of its own.
pub(super) fn function(name: &str, args: Vec<Expr>) -> Expr {
    let name = vec!["pg_catalog".to_owned(), name.to_owned()];
    Expr::Call(Box::new(Call { name, args, ..Call::default() }))
}

impl Reader<'_> {
    /// An operand.
    pub(super) fn primary(&mut self) -> Read<Expr> {
        let Some(token) = self.cursor.peek(0) else {
            return Err(self.cursor.expected("an expression"));
        };
        let text = self.cursor.of(token);
        match token.kind {
            Kind::Number => {
                self.cursor.at += 1;
                Ok(Expr::Number(text.replace('_', "")))
            }
            Kind::Text => {
                self.cursor.at += 1;
                if text.starts_with(['b', 'B', 'x', 'X']) {
                    return Ok(Expr::Bits);
                }
                let value = text::value(text);
                value.map(Expr::Text).ok_or_else(|| self.refused("an escape in a string"))
            }
            Kind::Symbol(b'$') => self.param(),
            Kind::Symbol(b'(') => self.parenthesised(),
            Kind::Quoted => self.named(),
            Kind::Word => self.word(),
            Kind::Symbol(_) | Kind::Operator => Err(self.cursor.expected("an expression")),
        }
    }

    /// `$1`.
    fn param(&mut self) -> Read<Expr> {
        let number = self.cursor.peek(1).filter(|t| {
            t.kind == Kind::Number
                && self.cursor.peek(0).is_some_and(|dollar| dollar.end == t.start)
        });
        let number = number.and_then(|t| self.cursor.of(t).parse::<u16>().ok()).filter(|n| *n > 0);
        let Some(number) = number else { return Err(self.cursor.expected("an expression")) };
        self.cursor.at += 2;
        Ok(Expr::Param(number))
    }

    fn parenthesised(&mut self) -> Read<Expr> {
        let start = self.cursor.at;
        if self.sees_query(1) {
            match self.parens(Self::query) {
                Ok(query) => return Ok(Expr::Subquery(Box::new(query))),
                // `((SELECT …) + 1)`.
                Err(broken) => {
                    self.cursor.at = start;
                    if !self.cursor.is_symbol(1, b'(') {
                        return Err(broken);
                    }
                }
            }
        }
        let mut parts = self.parens(|r| r.list(Self::expr))?;
        Ok(if parts.len() == 1 { parts.remove(0) } else { Expr::Row(parts) })
    }

    fn word(&mut self) -> Read<Expr> {
        if self.cursor.eat("DEFAULT") {
            return Ok(Expr::Default);
        }
        if let Some(found) = self.constant() {
            return Ok(found);
        }
        if let Some(found) = self.special()? {
            return Ok(found);
        }
        if let Some(found) = self.typed_literal()? {
            return Ok(found);
        }
        self.named()
    }

    fn constant(&mut self) -> Option<Expr> {
        for (word, value) in
            [("NULL", Expr::Null), ("TRUE", Expr::Bool(true)), ("FALSE", Expr::Bool(false))]
        {
            if self.cursor.eat(word) {
                return Some(value);
            }
        }
        let (name, ty) = KEYWORDS.iter().find(|(word, _)| self.cursor.is(0, word))?;
        self.cursor.at += 1;
        if self.cursor.is_symbol(0, b'(') && name.contains("time") {
            // A precision.
            self.cursor.parens().ok()?;
        }
        Some(Expr::Keyword(name, ty))
    }

    /// Forms that begin with a keyword.
    fn special(&mut self) -> Read<Option<Expr>> {
        if self.cursor.eat("CASE") {
            return self.case().map(Some);
        }
        if self.cursor.is(0, "ARRAY") && self.cursor.is_symbol(1, b'[') {
            self.cursor.at += 1;
            return self.array().map(Some);
        }
        if !self.cursor.is_symbol(1, b'(') {
            return Ok(None);
        }
        let Some(token) = self.cursor.peek(0) else { return Ok(None) };
        let word = self.cursor.of(token).to_ascii_lowercase();
        self.cursor.at += 1;
        let found = match word.as_str() {
            "cast" => self.parens(|r| {
                let value = r.expr()?;
                r.cursor.expect("AS")?;
                Ok(Expr::Cast(Box::new(value), types::read(&mut r.cursor)?.ty))
            })?,
            "exists" => Expr::Exists(Box::new(self.parens(Self::query)?)),
            "array" => Expr::ArrayQuery(Box::new(self.parens(Self::query)?)),
            "coalesce" => Expr::Common("COALESCE", self.arguments()?),
            "greatest" => Expr::Common("GREATEST", self.arguments()?),
            "least" => Expr::Common("LEAST", self.arguments()?),
            "nullif" => self.null_if()?,
            "grouping" => Expr::Grouping(self.arguments()?),
            "row" => {
                let empty = self.cursor.is_symbol(1, b')');
                if empty {
                    self.cursor.at += 2;
                    Expr::Row(Vec::new())
                } else {
                    Expr::Row(self.arguments()?)
                }
            }
            "extract" => self.extract()?,
            "substring" => self.substring()?,
            "trim" => self.trim()?,
            "position" => self.position()?,
            "overlay" => self.overlay()?,
            _ => {
                self.cursor.at -= 1;
                return Ok(None);
            }
        };
        Ok(Some(found))
    }

    fn arguments(&mut self) -> Read<Vec<Expr>> {
        self.parens(|r| r.list(Self::expr))
    }

    fn null_if(&mut self) -> Read<Expr> {
        let mut args = self.arguments()?.into_iter();
        match (args.next(), args.next(), args.next()) {
            (Some(a), Some(b), None) => Ok(Expr::NullIf(Box::new(a), Box::new(b))),
            _ => Err(self.cursor.expected("two arguments")),
        }
    }

    fn case(&mut self) -> Read<Expr> {
        let operand = if self.cursor.is(0, "WHEN") { None } else { Some(Box::new(self.expr()?)) };
        let mut arms = Vec::new();
        while self.cursor.eat("WHEN") {
            let when = self.expr()?;
            self.cursor.expect("THEN")?;
            arms.push((when, self.expr()?));
        }
        let otherwise = if self.cursor.eat("ELSE") { Some(Box::new(self.expr()?)) } else { None };
        self.cursor.expect("END")?;
        Ok(Expr::Case(operand, arms, otherwise))
    }

    /// `[…]` of an array; arrays in it may leave the word out.
    fn array(&mut self) -> Read<Expr> {
        self.cursor.expect_symbol(b'[')?;
        if self.cursor.eat_symbol(b']') {
            return Ok(Expr::Array(Vec::new()));
        }
        let parts = self.deeper(|r| {
            r.list(|r| if r.cursor.is_symbol(0, b'[') { r.array() } else { r.expr() })
        })?;
        self.cursor.expect_symbol(b']')?;
        Ok(Expr::Array(parts))
    }

    fn extract(&mut self) -> Read<Expr> {
        self.parens(|r| {
            let field = match r.cursor.peek(0) {
                Some(t) if t.kind == Kind::Text => r.primary()?,
                _ => Expr::Text(r.cursor.ident("a field")?.name),
            };
            r.cursor.expect("FROM")?;
            Ok(function("extract", vec![field, r.expr()?]))
        })
    }

    fn substring(&mut self) -> Read<Expr> {
        self.parens(|r| {
            let mut args = vec![r.expr()?];
            while r.cursor.eat_symbol(b',') {
                args.push(r.expr()?);
            }
            if args.len() > 1 {
                let name = vec!["substring".to_owned()];
                return Ok(Expr::Call(Box::new(Call { name, args, ..Call::default() })));
            }
            if r.cursor.is(0, "SIMILAR") {
                return Err(r.refused("SUBSTRING … SIMILAR is not looked into"));
            }
            if r.cursor.eat("FROM") {
                args.push(r.expr()?);
            }
            if r.cursor.eat("FOR") {
                if args.len() == 1 {
                    args.push(Expr::Number("1".to_owned()));
                }
                args.push(r.expr()?);
            }
            Ok(function("substring", args))
        })
    }

    fn trim(&mut self) -> Read<Expr> {
        self.parens(|r| {
            let name = if r.cursor.eat("LEADING") {
                "ltrim"
            } else if r.cursor.eat("TRAILING") {
                "rtrim"
            } else {
                r.cursor.eat("BOTH");
                "btrim"
            };
            let mut args = if r.cursor.is(0, "FROM") { Vec::new() } else { r.list(Self::expr)? };
            if r.cursor.eat("FROM") {
                let mut from = r.list(Self::expr)?;
                from.append(&mut args);
                args = from;
            }
            Ok(function(name, args))
        })
    }

    fn position(&mut self) -> Read<Expr> {
        self.parens(|r| {
            // Nothing binds looser than IN here.
            let part = r.ranked(6)?;
            r.cursor.expect("IN")?;
            Ok(function("position", vec![r.expr()?, part]))
        })
    }

    fn overlay(&mut self) -> Read<Expr> {
        self.parens(|r| {
            let mut args = vec![r.expr()?];
            for word in ["PLACING", "FROM", "FOR"] {
                if r.cursor.eat(word) {
                    args.push(r.expr()?);
                }
            }
            Ok(function("overlay", args))
        })
    }

    /// `date '…'`, `timestamp with time zone '…'`, `interval '1' day`.
    fn typed_literal(&mut self) -> Read<Option<Expr>> {
        const LONG: &[&str] =
            &["timestamp", "time", "interval", "double", "character", "bit", "national", "numeric"];
        let follows = self.cursor.peek(1).is_some_and(|t| t.kind == Kind::Text);
        if !follows && !self.cursor.is_any(0, LONG) {
            return Ok(None);
        }
        let start = self.cursor.at;
        if let Ok(found) = types::read(&mut self.cursor)
            && self.cursor.peek(0).is_some_and(|t| t.kind == Kind::Text)
        {
            let value = self.primary()?;
            const UNITS: &[&str] = &["year", "month", "day", "hour", "minute", "second"];
            while found.ty.as_str() == "interval" && self.cursor.is_any(0, UNITS) {
                self.cursor.at += 1;
                self.cursor.eat("TO");
            }
            return Ok(Some(Expr::Cast(Box::new(value), found.ty)));
        }
        self.cursor.at = start;
        Ok(None)
    }

    /// A column, or a function.
    fn named(&mut self) -> Read<Expr> {
        let function_word = self.cursor.peek(0).filter(|t| t.kind == Kind::Word).is_some_and(|t| {
            self.cursor.is_symbol(1, b'(')
                && matches!(self.cursor.of(t).to_ascii_lowercase().as_str(), "left" | "right")
        });
        let name =
            if function_word { vec![self.cursor.ident("a function")?.name] } else { self.name()? };
        if self.cursor.is_symbol(0, b'(') {
            return Ok(Expr::Call(Box::new(self.call(name)?)));
        }
        Ok(Expr::Column(name))
    }

    /// `( … )` of a call and what follows it.
    pub(super) fn call(&mut self, name: Vec<String>) -> Read<Call> {
        let mut call = Call { name, ..Call::default() };
        self.deeper(|r| r.parens(|r| r.call_arguments(&mut call)))?;
        if self.cursor.eat("WITHIN GROUP") {
            call.within = self.parens(|r| {
                r.cursor.expect("ORDER BY")?;
                r.sort_keys()
            })?;
        }
        if self.cursor.sees("FILTER") && self.cursor.is_symbol(1, b'(') {
            self.cursor.at += 1;
            call.filter = Some(self.parens(|r| {
                r.cursor.expect("WHERE")?;
                r.expr()
            })?);
        }
        if self.cursor.eat("OVER") {
            call.over = Some(if self.cursor.is_symbol(0, b'(') {
                Over::Window(self.window()?)
            } else {
                Over::Named(self.cursor.strict_ident("a window")?.name)
            });
        }
        Ok(call)
    }

    fn call_arguments(&mut self, call: &mut Call) -> Read<()> {
        if self.cursor.eat_operator("*") {
            call.star = true;
            return Ok(());
        }
        if self.cursor.is_symbol(0, b')') {
            return Ok(());
        }
        call.distinct = self.cursor.eat("DISTINCT");
        self.cursor.eat("ALL");
        loop {
            if self.cursor.eat("VARIADIC") {
                call.special = true;
            }
            call.args.push(self.argument()?);
            if self.cursor.eat_operator("=>") || self.cursor.eat_operator(":=") {
                call.special = true;
                call.args.pop();
                call.args.push(self.expr()?);
            }
            if !self.cursor.eat_symbol(b',') {
                break;
            }
        }
        if self.cursor.eat("ORDER BY") {
            call.order_by = self.sort_keys()?;
        }
        Ok(())
    }

    /// `t.*` as an argument is the row.
    fn argument(&mut self) -> Read<Expr> {
        let value = self.expr()?;
        if self.cursor.is_symbol(0, b'.') && self.is_operator(1, "*") {
            self.cursor.at += 2;
            if matches!(value, Expr::Column(_)) {
                return Ok(value);
            }
            return Err(self.refused("fields of a row as arguments are not looked into"));
        }
        Ok(value)
    }

    /// `(PARTITION BY … ORDER BY …)`.
    pub(super) fn window(&mut self) -> Read<Window> {
        self.parens(|r| {
            let mut window = Window::default();
            let is_name = r.cursor.peek(0).is_some_and(|t| {
                matches!(t.kind, Kind::Word | Kind::Quoted) && !is_reserved(r.cursor.of(t))
            });
            const CLAUSES: &[&str] = &["PARTITION", "RANGE", "ROWS", "GROUPS"];
            if is_name && !r.cursor.is_any(0, CLAUSES) {
                window.base = Some(r.cursor.ident("a window")?.name);
            }
            if r.cursor.eat("PARTITION BY") {
                window.partition_by = r.list(Self::expr)?;
            }
            if r.cursor.eat("ORDER BY") {
                window.order_by = r.sort_keys()?;
            }
            let (from, to) = r.cursor.skip_until(|_| false);
            let frame = r.cursor.slice(from, to).to_ascii_lowercase();
            // `1 PRECEDING`: a number of any type that fits.
            let plain = |word: &str| {
                matches!(
                    word,
                    "range"
                        | "rows"
                        | "groups"
                        | "between"
                        | "unbounded"
                        | "preceding"
                        | "and"
                        | "current"
                        | "row"
                        | "following"
                        | "exclude"
                        | "no"
                        | "others"
                        | "ties"
                        | "group"
                )
            };
            window.offsets = !frame.split_whitespace().all(plain);
            Ok(window)
        })
    }
}
