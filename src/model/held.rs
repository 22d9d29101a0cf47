//! Bytes of a frame that has not come whole yet.

/// Collects the beginning of a frame over as many pieces as it comes in.
#[derive(Debug, Default)]
pub struct Held(Vec<u8>);

impl Held {
    /// Takes from `input`, which is moved past what was taken, until there are `wanted` bytes. Whether there are.
    pub fn fill(&mut self, input: &mut &[u8], wanted: usize) -> bool {
        let missing = wanted.saturating_sub(self.0.len()).min(input.len());
        let (bytes, rest) = input.split_at(missing);
        self.0.extend_from_slice(bytes);
        *input = rest;
        self.0.len() >= wanted
    }

    /// What there is.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The same, and the next frame begins.
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.0)
    }

    /// The next frame begins; the room is kept.
    pub fn clear(&mut self) {
        self.0.clear();
    }
}
