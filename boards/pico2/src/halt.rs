//! The end: the LED shines.

use embedded_hal::digital::OutputPin;

use crate::lights::Light;

/// Stops for ever.
pub(crate) fn halt() -> ! {
    let Ok(()) = Light::Led.set_high();
    cortex_m::interrupt::disable();
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
