//! The real `concertina` command: what it prints, and its exit codes. Knows nothing of its inside.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use libtest_mimic::{Failed, Trial};

use crate::bad_input::noise;

const SCHEMA: &str = "CREATE TABLE users (id bigint PRIMARY KEY, name text);\n";
const RENAME: &str = "ALTER TABLE users RENAME COLUMN name TO full_name;\n";

/// What a trial does in its folder.
type Work = fn(&Folder) -> Result<(), Failed>;

/// A trial a behaviour.
pub(crate) fn trials() -> Vec<Trial> {
    let all: [(&str, Work); 19] = [
        ("plan prints its four forms", plan_forms),
        ("plan writes files whole", plan_out),
        ("check finds hazards", check_hazards),
        ("check is content with a harmless change", check_harmless),
        ("prove verifies a plan", prove_plan),
        ("prove refutes the change as asked", prove_as_asked),
        ("prove derives what each step keeps and allows", prove_matrix),
        ("prove breaks an edited plan", prove_edited),
        ("a certificate is proved again", prove_certificate),
        ("simulate replays from its seed", simulate),
        ("a timed walk tells a plan from an ALTER that scans", timed),
        ("an unknown table has a caret", unknown_table),
        ("unknown flags and commands are near misses", near_misses),
        ("a plan of another format is refused", other_format),
        ("an edited plan is refused", edited_plan),
        ("bad files are bad input", bad_files),
        ("a closed pipe is no panic", closed_pipe),
        ("limits come by flag", limits),
        ("help has an example", help),
    ];
    all.into_iter()
        .map(|(name, trial)| {
            Trial::test(format!("cli::{name}"), move || trial(&Folder::new(name)?))
        })
        .collect()
}

/// A folder of a trial's own, with a schema and a change in it.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Result<Self, Failed> {
        let name = format!("concertina-cli-{}-{}", std::process::id(), name.replace(' ', "-"));
        let path = env::temp_dir().join(name);
        fs::create_dir_all(&path)?;
        fs::write(path.join("schema.sql"), SCHEMA)?;
        fs::write(path.join("change.sql"), RENAME)?;
        Ok(Self(path))
    }

    fn run(&self, words: &str) -> Result<Ran, Failed> {
        self.run_with(words, "")
    }

    /// Runs the command in the folder.
    fn run_with(&self, words: &str, input: &str) -> Result<Ran, Failed> {
        let mut child = self.command(words)?.spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            // The command may stop reading early.
            drop(stdin.write_all(input.as_bytes()));
        }
        Ok(Ran::from(child.wait_with_output()?))
    }

    fn command(&self, words: &str) -> Result<Command, Failed> {
        let mut command = Command::new(binary()?);
        command.args(words.split_whitespace()).current_dir(&self.0);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Ok(command)
    }

    fn plan(&self) -> Result<String, Failed> {
        let ran =
            self.run("plan --schema schema.sql --change change.sql --format json")?.code(0)?;
        fs::write(self.0.join("plan.json"), &ran.out)?;
        Ok(ran.out)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A folder that stays in the temporary folder does no harm.
        drop(fs::remove_dir_all(&self.0));
    }
}

/// What a run of the command gave.
#[derive(Debug)]
struct Ran {
    code: Option<i32>,
    out: String,
    err: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        Self { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) }
    }
}

impl Ran {
    fn code(self, want: i32) -> Result<Self, Failed> {
        if self.code == Some(want) && !self.err.contains("panicked") {
            return Ok(self);
        }
        Err(format!("exit code {:?}, expected {want}\n{}{}", self.code, self.out, self.err).into())
    }

    fn prints(self, want: &str) -> Result<Self, Failed> {
        if self.out.contains(want) || self.err.contains(want) {
            return Ok(self);
        }
        Err(format!("`{want}` is not in\n{}{}", self.out, self.err).into())
    }

    fn says(self, want: &str) -> Result<Self, Failed> {
        if self.err == want {
            return Ok(self);
        }
        Err(format!("expected\n{want}\nbut it says\n{}", self.err).into())
    }
}

/// The command, built once in the profile that the tests are built in.
fn binary() -> Result<&'static Path, Failed> {
    static BINARY: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    match BINARY.get_or_init(build) {
        Ok(path) => Ok(path),
        Err(reason) => Err(reason.into()),
    }
}

