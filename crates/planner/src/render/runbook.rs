//! The plan as files for psql: one a step, one for each rollback, and a README that says in which
//! order.

use crate::plan::{Check, Deploy, Plan, Rollback, Step};
use crate::render::{app_state, markdown, script_sql};

/// File names and their contents, in order.
pub fn sql(plan: &Plan) -> Vec<(String, String)> {
    let mut files = vec![("README.md".to_owned(), markdown(plan))];
    for (i, step) in plan.steps().enumerate() {
        let name = format!("{:02}_{}_{}", i + 1, step.id.replace('.', "-"), slug(&step.operation));
        files.push((format!("{name}.sql"), forward(step)));
        let Rollback { script, checks, app, .. } = &step.rollback;
        if !script.is_empty() || !checks.is_empty() {
            let mut text = header(step, "rollback of step");
            if !app.is_empty() {
                text += &format!("-- {app}\n");
            }
            text += "\n";
            text += &script_sql(script);
            text.extend(checks.iter().map(asked));
            files.push((format!("{name}.rollback.sql"), text));
        }
    }
    files
}

fn header(step: &Step, what: &str) -> String {
    format!(
        "-- {what} {}: {}\n-- app state: {}\n\\set ON_ERROR_STOP on\n",
        step.id,
        step.operation,
        app_state(step)
    )
}

fn forward(step: &Step) -> String {
    let mut text = header(step, "step");
    for command in &step.commands {
        text += &format!("-- in the shell: {command}\n");
    }
    if let Some(deploy) = &step.deploy {
        text += &format!("-- {}\n", deployed(deploy));
    }
    text += "\n";
    text += &script_sql(&step.script);
    text.extend(step.checks.iter().map(asked));
    text
}

fn asked(check: &Check) -> String {
    format!("\n-- {}: must give {}\n{};\n", check.name, check.expect, check.sql)
}

fn deployed(deploy: &Deploy) -> String {
    let where_ = if deploy.canary { "on one instance" } else { "everywhere" };
    match (&deploy.from, &deploy.to) {
        (Some(from), Some(to)) => format!("deploy {to} {where_} in place of {from}"),
        (Some(from), None) => format!("stop {from}"),
        (None, Some(to)) => format!("start {to}"),
        (None, None) => String::new(),
    }
}

fn slug(text: &str) -> String {
    let mut slug = String::new();
    for c in text.chars() {
        if c.is_ascii_alphanumeric() {
            slug.extend(c.to_lowercase());
        } else if !slug.ends_with('_') {
            slug.push('_');
        }
        if slug.len() >= 40 {
            break;
        }
    }
    slug.trim_matches('_').to_owned()
}
