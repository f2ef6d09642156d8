//! Files of points: why, a schema, a change, rows, and statements with what they leave. Reads them;
//! runs nothing.

use planner::expr::Expr;
use planner::name::quote;

/// A file.
#[derive(Clone, Debug, Default)]
pub(super) struct Points {
    pub(super) schema: String,
    pub(super) change: String,
    /// Rows before the plan.
    pub(super) rows: String,
    /// Steps are run to the one whose operation contains this.
    pub(super) until: String,
    pub(super) table: String,
    /// What is looked at: the key first, then both sides.
    pub(super) columns: Vec<String>,
    /// Whether the model knows the types.
    pub(super) modelled: bool,
    pub(super) points: Vec<Point>,
}

/// Statements, and the rows that differ from before: `key | old | new`, or one SQLSTATE.
#[derive(Clone, Debug, Default)]
pub(super) struct Point {
    pub(super) title: String,
    /// What another client of the same connection has run before.
    pub(super) session: Vec<String>,
    pub(super) acts: Vec<Act>,
    pub(super) want: Vec<String>,
}

/// A statement.
#[derive(Clone, Debug)]
pub(super) enum Act {
    /// `insert a = 1; b = NULL`.
    Insert(Vec<Given>),
    /// `update 1: a = b`: of the row with that key.
    Update(String, Vec<Given>),
    /// `sql …`, which the model does not know.
    Sql(String),
}

/// `column = value`; the value as SQL: NULL, DEFAULT, a number, a text, or a column.
#[derive(Clone, Debug)]
pub(super) struct Given {
    column: String,
    value: String,
}

impl Given {
    fn parse(text: &str) -> Result<Self, String> {
        let (column, value) = text.split_once(" = ").ok_or(format!("`{text}` is no `c = v`"))?;
        Ok(Self { column: column.trim().to_owned(), value: value.trim().to_owned() })
    }

    /// As the model has it; `None` for DEFAULT.
    pub(super) fn expr(&self) -> Option<(String, Expr)> {
        let value = match self.value.as_str() {
            "DEFAULT" => return None,
            "NULL" => Expr::Null,
            value if value.parse::<i64>().is_ok() => Expr::Number(value.to_owned()),
            value => match value.strip_prefix('\'').and_then(|v| v.strip_suffix('\'')) {
                Some(text) => Expr::Text(text.to_owned()),
                None => Expr::column(value),
            },
        };
        Some((self.column.clone(), value))
    }
}

/// What a row holds, as the server prints it.
pub(super) fn stored_expr(text: &str) -> Expr {
    match text {
        "NULL" => Expr::Null,
        text => Expr::Text(text.to_owned()),
    }
}

impl Act {
    fn parse(line: &str) -> Result<Self, String> {
        let given = |text: &str| text.split("; ").map(Given::parse).collect::<Result<Vec<_>, _>>();
        if let Some(sql) = line.strip_prefix("sql ") {
            return Ok(Self::Sql(sql.to_owned()));
        }
        if let Some(text) = line.strip_prefix("insert ") {
            return Ok(Self::Insert(given(text)?));
        }
        let (key, text) = line
            .strip_prefix("update ")
            .and_then(|rest| rest.split_once(": "))
            .ok_or(format!("`{line}` is no insert, update or sql"))?;
        Ok(Self::Update(key.to_owned(), given(text)?))
    }

    pub(super) fn sql(&self, table: &str) -> String {
        match self {
            Self::Sql(sql) => sql.clone(),
            Self::Insert(given) => {
                let columns: Vec<String> = given.iter().map(|g| quote(&g.column)).collect();
                let values: Vec<&str> = given.iter().map(|g| g.value.as_str()).collect();
                format!(
                    "INSERT INTO {table} ({}) VALUES ({})",
                    columns.join(", "),
                    values.join(", ")
                )
            }
            Self::Update(key, given) => {
                let set: Vec<String> =
                    given.iter().map(|g| format!("{} = {}", quote(&g.column), g.value)).collect();
                format!("UPDATE {table} SET {} WHERE id = {key}", set.join(", "))
            }
        }
    }
}

impl Points {
    /// Reads a file: free text, then `--- section`s, the last one `points`.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut file = Self { modelled: true, ..Self::default() };
        let mut sections = text.split("\n--- ");
        if sections.next().is_none_or(|why| why.trim().is_empty()) {
            return Err("the file does not say why it is there".to_owned());
        }
        for section in sections {
            let (name, body) = section.split_once('\n').unwrap_or((section, ""));
            let body = body.trim().to_owned();
            match name {
                "schema" => file.schema = body,
                "change" => file.change = body,
                "rows" => file.rows = body,
                "until" => file.until = body,
                "table" => file.table = body,
                "columns" => file.columns = body.split(", ").map(str::to_owned).collect(),
                "not modelled" => file.modelled = false,
                "points" => file.points = points(&body)?,
                other => return Err(format!("no section `{other}`")),
            }
        }
        if file.points.is_empty() || file.until.is_empty() || file.columns.is_empty() {
            return Err("a section is missing".to_owned());
        }
        Ok(file)
    }

    /// Asks for every row.
    pub(super) fn select(&self) -> String {
        let texts: Vec<String> =
            self.columns.iter().map(|c| format!("coalesce(({c})::text, 'NULL')")).collect();
        format!("SELECT {} FROM {} ORDER BY 1", texts.join(", "), self.table)
    }
}

fn points(body: &str) -> Result<Vec<Point>, String> {
    let mut points: Vec<Point> = Vec::new();
    for line in body.lines().filter(|line| !line.trim().is_empty()) {
        if let Some(title) = line.strip_prefix("# ") {
            points.push(Point { title: title.to_owned(), ..Point::default() });
            continue;
        }
        let point = points.last_mut().ok_or("a point begins with `# title`")?;
        if let Some(want) = line.strip_prefix("> ") {
            point.want.push(want.to_owned());
        } else if let Some(sql) = line.strip_prefix("session ") {
            point.session.push(sql.to_owned());
        } else {
            point.acts.push(Act::parse(line)?);
        }
    }
    match points.iter().find(|point| point.acts.is_empty()) {
        Some(point) => Err(format!("`{}` does nothing", point.title)),
        None => Ok(points),
    }
}
