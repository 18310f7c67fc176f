//! How AMQP 0-9-1 writes things: frames, methods and their arguments, and what stands before a message.

use std::io;

use super::{END, Method};

/// The bit of the property that says how lasting a message is.
const DELIVERY_MODE: u16 = 1 << 12;

/// The arguments of a method, one after the other.
#[derive(Debug, Default)]
pub(super) struct Arguments(Vec<u8>);

impl Arguments {
    pub(super) fn u8(mut self, value: u8) -> Self {
        self.0.push(value);
        self
    }

    pub(super) fn u16(mut self, value: u16) -> Self {
        self.0.extend(value.to_be_bytes());
        self
    }

    pub(super) fn u32(mut self, value: u32) -> Self {
        self.0.extend(value.to_be_bytes());
        self
    }

    pub(super) fn u64(mut self, value: u64) -> Self {
        self.0.extend(value.to_be_bytes());
        self
    }

    /// A text of at most 255 bytes; what is longer names nothing that a server has, and is cut.
    pub(super) fn short(mut self, text: &str) -> Self {
        let bytes = &text.as_bytes()[..text.len().min(255)];
        self.0.push(u8::try_from(bytes.len()).unwrap_or(u8::MAX));
        self.0.extend(bytes);
        self
    }

    pub(super) fn long(self, bytes: &[u8]) -> Self {
        let mut with = self.u32(u32::try_from(bytes.len()).unwrap_or_default());
        with.0.extend(bytes);
        with
    }

    /// A table without an entry.
    pub(super) fn table(self) -> Self {
        self.u32(0)
    }

    /// The payload of a frame that carries this method with them.
    pub(super) fn of(&self, (class, method): Method) -> Vec<u8> {
        let mut payload = [class.to_be_bytes(), method.to_be_bytes()].concat();
        payload.extend(&self.0);
        payload
    }
}

/// A frame.
pub(super) fn frame(channel: u16, kind: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![kind];
    frame.extend(channel.to_be_bytes());
    frame.extend(u32::try_from(payload.len()).unwrap_or_default().to_be_bytes());
    frame.extend(payload);
    frame.push(END);
    frame
}

/// The payload of a frame that says how long a message is, and how lasting.
pub(super) fn content(class: u16, length: usize, mode: u8) -> Vec<u8> {
    let mut head = [class.to_be_bytes(), [0, 0]].concat();
    head.extend((length as u64).to_be_bytes());
    head.extend(DELIVERY_MODE.to_be_bytes());
    head.push(mode);
    head
}

/// How long a message is by that frame.
pub(super) fn size(head: &[u8]) -> io::Result<u64> {
    Reader(head.get(4..).unwrap_or_default()).u64()
}

/// The method that a frame carries.
pub(super) fn method(payload: &[u8]) -> Option<Method> {
    let [a, b, c, d, ..] = *payload else { return None };
    Some((u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d])))
}

/// Reads the arguments of a method.
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// Behind the method itself.
    pub(super) fn of_method(payload: &'a [u8]) -> Self {
        Self(payload.get(4..).unwrap_or_default())
    }

    fn bytes(&mut self, count: usize) -> io::Result<&'a [u8]> {
        let cut = || io::Error::other("the server's answer ends before its end");
        let (bytes, rest) = self.0.split_at_checked(count).ok_or_else(cut)?;
        self.0 = rest;
        Ok(bytes)
    }

    pub(super) fn u16(&mut self) -> io::Result<u16> {
        Ok(self.bytes(2)?.iter().fold(0, |all, byte| all << 8 | u16::from(*byte)))
    }

    pub(super) fn u64(&mut self) -> io::Result<u64> {
        Ok(self.bytes(8)?.iter().fold(0, |all, byte| all << 8 | u64::from(*byte)))
    }

    pub(super) fn short(&mut self) -> io::Result<String> {
        let count = self.bytes(1)?.first().copied().unwrap_or_default();
        Ok(String::from_utf8_lossy(self.bytes(count.into())?).into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let payload = Arguments::default().u16(312).short("NO_ROUTE").u64(9).of((60, 50));
        assert_eq!(method(&payload), Some((60, 50)));
        let mut read = Reader::of_method(&payload);
        assert_eq!(read.u16().expect("a number"), 312);
        assert_eq!(read.short().expect("a text"), "NO_ROUTE");
        assert_eq!(read.u64().expect("a number"), 9);
        assert!(read.u16().is_err(), "nothing is left");
        assert_eq!(size(&content(60, 1 << 20, 2)).expect("a size"), 1 << 20);
        assert_eq!(method(b"x"), None);
        let long = "y".repeat(300);
        assert_eq!(Arguments::default().short(&long).of((1, 1)).len(), 4 + 1 + 255);
    }
}
