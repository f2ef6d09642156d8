//! A canonical text of everything users made in a database, straight from the catalogue: equal
//! texts mean equal schemas, whatever the order of columns. Must not know the planner's reading of
//! SQL, so that it can judge it.

use postgres::Client;

use crate::failure::Failure;
use crate::run::{execute, query};

/// Describes the schema: one sorted paragraph an object.
///
/// # Errors
/// The server's refusal.
pub fn schema(client: &mut Client) -> Result<String, Failure> {
    let path = query(client, "SELECT current_setting('search_path')")?;
    // Names are printed in full where nothing is on the path.
    execute(client, "SELECT set_config('search_path', '', false)")?;
    let mut lines = Vec::new();
    for sql in QUERIES {
        lines.extend(query(client, &sql.replace("$user", USER_NAMESPACE))?);
    }
    let path = path.first().map_or("", String::as_str).replace('\'', "''");
    execute(client, &format!("SELECT set_config('search_path', '{path}', false)"))?;
    lines.sort();
    Ok(lines.iter().map(|line| format!("{line}\n")).collect())
}

/// Describes the rows of every table: one sorted line a row, without the columns `ignored`
/// (`schema.table.column`). Columns are in order of their names.
///
/// # Errors
/// The server's refusal.
pub fn rows(client: &mut Client, ignored: &[String]) -> Result<String, Failure> {
    let mut text = String::new();
    for table in query(client, &TABLES.replace("$user", USER_NAMESPACE))? {
        let minus: String = ignored
            .iter()
            .filter_map(|name| name.strip_prefix(&table)?.strip_prefix('.'))
            .map(|column| format!(" - '{}'", column.replace('\'', "''")))
            .collect();
        let sql =
            format!("SELECT '{table} ' || (to_jsonb(t){minus})::text FROM {table} AS t ORDER BY 1");
        for line in query(client, &sql)? {
            text += &line;
            text.push('\n');
        }
    }
    Ok(text)
}

/// SQL condition on a `pg_namespace` row `n`.
const USER_NAMESPACE: &str = "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'";

/// Tables that hold rows of their own.
const TABLES: &str = "SELECT format('%I.%I', n.nspname, c.relname) FROM pg_catalog.pg_class c \
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
    WHERE c.relkind = 'r' AND $user ORDER BY 1";

