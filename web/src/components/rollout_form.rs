//! How the app is rolled out, and what may not be exceeded.

use planner::request::{Backup, Constraints, Consumer, Deploy, DeployModel, PgBouncer, Sync};
use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::number_field::{NumberField, small};
use crate::browser;
use crate::state::Action;
use crate::state::input::Edit;

#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    /// Rollout.
    pub(crate) deploy: Deploy,
    /// Limits.
    pub(crate) constraints: Constraints,
    /// Edits.
    pub(crate) on: Callback<Action>,
}

const MODELS: [(DeployModel, &str); 4] = [
    (DeployModel::Rolling, "rolling"),
    (DeployModel::BlueGreen, "blue-green"),
    (DeployModel::Canary, "canary"),
    (DeployModel::StopTheWorld, "all down, then all up"),
];

const SYNCS: [(Sync, &str); 2] =
    [(Sync::Triggers, "database triggers"), (Sync::DualWrites, "the app writes both")];

const BACKUPS: [(Backup, &str); 4] = [
    (Backup::None, "none"),
    (Backup::LogicalDump, "logical dump"),
    (Backup::Snapshot, "storage snapshot"),
    (Backup::Pitr, "base backup and WAL"),
];

const POOLERS: [(PgBouncer, &str); 3] = [
    (PgBouncer::None, "none"),
    (PgBouncer::Session, "session"),
    (PgBouncer::Transaction, "transaction"),
];

const CONSUMERS: [(Consumer, &str); 3] = [
    (Consumer::Cdc, "change data capture"),
    (Consumer::LogicalReplica, "logical replicas"),
    (Consumer::Bi, "reports"),
];

/// The form.
#[component]
pub(crate) fn RolloutForm(props: &Props) -> Html {
    html! {
        <>
            { rollout(props) }
            { limits(props) }
            { around(props) }
        </>
    }
}

fn rollout(props: &Props) -> Html {
    let deploy = &props.deploy;
    let edit = |set: fn(&mut Deploy, u64)| {
        let deploy = deploy.clone();
        props.on.reform(move |value| {
            let mut deploy = deploy.clone();
            set(&mut deploy, value);
            Action::Edit(Edit::Deploy(deploy))
        })
    };
    let model = choice(&MODELS, &edit(|d, at| d.model = nth(&MODELS, at)));
    let sync = choice(&SYNCS, &edit(|d, at| d.sync = nth(&SYNCS, at)));
    let together = edit(|d, on| d.old_and_new_together = on > 0).reform(|event: Event| {
        u64::from(event.target_dyn_into::<HtmlInputElement>().is_some_and(|box_| box_.checked()))
    });
    html! {
        <fieldset>
            <legend>{ "Rollout" }</legend>
            <div class="fields">
                <label class="field">
                    <span>{ "model" }</span>
                    <select data-testid="deploy-model" onchange={model}>{ options(&MODELS, deploy.model) }</select>
                </label>
                <NumberField label="instances" min=1 max=10_000 value={u64::from(deploy.instances)}
                    testid="instances" on={edit(|d, n| d.instances = small(n))} />
                <label class="field">
                    <span>{ "two shapes are kept equal by" }</span>
                    <select data-testid="sync" onchange={sync}>{ options(&SYNCS, deploy.sync) }</select>
                </label>
                <label class="check">
                    <input type="checkbox" checked={deploy.old_and_new_together} onchange={together}
                        data-testid="together" />
                    <span>{ "old and new version can run at the same time" }</span>
                </label>
            </div>
        </fieldset>
    }
}

/// What a field of the constraints does with its new value.
fn edit_constraints(props: &Props, set: fn(&mut Constraints, u64)) -> Callback<u64> {
    let limits = props.constraints.clone();
    props.on.reform(move |value| {
        let mut limits = limits.clone();
        set(&mut limits, value);
        Action::Edit(Edit::Constraints(limits))
    })
}

fn limits(props: &Props) -> Html {
    let limits = &props.constraints;
    let edit = |set: fn(&mut Constraints, u64)| edit_constraints(props, set);
    let backup = choice(&BACKUPS, &edit(|c, at| c.backup = nth(&BACKUPS, at)));
    html! {
        <fieldset>
            <legend>{ "Limits" }</legend>
            <div class="fields">
                <NumberField label="longest lock wait, ms" value={u64::from(limits.lock_wait_ms)}
                    testid="lock-wait" on={edit(|c, n| c.lock_wait_ms = small(n))} />
                <NumberField label="replica lag, s" value={u64::from(limits.replica_lag_s)}
                    on={edit(|c, n| c.replica_lag_s = small(n))} />
                <NumberField label="downtime, s" value={u64::from(limits.downtime_s)}
                    on={edit(|c, n| c.downtime_s = small(n))} />
                <label class="field">
                    <span>{ "backup" }</span>
                    <select data-testid="backup" onchange={backup}>{ options(&BACKUPS, limits.backup) }</select>
                </label>
                <NumberField label="time to restore, min" value={u64::from(limits.restore_minutes)}
                    on={edit(|c, n| c.restore_minutes = small(n))} />
            </div>
        </fieldset>
    }
}

/// Who stands between the app and the server, and who else reads.
fn around(props: &Props) -> Html {
    let limits = &props.constraints;
    let edit = |set: fn(&mut Constraints, u64)| edit_constraints(props, set);
    let pooler = choice(&POOLERS, &edit(|c, at| c.pgbouncer = nth(&POOLERS, at)));
    let toggle = |consumer: Consumer| {
        let limits = limits.clone();
        props.on.reform(move |_: Event| {
            let mut limits = limits.clone();
            let n_before = limits.consumers.len();
            limits.consumers.retain(|known| *known != consumer);
            if limits.consumers.len() == n_before {
                limits.consumers.push(consumer);
            }
            Action::Edit(Edit::Constraints(limits))
        })
    };
    html! {
        <fieldset>
            <legend>{ "Around the database" }</legend>
            <div class="fields">
                <label class="field">
                    <span>{ "PgBouncer mode" }</span>
                    <select data-testid="pgbouncer" onchange={pooler}>{ options(&POOLERS, limits.pgbouncer) }</select>
                </label>
                <NumberField label="replicas" value={u64::from(limits.replicas)}
                    testid="replicas" on={edit(|c, n| c.replicas = small(n))} />
                { for CONSUMERS.iter().map(|(consumer, name)| html! {
                    <label class="check">
                        <input type="checkbox" checked={limits.consumers.contains(consumer)}
                            onchange={toggle(*consumer)} />
                        <span>{ format!("{name} read the tables too") }</span>
                    </label>
                }) }
            </div>
        </fieldset>
    }
}

fn options<T: Copy + PartialEq>(all: &[(T, &'static str)], chosen: T) -> Html {
    all.iter()
        .map(|(value, name)| html! { <option selected={*value == chosen} value={*name}>{ *name }</option> })
        .collect()
}

/// The index, in `all`, of what was chosen.
fn choice<T: 'static>(all: &'static [(T, &str)], on: &Callback<u64>) -> Callback<Event> {
    browser::when(on, move |event: Event| {
        let name = browser::value(&event);
        let at = all.iter().position(|(_, known)| *known == name)?;
        u64::try_from(at).ok()
    })
}

fn nth<T: Copy>(all: &[(T, &str)], at: u64) -> T {
    let at = usize::try_from(at).unwrap_or(0);
    all.get(at).map_or(all[0].0, |(value, _)| *value)
}
