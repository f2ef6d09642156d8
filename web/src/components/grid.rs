//! Tables with their columns and rows; what changed in the last moment stands out.

use simulator::{ColumnFrame, TableFrame};
use yew::prelude::*;

/// The grids.
pub(crate) fn tables(tables: &[TableFrame], before: Option<&[TableFrame]>) -> Html {
    let before = |table: &TableFrame| Some(before?.iter().find(|known| known.name == table.name));
    html! {
        <div class="tables" data-testid="tables">
            { for tables.iter().map(|table| grid(table, before(table))) }
        </div>
    }
}

/// A table, and what it was before: none where there is no before, `Some(None)` where it is new.
fn grid(table: &TableFrame, before: Option<Option<&TableFrame>>) -> Html {
    let column = |column: &ColumnFrame| {
        let known = before
            .map(|table| table.and_then(|t| t.columns.iter().find(|c| c.name == column.name)));
        let changed = known.is_some_and(|known| known != Some(column));
        html! {
            <th scope="col" class={changed.then_some("changed")}>
                <span class="column">{ &column.name }</span>
                <span class="type">{ &column.ty }{ if column.not_null { " NOT NULL" } else { "" } }</span>
            </th>
        }
    };
    html! {
        <div class="grid" key={table.name.clone()}>
            <div class="scroll">
                <table>
                    <caption>{ &table.name }</caption>
                    <thead><tr>{ for table.columns.iter().map(column) }</tr></thead>
                    <tbody>{ for table.rows.iter().map(|cells| row(table, cells, before.flatten())) }</tbody>
                </table>
            </div>
            if !table.notes.is_empty() {
                <ul class="notes">{ for table.notes.iter().map(|note| html! { <li>{ note }</li> }) }</ul>
            }
        </div>
    }
}

fn row(table: &TableFrame, cells: &[String], before: Option<&TableFrame>) -> Html {
    html! {
        <tr>
            { for cells.iter().enumerate().map(|(at, cell)| {
                let changed = before.is_some_and(|before| is_changed(table, cells, at, before));
                html! {
                    <td class={classes!(changed.then_some("changed"), (cell == "NULL").then_some("null"))}>{ cell }</td>
                }
            }) }
        </tr>
    }
}

/// Whether the cell differs from the one of the same row (by its first cell) and column before.
fn is_changed(table: &TableFrame, cells: &[String], at: usize, before: &TableFrame) -> bool {
    let name = table.columns.get(at).map(|column| &column.name);
    let column = before.columns.iter().position(|column| Some(&column.name) == name);
    let row = before.rows.iter().find(|row| row.first() == cells.first());
    row.zip(column).and_then(|(row, column)| row.get(column)) != cells.get(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(columns: &[&str], rows: &[&[&str]]) -> TableFrame {
        let column = |name: &&str| ColumnFrame {
            name: (*name).to_owned(),
            ty: "text".to_owned(),
            not_null: false,
        };
        let cells = |row: &&[&str]| row.iter().map(|cell| (*cell).to_owned()).collect();
        TableFrame {
            name: "public.t".to_owned(),
            columns: columns.iter().map(column).collect(),
            rows: rows.iter().map(cells).collect(),
            notes: Vec::new(),
        }
    }

    #[test]
    fn only_changed_cells_stand_out() {
        let before = table(&["id", "a"], &[&["1", "x"], &["2", "y"]]);
        let after =
            table(&["id", "b", "a"], &[&["1", "NULL", "x"], &["2", "q", "z"], &["3", "", "w"]]);
        let changed: Vec<Vec<bool>> = after
            .rows
            .iter()
            .map(|cells| (0..3).map(|at| is_changed(&after, cells, at, &before)).collect())
            .collect();
        assert_eq!(changed, [[false, true, false], [false, true, true], [true, true, true]]);
    }
}
