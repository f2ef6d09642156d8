//! A block of plpgsql that is run once, by DO or as a function that is called: what it does, as
//! statements. Must not know what these mean.

use super::cursor::Cursor;
use super::query::text::value;
use super::token::{self, Kind};
use crate::schema::{ObjectId, ObjectKind, Schema};

/// What a block does, in order.
#[derive(Debug, Default)]
pub(super) struct Block {
    /// Its statements, but those about rows.
    pub(super) statements: Vec<Done>,
    /// Whether there are any about rows.
    pub(super) rows: bool,
    /// Conditions that are about something else than what is there already.
    pub(super) assumed: Vec<String>,
}

/// A statement of a block.
#[derive(Debug)]
pub(super) struct Done {
    pub(super) sql: String,
    /// Whether it is left out where it does not fit.
    pub(super) guarded: bool,
}

/// What the statement at the cursor runs, where it is a block that can be read.
pub(super) fn run(cursor: &Cursor<'_>, schema: &Schema) -> Option<Block> {
    let mut cursor = Cursor { at: 0, ..*cursor };
    if cursor.eat("DO") {
        let (mut body, mut is_ours) = (None, true);
        while !cursor.done() {
            if cursor.eat("LANGUAGE") {
                is_ours = language(&mut cursor);
            } else {
                body = Some(text(&mut cursor)?);
            }
        }
        return read(&body.filter(|_| is_ours)?);
    }
    if !cursor.eat("SELECT") && !cursor.eat("CALL") {
        return None;
    }
    let name = cursor.name("a routine's name").ok()?.name;
    let called = cursor.eat_symbol(b'(') && cursor.eat_symbol(b')') && cursor.done();
    let id = ObjectId::new(ObjectKind::Routine, format!("{name}()"));
    read(&body_of(schema.objects.get(&id).filter(|_| called)?.make.first()?)?)
}

/// The body of a routine in plpgsql.
fn body_of(make: &str) -> Option<String> {
    let tokens = token::tokens(make)?;
    let mut cursor = Cursor::new(make, &tokens, "public");
    let (mut body, mut is_ours) = (None, false);
    while !cursor.done() {
        if cursor.eat("LANGUAGE") {
            is_ours = language(&mut cursor);
        } else if cursor.eat("AS") {
            body = text(&mut cursor);
        } else {
            cursor.at += 1;
        }
    }
    body.filter(|_| is_ours)
}

fn language(cursor: &mut Cursor<'_>) -> bool {
    cursor.eat("plpgsql") || cursor.string().is_ok_and(|name| name.eq_ignore_ascii_case("plpgsql"))
}

/// A string, in whatever quotes.
fn text(cursor: &mut Cursor<'_>) -> Option<String> {
    let token = cursor.peek(0).filter(|token| token.kind == Kind::Text)?;
    cursor.at += 1;
    value(cursor.of(token))
}

fn read(body: &str) -> Option<Block> {
    let tokens = token::tokens(body)?;
    let cursor = Cursor::new(body, &tokens, "public");
    let catches = (0..tokens.len()).any(|at| Cursor { at, ..cursor }.sees("EXCEPTION WHEN"));
    let mut reader = Reader {
        cursor,
        block: Block::default(),
        guards: Vec::new(),
        loops: 0,
        branches: false,
        catches,
    };
    if reader.cursor.eat("DECLARE") {
        while !reader.cursor.sees("BEGIN") {
            reader.pass()?;
        }
    }
    reader.cursor.eat("BEGIN").then_some(())?;
    let mut blocks = 1_usize;
    while blocks > 0 {
        if reader.cursor.eat("BEGIN") {
            blocks += 1;
        } else if reader.cursor.sees("END") && !reader.cursor.is_any(1, &["IF", "LOOP"]) {
            blocks -= 1;
            reader.cursor.at += 1;
            reader.cursor.eat_symbol(b';');
        } else {
            reader.statement()?;
        }
    }
    reader.cursor.done().then_some(reader.block)
}

struct Reader<'a> {
    cursor: Cursor<'a>,
    block: Block,
    /// The conditions that what comes next is under.
    guards: Vec<Guard>,
    /// How many loops.
    loops: usize,
    /// Whether what comes next is one of several ways to go.
    branches: bool,
    /// Whether what comes next may be left out without an error: one is caught, or the block has ended.
    catches: bool,
}

/// A condition.
struct Guard {
    /// Whether it is about what is there already.
    is_there: bool,
    /// Whether any of its branches so far does something.
    does: bool,
    /// Whether what comes next is done where something is not there.
    otherwise: bool,
}

