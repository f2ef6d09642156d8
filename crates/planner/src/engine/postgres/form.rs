//! The forms of statements: what locks and works alike has one name. Knows no facts and no schema.

use serde::Serialize;

/// Makes the enum of all forms, each with the title that is its documentation.
macro_rules! forms {
    ($($name:ident: $title:literal,)+) => {
        /// A kind of statement that locks and works alike.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Form {
            $(#[doc = $title] $name,)+
        }

        impl Form {
            /// Every form, in the order of the manual: columns, constraints, indexes, tables, other objects.
            pub const ALL: &[Form] = &[$(Form::$name,)+];

            /// What it is, in SQL's own words.
            pub fn title(self) -> &'static str {
                match self {
                    $(Self::$name => $title,)+
                }
            }
        }
    };
}

forms! {
    // Columns.
    AddColumn: "ADD COLUMN without a default, or with one that is not volatile",
    AddColumnVolatile: "ADD COLUMN with a volatile default",
    AddColumnSequence: "ADD COLUMN serial or GENERATED AS IDENTITY",
    AddColumnStored: "ADD COLUMN GENERATED … STORED",
    AddColumnVirtual: "ADD COLUMN GENERATED … VIRTUAL",
    AddColumnDomain: "ADD COLUMN of a domain with a constraint",
    AddColumnReferences: "ADD COLUMN REFERENCES, without a default",
    AddColumnReferencesDefault: "ADD COLUMN REFERENCES, with a default",
    AddColumnCheck: "ADD COLUMN with CHECK",
    AddColumnUnique: "ADD COLUMN with UNIQUE or PRIMARY KEY",
    DropColumn: "DROP COLUMN",
    RenameColumn: "RENAME COLUMN",
    SetDefault: "ALTER COLUMN SET or DROP DEFAULT",
    SetNotNull: "ALTER COLUMN SET NOT NULL",
    SetNotNullProved: "ALTER COLUMN SET NOT NULL, proved by a validated CHECK",
    DropNotNull: "ALTER COLUMN DROP NOT NULL",
    AddIdentity: "ALTER COLUMN ADD GENERATED AS IDENTITY",
    AlterIdentity: "ALTER COLUMN SET GENERATED, RESTART or other options of an identity",
    DropIdentity: "ALTER COLUMN DROP IDENTITY",
    DropExpression: "ALTER COLUMN DROP EXPRESSION",
    SetExpressionStored: "ALTER COLUMN SET EXPRESSION of a stored column",
    SetStatistics: "ALTER COLUMN SET STATISTICS",
    SetColumnOption: "ALTER COLUMN SET (`n_distinct`)",
    SetStorage: "ALTER COLUMN SET STORAGE",
    SetCompression: "ALTER COLUMN SET COMPRESSION",
    AlterTypeInPlace: "ALTER COLUMN TYPE that only changes the catalogue",
    AlterTypeRecheck: "ALTER COLUMN TYPE in place, where a CHECK reads the column",
    AlterTypeReindex: "ALTER COLUMN TYPE that builds indexes anew, such as a new collation",
    AlterTypeTimeZone: "ALTER COLUMN TYPE between timestamp and timestamptz",
    AlterTypeRewrite: "ALTER COLUMN TYPE that rewrites",
    // Constraints.
    AddCheck: "ADD CHECK",
    AddCheckNotValid: "ADD CHECK NOT VALID",
    AddCheckNotEnforced: "ADD CHECK NOT ENFORCED",
    ValidateCheck: "VALIDATE CONSTRAINT of a CHECK",
    AddNotNull: "ADD CONSTRAINT NOT NULL",
    AddNotNullNotValid: "ADD CONSTRAINT NOT NULL NOT VALID",
    ValidateNotNull: "VALIDATE CONSTRAINT of a NOT NULL",
    AddForeignKey: "ADD FOREIGN KEY",
    AddForeignKeyNotValid: "ADD FOREIGN KEY NOT VALID",
    AddForeignKeyNotEnforced: "ADD FOREIGN KEY NOT ENFORCED",
    ValidateForeignKey: "VALIDATE CONSTRAINT of a FOREIGN KEY",
    AlterConstraint: "ALTER CONSTRAINT DEFERRABLE, INITIALLY DEFERRED, INHERIT or NO INHERIT",
    AlterConstraintEnforced: "ALTER CONSTRAINT ENFORCED",
    AlterConstraintNotEnforced: "ALTER CONSTRAINT NOT ENFORCED",
    AddForeignKeyOfParts: "ADD FOREIGN KEY to a partitioned table whose partitions all have it",
    AddForeignKeyOfPartsToParts: "ADD FOREIGN KEY to a partitioned table whose partitions all have it and that points at another",
    AddUnique: "ADD UNIQUE or PRIMARY KEY",
    AddUniqueOfParts: "ADD UNIQUE or PRIMARY KEY to a partitioned table whose partitions all have it",
    AddUniqueOnly: "ADD UNIQUE or PRIMARY KEY to ONLY a partitioned table",
    AddExclude: "ADD EXCLUDE",
    AddUsingIndex: "ADD UNIQUE or PRIMARY KEY USING INDEX",
    AddPrimaryKeyUsingIndexScan: "ADD PRIMARY KEY USING INDEX over columns that may be NULL",
    DropConstraint: "DROP CONSTRAINT of a CHECK, NOT NULL, UNIQUE, PRIMARY KEY or EXCLUDE",
    DropForeignKey: "DROP CONSTRAINT of a FOREIGN KEY",
    RenameConstraint: "RENAME CONSTRAINT",
    AddDomainConstraint: "ALTER DOMAIN ADD CONSTRAINT, SET NOT NULL",
    AddDomainConstraintNotValid: "ALTER DOMAIN ADD CONSTRAINT NOT VALID",
    ValidateDomainConstraint: "ALTER DOMAIN VALIDATE CONSTRAINT",
    AlterDomain: "CREATE DOMAIN, or ALTER DOMAIN SET DEFAULT, DROP, RENAME, OWNER",
    // Indexes.
    CreateIndex: "CREATE INDEX",
    CreateIndexOfParts: "CREATE INDEX on a partitioned table whose partitions all have it",
    CreateIndexOnly: "CREATE INDEX ON ONLY a partitioned table",
    CreateIndexConcurrently: "CREATE INDEX CONCURRENTLY",
    DropIndex: "DROP INDEX",
    DropIndexConcurrently: "DROP INDEX CONCURRENTLY",
    ReindexIndex: "REINDEX INDEX",
    ReindexTable: "REINDEX TABLE",
    ReindexPartitioned: "REINDEX of a partitioned table or index",
    ReindexConcurrently: "REINDEX CONCURRENTLY",
    RenameIndex: "ALTER INDEX RENAME",
    RenameIndexAsTable: "ALTER TABLE index RENAME",
    SetIndexOption: "ALTER INDEX SET (…), RESET, ALTER COLUMN SET STATISTICS",
    SetIndexTablespace: "ALTER INDEX SET TABLESPACE",
    AttachIndex: "ALTER INDEX ATTACH PARTITION",
    // Tables.
    CreateTable: "CREATE TABLE",
    CreateTableAs: "CREATE TABLE AS",
    CreateTableInherits: "CREATE TABLE INHERITS",
    DropTable: "DROP TABLE",
    RenameTable: "ALTER TABLE RENAME TO",
    SetSchema: "ALTER TABLE SET SCHEMA",
    SetOwner: "ALTER TABLE OWNER TO",
    SetTableOption: "ALTER TABLE SET (fillfactor, autovacuum …), RESET",
    SetCatalogOption: "ALTER TABLE SET (`user_catalog_table`)",
    ClusterOn: "ALTER TABLE CLUSTER ON, SET WITHOUT CLUSTER",
    SetTablespace: "ALTER TABLE SET TABLESPACE",
    SetLogged: "ALTER TABLE SET LOGGED or UNLOGGED",
    SetAccessMethod: "ALTER TABLE SET ACCESS METHOD",
    ReplicaIdentity: "ALTER TABLE REPLICA IDENTITY",
    Inherit: "ALTER TABLE INHERIT",
    NoInherit: "ALTER TABLE NO INHERIT",
    OfType: "ALTER TABLE OF, NOT OF",
    Truncate: "TRUNCATE",
    Cluster: "CLUSTER",
    ClusterPartitioned: "CLUSTER of a partitioned table",
    VacuumFull: "VACUUM FULL",
    Vacuum: "VACUUM",
    Analyze: "ANALYZE",
    // Partitions.
    CreatePartition: "CREATE TABLE PARTITION OF",
    CreatePartitionScan: "CREATE TABLE PARTITION OF, beside a default partition",
    AttachPartition: "ATTACH PARTITION",
    AttachPartitionProved: "ATTACH PARTITION, proved by a validated CHECK",
    AttachPartitionBuild: "ATTACH PARTITION that lacks an index of the partitioned table",
    DetachPartition: "DETACH PARTITION",
    DetachReferenced: "DETACH PARTITION of a table that foreign keys point at",
    DetachConcurrently: "DETACH PARTITION CONCURRENTLY",
    DetachFinalize: "DETACH PARTITION FINALIZE",
    // Security and triggers.
    RowSecurity: "ENABLE, DISABLE or FORCE ROW LEVEL SECURITY",
    Policy: "CREATE, ALTER or DROP POLICY",
    Rule: "CREATE, ALTER or DROP RULE, ENABLE or DISABLE RULE",
    CreateTrigger: "CREATE TRIGGER, with OR REPLACE or without",
    EnableTrigger: "ENABLE or DISABLE TRIGGER",
    RenameTrigger: "ALTER TRIGGER RENAME",
    DropTrigger: "DROP TRIGGER",
    GrantTable: "GRANT or REVOKE on a table or its columns",
    GrantOther: "GRANT or REVOKE on anything else, ALTER DEFAULT PRIVILEGES",
    // Views.
    CreateView: "CREATE VIEW, CREATE MATERIALIZED VIEW WITH NO DATA",
    ReplaceView: "CREATE OR REPLACE VIEW of a view that is there",
    AlterView: "ALTER VIEW, ALTER MATERIALIZED VIEW",
    SetMaterializedViewOption: "ALTER MATERIALIZED VIEW SET (…), CLUSTER ON",
    DropView: "DROP VIEW, DROP MATERIALIZED VIEW",
    CreateMaterializedView: "CREATE MATERIALIZED VIEW",
    Refresh: "REFRESH MATERIALIZED VIEW",
    RefreshNoData: "REFRESH MATERIALIZED VIEW WITH NO DATA",
    RefreshConcurrently: "REFRESH MATERIALIZED VIEW CONCURRENTLY",
    // Other objects.
    CommentOnTable: "COMMENT ON TABLE, COLUMN or VIEW",
    CommentOnPart: "COMMENT ON CONSTRAINT, TRIGGER, POLICY or RULE of a table",
    CommentOnIndex: "COMMENT ON INDEX",
    CommentOther: "COMMENT ON anything else",
    CreateStatistics: "CREATE or DROP STATISTICS",
    AlterStatistics: "ALTER STATISTICS",
    CreateSequence: "CREATE SEQUENCE",
    AlterSequence: "ALTER SEQUENCE RESTART, INCREMENT, CACHE, AS, OWNED BY …",
    RenameSequence: "ALTER SEQUENCE RENAME, OWNER, SET SCHEMA, SET LOGGED",
    DropSequence: "DROP SEQUENCE",
    CreateType: "CREATE TYPE",
    AddEnumValue: "ALTER TYPE ADD VALUE",
    RenameEnumValue: "ALTER TYPE RENAME VALUE",
    AlterType: "ALTER TYPE RENAME TO, OWNER, SET SCHEMA",
    AlterComposite: "ALTER TYPE ADD, DROP, ALTER or RENAME ATTRIBUTE",
    DropType: "DROP TYPE, DROP DOMAIN",
    Routine: "CREATE, ALTER or DROP FUNCTION or PROCEDURE",
    DropRoutineCascade: "DROP FUNCTION CASCADE",
    Publication: "CREATE or ALTER PUBLICATION that names tables",
    PublicationOther: "CREATE PUBLICATION FOR ALL TABLES, ALTER PUBLICATION SET (…), DROP PUBLICATION",
    Container: "CREATE or ALTER SCHEMA, CREATE EXTENSION, CREATE or ALTER ROLE",
    DropSchema: "DROP SCHEMA",
    NoTable: "SET and other statements of a session",
    // Rows.
    Select: "SELECT",
    SelectForUpdate: "SELECT FOR UPDATE or SHARE",
    Insert: "INSERT",
    WholeTableWrite: "UPDATE or DELETE",
    CopyFrom: "COPY FROM",
    CopyTo: "COPY TO",
    LockTable: "LOCK TABLE",
    Batches: "a backfill in batches",
    Unknown: "a statement that is not analysed",
}
