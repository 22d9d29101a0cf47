//! Bytes of a frame that has not come whole yet.

/// Collects the beginning of a frame over as many pieces as it comes in.
#[derive(Debug, Default)]
pub(crate) struct PartialFrame(Vec<u8>);

impl PartialFrame {
    /// Takes from `input`, which is moved past what was taken, until there are `wanted` bytes. Whether there are.
    pub(crate) fn fill(&mut self, input: &mut &[u8], wanted: usize) -> bool {
        let missing = wanted.saturating_sub(self.0.len()).min(input.len());
        let (bytes, rest) = input.split_at(missing);
        self.0.extend_from_slice(bytes);
        *input = rest;
        self.0.len() >= wanted
    }

    /// The bytes so far.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Hands the bytes out, to begin the next frame.
    pub(crate) fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.0)
    }

    /// Drops the bytes, to begin the next frame in the same buffer.
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }
}
