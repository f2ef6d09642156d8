//! A statement of the app as a value: what its text says, before any name in it is looked up. Read by
//! `sql::query`, judged by `resolve`. Must not know schemas.

use crate::sql_type::SqlType;

/// A dotted name, parts unquoted: `["public", "users"]`.
pub(crate) type Name = Vec<String>;

/// What PREPARE accepts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Statement {
    /// SELECT, VALUES, TABLE.
    Query(Box<Query>),
    /// INSERT.
    Insert(Box<Insert>),
    /// UPDATE.
    Update(Box<Update>),
    /// DELETE.
    Delete(Box<Delete>),
}

/// WITH.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct With {
    /// RECURSIVE.
    pub(crate) recursive: bool,
    /// In order.
    pub(crate) ctes: Vec<Cte>,
}

/// One item of WITH.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cte {
    /// Name.
    pub(crate) name: String,
    /// Names for its columns; empty: its own.
    pub(crate) columns: Vec<String>,
    /// What it is.
    pub(crate) body: Statement,
}

/// A query with what may stand around its body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Query {
    /// WITH.
    pub(crate) with: With,
    /// What gives rows.
    pub(crate) body: Body,
    /// ORDER BY.
    pub(crate) order_by: Vec<Expr>,
    /// LIMIT and OFFSET.
    pub(crate) limits: Vec<(&'static str, Expr)>,
    /// FOR UPDATE and the like: the names after OF; empty for every relation.
    pub(crate) locks: Vec<Lock>,
}

/// FOR UPDATE, FOR SHARE …
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lock {
    /// As the server names it: `FOR UPDATE`.
    pub(crate) clause: &'static str,
    /// OF.
    pub(crate) of: Vec<String>,
}

/// What gives rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Body {
    /// SELECT.
    Select(Box<Select>),
    /// VALUES.
    Values(Vec<Vec<Expr>>),
    /// UNION, INTERSECT, EXCEPT.
    Set {
        /// As messages name it.
        name: &'static str,
        /// ALL.
        all: bool,
        /// Left.
        left: Box<Query>,
        /// Right.
        right: Box<Query>,
    },
}

/// SELECT without what may follow it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Select {
    /// DISTINCT.
    pub(crate) distinct: Distinct,
    /// Select list.
    pub(crate) items: Vec<Item>,
    /// FROM.
    pub(crate) from: Vec<FromItem>,
    /// WHERE.
    pub(crate) filter: Option<Expr>,
    /// GROUP BY.
    pub(crate) group_by: Vec<Expr>,
    /// Whether it is GROUP BY with GROUPING SETS, CUBE or ROLLUP.
    pub(crate) grouping_sets: bool,
    /// HAVING.
    pub(crate) having: Option<Expr>,
    /// WINDOW.
    pub(crate) windows: Vec<(String, Window)>,
}

/// DISTINCT.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Distinct {
    /// None.
    #[default]
    No,
    /// Whole rows.
    Rows,
    /// ON.
    On(Vec<Expr>),
}

/// One item of a select list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Item {
    /// `*`.
    Star,
    /// `t.*`.
    StarOf(Name),
    /// `(x).*`: not resolved.
    Fields(Expr),
    /// An expression and its name.
    Expr(Expr, Option<String>),
}

/// An alias and names for columns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Alias {
    /// Name.
    pub(crate) name: String,
    /// Names for the first columns.
    pub(crate) columns: Vec<String>,
}

/// One item of FROM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FromItem {
    /// A relation.
    Relation(Name, Option<Alias>),
    /// A subquery.
    Query {
        /// LATERAL.
        lateral: bool,
        /// The query.
        query: Box<Query>,
        /// Alias.
        alias: Option<Alias>,
    },
    /// A function; functions are always lateral.
    Function {
        /// The call.
        call: Box<Call>,
        /// WITH ORDINALITY.
        ordinality: bool,
        /// Alias.
        alias: Option<Alias>,
        /// Columns as given: `AS t (a integer)`.
        columns: Option<Vec<(String, SqlType)>>,
    },
    /// Two items joined.
    Join(Box<Join>),
}

/// A join.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Join {
    /// Kind.
    pub(crate) kind: JoinKind,
    /// Left.
    pub(crate) left: FromItem,
    /// Right.
    pub(crate) right: FromItem,
    /// NATURAL.
    pub(crate) natural: bool,
    /// USING.
    pub(crate) using: Vec<String>,
    /// ON.
    pub(crate) on: Option<Expr>,
    /// Alias of the parenthesised join.
    pub(crate) alias: Option<Alias>,
}

/// Kinds of join.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum JoinKind {
    /// INNER, CROSS.
    Inner,
    /// LEFT.
    Left,
    /// RIGHT.
    Right,
    /// FULL.
    Full,
}

