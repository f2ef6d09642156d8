//! A value of a type that says nothing: what stands in where a value must be.

use crate::expr::Expr;
use crate::name::QName;
use crate::schema::Schema;
use crate::sql_type::SqlType;

/// A value that stands for "nothing given" in a NOT NULL column of the type, where there is one.
pub(crate) fn neutral_value(schema: &Schema, ty: &SqlType) -> Option<Expr> {
    let text = |text: &str| Expr::Cast(Box::new(Expr::Text(text.to_owned())), ty.clone());
    if ty.as_str().ends_with("[]") {
        return Some(text("{}"));
    }
    if let Ok(name) = ty.as_str().parse::<QName>() {
        if let Some(labels) = schema.enums.get(&name) {
            return labels.first().map(|label| text(label));
        }
        if let Some(domain) = schema.domains.get(&name) {
            return (!domain.constrained).then(|| neutral_value(schema, &domain.base)).flatten();
        }
    }
    let base = ty.base();
    // What an extension brings is in whatever schema it was put.
    let name = base.rsplit('.').next().unwrap_or_default();
    Some(match name {
        "smallint" | "integer" | "bigint" | "numeric" | "real" | "double precision" | "oid" => {
            Expr::Number("0".to_owned())
        }
        "text" | "character varying" | "character" | "name" | "citext" => Expr::Text(String::new()),
        "boolean" => Expr::Bool(false),
        "date" => text("1970-01-01"),
        "timestamp without time zone" | "timestamp with time zone" => text("epoch"),
        "time without time zone" | "time with time zone" => text("00:00"),
        "interval" | "money" => text("0"),
        "json" | "jsonb" => text("{}"),
        "uuid" => text("00000000-0000-0000-0000-000000000000"),
        "bytea" | "tsvector" | "tsquery" | "bit varying" | "xml" | "hstore" | "ltree" => text(""),
        "inet" | "cidr" => text("0.0.0.0"),
        "macaddr" => text("00:00:00:00:00:00"),
        "macaddr8" => text("00:00:00:00:00:00:00:00"),
        "pg_lsn" => text("0/0"),
        "point" => text("(0,0)"),
        "int4range" | "int8range" | "numrange" | "tsrange" | "tstzrange" | "daterange" => {
            text("empty")
        }
        "int4multirange" | "int8multirange" | "nummultirange" | "tsmultirange"
        | "tstzmultirange" | "datemultirange" => text("{}"),
        _ => return None,
    })
}
