//! ALSA's library, opened at run time: a program that was built without its headers hears wherever it is installed.
//!
//! All unsafe code that ALSA takes is here. What is used has been in the library since 2011, and its calls and numbers
//! do not change.
#![allow(non_camel_case_types, reason = "names as in ALSA's headers")]

use std::ffi::{CStr, CString, c_char, c_int, c_long, c_uint, c_ulong, c_void};
use std::ptr::{NonNull, null_mut};
use std::sync::OnceLock;

use libloading::Library;

type pcm = *mut c_void;
type params = *mut c_void;
type hints = *mut *mut c_void;
/// Takes a `va_list` last, which is passed as a pointer on all of Linux's platforms that Rust has.
type error_handler =
    unsafe extern "C" fn(*const c_char, c_int, *const c_char, c_int, *const c_char, *mut c_void);

macro_rules! calls {
    ($($name:ident($($argument:ty),*) -> $result:ty;)*) => {
        struct Calls {
            $($name: unsafe extern "C" fn($($argument),*) -> $result,)*
        }

        impl Calls {
            fn find(library: &'static Library) -> Result<Self, libloading::Error> {
                // SAFETY: the types are those of ALSA's headers, and a `&'static Library` is never closed.
                unsafe { Ok(Calls { $($name: *library.get(concat!(stringify!($name), "\0"))?,)* }) }
            }
        }
    };
}

calls! {
    snd_config_update_free_global() -> c_int;
    snd_device_name_free_hint(hints) -> c_int;
    snd_device_name_get_hint(*const c_void, *const c_char) -> *mut c_char;
    snd_device_name_hint(c_int, *const c_char, *mut hints) -> c_int;
    snd_lib_error_set_local(Option<error_handler>) -> *mut c_void;
    snd_pcm_close(pcm) -> c_int;
    snd_pcm_hw_params(pcm, params) -> c_int;
    snd_pcm_hw_params_any(pcm, params) -> c_int;
    snd_pcm_hw_params_free(params) -> ();
    snd_pcm_hw_params_get_channels_max(params, *mut c_uint) -> c_int;
    snd_pcm_hw_params_get_channels_min(params, *mut c_uint) -> c_int;
    snd_pcm_hw_params_get_rate_max(params, *mut c_uint, *mut c_int) -> c_int;
    snd_pcm_hw_params_get_rate_min(params, *mut c_uint, *mut c_int) -> c_int;
    snd_pcm_hw_params_malloc(*mut params) -> c_int;
    snd_pcm_hw_params_set_access(pcm, params, c_int) -> c_int;
    snd_pcm_hw_params_set_buffer_time_near(pcm, params, *mut c_uint, *mut c_int) -> c_int;
    snd_pcm_hw_params_set_channels_near(pcm, params, *mut c_uint) -> c_int;
    snd_pcm_hw_params_set_format(pcm, params, c_int) -> c_int;
    snd_pcm_hw_params_set_period_time_near(pcm, params, *mut c_uint, *mut c_int) -> c_int;
    snd_pcm_hw_params_set_rate_near(pcm, params, *mut c_uint, *mut c_int) -> c_int;
    snd_pcm_hw_params_set_rate_resample(pcm, params, c_uint) -> c_int;
    snd_pcm_open(*mut pcm, *const c_char, c_int, c_int) -> c_int;
    snd_pcm_readi(pcm, *mut c_void, c_ulong) -> c_long;
    snd_pcm_recover(pcm, c_int, c_int) -> c_int;
    snd_pcm_start(pcm) -> c_int;
    snd_strerror(c_int) -> *const c_char;
}

unsafe extern "C" {
    /// The C library's: ALSA hands out what it allocated.
    fn free(memory: *mut c_void);
}

const CAPTURE: c_int = 1;
/// No call waits: a device that has nothing says so, and one that is in use is an error.
const NONBLOCK: c_int = 1;
const INTERLEAVED: c_int = 3;