/// An expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Expr {
    /// NULL.
    Null,
    /// TRUE, FALSE.
    Bool(bool),
    /// A number, as written.
    Number(String),
    /// A string, unescaped.
    Text(String),
    /// `B'…'`, `X'…'`.
    Bits,
    /// `$n`.
    Param(u16),
    /// DEFAULT, where a value is assigned.
    Default,
    /// A column, a row, or what else a name may mean.
    Column(Name),
    /// `(x).field`.
    Field(Box<Expr>, String),
    /// `x[i]`; true for `x[i:j]`.
    Subscript(Box<Expr>, Vec<Expr>, bool),
    /// A prefix operator.
    Prefix(String, Box<Expr>),
    /// An operator.
    Infix(Box<Expr>, String, Box<Expr>),
    /// AND, OR.
    Logic(&'static str, Box<Expr>, Box<Expr>),
    /// NOT.
    Not(Box<Expr>),
    /// IS NULL, IS NOT NULL.
    IsNull(Box<Expr>),
    /// IS TRUE and the like, with the name that messages give it.
    IsTrue(Box<Expr>, &'static str),
    /// IS DISTINCT FROM.
    IsDistinct(Box<Expr>, Box<Expr>),
    /// BETWEEN.
    Between(Box<Expr>, Box<Expr>, Box<Expr>),
    /// IN over a list; true for NOT IN.
    In(Box<Expr>, Vec<Expr>, bool),
    /// `x op ANY (query)`, IN over a query.
    InQuery(Box<Expr>, String, Box<Query>),
    /// `x op ANY (array)`; true for ALL.
    AnyOf(Box<Expr>, String, Box<Expr>),
    /// EXISTS.
    Exists(Box<Query>),
    /// A scalar subquery.
    Subquery(Box<Query>),
    /// `ARRAY(query)`.
    ArrayQuery(Box<Query>),
    /// `ARRAY[…]`.
    Array(Vec<Expr>),
    /// `ROW(…)`, `(a, b)`.
    Row(Vec<Expr>),
    /// A cast, `date '…'` included.
    Cast(Box<Expr>, SqlType),
    /// A function.
    Call(Box<Call>),
    /// CASE: operand, arms, ELSE.
    Case(Option<Box<Expr>>, Vec<(Expr, Expr)>, Option<Box<Expr>>),
    /// COALESCE, GREATEST, LEAST: name and arguments.
    Common(&'static str, Vec<Expr>),
    /// NULLIF.
    NullIf(Box<Expr>, Box<Expr>),
    /// GROUPING.
    Grouping(Vec<Expr>),
    /// `CURRENT_DATE` and the like: name and type.
    Keyword(&'static str, &'static str),
    /// COLLATE.
    Collate(Box<Expr>),
    /// What is understood as far as its parts go: why it is not, and the parts.
    Opaque(&'static str, Vec<Expr>),
}

/// A function call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Call {
    /// Name.
    pub(crate) name: Name,
    /// Arguments.
    pub(crate) args: Vec<Expr>,
    /// `f(*)`.
    pub(crate) star: bool,
    /// Whether an argument is named or VARIADIC: then only its parts are looked at.
    pub(crate) special: bool,
    /// DISTINCT.
    pub(crate) distinct: bool,
    /// ORDER BY among the arguments.
    pub(crate) order_by: Vec<Expr>,
    /// WITHIN GROUP.
    pub(crate) within: Vec<Expr>,
    /// FILTER.
    pub(crate) filter: Option<Expr>,
    /// OVER.
    pub(crate) over: Option<Over>,
}

/// OVER.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Over {
    /// A window's name.
    Named(String),
    /// A window.
    Window(Window),
}

/// A window.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Window {
    /// The window it goes out from.
    pub(crate) base: Option<String>,
    /// PARTITION BY.
    pub(crate) partition_by: Vec<Expr>,
    /// ORDER BY.
    pub(crate) order_by: Vec<Expr>,
    /// Whether its frame has offsets, which are not looked at.
    pub(crate) offsets: bool,
}

/// A column that is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    /// Column.
    pub(crate) column: String,
    /// Whether only a part of it is written: `a[1]`, `a.b`.
    pub(crate) part: bool,
}

/// INSERT.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Insert {
    /// WITH.
    pub(crate) with: With,
    /// Target.
    pub(crate) table: Name,
    /// Alias.
    pub(crate) alias: Option<String>,
    /// Column list.
    pub(crate) columns: Option<Vec<Target>>,
    /// OVERRIDING, `SYSTEM` or `USER`.
    pub(crate) overriding: Option<&'static str>,
    /// Rows; none: DEFAULT VALUES.
    pub(crate) source: Option<Query>,
    /// ON CONFLICT.
    pub(crate) conflict: Option<Conflict>,
    /// RETURNING.
    pub(crate) returning: Vec<Item>,
}

/// ON CONFLICT.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Conflict {
    /// What may conflict.
    pub(crate) target: ConflictTarget,
    /// DO UPDATE SET, and its WHERE; none: DO NOTHING.
    pub(crate) update: Option<(Vec<Assignment>, Option<Expr>)>,
}

/// What may conflict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ConflictTarget {
    /// Anything.
    Any,
    /// Columns and expressions, WHERE.
    Keys(Vec<Expr>, Option<Expr>),
    /// ON CONSTRAINT.
    Constraint(String),
}

/// `SET …`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Assignment {
    /// `c = x`.
    One(Target, Expr),
    /// `(c, d) = (x, y)` and `(c, d) = (SELECT …)`.
    Several(Vec<Target>, Expr),
}

/// UPDATE.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Update {
    /// WITH.
    pub(crate) with: With,
    /// Target.
    pub(crate) table: Name,
    /// Alias.
    pub(crate) alias: Option<String>,
    /// SET.
    pub(crate) set: Vec<Assignment>,
    /// FROM.
    pub(crate) from: Vec<FromItem>,
    /// WHERE.
    pub(crate) filter: Option<Expr>,
    /// RETURNING.
    pub(crate) returning: Vec<Item>,
}

/// DELETE.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Delete {
    /// WITH.
    pub(crate) with: With,
    /// Target.
    pub(crate) table: Name,
    /// Alias.
    pub(crate) alias: Option<String>,
    /// USING.
    pub(crate) using: Vec<FromItem>,
    /// WHERE.
    pub(crate) filter: Option<Expr>,
    /// RETURNING.
    pub(crate) returning: Vec<Item>,
}
