//! The end: the red LED shines.

use embedded_hal::digital::OutputPin;

use crate::lights::Light;

/// Stops for ever. The microphone's interrupt goes on to look after the line, so that what was written arrives.
pub(crate) fn halt() -> ! {
    let Ok(()) = Light::Red.set_high();
    loop {
        cortex_m::asm::wfe();
    }
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    cortex_m::interrupt::disable();
    loop {
        cortex_m::asm::wfe();
    }
}
