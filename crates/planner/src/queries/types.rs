//! Types as PostgreSQL resolves operators by them: identity, category, what stands behind a domain.
//! Facts from `pg_type`; the trial `queries::facts` compares them with real servers. Must not know
//! statements.

use std::collections::BTreeMap;

use crate::name::{QName, quote, split_dotted};
use crate::schema::Schema;
use crate::sql_type::SqlType;

/// A type, or an array of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Type {
    id: u16,
    array: bool,
}

/// What a value's type says beside its name: length, precision; -1 for nothing.
pub(crate) type Modifier = i64;

/// A built-in type.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Builtin {
    /// `typname`.
    pub(crate) name: &'static str,
    /// `format_type()`.
    pub(crate) format: &'static str,
    /// `typcategory`.
    pub(crate) category: char,
    /// `typispreferred`.
    pub(crate) preferred: bool,
    /// Whether its values can be compared: nothing, `=` only, or `<` too.
    pub(crate) order: Order,
}

/// Whether values of a type can be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Order {
    /// Not at all.
    No,
    /// Equal or not.
    Equal,
    /// Which is less.
    Less,
}

const fn row(
    name: &'static str,
    format: &'static str,
    category: char,
    preferred: bool,
    order: Order,
) -> Builtin {
    Builtin { name, format, category, preferred, order }
}

use Order::{Equal, Less, No};

/// The types that facts are about, `pg_type` of 15. Pseudo-types have category `P`.
pub(crate) const BUILTINS: &[Builtin] = &[
    row("unknown", "unknown", 'X', false, Less),
    row("bool", "boolean", 'B', true, Less),
    row("int2", "smallint", 'N', false, Less),
    row("int4", "integer", 'N', false, Less),
    row("int8", "bigint", 'N', false, Less),
    row("float4", "real", 'N', false, Less),
    row("float8", "double precision", 'N', true, Less),
    row("numeric", "numeric", 'N', false, Less),
    row("text", "text", 'S', true, Less),
    row("varchar", "character varying", 'S', false, Less),
    row("bpchar", "character", 'S', false, Less),
    row("name", "name", 'S', false, Less),
    row("char", "\"char\"", 'Z', false, Less),
    row("date", "date", 'D', false, Less),
    row("time", "time without time zone", 'D', false, Less),
    row("timetz", "time with time zone", 'D', false, Less),
    row("timestamp", "timestamp without time zone", 'D', false, Less),
    row("timestamptz", "timestamp with time zone", 'D', true, Less),
    row("interval", "interval", 'T', true, Less),
    row("uuid", "uuid", 'U', false, Less),
    row("json", "json", 'U', false, No),
    row("jsonb", "jsonb", 'U', false, Less),
    row("bytea", "bytea", 'U', false, Less),
    row("oid", "oid", 'N', true, Less),
    row("tid", "tid", 'U', false, Less),
    row("regclass", "regclass", 'N', false, Less),
    row("regtype", "regtype", 'N', false, Less),
    row("regconfig", "regconfig", 'N', false, Less),
    row("inet", "inet", 'I', true, Less),
    row("cidr", "cidr", 'I', false, Less),
    row("macaddr", "macaddr", 'U', false, Less),
    row("money", "money", 'N', false, Less),
    row("bit", "bit", 'V', false, Less),
    row("varbit", "bit varying", 'V', true, Less),
    row("tsvector", "tsvector", 'U', false, Less),
    row("tsquery", "tsquery", 'U', false, Less),
    row("jsonpath", "jsonpath", 'U', false, No),
    row("xid", "xid", 'U', false, Equal),
    row("xml", "xml", 'U', false, No),
    row("int4range", "int4range", 'R', false, Less),
    row("int8range", "int8range", 'R', false, Less),
    row("numrange", "numrange", 'R', false, Less),
    row("daterange", "daterange", 'R', false, Less),
    row("tsrange", "tsrange", 'R', false, Less),
    row("tstzrange", "tstzrange", 'R', false, Less),
    row("record", "record", 'P', false, Less),
    row("void", "void", 'P', false, No),
    row("any", "\"any\"", 'P', false, No),
    row("anyelement", "anyelement", 'P', false, No),
    row("anyarray", "anyarray", 'P', false, No),
    row("anynonarray", "anynonarray", 'P', false, No),
    row("anyenum", "anyenum", 'P', false, No),
    row("anyrange", "anyrange", 'P', false, No),
    row("anymultirange", "anymultirange", 'P', false, No),
    row("anycompatible", "anycompatible", 'P', false, No),
    row("anycompatiblearray", "anycompatiblearray", 'P', false, No),
    row("anycompatiblenonarray", "anycompatiblenonarray", 'P', false, No),
    row("anycompatiblerange", "anycompatiblerange", 'P', false, No),
    // Ours: a type that could not be told.
    row("?", "?", 'X', false, Less),
];

