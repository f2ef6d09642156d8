//! Names that a text leaves to its search path, spelled out: the plan runs under another. Only names
//! of the schema that the thing itself is in, and not of `public`, which every plan finds. Bodies that
//! are strings are left alone: PostgreSQL looks into them when they run. Must not know statements.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::token::{Kind, Lexed, Lexer, Token};
use crate::expr::Expr;
use crate::name::{QName, quote};
use crate::schema::{ConstraintKind, ObjectId, ObjectKind, Schema, Subject};

/// What a schema holds, by bare names.
#[derive(Debug, Default)]
struct Held {
    /// Tables and views: what stands after FROM.
    relations: BTreeSet<String>,
    /// What else values are of.
    types: BTreeSet<String>,
    sequences: BTreeSet<String>,
    routines: BTreeSet<String>,
}

/// Spells out the names in the texts of everything outside of `public`.
pub(super) fn qualify(schema: &mut Schema) {
    let held = held(schema);
    for (name, table) in &mut schema.tables {
        let Some(known) = held.get(&name.schema) else { continue };
        let table = Arc::make_mut(table);
        let defaults = table.columns.iter_mut().filter_map(|c| c.default.as_mut());
        for default in defaults {
            in_expr(default, &name.schema, known);
        }
        for constraint in table.constraints.values_mut() {
            if let ConstraintKind::Check(check) = &mut constraint.kind {
                in_expr(check, &name.schema, known);
            }
        }
    }
    for (name, view) in &mut schema.views {
        let Some(known) = held.get(&name.schema) else { continue };
        // A view outside of the path reads the path's relation, though its own schema has one called so.
        let reads = |bare: &str| {
            let mut read = view.reads.iter().filter(|read| read.name == bare);
            read.next().is_some_and(|read| read.schema == name.schema) && read.next().is_none()
        };
        view.query = in_text(&view.query, &name.schema, known, &reads);
    }
    for (id, object) in Arc::make_mut(&mut schema.objects) {
        let Some(home) = home(id, object.of.as_ref()) else { continue };
        let Some(known) = held.get(&home) else { continue };
        for text in object.make.iter_mut().chain(&mut object.unmake) {
            *text = in_text(text, &home, known, &|_| true);
        }
        for (key, text) in &mut object.parts {
            if key == "HEAD" {
                *text = in_text(text, &home, known, &|_| true);
            }
        }
    }
}

/// The schema whose names an object's text may leave out.
fn home(id: &ObjectId, of: Option<&Subject>) -> Option<String> {
    match id.kind {
        ObjectKind::Routine => id.name.split('(').next()?.parse::<QName>().ok().map(|n| n.schema),
        ObjectKind::Trigger | ObjectKind::Policy | ObjectKind::Rule => {
            of.and_then(Subject::relation).map(|table| table.schema.clone())
        }
        ObjectKind::Comment | ObjectKind::Privilege | ObjectKind::Owner => match of {
            Some(Subject::Object(routine)) => home(routine, None),
            Some(
                Subject::Relation(_)
                | Subject::Column(..)
                | Subject::Constraint(..)
                | Subject::Index(_),
            )
            | None => None,
        },
        ObjectKind::Schema
        | ObjectKind::Extension
        | ObjectKind::Language
        | ObjectKind::Plain
        | ObjectKind::Enum
        | ObjectKind::Type
        | ObjectKind::Domain
        | ObjectKind::Sequence
        | ObjectKind::Aggregate
        | ObjectKind::Operator
        | ObjectKind::Foreign
        | ObjectKind::ForeignTable
        | ObjectKind::Ownership
        | ObjectKind::Statistics
        | ObjectKind::ViewIndex
        | ObjectKind::EventTrigger
        | ObjectKind::Property
        | ObjectKind::Replication
        | ObjectKind::DefaultPrivilege
        | ObjectKind::Unknown => None,
    }
}

fn held(schema: &Schema) -> BTreeMap<String, Held> {
    let mut held: BTreeMap<String, Held> = BTreeMap::new();
    for name in schema.tables.keys().chain(schema.views.keys()) {
        held.entry(name.schema.clone()).or_default().relations.insert(name.name.clone());
    }
    for id in schema.objects.keys() {
        let bare = id.name.split('(').next().unwrap_or_default();
        let Ok(name) = bare.parse::<QName>() else { continue };
        let of = || (name.schema.clone(), name.name.clone());
        #[expect(clippy::wildcard_enum_match_arm, reason = "the others are not named so")]
        match id.kind {
            ObjectKind::Enum | ObjectKind::Type | ObjectKind::Domain | ObjectKind::ForeignTable => {
                let (home, name) = of();
                held.entry(home).or_default().types.insert(name);
            }
            ObjectKind::Sequence => {
                let (home, name) = of();
                held.entry(home).or_default().sequences.insert(name);
            }
            ObjectKind::Routine | ObjectKind::Aggregate => {
                let (home, name) = of();
                held.entry(home).or_default().routines.insert(name);
            }
            _ => {}
        }
    }
    held.remove("public");
    held
}

/// The name that a text is to `regclass`, where it has no schema.
fn bare(text: &str) -> Option<String> {
    let name: QName = text.parse().ok()?;
    (!text.contains('.')).then_some(name.name)
}

