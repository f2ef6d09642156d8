//! TypeScript types of everything that goes in and out. Written by hand: they are the contract,
//! and say what a reader needs; `op`, `condition` and `model` are the engine's own and stay opaque.

use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(typescript_custom_section)]
const REQUEST: &str = r#"
/** What a user asks. Every field but `schema` and `change` has a default. */
export interface Request {
  /** `postgres:12` to `postgres:18`; `postgres:15` by default. */
  engine?: string;
  /** The schema as it is: a `pg_dump --schema-only`, or written by hand. */
  schema: string;
  /** The SQL somebody was about to run, or the schema as it should be. */
  change: { statements: string } | { target: string };
  /** Size and traffic by table name. */
  tables?: Record<string, TableFacts>;
  deploy?: { model?: "rolling" | "blue-green" | "canary" | "stop-the-world"; instances?: number; old_and_new_together?: boolean; sync?: "triggers" | "dual-writes" };
  constraints?: {
    downtime_s?: number;
    lock_wait_ms?: number;
    replica_lag_s?: number;
    backup?: "none" | "logical-dump" | "snapshot" | "pitr";
    restore_minutes?: number;
    /** Between the app and the server; `none` by default. */
    pgbouncer?: "none" | "session" | "transaction";
    /** Physical replicas. */
    replicas?: number;
    /** Who else reads, beside the app's releases. */
    consumers?: ("cdc" | "logical-replica" | "bi")[];
  };
  /** The app's own statements; each is looked up in the schema at every step. */
  queries?: Query[];
}

/** A statement of the app. */
export interface Query {
  name?: string;
  /** Which release runs it; either by default. */
  release?: "old" | "new" | "both";
  /** With placeholders of any driver: `$1`, `?`, `%s`, `:name`, `@name`. */
  sql: string;
  calls?: number;
  /** Schemas for names without one; `["public"]` by default. */
  search_path?: string[];
}

export interface TableFacts {
  rows?: number;
  /** Heap size; 0 for rows × 200. */
  bytes?: number;
  reads_per_s?: number;
  writes_per_s?: number;
  longest_transaction_s?: number;
  /** Percent, 10 to 100; 100 by default. */
  fillfactor?: number;
  dead_rows?: number;
}

/** What came of a request. */
export interface Planned {
  /** `null` where an error stands in the diagnostics. */
  plan: Plan | null;
  diagnostics: Diagnostic[];
}

export interface Diagnostic {
  severity: "error" | "warning";
  code: string;
  /** Which text the span points into. */
  source: "schema" | "change" | "request";
  /** Byte range (UTF-8) in it. */
  span: [from: number, to: number];
  message: string;
  help: string;
}
"#;

#[wasm_bindgen(typescript_custom_section)]
const PLAN: &str = r#"
/** A plan, format `concertina.plan/1`: the same as the command's JSON. */
export interface Plan {
  format: "concertina.plan/1";
  engine: string;
  title: string;
  source_schema_hash: string;
  releases: Release[];
  phases: Phase[];
  point_of_no_return: { step: string | null; why: string; recovery: string[] };
  backfills: { step: string; backfill: object; batching: string; throttle: string; idempotency: string; dead_rows: string; progress: string }[];
  validation: { step: string; name: string; sql: string; expect: string }[];
  /** What the change as asked would have done. */
  hazards: { code: string; span: [from: number, to: number]; message: string; fix: string }[];
  /** Ways to carry out each change that has more than one; left out where none has. */
  strategies?: Strategy[];
  /** Rules that the request makes impossible; left out where it makes none so. */
  impossible?: { rule: number; says: string; why: string; instead: string; needs: string }[];
  questions: { code: string; question: string; default: string; answer_with: string }[];
  not_analysed: { source: "schema" | "change" | "request"; span: [from: number, to: number]; sql: string; note: string }[];
  assumptions: string[];
  /** What becomes of the app's own statements; left out where the request gave none. */
  queries?: QueryReport[];
  model: object;
}

export interface QueryReport {
  name: string;
  release: string;
  sql: string;
  calls?: number;
  /** Columns, `schema.table.column`. */
  reads: string[];
  writes: string[];
  /** The last step during which its release runs. */
  until: string;
  /** From one moment on until the next; `step` is `null` before the first step. */
  moments: { step: string | null; verdict: QueryVerdict }[];
}

export type QueryVerdict =
  | { verdict: "works" }
  | { verdict: "fails"; sqlstate: string; message: string; when: "prepare" | "plan" | "run" }
  | { verdict: "drifts"; note: string }
  | { verdict: "not_analysed"; reason: string };

export interface Release {
  id: string;
  title: string;
  reads: string[];
  writes: string[];
  change: string;
  labels?: { ty: string; label: string }[];
  keeps: object[];
}

export interface Phase {
  number: number;
  kind: "prepare" | "expand" | "migrate" | "verify" | "cutover" | "contract";
  title: string;
  steps: Step[];
}

