//! Which words begin a statement of PostgreSQL, by which text that is not SQL is told from SQL that
//! is not modelled. Must not read statements.

use super::cursor::Cursor;

/// Whether the first word begins any PostgreSQL statement.
pub(super) fn is_verb(cursor: &Cursor<'_>) -> bool {
    const VERBS: &[&str] = &[
        "ABORT",
        "ALTER",
        "ANALYZE",
        "BEGIN",
        "CALL",
        "CHECKPOINT",
        "CLOSE",
        "CLUSTER",
        "COMMENT",
        "COMMIT",
        "COPY",
        "CREATE",
        "DEALLOCATE",
        "DECLARE",
        "DELETE",
        "DISCARD",
        "DO",
        "DROP",
        "END",
        "EXECUTE",
        "EXPLAIN",
        "FETCH",
        "GRANT",
        "IMPORT",
        "INSERT",
        "LISTEN",
        "LOAD",
        "LOCK",
        "MERGE",
        "MOVE",
        "NOTIFY",
        "PREPARE",
        "REASSIGN",
        "REFRESH",
        "REINDEX",
        "RELEASE",
        "RESET",
        "REVOKE",
        "ROLLBACK",
        "SAVEPOINT",
        "SECURITY",
        "SELECT",
        "SET",
        "SHOW",
        "START",
        "TABLE",
        "TRUNCATE",
        "UNLISTEN",
        "UPDATE",
        "VACUUM",
        "VALUES",
        "WITH",
    ];
    if cursor.is_any(0, &["CREATE", "ALTER", "DROP"]) {
        return object_word(cursor);
    }
    cursor.is_any(0, VERBS)
}

/// `DROP … IF EXISTS`: how `pg_dump --clean` begins, and nothing about the schema.
pub(super) fn clears_up(cursor: &Cursor<'_>) -> bool {
    cursor.is(0, "DROP") && (1..6).any(|at| Cursor { at, ..*cursor }.sees("IF EXISTS"))
}

/// Whether it is about rows, or lasts as long as its session: no part of a schema.
pub(super) fn is_of_rows(cursor: &Cursor<'_>) -> bool {
    const WORDS: [&str; 11] = [
        "INSERT", "UPDATE", "DELETE", "MERGE", "TRUNCATE", "WITH", "REFRESH", "LOCK", "ANALYZE",
        "VACUUM", "SHOW",
    ];
    // What calls a function may do anything, and SELECT … INTO makes a table.
    let mut ahead = 0..cursor.tokens.len();
    let does = ahead.any(|at| cursor.is_symbol(at, b'(') || cursor.is(at, "INTO"));
    cursor.is_any(0, &WORDS)
        || (cursor.is(0, "SELECT") && !does)
        || ["CREATE TEMP TABLE", "CREATE TEMPORARY TABLE"].iter().any(|words| cursor.sees(words))
}

/// Whether the text was at least meant as SQL: a statement's first word, or nearly one, and another.
pub(super) fn looks_like_sql(cursor: &Cursor<'_>) -> bool {
    let object = ["TABLE", "INDEX", "VIEW", "UNIQUE", "INTO", "FROM"];
    cursor.is_any(0, &["CREATE", "ALTER", "DROP"]) && cursor.peek(1).is_some()
        || cursor.is_any(1, &object)
}

/// Whether CREATE, ALTER or DROP is followed by a kind of object there is.
pub(super) fn object_word(cursor: &Cursor<'_>) -> bool {
    const OBJECTS: &[&str] = &[
        "ACCESS",
        "AGGREGATE",
        "CAST",
        "COLLATION",
        "CONSTRAINT",
        "CONVERSION",
        "DATABASE",
        "DEFAULT",
        "DOMAIN",
        "EVENT",
        "EXTENSION",
        "FOREIGN",
        "FUNCTION",
        "GLOBAL",
        "GROUP",
        "INDEX",
        "LANGUAGE",
        "LARGE",
        "LOCAL",
        "MATERIALIZED",
        "OPERATOR",
        "OWNED",
        "POLICY",
        "PROCEDURAL",
        "PROCEDURE",
        "PUBLICATION",
        "RECURSIVE",
        "ROLE",
        "ROUTINE",
        "RULE",
        "SCHEMA",
        "SEQUENCE",
        "SERVER",
        "STATISTICS",
        "SUBSCRIPTION",
        "SYSTEM",
        "TABLE",
        "TABLESPACE",
        "TEMP",
        "TEMPORARY",
        "TEXT",
        "TRANSFORM",
        "TRIGGER",
        "TRUSTED",
        "TYPE",
        "UNIQUE",
        "UNLOGGED",
        "USER",
        "VIEW",
    ];
    let mut after = Cursor { at: 1, ..*cursor };
    after.eat("OR REPLACE");
    after.is_any(0, OBJECTS)
}
