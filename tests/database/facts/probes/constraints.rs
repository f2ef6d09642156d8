//! Constraints of tables and domains.

use planner::engine::postgres::Form;

use super::{ALONE, PARTITIONED, PLAIN, Probe, probe};

const T: &[&str] = &[PLAIN];
const M: &[&str] = &[PARTITIONED];
const MP: &[&str] = &[PARTITIONED, PLAIN];
/// `m` has a primary key, and `ch` may point at it.
const REFERABLE: &str = "ALTER TABLE m ADD PRIMARY KEY (id); CREATE TABLE ch (id int); \
     INSERT INTO ch SELECT g FROM generate_series(1, 20) g";
const REFERENCED: &[&str] = &[PARTITIONED, REFERABLE];
const NOT_VALID_KEY: &[&str] =
    &[PLAIN, "ALTER TABLE t ADD CONSTRAINT k FOREIGN KEY (a) REFERENCES p (id) NOT VALID"];
const UNENFORCED_KEY: &[&str] =
    &[PLAIN, "ALTER TABLE t ADD CONSTRAINT k FOREIGN KEY (a) REFERENCES p (id) NOT ENFORCED"];
const PARTITIONED_KEY: &str =
    "ALTER TABLE m ADD CONSTRAINT k FOREIGN KEY (k) REFERENCES p (id) NOT VALID";
const DOMAIN: &[&str] = &[
    "CREATE DOMAIN dom AS int; CREATE TABLE q (x dom); INSERT INTO q SELECT g FROM generate_series(1, 20) g",
];
const DOMAIN_NOT_VALID: &[&str] = &[
    "CREATE DOMAIN dom AS int; CREATE TABLE q (x dom); INSERT INTO q SELECT g FROM generate_series(1, 20) g",
    "ALTER DOMAIN dom ADD CONSTRAINT k CHECK (VALUE > 0) NOT VALID",
];

