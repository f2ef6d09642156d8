//! The point-of-no-return strip: for each step of a plan, what a rollback from right after it keeps.
//! Found by running the plan, letting the releases write what only their own shape can hold, running
//! the rollback scripts, and the plan once more; never by what the plan says of itself. Must not
//! know how a plan is made.

mod catalogue;
mod judge;

use planner::Plan;
use serde::{Deserialize, Serialize};

use crate::invariant::{Always, Broken};
use crate::model::Unmodelled;
use crate::scenario::Bounds;
use crate::trace::{BrokenPromise, Trace};
use judge::Judge;

/// The strip.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Strip {
    /// A step after the other.
    pub steps: Vec<StripStep>,
    /// The point of no return that the plan declares, a step's id.
    pub declared: Option<String>,
    /// The first step from which the plan's own scripts do not lead back.
    pub computed: Option<String>,
}

/// A step of the strip.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StripStep {
    /// Its id.
    pub step: String,
    /// What it does.
    pub operation: String,
    /// What a rollback from right after it comes to.
    #[serde(flatten)]
    pub back: Back,
}

/// What a rollback comes to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "back")]
pub enum Back {
    /// Everything that was acknowledged is there, also when the plan is run once more.
    Reversible,
    /// The old release goes on as before; what only the new shape can hold is lost.
    WithLoss {
        /// Some of what is.
        losses: Vec<Loss>,
    },
    /// The plan's scripts do not lead back, or not to what the old release wrote.
    Irreversible {
        /// What stands in the way.
        why: String,
    },
    /// The run does not come so far.
    Unreached {
        /// Where it ends.
        why: String,
    },
}

/// A witness.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loss {
    /// What was written, by whom; empty where nobody has to write anything.
    pub wrote: String,
    /// What became of it.
    pub lost: String,
}

impl Back {
    fn rank(&self) -> u8 {
        match self {
            Self::Reversible => 0,
            Self::WithLoss { .. } => 1,
            Self::Irreversible { .. } => 2,
            Self::Unreached { .. } => 3,
        }
    }

    /// What is lost, or why there is no way back: a line each.
    pub fn lines(&self) -> Vec<String> {
        let words = |Loss { wrote, lost }: &Loss| match wrote.as_str() {
            "" => lost.clone(),
            wrote => format!("{wrote}: {lost}"),
        };
        match self {
            Self::Reversible => Vec::new(),
            Self::WithLoss { losses } => losses.iter().map(words).collect(),
            Self::Irreversible { why } | Self::Unreached { why } => vec![why.clone()],
        }
    }

    /// One word or a few.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Reversible => "reversible",
            Self::WithLoss { .. } => "reversible with loss",
            Self::Irreversible { .. } => "irreversible",
            Self::Unreached { .. } => "not reached",
        }
    }
}

impl Strip {
    /// The strip of a plan.
    ///
    /// # Errors
    /// Why the plan cannot be modelled.
    pub fn new(plan: &Plan, bounds: &Bounds) -> Result<Self, Unmodelled> {
        let mut backs = catalogue::backs(plan);
        for mut judge in Judge::all(plan, bounds)? {
            for (step, known) in backs.iter_mut().enumerate() {
                let found = judge.back(step)?;
                if found.rank() > known.rank() {
                    *known = found;
                }
            }
        }
        let steps: Vec<StripStep> = plan
            .steps()
            .zip(backs)
            .map(|(step, back)| StripStep {
                step: step.id.clone(),
                operation: step.operation.clone(),
                back,
            })
            .collect();
        let is_point = |step: &&StripStep| matches!(step.back, Back::Irreversible { .. });
        let computed = steps.iter().find(is_point).map(|step| step.step.clone());
        Ok(Self { steps, declared: plan.point_of_no_return.step.clone(), computed })
    }

    /// A run that shows what the strip says of a step: forward, what is written, back, and forward
    /// again; `None` for a step that the plan has not.
    ///
    /// # Errors
    /// Why the plan cannot be modelled.
    pub fn trace(plan: &Plan, bounds: &Bounds, step: &str) -> Result<Option<Trace>, Unmodelled> {
        let Some(at) = plan.steps().position(|s| s.id == step) else { return Ok(None) };
        let mut worst: Option<(u8, Trace)> = None;
        for mut judge in Judge::all(plan, bounds)? {
            let rank = judge.back(at)?.rank();
            if worst.as_ref().is_none_or(|(known, _)| rank > *known) {
                worst = Some((rank, judge.trace(at)?));
            }
        }
        Ok(worst.map(|(_, trace)| trace))
    }

    /// The strip as text: a line a step, witnesses below it.
    pub fn text(&self) -> String {
        let mut text = String::new();
        let mut told: Option<&Back> = None;
        for step in &self.steps {
            text += &format!("{:<5} {:<20} {}\n", step.step, step.back.name(), step.operation);
            // What was said of the step before holds on.
            if told.replace(&step.back) != Some(&step.back) {
                text.extend(step.back.lines().iter().map(|line| format!("        {line}\n")));
            }
        }
        let point = |point: &Option<String>| point.clone().unwrap_or_else(|| "none".to_owned());
        text + &format!(
            "point of no return: declared {}, computed {}\n",
            point(&self.declared),
            point(&self.computed)
        )
    }
}

/// Where the plan declares another point than is computed: the promise broken, and a run that shows
/// it.
pub(crate) fn disagreement(
    plan: &Plan,
    bounds: &Bounds,
) -> Result<Option<(BrokenPromise, Trace)>, Unmodelled> {
    let strip = Strip::new(plan, bounds)?;
    let Strip { declared, computed, .. } = &strip;
    if declared == computed || strip.steps.iter().any(|s| s.back.rank() == 3) {
        return Ok(None);
    }
    let at = |id: &Option<String>| {
        id.as_ref().and_then(|id| strip.steps.iter().position(|s| s.step == *id))
    };
    let (shown, detail) = match (at(declared), at(computed)) {
        (declared, Some(at)) if declared.is_none_or(|declared| declared > at) => {
            let step = &strip.steps[at];
            let says = match &strip.declared {
                Some(id) => format!("the plan declares {id}"),
                None => "the plan declares none".to_owned(),
            };
            let why = step.back.lines().join("; ");
            (at, format!("{says}, but from step {} on there is no way back: {why}", step.step))
        }
        (Some(at), _) => {
            let id = &strip.steps[at].step;
            let detail = format!(
                "the plan declares {id}, but from after it the rollback scripts still lead back, and the old release reads what was acknowledged"
            );
            (at, detail)
        }
        (None, _) => (0, "the plan declares a step that it has not".to_owned()),
    };
    let broken = Broken::new(Always::PointOfNoReturn, detail);
    let promise = BrokenPromise::from(&broken);
    let step = strip.steps.get(shown).map(|s| s.step.clone()).unwrap_or_default();
    let mut trace = Strip::trace(plan, bounds, &step)?.unwrap_or_default();
    if let Some(last) = trace.moments.last_mut() {
        last.broken = Some(promise.clone());
    }
    Ok(Some((promise, trace)))
}
