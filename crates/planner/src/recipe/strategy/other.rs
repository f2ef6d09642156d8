//! Ways that are known and costed, and not planned: each says what it would be and what it costs.
//! Must not choose.

use super::cost::of_catalogue;
use super::{Kind, Way};
use crate::plan::Cost;
use crate::recipe::Context;
use crate::request::Sync;

/// The other ways of a kind of change; `usual` gives the rows that dual writes have to fill, too.
pub(super) fn only_costed(context: &Context<'_>, kind: Kind, usual: Option<&Way>) -> Vec<Way> {
    match kind {
        Kind::RenameColumn => vec![view(context), alias(context), dual_writes(context, usual)],
        Kind::RenameTable => vec![alias(context)],
        Kind::Retype | Kind::TwoShapes => vec![view(context), dual_writes(context, usual)],
        Kind::NotNull | Kind::NoOnlineWay => Vec::new(),
    }
}

fn view(context: &Context<'_>) -> Way {
    Way {
        name: "versioned-views",
        how: "the table steps aside and each release gets a view of it under its own search_path, with the names and types that it knows; COPY FROM, TRUNCATE and ON CONFLICT ON CONSTRAINT do not work through a view, and a converted column needs an INSTEAD OF trigger".to_owned(),
        recipe: None,
        hinders: None,
        cost: of_catalogue(context, 4, 1),
    }
}

fn alias(context: &Context<'_>) -> Way {
    Way {
        name: "alias-in-the-app",
        how: "the new release maps its new name to the old one, and the database stays as it is"
            .to_owned(),
        recipe: None,
        hinders: Some("the request asks for the new name in the database".to_owned()),
        cost: of_catalogue(context, 0, 1),
    }
}

fn dual_writes(context: &Context<'_>, usual: Option<&Way>) -> Way {
    let triggers = context.request.deploy.sync == Sync::Triggers;
    Way {
        name: "dual-writes",
        how: "three releases: one writes both shapes and reads the old one, existing rows follow in batches, one reads the new shape, one lets go of the old; every writer has to be found and changed, jobs and consoles too".to_owned(),
        recipe: None,
        hinders: triggers.then(|| {
            "two more releases; the request lets triggers keep both shapes equal (deploy.sync)".to_owned()
        }),
        cost: Cost { releases: 3, ..usual.map(|way| way.cost.clone()).unwrap_or_default() },
    }
}