/// Numbers of errors, negative as ALSA returns them.
pub(super) const NO_SUCH_DEVICE: i32 = -2;
const NOT_YET: i32 = -11;
const OVERRUN: i32 = -32;
const SUSPENDED: i32 = -86;

/// What goes wrong in ALSA.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct AlsaError {
    /// Its number, below 0.
    pub(super) code: i32,
    /// What ALSA says of it.
    pub(super) text: String,
}

/// How a device writes a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    /// Signed, 16 bits.
    I16,
    /// Signed, 32 bits.
    I32,
    /// Floating point, 32 bits.
    F32,
}

impl Encoding {
    /// In the order in which they are asked for, with ALSA's number of the little-endian one.
    const ALL: [(Encoding, c_int); 3] = [(Encoding::I16, 2), (Encoding::I32, 10), (Encoding::F32, 14)];

    /// Bytes of a sample.
    pub(super) const fn bytes(self) -> usize {
        match self {
            Encoding::I16 => 2,
            Encoding::I32 | Encoding::F32 => 4,
        }
    }
}

/// What a device delivers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Format {
    pub(super) encoding: Encoding,
    /// Frames per second.
    pub(super) rate: u32,
    /// Samples of a frame.
    pub(super) channels: usize,
}

/// What a device can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Abilities {
    pub(super) rates: (u32, u32),
    pub(super) channels: (u32, u32),
}

/// What came of reading.
#[derive(Debug)]
pub(super) enum Taken {
    /// So many frames.
    Frames(usize),
    /// Nothing yet.
    NotYet,
    /// The device ran over, and listens anew.
    Overrun,
}

