//! What an operation does to views, and what views forbid. Must not know rows.

use super::{Refusal, refuse};
use crate::name::QName;
use crate::op::Op;
use crate::schema::Schema;

impl Schema {
    #[expect(clippy::wildcard_enum_match_arm, reason = "`apply_here` sends only view operations")]
    pub(super) fn apply_to_view(&mut self, op: &Op) -> Result<(), Refusal> {
        let missing =
            |view: &QName| refuse("42P01", format!("view \"{}\" does not exist", view.name));
        match op {
            Op::CreateView { view, definition } => {
                self.free(view)?;
                self.views.insert(view.clone(), definition.clone());
                self.give(self.given_to_relation(view));
                Ok(())
            }
            Op::ReplaceView { view, definition } => match self.views.get_mut(view) {
                Some(known) => {
                    known.clone_from(definition);
                    Ok(())
                }
                None => missing(view),
            },
            Op::DropView { view, .. } => match self.views.remove(view) {
                Some(_) => {
                    self.sweep();
                    Ok(())
                }
                None => missing(view),
            },
            _ => Ok(()),
        }
    }

    pub(super) fn no_view_over(
        &self,
        table: &QName,
        column: Option<&str>,
        what: &str,
    ) -> Result<(), Refusal> {
        match self.views_over(table, column).next() {
            Some((view, _)) => {
                refuse("2BP01", format!("{what} because other objects depend on it: view {view}"))
            }
            None => Ok(()),
        }
    }
}
