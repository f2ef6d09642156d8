//! `-- concertina:` comments as values with places. Must not know the schema.

use super::cursor::{Broken, Cursor, Placed, PlacedName, Read};
use super::split::HintLines;
use super::token::{Kind, Span, tokens};
use super::{expr, lookup, table, types};
use crate::expr::Expr;
use crate::name::QName;
use crate::schema::Column;

/// What hints there are, for who got one wrong.
pub(super) const GRAMMAR: &str = "hints are `rename users.name to full_name`, `rename table users to people`, `rename value mood 'sad' to 'blue'`, \
`split users.name into first_name text := split_part(name, ' ', 1), last_name text := split_part(name, ' ', 2) back first_name || ' ' || last_name`, \
`merge users.first, users.last into full_name text := first || ' ' || last back first := split_part(full_name, ' ', 1), last := split_part(full_name, ' ', 2)`, \
`merge table profiles into users`, `merge table profiles (bio, picture) into users`, \
`fill users.score := 0`, `extract orders.status into statuses (id bigint, name text) as status_id`, \
`move users.bio, users.picture to profiles (user_id, bio, picture)` for a new table, `move users.bio to profiles` for one that is there, `spread users.phone to phones (user_id, number)`";

/// A hint as written.
#[derive(Clone, Debug)]
pub(super) enum Written {
    /// `rename t.a to b`.
    RenameColumn { table: PlacedName, column: Placed, to: Placed },
    /// `rename table t to u`.
    RenameTable { table: PlacedName, to: Placed },
    /// `rename value mood 'sad' to 'blue'`.
    RenameLabel { ty: PlacedName, label: String, to: String },
    /// `fill t.c := value`.
    Fill { table: PlacedName, column: Placed, value: Expr },
    /// `extract t.c into u (id …, name …) as c_id`.
    Extract(Box<Extract>),
    /// `move t.a, t.b to u (t_id, a, b)`, `spread t.c to u (t_id, c)`.
    Spread(Box<Spread>),
    /// `move t.a, t.b to u`.
    Move(Box<Move>),
    /// `merge table t into u`, `merge table t (a, b) into u`.
    Merge(Box<Merge>),
    /// `split t.c into a text := …, b text := … back …`, `merge t.a, t.b into c text := … back …`.
    Reshape(Reshape),
}

/// A column that becomes a reference to a new table.
#[derive(Clone, Debug)]
pub(super) struct Extract {
    /// Table.
    pub(super) table: PlacedName,
    /// The column that goes.
    pub(super) column: Placed,
    /// The new table, with its key and the column that holds the values.
    pub(super) into: (PlacedName, Column, Column),
    /// The column that comes.
    pub(super) to: Placed,
}

/// Columns that become rows of a new table.
#[derive(Clone, Debug)]
pub(super) struct Spread {
    /// Table.
    pub(super) table: PlacedName,
    /// The columns that go.
    pub(super) columns: Vec<Placed>,
    /// The new table.
    pub(super) into: PlacedName,
    /// Its reference to the old one.
    pub(super) link: Placed,
    /// Its columns for the values, one each.
    pub(super) labels: Vec<Placed>,
    /// Whether there may be many rows a key.
    pub(super) many: bool,
}

/// Columns that go over to a table that is there.
#[derive(Clone, Debug)]
pub(super) struct Move {
    /// The table that they leave.
    pub(super) table: PlacedName,
    /// The columns, one at least.
    pub(super) columns: Vec<Placed>,
    /// The table that gets them.
    pub(super) into: PlacedName,
}

/// A table whose columns go over to another one.
#[derive(Clone, Debug)]
pub(super) struct Merge {
    /// The table that goes.
    pub(super) table: PlacedName,
    /// The columns that go over; all but keys, where none is named.
    pub(super) columns: Vec<Placed>,
    /// The table that gets them.
    pub(super) into: PlacedName,
}

/// Columns that go, columns that come, and both ways.
#[derive(Clone, Debug)]
pub(super) struct Reshape {
    /// Table.
    pub(super) table: PlacedName,
    /// Columns that go.
    pub(super) from: Vec<Placed>,
    /// Columns that come, over those that go.
    pub(super) into: Vec<(Column, Expr)>,
    /// Columns that go, over those that come, as far as stated.
    pub(super) back: Vec<(Placed, Expr)>,
}

/// A hint and its place.
#[derive(Clone, Debug)]
pub(super) struct PlacedHint {
    /// What it says.
    pub(super) written: Written,
    /// From its `--` to its last line's end.
    pub(super) span: Span,
}