/// The library.
#[derive(Clone, Copy)]
pub(super) struct Alsa(&'static Calls);

impl Alsa {
    /// Opens it, once for the whole program.
    ///
    /// # Errors
    /// A text that says what to install.
    pub(super) fn load() -> Result<Self, String> {
        static LIBRARY: OnceLock<Result<Library, String>> = OnceLock::new();
        static CALLS: OnceLock<Result<Calls, String>> = OnceLock::new();
        // SAFETY: what the library does as it is opened is as sound as ALSA is.
        let open = || unsafe { Library::new("libasound.so.2") }.map_err(|error| error.to_string());
        let library = LIBRARY.get_or_init(open).as_ref();
        let find = || {
            let library = library.map_err(Clone::clone)?;
            Calls::find(library).map_err(|error| error.to_string())
        };
        let calls = CALLS.get_or_init(find).as_ref();
        calls.map(Alsa).map_err(|why| format!("ALSA's library `libasound.so.2` cannot be opened ({why})"))
    }

    /// Names and descriptions of the devices that may capture, as ALSA's configuration has them.
    ///
    /// # Errors
    /// When the configuration cannot be read.
    pub(super) fn hints(self) -> Result<Vec<(String, String)>, AlsaError> {
        self.begin();
        let mut hints: hints = null_mut();
        // SAFETY: the name is a C string, and the list is written to a place of our own.
        self.check(unsafe { (self.0.snd_device_name_hint)(-1, c"pcm".as_ptr(), &mut hints) })?;
        let mut found = Vec::new();
        let mut next = hints;
        // SAFETY: the list ends with a null pointer, and is valid until it is freed below.
        while let Some(hint) = NonNull::new(unsafe { *next }) {
            let text = |id: &CStr| self.hint(hint, id);
            // A device without a direction has both.
            let captures = text(c"IOID").is_none_or(|direction| direction == "Input");
            if let (true, Some(name)) = (captures, text(c"NAME")) {
                found.push((name, text(c"DESC").unwrap_or_default()));
            }
            // SAFETY: as above: there is one more after one that is not null.
            next = unsafe { next.add(1) };
        }
        // SAFETY: it is ALSA's own list, freed once.
        unsafe { (self.0.snd_device_name_free_hint)(hints) };
        Ok(found)
    }

    fn hint(self, hint: NonNull<c_void>, id: &CStr) -> Option<String> {
        // SAFETY: `hint` is an entry of a list that is not freed yet.
        let text = NonNull::new(unsafe { (self.0.snd_device_name_get_hint)(hint.as_ptr(), id.as_ptr()) })?;
        // SAFETY: it is a C string of the C library's, ours to free, once.
        unsafe {
            let copy = CStr::from_ptr(text.as_ptr()).to_string_lossy().into_owned();
            free(text.as_ptr().cast());
            Some(copy)
        }
    }

    /// Opens a device.
    ///
    /// # Errors
    /// When it cannot be.
    pub(super) fn open(self, name: &str) -> Result<Capture, AlsaError> {
        self.begin();
        let name = CString::new(name)
            .map_err(|_| AlsaError { code: NO_SUCH_DEVICE, text: "a name with a zero byte".to_owned() })?;
        let mut pcm = null_mut();
        // SAFETY: the name is a C string, and the handle is written to a place of our own.
        self.check(unsafe { (self.0.snd_pcm_open)(&mut pcm, name.as_ptr(), CAPTURE, NONBLOCK) })?;
        let mut params = null_mut();
        let capture = |params| Capture { alsa: self, pcm, params };
        // SAFETY: the handle is written to a place of our own.
        let made = self.check(unsafe { (self.0.snd_pcm_hw_params_malloc)(&mut params) });
        let capture = capture(params);
        made.map(|_| capture)
    }

    /// Keeps ALSA from writing to the terminal, in this thread, and lets it read its configuration anew: that of a sound
    /// server that was not up names other devices.
    fn begin(self) {
        unsafe extern "C" fn quiet(
            _: *const c_char,
            _: c_int,
            _: *const c_char,
            _: c_int,
            _: *const c_char,
            _: *mut c_void,
        ) {
        }
        // SAFETY: the handler lives for ever; the configuration is counted by those who use it.
        unsafe {
            (self.0.snd_lib_error_set_local)(Some(quiet));
            (self.0.snd_config_update_free_global)();
        }
    }

    /// A result that is no error.
    fn check(self, result: c_int) -> Result<c_int, AlsaError> {
        if result >= 0 {
            return Ok(result);
        }
        // SAFETY: what is returned is a C string that lives for ever.
        let text = unsafe { CStr::from_ptr((self.0.snd_strerror)(result)) };
        Err(AlsaError { code: result, text: text.to_string_lossy().into_owned() })
    }
}

/// A device that is open. It stays in the thread that opened it.
pub(super) struct Capture {
    alsa: Alsa,
    pcm: pcm,
    params: params,
}

impl Capture {
    /// Asks for all that the device can do, at its own rate: we resample better than ALSA does.
    fn any(&self) -> Result<(), AlsaError> {
        let Alsa(calls) = self.alsa;
        // SAFETY: both are valid as long as this lives.
        unsafe {
            self.alsa.check((calls.snd_pcm_hw_params_any)(self.pcm, self.params))?;
            self.alsa.check((calls.snd_pcm_hw_params_set_rate_resample)(self.pcm, self.params, 0))?;
            self.alsa.check((calls.snd_pcm_hw_params_set_access)(self.pcm, self.params, INTERLEAVED))?;
        }
        Ok(())
    }

    /// What the device can do.
    ///
    /// # Errors
    /// When it says nothing of it.
    pub(super) fn abilities(&self) -> Result<Abilities, AlsaError> {
        self.any()?;
        let Alsa(calls) = self.alsa;
        let (mut rates, mut channels) = ((0, 0), (0, 0));
        // SAFETY: both handles are valid as long as this lives, and numbers are written to places of our own.
        unsafe {
            let params = self.params;
            self.alsa.check((calls.snd_pcm_hw_params_get_rate_min)(params, &mut rates.0, null_mut()))?;
            self.alsa.check((calls.snd_pcm_hw_params_get_rate_max)(params, &mut rates.1, null_mut()))?;
            self.alsa.check((calls.snd_pcm_hw_params_get_channels_min)(params, &mut channels.0))?;
            self.alsa.check((calls.snd_pcm_hw_params_get_channels_max)(params, &mut channels.1))?;
        }
        Ok(Abilities { rates, channels })
    }

    /// Sets the device up as near to a wish as it can: rate, channels, microseconds of a period and of its buffer.
    /// Returns what it delivers.
    ///
    /// # Errors
    /// When it has no encoding that is read here, or refuses.
    pub(super) fn configure(
        &mut self,
        mut rate: u32,
        mut channels: u32,
        (mut period, mut buffer): (u32, u32),
    ) -> Result<Format, AlsaError> {
        self.any()?;
        let (Alsa(calls), pcm, params) = (self.alsa, self.pcm, self.params);
        let mut refused = None;
        let encoding = Encoding::ALL.iter().find(|(_, number)| {
            // SAFETY: both handles are valid as long as this lives, as below.
            let set = self.alsa.check(unsafe { (calls.snd_pcm_hw_params_set_format)(pcm, params, *number) });
            set.map_err(|error| refused = Some(error)).is_ok()
        });
        let Some(&(encoding, _)) = encoding else {
            let text =
                "it has no samples of 16 or 32 bits; a name that begins `plughw:` converts them".to_owned();
            return Err(AlsaError { text, ..refused.unwrap_or(AlsaError { code: -1, text: String::new() }) });
        };
        // SAFETY: numbers are read from and written to places of our own.
        unsafe {
            self.alsa.check((calls.snd_pcm_hw_params_set_channels_near)(pcm, params, &mut channels))?;
            self.alsa.check((calls.snd_pcm_hw_params_set_rate_near)(pcm, params, &mut rate, null_mut()))?;
            let set = calls.snd_pcm_hw_params_set_period_time_near;
            self.alsa.check(set(pcm, params, &mut period, null_mut()))?;
            let set = calls.snd_pcm_hw_params_set_buffer_time_near;
            self.alsa.check(set(pcm, params, &mut buffer, null_mut()))?;
            self.alsa.check((calls.snd_pcm_hw_params)(pcm, params))?;
        }
        Ok(Format { encoding, rate, channels: channels as usize })
    }

    /// Begins to listen.
    ///
    /// # Errors
    /// When the device refuses.
    pub(super) fn start(&mut self) -> Result<(), AlsaError> {
        // SAFETY: the handle is valid as long as this lives.
        self.alsa.check(unsafe { (self.alsa.0.snd_pcm_start)(self.pcm) }).map(|_| ())
    }

    /// Reads as many whole frames as there are and fit, of so many bytes each. Does not wait.
    ///
    /// # Errors
    /// When the device is gone.
    pub(super) fn read(&mut self, bytes: &mut [u8], frame: usize) -> Result<Taken, AlsaError> {
        let frames = bytes.len() / frame;
        // SAFETY: that many frames have room, as long as `frame` is what `configure` has said.
        let read =
            unsafe { (self.alsa.0.snd_pcm_readi)(self.pcm, bytes.as_mut_ptr().cast(), frames as c_ulong) };
        match i32::try_from(read).unwrap_or(i32::MAX) {
            0 | NOT_YET => Ok(Taken::NotYet),
            code @ (OVERRUN | SUSPENDED) => {
                // SAFETY: the handle is valid as long as this lives.
                self.alsa.check(unsafe { (self.alsa.0.snd_pcm_recover)(self.pcm, code, 1) })?;
                self.start()?;
                Ok(Taken::Overrun)
            }
            code if code < 0 => self.alsa.check(code).map(|_| Taken::NotYet),
            frames => Ok(Taken::Frames(frames as usize)),
        }
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        // SAFETY: both are ours, and are used no more.
        unsafe {
            if !self.params.is_null() {
                (self.alsa.0.snd_pcm_hw_params_free)(self.params);
            }
            (self.alsa.0.snd_pcm_close)(self.pcm);
        }
    }
}