/// The subtypes of the built-in ranges.
const RANGES: &[(&str, &str)] = &[
    ("int4range", "int4"),
    ("int8range", "int8"),
    ("numrange", "numeric"),
    ("daterange", "date"),
    ("tsrange", "timestamp"),
    ("tstzrange", "timestamptz"),
];

/// The built-in type of a `typname`, found when the program is compiled.
const fn builtin(name: &str) -> Type {
    let mut id = 0;
    while id < BUILTINS.len() {
        if same(BUILTINS[id].name.as_bytes(), name.as_bytes()) {
            #[expect(clippy::cast_possible_truncation, reason = "the table is short")]
            return Type { id: id as u16, array: false };
        }
        id += 1;
    }
    panic!("no such type in the table")
}

const fn same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let mut at = 0;
    while at < a.len() {
        if a[at] != b[at] {
            return false;
        }
        at += 1;
    }
    true
}

impl Type {
    pub(crate) const UNKNOWN: Self = builtin("unknown");
    pub(crate) const UNCERTAIN: Self = builtin("?");
    pub(crate) const BOOL: Self = builtin("bool");
    pub(crate) const INT2: Self = builtin("int2");
    pub(crate) const INT4: Self = builtin("int4");
    pub(crate) const INT8: Self = builtin("int8");
    pub(crate) const FLOAT4: Self = builtin("float4");
    pub(crate) const FLOAT8: Self = builtin("float8");
    pub(crate) const NUMERIC: Self = builtin("numeric");
    pub(crate) const TEXT: Self = builtin("text");
    pub(crate) const VARCHAR: Self = builtin("varchar");
    pub(crate) const BPCHAR: Self = builtin("bpchar");
    pub(crate) const NAME: Self = builtin("name");
    pub(crate) const CHAR: Self = builtin("char");
    pub(crate) const DATE: Self = builtin("date");
    pub(crate) const TIMESTAMP: Self = builtin("timestamp");
    pub(crate) const TIMESTAMPTZ: Self = builtin("timestamptz");
    pub(crate) const TIME: Self = builtin("time");
    pub(crate) const INTERVAL: Self = builtin("interval");
    pub(crate) const UUID: Self = builtin("uuid");
    pub(crate) const JSON: Self = builtin("json");
    pub(crate) const JSONB: Self = builtin("jsonb");
    pub(crate) const BYTEA: Self = builtin("bytea");
    pub(crate) const REGCLASS: Self = builtin("regclass");
    pub(crate) const INET: Self = builtin("inet");
    pub(crate) const BIT: Self = builtin("bit");
    pub(crate) const RECORD: Self = builtin("record");
    pub(crate) const ANY: Self = builtin("any");
    pub(crate) const ANYELEMENT: Self = builtin("anyelement");
    pub(crate) const ANYARRAY: Self = builtin("anyarray");
    pub(crate) const ANYNONARRAY: Self = builtin("anynonarray");
    pub(crate) const ANYENUM: Self = builtin("anyenum");
    pub(crate) const ANYRANGE: Self = builtin("anyrange");
    pub(crate) const ANYMULTIRANGE: Self = builtin("anymultirange");
    pub(crate) const ANYCOMPATIBLE: Self = builtin("anycompatible");
    pub(crate) const ANYCOMPATIBLEARRAY: Self = builtin("anycompatiblearray");
    pub(crate) const ANYCOMPATIBLENONARRAY: Self = builtin("anycompatiblenonarray");
    pub(crate) const ANYCOMPATIBLERANGE: Self = builtin("anycompatiblerange");

    /// The built-in type of a `typname`, `[]` after it for an array.
    pub(crate) fn of(name: &str) -> Option<Self> {
        if let Some(element) = name.strip_suffix("[]") {
            return Self::of(element).map(Self::array_of);
        }
        let id = BUILTINS.iter().position(|b| b.name == name)?;
        Some(Self { id: u16::try_from(id).ok()?, array: false })
    }

    /// An array of it. PostgreSQL does not tell arrays of arrays from arrays.
    pub(crate) fn array_of(self) -> Self {
        Self { array: true, ..self }
    }

    /// What an array holds.
    pub(crate) fn element(self) -> Option<Self> {
        self.array.then_some(Self { array: false, ..self })
    }

