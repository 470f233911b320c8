//! The computer as a board of kws.