fn in_expr(expr: &mut Expr, home: &str, known: &Held) {
    expr.visit_mut(&mut |expr| match expr {
        Expr::Cast(value, ty) if ty.as_str() == "regclass" => {
            if let Expr::Text(name) = value.as_mut()
                && let Some(bare) = bare(name)
                && [&known.sequences, &known.relations, &known.types]
                    .iter()
                    .any(|s| s.contains(&bare))
            {
                *name = QName::new(home, bare).to_string();
            }
        }
        Expr::Call(name, args) => {
            // A sequence's name without a cast.
            if name == "nextval"
                && let [Expr::Text(sequence)] = args.as_mut_slice()
                && let Some(bare) = bare(sequence)
                && known.sequences.contains(&bare)
            {
                *sequence = QName::new(home, bare).to_string();
            }
            if known.routines.contains(name.as_str()) {
                *name = QName::new(home, name.clone()).to_string();
            }
        }
        Expr::Raw { sql, .. } => *sql = in_text(sql, home, known, &|_| true),
        Expr::Null
        | Expr::Bool(_)
        | Expr::Number(_)
        | Expr::Text(_)
        | Expr::Column(_)
        | Expr::Not(_)
        | Expr::Negate(_)
        | Expr::Binary(..)
        | Expr::IsNull(..)
        | Expr::Cast(..)
        | Expr::Case(..)
        | Expr::Lookup(_) => {}
    });
}

/// Words after which a relation's or type's name stands.
const BEFORE_RELATION: [&str; 9] =
    ["FROM", "JOIN", "ONLY", "INTO", "UPDATE", "SETOF", "RETURNS", "AS", "::"];

/// The text with names of `home` spelled out where they can be nothing else; of its relations, those that
/// `reads` has.
fn in_text(text: &str, home: &str, known: &Held, reads: &dyn Fn(&str) -> bool) -> String {
    let tokens = tokens(text);
    let of = |at: usize| tokens.get(at).map_or("", |t| text.get(t.start..t.end).unwrap_or(""));
    let is_name =
        |at: usize| tokens.get(at).is_some_and(|t| matches!(t.kind, Kind::Word | Kind::Quoted));
    let mut out = String::new();
    let mut copied = 0;
    for (at, token) in tokens.iter().enumerate() {
        let mut before = at.checked_sub(1).map_or("", &of);
        let opened = (0..at).rev().find(|at| of(*at) != "(").map_or("", &of);
        if before == "(" && ["FROM", "JOIN"].iter().any(|w| opened.eq_ignore_ascii_case(w)) {
            before = opened;
        }
        if !is_name(at) || before == "." || of(at + 1) == "." {
            continue;
        }
        let name = match token.kind {
            Kind::Quoted => of(at).trim_matches('"').replace("\"\"", "\""),
            Kind::Word | Kind::Text | Kind::Number | Kind::Symbol(_) | Kind::Operator => {
                of(at).to_lowercase()
            }
        };
        let called = of(at + 1) == "(";
        let keyword = before.to_ascii_uppercase();
        let is_it = if called {
            known.routines.contains(&name)
        } else {
            // `AS t` names something else, but for a cast's type.
            let cast = keyword == "AS" && of(at + 1) == ")";
            let after = keyword != "AS" && BEFORE_RELATION.contains(&keyword.as_str());
            // `(id projects)` or `(projects)`: an argument's type ends it.
            let typed = (at.checked_sub(1).is_some_and(&is_name) || matches!(before, "(" | ","))
                && matches!(of(at + 1), ")" | "," | "[")
                && !after
                && keyword != "AS"
                && is_argument(&tokens, at, text);
            let relation = || known.relations.contains(&name) && reads(&name);
            (known.types.contains(&name) || relation()) && (cast || after || typed)
        };
        if is_it {
            out += text.get(copied..token.start).unwrap_or_default();
            out += &quote(home);
            out.push('.');
            copied = token.start;
        }
    }
    out += text.get(copied..).unwrap_or_default();
    out
}

/// Whether the token stands in the arguments of the routine that the text makes.
fn is_argument(tokens: &[Token], at: usize, text: &str) -> bool {
    let of = |t: &Token| text.get(t.start..t.end).unwrap_or("").to_ascii_uppercase();
    let makes = tokens.iter().take(5).any(|t| matches!(of(t).as_str(), "FUNCTION" | "PROCEDURE"));
    let mut depth = 0_usize;
    let mut closed = false;
    for token in tokens.iter().take(at) {
        match of(token).as_str() {
            "(" => depth += 1,
            ")" => {
                depth = depth.saturating_sub(1);
                closed |= depth == 0;
            }
            _ => {}
        }
    }
    makes && !closed && depth == 1
}

fn tokens(text: &str) -> Vec<Token> {
    let mut lexer = Lexer::new(text);
    let mut tokens = Vec::new();
    loop {
        match lexer.next() {
            Lexed::Token(token) => tokens.push(token),
            Lexed::LineComment(_) => {}
            Lexed::Open(..) | Lexed::End => return tokens,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Held, in_text};

    #[test]
    fn names_are_spelled_out_where_they_can_be_nothing_else() {
        let set = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect();
        let known = Held {
            relations: set(&["projects", "kind"]),
            types: set(&[]),
            sequences: set(&[]),
            routines: set(&["f"]),
        };
        for (text, want) in [
            (
                "SELECT projects.id, kind FROM projects JOIN other.projects p ON true",
                "SELECT projects.id, kind FROM s.projects JOIN other.projects p ON true",
            ),
            (
                "SELECT 1 FROM ((projects JOIN kind ON true))",
                "SELECT 1 FROM ((s.projects JOIN s.kind ON true))",
            ),
            ("SELECT f(1), g(f), 'x'::kind", "SELECT s.f(1), g(f), 'x'::s.kind"),
            (
                "CREATE FUNCTION s.g(kind text, p projects) RETURNS SETOF projects AS $$ FROM projects $$",
                "CREATE FUNCTION s.g(kind text, p s.projects) RETURNS SETOF s.projects AS $$ FROM projects $$",
            ),
        ] {
            assert_eq!(in_text(text, "s", &known, &|_| true), want);
        }
    }
}
