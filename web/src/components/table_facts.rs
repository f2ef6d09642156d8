//! Size and traffic of tables: a row each, and a field to add one.

use std::collections::BTreeMap;

use planner::name::QName;
use planner::request::TableFacts as Facts;
use yew::prelude::*;

use super::number_field::{NumberField, small};
use crate::browser;
use crate::state::Action;
use crate::state::input::Edit;

#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    /// Facts given.
    pub(crate) tables: BTreeMap<QName, Facts>,
    /// Tables the change touches.
    pub(crate) touched: Vec<String>,
    /// Edits.
    pub(crate) on: Callback<Action>,
}

/// The rows.
#[component]
pub(crate) fn TableFacts(props: &Props) -> Html {
    let name = use_state(String::new);
    let oninput = {
        let name = name.setter();
        Callback::from(move |event: InputEvent| name.set(browser::value(&event)))
    };
    let parsed = name.parse::<QName>().ok().filter(|name| !props.tables.contains_key(name));
    let onsubmit = {
        let (on, setter, parsed) = (props.on.clone(), name.setter(), parsed.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            if let Some(name) = parsed.clone() {
                on.emit(Action::Edit(Edit::Table(name, Facts::default())));
                setter.set(String::new());
            }
        })
    };
    let unnamed: Vec<&String> = props
        .touched
        .iter()
        .filter(|table| table.parse().is_ok_and(|name: QName| !props.tables.contains_key(&name)))
        .collect();
    html! {
        <div class="table-facts">
            { for props.tables.iter().map(|(table, facts)| row(table, facts, &props.on)) }
            <form class="add" {onsubmit}>
                <label class="field">
                    <span>{ "Add a table" }</span>
                    <input type="text" list="touched-tables" value={(*name).clone()} placeholder="users"
                        data-testid="add-table" {oninput} />
                </label>
                <datalist id="touched-tables">
                    { for unnamed.iter().map(|table| html! { <option value={(*table).clone()} /> }) }
                </datalist>
                <button type="submit" disabled={parsed.is_none()}>{ "Add" }</button>
            </form>
            <p class="muted">
                { "A table that is not listed counts as big and busy: 10,000,000 rows, 500 reads/s, 50 writes/s." }
            </p>
        </div>
    }
}

fn row(table: &QName, facts: &Facts, on: &Callback<Action>) -> Html {
    let edit = |set: fn(&mut Facts, u64)| {
        let (table, facts) = (table.clone(), facts.clone());
        on.reform(move |number| {
            let mut facts = facts.clone();
            set(&mut facts, number);
            Action::Edit(Edit::Table(table.clone(), facts))
        })
    };
    let gone = table.clone();
    let remove = on.reform(move |_: MouseEvent| Action::Edit(Edit::RemoveTable(gone.clone())));
    html! {
            <fieldset key={table.to_string()}>
                <legend>{ table.to_string() }</legend>
                <div class="fields">
                    <NumberField label="rows" value={facts.rows} on={edit(|f, n| f.rows = n)} />
    <NumberField label="bytes" value={facts.bytes} on={edit(|f, n| f.bytes = n)} />
                    <NumberField label="reads/s" value={u64::from(facts.reads_per_s)}
                        on={edit(|f, n| f.reads_per_s = small(n))} />
                    <NumberField label="writes/s" value={u64::from(facts.writes_per_s)}
                        on={edit(|f, n| f.writes_per_s = small(n))} />
                    <NumberField label="longest transaction, s" value={u64::from(facts.longest_transaction_s)}
                        on={edit(|f, n| f.longest_transaction_s = small(n))} />
                    <NumberField label="fillfactor, %" min=10 max=100 value={u64::from(facts.fillfactor)}
                        on={edit(|f, n| f.fillfactor = u8::try_from(n).unwrap_or(100))} />
                    <NumberField label="dead rows" value={facts.dead_rows} on={edit(|f, n| f.dead_rows = n)} />
                </div>
                <button type="button" class="small" onclick={remove} aria-label={format!("Forget {table}")}>
                    { "Forget" }
                </button>
            </fieldset>
        }
}
