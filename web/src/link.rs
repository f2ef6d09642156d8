//! The page's state as a text that fits behind the `#` of an address, and back. What is behind it is
//! never sent anywhere by a browser.
//!
//! `d1.…`: version 1 of the value as JSON, deflated, in base64url. Fields that are added later have
//! defaults, so that an older link still reads; what a link cannot say any more would be `d2`. Must
//! not know the page.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::inflate::decompress_to_vec_with_limit;
use planner::Request;
use planner::edit::Edit;
use serde::{Deserialize, Serialize};
use simulator::{Bounds, Choice, Setting};

use crate::lesson::From;
use crate::protocol::{CellAt, Subject};

/// Codec and version, before the payload.
const VERSION: &str = "d1.";

/// No more than so many bytes come out of a link, whatever it claims.
const BYTES_MAX: usize = 1 << 22;

/// Best compression: a link is made once and read by eye never.
const LEVEL: u8 = 9;

/// What the right half shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tab {
    /// The plan.
    #[default]
    Plan,
    /// A run.
    Play,
    /// A run under traffic.
    Traffic,
    /// A proof.
    Proof,
    /// The plan as files.
    Export,
}

/// Everything that makes the page show what it shows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Link {
    /// What is asked.
    pub request: Request,
    /// What the right half shows.
    pub tab: Tab,
    /// The run in the player.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<Run>,
    /// The search asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search: Option<Search>,
    /// With what the run under traffic is made, where that was changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub traffic: Option<Setting>,
    /// The lesson that is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lesson: Option<From>,
}

/// A run and the moment looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// How it came about.
    pub from: Origin,
    /// Index of the moment looked at.
    pub at: usize,
    /// What that moment said: whether the same run was found again.
    pub said: String,
}

/// How a run came about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// It was stepped through.
    Walk {
        /// What is run.
        subject: Subject,
        /// Same seed, same run.
        seed: u64,
        /// What was done, moment by moment.
        moves: Vec<Move>,
    },
    /// It was found by a search.
    Found {
        /// The search.
        search: Search,
        /// The cell it stands behind; `None` for the counterexample.
        cell: Option<CellAt>,
    },
}

/// What made a moment of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Move {
    /// The seed chose.
    #[serde(rename = "s")]
    Step,
    /// Somebody chose. By its words, not by its number: where the choices have changed since, the
    /// run ends there and does not go another way.
    #[serde(rename = "t")]
    Take(String),
    /// The plan was rolled back.
    #[serde(rename = "b")]
    RollBack,
}

impl Move {
    /// The words of a choice.
    #[must_use]
    pub fn words(choice: &Choice) -> String {
        format!("{}: {}", choice.actor, choice.label)
    }
}

/// A search.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Search {
    /// What was proved.
    pub subject: Subject,
    /// Within what.
    pub bounds: Bounds,
    /// What was done to the plan before.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub edits: Vec<Edit>,
}

impl Link {
    /// Whether a text behind a `#` is meant as a link, and not as a place on the page.
    #[must_use]
    pub fn is_meant(text: &str) -> bool {
        text.split_once('.').is_some_and(|(version, _)| is_version(version))
    }

    /// What stands behind the `#`.
    ///
    /// # Errors
    /// Never for a value that came from the page; the type is the serializer's.
    pub fn pack(&self) -> Result<String, String> {
        let json = serde_json::to_vec(self).map_err(|why| why.to_string())?;
        Ok(VERSION.to_owned() + &URL_SAFE_NO_PAD.encode(compress_to_vec(&json, LEVEL)))
    }

    /// What was packed.
    ///
    /// # Errors
    /// Why the text is no link of ours, as an end of "this link cannot be opened: it …".
    pub fn unpack(text: &str) -> Result<Self, String> {
        let Some(payload) = text.strip_prefix(VERSION) else {
            return Err(match text.split_once('.') {
                Some((version, _)) if is_version(version) => {
                    format!(
                        "is of the kind `{version}`, and this page reads `d1`; a newer page may read it"
                    )
                }
                Some(_) | None => "does not begin as links to this page do".to_owned(),
            });
        };
        let packed =
            URL_SAFE_NO_PAD.decode(payload).map_err(|_| "is damaged or cut off".to_owned())?;
        let json = decompress_to_vec_with_limit(&packed, BYTES_MAX)
            .map_err(|_| "is damaged, cut off, or too long".to_owned())?;
        // As text: the reader of texts is there already, for messages.
        let json = String::from_utf8(json).map_err(|_| "holds what is not text".to_owned())?;
        serde_json::from_str(&json)
            .map_err(|why| format!("holds what this page does not know: {why}"))
    }
}

fn is_version(text: &str) -> bool {
    let digits = text.strip_prefix('d').unwrap_or_default();
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests;
