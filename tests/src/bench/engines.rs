//! The search beside another engine, stateright, on the same states: `cargo bench -p tests`. Each
//! measurement is a process of its own, so that its memory is its own. Prints figures and ratios;
//! fails only where the two do not count the same states.
#![expect(clippy::print_stdout, reason = "printing is what it is for")]

use std::env;
use std::fmt::Debug;
use std::fs;
use std::hash::Hash;
use std::process::{Command, ExitCode};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use planner::Plan;
use simulator::{Bounds, Search, Space, State, Verdict, Whole};
use stateright::{Checker, Model, Property};

/// Cases that end verified, with so many states that what a proof does beside its searches does not count.
const CASES: [&str; 3] = ["add_foreign_key", "add_tenant_key", "split_column"];
/// A plan as most are.
const GROWS: &str = "rename_column";
const OURS: &str = "ours";
/// With our packed states, our reductions and all that is remembered between states: only the engines differ.
const THEIRS: &str = "stateright";
/// The model as stateright's guide has one written: states as structs, each effect worked out where it is
/// asked for, nothing left out. Ours leaves nothing out either then.
const PLAIN: &str = "stateright-plain";
const WHOLE: &str = "ours-whole";

/// What a process found out.
struct Measured {
    states: u64,
    transitions: u64,
    seconds: f64,
    kilobytes: u64,
}

fn main() -> ExitCode {
    let args: Vec<String> = env::args().collect();
    let one = args.iter().position(|arg| arg == "--one").map(|at| &args[at + 1..]);
    if let Some([engine, case, instances, rows, faults, ..]) = one {
        let number = |text: &String| text.parse().unwrap_or(1);
        let bounds = Bounds {
            instances: number(instances),
            rows: number(rows),
            faults: number(faults),
            states: 100_000_000,
            ..Bounds::default()
        };
        measure(engine, case, &bounds);
        return ExitCode::SUCCESS;
    }
    if compare() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Both engines on each case, then one case as the bounds grow.
fn compare() -> bool {
    let mut same = true;
    let compared = [([OURS, THEIRS], [3, 3, 2]), ([WHOLE, PLAIN], [2, 2, 2])];
    for (case, (engines, bounds)) in
        CASES.iter().flat_map(|case| compared.map(|compared| (case, compared)))
    {
        let [ours, theirs] = engines.map(|engine| measured(engine, case, bounds));
        let (Some(ours), Some(theirs)) = (ours, theirs) else { continue };
        if ours.states != theirs.states || ours.transitions != theirs.transitions {
            println!(
                "{case}: the engines differ: {} and {} states, {} and {} transitions",
                ours.states, theirs.states, ours.transitions, theirs.transitions
            );
            same = false;
        }
        println!(
            "{case}: {} states; {} here, {} with {}; {:.1} times as many transitions a second, {:.2} of the memory a state",
            ours.states,
            ours.words(),
            theirs.words(),
            engines[1],
            ours.speed() / theirs.speed(),
            ours.bytes() / theirs.bytes()
        );
    }
    for bounds in [
        [1, 1, 0],
        [1, 2, 1],
        [2, 2, 1],
        [3, 2, 1],
        [3, 2, 2],
        [3, 3, 2],
        [4, 3, 2],
        [3, 3, 3],
        [3, 4, 2],
    ] {
        let Some(found) = measured(OURS, GROWS, bounds) else { continue };
        let [instances, rows, faults] = bounds;
        println!(
            "{GROWS} with {instances} instances, {rows} rows, {faults} faults: {} states, {} transitions, {:.3} s",
            found.states, found.transitions, found.seconds
        );
    }
    same
}

impl Measured {
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    fn speed(&self) -> f64 {
        self.transitions as f64 / self.seconds
    }

    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    fn bytes(&self) -> f64 {
        self.kilobytes as f64 * 1024.0 / self.states as f64
    }

    fn words(&self) -> String {
        format!("{:.2} M transitions/s and {:.0} bytes a state", self.speed() / 1e6, self.bytes())
    }
}

/// Measures in a process of its own.
fn measured(engine: &str, case: &str, bounds: [usize; 3]) -> Option<Measured> {
    let mut command = Command::new(env::current_exe().ok()?);
    command.args(["--one", engine, case]).args(bounds.map(|n| n.to_string()));
    let output = command.output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut words = text.split_whitespace();
    Some(Measured {
        states: words.next()?.parse().ok()?,
        transitions: words.next()?.parse().ok()?,
        seconds: words.next()?.parse().ok()?,
        kilobytes: words.next()?.parse().ok()?,
    })
}

fn measure(engine: &str, case: &str, bounds: &Bounds) {
    let Some((_, plan)) = tests::plans::all().into_iter().find(|(name, _)| name == case) else {
        return;
    };
    let before = memory();
    let started = Instant::now();
    let whole = Bounds { reduced: false, ..bounds.clone() };
    let found = match engine {
        OURS => search(&plan, bounds),
        WHOLE => search(&plan, &whole),
        THEIRS => check(&plan, bounds),
        _ => check_plain(&plan, &whole),
    };
    let seconds = started.elapsed().as_secs_f64();
    if let Some((states, transitions)) = found {
        println!("{states} {transitions} {seconds} {}", memory().saturating_sub(before));
    }
}

/// Most memory that the process has had, kilobytes.
fn memory() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    kilobytes.unwrap_or_default()
}