fn build() -> Result<PathBuf, String> {
    let tests = env::current_exe().map_err(|e| e.to_string())?;
    let folder = tests.parent().and_then(Path::parent).ok_or("the tests run from nowhere")?;
    let release = folder.file_name() == Some(OsStr::new("release"));
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["build", "--quiet", "--package", "cli", "--bin", "concertina", "--profile"]);
    command.arg(if release { "release" } else { "test" });
    command.current_dir(env!("CARGO_MANIFEST_DIR"));
    if let Some(target) = folder.parent() {
        command.env("CARGO_TARGET_DIR", target);
    }
    let output = command.output().map_err(|e| format!("cargo cannot be started: {e}"))?;
    let path = folder.join(format!("concertina{}", env::consts::EXE_SUFFIX));
    match path.is_file() {
        true if output.status.success() => Ok(path),
        _ => Err(format!(
            "the command is missing: `cargo build --package cli` said\n{}",
            String::from_utf8_lossy(&output.stderr)
        )),
    }
}

fn plan_forms(folder: &Folder) -> Result<(), Failed> {
    let plan = "plan --schema schema.sql --change change.sql";
    for section in [
        "## Migration Phases",
        "## Backfill Strategy",
        "## Validation & Cutover Criteria",
        "## Point of No Return & Recovery",
    ] {
        folder.run(plan)?.code(0)?.prints(section)?;
    }
    let json = folder.plan()?;
    let value: serde_json::Value = serde_json::from_str(&json)?;
    if value.get("format").and_then(|f| f.as_str()) != Some("concertina.plan/1") {
        return Err("the JSON has another format".into());
    }
    folder.run(&format!("{plan} --format sql"))?.code(0)?.prints("-- file: ")?;
    folder.run(&format!("{plan} --format text"))?.code(0)?.prints("full_name")?;
    folder.run_with("plan --schema schema.sql --change -", RENAME)?.code(0)?;
    let target = SCHEMA.replace("name", "full_name");
    let hinted = format!("-- concertina: rename users.name to full_name\n{target}");
    folder.run_with("plan --schema schema.sql --target -", &hinted)?.code(0)?;
    Ok(())
}

fn plan_out(folder: &Folder) -> Result<(), Failed> {
    folder.run("plan --schema schema.sql --change change.sql --out made/here")?.code(0)?;
    let made: Vec<String> = fs::read_dir(folder.0.join("made/here"))?
        .filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned()))
        .collect();
    let whole = made.iter().any(|n| n == "plan.md") && made.iter().any(|n| n == "plan.json");
    if !whole || made.iter().any(|name| name.starts_with('.')) {
        return Err(format!("made {made:?}").into());
    }
    fs::write(folder.0.join("a-file"), "")?;
    folder.run("plan --schema schema.sql --change change.sql --out a-file/x")?.code(2)?;
    Ok(())
}

fn check_hazards(folder: &Folder) -> Result<(), Failed> {
    let check = "check --schema schema.sql --change change.sql";
    folder.run(check)?.code(1)?.prints("hazard[")?.prints(" --> change.sql:1:1")?;
    let json = folder.run(&format!("{check} --format json"))?.code(1)?.out;
    serde_json::from_str::<serde_json::Value>(&json)?;
    Ok(())
}

fn check_harmless(folder: &Folder) -> Result<(), Failed> {
    let change = "ALTER TABLE users ADD COLUMN phone text";
    folder.run_with("check --schema schema.sql --change -", change)?.code(0)?;
    Ok(())
}

fn prove_plan(folder: &Folder) -> Result<(), Failed> {
    folder.plan()?;
    let bounds = "--instances 2 --rows 1 --faults 1";
    folder.run(&format!("prove plan.json {bounds}"))?.code(0)?.prints("verified")?;
    let direct = format!("prove --schema schema.sql --change change.sql {bounds}");
    folder.run(&direct)?.code(0)?.prints("verified")?;
    let json = folder.run(&format!("prove plan.json {bounds} --format json"))?.code(0)?.out;
    serde_json::from_str::<serde_json::Value>(&json)?;
    folder.run("prove plan.json --states-max 5")?.code(1)?.prints("bounds exceeded")?;
    Ok(())
}

fn prove_as_asked(folder: &Folder) -> Result<(), Failed> {
    let prove = "prove --as-asked --schema schema.sql --change change.sql";
    folder.run(prove)?.code(1)?.prints("refuted")?;
    Ok(())
}

fn prove_matrix(folder: &Folder) -> Result<(), Failed> {
    folder.plan()?;
    folder.run("prove plan.json --rows 1")?.code(0)?.prints("point of no return: declared ")?;
    let ran = folder.run("prove plan.json --rows 1 --matrix")?.code(0)?;
    ran.prints("what each release can do")?.prints("42703")?.prints("how each fault ends")?;
    let json = folder.run("prove plan.json --rows 1 --matrix --format json")?.code(0)?.out;
    let value: serde_json::Value = serde_json::from_str(&json)?;
    for field in ["verdict", "way_back", "matrix", "endings"] {
        if value.get(field).is_none() {
            return Err(format!("the JSON has no `{field}`").into());
        }
    }
    // Before the expand step, the new release does not find its column.
    folder.run("prove plan.json --trace before:R1:read")?.code(0)?.prints("42703")?;
    folder.run("prove plan.json --trace 2.1:none")?.code(0)?.prints("decides to roll")?;
    folder.run("prove plan.json --trace 2.1")?.code(0)?.prints("before the migration")?;
    folder.run("prove plan.json --trace 9.9:none")?.code(2)?.prints("there is no cell 9.9:none")?;
    Ok(())
}

