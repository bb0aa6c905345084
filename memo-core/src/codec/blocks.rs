//! Where encoded bytes go: into a block, and block by block to whoever packs them.

/// There is more than the sink takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Overflow;

/// Takes full blocks.
pub(crate) trait BlockSink {
    /// Takes a block, which is never empty and never longer than the size that [`Blocks::new`] was given. The last one may be shorter than the others.
    fn take(&mut self, block: &[u8]) -> Result<(), Overflow>;
}

/// Keeps everything, whatever it is.
impl BlockSink for Vec<u8> {
    fn take(&mut self, block: &[u8]) -> Result<(), Overflow> {
        self.extend_from_slice(block);
        Ok(())
    }
}

/// Takes nothing.
pub(crate) struct Full;

impl BlockSink for Full {
    fn take(&mut self, _: &[u8]) -> Result<(), Overflow> {
        Err(Overflow)
    }
}

/// A buffer of one block in front of a [`BlockSink`], so that a codec writes byte by byte at the cost of a copy.
pub(crate) struct Blocks<'s> {
    block: Vec<u8>,
    size: usize,
    total: u64,
    overflowed: bool,
    sink: &'s mut dyn BlockSink,
}

impl<'s> Blocks<'s> {
    /// Blocks of `size` bytes. The buffer grows with the first block, so that small values cost little.
    pub(crate) fn new(size: usize, sink: &'s mut dyn BlockSink) -> Self {
        Self {
            block: Vec::new(),
            size,
            total: 0,
            overflowed: false,
            sink,
        }
    }

    /// One block of at most `most` bytes, which begins where `filled` ends: without a copy, for [`into_block`](Self::into_block).
    pub(crate) fn in_place(filled: Vec<u8>, most: usize, sink: &'s mut Full) -> Self {
        Self {
            block: filled,
            size: most,
            total: 0,
            overflowed: false,
            sink,
        }
    }

    /// The block that is being filled.
    pub(crate) fn into_block(self) -> Vec<u8> {
        self.block
    }

    /// Appends bytes.
    #[inline]
    pub(crate) fn put(&mut self, bytes: &[u8]) -> Result<(), Overflow> {
        if self.block.len() + bytes.len() <= self.size {
            self.block.extend_from_slice(bytes);
            return Ok(());
        }
        self.spill(bytes)
    }

    /// Appends a byte.
    #[inline]
    pub(crate) fn put_byte(&mut self, byte: u8) -> Result<(), Overflow> {
        if self.block.len() < self.size {
            self.block.push(byte);
            return Ok(());
        }
        self.spill(&[byte])
    }

    /// Whether the sink refused a block. From then on nothing is taken any more, and [`finish`](Self::finish) fails.
    pub(crate) fn overflowed(&self) -> bool {
        self.overflowed
    }

    /// Hands over what is left; answers how many bytes there were in all.
    pub(crate) fn finish(mut self) -> Result<u64, Overflow> {
        self.flush()?;
        Ok(self.total)
    }

    #[cold]
    fn spill(&mut self, mut bytes: &[u8]) -> Result<(), Overflow> {
        while !bytes.is_empty() {
            if self.block.len() == self.size {
                self.flush()?;
            }
            let fits = bytes.len().min(self.size - self.block.len());
            let (head, rest) = bytes.split_at(fits);
            self.block.extend_from_slice(head);
            bytes = rest;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Overflow> {
        if self.overflowed {
            return Err(Overflow);
        }
        if self.block.is_empty() {
            return Ok(());
        }
        self.total += self.block.len() as u64;
        if self.sink.take(&self.block).is_err() {
            // The block stays full, so that whatever follows comes here.
            self.overflowed = true;
            return Err(Overflow);
        }
        self.block.clear();
        Ok(())
    }
}