fn search(plan: &Plan, bounds: &Bounds) -> Option<(u64, u64)> {
    let mut search = Search::new(plan, bounds).ok()?;
    while !search.advance(1_000_000).done {}
    match search.verdict()? {
        Verdict::Verified { states, transitions, .. } => Some((states, transitions)),
        Verdict::Refuted(_) | Verdict::BoundsExceeded { .. } => None,
    }
}

/// The states as stateright asks for them.
struct States(Mutex<Space>);

impl Model for States {
    type State = State;
    /// The state that it leads to: the transition is worked out once.
    type Action = State;

    fn init_states(&self) -> Vec<State> {
        vec![self.0.lock().unwrap_or_else(PoisonError::into_inner).first()]
    }

    fn actions(&self, state: &State, actions: &mut Vec<State>) {
        let mut space = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // What the model has no room for ends here, and the counts differ.
        let _complete = space.after(*state, |to| actions.push(to)).is_ok();
    }

    fn next_state(&self, _: &State, to: State) -> Option<State> {
        Some(to)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![Property::always("reads well", |model: &Self, state: &State| {
            model.0.lock().unwrap_or_else(PoisonError::into_inner).holds(*state)
        })]
    }
}

/// The states as a model of stateright's usually has them.
struct Plain(Mutex<Space>);

impl Model for Plain {
    type State = Whole;
    type Action = Whole;

    fn init_states(&self) -> Vec<Whole> {
        vec![self.0.lock().unwrap_or_else(PoisonError::into_inner).start()]
    }

    fn actions(&self, state: &Whole, actions: &mut Vec<Whole>) {
        let mut space = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let _complete = space.after_anew(*state, |to| actions.push(to)).is_ok();
    }

    fn next_state(&self, _: &Whole, to: Whole) -> Option<Whole> {
        Some(to)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![Property::always("reads well", |model: &Self, state: &Whole| {
            model.0.lock().unwrap_or_else(PoisonError::into_inner).holds_anew(*state)
        })]
    }
}

fn check_plain(plan: &Plan, bounds: &Bounds) -> Option<(u64, u64)> {
    let spaces = Space::all(plan, bounds).ok()?;
    Some(counted(spaces.into_iter().map(|space| Plain(Mutex::new(space)))))
}

/// States and transitions: stateright counts the first state as generated, too.
fn counted<M>(models: impl Iterator<Item = M>) -> (u64, u64)
where
    M: Model + Send + Sync + 'static,
    M::State: Clone + Debug + Hash + PartialEq + Send + Sync + 'static,
    M::Action: Clone + Debug + PartialEq,
{
    let mut counted = (0, 0);
    for model in models {
        let checker = model.checker().spawn_bfs().join();
        counted.0 += checker.unique_state_count() as u64;
        counted.1 += checker.state_count() as u64 - 1;
    }
    counted
}

fn check(plan: &Plan, bounds: &Bounds) -> Option<(u64, u64)> {
    let spaces = Space::all(plan, bounds).ok()?;
    Some(counted(spaces.into_iter().map(|space| States(Mutex::new(space)))))
}
