//! Breadth-first search over every state that an initial one leads to: whole states compared,
//! shortest path by parent links, resumable in slices. Knows nothing of migrations; closures say
//! what comes next. A toy two-phase commit tests it against published figures.

use std::hash::{BuildHasherDefault, Hash, Hasher};

/// Multiply-rotate over words: fast, and the same on every machine. Only spreads; equality decides.
#[derive(Clone, Copy, Default)]
pub(crate) struct Spread(u64);

impl Hasher for Spread {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.write_u64(u64::from_le_bytes(word));
        }
    }

    fn write_u8(&mut self, n: u8) {
        self.write_u64(u64::from(n));
    }

    fn write_u16(&mut self, n: u16) {
        self.write_u64(u64::from(n));
    }

    fn write_u64(&mut self, n: u64) {
        self.0 = (self.0.rotate_left(23) ^ n).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn write_usize(&mut self, n: usize) {
        self.write_u64(n as u64);
    }
}

#[expect(clippy::disallowed_types, reason = "looked up only, never iterated; the hasher is fixed")]
type Numbers<S> = std::collections::HashMap<S, u32, BuildHasherDefault<Spread>>;

/// States found so far, each with how it was reached first.
pub(crate) struct Graph<S, A> {
    numbers: Numbers<S>,
    states: Vec<S>,
    parents: Vec<Option<(u32, A)>>,
    depths: Vec<u32>,
    /// Edges that need no fault, to tell later from where an end can be reached.
    edges: Vec<(u32, u32)>,
    next: usize,
    transitions: u64,
}

impl<S: Clone + Eq + Hash, A: Copy> Graph<S, A> {
    /// A graph of initial states.
    pub(crate) fn new(initial: Vec<S>) -> Self {
        let mut graph = Self {
            numbers: Numbers::default(),
            states: Vec::new(),
            parents: Vec::new(),
            depths: Vec::new(),
            edges: Vec::new(),
            next: 0,
            transitions: 0,
        };
        for state in initial {
            let _number = graph.add(state, None);
        }
        graph
    }

    /// The state's number, new or known; whether it is new.
    fn add(&mut self, state: S, parent: Option<(u32, A)>) -> (u32, bool) {
        if let Some(&number) = self.numbers.get(&state) {
            return (number, false);
        }
        let number = u32::try_from(self.states.len()).unwrap_or(u32::MAX);
        let depth = parent.map_or(0, |(p, _)| self.depths[p as usize] + 1);
        self.numbers.insert(state.clone(), number);
        self.states.push(state);
        self.parents.push(parent);
        self.depths.push(depth);
        (number, true)
    }

    /// The next state to look into, in order of distance; `None` when all have been.
    pub(crate) fn take(&mut self) -> Option<(u32, S)> {
        let state = self.states.get(self.next)?.clone();
        let number = u32::try_from(self.next).ok()?;
        self.next += 1;
        Some((number, state))
    }

    /// One more transition, from a taken state.
    pub(crate) fn reach(&mut self, from: u32, action: A, to: S, is_fault: bool) -> (u32, bool) {
        self.transitions += 1;
        let (number, is_new) = self.add(to, Some((from, action)));
        if !is_fault {
            self.edges.push((from, number));
        }
        (number, is_new)
    }

    /// The shortest way to a state: the first state, then each action with the state after it.
    pub(crate) fn path(&self, to: u32) -> (S, Vec<(A, S)>) {
        let mut way = Vec::new();
        let mut at = to;
        while let Some((parent, action)) = self.parents[at as usize] {
            way.push((action, self.states[at as usize].clone()));
            at = parent;
        }
        way.reverse();
        (self.states[at as usize].clone(), way)
    }

    pub(crate) fn states(&self) -> usize {
        self.states.len()
    }

    pub(crate) fn transitions(&self) -> u64 {
        self.transitions
    }

