//! What the fuzz target reaches: connections without sockets. Only there when fuzzing.

use std::sync::Arc;

use kws::Pipeline;

use crate::catalogue::Catalogue;
use crate::connection::{Connection, Service};
use crate::metrics::Metrics;
use crate::plans::Plans;

/// A service that nobody can reach but by [`Served::take`].
pub struct Served {
    service: Arc<Service>,
    plans: Plans,
}

impl Served {
    /// Serves a pipeline.
    ///
    /// # Panics
    /// When it cannot be planned.
    pub fn new(pipeline: Pipeline) -> Self {
        let plans = Plans::new(&[pipeline]).expect("the pipeline can be planned");
        let catalogue = Catalogue::new(&plans).expect("the pipeline can be served");
        let service = Service { catalogue, metrics: Metrics::new(), refractory: 2.0 };
        Served { service: Arc::new(service), plans }
    }

    /// What a client says on one connection, in pieces of so many bytes; what it is answered.
    pub fn take(&mut self, said: &[u8], piece: usize) -> Vec<u8> {
        let mut connection = Connection::new(self.service.clone(), "fuzz".to_owned());
        for bytes in said.chunks(piece.max(1)) {
            if connection.take(bytes, &mut self.plans).is_err() {
                break;
            }
        }
        std::mem::take(connection.out())
    }
}
