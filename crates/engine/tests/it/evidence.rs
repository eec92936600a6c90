//! Which counts enter the record, and which may help a step to pass.

use tidegate_model::{CriterionId, StageId};

use crate::shop::name;
use crate::world::{Health, World};

#[test]
fn a_gap_in_a_gateways_reports_is_no_repeat() {
    let mut world = World::shop();
    world.enter("catalogue", "cleo");
    world.counts("catalogue", Health::Well);
    world.skip_strata(3);
    world.counts("catalogue", Health::Well);
    let (stage, pages): (StageId, CriterionId) = (name("catalogue"), name("pages"));
    assert_eq!(world.state.stages[&stage].cells[&pages].len(), 2);
    assert_eq!(world.phase("catalogue"), "soaking");
}
