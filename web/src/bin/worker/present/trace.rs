//! Moments of a run, and outcomes of a proof, as the shell shows them.

use web::view::{
    BrokenView, ChoiceView, ColumnView, FrameView, InstanceView, MomentView, TableView, VerdictView,
};

use crate::standin::simulator::{Choice, Counterexample, Frame, Moment, Table, Verdict};

/// A moment.
pub(crate) fn moment(moment: &Moment) -> MomentView {
    MomentView {
        action: moment.action.clone(),
        actor: moment.actor.clone(),
        detail: moment.detail.clone(),
        fault: moment.fault,
        broken: None,
        frame: frame(&moment.frame),
    }
}

fn frame(frame: &Frame) -> FrameView {
    FrameView {
        step: frame.step.clone(),
        runner: frame.runner.clone(),
        instances: frame
            .instances
            .iter()
            .map(|instance| InstanceView {
                name: instance.name.clone(),
                release: instance.release.clone(),
                note: instance.note.clone(),
            })
            .collect(),
        tables: frame.tables.iter().map(table).collect(),
        notes: Vec::new(),
    }
}

fn table(table: &Table) -> TableView {
    TableView {
        name: table.name.clone(),
        columns: table
            .columns
            .iter()
            .map(|column| ColumnView {
                name: column.name.clone(),
                ty: column.ty.clone(),
                not_null: column.not_null,
            })
            .collect(),
        rows: table.rows.clone(),
        notes: Vec::new(),
    }
}

/// A choice.
pub(crate) fn choice(choice: &Choice) -> ChoiceView {
    ChoiceView { label: choice.label.clone(), actor: choice.actor.clone(), fault: choice.fault }
}

/// An outcome.
pub(crate) fn verdict(verdict: &Verdict, states_so_far: u64) -> VerdictView {
    match verdict {
        Verdict::Verified { states, transitions, depth } => VerdictView::Verified {
            states: *states,
            transitions: *transitions,
            depth: *depth,
            reached: Vec::new(),
        },
        Verdict::Refuted(counterexample) => refuted(counterexample, states_so_far),
        Verdict::BoundsExceeded { states, reason } => {
            VerdictView::BoundsExceeded { states: *states, reason: reason.clone() }
        }
    }
}

fn refuted(counterexample: &Counterexample, states: u64) -> VerdictView {
    let broken = BrokenView {
        invariant: counterexample.invariant.clone(),
        statement: counterexample.statement.clone(),
        detail: counterexample.detail.clone(),
    };
    let mut moments: Vec<MomentView> = counterexample.trace.moments.iter().map(moment).collect();
    if let Some(last) = moments.last_mut() {
        last.broken = Some(broken.clone());
    }
    VerdictView::Refuted { states, broken, moments }
}
