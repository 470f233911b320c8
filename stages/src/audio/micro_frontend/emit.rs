//! The front end's tables as firmware source.

use super::Tables;
use kws_engine::firmware::{Code, Item, constant_name};

impl Tables {
    /// The tables as one `static` named `name`, in capitals, and an expression that borrows it.
    #[must_use]
    pub fn code(&self, name: &str) -> Code {
        let name = constant_name(&[name]);
        Code {
            of: "&'static Tables".to_owned(),
            value: format!("&{name}"),
            uses: vec![
                "kws_stages::audio::micro_frontend::{Complex, FftTables, FilterBankTables, Reference::*, Tables}"
                    .to_owned(),
            ],
            items: vec![Item {
                about: "Window, roots of unity, filter bank, gains and logarithm.".to_owned(),
                name,
                of: "Tables".to_owned(),
                value: format!("{self:?}"),
                bytes: size_of::<Tables>(),
            }],
            ..Code::default()
        }
    }
}
