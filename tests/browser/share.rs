//! Links and what is kept: the same page again, elsewhere and later.

use tests::browser::Result;
use tests::browser::driver::Page;

/// Made by the first version that made links, and never to be changed: a run of the plan for a
/// rename in which an instance was lost, looked at one moment before its end.
const OLD: &str = "d1.tVRtb9MwEP4rlj9tUpjaMaZRPoXNQxVdB10qVK0ocpNrZurYwXYIpep_5y7pOtAYSEjzl8T38txz91yy4Q6-1uADH2w4mEIZ4ANeWR8KB37Qf8Uj7rM7KCWazyciTgRL4rcjwbLaB1uC8-xgbhgelbP9WShECuydGIsJplywePQpnt2w-IYNL8Q4GSYz9mEyvIonM_ZezKIOwcgS7hECfA9sfJ2w8XQ02vmRhdJ_8rPpePhxKnZhmQMZIE9lwDBVYnOyrMKPh-gLcRlPRwkztjk4nJvDN3MzN781Z13-RGf_2dr9tFLC2kHs-UzEpZiI8bm4-XWqKj_cJQcbpE4zMME_Su7oo0rZnTQFkIzYb4CSolGzeJSIySPJsFp8Jdj59Wh6Ne7mnlyzZa11ShdC3EY8yIUGT5BVvdAqO9oDkM3ZBp_HJ732RHyxDhSMbzj_3KcVdov3_hk5G6fQu7cdo0lb5OtDGpw0XmZBWUO-s4gvldZLtFiHoZSdI2Da1eshrx2bTqQHKv3T3j-4vH5MBfk_SYVY_p3Llu6VtmtiUdocNI7cWa2VKVATZVALkxGVk4hbjTtp8tRAkwZbQLgDBA2uBvzG1ibD1OBUUVBTCJxZzHZStTpueG4bQ9ucdn1pm63SRqqQli3TXttrhXORqZZFO2UahMxWdYXI2hbo0i_yuqw4haKSDtJSmbod1SkGV8XC1kgXWXFj8U-wh-xqEqO6k__287ZbEPpbaLmm0NoQz6WzJT0bqVftNtaLL5CFLo4W1QPkSC7CeX2jyrfck5VHG05RpSqcJAUGTFsPninceqxsoNWFKcN8gIodH_UjtoAldsFwkmy_9SzIFabBcklltwTdkpWI_hJvUuXPUGb7Ew";

/// The link that the page makes of what it shows.
fn link(page: &Page) -> Result<String> {
    page.click("share")?;
    page.wait_for("link")?;
    page.value("link")
}

fn same(link: &str, now: &str, schema: &str) -> Result<()> {
    let other = Page::open(link)?;
    other.wait_until("now", |text| text == now)?;
    let there = other.value("schema")?;
    if there != schema {
        return Err(format!("the schema is `{there}` there").into());
    }
    let errors = other.console_errors()?;
    if errors.is_empty() { Ok(()) } else { Err(errors.join("\n").into()) }
}

/// Steps, a failure, a step back.
fn run(page: &Page) -> Result<String> {
    let failed = super::failed(page)?;
    page.click("step")?;
    page.wait_until("now", |text| text != failed)?;
    page.click("back")?;
    page.wait_until("now", |text| text == failed)?;
    Ok(failed)
}

pub(super) fn a_run(page: &Page) -> Result<()> {
    page.wait_for("plan-table")?;
    page.write("schema", "CREATE TABLE users (id bigint PRIMARY KEY, name text);")?;
    page.write("change", "ALTER TABLE users RENAME COLUMN name TO full_name;")?;
    page.wait_until("plan", |text| text.contains("public.users"))?;
    let now = run(page)?;
    let schema = page.value("schema")?;
    same(&link(page)?, &now, &schema)
}

pub(super) fn a_counterexample(page: &Page) -> Result<()> {
    page.wait_for("plan-table")?;
    page.click("tab-proof")?;
    page.click("prove-as-asked")?;
    page.click("watch")?;
    page.wait_for("now")?;
    let start = page.text("now")?;
    page.click("step")?;
    page.wait_until("now", |text| text != start)?;
    let now = page.text("now")?;
    let schema = page.value("schema")?;
    same(&link(page)?, &now, &schema)
}

/// The settings of the run under traffic, too.
pub(super) fn a_setting(page: &Page) -> Result<()> {
    page.wait_for("plan-table")?;
    page.click("tab-traffic")?;
    page.write("timed-connections", "40")?;
    page.press(&[Page::TAB])?;
    let other = Page::open(&link(page)?)?;
    other.wait_for("traffic")?;
    other.wait_for_true(
        "return document.querySelector('[data-testid=timed-connections]').value === '40'",
    )
}

pub(super) fn an_old_link(page: &Page) -> Result<()> {
    page.wait_for("plan-table")?;
    page.go_to(OLD)?;
    page.wait_until("now", |text| text.contains("loses its connection in step 2.1"))?;
    if !page.value("schema")?.contains("CREATE TABLE customers") {
        return Err("another schema".into());
    }
    Ok(())
}

pub(super) fn a_broken_link(page: &Page) -> Result<()> {
    page.wait_for("plan-table")?;
    let typed = "CREATE TABLE typed (id bigint PRIMARY KEY, name text);";
    page.write("schema", typed)?;
    page.go_to(&OLD[..OLD.len() / 2])?;
    page.wait_until("link-error", |text| text.contains("cut off"))?;
    page.go_to("d9.AAAA")?;
    page.wait_until("link-error", |text| text.contains("newer page"))?;
    page.reload()?;
    if page.value("schema")? != typed {
        return Err("what was typed is lost".into());
    }
    Ok(())
}

pub(super) fn reload(page: &Page) -> Result<()> {
    let now = run(page)?;
    page.reload()?;
    page.wait_until("now", |text| text == now)?;
    page.click("tab-proof")?;
    page.click("edit-and-break")?;
    page.click("remove-2.1")?;
    page.wait_until("verdict", |text| text.to_lowercase().contains("refuted"))?;
    // Typed, and left before it was planned.
    let typed = "ALTER TABLE customers ADD COLUMN shoe_size integer;";
    page.write("change", typed)?;
    page.reload()?;
    page.click("tab-plan")?;
    page.wait_until("plan", |text| text.contains("shoe_size"))?;
    if page.value("change")? != typed {
        return Err("what was typed is lost".into());
    }
    Ok(())
}
