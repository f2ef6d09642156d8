//! What turns into what by itself: PostgreSQL's `can_coerce_type`, `select_common_type`, and how the
//! types that stand for others are filled in ("Type Conversion" in the manual). Must not know
//! statements.

use super::facts::{Context, Facts};
use super::types::{Type, Types};

/// Types and what is known of them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known<'a> {
    /// Types.
    pub(crate) types: &'a Types,
    /// Facts.
    pub(crate) facts: &'a Facts,
}

/// Why there is no common type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NoCommonType {
    /// What it was so far.
    pub(crate) so_far: Type,
    /// What does not go with it.
    pub(crate) other: Type,
}

impl Known<'_> {
    /// Whether one type turns into another.
    pub(crate) fn can_coerce(&self, from: Type, to: Type, context: Context) -> bool {
        if from == to || to == Type::ANY || from == Type::UNKNOWN || from.is_uncertain() {
            return true;
        }
        if to.is_polymorphic() {
            // Whether several of them fit together is asked afterwards.
            return true;
        }
        let (source, target) = (self.types.base(from), self.types.base(to));
        if source == target {
            return true;
        }
        if let (Some(a), Some(b)) = (source.element(), target.element()) {
            return self.can_coerce(a, b, context);
        }
        if self.types.is_foreign(source) || self.types.is_foreign(target) {
            return false;
        }
        if self.facts.cast(source, target).is_some_and(|least| context <= least) {
            return true;
        }
        self.by_text(source, target, context)
    }

    /// Through text: into strings where a value is stored, out of them where it is asked for.
    fn by_text(&self, source: Type, target: Type, context: Context) -> bool {
        let is_string = |ty: Type| self.types.category(ty).0 == 'S';
        let is_pseudo = |ty: Type| self.types.category(ty).0 == 'P' && ty != Type::RECORD;
        match context {
            Context::Implicit => false,
            _ if is_pseudo(source) || is_pseudo(target) => false,
            Context::Assignment => is_string(target),
            Context::Explicit => is_string(target) || is_string(source),
        }
    }

    /// Whether arguments fit what an operator or function declares.
    pub(crate) fn accepts(&self, inputs: &[Type], declared: &[Type]) -> bool {
        inputs
            .iter()
            .zip(declared)
            .all(|(input, declared)| self.can_coerce(*input, *declared, Context::Implicit))
            && self.fill(inputs, declared).is_some()
    }

    /// What the types that stand for others stand for here: the element type of either family;
    /// `None` where the arguments contradict each other.
    pub(crate) fn fill(&self, inputs: &[Type], declared: &[Type]) -> Option<Filled> {
        let mut filled = Filled::default();
        let mut compatible: Vec<Type> = Vec::new();
        let mut is_compatible = false;
        for (input, declared) in inputs.iter().zip(declared).filter(|(_, d)| d.is_polymorphic()) {
            filled.any = true;
            is_compatible |= declared.is_compatible_family();
            if *input == Type::UNKNOWN {
                continue;
            }
            if input.is_uncertain() {
                filled.uncertain = true;
                continue;
            }
            let element = self.stands_for(*input, *declared)?;
            if declared.is_compatible_family() {
                compatible.push(element);
            } else if *filled.element.get_or_insert(element) != element {
                return None;
            }
        }
        if is_compatible {
            let common = self.common(&compatible).ok()?;
            let fits = |ty: &Type| self.can_coerce(*ty, common, Context::Implicit);
            if !compatible.iter().all(fits) {
                return None;
            }
            filled.compatible = Some(common);
        }
        Some(filled)
    }

    /// The element type that an argument gives to a declared one.
    fn stands_for(&self, input: Type, declared: Type) -> Option<Type> {
        let base = self.types.base(input);
        match declared {
            Type::ANYARRAY | Type::ANYCOMPATIBLEARRAY => base.element(),
            Type::ANYRANGE | Type::ANYCOMPATIBLERANGE => base.subtype(),
            Type::ANYNONARRAY | Type::ANYCOMPATIBLENONARRAY => {
                base.element().is_none().then_some(input)
            }
            // The types of multiranges are not among those known.
            Type::ANYMULTIRANGE => None,
            Type::ANYENUM => self.types.labels(base).is_some().then_some(base),
            _ => Some(input),
        }
    }

    /// A declared type with what it stands for; `None` where that cannot be told.
    pub(crate) fn filled(
        &self,
        declared: Type,
        input: Option<Type>,
        filled: &Filled,
    ) -> Option<Type> {
        if !declared.is_polymorphic() {
            return Some(declared);
        }
        let element =
            if declared.is_compatible_family() { filled.compatible } else { filled.element };
        match declared {
            Type::ANYARRAY | Type::ANYCOMPATIBLEARRAY => element.map(Type::array_of),
            Type::ANYMULTIRANGE => None,
            Type::ANYRANGE | Type::ANYCOMPATIBLERANGE => {
                input.map(|ty| self.types.base(ty)).filter(|ty| ty.subtype().is_some())
            }
            _ => element,
        }
    }

    /// The type that several values have in common (`select_common_type`); text for literals alone.
    pub(crate) fn common(&self, inputs: &[Type]) -> Result<Type, NoCommonType> {
        if inputs.iter().any(|ty| ty.is_uncertain()) {
            return Ok(Type::UNCERTAIN);
        }
        let Some(first) = inputs.first() else { return Ok(Type::TEXT) };
        if *first != Type::UNKNOWN && inputs.iter().all(|ty| ty == first) {
            return Ok(*first);
        }
        let mut found = self.types.base(*first);
        for input in inputs {
            let other = self.types.base(*input);
            if other == Type::UNKNOWN || other == found {
                continue;
            }
            if found == Type::UNKNOWN {
                found = other;
                continue;
            }
            let (mine, preferred) = self.types.category(found);
            if self.types.category(other).0 != mine {
                return Err(NoCommonType { so_far: found, other });
            }
            if !preferred
                && self.can_coerce(found, other, Context::Implicit)
                && !self.can_coerce(other, found, Context::Implicit)
            {
                found = other;
            }
        }
        Ok(if found == Type::UNKNOWN { Type::TEXT } else { found })
    }
}

/// What the types that stand for others stand for.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Filled {
    /// Whether there are any.
    pub(crate) any: bool,
    /// Whether one of the arguments could not be told.
    pub(crate) uncertain: bool,
    /// `anyelement` and its family.
    pub(crate) element: Option<Type>,
    /// `anycompatible` and its family.
    pub(crate) compatible: Option<Type>,
}
