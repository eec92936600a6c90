//! What an estate says, told for people: the map of its owners, the map of its risks.
//! It reads an estate and gives text: no file, clock or chance, so that equal estates give equal artefacts.

pub mod draw;
pub mod map;
pub mod risk;

pub use draw::{Dress, STYLE};
pub use map::OwnershipMap;
pub use risk::RiskMap;
