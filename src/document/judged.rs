//! What a claim, or a scenario, comes to: one judge for the page and for the blocks of documents.

/// What a claim, or a scenario, comes to. The worst is the least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Found false.
    Broken,
    /// Nobody could tell.
    Undecided,
    /// Proven but for exceptions, each with its reason.
    Excepted,
    /// Proven.
    Proven,
    /// Nobody asked.
    NotAsked,
    /// No scenario speaks of it.
    NoScenario,
}

/// How a scenario ended by one truth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// It passed.
    Passed {
        /// With exceptions to a sentence of it.
        excepted: bool,
    },
    /// It failed.
    Failed {
        /// Something was found false. What ended by a defect of ours says nothing of the stack.
        found: bool,
    },
    /// Nobody could tell.
    Open,
}

impl State {
    /// All of them, the good one first.
    pub const ALL: [Self; 6] = [
        Self::Proven,
        Self::Broken,
        Self::Undecided,
        Self::Excepted,
        Self::NotAsked,
        Self::NoScenario,
    ];

    /// What a scenario comes to by how it ended.
    #[must_use]
    pub const fn of(ended: Ended) -> Self {
        match ended {
            Ended::Failed { found: true } => Self::Broken,
            Ended::Failed { found: false } | Ended::Open => Self::Undecided,
            Ended::Passed { excepted: true } => Self::Excepted,
            Ended::Passed { excepted: false } => Self::Proven,
        }
    }

    /// Its sign.
    #[must_use]
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Proven => "✓",
            Self::Broken => "✗",
            Self::Undecided => "?",
            Self::Excepted => "⚑",
            Self::NotAsked | Self::NoScenario => "–",
        }
    }

    /// Its word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Proven => "proven",
            Self::Broken => "broken",
            Self::Undecided => "undecided",
            Self::Excepted => "excepted",
            Self::NotAsked => "not asked",
            Self::NoScenario => "no scenario",
        }
    }

    /// Its name without blanks, for styles.
    #[must_use]
    pub const fn class(self) -> &'static str {
        match self {
            Self::NotAsked => "unasked",
            Self::NoScenario => "none",
            other => other.word(),
        }
    }
}

/// The worst of some states; without any, no scenario.
pub fn worst(states: impl Iterator<Item = State>) -> State {
    states.min().unwrap_or(State::NoScenario)
}