    /// Whether nothing can be said about it.
    pub(crate) fn is_uncertain(self) -> bool {
        self.id == Self::UNCERTAIN.id
    }

    /// Whether it is one of the types that stand for others.
    pub(crate) fn is_polymorphic(self) -> bool {
        !self.array && (Self::ANYELEMENT.id..=Self::ANYCOMPATIBLERANGE.id).contains(&self.id)
    }

    /// Whether it is one that stands for others, of the newer family.
    pub(crate) fn is_compatible_family(self) -> bool {
        !self.array && (Self::ANYCOMPATIBLE.id..=Self::ANYCOMPATIBLERANGE.id).contains(&self.id)
    }

    /// What a built-in range is over.
    pub(crate) fn subtype(self) -> Option<Self> {
        let name = BUILTINS.get(usize::from(self.id)).filter(|_| !self.array)?.name;
        RANGES.iter().find(|(range, _)| *range == name).and_then(|(_, of)| Self::of(of))
    }

    fn builtin(self) -> Option<&'static Builtin> {
        BUILTINS.get(usize::from(self.id))
    }
}

/// A type that the schema brings along.
#[derive(Clone, Debug)]
struct UserType {
    name: QName,
    kind: UserKind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum UserKind {
    Enum(Vec<String>),
    Domain(Type),
    /// An extension's, a composite type, a range: its operators are not known.
    Other,
    /// It was there, and is not any more.
    Gone,
}

/// The category of a built-in type: that of "char" is its own from 15 on.
pub(crate) fn category(builtin: &Builtin, version: u16) -> char {
    if builtin.category == 'Z' && version < 15 { 'S' } else { builtin.category }
}

/// Every type of a schema.
#[derive(Clone, Debug, Default)]
pub(crate) struct Types {
    version: u16,
    users: Vec<UserType>,
    ids: BTreeMap<QName, u16>,
}

impl Types {
    /// The built-in types of a major version.
    pub(crate) fn new(version: u16) -> Self {
        Self { version, ..Self::default() }
    }

    /// Takes over the enums and domains of a schema. A type keeps its identity by its name.
    pub(crate) fn update(&mut self, schema: &Schema) {
        for user in &mut self.users {
            if user.kind != UserKind::Other {
                user.kind = UserKind::Gone;
            }
        }
        for (name, labels) in &schema.enums {
            self.set(name, UserKind::Enum(labels.clone()));
        }
        for name in schema.domains.keys() {
            self.set(name, UserKind::Domain(Type::UNCERTAIN));
        }
        for (name, domain) in &schema.domains {
            let (base, _) = self.intern(&domain.base);
            self.set(name, UserKind::Domain(base));
        }
    }

    fn set(&mut self, name: &QName, kind: UserKind) -> Type {
        let id = match self.ids.get(name) {
            Some(id) => *id,
            None => {
                let id = u16::try_from(BUILTINS.len() + self.users.len()).unwrap_or(0);
                self.users.push(UserType { name: name.clone(), kind: kind.clone() });
                self.ids.insert(name.clone(), id);
                id
            }
        };
        if let Some(user) = self.users.get_mut(usize::from(id) - BUILTINS.len()) {
            user.kind = kind;
        }
        Type { id, array: false }
    }

    fn user(&self, ty: Type) -> Option<&UserType> {
        self.users.get(usize::from(ty.id).checked_sub(BUILTINS.len())?)
    }

    /// A column's type; one that is not known is remembered as such.
    pub(crate) fn intern(&mut self, ty: &SqlType) -> (Type, Modifier) {
        let (text, array, modifier) = parts(ty);
        let wrap = |ty: Type| if array { ty.array_of() } else { ty };
        if let Some(found) = named_builtin(text) {
            return (wrap(found), modifier);
        }
        let name: QName = text.parse().unwrap_or_else(|_| QName::new("public", text));
        let found = match self.ids.get(&name) {
            Some(id) => Type { id: *id, array: false },
            None => self.set(&name, UserKind::Other),
        };
        (wrap(found), modifier)
    }

