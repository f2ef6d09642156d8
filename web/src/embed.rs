//! The page inside another one: what its address asks for. `embed.js` writes these addresses, and
//! whoever writes an iframe by hand. Must not know how anything looks.

use web::link::Tab;

/// What an embedding page shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Embed {
    /// The plan, or a run.
    pub(crate) tab: Tab,
    /// The step that is open, or at which the run begins.
    pub(crate) step: Option<String>,
    /// `light` or `dark`; none for the system's.
    pub(crate) theme: Option<String>,
    /// Whether only the run shows, without what can be done to it.
    pub(crate) plain: bool,
}

/// What an address asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Asked {
    /// The page is inside another one.
    pub(crate) embed: Option<Embed>,
    /// Name of an example.
    pub(crate) example: Option<String>,
    /// Name of a lesson of the course.
    pub(crate) lesson: Option<String>,
}

impl Asked {
    /// Reads what stands behind the `?`. What is not known is passed over, so that older pages read
    /// newer addresses.
    pub(crate) fn read(query: &str) -> Self {
        let query = query.strip_prefix('?').unwrap_or(query);
        let value = |name: &str| {
            let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            pairs.filter(|(known, _)| *known == name).map(|(_, value)| value.to_owned()).next()
        };
        let tab = match value("embed").as_deref() {
            Some("plan") => Some(Tab::Plan),
            Some("sim") => Some(Tab::Play),
            Some(_) | None => None,
        };
        let theme = value("theme").filter(|theme| matches!(theme.as_str(), "light" | "dark"));
        let plain = value("controls").as_deref() == Some("none");
        let embed = tab.map(|tab| Embed { tab, step: value("step"), theme, plain });
        Self { embed, example: value("example"), lesson: value("lesson") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_what_is_embedded() {
        let asked =
            Asked::read("?embed=sim&example=big_update&step=2.1&theme=dark&controls=none&new=1");
        let step = Some("2.1".to_owned());
        let theme = Some("dark".to_owned());
        let embed = Some(Embed { tab: Tab::Play, step, theme, plain: true });
        assert_eq!(asked, Asked { embed, example: Some("big_update".to_owned()), lesson: None });
        assert_eq!(Asked::read("?lesson=gate").lesson.as_deref(), Some("gate"));
        assert_eq!(Asked::read("?seed=1&embed=else"), Asked::default());
        assert_eq!(Asked::read(""), Asked::default());
    }
}
