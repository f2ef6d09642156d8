//! What the simulator derives of each case's plan beside its verdict: what a rollback keeps, what each
//! release can do, how faults end. Golden texts, a file a case; `UPDATE_EXPECT=1` rewrites. Must not
//! judge a plan.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use libtest_mimic::{Completion, Failed, Trial};
use simulator::{Bounds, Endings, Matrix, Strip};

use crate::cases::Case;
use crate::golden;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("derived")
}

/// The trial of a case.
pub(crate) fn trial(case: &Arc<Case>) -> Trial {
    let case = Arc::clone(case);
    Trial::ignorable_test(format!("{}::derived", case.name), move || perform(&case))
}

fn perform(case: &Case) -> Result<Completion, Failed> {
    let plan = match case.plan() {
        Ok(plan) => plan,
        Err(reason) => return Ok(Completion::ignored_with(reason)),
    };
    let bounds = Bounds::default();
    let failed = |why: simulator::Unmodelled| Failed::from(why.to_string());
    let strip = Strip::new(&plan, &bounds).map_err(failed)?;
    let matrix = Matrix::new(&plan, &bounds).map_err(failed)?;
    let endings = Endings::new(&plan, &bounds).map_err(failed)?;
    let printed = format!(
        "what a rollback from after each step keeps\n\n{}\n\
         what each release can do, from each step on, {}\n\
         how each fault ends\n\n{}",
        strip.text(),
        matrix.text(),
        endings.text()
    );
    let path = folder().join(format!("{}.txt", case.name));
    golden::compare(&path, &printed).map(|()| Completion::Completed)
}

/// Every golden is of a case.
pub(crate) fn orphans(all: &[Arc<Case>]) -> Trial {
    let names: Vec<String> = all.iter().map(|case| case.name.clone()).collect();
    Trial::test("derived::no orphans", move || {
        for entry in fs::read_dir(folder())? {
            let path = entry?.path();
            let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            if !names.contains(&stem) {
                return Err(format!("{} belongs to no case", path.display()).into());
            }
        }
        Ok(())
    })
}
