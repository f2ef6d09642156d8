//! What the page says, in one place a part of it. Texts only.

pub(crate) mod learn;
pub(crate) mod share;
