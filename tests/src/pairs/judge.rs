//! Judges the plan for a pair by what it does on a server: there, and back from before the point
//! of no return. Must not look into the plan's values, only at what it says it runs.

use std::time::Duration;

use planner::diagnostic::{Diagnostic, Severity, locate};
use planner::plan::{Check, Plan, Statement, Step};
use planner::request::{Change, Request};
use planner::{Planned, diagnostic::Source};
use rehearsal::{Client, Database, Failure, Server, run};

use super::ask::{Answer, ask};
use super::corpus::Pair;
use super::dump::{self, Dump};
use super::load;
use super::outcome::{Outcome, Verdict};
use super::statements;
use super::tools::Tools;

/// Steps from which the way back is tried, unless every one is.
const N_RETURNS: usize = 3;

/// What judging needs.
#[derive(Clone, Copy, Debug)]
pub struct Judge<'a> {
    /// A running server; every pair gets databases of its own.
    pub server: &'a Server,
    /// Its client programs.
    pub tools: &'a Tools,
    /// For the planner, and for any one statement.
    pub limit: Duration,
    /// Whether the way back is tried from every step.
    pub every_step: bool,
}

/// A pair on the server: a database that holds the old schema, and both schemas as dumped.
struct Stage<'a> {
    database: Database<'a>,
    old: Dump,
    new: Dump,
    /// The old schema's text, where it has subscriptions.
    subscribes: Option<String>,
}

/// Why a plan was not walked to its end.
type Stop = Box<Verdict>;

impl<'a> Judge<'a> {
    /// Plans a pair and judges the plan.
    ///
    /// # Errors
    /// Where the machine fails, not the pair.
    pub fn judge(&self, pair: &Pair) -> Result<Verdict, Failure> {
        let version = self.server.version();
        if !pair.servers.is_empty() && !pair.servers.contains(&version) {
            let reason = format!("its meta.json does not list {version}");
            return Ok(Verdict::new(Outcome::Unloadable).saying(reason));
        }
        let stage = match self.stage(pair)? {
            Ok(stage) => stage,
            Err(verdict) => return Ok(*verdict),
        };
        let request = Request {
            engine: format!("postgres:{version}"),
            schema: pair.old.clone(),
            change: Change::Target(pair.new.clone()),
            ..Request::default()
        };
        let (planned, deep) = match ask(&request, self.limit)? {
            Answer::Planned(planned, deep) => (planned, deep),
            Answer::Panicked(said) => {
                let message = said.lines().find(|line| line.contains("panicked at"));
                let verdict = Verdict::new(Outcome::Panicked);
                return Ok(verdict.signed(message.unwrap_or_default(), "").saying(said));
            }
            Answer::Slow => {
                let message = "the planner did not end in time";
                return Ok(Verdict::new(Outcome::Slow).signed(message, "").saying(message));
            }
        };
        let Planned { plan, diagnostics } = *planned;
        let mut verdict = match plan {
            None => stage.without_plan(pair, &diagnostics),
            Some(plan) => self.walk(&stage, plan)?,
        };
        for warning in diagnostics.iter().filter(|d| d.severity == Severity::Warning) {
            *verdict.warnings.entry(warning.code.clone()).or_default() += 1;
            verdict.details.push(shown(pair, warning));
        }
        if deep {
            verdict.warnings.insert("plan nests too deep to be read".to_owned(), 1);
        }
        Ok(verdict)
    }

    /// Judges a given plan for a pair.
    ///
    /// # Errors
    /// Where the machine fails, not the pair.
    pub fn judge_plan(&self, pair: &Pair, plan: Plan) -> Result<Verdict, Failure> {
        match self.stage(pair)? {
            Ok(stage) => self.walk(&stage, plan),
            Err(verdict) => Ok(*verdict),
        }
    }