fn prove_edited(folder: &Folder) -> Result<(), Failed> {
    folder.plan()?;
    let ran = folder.run("prove plan.json --rows 1 --without 2.2")?.code(1)?;
    ran.prints("edited: without step 2.2")?
        .prints("refuted: ")?
        .prints("the shortest way there")?;
    folder.run("prove plan.json --rows 1 --swap 2.1,2.2")?.code(1)?.prints("swapped")?;
    folder.run("prove plan.json --swap 2.1")?.code(2)?.prints("--swap takes two steps")?;
    folder.run("prove plan.json --without 9.9")?.code(2)?.prints("there is no step 9.9")?;
    folder.run("prove plan.json --merge 1.1")?.code(2)?.prints("is the first one")?;
    let ran = folder.run("prove plan.json --rows 1 --insert DROP_TABLE --before 2.1")?.code(2)?;
    ran.prints("error[bad-edit]")?;
    Ok(())
}

fn prove_certificate(folder: &Folder) -> Result<(), Failed> {
    let plan = folder.plan()?;
    let bounds = "--instances 2 --rows 1 --faults 1";
    folder.run(&format!("prove plan.json {bounds} --certificate proof.json"))?.code(0)?;
    let check = "prove plan.json --check proof.json";
    folder.run(check)?.code(0)?.prints("the certificate holds: verified, ")?;
    let other = plan.replacen("2000ms", "1000ms", 1).replacen("\"ms\": 2000", "\"ms\": 1000", 1);
    if other == plan {
        return Err("there was nothing to change".into());
    }
    fs::write(folder.0.join("plan.json"), other)?;
    folder.run(check)?.code(1)?.prints("plan: `")?;
    fs::write(folder.0.join("plan.json"), &plan)?;
    let known = fs::read_to_string(folder.0.join("proof.json"))?;
    fs::write(
        folder.0.join("proof.json"),
        known.replacen("\"transitions\": ", "\"transitions\": 1", 1),
    )?;
    folder.run(check)?.code(1)?;
    fs::write(folder.0.join("proof.json"), "{}")?;
    folder.run(check)?.code(2)?.prints("error[bad-certificate]")?;
    Ok(())
}

fn simulate(folder: &Folder) -> Result<(), Failed> {
    folder.plan()?;
    let run = |words: &str| folder.run(words)?.code(0).map(|ran| ran.out);
    let first = run("simulate plan.json --seed 7 --faults 1")?;
    if first != run("simulate plan.json --seed 7 --faults 1")? {
        return Err("the same seed gave another run".into());
    }
    serde_json::from_str::<serde_json::Value>(&run("simulate plan.json --seed 7 --format json")?)?;
    Ok(())
}

fn timed(folder: &Folder) -> Result<(), Failed> {
    fs::write(folder.0.join("check.sql"), "ALTER TABLE users ADD CHECK (name <> '');\n")?;
    let words = "simulate --timed --schema schema.sql --change check.sql";
    let plan = folder
        .run(words)?
        .code(0)?
        .prints(": 0 requests gave up waiting, none waited longer than ")?;
    if plan.out != folder.run(words)?.out {
        return Err("the same seed gave another run".into());
    }
    // It holds ACCESS EXCLUSIVE while it reads every row.
    let asked = folder.run(&format!("{words} --as-asked --request-timeout 500"))?.code(1)?;
    asked.prints(" requests gave up waiting")?.prints("; 100 connections in use")?;
    folder.run(&format!("{words} --tune"))?.code(0)?.prints("lock timeout")?;
    let json = folder.run(&format!("{words} --format json"))?.code(0)?.out;
    serde_json::from_str::<serde_json::Value>(&json)?;
    Ok(())
}

fn unknown_table(folder: &Folder) -> Result<(), Failed> {
    let ran = folder.run_with(
        "plan --schema schema.sql --change -",
        "-- first\nALTER TABLE userz ADD COLUMN a int;\n",
    )?;
    ran.code(2)?
        .prints("error[unknown-table]: ")?
        .prints(" --> <stdin>:2:")?
        .prints("2 | ALTER TABLE userz ADD COLUMN a int;\n")?
        .prints("^")?
        .prints("  help: ")?;
    Ok(())
}

