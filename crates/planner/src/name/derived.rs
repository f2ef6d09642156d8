//! The names PostgreSQL gives to what was given none: `makeObjectName` and `ChooseIndexColumnNames`.
//! Must not know which names are taken.

/// PostgreSQL's `NAMEDATALEN` less one.
const MAX: usize = 63;

/// What the columns add to an index's or key's name: joined, and no longer than a name.
pub(crate) fn addition<S: AsRef<str>>(columns: &[S]) -> String {
    let mut seen: Vec<String> = Vec::new();
    for column in columns {
        // `ChooseIndexColumnNames` numbers what occurs twice.
        let mut name = column.as_ref().to_owned();
        let mut number = 0_u32;
        while seen.contains(&name) {
            number += 1;
            name = format!("{}{number}", column.as_ref());
        }
        seen.push(name);
    }
    let mut text = String::new();
    for name in seen {
        if !text.is_empty() {
            text.push('_');
        }
        text += &name;
        if text.len() > MAX {
            break;
        }
    }
    text
}

/// The first `table_addition_label`, `…label1`, `…label2` … that is not `taken`.
pub(crate) fn choose(
    table: &str,
    addition: &str,
    label: &str,
    taken: impl Fn(&str) -> bool,
) -> String {
    let mut name = object_name(table, addition, label);
    let mut number = 0_u32;
    while taken(&name) {
        number += 1;
        name = object_name(table, addition, &format!("{label}{number}"));
    }
    name
}

/// `makeObjectName`: shortens the longer of table and addition until the whole fits 63 bytes.
fn object_name(table: &str, addition: &str, label: &str) -> String {
    let overhead = label.len() + 1 + usize::from(!addition.is_empty());
    let available = MAX.saturating_sub(overhead);
    let (mut first, mut second) = (table.len(), addition.len());
    while first + second > available {
        if first > second {
            first -= 1;
        } else {
            second -= 1;
        }
    }
    let (first, second) = (cut(table, first), cut(addition, second));
    if addition.is_empty() {
        format!("{first}_{label}")
    } else {
        format!("{first}_{second}_{label}")
    }
}

fn cut(text: &str, mut end: usize) -> &str {
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or(text)
}
