//! Every function, operator and cast that the model interprets, over literals of each type, beside what
//! the server answers. Must not know rows.

use libtest_mimic::Failed;
use planner::expr::Expr;
use planner::sql_type::SqlType;
use rehearsal::{Server, run};
use simulator::replay::{Cell, evaluate};

use super::compare::{self, Tally};

/// Compares every expression.
pub(super) fn compare(server: &Server, tally: &mut Tally) -> Result<(), Failed> {
    let database = server.database()?;
    let mut client = database.connect()?;
    for expr in all() {
        let sql = format!("SELECT coalesce('=' || CAST(({}) AS text), '')", expr.sql());
        let found = match run::query(&mut client, &sql) {
            Ok(rows) => {
                let text = rows.into_iter().next().unwrap_or_default();
                let cell = text.strip_prefix('=').map(|text| Cell::Text(text.to_owned()));
                Ok(vec![vec![vec![cell.unwrap_or(Cell::Null)]]])
            }
            Err(failure) => Err(compare::refused(failure)?),
        };
        let model = evaluate(&expr).map(|cell| vec![vec![vec![cell]]]).map_err(compare::words);
        tally.note("expression", &expr.sql(), (&model, &found));
    }
    Ok(())
}

fn all() -> Vec<Expr> {
    let mut all = Vec::new();
    operators(&mut all);
    functions(&mut all);
    casts(&mut all);
    all
}

fn cast(value: Expr, ty: &str) -> Expr {
    Expr::Cast(Box::new(value), SqlType::new(ty))
}

fn ints() -> Vec<Expr> {
    let numbers = ["0", "1", "-1", "2", "7", "-7", "2147483647"];
    let mut all: Vec<Expr> =
        numbers.iter().map(|n| cast(Expr::Text((*n).to_owned()), "int")).collect();
    all.push(cast(Expr::Null, "int"));
    all
}

fn texts() -> Vec<Expr> {
    let words = ["", "a", "A", "ab", "a b", " a ", "b,a", "7", "aXbXc"];
    let mut all: Vec<Expr> =
        words.iter().map(|t| cast(Expr::Text((*t).to_owned()), "text")).collect();
    all.push(cast(Expr::Null, "text"));
    all
}

fn truths() -> Vec<Expr> {
    vec![Expr::Bool(true), Expr::Bool(false), cast(Expr::Null, "boolean")]
}

fn operators(all: &mut Vec<Expr>) {
    let compared = ["=", "<>", "<", "<=", ">", ">=", "IS DISTINCT FROM", "IS NOT DISTINCT FROM"];
    let mut pairs = |values: &[Expr], ops: &[&str]| {
        for a in values {
            for b in values {
                all.extend(ops.iter().map(|op| a.clone().op(op, b.clone())));
            }
        }
    };
    pairs(&ints(), &compared);
    pairs(&ints(), &["+", "-", "*", "/", "%"]);
    pairs(&texts(), &compared);
    pairs(&texts(), &["||"]);
    pairs(&truths(), &compared);
    pairs(&truths(), &["AND", "OR"]);
    for value in truths() {
        all.push(Expr::Not(Box::new(value.clone())));
        let arms = vec![(value, Expr::Text("yes".to_owned()))];
        all.push(Expr::Case(arms.clone(), None));
        all.push(Expr::Case(arms, Some(Box::new(Expr::Text("no".to_owned())))));
    }
    for value in ints().into_iter().chain(texts()).chain(truths()) {
        all.extend([value.clone().is_null(), value.is_not_null()]);
    }
    all.extend(ints().into_iter().map(|value| Expr::Negate(Box::new(value))));
}

fn functions(all: &mut Vec<Expr>) {
    let call = |name: &str, args: &[&Expr]| {
        Expr::Call(name.to_owned(), args.iter().map(|a| (*a).clone()).collect())
    };
    let one = ["lower", "upper", "trim", "btrim", "ltrim", "rtrim", "length", "char_length"];
    let small: Vec<Expr> = ["-2", "-1", "0", "1", "2", "3", "9"]
        .iter()
        .map(|n| cast(Expr::Text((*n).to_owned()), "int"))
        .collect();
    for a in &texts() {
        all.extend(one.iter().map(|name| call(name, &[a])));
        for b in &texts() {
            for name in ["coalesce", "concat", "nullif", "strpos"] {
                all.push(call(name, &[a, b]));
            }
            for c in &texts() {
                all.push(call("replace", &[a, b, c]));
                all.push(call("concat_ws", &[a, b, c]));
            }
            all.extend(small.iter().map(|n| call("split_part", &[a, b, n])));
        }
        for n in &small {
            all.extend(["substr", "substring"].iter().map(|name| call(name, &[a, n])));
            all.extend(small.iter().map(|m| call("substr", &[a, n, m])));
        }
    }
    for a in &ints() {
        for b in &ints() {
            all.push(call("coalesce", &[a, b]));
            all.push(call("nullif", &[a, b]));
        }
    }
}

/// Types that a text is taken through, with those that they cast to.
const BETWEEN: [(&str, &[&str]); 6] = [
    ("smallint", &["smallint", "integer", "bigint", "numeric", "text", "varchar(3)"]),
    ("integer", &["smallint", "integer", "bigint", "numeric", "boolean", "text", "varchar(3)"]),
    ("bigint", &["smallint", "integer", "bigint", "numeric", "text", "varchar(3)"]),
    ("boolean", &["integer", "boolean", "text", "varchar(3)"]),
    ("date", &["date", "timestamp", "text", "varchar(3)"]),
    ("timestamp", &["date", "timestamp", "text", "varchar(3)"]),
];

fn casts(all: &mut Vec<Expr>) {
    let words = [
        "",
        " ",
        "0",
        "1",
        "-1",
        "+5",
        " 12 ",
        "1.5",
        "1e3",
        "70000",
        "3000000000",
        "99999999999999999999",
        "x",
        "true",
        "T",
        "yes",
        "of",
        "o",
        "on",
        "off",
        "2024-01-01",
        "2024-01-01 10:00:00",
        "2024-02-30",
        "today",
        "abc",
        "abcd   ",
    ];
    let types = [
        "smallint",
        "integer",
        "bigint",
        "boolean",
        "text",
        "varchar(3)",
        "date",
        "timestamp",
        "uuid",
        "numeric",
    ];
    for from in &words {
        let text = Expr::Text((*from).to_owned());
        for ty in types {
            all.push(cast(cast(text.clone(), "text"), ty));
            for between in BETWEEN.iter().filter(|b| b.1.contains(&ty)) {
                // Through another type, where the text is one and there is a cast.
                all.push(cast(cast(text.clone(), between.0), ty));
            }
        }
    }
}