impl Reader<'_> {
    fn statement(&mut self) -> Option<()> {
        let cursor = &mut self.cursor;
        if cursor.eat("IF") {
            let (from, to) = cursor.skip_until(|c| c.is(0, "THEN"));
            let is_there = self.guard(from, to)?;
            self.guards.push(Guard { is_there, does: false, otherwise: false });
            self.cursor.eat("THEN").then_some(())
        } else if cursor.eat("ELSIF") || cursor.eat("ELSEIF") {
            cursor.skip_until(|c| c.is(0, "THEN"));
            self.other_branch();
            self.cursor.eat("THEN").then_some(())
        } else if cursor.eat("ELSE") {
            self.other_branch();
            Some(())
        } else if cursor.eat("END IF") {
            self.guards.pop()?;
            self.branches &= !self.guards.is_empty();
            self.end()
        } else if cursor.eat("EXCEPTION") {
            self.already_there()
        } else if cursor.is_any(0, &["FOR", "WHILE", "LOOP"]) {
            cursor.skip_until(|c| c.is(0, "LOOP"));
            self.loops += 1;
            self.cursor.eat("LOOP").then_some(())
        } else if cursor.eat("END LOOP") {
            self.loops = self.loops.checked_sub(1)?;
            self.end()
        } else if cursor.eat("RETURN") {
            // What comes after it is run where this is not.
            self.catches |= !self.guards.is_empty();
            self.pass()
        } else if self.is_silent() {
            // An error is the end of it.
            let ends = self.cursor.sees("RAISE EXCEPTION");
            self.guards.iter_mut().for_each(|guard| guard.does |= ends);
            self.pass()
        } else {
            self.does()
        }
    }

    /// A branch after others. Where these do nothing, it is what is done where something is not there.
    fn other_branch(&mut self) {
        let Some(guard) = self.guards.last_mut() else { return };
        self.branches |= guard.does || !guard.is_there;
        guard.otherwise = true;
    }

    /// Whether a condition is about what is there already: it holds where the statements fit. None where
    /// it asks how many there are.
    fn guard(&mut self, from: usize, to: usize) -> Option<bool> {
        const WORDS: [&str; 5] = ["EXISTS", "IS NULL", "IS NOT NULL", "PG_", "INFORMATION_SCHEMA"];
        let condition = self.cursor.flat(from, to);
        let upper = condition.to_ascii_uppercase();
        let is_guard = WORDS.iter().any(|word| upper.contains(word));
        let here = self.cursor;
        let many = |at: usize| {
            let number = Cursor { at, ..here }.peek(0).filter(|t| t.kind == Kind::Number);
            number.is_some_and(|token| !matches!(here.of(token), "0" | "1"))
        };
        if is_guard && upper.contains("COUNT") && (from..to).any(many) {
            return None;
        }
        if !is_guard {
            self.block.assumed.push(condition);
        }
        Some(is_guard)
    }

    /// Whether it is about nothing but the block itself, or tells somebody something.
    fn is_silent(&self) -> bool {
        let cursor = &self.cursor;
        let words = ["RAISE", "NOTIFY", "NULL", "EXIT", "CONTINUE", "GET", "ASSERT"];
        let into = |c: &Cursor<'_>| c.is(0, "INTO") || c.is_symbol(0, b';');
        let mut ahead = *cursor;
        ahead.skip_until(into);
        // A variable, or a field of one.
        let at = if cursor.is_symbol(1, b'.') { 3 } else { 1 };
        let assigns = cursor.peek(at).is_some_and(|token| matches!(cursor.of(token), ":=" | "="));
        cursor.is_any(0, &words) || assigns || (cursor.is(0, "SELECT") && ahead.is(0, "INTO"))
    }

    /// A statement of SQL.
    fn does(&mut self) -> Option<()> {
        let rows = ["INSERT", "UPDATE", "DELETE", "WITH", "MERGE"];
        let guarded = self.catches || self.guards.iter().any(|guard| guard.is_there);
        self.guards.iter_mut().for_each(|guard| guard.does = true);
        if self.cursor.is_any(0, &rows) {
            self.block.rows = true;
            return self.pass();
        }
        // In a loop it would be another one each time.
        (self.loops == 0 && !self.branches).then_some(())?;
        let sql = if self.cursor.eat("EXECUTE") {
            text(&mut self.cursor)?
        } else {
            let makes = ["CREATE", "ALTER", "DROP", "COMMENT", "GRANT", "REVOKE"];
            self.cursor.is_any(0, &makes).then_some(())?;
            let takes_away = ["DROP", "REVOKE"].iter().any(|word| self.cursor.is(0, word));
            (!takes_away || self.guards.iter().all(|guard| !guard.otherwise)).then_some(())?;
            let (from, to) = self.cursor.skip_until(|c| c.is_symbol(0, b';'));
            self.cursor.slice(from, to).to_owned()
        };
        self.block.statements.push(Done { sql, guarded });
        self.end()
    }

    /// Passes what is left of a statement.
    fn pass(&mut self) -> Option<()> {
        self.cursor.skip_until(|c| c.is_symbol(0, b';'));
        self.end()
    }

    fn end(&mut self) -> Option<()> {
        self.cursor.eat_symbol(b';').then_some(())
    }

    /// `WHEN duplicate_object THEN NULL;`, or a notice in place of nothing.
    fn already_there(&mut self) -> Option<()> {
        while self.cursor.eat("WHEN") {
            let (from, to) = self.cursor.skip_until(|c| c.is(0, "THEN"));
            let caught = self.cursor.flat(from, to).to_ascii_lowercase();
            (caught.split(" or ").all(is_about_what_is_there) && self.cursor.eat("THEN"))
                .then_some(())?;
            (self.cursor.is(0, "NULL") || self.cursor.sees("RAISE NOTICE")).then_some(())?;
            self.pass()?;
        }
        Some(())
    }
}

/// Of a label that has its new name already PostgreSQL says that the parameter is invalid.
fn is_about_what_is_there(caught: &str) -> bool {
    let caught = caught.trim();
    caught.starts_with("duplicate_")
        || caught.starts_with("undefined_")
        || ["invalid_parameter_value", "invalid_table_definition", "others"].contains(&caught)
}