fn near_misses(folder: &Folder) -> Result<(), Failed> {
    folder.run("plann")?.code(2)?.says(
        "error[usage]: there is no command `plann`\n  help: did you mean `concertina plan`?\n",
    )?;
    folder.run("plan --enigne postgres:15")?.code(2)?.says(
        "error[usage]: `concertina plan` has no flag --enigne\n  help: did you mean --engine?\n",
    )?;
    folder.run("plan --schema schema.sql")?.code(2)?.prints("there is no change to plan")?;
    folder.run("plan --schema - --change -")?.code(2)?.prints("standard input can be only one")?;
    Ok(())
}

fn other_format(folder: &Folder) -> Result<(), Failed> {
    folder.run_with("prove -", "{\"format\": \"concertina.plan/9\"}")?.code(2)?.says(
        "error[plan-format]: <stdin>: the format is `concertina.plan/9`, not `concertina.plan/1`\n  \
         help: make the plan again with this version: concertina plan … --format json\n",
    )?;
    folder.run_with("simulate -", "{\"format\": ")?.code(2)?.prints("error[bad-plan]")?;
    Ok(())
}

fn edited_plan(folder: &Folder) -> Result<(), Failed> {
    let plan = folder.plan()?;
    let edited = plan.replacen("ADD COLUMN", "ADD  COLUMN", 1);
    if edited == plan {
        return Err("there was nothing to edit".into());
    }
    folder.run_with("prove -", &edited)?.code(2)?.prints("error[plan-edited]")?;
    Ok(())
}

fn bad_files(folder: &Folder) -> Result<(), Failed> {
    folder
        .run("plan --schema nowhere.sql --change change.sql")?
        .code(2)?
        .prints("cannot read nowhere.sql")?;
    fs::write(folder.0.join("binary"), [0xff, 0xfe, 0, 1])?;
    folder.run("plan --schema binary --change change.sql")?.code(2)?.prints("is not UTF-8 text")?;
    fs::write(folder.0.join("bad.toml"), "engine = \"postgres:15\"\nrowz = 3\n")?;
    folder.run("plan bad.toml")?.code(2)?.prints(" --> bad.toml:2:1")?;
    fs::write(folder.0.join("empty.sql"), "")?;
    folder
        .run("plan --schema schema.sql --change empty.sql")?
        .code(2)?
        .prints("error[empty-change]")?;
    fs::write(folder.0.join("noise.sql"), noise(2_000_000))?;
    folder.run("plan --schema noise.sql --change change.sql")?.code(2)?;
    folder
        .run("plan --schema schema.sql --change change.sql --engine mysql:8.0")?
        .code(2)?
        .prints("error[bad-engine]")?;
    Ok(())
}

fn closed_pipe(folder: &Folder) -> Result<(), Failed> {
    let mut child = folder.command("plan --schema schema.sql --change change.sql")?.spawn()?;
    drop(child.stdout.take());
    let mut said = String::new();
    if let Some(mut err) = child.stderr.take() {
        err.read_to_string(&mut said)?;
    }
    let status = child.wait()?;
    if status.success() && said.is_empty() {
        return Ok(());
    }
    Err(format!("{status}: {said}").into())
}

fn limits(folder: &Folder) -> Result<(), Failed> {
    let ask = "plan --schema schema.sql --change change.sql --format text";
    folder.run(&format!("{ask} --deploy canary"))?.code(0)?.prints("deploy R1 to a canary")?;
    folder.run(&format!("{ask} --apart"))?.code(2)?.prints("error[downtime-too-short]")?;
    folder.run(&format!("{ask} --apart --downtime 900"))?.code(0)?.prints("impossible, rule 1")?;
    let all =
        "--pgbouncer transaction --replicas 2 --consumers cdc,bi --backup none --sync triggers";
    folder.run(&format!("{ask} {all}"))?.code(0)?.prints("pooled-session")?.prints("rule 5")?;
    folder.run(&format!("{ask} --consumers fax"))?.code(2)?.prints("expected one of")?;
    folder.run(&format!("{ask} --sync dual-writes"))?.code(2)?.prints("error[no-strategy]")?;
    folder.run(&format!("{ask} --backup tape"))?.code(2)?.prints("expected one of")?;
    folder.run(&format!("{ask} --downtime 5000000000"))?.code(2)?.prints("is at most")?;
    Ok(())
}

fn help(folder: &Folder) -> Result<(), Failed> {
    folder.run("--help")?.code(0)?.prints("Exit codes: 0 fine, 1")?;
    for command in ["plan", "check", "prove", "simulate"] {
        folder.run(&format!("{command} --help"))?.code(0)?.prints("example:\n  $ ")?;
    }
    Ok(())
}
