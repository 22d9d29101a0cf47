//! Files as they lie on the disk.
