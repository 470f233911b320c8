//! What the boot ROM must know to start the image.
//!
//! The `unsafe` of this file: the section that it must stand in.

use rp235x_hal::block::ImageDef;

// SAFETY: `memory.x` keeps the section, in the first 4 kB of flash, where the boot ROM looks for it.
#[unsafe(link_section = ".start_block")]
#[used]
static IMAGE: ImageDef = ImageDef::secure_exe();
