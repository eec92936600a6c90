//! What an estate says, told for people: the map of its owners, the map of its risks, what changes to another estate,
//! and a site of all that.
//! It reads an estate and gives text: no file, clock or chance, so that equal estates give equal artefacts.

pub mod change;
pub mod draw;
pub mod map;
pub mod risk;
pub mod site;

pub use change::Difference;
pub use draw::{Dress, STYLE};
pub use map::OwnershipMap;
pub use risk::RiskMap;
