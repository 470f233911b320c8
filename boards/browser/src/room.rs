//! Where bytes go in and come out.

use std::cell::RefCell;

use crate::FAILED;

thread_local! {
    static ROOM: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    static ANSWER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Has the message of a panic left as the answer: a page sees but a trap, and the module is of no more use.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn kws_start() {
    std::panic::set_hook(Box::new(|panic| {
        ANSWER.with(|answer| {
            if let Ok(mut answer) = answer.try_borrow_mut() {
                *answer = format!("kws has a bug, {panic}; load it anew, and report it").into_bytes();
            }
        });
    }));
}

/// Makes room for so many bytes of the next call's arguments and returns its address, which holds until then.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn kws_room(bytes: usize) -> *mut u8 {
    ROOM.with_borrow_mut(|room| {
        room.resize(bytes, 0);
        room.as_mut_ptr()
    })
}

/// Address of the last answer, which holds until the next call.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn kws_answer() -> *const u8 {
    ANSWER.with_borrow(|answer| answer.as_ptr())
}

/// Bytes of the last answer.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn kws_answer_length() -> usize {
    ANSWER.with_borrow(Vec::len)
}

/// Hands the arguments in the room to a call.
pub(crate) fn with_room<T>(call: impl FnOnce(&[u8]) -> T) -> T {
    ROOM.with_borrow(|room| call(room))
}

/// Makes the answer.
pub(crate) fn answer(write: impl FnOnce(&mut Vec<u8>)) {
    ANSWER.with_borrow_mut(|answer| {
        answer.clear();
        write(answer);
    });
}

/// What a call returns: its number, or −1 with the message as the answer.
pub(crate) fn outcome(result: Result<i32, String>) -> i32 {
    result.unwrap_or_else(|message| {
        answer(|to| to.extend_from_slice(message.as_bytes()));
        FAILED
    })
}

/// The arguments as a text.
pub(crate) fn text<'a>(bytes: &'a [u8], what: &str) -> Result<&'a str, String> {
    std::str::from_utf8(bytes).map_err(|error| format!("{what} is no UTF-8: {error}"))
}

/// Values that numbers stand for. A number is used again once its value is gone.
pub(crate) struct Numbered<T> {
    values: Vec<Option<T>>,
}

impl<T> Numbered<T> {
    pub(crate) const fn new() -> Self {
        Numbered { values: Vec::new() }
    }

    pub(crate) fn add(&mut self, value: T) -> i32 {
        let free = self.values.iter().position(Option::is_none).unwrap_or_else(|| {
            self.values.push(None);
            self.values.len() - 1
        });
        self.values[free] = Some(value);
        free as i32
    }

    pub(crate) fn get(&mut self, number: i32, what: &str) -> Result<&mut T, String> {
        let value = usize::try_from(number).ok().and_then(|number| self.values.get_mut(number));
        value
            .and_then(Option::as_mut)
            .ok_or_else(|| format!("found no {what} of number {number}: it was freed"))
    }

    pub(crate) fn remove(&mut self, number: i32) {
        if let Some(value) = usize::try_from(number).ok().and_then(|number| self.values.get_mut(number)) {
            *value = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Numbered;

    #[test]
    fn a_number_is_used_again_once_its_value_is_gone() {
        let mut values = Numbered::new();
        assert_eq!((values.add("a"), values.add("b")), (0, 1));
        values.remove(0);
        assert!(values.get(0, "letter").is_err());
        assert_eq!((values.add("c"), values.add("d")), (0, 2));
        assert_eq!(values.get(1, "letter"), Ok(&mut "b"));
        assert!(values.get(-1, "letter").unwrap_err().contains("letter of number -1"));
    }
}