/// Reads a hint: as many of its comment lines as make one, at least the first.
pub(super) fn read(text: &str, lines: &HintLines) -> Result<PlacedHint, Broken> {
    let mut first_error = None;
    for count in (1..=lines.lines.len().min(50)).rev() {
        let lines = lines.lines.get(..count).unwrap_or_default();
        let base = lines.first().map_or(0, |line| line.0);
        let end = lines.last().map_or(base, |line| line.1);
        let body = without_markers(text, lines);
        match read_body(&body) {
            Ok(mut written) => {
                shift(&mut written, base);
                return Ok(PlacedHint { written, span: (base, end) });
            }
            Err(broken) => {
                let span = (broken.span.0 + base, broken.span.1 + base);
                // What is wrong is best told from the first line alone.
                first_error = Some(Broken { span, ..broken });
            }
        }
    }
    Err(first_error.unwrap_or(Broken { span: (0, 0), message: "empty hint".to_owned() }))
}

/// The comment lines as one text of the same length, `--` and `concertina:` blanked.
fn without_markers(text: &str, lines: &[Span]) -> String {
    let mut body = String::new();
    let mut end = lines.first().map_or(0, |line| line.0);
    for (at, line) in lines.iter().enumerate() {
        body += text.get(end..line.0).unwrap_or_default();
        let line_text = text.get(line.0..line.1).unwrap_or_default();
        let marker = if at == 0 { line_text.find(':').map_or(2, |colon| colon + 1) } else { 2 };
        body += &" ".repeat(marker);
        body += line_text.get(marker..).unwrap_or_default();
        end = line.1;
    }
    body
}

fn read_body(body: &str) -> Read<Written> {
    let found = tokens(body).ok_or_else(|| Broken {
        span: (0, body.len()),
        message: "a string or comment in it is never closed".to_owned(),
    })?;
    let mut cursor = Cursor::new(body, &found, "public");
    if cursor.eat("RENAME TABLE") {
        let table = cursor.name("a table name")?;
        cursor.expect("TO")?;
        let to = cursor.strict_ident("a table name")?;
        cursor.end()?;
        return Ok(Written::RenameTable { table, to });
    }
    if cursor.sees("RENAME VALUE") && !cursor.is_symbol(2, b'.') {
        cursor.at += 2;
        let ty = cursor.name("an enum's name")?;
        let label = cursor.string()?;
        cursor.expect("TO")?;
        let to = cursor.string()?;
        cursor.end()?;
        return Ok(Written::RenameLabel { ty, label, to });
    }
    if cursor.eat("RENAME") {
        let (table, column) = column_of(&mut cursor)?;
        cursor.expect("TO")?;
        let to = cursor.strict_ident("a column name")?;
        cursor.end()?;
        return Ok(Written::RenameColumn { table, column, to });
    }
    if cursor.eat("FILL") {
        let (table, column) = column_of(&mut cursor)?;
        let from = cursor.at;
        let value = value(&mut cursor, |_| false)?;
        let text = cursor.slice(from + 1, cursor.at);
        cursor.end()?;
        let value = lookup::read(text).unwrap_or(value);
        return Ok(Written::Fill { table, column, value });
    }
    if cursor.sees("MERGE TABLE") && !cursor.is_symbol(2, b'.') {
        cursor.at += 2;
        return merge(&mut cursor);
    }
    if cursor.eat("SPLIT") || cursor.eat("MERGE") {
        return reshape(&mut cursor);
    }
    if cursor.eat("EXTRACT") {
        return extract(&mut cursor);
    }
    let many = cursor.is(0, "SPREAD");
    if cursor.eat("MOVE") || cursor.eat("SPREAD") {
        return spread(&mut cursor, many);
    }
    Err(cursor.expected("`rename`, `split`, `merge`, `extract`, `move`, `spread` or `fill`"))
}

/// `table.column` or `schema.table.column`.
fn column_of(cursor: &mut Cursor<'_>) -> Read<(PlacedName, Placed)> {
    let mut parts = vec![cursor.strict_ident("table.column")?];
    while cursor.eat_symbol(b'.') {
        parts.push(cursor.ident("a name")?);
    }
    let wrong = |cursor: &Cursor<'_>| cursor.expected("`.` and a column name");
    let (Some(column), Some(table)) = (parts.pop(), parts.pop()) else { return Err(wrong(cursor)) };
    let (name, start) = match (parts.pop(), parts.pop()) {
        (None, _) => (QName::new("public", table.name), table.span.0),
        (Some(schema), None) => (QName::new(schema.name, table.name), schema.span.0),
        (Some(_), Some(_)) => return Err(wrong(cursor)),
    };
    Ok((PlacedName { name, span: (start, table.span.1) }, column))
}

