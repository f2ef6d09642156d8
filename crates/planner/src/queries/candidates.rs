//! Which of several operators or functions of one name is meant: PostgreSQL's `func_select_candidate`
//! ("Type Conversion" in the manual, steps 10.2 and 10.3). Must not know names or statements.

use super::coerce::Known;
use super::facts::Context;
use super::types::Type;

/// What came of looking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Choice {
    /// This one, by its index.
    One(usize),
    /// None fits.
    None,
    /// Several fit equally well.
    Ambiguous,
}

/// Chooses among candidates, each a list of declared argument types as long as the input.
pub(crate) fn choose(known: &Known<'_>, inputs: &[Type], candidates: &[&[Type]]) -> Choice {
    let exact = candidates.iter().position(|declared| *declared == inputs);
    if let Some(at) = exact {
        return Choice::One(at);
    }
    let fitting: Vec<usize> =
        (0..candidates.len()).filter(|at| known.accepts(inputs, candidates[*at])).collect();
    match fitting.as_slice() {
        [] => Choice::None,
        [one] => Choice::One(*one),
        _ => match select(known, inputs, candidates, fitting) {
            Some(at) => Choice::One(at),
            None => Choice::Ambiguous,
        },
    }
}

fn select(
    known: &Known<'_>,
    inputs: &[Type],
    candidates: &[&[Type]],
    mut fitting: Vec<usize>,
) -> Option<usize> {
    let bases: Vec<Type> = inputs.iter().map(|ty| known.types.base(*ty)).collect();
    let is_known = |at: usize| bases[at] != Type::UNKNOWN;
    let best = |fitting: Vec<usize>, score: &dyn Fn(&[Type]) -> usize| -> Vec<usize> {
        let top = fitting.iter().map(|at| score(candidates[*at])).max().unwrap_or(0);
        fitting.into_iter().filter(|at| score(candidates[*at]) == top).collect()
    };
    // The most exact matches.
    let exact = |declared: &[Type]| {
        (0..bases.len()).filter(|at| is_known(*at) && declared[*at] == bases[*at]).count()
    };
    fitting = best(fitting, &exact);
    if let [one] = fitting[..] {
        return Some(one);
    }
    // The most exact matches or preferred types of the same category.
    let preferred = |declared: &[Type]| {
        (0..bases.len())
            .filter(|at| {
                let (category, is_preferred) = known.types.category(declared[*at]);
                is_known(*at)
                    && (declared[*at] == bases[*at]
                        || (is_preferred && category == known.types.category(bases[*at]).0))
            })
            .count()
    };
    fitting = best(fitting, &preferred);
    if let [one] = fitting[..] {
        return Some(one);
    }
    if (0..bases.len()).all(is_known) {
        return None;
    }
    fitting = by_category(known, &bases, candidates, fitting);
    if let [one] = fitting[..] {
        return Some(one);
    }
    alike(known, &bases, candidates, &fitting)
}

/// Unknown arguments take the category that all candidates agree on, or strings where one is among
/// them.
fn by_category(
    known: &Known<'_>,
    bases: &[Type],
    candidates: &[&[Type]],
    fitting: Vec<usize>,
) -> Vec<usize> {
    let mut slots: Vec<Option<(char, bool)>> = vec![None; bases.len()];
    for (at, slot) in slots.iter_mut().enumerate() {
        if bases[at] != Type::UNKNOWN {
            continue;
        }
        let mut conflict = false;
        for candidate in &fitting {
            let (category, preferred) = known.types.category(candidates[*candidate][at]);
            match slot {
                None => *slot = Some((category, preferred)),
                Some((so_far, any)) if *so_far == category => *any |= preferred,
                Some(_) if category == 'S' => *slot = Some((category, preferred)),
                Some(_) => conflict = true,
            }
        }
        if conflict && slot.is_some_and(|(category, _)| category != 'S') {
            return fitting;
        }
    }
    let keeps = |candidate: &usize| {
        slots.iter().enumerate().all(|(at, slot)| {
            let (category, preferred) = known.types.category(candidates[*candidate][at]);
            slot.is_none_or(|(wanted, any)| category == wanted && (preferred || !any))
        })
    };
    let kept: Vec<usize> = fitting.iter().copied().filter(|c| keeps(c)).collect();
    if kept.is_empty() { fitting } else { kept }
}

/// Where all known arguments are of one type, the unknown ones are taken to be of it too.
fn alike(
    known: &Known<'_>,
    bases: &[Type],
    candidates: &[&[Type]],
    fitting: &[usize],
) -> Option<usize> {
    let mut types = bases.iter().filter(|ty| **ty != Type::UNKNOWN);
    let one = *types.next()?;
    if types.any(|ty| *ty != one) {
        return None;
    }
    let all = vec![one; bases.len()];
    let fits = |at: &&usize| {
        all.iter()
            .zip(candidates[**at])
            .all(|(input, declared)| known.can_coerce(*input, *declared, Context::Implicit))
            && known.fill(&all, candidates[**at]).is_some()
    };
    let mut found = fitting.iter().filter(fits);
    match (found.next(), found.next()) {
        (Some(at), None) => Some(*at),
        _ => None,
    }
}
