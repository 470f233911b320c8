//! What the integration tests of kws share.
