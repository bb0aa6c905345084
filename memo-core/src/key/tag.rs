//! The first byte of every encoded value names its kind. Values are never reused and never change: FORMAT.md.

/// Closes what has no length of its own: sequences, tuples, structs, maps.
pub(super) const END: u8 = 0x00;

pub(super) const FALSE: u8 = 0x01;
pub(super) const TRUE: u8 = 0x02;

pub(super) const I8: u8 = 0x10;
pub(super) const I16: u8 = 0x11;
pub(super) const I32: u8 = 0x12;
pub(super) const I64: u8 = 0x13;
pub(super) const I128: u8 = 0x14;

pub(super) const U8: u8 = 0x18;
pub(super) const U16: u8 = 0x19;
pub(super) const U32: u8 = 0x1a;
pub(super) const U64: u8 = 0x1b;
pub(super) const U128: u8 = 0x1c;

pub(super) const F32: u8 = 0x20;
pub(super) const F64: u8 = 0x21;

pub(super) const CHAR: u8 = 0x28;
pub(super) const STR: u8 = 0x30;
pub(super) const BYTES: u8 = 0x31;

pub(super) const NONE: u8 = 0x40;
pub(super) const SOME: u8 = 0x41;

pub(super) const UNIT: u8 = 0x48;
pub(super) const UNIT_STRUCT: u8 = 0x49;

pub(super) const SEQ: u8 = 0x50;
pub(super) const TUPLE: u8 = 0x51;
pub(super) const TUPLE_STRUCT: u8 = 0x52;
pub(super) const STRUCT: u8 = 0x53;
pub(super) const MAP: u8 = 0x54;

pub(super) const UNIT_VARIANT: u8 = 0x60;
pub(super) const NEWTYPE_VARIANT: u8 = 0x61;
pub(super) const TUPLE_VARIANT: u8 = 0x62;
pub(super) const STRUCT_VARIANT: u8 = 0x63;