    pub(crate) fn frontier(&self) -> usize {
        self.states.len() - self.next
    }

    pub(crate) fn depth(&self) -> u32 {
        self.depths.get(self.next.saturating_sub(1)).copied().unwrap_or(0)
    }

    /// On the finished graph: the first state from which no end can be reached without a fault.
    pub(crate) fn first_stuck(&self, is_end: impl Fn(&S) -> bool) -> Option<u32> {
        let n = self.states.len();
        let mut starts = vec![0_u32; n + 1];
        for &(_, to) in &self.edges {
            starts[to as usize + 1] += 1;
        }
        for i in 0..n {
            starts[i + 1] += starts[i];
        }
        let mut fill = starts.clone();
        let mut sources = vec![0_u32; self.edges.len()];
        for &(from, to) in &self.edges {
            sources[fill[to as usize] as usize] = from;
            fill[to as usize] += 1;
        }
        let mut ends: Vec<bool> = self.states.iter().map(&is_end).collect();
        let mut open: Vec<usize> = (0..n).filter(|&i| ends[i]).collect();
        while let Some(at) = open.pop() {
            for &from in &sources[starts[at] as usize..starts[at + 1] as usize] {
                if !ends[from as usize] {
                    ends[from as usize] = true;
                    open.push(from as usize);
                }
            }
        }
        ends.iter().position(|reached| !reached).and_then(|i| u32::try_from(i).ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two-phase commit as in Gray and Lamport's paper: resource managers prepare, a transaction
    /// manager decides, messages are never lost and never used up.
    #[derive(Clone, PartialEq, Eq, Hash)]
    struct Commit {
        rms: Vec<Rm>,
        tm: Tm,
        prepared: Vec<bool>,
        sent: Vec<bool>,
        decided: (bool, bool),
    }

    #[derive(Clone, Copy, PartialEq, Eq, Hash)]
    enum Rm {
        Working,
        Prepared,
        Committed,
        Aborted,
    }

    #[derive(Clone, Copy, PartialEq, Eq, Hash)]
    enum Tm {
        Init,
        Committed,
        Aborted,
    }

    fn successors(s: &Commit) -> Vec<Commit> {
        let n = s.rms.len();
        let mut next = Vec::new();
        let mut push = |f: &dyn Fn(&mut Commit)| {
            let mut t = s.clone();
            f(&mut t);
            next.push(t);
        };
        if s.tm == Tm::Init && s.prepared.iter().all(|p| *p) {
            push(&|t| (t.tm, t.decided.0) = (Tm::Committed, true));
        }
        if s.tm == Tm::Init {
            push(&|t| (t.tm, t.decided.1) = (Tm::Aborted, true));
        }
        for i in 0..n {
            if s.tm == Tm::Init && s.sent[i] {
                push(&|t| t.prepared[i] = true);
            }
            if s.rms[i] == Rm::Working {
                push(&|t| (t.rms[i], t.sent[i]) = (Rm::Prepared, true));
                push(&|t| t.rms[i] = Rm::Aborted);
            }
            if s.decided.0 {
                push(&|t| t.rms[i] = Rm::Committed);
            }
            if s.decided.1 {
                push(&|t| t.rms[i] = Rm::Aborted);
            }
        }
        next
    }

    fn count(n: usize) -> usize {
        let start = Commit {
            rms: vec![Rm::Working; n],
            tm: Tm::Init,
            prepared: vec![false; n],
            sent: vec![false; n],
            decided: (false, false),
        };
        let mut graph: Graph<Commit, u8> = Graph::new(vec![start]);
        while let Some((from, state)) = graph.take() {
            for next in successors(&state) {
                graph.reach(from, 0, next, false);
            }
        }
        graph.states()
    }

    #[test]
    fn two_phase_commit_has_the_published_number_of_states() {
        assert_eq!(count(3), 288);
        assert_eq!(count(5), 8_832);
    }
}
