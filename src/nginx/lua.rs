//! Where a block of Lua ends: at the brace that closes it, outside of strings and comments.
//!
//! Lua 5.1 reference manual, section 2.1, "Lexical Conventions".

/// The brace that closes a block which begins at a byte; none where the block is not closed.
pub(super) fn end(text: &str, from: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut depth = 0;
    let mut at = from;
    loop {
        match bytes.get(at)? {
            b'}' if depth == 0 => return Some(at),
            b'}' => depth -= 1,
            b'{' => depth += 1,
            quote @ (b'"' | b'\'') => {
                at = string_end(bytes, at + 1, *quote)?;
                continue;
            }
            b'-' if bytes.get(at + 1) == Some(&b'-') => {
                at = match long(bytes, at + 2) {
                    Some(after) => after?,
                    None => at + bytes[at..].iter().position(|byte| *byte == b'\n')?,
                };
                continue;
            }
            b'[' => {
                if let Some(after) = long(bytes, at) {
                    at = after?;
                    continue;
                }
            }
            _ => {}
        }
        at += 1;
    }
}

/// Behind the quote that closes a string.
fn string_end(bytes: &[u8], mut at: usize, quote: u8) -> Option<usize> {
    loop {
        match bytes.get(at)? {
            b'\\' => at += 2,
            byte if *byte == quote => return Some(at + 1),
            _ => at += 1,
        }
    }
}

/// Behind the brackets that close long ones (`[[ … ]]`, `[=[ … ]=]`): none where no long brackets
/// open here, and a place of none where nothing closes them.
#[expect(clippy::option_option, reason = "none of them, and none that closes, are two answers")]
fn long(bytes: &[u8], at: usize) -> Option<Option<usize>> {
    let rest = bytes.get(at..)?.strip_prefix(b"[")?;
    let level = rest.iter().take_while(|byte| **byte == b'=').count();
    if rest.get(level) != Some(&b'[') {
        return None;
    }
    let close = [b"]".as_slice(), &rest[..level], b"]"].concat();
    let inside = &rest[level + 1..];
    let found = inside.windows(close.len()).position(|window| window == close);
    Some(found.map(|found| at + level + 2 + found + close.len()))
}