pub(super) const PROBES: &[Probe] = &[
    probe(Form::AddCheck, T, "ALTER TABLE t ADD CONSTRAINT k CHECK (a > 0)"),
    probe(Form::AddCheck, M, "ALTER TABLE m ADD CHECK (k >= 0)"),
    probe(Form::AddCheckNotValid, T, "ALTER TABLE t ADD CONSTRAINT k CHECK (a > 0) NOT VALID"),
    probe(Form::AddCheckNotValid, M, "ALTER TABLE m ADD CHECK (k >= 0) NOT VALID"),
    probe(Form::AddCheckNotEnforced, T, "ALTER TABLE t ADD CONSTRAINT k CHECK (a > 0) NOT ENFORCED").since(18),
    probe(Form::AddCheckNotEnforced, M, "ALTER TABLE m ADD CONSTRAINT k CHECK (k > 0) NOT ENFORCED").since(18),
    probe(Form::ValidateCheck, &[PLAIN, "ALTER TABLE t ADD CONSTRAINT k CHECK (a > 0) NOT VALID"], "ALTER TABLE t VALIDATE CONSTRAINT k"),
    probe(Form::ValidateCheck, &[PARTITIONED, "ALTER TABLE m ADD CONSTRAINT k CHECK (k >= 0) NOT VALID"], "ALTER TABLE m VALIDATE CONSTRAINT k"),
    probe(Form::AddNotNull, T, "ALTER TABLE t ADD CONSTRAINT k NOT NULL a").since(18),
    probe(Form::AddNotNull, M, "ALTER TABLE m ADD CONSTRAINT k NOT NULL k").since(18),
    probe(Form::AddNotNullNotValid, T, "ALTER TABLE t ADD CONSTRAINT k NOT NULL a NOT VALID").since(18),
    probe(Form::AddNotNullNotValid, M, "ALTER TABLE m ADD CONSTRAINT k NOT NULL k NOT VALID").since(18),
    probe(Form::AddNotNullNotValid, &[PLAIN, "ALTER TABLE t ADD CHECK (a IS NOT NULL)"], "ALTER TABLE t ADD CONSTRAINT k NOT NULL a").since(18),
    probe(Form::ValidateNotNull, &[PLAIN, "ALTER TABLE t ADD CONSTRAINT k NOT NULL a NOT VALID"], "ALTER TABLE t VALIDATE CONSTRAINT k").since(18),
    probe(Form::ValidateNotNull, &[PARTITIONED, "ALTER TABLE m ADD CONSTRAINT k NOT NULL k NOT VALID"], "ALTER TABLE m VALIDATE CONSTRAINT k").since(18),
    probe(Form::AddForeignKey, T, "ALTER TABLE t ADD CONSTRAINT k FOREIGN KEY (a) REFERENCES p (id)"),
    probe(Form::AddForeignKey, T, "ALTER TABLE t ADD FOREIGN KEY (id) REFERENCES t"),
    probe(Form::AddForeignKey, REFERENCED, "ALTER TABLE ch ADD FOREIGN KEY (id) REFERENCES m"),
    probe(Form::AddForeignKey, &[PARTITIONED, PLAIN, "UPDATE m SET k = 1"], "ALTER TABLE m ADD FOREIGN KEY (k) REFERENCES p (id)"),
    probe(Form::AddForeignKeyNotValid, T, "ALTER TABLE t ADD CONSTRAINT k FOREIGN KEY (a) REFERENCES p (id) NOT VALID"),
    probe(Form::AddForeignKeyNotValid, REFERENCED, "ALTER TABLE ch ADD FOREIGN KEY (id) REFERENCES m NOT VALID"),
    probe(Form::AddForeignKeyNotValid, MP, "ALTER TABLE m ADD FOREIGN KEY (k) REFERENCES p (id) NOT VALID").since(18),
    probe(Form::AddForeignKeyNotEnforced, T, "ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES p (id) NOT ENFORCED").since(18),
    probe(Form::AddForeignKeyNotEnforced, MP, "ALTER TABLE m ADD FOREIGN KEY (k) REFERENCES p (id) NOT ENFORCED").since(18),
    probe(Form::ValidateForeignKey, NOT_VALID_KEY, "ALTER TABLE t VALIDATE CONSTRAINT k"),
    probe(Form::ValidateForeignKey, &[PARTITIONED, REFERABLE, "ALTER TABLE ch ADD CONSTRAINT k FOREIGN KEY (id) REFERENCES m NOT VALID"], "ALTER TABLE ch VALIDATE CONSTRAINT k"),
    probe(Form::ValidateForeignKey, &[PARTITIONED, PLAIN, PARTITIONED_KEY, "UPDATE m SET k = 1"], "ALTER TABLE m VALIDATE CONSTRAINT k").since(18),
    probe(Form::AlterConstraint, T, "ALTER TABLE t ALTER CONSTRAINT t_p DEFERRABLE INITIALLY DEFERRED"),
    probe(Form::AddForeignKeyOfParts, &[PARTITIONED, PLAIN, "UPDATE m SET k = 1; ALTER TABLE m1 ADD FOREIGN KEY (k) REFERENCES p (id); ALTER TABLE m2 ADD FOREIGN KEY (k) REFERENCES p (id)"], "ALTER TABLE m ADD FOREIGN KEY (k) REFERENCES p (id)").since(14),
    probe(Form::AddForeignKeyOfPartsToParts, &[PARTITIONED, REFERABLE, "CREATE TABLE z (id int) PARTITION BY RANGE (id); CREATE TABLE z1 PARTITION OF z FOR VALUES FROM (0) TO (99); INSERT INTO z SELECT 3 FROM generate_series(1, 20); ALTER TABLE z1 ADD FOREIGN KEY (id) REFERENCES m"], "ALTER TABLE z ADD FOREIGN KEY (id) REFERENCES m").since(14),
    probe(Form::AddUniqueOfParts, &[PARTITIONED, "ALTER TABLE m1 ADD UNIQUE (id); ALTER TABLE m2 ADD UNIQUE (id)"], "ALTER TABLE m ADD UNIQUE (id)").since(14),
    probe(Form::AddUniqueOnly, M, "ALTER TABLE ONLY m ADD UNIQUE (id)"),
    probe(Form::AlterConstraint, &[PARTITIONED, PLAIN, "UPDATE m SET k = 1; ALTER TABLE m ADD CONSTRAINT k FOREIGN KEY (k) REFERENCES p (id)"], "ALTER TABLE m ALTER CONSTRAINT k DEFERRABLE"),
    probe(Form::AlterConstraintEnforced, UNENFORCED_KEY, "ALTER TABLE t ALTER CONSTRAINT k ENFORCED").since(18),
    probe(Form::AlterConstraintEnforced, &[PARTITIONED, REFERABLE, "ALTER TABLE ch ADD CONSTRAINT k FOREIGN KEY (id) REFERENCES m NOT ENFORCED"], "ALTER TABLE ch ALTER CONSTRAINT k ENFORCED").since(18),
    probe(Form::AlterConstraintEnforced, &[PARTITIONED, PLAIN, "UPDATE m SET k = 1; ALTER TABLE m ADD CONSTRAINT k FOREIGN KEY (k) REFERENCES p (id) NOT ENFORCED"], "ALTER TABLE m ALTER CONSTRAINT k ENFORCED").since(18),
    probe(Form::AlterConstraintNotEnforced, T, "ALTER TABLE t ALTER CONSTRAINT t_p NOT ENFORCED").since(18),
    probe(Form::AlterConstraintNotEnforced, &[PARTITIONED, REFERABLE, "ALTER TABLE ch ADD CONSTRAINT k FOREIGN KEY (id) REFERENCES m"], "ALTER TABLE ch ALTER CONSTRAINT k NOT ENFORCED").since(18),
    probe(Form::AlterConstraintNotEnforced, &[PARTITIONED, PLAIN, "UPDATE m SET k = 1; ALTER TABLE m ADD CONSTRAINT k FOREIGN KEY (k) REFERENCES p (id)"], "ALTER TABLE m ALTER CONSTRAINT k NOT ENFORCED").since(18),
    probe(Form::AddUnique, T, "ALTER TABLE t ADD UNIQUE (a)"),
    probe(Form::AddUnique, T, "ALTER TABLE t ADD UNIQUE NULLS NOT DISTINCT (a)").since(15),
    probe(Form::AddUnique, &[ALONE], "ALTER TABLE q ADD PRIMARY KEY (a)"),
    probe(Form::AddUnique, M, "ALTER TABLE m ADD PRIMARY KEY (id)"),
    probe(Form::AddUnique, M, "ALTER TABLE m ADD UNIQUE (id, k)"),
    probe(Form::AddExclude, T, "ALTER TABLE t ADD CONSTRAINT k EXCLUDE (a WITH =)"),
    probe(Form::AddExclude, M, "ALTER TABLE m ADD CONSTRAINT k EXCLUDE (id WITH =)").since(17),
    probe(Form::AddUsingIndex, &[ALONE], "ALTER TABLE q ADD CONSTRAINT k UNIQUE USING INDEX u"),
    probe(Form::AddUsingIndex, &[ALONE, "ALTER TABLE q ALTER a SET NOT NULL"], "ALTER TABLE q ADD CONSTRAINT k PRIMARY KEY USING INDEX u"),
    probe(Form::AddUsingIndex, &[ALONE, "ALTER TABLE q ADD CHECK (a IS NOT NULL)"], "ALTER TABLE q ADD PRIMARY KEY USING INDEX u"),
    probe(Form::AddPrimaryKeyUsingIndexScan, &[ALONE], "ALTER TABLE q ADD CONSTRAINT k PRIMARY KEY USING INDEX u"),
    probe(Form::DropConstraint, &[PLAIN, "ALTER TABLE t ADD CONSTRAINT k CHECK (a > 0)"], "ALTER TABLE t DROP CONSTRAINT k"),
    probe(Form::DropConstraint, &[ALONE, "ALTER TABLE q ADD CONSTRAINT k UNIQUE (a)"], "ALTER TABLE q DROP CONSTRAINT k"),
    probe(Form::DropConstraint, T, "ALTER TABLE t DROP CONSTRAINT t_pkey CASCADE"),
    probe(Form::DropConstraint, &[PARTITIONED, "ALTER TABLE m ADD CONSTRAINT k CHECK (k >= 0)"], "ALTER TABLE m DROP CONSTRAINT k"),
    probe(Form::DropForeignKey, T, "ALTER TABLE t DROP CONSTRAINT t_p"),
    probe(Form::DropForeignKey, &[PARTITIONED, REFERABLE, "ALTER TABLE ch ADD CONSTRAINT k FOREIGN KEY (id) REFERENCES m"], "ALTER TABLE ch DROP CONSTRAINT k"),
    probe(Form::DropForeignKey, &[PARTITIONED, PLAIN, "UPDATE m SET k = 1; ALTER TABLE m ADD CONSTRAINT k FOREIGN KEY (k) REFERENCES p (id)"], "ALTER TABLE m DROP CONSTRAINT k"),
    probe(Form::RenameConstraint, T, "ALTER TABLE t RENAME CONSTRAINT t_pkey TO k"),
    probe(Form::RenameConstraint, T, "ALTER TABLE t RENAME CONSTRAINT t_p TO k"),
    probe(Form::AddDomainConstraint, DOMAIN, "ALTER DOMAIN dom ADD CONSTRAINT k CHECK (VALUE > 0)"),
    probe(Form::AddDomainConstraint, DOMAIN, "ALTER DOMAIN dom SET NOT NULL"),
    probe(Form::AddDomainConstraintNotValid, DOMAIN, "ALTER DOMAIN dom ADD CONSTRAINT k CHECK (VALUE > 0) NOT VALID"),
    probe(Form::ValidateDomainConstraint, DOMAIN_NOT_VALID, "ALTER DOMAIN dom VALIDATE CONSTRAINT k"),
    probe(Form::AlterDomain, DOMAIN_NOT_VALID, "ALTER DOMAIN dom DROP CONSTRAINT k"),
    probe(Form::AlterDomain, DOMAIN, "ALTER DOMAIN dom SET DEFAULT 1"),
    probe(Form::AlterDomain, DOMAIN, "ALTER DOMAIN dom RENAME TO dim"),
    probe(Form::AlterDomain, DOMAIN, "CREATE DOMAIN fresh AS text"),
];