    /// Both schemas on the server; inside, why they are not.
    fn stage(&self, pair: &Pair) -> Result<Result<Stage<'a>, Stop>, Failure> {
        let load = |sql: &str| load::load(self.server, self.tools, sql, self.limit);
        let unloadable = |which: &str, failure: &Failure| {
            let verdict = Verdict::new(Outcome::Unloadable);
            Ok(Err(Box::new(verdict.saying(format!("{which}: {}", failure.message)))))
        };
        let database = match load(&pair.old) {
            Ok(database) => database,
            Err(failure) => return unloadable("old.sql", &failure),
        };
        let wanted = match load(&pair.new) {
            Ok(database) => database,
            Err(failure) => return unloadable("new.sql", &failure),
        };
        let old = dump::take(self.tools, &database)?;
        let new = dump::take(self.tools, &wanted)?;
        let subscribes = pair.old.to_uppercase().contains("CREATE SUBSCRIPTION");
        let subscribes = subscribes.then(|| pair.old.clone());
        Ok(Ok(Stage { database, old, new, subscribes }))
    }

    /// Runs the plan there, and in part back.
    fn walk(&self, stage: &Stage<'_>, plan: Plan) -> Result<Verdict, Failure> {
        let mut checks = Vec::new();
        // A subscription belongs to its database, and is not copied with it.
        let back = match &stage.subscribes {
            Some(old) => load::load(self.server, self.tools, old, self.limit)?,
            None => self.server.copy(&stage.database)?,
        };
        let stopped = match self.forward(&stage.database, plan.steps(), Some(&mut checks))? {
            Ok(()) => self.compare_ends(stage, &back, &plan)?,
            Err(stop) => Some(stop),
        };
        let mut verdict = stopped.map_or_else(|| Verdict::new(Outcome::Verified), |stop| *stop);
        verdict.checks = checks;
        if !plan.not_analysed.is_empty() {
            verdict.warnings.insert("not-analysed".to_owned(), plan.not_analysed.len());
        }
        let n_carried = plan.steps().filter(|step| step.operation.starts_with(CARRIED)).count();
        if n_carried > 0 {
            verdict.warnings.insert("carried steps".to_owned(), n_carried);
        }
        verdict.plan = Some(Box::new(plan));
        Ok(verdict)
    }

    /// Compares what the plan left with what was wanted, and what its rollbacks leave, on another
    /// database with the old schema, with that.
    fn compare_ends(
        &self,
        stage: &Stage<'_>,
        back: &Database<'_>,
        plan: &Plan,
    ) -> Result<Option<Stop>, Failure> {
        let found = dump::take(self.tools, &stage.database)?;
        let difference = found.difference(&stage.new);
        if !difference.is_empty() {
            let mut verdict = Verdict::new(Outcome::Differs).saying(difference.lines().join("\n"));
            for kind in difference.kinds() {
                verdict = verdict.signed(&kind, "");
            }
            return Ok(Some(Box::new(verdict)));
        }
        let steps: Vec<&Step> = plan
            .steps()
            .take_while(|step| Some(&step.id) != plan.point_of_no_return.step.as_ref())
            .collect();
        for n in self.returns(steps.len()) {
            if let Some(stop) = self.there_and_back(back, &steps[..n], &stage.old)? {
                return Ok(Some(stop));
            }
        }
        Ok(None)
    }

    /// How many steps to take before turning back: evenly spread, the last always all.
    fn returns(&self, n_steps: usize) -> Vec<usize> {
        let n = if self.every_step { n_steps } else { N_RETURNS.min(n_steps) };
        (1..=n).map(|i| n_steps * i / n).collect()
    }

    fn there_and_back(
        &self,
        database: &Database<'_>,
        steps: &[&Step],
        old: &Dump,
    ) -> Result<Option<Stop>, Failure> {
        let [.., last] = steps else { return Ok(None) };
        let unrolled = |what: &str| {
            Verdict::new(Outcome::Unrolled).saying(format!("back from step {}: {what}", last.id))
        };
        if let Err(stop) = self.forward(database, steps.iter().copied(), None)? {
            // It ran before: a rollback left something behind.
            let mut verdict = unrolled("the steps do not run again after a rollback");
            verdict.details.extend(stop.details);
            verdict.signatures.extend(stop.signatures.iter().map(|s| format!("again: {s}")));
            return Ok(Some(Box::new(verdict)));
        }
        for step in steps.iter().rev() {
            let script = &step.rollback.script;
            if let Err(failure) = self.script(database, script)? {
                let verdict = unrolled(&format!("undoing step {}: {failure}", step.id));
                return Ok(Some(Box::new(verdict.refused("undo:", &failure))));
            }
        }
        let found = dump::take(self.tools, database)?;
        let difference = found.difference(old);
        if difference.is_empty() {
            return Ok(None);
        }
        let mut verdict = unrolled(&format!("it differs\n{}", difference.lines().join("\n")));
        for kind in difference.kinds() {
            verdict = verdict.signed("rolled back:", &kind);
        }
        Ok(Some(Box::new(verdict)))
    }

    /// Runs steps in order; inside, where the server refused.
    fn forward<'s>(
        &self,
        database: &Database<'_>,
        steps: impl Iterator<Item = &'s Step>,
        mut checks: Option<&mut Vec<String>>,
    ) -> Result<Result<(), Stop>, Failure> {
        for step in steps {
            if let Err(failure) = self.script(database, &step.script)? {
                let timed_out = failure.sqlstate.as_deref() == Some("57014");
                let outcome = if timed_out { Outcome::Slow } else { Outcome::Failed };
                let said = format!("step {} ({}): {failure}", step.id, step.operation);
                let verdict = Verdict::new(outcome).saying(said).refused("", &failure);
                return Ok(Err(Box::new(verdict)));
            }
            if let Some(checks) = checks.as_mut().filter(|_| !step.checks.is_empty()) {
                let client = &mut self.connect(database)?;
                checks.extend(step.checks.iter().filter_map(|check| off(client, step, check)));
            }
        }
        Ok(Ok(()))
    }

    /// Runs a script as an operator would: each on a connection of its own, so that no step lives
    /// on what another one set.
    fn script(
        &self,
        database: &Database<'_>,
        script: &[Statement],
    ) -> Result<Result<(), Failure>, Failure> {
        if script.is_empty() {
            return Ok(Ok(()));
        }
        Ok(run::run_script(&mut self.connect(database)?, script))
    }

    fn connect(&self, database: &Database<'_>) -> Result<Client, Failure> {
        let mut client = database.connect()?;
        let sql = format!("SET statement_timeout = '{}s'", self.limit.as_secs());
        run::execute(&mut client, &sql)?;
        Ok(client)
    }
}

