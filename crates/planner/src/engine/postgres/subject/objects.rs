//! Which form a statement about an object is. Must not know recipes.

use super::super::Form;
use crate::schema::object::IDENTITY;
use crate::schema::{ObjectId, ObjectKind};

/// The form of a statement about an object that is neither table, index nor view.
pub(super) fn object(id: &ObjectId, stays: bool, sql: &str) -> Form {
    match id.kind {
        ObjectKind::Trigger if stays => Form::CreateTrigger,
        ObjectKind::Trigger => Form::DropTrigger,
        ObjectKind::Policy => Form::Policy,
        ObjectKind::Rule => Form::Rule,
        ObjectKind::Property => property(&id.name, sql),
        ObjectKind::Owner => Form::SetOwner,
        ObjectKind::Comment if id.name.starts_with("INDEX ") => Form::CommentOnIndex,
        ObjectKind::Comment => comment(&id.name),
        ObjectKind::Statistics => Form::CreateStatistics,
        ObjectKind::ViewIndex if stays => Form::CreateIndex,
        ObjectKind::ViewIndex => Form::DropIndex,
        ObjectKind::Privilege if id.name.starts_with("TABLE ") => Form::GrantTable,
        ObjectKind::Privilege | ObjectKind::DefaultPrivilege => Form::GrantOther,
        ObjectKind::Sequence if !stays => Form::DropSequence,
        ObjectKind::Sequence if sql.starts_with("CREATE ") => Form::CreateSequence,
        ObjectKind::Sequence | ObjectKind::Ownership => Form::AlterSequence,
        ObjectKind::Enum if sql.contains(" ADD VALUE ") => Form::AddEnumValue,
        ObjectKind::Domain if stays && sql.contains(" ADD CONSTRAINT ") => {
            Form::AddDomainConstraint
        }
        ObjectKind::Domain if stays => Form::AlterDomain,
        ObjectKind::Enum | ObjectKind::Type | ObjectKind::Domain if !stays => Form::DropType,
        ObjectKind::Type if sql.starts_with("ALTER ") => Form::AlterComposite,
        ObjectKind::Enum if sql.starts_with("ALTER ") => Form::AlterType,
        ObjectKind::Enum | ObjectKind::Type | ObjectKind::Domain => Form::CreateType,
        ObjectKind::Schema if !stays => Form::DropSchema,
        ObjectKind::Schema | ObjectKind::Extension | ObjectKind::Language => Form::Container,
        ObjectKind::Routine | ObjectKind::Aggregate => Form::Routine,
        ObjectKind::Replication => Form::Publication,
        ObjectKind::Plain
        | ObjectKind::Operator
        | ObjectKind::Foreign
        | ObjectKind::ForeignTable
        | ObjectKind::EventTrigger => Form::Container,
        ObjectKind::Unknown => Form::Unknown,
    }
}

/// The form of COMMENT ON by what it is on.
fn comment(name: &str) -> Form {
    let begins = |words: &[&str]| words.iter().any(|word| name.starts_with(word));
    if begins(&["TABLE ", "COLUMN ", "VIEW ", "MATERIALIZED VIEW ", "FOREIGN TABLE "]) {
        Form::CommentOnTable
    } else if begins(&["CONSTRAINT ", "TRIGGER ", "POLICY ", "RULE "]) {
        Form::CommentOnPart
    } else {
        Form::CommentOther
    }
}

/// The form of a setting by the words that make it.
fn property(name: &str, sql: &str) -> Form {
    let has = |word: &str| sql.contains(word);
    if has(" ATTACH PARTITION ") {
        Form::AttachIndex
    } else if sql.starts_with("ALTER INDEX ") {
        Form::SetIndexOption
    } else if sql.starts_with("ALTER MATERIALIZED VIEW ") {
        Form::SetMaterializedViewOption
    } else if sql.starts_with("ALTER VIEW ") {
        Form::AlterView
    } else if has(" ROW LEVEL SECURITY") {
        Form::RowSecurity
    } else if has(" REPLICA IDENTITY ") {
        Form::ReplicaIdentity
    } else if has(" CLUSTER") {
        Form::ClusterOn
    } else if has("LOGGED") {
        Form::SetLogged
    } else if has(" TABLESPACE ") {
        Form::SetTablespace
    } else if has(" ACCESS METHOD ") {
        Form::SetAccessMethod
    } else if has(" RULE ") {
        Form::Rule
    } else if has(" TRIGGER ") {
        Form::EnableTrigger
    } else if has(" SET STORAGE ") {
        Form::SetStorage
    } else if has(" SET COMPRESSION ") {
        Form::SetCompression
    } else if has(" SET STATISTICS ") {
        Form::SetStatistics
    } else if name.ends_with(IDENTITY) {
        Form::AlterIdentity
    } else if has(" ALTER COLUMN ") {
        Form::SetColumnOption
    } else {
        Form::SetTableOption
    }
}
