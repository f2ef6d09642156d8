//! The kinds of objects: rows with their order, their word and their noun. Knows no object.

/// What an object is. The order is the order of creation: a kind may need those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ObjectKind {
    /// CREATE SCHEMA.
    Schema,
    /// CREATE EXTENSION.
    Extension,
    /// CREATE LANGUAGE.
    Language,
    /// CREATE COLLATION, CONVERSION, TEXT SEARCH …: named things that need a schema only.
    Plain,
    /// CREATE TYPE … AS ENUM.
    Enum,
    /// CREATE TYPE of another sort.
    Type,
    /// CREATE DOMAIN.
    Domain,
    /// CREATE SEQUENCE.
    Sequence,
    /// CREATE FUNCTION, PROCEDURE.
    Routine,
    /// CREATE AGGREGATE.
    Aggregate,
    /// CREATE OPERATOR, OPERATOR FAMILY, OPERATOR CLASS, CAST.
    Operator,
    /// CREATE FOREIGN DATA WRAPPER, SERVER, USER MAPPING.
    Foreign,
    /// CREATE FOREIGN TABLE.
    ForeignTable,
    /// ALTER SEQUENCE … OWNED BY.
    Ownership,
    /// CREATE STATISTICS.
    Statistics,
    /// CREATE INDEX on a materialized view.
    ViewIndex,
    /// CREATE RULE.
    Rule,
    /// CREATE TRIGGER of the user's.
    Trigger,
    /// CREATE EVENT TRIGGER.
    EventTrigger,
    /// CREATE POLICY.
    Policy,
    /// A setting of a relation, column or index: row security, storage, statistics target, options …
    Property,
    /// CREATE PUBLICATION, SUBSCRIPTION.
    Replication,
    /// GRANT, REVOKE: one privilege, thing and role each.
    Privilege,
    /// ALTER DEFAULT PRIVILEGES.
    DefaultPrivilege,
    /// OWNER TO.
    Owner,
    /// COMMENT ON.
    Comment,
    /// A statement that is not understood, carried as it is.
    Unknown,
}

impl ObjectKind {
    /// Every kind, in the order of creation.
    pub const ALL: &'static [Self] = &[
        Self::Schema,
        Self::Extension,
        Self::Language,
        Self::Plain,
        Self::Enum,
        Self::Type,
        Self::Domain,
        Self::Sequence,
        Self::Routine,
        Self::Aggregate,
        Self::Operator,
        Self::Foreign,
        Self::ForeignTable,
        Self::Ownership,
        Self::Statistics,
        Self::ViewIndex,
        Self::Rule,
        Self::Trigger,
        Self::EventTrigger,
        Self::Policy,
        Self::Property,
        Self::Replication,
        Self::Privilege,
        Self::DefaultPrivilege,
        Self::Owner,
        Self::Comment,
        Self::Unknown,
    ];

    /// The kind as one word, on the wire.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Schema => "schema",
            Self::Extension => "extension",
            Self::Language => "language",
            Self::Plain => "plain",
            Self::Enum => "enum",
            Self::Type => "type",
            Self::Domain => "domain",
            Self::Sequence => "sequence",
            Self::Routine => "routine",
            Self::Aggregate => "aggregate",
            Self::Operator => "operator",
            Self::Foreign => "foreign",
            Self::ForeignTable => "foreign_table",
            Self::Ownership => "ownership",
            Self::Statistics => "statistics",
            Self::ViewIndex => "view_index",
            Self::Rule => "rule",
            Self::Trigger => "trigger",
            Self::EventTrigger => "event_trigger",
            Self::Policy => "policy",
            Self::Property => "property",
            Self::Replication => "replication",
            Self::Privilege => "privilege",
            Self::DefaultPrivilege => "default_privilege",
            Self::Owner => "owner",
            Self::Comment => "comment",
            Self::Unknown => "unknown",
        }
    }

    /// Whether tables may need it, so that it comes before them and goes after them.
    pub fn is_early(self) -> bool {
        self <= Self::Foreign
    }

    /// Whether making it again over the old one is all that a change takes.
    pub fn is_setting(self) -> bool {
        match self {
            Self::Property | Self::Comment | Self::Owner | Self::Ownership => true,
            Self::Schema
            | Self::Extension
            | Self::Language
            | Self::Plain
            | Self::Enum
            | Self::Type
            | Self::Domain
            | Self::Sequence
            | Self::Routine
            | Self::Aggregate
            | Self::Operator
            | Self::Foreign
            | Self::ForeignTable
            | Self::Statistics
            | Self::ViewIndex
            | Self::Rule
            | Self::Trigger
            | Self::EventTrigger
            | Self::Policy
            | Self::Replication
            | Self::Privilege
            | Self::DefaultPrivilege
            | Self::Unknown => false,
        }
    }

    /// The kind in words, for a reader.
    pub fn noun(self) -> &'static str {
        match self {
            Self::Schema => "schema",
            Self::Extension => "extension",
            Self::Language => "language",
            Self::Plain => "object",
            Self::Enum => "enum",
            Self::Type => "type",
            Self::Domain => "domain",
            Self::Sequence => "sequence",
            Self::Routine => "routine",
            Self::Aggregate => "aggregate",
            Self::Operator => "operator or cast",
            Self::Foreign => "foreign-data object",
            Self::ForeignTable => "foreign table",
            Self::Ownership => "owner column of sequence",
            Self::Statistics => "statistics object",
            Self::ViewIndex => "index",
            Self::Rule => "rule",
            Self::Trigger => "trigger",
            Self::EventTrigger => "event trigger",
            Self::Policy => "policy",
            Self::Property => "setting",
            Self::Replication => "publication or subscription",
            Self::Privilege => "privilege",
            Self::DefaultPrivilege => "default privilege",
            Self::Owner => "owner",
            Self::Comment => "comment",
            Self::Unknown => "statement",
        }
    }
}