impl Stage<'_> {
    /// The planner made no plan.
    fn without_plan(&self, pair: &Pair, diagnostics: &[Diagnostic]) -> Verdict {
        let errors: Vec<&Diagnostic> =
            diagnostics.iter().filter(|d| d.severity == Severity::Error).collect();
        let nothing = errors.iter().any(|error| error.code == NOTHING_TO_DO);
        let difference = self.old.difference(&self.new);
        if nothing && errors.len() == 1 {
            if difference.is_empty() {
                return Verdict::new(Outcome::Verified).saying("nothing is to be done");
            }
            let said = difference.lines().join("\n");
            let mut verdict = Verdict::new(Outcome::Unchanged).saying(said);
            for kind in difference.kinds() {
                verdict = verdict.signed("unchanged:", &kind);
            }
            return verdict;
        }
        let mut verdict = Verdict::new(Outcome::Refused);
        for error in errors {
            verdict = verdict.saying(shown(pair, error)).signed(&error.code, &error.message);
            if !verdict.codes.contains(&error.code) {
                verdict.codes.push(error.code.clone());
            }
        }
        verdict
    }
}

/// How the operation of a step begins that runs what the planner does not understand.
const CARRIED: &str = "not analysed: ";

/// The planner's code for a change that changes nothing.
const NOTHING_TO_DO: &str = "nothing-to-do";

impl Verdict {
    /// Signed with what the server said.
    fn refused(self, before: &str, failure: &Failure) -> Self {
        let code = failure.sqlstate.as_deref().unwrap_or_default();
        let tried = statements::verb(&failure.what);
        self.signed(format!("{before} {tried}: {code}").trim(), &failure.message)
    }
}

/// What is wrong with a check, if anything.
fn off(client: &mut Client, step: &Step, check: &Check) -> Option<String> {
    let failure = run::check(client, check).err()?;
    Some(format!("step {} ({}): {failure}", step.id, step.operation))
}

/// A diagnostic with its line.
fn shown(pair: &Pair, diagnostic: &Diagnostic) -> String {
    let (file, text) = match diagnostic.source {
        Source::Schema => ("old.sql", pair.old.as_str()),
        Source::Change => ("new.sql", pair.new.as_str()),
        Source::Request => ("request", ""),
    };
    let (line, _, source) = locate(text, diagnostic.span.0);
    let has_place = diagnostic.span != (0, 0);
    let place =
        if has_place { format!("{file}:{line}: {}", source.trim()) } else { file.to_owned() };
    format!(
        "{}: {}\n  help: {}\n  in {place}",
        diagnostic.code, diagnostic.message, diagnostic.help
    )
}