/// `:= expression`.
fn value(cursor: &mut Cursor<'_>, stop: impl Fn(&Cursor<'_>) -> bool) -> Read<Expr> {
    if !cursor.eat_operator(":=") {
        return Err(cursor.expected("`:=`"));
    }
    expression(cursor, stop)
}

fn expression(cursor: &mut Cursor<'_>, stop: impl Fn(&Cursor<'_>) -> bool) -> Read<Expr> {
    let (from, to) = cursor.skip_until(stop);
    if from == to {
        return Err(cursor.expected("an expression"));
    }
    expr::read_strictly(cursor.slice(from, to)).map_err(|error| Broken {
        span: cursor.span(from, to),
        message: format!("this is not an expression: {}", error.0),
    })
}

fn spread(cursor: &mut Cursor<'_>, many: bool) -> Read<Written> {
    let (table, columns) = columns_of(cursor)?;
    if let Some(other) = columns.get(1).filter(|_| many) {
        let message = "`spread` takes one column: rows of which each has several values are nobody's in particular";
        return Err(Broken { span: other.span, message: message.to_owned() });
    }
    cursor.expect("TO")?;
    let into = cursor.name("a table name")?;
    if !many && cursor.end().is_ok() {
        once(columns.iter())?;
        return Ok(Written::Move(Box::new(Move { table, columns, into })));
    }
    cursor.expect_symbol(b'(')?;
    let link = cursor.strict_ident("a column name")?;
    let mut labels = Vec::new();
    for _ in &columns {
        cursor.expect_symbol(b',')?;
        labels.push(cursor.strict_ident("a column name")?);
    }
    cursor.expect_symbol(b')')?;
    cursor.end()?;
    once(columns.iter())?;
    once([&link].into_iter().chain(&labels))?;
    Ok(Written::Spread(Box::new(Spread { table, columns, into, link, labels, many })))
}

/// Nothing is named twice.
fn once<'p>(names: impl Iterator<Item = &'p Placed>) -> Read<()> {
    let mut seen: Vec<&str> = Vec::new();
    for Placed { name, span } in names {
        if seen.contains(&name.as_str()) {
            let message = format!("`{name}` is named twice");
            return Err(Broken { span: *span, message });
        }
        seen.push(name);
    }
    Ok(())
}

/// `t.a, t.b`, of one table.
fn columns_of(cursor: &mut Cursor<'_>) -> Read<(PlacedName, Vec<Placed>)> {
    let (table, column) = column_of(cursor)?;
    let mut columns = vec![column];
    while cursor.eat_symbol(b',') {
        let (other, column) = column_of(cursor)?;
        if other.name != table.name {
            let message = format!("`{}` is of another table than `{}`", other.name, table.name);
            return Err(Broken { span: other.span, message });
        }
        columns.push(column);
    }
    Ok((table, columns))
}

fn merge(cursor: &mut Cursor<'_>) -> Read<Written> {
    let table = cursor.name("a table name")?;
    let mut columns = Vec::new();
    if cursor.eat_symbol(b'(') {
        columns.push(cursor.strict_ident("a column name")?);
        while cursor.eat_symbol(b',') {
            columns.push(cursor.strict_ident("a column name")?);
        }
        cursor.expect_symbol(b')')?;
    }
    cursor.expect("INTO")?;
    let into = cursor.name("a table name")?;
    cursor.end()?;
    once(columns.iter())?;
    Ok(Written::Merge(Box::new(Merge { table, columns, into })))
}

fn extract(cursor: &mut Cursor<'_>) -> Read<Written> {
    let (table, column) = column_of(cursor)?;
    cursor.expect("INTO")?;
    let name = cursor.name("a table name")?;
    cursor.expect_symbol(b'(')?;
    let key = new_column(cursor)?;
    cursor.expect_symbol(b',')?;
    let label = new_column(cursor)?;
    cursor.expect_symbol(b')')?;
    cursor.expect("AS")?;
    let to = cursor.strict_ident("a column name")?;
    cursor.end()?;
    Ok(Written::Extract(Box::new(Extract { table, column, into: (name, key, label), to })))
}