    /// A type named in a statement. `Err` with its name where it is gone; `None` where it was never
    /// known.
    pub(crate) fn find(
        &self,
        ty: &SqlType,
        path: &[String],
    ) -> Result<Option<(Type, Modifier)>, String> {
        let (text, array, modifier) = parts(ty);
        let wrap = |ty: Type| (if array { ty.array_of() } else { ty }, modifier);
        if let Some(found) = named_builtin(text) {
            return Ok(Some(wrap(found)));
        }
        let Some(mut name) = split_dotted(text) else { return Ok(None) };
        let (last, first) = (name.pop().unwrap_or_default(), name.pop());
        let schemas = first.as_ref().map_or(path, std::slice::from_ref);
        let mut gone = false;
        for schema in schemas {
            let Some(id) = self.ids.get(&QName::new(schema, &last)) else { continue };
            let found = Type { id: *id, array: false };
            match self.user(found).map(|user| &user.kind) {
                Some(UserKind::Gone) => gone = true,
                Some(UserKind::Enum(_) | UserKind::Domain(_) | UserKind::Other) => {
                    return Ok(Some(wrap(found)));
                }
                None => {}
            }
        }
        if gone { Err(text.to_owned()) } else { Ok(None) }
    }

    /// Behind a domain.
    pub(crate) fn base(&self, ty: Type) -> Type {
        match self.user(ty).map(|user| &user.kind) {
            Some(UserKind::Domain(base)) if !ty.array => self.base(*base),
            Some(UserKind::Domain(_) | UserKind::Enum(_) | UserKind::Other | UserKind::Gone)
            | None => ty,
        }
    }

    /// The labels of an enum.
    pub(crate) fn labels(&self, ty: Type) -> Option<&[String]> {
        match self.user(ty).map(|user| &user.kind) {
            Some(UserKind::Enum(labels)) if !ty.array => Some(labels),
            Some(UserKind::Domain(_) | UserKind::Enum(_) | UserKind::Other | UserKind::Gone)
            | None => None,
        }
    }

    /// Whether nothing is known of its operators and casts.
    pub(crate) fn is_foreign(&self, ty: Type) -> bool {
        let kind = self.user(self.base(ty)).map(|user| &user.kind);
        matches!(kind, Some(UserKind::Other | UserKind::Gone))
    }

    /// `typcategory` and `typispreferred`.
    pub(crate) fn category(&self, ty: Type) -> (char, bool) {
        if ty.array {
            return ('A', false);
        }
        match ty.builtin() {
            Some(builtin) => (category(builtin, self.version), builtin.preferred),
            None => match self.user(ty).map(|user| &user.kind) {
                Some(UserKind::Enum(_)) => ('E', false),
                Some(UserKind::Domain(base)) => (self.category(*base).0, false),
                Some(UserKind::Other | UserKind::Gone) | None => ('U', false),
            },
        }
    }

    /// How values can be compared.
    pub(crate) fn order(&self, ty: Type) -> Order {
        let base = self.base(ty);
        let element = Type { array: false, ..base };
        element.builtin().map_or(Less, |builtin| builtin.order)
    }

    /// As `format_type()` prints it: without its schema where the path finds it.
    pub(crate) fn format(&self, ty: Type, path: &[String]) -> String {
        let text = match (ty.builtin(), self.user(ty)) {
            (Some(builtin), _) => builtin.format.to_owned(),
            (None, Some(user)) if path.contains(&user.name.schema) => quote(&user.name.name),
            (None, Some(user)) => user.name.to_string(),
            (None, None) => "?".to_owned(),
        };
        if ty.array { text + "[]" } else { text }
    }
}

/// A type's name without `[]` and arguments, and what the arguments say.
fn parts(ty: &SqlType) -> (&str, bool, Modifier) {
    let text = ty.as_str();
    let (text, array) = text.strip_suffix("[]").map_or((text, false), |element| (element, true));
    if let Some(fields) = text.strip_prefix("interval ") {
        return ("interval", array, hash(fields));
    }
    let Some((base, rest)) = text.split_once('(') else { return (text, array, -1) };
    let modifier = hash(rest);
    // `timestamp(3) with time zone`.
    let text = match (base, rest.contains("with time zone")) {
        ("timestamp", true) => "timestamp with time zone",
        ("timestamp", false) => "timestamp without time zone",
        ("time", true) => "time with time zone",
        ("time", false) => "time without time zone",
        _ => base,
    };
    (text, array, modifier)
}

/// Two modifiers are compared, never looked into.
fn hash(text: &str) -> Modifier {
    text.bytes().fold(7, |h: i64, b| h.wrapping_mul(31).wrapping_add(i64::from(b))) & 0xffff_ffff
}

/// The built-in type of a `format_type()` name or a `typname`.
fn named_builtin(text: &str) -> Option<Type> {
    let text = text.strip_prefix("pg_catalog.").unwrap_or(text);
    let format = BUILTINS.iter().position(|b| b.format == text);
    let id = format.or_else(|| BUILTINS.iter().position(|b| b.name == text && text != "char"))?;
    Some(Type { id: u16::try_from(id).ok()?, array: false })
}
