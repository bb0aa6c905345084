//! What is asked of a server: commands, as they are written.

use std::io::Write;

use bytes::Bytes;

/// Commands to one server, written one after another, and how many answers they get.
#[derive(Clone, Debug, Default)]
pub(crate) struct Request {
    text: Vec<u8>,
    /// Longer values, and where in the text each belongs. They are shared, not copied.
    values: Vec<(usize, Bytes)>,
    /// Bytes of commands without their values.
    commands: usize,
    replies: usize,
    /// Whether something is changed.
    changes: bool,
    /// Whether something is deleted.
    deletes: bool,
}

/// A part of what is written.
#[derive(Clone, Copy, Debug)]
pub(super) enum Piece<'r> {
    Text(&'r [u8]),
    Value(&'r Bytes),
}

/// Shorter values are copied into the text: one write of a few kilobytes costs less than one of several pieces.
const SHORT: usize = 4 << 10;

/// So much a socket takes while nobody reads at the other end.
const MOST_COMMANDS: usize = 32 << 10;
const MOST_REPLIES: usize = 512;

/// All values that this client stores carry it. Counters, which the server makes, have 0.
const OURS: u32 = 1;

/// The placeholders of leases carry it. Other programs, whose values may get under our names, use small numbers.
pub(crate) const LEASED: u32 = 0x6d65_6d6f;

impl Request {
    /// `mg`: the value of a name.
    pub(crate) fn get(&mut self, name: &str) {
        self.command(format_args!("mg {name} v f\r\n"));
    }

    /// `mg`: whether a name has a value.
    pub(crate) fn probe(&mut self, name: &str) {
        self.command(format_args!("mg {name} s f\r\n"));
    }

    /// `mg` with a new time, as of [`exptime`](crate::expiry::exptime).
    pub(crate) fn touch(&mut self, name: &str, exptime: u32) {
        self.changes = true;
        self.command(format_args!("mg {name} s f T{exptime}\r\n"));
    }

    /// `mg`: the value of a name, its number, and what is left of its time. It goes where the change goes that follows it.
    pub(crate) fn look(&mut self, name: &str) {
        self.changes = true;
        self.command(format_args!("mg {name} v f c t\r\n"));
    }

    /// `ms` of a placeholder where there is nothing.
    pub(crate) fn lease(&mut self, name: &str, holders: &Bytes, exptime: u32) {
        self.changes = true;
        let length = holders.len();
        self.command(format_args!(
            "ms {name} {length} T{exptime} F{LEASED} ME c\r\n"
        ));
        self.value(holders);
    }

    /// `ms` of a placeholder in the place of whatever is there.
    pub(crate) fn seize(&mut self, name: &str, holders: &Bytes, exptime: u32) {
        self.changes = true;
        let length = holders.len();
        self.command(format_args!(
            "ms {name} {length} T{exptime} F{LEASED} c\r\n"
        ));
        self.value(holders);
    }

    /// `ms`: stores a value.
    pub(crate) fn set(&mut self, name: &str, value: &Bytes, exptime: u32) {
        self.changes = true;
        let length = value.len();
        self.command(format_args!("ms {name} {length} T{exptime} F{OURS}\r\n"));
        self.value(value);
    }

    /// `ms` in the place of what has this number.
    pub(crate) fn fill(&mut self, name: &str, value: &Bytes, exptime: u32, cas: u64) {
        self.changes = true;
        let length = value.len();
        self.command(format_args!(
            "ms {name} {length} T{exptime} F{OURS} C{cas}\r\n"
        ));
        self.value(value);
    }

    /// `ms` of another placeholder in the place of the one that has this number.
    pub(crate) fn replace_lease(&mut self, name: &str, holders: &Bytes, exptime: u32, cas: u64) {
        self.changes = true;
        let length = holders.len();
        self.command(format_args!(
            "ms {name} {length} T{exptime} F{LEASED} C{cas}\r\n"
        ));
        self.value(holders);
    }

    /// `md`: deletes what is under a name.
    pub(crate) fn delete(&mut self, name: &str) {
        self.changes = true;
        self.deletes = true;
        self.command(format_args!("md {name}\r\n"));
    }

    /// `md` of what has this number.
    pub(crate) fn release(&mut self, name: &str, cas: u64) {
        self.changes = true;
        self.deletes = true;
        self.command(format_args!("md {name} C{cas}\r\n"));
    }

    /// `ma`: adds to a number, which is made where there is none.
    pub(crate) fn add(&mut self, name: &str, more: u64, exptime: u32) {
        self.changes = true;
        self.command(format_args!("ma {name} N{exptime} J{more} D{more} v\r\n"));
    }

    /// `mn`: nothing, which is answered all the same.
    pub(crate) fn noop() -> Self {
        let mut request = Self::default();
        request.command(format_args!("mn\r\n"));
        request
    }

    /// `stats settings`, whose answers end with [`Reply::End`](super::Reply::End).
    pub(crate) fn settings() -> Self {
        let mut request = Self::default();
        request.command(format_args!("stats settings\r\n"));
        request
    }

    /// How many answers there will be.
    pub(crate) fn replies(&self) -> usize {
        self.replies
    }

    /// Whether the next command belongs into another request, sent when this one was answered.
    ///
    /// Who writes without reading waits for ever for a server that waits for him. So either the commands fit into the sockets' buffers, or
    /// (with values in between) their answers do.
    pub(crate) fn is_full(&self) -> bool {
        self.commands >= MOST_COMMANDS || self.replies >= MOST_REPLIES
    }

    /// Whether it only looks at something small: who asks for many values at once asks for chunks.
    pub(crate) fn is_look(&self) -> bool {
        !self.changes && self.replies <= 1
    }

    /// Whether it is sent though nobody waits for the answer: it is better that an invalidation, or the end of a
    /// lease, arrives than not.
    pub(crate) fn deletes(&self) -> bool {
        self.deletes
    }

    /// How many bytes there are to write.
    pub(crate) fn bytes(&self) -> usize {
        let values: usize = self.values.iter().map(|(_, value)| value.len()).sum();
        self.text.len() + values
    }

    pub(super) fn pieces(&self) -> impl Iterator<Item = Piece<'_>> {
        let mut from = 0;
        let values = self.values.iter().flat_map(move |(until, value)| {
            let text = self.text.get(from..*until).unwrap_or_default();
            from = *until;
            [Piece::Text(text), Piece::Value(value)]
        });
        let last = self.values.last().map_or(0, |(until, _)| *until);
        let rest = self.text.get(last..).unwrap_or_default();
        values.chain([Piece::Text(rest)])
    }

    fn command(&mut self, command: std::fmt::Arguments<'_>) {
        let before = self.text.len();
        // Writing to memory does not fail.
        let _ = self.text.write_fmt(command);
        self.commands += self.text.len() - before;
        self.replies += 1;
    }

    fn value(&mut self, value: &Bytes) {
        match value.len() <= SHORT {
            true => self.text.extend_from_slice(value),
            false => self.values.push((self.text.len(), value.clone())),
        }
        self.text.extend_from_slice(b"\r\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(request: &Request) -> String {
        let bytes: Vec<u8> = request
            .pieces()
            .flat_map(|piece| match piece {
                Piece::Text(text) => text.to_vec(),
                Piece::Value(value) => value.to_vec(),
            })
            .collect();
        String::from_utf8(bytes).expect("what is asked here is text")
    }

    fn one(command: impl Fn(&mut Request)) -> String {
        let mut request = Request::default();
        command(&mut request);
        assert_eq!(request.replies(), 1);
        written(&request)
    }

    #[test]
    fn each_command_is_written_as_the_protocol_says() {
        let value = Bytes::from("abc");
        assert_eq!(one(|r| r.get("k")), "mg k v f\r\n");
        assert_eq!(one(|r| r.probe("k")), "mg k s f\r\n");
        assert_eq!(one(|r| r.touch("k", 9)), "mg k s f T9\r\n");
        assert_eq!(one(|r| r.look("k")), "mg k v f c t\r\n");
        let lease = one(|r| r.lease("k", &value, 9));
        assert_eq!(lease, "ms k 3 T9 F1835363695 ME c\r\nabc\r\n");
        let seize = one(|r| r.seize("k", &value, 9));
        assert_eq!(seize, "ms k 3 T9 F1835363695 c\r\nabc\r\n");
        let set = one(|r| r.set("k", &value, 0));
        assert_eq!(set, "ms k 3 T0 F1\r\nabc\r\n");
        let fill = one(|r| r.fill("k", &value, 9, 7));
        assert_eq!(fill, "ms k 3 T9 F1 C7\r\nabc\r\n");
        let replace = one(|r| r.replace_lease("k", &value, 9, 7));
        assert_eq!(replace, "ms k 3 T9 F1835363695 C7\r\nabc\r\n");
        assert_eq!(one(|r| r.delete("k")), "md k\r\n");
        assert_eq!(one(|r| r.release("k", 7)), "md k C7\r\n");
        assert_eq!(one(|r| r.add("k", 5, 9)), "ma k N9 J5 D5 v\r\n");
        assert_eq!(written(&Request::noop()), "mn\r\n");
        assert_eq!(written(&Request::settings()), "stats settings\r\n");
    }

    #[test]
    fn long_values_are_shared_and_in_their_place() {
        let long = Bytes::from("x".repeat(SHORT + 1));
        let mut request = Request::default();
        request.set("a", &long, 0);
        request.set("b", &Bytes::from("B"), 0);
        request.set("c", &long, 0);
        request.get("d");
        let length = long.len();
        let text = str::from_utf8(&long).expect("it is text");
        let expected = format!(
            "ms a {length} T0 F1\r\n{text}\r\nms b 1 T0 F1\r\nB\r\nms c {length} T0 F1\r\n{text}\r\nmg d v f\r\n"
        );
        assert!(written(&request) == expected);
        let is_shared =
            |piece| matches!(piece, Piece::Value(value) if value.as_ptr() == long.as_ptr());
        assert_eq!(
            request.pieces().filter(|&piece| is_shared(piece)).count(),
            2
        );
        assert!(!request.is_look());
        assert_eq!(request.bytes(), written(&request).len());
        assert_eq!(request.replies(), 4);
    }

    #[test]
    fn a_request_is_full_before_two_sockets_are() {
        let mut gets = Request::default();
        while !gets.is_full() {
            gets.get(&"k".repeat(250));
        }
        assert!(written(&gets).len() < MOST_COMMANDS + 300);
        let mut sets = Request::default();
        while !sets.is_full() {
            sets.set("k", &Bytes::from(vec![b'x'; 1000]), 0);
        }
        assert_eq!(sets.replies(), MOST_REPLIES);
    }
}
