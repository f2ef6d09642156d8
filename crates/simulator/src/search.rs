//! Breadth-first search over every state that an initial one leads to: whole states compared, each
//! kept once, shortest path by parent links, resumable in slices. Knows nothing of migrations;
//! closures say what comes next. A toy two-phase commit tests it against published figures.

use std::hash::{BuildHasher, BuildHasherDefault, Hash, Hasher};

use hashbrown::HashTable;

/// Multiply-rotate over words: fast, and the same on every machine. Only spreads; equality decides.
#[derive(Clone, Copy, Default)]
pub(crate) struct Spread(u64);

impl Hasher for Spread {
    fn finish(&self) -> u64 {
        // The table takes its place from the low bits, which a product mixes least.
        self.0 ^ (self.0 >> 32)
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

    fn write_u32(&mut self, n: u32) {
        self.write_u64(u64::from(n));
    }

    fn write_u64(&mut self, n: u64) {
        self.0 = (self.0.rotate_left(23) ^ n).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn write_usize(&mut self, n: usize) {
        self.write_u64(n as u64);
    }
}

/// Gives equal things equal numbers, in the order they are met; each is kept once.
pub(crate) struct Numbers<T> {
    things: Vec<T>,
    /// Numbers, found by the hash of what they stand for.
    table: HashTable<u32>,
}

fn spread<T: Hash>(thing: &T) -> u64 {
    BuildHasherDefault::<Spread>::default().hash_one(thing)
}

impl<T: Eq + Hash> Numbers<T> {
    pub(crate) fn new() -> Self {
        Self { things: Vec::new(), table: HashTable::new() }
    }

    /// The thing's number, and whether it is new. Past 2³² there is none: a search is bounded long
    /// before.
    pub(crate) fn number(&mut self, thing: T) -> (u32, bool) {
        let Self { things, table } = self;
        let hash = spread(&thing);
        if let Some(&known) = table.find(hash, |&number| things[number as usize] == thing) {
            return (known, false);
        }
        let number = u32::try_from(things.len()).unwrap_or(u32::MAX);
        table.insert_unique(hash, number, |&other| spread(&things[other as usize]));
        things.push(thing);
        (number, true)
    }

    /// The number of a thing that has one.
    fn find(&self, thing: &T) -> Option<u32> {
        let Self { things, table } = self;
        table.find(spread(thing), |&number| things[number as usize] == *thing).copied()
    }

    /// The thing of a number that `number` gave.
    pub(crate) fn get(&self, number: u32) -> &T {
        &self.things[number as usize]
    }

    pub(crate) fn all(&self) -> &[T] {
        &self.things
    }
}

/// A step from one state to another, as far as the search minds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Edge {
    /// A fault: nothing counts on it to get on.
    Fault,
    /// Remembered, to tell later from where an end can be reached.
    Kept,
    /// Asked for again where the remembered ones do not lead to an end.
    Forgotten,
}

/// States found so far, each with how it was reached first.
pub(crate) struct Graph<S> {
    states: Numbers<S>,
    /// The state before each on the shortest way; an initial one stands before itself.
    parents: Vec<u32>,
    /// First state of each distance from the start.
    levels: Vec<u32>,
    edges: Vec<(u32, u32)>,
    next: u32,
    /// Distance of the state that was taken last.
    depth: u32,
    transitions: u64,
}

impl<S: Clone + Eq + Hash> Graph<S> {
    /// A graph of initial states.
    pub(crate) fn new(initial: Vec<S>) -> Self {
        let mut graph = Self {
            states: Numbers::new(),
            parents: Vec::new(),
            levels: vec![0],
            edges: Vec::new(),
            next: 0,
            depth: 0,
            transitions: 0,
        };
        for state in initial {
            let (number, is_new) = graph.states.number(state);
            if is_new {
                graph.parents.push(number);
            }
        }
        graph
    }

    /// The next state to look into, in order of distance; `None` when all have been.
    pub(crate) fn take(&mut self) -> Option<(u32, S)> {
        let state = self.states.all().get(self.next as usize)?.clone();
        let number = self.next;
        self.next += 1;
        if self.levels.get(self.depth as usize + 1) == Some(&number) {
            self.depth += 1;
        }
        Some((number, state))
    }

    /// One more transition, from the taken state.
    pub(crate) fn reach(&mut self, from: u32, to: S, edge: Edge) -> (u32, bool) {
        self.transitions += 1;
        let (number, is_new) = self.states.number(to);
        if is_new {
            self.parents.push(from);
            if self.levels.len() == self.depth as usize + 1 {
                self.levels.push(number);
            }
        }
        if edge == Edge::Kept {
            self.edges.push((from, number));
        }
        (number, is_new)
    }

    /// The shortest way to a state, from the first one to itself.
    pub(crate) fn path(&self, to: u32) -> Vec<S> {
        let mut way = vec![self.states.get(to).clone()];
        let mut at = to;
        while self.parents[at as usize] != at {
            at = self.parents[at as usize];
            way.push(self.states.get(at).clone());
        }
        way.reverse();
        way
    }

    pub(crate) fn all(&self) -> &[S] {
        self.states.all()
    }

    pub(crate) fn states(&self) -> usize {
        self.states.all().len()
    }

    pub(crate) fn transitions(&self) -> u64 {
        self.transitions
    }

    pub(crate) fn frontier(&self) -> usize {
        self.states() - self.next as usize
    }

    pub(crate) fn depth(&self) -> u32 {
        self.depth
    }

    /// On the finished graph: the first state from which no end can be reached without a fault. What
    /// the kept edges leave open, `more` answers: the states that a state leads to.
    pub(crate) fn first_stuck<E>(
        &self,
        is_end: impl Fn(&S) -> bool,
        mut more: impl FnMut(&S) -> Result<Vec<S>, E>,
    ) -> Result<Option<u32>, E> {
        let mut ends: Vec<bool> = self.all().iter().map(&is_end).collect();
        spread_back(&mut ends, &self.edges);
        if ends.iter().all(|reached| *reached) {
            return Ok(None);
        }
        let mut edges = Vec::new();
        for (from, state) in (0..).zip(self.all()) {
            if !ends[from as usize] {
                let found = more(state)?;
                edges.extend(found.iter().filter_map(|to| Some((from, self.states.find(to)?))));
            }
        }
        spread_back(&mut ends, &edges);
        Ok(ends.iter().position(|reached| !reached).and_then(|i| u32::try_from(i).ok()))
    }
}

/// Marks every state from which a marked one can be reached over the edges.
fn spread_back(marked: &mut [bool], edges: &[(u32, u32)]) {
    let n = marked.len();
    let mut starts = vec![0_u32; n + 1];
    for &(_, to) in edges {
        starts[to as usize + 1] += 1;
    }
    for i in 0..n {
        starts[i + 1] += starts[i];
    }
    let mut fill = starts.clone();
    let mut sources = vec![0_u32; edges.len()];
    for &(from, to) in edges {
        sources[fill[to as usize] as usize] = from;
        fill[to as usize] += 1;
    }
    let mut open: Vec<usize> = (0..n).filter(|&i| marked[i]).collect();
    while let Some(at) = open.pop() {
        for &from in &sources[starts[at] as usize..starts[at + 1] as usize] {
            if !marked[from as usize] {
                marked[from as usize] = true;
                open.push(from as usize);
            }
        }
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
        let mut graph = Graph::new(vec![start]);
        while let Some((from, state)) = graph.take() {
            for next in successors(&state) {
                graph.reach(from, next, Edge::Forgotten);
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
