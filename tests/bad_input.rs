//! What nobody should send, sent: an answer in words, in reasonable time, and no panic. Through the
//! library here, through the command in `cli`.

use libtest_mimic::{Failed, Trial};
use planner::diagnostic::Severity;
use planner::request::{Change, Request};

/// A name, the request, and the codes of the errors it must give.
type Bad = (&'static str, fn() -> Request, &'static [&'static str]);

const USERS: &str = "CREATE TABLE users (id bigint PRIMARY KEY, name text);";

/// Everything that was thought of.
const BAD: [Bad; 13] = [
    ("empty change", || statements(USERS, ""), &["empty-change"]),
    ("empty everything", || statements("", ""), &["empty-schema"]),
    ("only comments", || statements(USERS, "-- hello\n/* there */"), &["empty-change"]),
    ("binary schema", || statements("\0\u{1}\u{fffd}\u{7f}ELF", "SELECT 1"), &[]),
    ("binary change", || statements(USERS, "\0\u{1}\u{2}ELF\0"), &[]),
    ("unterminated string", || statements(USERS, "UPDATE users SET name = 'abc"), &[]),
    ("unterminated dollar quote", || statements("CREATE FUNCTION f() AS $a$ x", "SELECT 1"), &[]),
    ("unterminated comment", || statements(USERS, "/* ALTER TABLE users"), &[]),
    (
        "unknown table",
        || statements(USERS, "ALTER TABLE userz ADD COLUMN a int"),
        &["unknown-table"],
    ),
    (
        "unknown column",
        || statements(USERS, "ALTER TABLE users DROP COLUMN nome"),
        &["unknown-column"],
    ),
    (
        "unknown engine",
        || Request { engine: "oracle:19".to_owned(), ..statements(USERS, "SELECT 1") },
        &["bad-engine"],
    ),
    ("MySQL schema", || statements(MYSQL, "ALTER TABLE `users` ADD COLUMN a int"), &[]),
    ("deep nesting", deep, &[]),
];

const MYSQL: &str = "CREATE TABLE `users` (`id` int(11) NOT NULL AUTO_INCREMENT, `name` varchar(20), \
    PRIMARY KEY (`id`)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;";

fn statements(schema: &str, change: &str) -> Request {
    let change = Change::Statements(change.to_owned());
    Request { schema: schema.to_owned(), change, ..Request::default() }
}

fn deep() -> Request {
    let n = 20_000;
    let expression = format!("{}1{}", "(".repeat(n), ")".repeat(n));
    statements(USERS, &format!("UPDATE users SET name = {expression}"))
}

/// A trial each, and one for size.
pub(crate) fn trials() -> Vec<Trial> {
    let mut trials: Vec<Trial> = BAD
        .into_iter()
        .map(|bad| Trial::test(format!("bad_input::{}", bad.0), move || check(bad)))
        .collect();
    trials.push(Trial::test("bad_input::50 MB of garbage", garbage));
    trials
}

fn check((_, request, codes): Bad) -> Result<(), Failed> {
    let planned = planner::plan(&request());
    let errors: Vec<&str> = planned
        .diagnostics
        .iter()
        .filter(|d| d.severity == Severity::Error)
        .map(|d| d.code.as_str())
        .collect();
    if planned.plan.is_some() {
        return Err("a plan was made of it".into());
    }
    if errors.is_empty() {
        return Err("no error says what is wrong".into());
    }
    if let Some(d) = planned.diagnostics.iter().find(|d| d.message.is_empty() || d.help.is_empty())
    {
        return Err(format!("says too little: {d:?}").into());
    }
    if !codes.is_empty() && errors != codes {
        return Err(format!("errors {errors:?}, expected {codes:?}").into());
    }
    Ok(())
}

/// Deterministic noise that is text.
pub(crate) fn noise(n_bytes: usize) -> String {
    const LETTERS: &[u8] = b"abcdefghij(),;'\"$- \n0123456789ABCDEF";
    let mut state = 1_u64;
    let mut next = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(LETTERS[usize::try_from(state >> 33).unwrap_or(0) % LETTERS.len()])
    };
    (0..n_bytes).map(|_| next()).collect()
}

fn garbage() -> Result<(), Failed> {
    let request = statements(&noise(50_000_000), "ALTER TABLE users ADD COLUMN a int");
    let planned = planner::plan(&request);
    if planned.plan.is_some() {
        return Err("a plan was made of it".into());
    }
    // One finding for each byte would help nobody.
    if planned.diagnostics.len() > 200 {
        return Err(format!("{} findings", planned.diagnostics.len()).into());
    }
    Ok(())
}
