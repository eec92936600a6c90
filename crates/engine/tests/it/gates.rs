//! The life of a stage whose gates pass.

use crate::script::check;

#[test]
fn a_stage_goes_from_its_first_step_to_its_finalisation() {
    check(
        "
        cleo approve catalogue
        confirm
        counts catalogue well 12
        cleo approve catalogue
        confirm
        counts catalogue well 12
        cleo finalise catalogue
        confirm
        ",
        "
        09:00:00 cleo approved catalogue: its first step
        09:00:00 catalogue exposed to 50 %, attempt 1
        09:00:00 catalogue is in force at every gateway; soaks until 2026-03-02T09:00:05.000Z
        09:00:01 catalogue/pages says pass
        09:00:05 the gate of catalogue decides step 1
        09:00:05 the gate of catalogue passed at step 1
        09:00:05 cleo asked to approve: catalogue, step 2
        09:00:12 cleo approved catalogue: step 2
        09:00:12 catalogue exposed to 100 %, attempt 1
        09:00:12 catalogue is at 100 % and watched; the way back is open until 2026-03-02T09:04:12.000Z
        09:00:12 pricing is ready for attempt 1
        09:00:12 gil, gus, pat asked to approve: pricing, its first step
        09:00:22 cleo asked to approve: catalogue, its finalisation, the point of no return
        09:00:24 cleo approved catalogue: its finalisation, the point of no return
        09:00:24 catalogue is final on the new side
        ",
    );
}
