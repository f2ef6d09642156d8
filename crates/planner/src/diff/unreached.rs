//! What the changes found leave otherwise than the target has it: a comparison that forgets something
//! is seen here. Must not know how the changes were found.

use super::Diff;
use crate::diagnostic::Severity;
use crate::schema::difference::in_short;
use crate::schema::{ObjectId, ObjectKind};

impl Diff<'_> {
    /// Says what is not reached, but for what was said of already.
    pub(super) fn not_reached(&mut self) {
        // What belongs to a view that only makes way comes back with it.
        let back = |id: &ObjectId| {
            self.target.objects.get(id).is_some_and(|object| self.comes_back(id, object))
        };
        let counts = |id: &ObjectId| self.is_answered_for(id) && !back(id);
        let differences = self.work.differences(self.target, counts);
        let refused = self.diagnostics.iter().any(|d| d.severity == Severity::Error);
        if differences.is_empty() || refused {
            return;
        }
        self.warn(
            "target-not-diffed",
            format!("not all of the target is planned: {}", in_short(&differences)),
            "give what is missing as statements, in a change of its own".to_owned(),
        );
    }

    /// Whether a difference in an object would be found and planned. One that has no statement to take
    /// it away stays, which is said; a schema or an extension is only there or not.
    fn is_answered_for(&self, id: &ObjectId) -> bool {
        let stays = self.work.objects.get(id).is_some_and(|object| object.unmake.is_none());
        let is_there = self.work.objects.contains_key(id) && self.target.objects.contains_key(id);
        !match id.kind {
            ObjectKind::Schema | ObjectKind::Extension => is_there,
            ObjectKind::Owner => self.leaves_owners_out(),
            ObjectKind::Comment => super::objects::brings_its_own(id),
            ObjectKind::Unknown => true,
            ObjectKind::Language
            | ObjectKind::Plain
            | ObjectKind::Enum
            | ObjectKind::Type
            | ObjectKind::Domain
            | ObjectKind::Sequence
            | ObjectKind::Routine
            | ObjectKind::Aggregate
            | ObjectKind::Operator
            | ObjectKind::Foreign
            | ObjectKind::ForeignTable
            | ObjectKind::Ownership
            | ObjectKind::Statistics
            | ObjectKind::ViewIndex
            | ObjectKind::Rule
            | ObjectKind::Trigger
            | ObjectKind::EventTrigger
            | ObjectKind::Policy
            | ObjectKind::Property
            | ObjectKind::Replication
            | ObjectKind::Privilege
            | ObjectKind::DefaultPrivilege => id.is_role() || stays,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Diff;
    use crate::sql::read_schema;

    #[test]
    fn what_is_left_is_said() {
        let [source, target] = ["CREATE TABLE t (a int);", "CREATE TABLE t (a int, b int);"]
            .map(|text| read_schema(text).schema);
        let mut diff = Diff::new(&source, source.clone(), &target);
        diff.not_reached();
        let said: Vec<String> = diff.diagnostics.into_iter().map(|d| d.message).collect();
        assert_eq!(said, ["not all of the target is planned: column b of public.t is missing"]);
        let mut diff = Diff::new(&source, source.clone(), &target);
        diff.run(&[]);
        diff.not_reached();
        assert_eq!(diff.diagnostics, []);
    }
}