/// `name type`, NOT NULL.
fn new_column(cursor: &mut Cursor<'_>) -> Read<Column> {
    let name = cursor.strict_ident("a column name")?;
    let ty = types::read(cursor)?.ty;
    Ok(Column { not_null: true, ..Column::nullable(name.name, ty) })
}

fn reshape(cursor: &mut Cursor<'_>) -> Read<Written> {
    let (table, from) = columns_of(cursor)?;
    cursor.expect("INTO")?;
    let mut into = Vec::new();
    loop {
        let name = cursor.strict_ident("a column name")?;
        let ty = types::read(cursor)?.ty;
        let mut new = Column::nullable(name.name, ty);
        if cursor.eat("COLLATE") {
            new.collation = Some(table::collation(cursor)?);
        }
        if cursor.eat("NOT NULL") {
            new.not_null = true;
        } else {
            cursor.eat("NULL");
        }
        let value = value(cursor, |c| c.is_symbol(0, b',') || begins_back(c))?;
        into.push((new, value));
        if !cursor.eat_symbol(b',') {
            break;
        }
    }
    let back = if cursor.eat("BACK") { back(cursor, &from)? } else { Vec::new() };
    cursor.end()?;
    Ok(Written::Reshape(Reshape { table, from, into, back }))
}

/// `back a := …, b := …`; the one column's value alone, where only one goes.
fn back(cursor: &mut Cursor<'_>, from: &[Placed]) -> Read<Vec<(Placed, Expr)>> {
    let named = (Cursor { at: cursor.at + 1, ..*cursor }).eat_operator(":=");
    if let ([only], false) = (from, named) {
        return Ok(vec![(only.clone(), expression(cursor, |_| false)?)]);
    }
    let mut back = Vec::new();
    loop {
        let column = cursor.strict_ident("a column that goes")?;
        back.push((column, value(cursor, |c| c.is_symbol(0, b','))?));
        if !cursor.eat_symbol(b',') {
            return Ok(back);
        }
    }
}

/// The keyword, not a column called `back`: something must stand before it that ends a value.
fn begins_back(cursor: &Cursor<'_>) -> bool {
    let before = cursor.at.checked_sub(1).and_then(|at| cursor.tokens.get(at));
    cursor.is(0, "BACK")
        && cursor.peek(1).is_some()
        && before.is_some_and(|t| {
            !matches!(t.kind, Kind::Operator) && !matches!(t.kind, Kind::Symbol(b'(' | b',' | b'.'))
        })
}

fn shift(written: &mut Written, base: usize) {
    let move_by = |span: &mut Span| *span = (span.0 + base, span.1 + base);
    match written {
        Written::RenameColumn { table, column, to } => {
            move_by(&mut table.span);
            move_by(&mut column.span);
            move_by(&mut to.span);
        }
        Written::RenameTable { table, to } => {
            move_by(&mut table.span);
            move_by(&mut to.span);
        }
        Written::RenameLabel { ty, label: _, to: _ } => move_by(&mut ty.span),
        Written::Fill { table, column, value: _ } => {
            move_by(&mut table.span);
            move_by(&mut column.span);
        }
        Written::Spread(spread) => {
            let Spread { table, columns, into, link, labels, many: _ } = spread.as_mut();
            for span in [&mut table.span, &mut into.span, &mut link.span] {
                move_by(span);
            }
            columns.iter_mut().chain(labels).for_each(|column| move_by(&mut column.span));
        }
        Written::Move(moved) => {
            let Move { table, columns, into } = moved.as_mut();
            move_by(&mut table.span);
            columns.iter_mut().for_each(|column| move_by(&mut column.span));
            move_by(&mut into.span);
        }
        Written::Merge(merge) => {
            let Merge { table, columns, into } = merge.as_mut();
            move_by(&mut table.span);
            columns.iter_mut().for_each(|column| move_by(&mut column.span));
            move_by(&mut into.span);
        }
        Written::Extract(extract) => {
            let Extract { table, column, into: (name, _, _), to } = extract.as_mut();
            move_by(&mut table.span);
            move_by(&mut column.span);
            move_by(&mut name.span);
            move_by(&mut to.span);
        }
        Written::Reshape(Reshape { table, from, into: _, back }) => {
            move_by(&mut table.span);
            from.iter_mut().for_each(|column| move_by(&mut column.span));
            back.iter_mut().for_each(|(column, _)| move_by(&mut column.span));
        }
    }
}