/// One query a kind of object; `$user` is [`USER_NAMESPACE`].
const QUERIES: [&str; 22] = [
    // Schemas.
    "SELECT format('schema %I', n.nspname) FROM pg_namespace n WHERE $user",
    // Extensions.
    "SELECT format('extension %I', extname) FROM pg_extension",
    // Relations.
    "SELECT format('relation %s kind=%s persistence=%s rls=%s/%s options=%s', c.oid::regclass, c.relkind, \
       c.relpersistence, c.relrowsecurity, c.relforcerowsecurity, c.reloptions) \
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
     WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S', 'c') AND $user",
    // Partitions and children.
    "SELECT format('child %s of %s %s', i.inhrelid::regclass, i.inhparent::regclass, \
       pg_get_expr(c.relpartbound, c.oid)) \
     FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_namespace n ON n.oid = c.relnamespace \
     WHERE $user",
    "SELECT format('partitioned %s by %s', c.oid::regclass, pg_get_partkeydef(c.oid)) \
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'p' AND $user",
    // Columns, in no order.
    "SELECT format('column %s.%I %s%s default=%s identity=%s generated=%s collation=%s storage=%s target=%s', \
       c.oid::regclass, a.attname, format_type(a.atttypid, a.atttypmod), \
       CASE WHEN a.attnotnull THEN ' NOT NULL' END, pg_get_expr(d.adbin, d.adrelid), a.attidentity, \
       a.attgenerated, NULLIF(a.attcollation, t.typcollation)::regcollation, a.attstorage, \
       NULLIF(a.attstattarget, -1)) \
     FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace \
     JOIN pg_type t ON t.oid = a.atttypid \
     LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum \
     WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'f', 'c') AND $user",
    // Constraints of tables; the definition says NOT VALID. NOT NULL is one of them since 18: the name
    // that the server makes up for it stays when its column is renamed, so it tells nothing.
    "SELECT format('constraint %s.%s %s', k.conrelid::regclass, \
       CASE WHEN k.contype = 'n' AND k.conname ~ '_not_null[0-9]*$' AND k.conname !~ 'concertina' \
         THEN '' ELSE quote_ident(k.conname) END, pg_get_constraintdef(k.oid)) \
     FROM pg_constraint k JOIN pg_namespace n ON n.oid = k.connamespace \
     WHERE k.conrelid <> 0 AND k.contype <> 't' AND $user \
       AND NOT EXISTS (SELECT FROM pg_constraint w WHERE w.oid = k.conparentid AND w.conrelid = k.conrelid)",
    // Indexes.
    "SELECT format('index on %s: %s valid=%s ready=%s clustered=%s identity=%s', i.indrelid::regclass, \
       pg_get_indexdef(i.indexrelid), i.indisvalid, i.indisready, i.indisclustered, i.indisreplident) \
     FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace \
     WHERE $user AND c.relnamespace <> 'pg_toast'::regnamespace",
    // Triggers.
    "SELECT format('trigger %s enabled=%s', pg_get_triggerdef(g.oid), g.tgenabled) \
     FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace \
     WHERE NOT g.tgisinternal AND $user",
    // Rules.
    "SELECT format('rule %s', pg_get_ruledef(r.oid)) \
     FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace \
     WHERE r.rulename <> '_RETURN' AND $user",
    // Routines.
    "SELECT format('routine %s', CASE p.prokind WHEN 'a' THEN p.oid::regprocedure::text \
       ELSE pg_get_functiondef(p.oid) END) \
     FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace \
     WHERE $user AND NOT EXISTS (SELECT FROM pg_depend x WHERE x.classid = 'pg_proc'::regclass \
       AND x.objid = p.oid AND x.deptype = 'e')",
    // Views.
    "SELECT format('view %s populated=%s: %s', c.oid::regclass, c.relispopulated, pg_get_viewdef(c.oid)) \
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('v', 'm') AND $user",
    // Sequences.
    "SELECT format('sequence %s %s start=%s by=%s from=%s to=%s cache=%s cycle=%s owner=%s', c.oid::regclass, \
       s.seqtypid::regtype, s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache, s.seqcycle, \
       (SELECT format('%s.%I %s', o.refobjid::regclass, a.attname, o.deptype) FROM pg_depend o \
          JOIN pg_attribute a ON a.attrelid = o.refobjid AND a.attnum = o.refobjsubid \
          WHERE o.classid = 'pg_class'::regclass AND o.objid = c.oid AND o.deptype IN ('a', 'i'))) \
     FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid JOIN pg_namespace n ON n.oid = c.relnamespace \
     WHERE $user",
    // Enums.
    "SELECT format('enum %s %s', t.oid::regtype, array_agg(e.enumlabel ORDER BY e.enumsortorder)) \
     FROM pg_type t JOIN pg_enum e ON e.enumtypid = t.oid JOIN pg_namespace n ON n.oid = t.typnamespace \
     WHERE $user GROUP BY t.oid",
    // Domains.
    "SELECT format('domain %s %s not_null=%s default=%s %s', t.oid::regtype, \
       format_type(t.typbasetype, t.typtypmod), t.typnotnull, t.typdefault, \
       (SELECT array_agg(format('%I %s', k.conname, pg_get_constraintdef(k.oid)) ORDER BY k.conname) \
          FROM pg_constraint k WHERE k.contypid = t.oid)) \
     FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE t.typtype = 'd' AND $user",
    // Policies.
    "SELECT format('policy %I on %s permissive=%s for=%s to=%s using=%s check=%s', p.polname, \
       p.polrelid::regclass, p.polpermissive, p.polcmd, p.polroles::regrole[], \
       pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)) \
     FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace \
     WHERE $user",
    // Comments.
    "SELECT format('comment on %s %s: %s', o.type, o.identity, d.description) \
     FROM pg_description d, pg_identify_object(d.classoid, d.objoid, d.objsubid) o WHERE d.objoid >= 16384 \
       AND o.type <> 'extension'",
    // Privileges on relations; none given is the same as the owner's default.
    "SELECT format('privilege %s %s to %s by %s%s', c.oid::regclass, x.privilege_type, \
       CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(x.grantee) END, \
       pg_get_userbyid(x.grantor), CASE WHEN x.is_grantable THEN ' grantable' END) \
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, \
       aclexplode(coalesce(c.relacl, acldefault(CASE c.relkind WHEN 'S' THEN 's'::\"char\" ELSE 'r' END, c.relowner))) x \
     WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S') AND $user",
    // Privileges on columns.
    "SELECT format('privilege %s.%I %s to %s', c.oid::regclass, a.attname, x.privilege_type, \
       CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(x.grantee) END) \
     FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace, \
       aclexplode(a.attacl) x WHERE NOT a.attisdropped AND $user",
    // Owners.
    "SELECT format('owner %s %s', c.oid::regclass, pg_get_userbyid(c.relowner)) \
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
     WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S') AND $user",
    // Extended statistics.
    "SELECT format('statistics %s', pg_get_statisticsobjdef(s.oid)) \
     FROM pg_statistic_ext s JOIN pg_namespace n ON n.oid = s.stxnamespace WHERE $user",
    // Publications.
    "SELECT format('publication %I all=%s %s', p.pubname, p.puballtables, \
       (SELECT array_agg(r.prrelid::regclass::text ORDER BY 1) FROM pg_publication_rel r WHERE r.prpubid = p.oid)) \
     FROM pg_publication p",
];
