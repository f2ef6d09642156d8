//! What is said of a link. Texts only.

pub(crate) const IT_IS_WORK: &str =
    "It opens this page with your input, this tab, and the run or the proof as they are now.";
pub(crate) const IT_IS_A_LESSON: &str = "It opens this page with the lesson and its scenario, and the run or the proof as they are now.";
pub(crate) const NOTHING_SENT: &str = "All of it is in the link itself: nothing was sent anywhere.";
pub(crate) const A_MIGRATION: &str = "A migration in Concertina";
pub(crate) const A_LESSON: &str = "A lesson in Concertina";
