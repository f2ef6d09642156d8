//! Markdown to HTML that is safe to put into a page whoever wrote it: markup comes from Markdown
//! alone, raw HTML is shown as the text that it is, images are their descriptions, and links lead to
//! web sites only. Must not know what a lesson is.

use pulldown_cmark::{CowStr, Event, HeadingLevel, Tag, TagEnd, html};

/// The HTML of some events.
pub(crate) fn html(events: Vec<Event<'_>>) -> String {
    let mut text = String::new();
    let mut links: Vec<bool> = Vec::new();
    let safe = events.into_iter().filter_map(|event| safe(event, &mut links));
    html::push_html(&mut text, safe);
    text
}

/// The HTML of a line or a few, without a paragraph around it.
pub(crate) fn inline(text: &str) -> String {
    let events: Vec<Event<'_>> = pulldown_cmark::Parser::new(text).collect();
    let whole = html(events);
    let whole = whole.trim();
    let one = whole.strip_prefix("<p>").and_then(|rest| rest.strip_suffix("</p>"));
    one.filter(|one| !one.contains("<p>")).unwrap_or(whole).to_owned()
}

/// Whether an address may be linked to.
pub(crate) fn is_web(address: &str) -> bool {
    address.starts_with("https://") || address.starts_with("http://")
}

/// `links`: of each link that is open, whether it is one.
fn safe<'a>(event: Event<'a>, links: &mut Vec<bool>) -> Option<Event<'a>> {
    match event {
        Event::Start(tag) => open(tag, links).map(Event::Start),
        Event::End(tag) => close(tag, links).map(Event::End),
        Event::Html(text) | Event::InlineHtml(text) => Some(Event::Text(text)),
        Event::Text(_) | Event::Code(_) | Event::SoftBreak | Event::HardBreak | Event::Rule => {
            Some(event)
        }
        // Not switched on: what Markdown writes for it is text.
        Event::InlineMath(_)
        | Event::DisplayMath(_)
        | Event::FootnoteReference(_)
        | Event::TaskListMarker(_) => None,
    }
}

fn open<'a>(tag: Tag<'a>, links: &mut Vec<bool>) -> Option<Tag<'a>> {
    match tag {
        Tag::Heading { level, .. } => {
            let (level, classes, attrs) = (below(level), Vec::new(), Vec::new());
            Some(Tag::Heading { level, id: None, classes, attrs })
        }
        Tag::Link { ref dest_url, .. } => {
            let is_link = is_web(dest_url);
            links.push(is_link);
            is_link.then_some(tag)
        }
        Tag::CodeBlock(_) => {
            let plain = pulldown_cmark::CodeBlockKind::Fenced(CowStr::from(""));
            Some(Tag::CodeBlock(plain))
        }
        Tag::HtmlBlock => Some(Tag::Paragraph),
        Tag::Paragraph
        | Tag::BlockQuote(_)
        | Tag::List(_)
        | Tag::Item
        | Tag::Table(_)
        | Tag::TableHead
        | Tag::TableRow
        | Tag::TableCell
        | Tag::Emphasis
        | Tag::Strong => Some(tag),
        Tag::Image { .. }
        | Tag::FootnoteDefinition(_)
        | Tag::DefinitionList
        | Tag::DefinitionListTitle
        | Tag::DefinitionListDefinition
        | Tag::Strikethrough
        | Tag::Superscript
        | Tag::Subscript
        | Tag::MetadataBlock(_) => None,
    }
}

fn close(tag: TagEnd, links: &mut Vec<bool>) -> Option<TagEnd> {
    match tag {
        TagEnd::Heading(level) => Some(TagEnd::Heading(below(level))),
        TagEnd::Link => links.pop().unwrap_or(false).then_some(tag),
        TagEnd::HtmlBlock => Some(TagEnd::Paragraph),
        TagEnd::Paragraph
        | TagEnd::BlockQuote(_)
        | TagEnd::CodeBlock
        | TagEnd::List(_)
        | TagEnd::Item
        | TagEnd::Table
        | TagEnd::TableHead
        | TagEnd::TableRow
        | TagEnd::TableCell
        | TagEnd::Emphasis
        | TagEnd::Strong => Some(tag),
        TagEnd::Image
        | TagEnd::FootnoteDefinition
        | TagEnd::DefinitionList
        | TagEnd::DefinitionListTitle
        | TagEnd::DefinitionListDefinition
        | TagEnd::Strikethrough
        | TagEnd::Superscript
        | TagEnd::Subscript
        | TagEnd::MetadataBlock(_) => None,
    }
}

/// The page's and the lesson's title stand above every heading.
fn below(level: HeadingLevel) -> HeadingLevel {
    match level {
        HeadingLevel::H1 | HeadingLevel::H2 => HeadingLevel::H3,
        HeadingLevel::H3 => HeadingLevel::H4,
        HeadingLevel::H4 => HeadingLevel::H5,
        HeadingLevel::H5 | HeadingLevel::H6 => HeadingLevel::H6,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(text: &str) -> String {
        html(pulldown_cmark::Parser::new(text).collect())
    }

    #[test]
    fn nothing_but_prose_gets_through() {
        for hostile in [
            "<script>alert(1)</script>",
            "a <img src=x onerror=alert(1)> b",
            "[x](javascript:alert(1))",
            "[x](JaVaScRiPt:alert(1) \"t\")",
            "[x](data:text/html,<script>alert(1)</script>)",
            "![x](https://example.org/a.png)",
            "[<img src=x onerror=alert(1)>](https://example.org/)",
            "<https://example.org/\"onmouseover=alert(1)>",
            "```\"><script>alert(1)</script>\nx\n```",
            "# a {#id onclick=alert(1)}",
            "`<b>`",
            "<a href='x' onclick='alert(1)'>x</a>",
            "<style>*{display:none}</style>",
            "&lt;script&gt;alert(1)&lt;/script&gt;",
        ] {
            let made = page(hostile);
            for tag in made.split('<').skip(1) {
                let name: String = tag
                    .trim_start_matches('/')
                    .chars()
                    .take_while(char::is_ascii_alphanumeric)
                    .collect();
                let known = ["p", "a", "h3", "pre", "code", "em", "strong"];
                assert!(known.contains(&name.as_str()), "{hostile}: {made}");
                let attributes = tag.split('>').next().unwrap_or_default();
                let is_plain = !attributes.contains('=') || attributes.starts_with("a href=\"http");
                assert!(is_plain && !attributes.contains(" on"), "{hostile}: {made}");
            }
        }
    }

    #[test]
    fn prose_is_prose() {
        assert_eq!(inline("`a < b` is *so*"), "<code>a &lt; b</code> is <em>so</em>");
        assert_eq!(page("## A\n\n- b\n"), "<h3>A</h3>\n<ul>\n<li>b</li>\n</ul>\n");
        assert_eq!(inline("[a](https://b.org)"), "<a href=\"https://b.org\">a</a>");
    }
}
