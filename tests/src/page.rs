//! The page as it is shipped, measured and photographed in Chromium. Judges nothing: what is to
//! hold is printed beside what was found.

pub mod picture;
pub mod shots;
pub mod timing;