export interface Step {
  id: string;
  kind: "ddl" | "backfill" | "deploy" | "gate" | "backup";
  operation: string;
  script: Statement[];
  /** For the operator's shell. */
  commands: string[];
  rollback: { script: Statement[]; app: string; loses: string };
  locks: Lock[];
  /** No request waits longer than the lock budget. */
  online: boolean;
  alternative: string;
  app_state: string[];
  checks: { name: string; sql: string; expect: string; condition: object }[];
  destructive: boolean;
  estimate: Estimate;
  why: string;
  /** From none: started beside what runs; to none: stopped. */
  deploy: { from: string | null; to: string | null; canary?: true } | null;
}

/** Ranges: from, to. */
export interface Estimate {
  seconds: [number, number];
  wal_bytes: [number, number];
  disk_bytes: [number, number];
  /** How far replicas fall behind. */
  lag_seconds: [number, number];
}

export interface Strategy {
  change: string;
  name: string;
  how: string;
  /** Whether the request allows it. */
  fits: boolean;
  /** `false`: only costed. */
  planned: boolean;
  chosen: boolean;
  /** Why it won, or why it lost. */
  verdict: string;
  cost: { work: Estimate; blocked_seconds: [number, number]; downtime_seconds: [number, number]; releases: number };
}

/** Consecutive statements with the same `transaction` share one BEGIN and COMMIT. */
export interface Statement {
  sql: string;
  transaction: string | null;
  op: object;
}

export interface Lock {
  relation: string;
  mode: string;
  blocks: ("read" | "write")[];
  held: "instant" | "scan" | "build" | "rewrite";
}
"#;

#[wasm_bindgen(typescript_custom_section)]
const SIMULATION: &str = r#"
/** Within what a search is complete, and how big a run's world is. */
export interface Bounds {
  /** App instances, 1 to 6; 2 by default. */
  instances?: number;
  /** Rows in each table, 1 to 4; 2 by default. */
  rows?: number;
  /** Faults in one run, 0 to 4; 1 by default. */
  faults?: number;
  /** States after which a search gives up. */
  states?: number;
  /** Whether gates and a backup are promised too; `false` for a change as asked. */
  procedure?: boolean;
  /** Whether states that make no difference are left out; `false` to check that they make none. */
  reduced?: boolean;
}

export interface Progress {
  states: number;
  transitions: number;
  /** States found and not yet looked into. */
  frontier: number;
  depth: number;
  done: boolean;
}

export type Verdict =
  | { verdict: "verified"; states: number; transitions: number; depth: number; reached: string[]; notes: string[] }
  | ({ verdict: "refuted"; states: number; trace: Trace } & BrokenPromise)
  | { verdict: "bounds_exceeded"; states: number; reason: string };

export interface BrokenPromise {
  invariant: string;
  statement: string;
  detail: string;
}

/** A run: moments in order, the first being the start. */
export interface Trace {
  moments: Moment[];
}

export interface Moment {
  action: string;
  actor: string;
  detail: string;
  fault: boolean;
  broken: BrokenPromise | null;
  /** The state after it. */
  frame: Frame;
}

export interface Frame {
  step: string | null;
  runner: string;
  instances: { name: string; release: string; note: string }[];
  tables: {
    name: string;
    columns: { name: string; ty: string; not_null: boolean }[];
    rows: string[][];
    notes: string[];
  }[];
  notes: string[];
}

/** What a rollback from right after each step keeps. */
export interface WayBack {
  steps: ({ step: string; operation: string } & (
    | { back: "reversible" }
    | { back: "with_loss"; losses: { wrote: string; lost: string }[] }
    | { back: "irreversible" | "unreached"; why: string }
  ))[];
  /** Points of no return, ids of steps. */
  declared: string | null;
  computed: string | null;
}

/** What each release can do, from each step on. */
export interface Matrix {
  /** In which states it was found. */
  states: string;
  releases: string[];
  rows: { step: string | null; operation: string; running: string[]; cells: Cell[] }[];
}

export type Cell = {
  release: string;
  does: "read" | "insert" | "update" | "delete";
  /** Statements tried, and those that did not work. */
  tried: number;
  failed: number;
  /** How the worst state is reached. */
  way: string[];
} & (
  | { outcome: "unused" | "works" }
  | { outcome: "fails"; sqlstate: string; why: string }
  | { outcome: "wrong"; why: string }
);

/** How each fault ends. */
export interface Endings {
  rows: {
    step: string;
    operation: string;
    cells: {
      fault: "none" | "crash_before" | "crash_after" | "build_fails" | "abort_deploy" | "crash_back";
      goes_on: boolean;
      /** `null` where the plan promises no way back. */
      rolls_back: boolean | null;
      tried: number;
      way: string[];
    }[];
  }[];
}

/** To break a plan with. */
export type Edit =
  | { edit: "remove" | "up" | "down" | "merge"; step: string }
  | { edit: "swap"; a: string; b: string }
  | { edit: "move"; step: string; before: string | null }
  | { edit: "insert"; before: string | null; sql: string };

/** What was proved of which plan. */
export interface Certificate {
  format: "concertina.certificate/1";
  version: string;
  title: string;
  /** SHA-256 of the plan. */
  plan: string;
  engine: string;
  facts: string;
  bounds: Required<Bounds>;
  verdict: "verified" | "refuted" | "bounds_exceeded";
  states: number;
  transitions: number;
  depth: number;
  reason: string;
  notes: string[];
}

export interface Choice {
  label: string;
  actor: string;
  fault: boolean;
}
"#;
