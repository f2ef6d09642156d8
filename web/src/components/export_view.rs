//! The plan to take away: Markdown, JSON, SQL files.

use std::rc::Rc;

use web::protocol::Answer;
use yew::prelude::*;

use super::copy_button::CopyButton;
use crate::browser;

#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    /// What came with the plan.
    pub(crate) answer: Rc<Answer>,
}

/// The page.
#[component]
pub(crate) fn ExportView(props: &Props) -> Html {
    let answer = &props.answer;
    let save = |name: &'static str, kind: &'static str, text: fn(&Answer) -> String| {
        let answer = answer.clone();
        Callback::from(move |_: MouseEvent| browser::download(name, kind, &text(&answer)))
    };
    let markdown = save("plan.md", "text/markdown", |answer| answer.markdown.clone());
    let json = save("plan.json", "application/json", |answer| answer.json.clone());
    let runbook = save("runbook.sql", "application/sql", runbook);
    html! {
        <div class="export" data-testid="export">
            <div class="buttons">
                <button type="button" data-testid="download-markdown" onclick={markdown}>{ "Download Markdown" }</button>
                <button type="button" data-testid="download-json" onclick={json}>{ "Download JSON" }</button>
                <button type="button" data-testid="download-sql" onclick={runbook}>{ "Download SQL runbook" }</button>
            </div>
            { files(answer) }
            <figure class="listing">
                <figcaption>
                    { "Markdown" }
                    <CopyButton text={answer.markdown.clone()} what="the Markdown" testid="copy-markdown" />
                </figcaption>
                <pre data-testid="markdown"><code>{ &answer.markdown }</code></pre>
            </figure>
        </div>
    }
}

/// The files of the runbook, one after the other, each under its name.
fn runbook(answer: &Answer) -> String {
    let parts: Vec<String> = answer
        .sql
        .iter()
        .map(|(name, text)| format!("-- file: {name}\n{}", text.trim_end()))
        .collect();
    parts.join("\n\n") + "\n"
}

fn files(answer: &Answer) -> Html {
    if answer.sql.is_empty() {
        return html! {};
    }
    html! {
        <details>
            <summary>{ "SQL files, one by one" }</summary>
            <ul class="files">
                { for answer.sql.iter().map(|(name, text)| {
                    let (file, text_) = (name.clone(), text.clone());
                    // The folder is kept in the name: a download has none.
                    let onclick = Callback::from(move |_: MouseEvent| {
                        browser::download(&file.replace('/', "-"), "application/sql", &text_);
                    });
                    html! {
                        <li>
                            <code>{ name }</code>
                            <button type="button" class="small" {onclick} aria-label={format!("Download {name}")}>{ "Download" }</button>
                            <CopyButton text={text.clone()} what={name.clone()} />
                        </li>
                    }
                }) }
            </ul>
        </details>
    }
}
