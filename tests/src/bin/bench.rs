//! The quality figures of the design, measured and printed. Judges nothing and never fails: what a
//! figure should be depends on the machine, so ratios to a yardstick are printed beside it.
#![expect(clippy::print_stdout, reason = "printing is what it is for")]

use std::time::{Duration, Instant};

use planner::request::{Change, Request};
use simulator::{Bounds, Progress, Search, Verdict};
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::tokenizer::Tokenizer;

/// Lines of the dump that is planned on.
const N_LINES: usize = 15_000;
const N_RUNS: usize = 9;

fn main() {
    plan_of_a_long_dump();
    proofs();
}

fn plan_of_a_long_dump() {
    let schema = dump(N_LINES);
    let request = Request {
        schema: schema.clone(),
        change: Change::Statements(
            "ALTER TABLE public.t7 RENAME COLUMN note TO remark;".to_owned(),
        ),
        ..Request::default()
    };
    let planned = planner::plan(&request);
    let n_steps = planned.plan.as_ref().map_or(0, |plan| plan.steps().count());
    let plan = median(|| drop(planner::plan(&request)));
    let tokens = median(|| {
        let tokens = Tokenizer::new(&PostgreSqlDialect {}, &schema).tokenize();
        drop(std::hint::black_box(tokens));
    });
    println!(
        "plan from {} lines, {} KB: {:.1} ms ({n_steps} steps; {:.2} times tokenising it, {:.1} ms)",
        schema.lines().count(),
        schema.len() / 1000,
        millis(plan),
        plan.as_secs_f64() / tokens.as_secs_f64(),
        millis(tokens)
    );
}

/// Proof speed on the requests of the case files.
fn proofs() {
    let (mut all, mut slow) = (0, Vec::new());
    for (name, plan) in tests::plans::all() {
        let bounds =
            Bounds { instances: 3, rows: 3, faults: 2, states: 20_000_000, ..Bounds::default() };
        let started = Instant::now();
        let Ok(mut search) = Search::new(&plan, &bounds) else { continue };
        let Progress { states, transitions, .. } = loop {
            let progress = search.advance(1_000_000);
            if progress.done {
                break progress;
            }
        };
        let seconds = started.elapsed().as_secs_f64();
        let verdict = match search.verdict() {
            Some(Verdict::Verified { .. }) => "verified",
            Some(Verdict::Refuted(_)) => "refuted",
            Some(Verdict::BoundsExceeded { .. }) | None => "bounds exceeded",
        };
        println!(
            "proof of {name}: {verdict}, {seconds:.2} s, {states} states, {transitions} transitions, {:.2} M transitions/s",
            whole(transitions) / seconds / 1e6
        );
        all += 1;
        if seconds > 0.5 {
            slow.push(name);
        }
    }
    println!("{} of {all} proofs take more than 0.5 s: {}", slow.len(), slow.join(", "));
}

#[expect(clippy::cast_precision_loss, reason = "a figure for people")]
fn whole(n: u64) -> f64 {
    n as f64
}

fn median(work: impl Fn()) -> Duration {
    let mut times: Vec<Duration> = (0..N_RUNS)
        .map(|_| {
            let started = Instant::now();
            work();
            started.elapsed()
        })
        .collect();
    times.sort();
    times[N_RUNS / 2]
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// A schema as `pg_dump` prints one, of about so many lines.
fn dump(n_lines: usize) -> String {
    let mut text = "SET client_encoding = 'UTF8';\nSELECT pg_catalog.set_config('search_path', '', false);\n\n".to_owned();
    let mut n = 0;
    while text.lines().count() < n_lines {
        for _ in 0..40 {
            text += &table(n);
            n += 1;
        }
    }
    text
}

fn table(n: usize) -> String {
    let mut text = format!(
        "--\n-- Name: t{n}; Type: TABLE; Schema: public; Owner: app\n--\n\n\
         CREATE TABLE public.t{n} (\n    id bigint NOT NULL,\n    parent_id bigint,\n    \
         note character varying(80) DEFAULT ''::character varying NOT NULL,\n    amount numeric(12,2),\n    \
         created_at timestamp with time zone DEFAULT now() NOT NULL,\n    \
         CONSTRAINT t{n}_amount_check CHECK ((amount >= (0)::numeric))\n);\n\n\n\
         ALTER TABLE public.t{n} OWNER TO app;\n\n\
         CREATE SEQUENCE public.t{n}_id_seq\n    START WITH 1\n    INCREMENT BY 1\n    NO MINVALUE\n    NO MAXVALUE\n    CACHE 1;\n\n\n\
         ALTER SEQUENCE public.t{n}_id_seq OWNED BY public.t{n}.id;\n\n\
         ALTER TABLE ONLY public.t{n} ALTER COLUMN id SET DEFAULT nextval('public.t{n}_id_seq'::regclass);\n\n\
         ALTER TABLE ONLY public.t{n}\n    ADD CONSTRAINT t{n}_pkey PRIMARY KEY (id);\n\n\
         CREATE INDEX t{n}_parent_id_idx ON public.t{n} USING btree (parent_id);\n\n"
    );
    if n > 0 {
        text += &format!(
            "ALTER TABLE ONLY public.t{n}\n    ADD CONSTRAINT t{n}_parent_id_fkey FOREIGN KEY (parent_id) REFERENCES public.t{}(id);\n\n",
            n - 1
        );
    }
    if n.is_multiple_of(5) {
        text += &format!(
            "CREATE VIEW public.v{n} AS\n SELECT t.id,\n    t.note\n   FROM public.t{n} t\n  WHERE (t.amount > (0)::numeric);\n\n"
        );
    }
    if n.is_multiple_of(10) {
        text += &format!(
            "CREATE FUNCTION public.f{n}() RETURNS trigger\n    LANGUAGE plpgsql\n    AS $$\nBEGIN\n    NEW.created_at := now();\n    RETURN NEW;\nEND\n$$;\n\n\
            CREATE TRIGGER touch BEFORE UPDATE ON public.t{n} FOR EACH ROW EXECUTE FUNCTION public.f{n}();\n\n"
        );
    }
    text
}
