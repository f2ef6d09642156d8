//! Statements read, as one readable line each.
