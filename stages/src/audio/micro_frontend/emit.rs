//! The front end's tables as firmware source.

use std::sync::Arc;

use kws_engine::DesignError;
use kws_engine::firmware::{self, Code, Item, constant_name};

use super::{Feature, MicroFrontend, Tables, Work};
use crate::resolved::Emit;

impl<F: Feature> Emit for MicroFrontend<Arc<Tables>, Vec<i16>, F> {
    fn emit(&self, site: &firmware::EmitSite<'_>) -> Result<Code, DesignError> {
        let mut code = Code::new(site).works(firmware::Work::Integer);
        for name in ["MicroFrontend", "Tables", "Work"] {
            code.uses(&format!("kws_stages::audio::micro_frontend::{name}"));
        }
        let Code { mut items, uses, .. } = tables_code(self.analyser.tables(), "tables");
        code.item_uses.extend(uses);
        let tables = items.pop().map(|item| code.item(item)).unwrap_or_default();
        let history = code.lend("history", "the newest samples.", "i16", self.history.len(), "0");
        let (of, first) = ("Work".to_owned(), "Work::new()".to_owned());
        let work =
            code.lend_as("work", "the noise estimate, and space to work in.", of, first, size_of::<Work>());
        let (item, parts) =
            (F::ELEMENT.name(), [&tables.value, &history.value, &work.value].map(String::as_str));
        let of = format!("MicroFrontend<{}, {}, {item}, {}>", tables.of, history.of, work.of);
        Ok(code.is(of, format!("MicroFrontend::over({}, {})", self.hop, parts.join(", "))))
    }
}

/// The tables as one `static` named `name`, in capitals, and an expression that borrows it.
#[must_use]
pub fn tables_code(tables: &Tables, name: &str) -> Code {
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
            value: format!("{tables:?}"),
            bytes: size_of::<Tables>(),
        }],
        ..Code::default()
    }
}
