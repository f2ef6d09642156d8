use planner::Plan;
#[derive(Clone, Default)]
pub(crate) struct Bounds {
    pub(crate) instances: usize,
    pub(crate) rows: usize,
    pub(crate) faults: usize,
    pub(crate) states: usize,
}
#[derive(Clone, Default)]
pub(crate) struct Progress {
    pub(crate) states: u64,
    pub(crate) transitions: u64,
    pub(crate) frontier: u64,
    pub(crate) depth: u64,
    pub(crate) done: bool,
}
#[derive(Clone)]
pub(crate) struct Instance {
    pub(crate) name: String,
    pub(crate) release: String,
    pub(crate) note: String,
}
#[derive(Clone)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) ty: String,
    pub(crate) not_null: bool,
}
#[derive(Clone)]
pub(crate) struct Table {
    pub(crate) name: String,
    pub(crate) columns: Vec<Column>,
    pub(crate) rows: Vec<Vec<String>>,
}
#[derive(Clone)]
pub(crate) struct Frame {
    pub(crate) step: Option<String>,
    pub(crate) runner: String,
    pub(crate) instances: Vec<Instance>,
    pub(crate) tables: Vec<Table>,
}
#[derive(Clone)]
pub(crate) struct Moment {
    pub(crate) action: String,
    pub(crate) actor: String,
    pub(crate) detail: String,
    pub(crate) fault: bool,
    pub(crate) frame: Frame,
}
#[derive(Clone, Default)]
pub(crate) struct Trace {
    pub(crate) moments: Vec<Moment>,
}
#[derive(Clone)]
pub(crate) struct Choice {
    pub(crate) label: String,
    pub(crate) actor: String,
    pub(crate) fault: bool,
}
pub(crate) struct Counterexample {
    pub(crate) invariant: String,
    pub(crate) statement: String,
    pub(crate) detail: String,
    pub(crate) trace: Trace,
}
pub(crate) enum Verdict {
    Verified { states: u64, transitions: u64, depth: u64 },
    Refuted(Box<Counterexample>),
    BoundsExceeded { states: u64, reason: String },
}
pub(crate) struct Search {
    n: u64,
    limit: u64,
    plan: Plan,
    bounds: Bounds,
}
impl Search {
    pub(crate) fn new(plan: &Plan, bounds: &Bounds) -> Result<Self, String> {
        Ok(Self {
            n: 0,
            limit: 40_000_000 * bounds.faults.max(1) as u64,
            plan: plan.clone(),
            bounds: bounds.clone(),
        })
    }
    pub(crate) fn advance(&mut self, n: usize) -> Progress {
        for i in 0..n * 10_000 {
            self.n = std::hint::black_box(self.n + (i as u64 & 1));
        }
        Progress {
            states: self.n / 100,
            transitions: self.n / 30,
            frontier: 500,
            depth: self.n / 1_000_000,
            done: self.n >= self.limit,
        }
    }
    pub(crate) fn verdict(&self) -> Option<Verdict> {
        if self.bounds.rows == 1 {
            return Some(Verdict::BoundsExceeded {
                states: self.n,
                reason: "more than 2,000,000 states".into(),
            });
        }
        if self.bounds.instances % 2 == 0 {
            return Some(Verdict::Verified {
                states: self.n / 100,
                transitions: self.n / 30,
                depth: 88,
            });
        }
        let mut walk = Walk::new(&self.plan, &self.bounds, 1).ok()?;
        for _ in 0..12 {
            walk.step();
        }
        Some(Verdict::Refuted(Box::new(Counterexample { invariant: "no broken statement".into(), statement: "Every statement of every live version succeeds.".into(), detail: "app-2 on R0 ran SELECT name FROM customers and got 42703: column \"name\" does not exist.".into(), trace: walk.trace() })))
    }
}
pub(crate) struct Walk {
    plan: Plan,
    trace: Trace,
    at: usize,
    seed: u64,
}
impl Walk {
    pub(crate) fn new(plan: &Plan, _: &Bounds, seed: u64) -> Result<Self, String> {
        let mut walk = Self { plan: plan.clone(), trace: Trace::default(), at: 0, seed };
        let moment = walk.moment("start", "", false, 0);
        walk.trace.moments.push(moment);
        Ok(walk)
    }
    fn moment(&self, action: &str, actor: &str, fault: bool, n: usize) -> Moment {
        let steps: Vec<_> = self.plan.steps().collect();
        let step = steps[(n / 3).min(steps.len() - 1)].id.clone();
        let column =
            |name: &str, not_null| Column { name: name.into(), ty: "text".into(), not_null };
        let mut columns = vec![
            Column { name: "id".into(), ty: "bigint".into(), not_null: true },
            column("name", true),
        ];
        if n > 6 {
            columns.push(column("full_name", n > 18));
        }
        let rows = (1..4)
            .map(|id| {
                let mut r = vec![id.to_string(), format!("Ada {id}")];
                if n > 6 {
                    r.push(if n > 8 + id { format!("Ada {id}") } else { "NULL".into() })
                }
                r
            })
            .collect();
        Moment {
            action: action.into(),
            actor: actor.into(),
            detail: String::new(),
            fault,
            frame: Frame {
                step: Some(step.clone()),
                runner: format!("runs step {step}"),
                instances: (1..4)
                    .map(|i| Instance {
                        name: format!("app-{i}"),
                        release: if n > 20 + i { "R1".into() } else { "R0".into() },
                        note: if n % 3 == i % 3 {
                            "writes customers".into()
                        } else {
                            "idle".into()
                        },
                    })
                    .collect(),
                tables: vec![Table { name: "public.customers".into(), columns, rows }],
            },
        }
    }
    pub(crate) fn choices(&self) -> Vec<Choice> {
        if self.at > 40 {
            return vec![];
        }
        let c = |label: &str, actor: &str, fault| Choice {
            label: label.into(),
            actor: actor.into(),
            fault,
        };
        vec![
            c("runs the next statement", "migration", false),
            c("inserts a row into customers", "app-1", false),
            c("reads customers", "app-2", false),
            c("crashes mid-request", "app-2", true),
            c("loses its connection after COMMIT, before hearing of it", "migration", true),
        ]
    }
    pub(crate) fn take(&mut self, i: usize) {
        let choice = self.choices().get(i).cloned();
        let Some(choice) = choice else { return };
        self.trace.moments.truncate(self.at + 1);
        self.at += 1;
        let m = self.moment(&choice.label, &choice.actor, choice.fault, self.at);
        self.trace.moments.push(m);
    }
    pub(crate) fn step(&mut self) {
        let i = ((self.seed + self.at as u64) % 3) as usize;
        self.take(i);
    }
    pub(crate) fn roll_back(&mut self) {
        self.take(0);
    }
    pub(crate) fn seek(&mut self, n: usize) {
        self.at = n.min(self.trace.moments.len() - 1);
    }
    pub(crate) fn trace(&self) -> Trace {
        self.trace.clone()
    }
}
