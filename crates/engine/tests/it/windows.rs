//! The plan's windows: when exposure may grow; lowering knows none.

use tidegate_model::Timestamp;
use tidegate_model::plan::WeeklyWindow;

use crate::script::check_in;
use crate::world::World;

#[test]
fn growth_waits_for_the_plans_window_and_lowering_does_not() {
    let mut world = World::shop_with(|parts| {
        parts.plans[0].expand.within = vec![WeeklyWindow {
            days: vec![1],
            from_minute: 9 * 60 + 1,
            until_minute: 9 * 60 + 2,
            zone: "UTC".to_owned(),
        }];
    });
    check_in(
        &mut world,
        "
        cleo approve catalogue
        show catalogue
        wait 59s
        wait 1s
        confirm
        counts catalogue well 12
        cleo approve catalogue
        show catalogue
        cleo rollback catalogue a sale begins
        confirm
        ",
        "
        09:00:00 cleo approved entering catalogue
        09:00:00 catalogue waits for the plan's window, which opens at 09:01:00
        = catalogue is ready at 0 %, attempt 1; it waits for: the plan's windows say not now
        09:01:00 exposed catalogue to 50 % (step 1), as approved
        09:01:00 step 1 of catalogue is in force; it soaks until 09:01:05
        09:01:01 pages of catalogue says pass
        09:01:05 the soak of catalogue step 1 is over; its gate decides
        09:01:05 the gate of catalogue step 1 passed on 1 criterion
        09:01:05 asked cleo to approve step 2 of catalogue, until 09:02:35
        09:01:12 cleo approved step 2 of catalogue
        09:01:12 exposed catalogue to 100 % (step 2), as the gate before it passed
        = catalogue is exposing at 100 %, attempt 1; it waits for: not every gateway holds 100 % yet
        09:01:12 rolling catalogue back from 100 % to 0 %, as asked: a sale begins
        09:01:12 catalogue is back on the old side, on 1 gateway
        ",
    );
}

#[test]
fn who_has_approved_is_not_paged_for_an_answer_while_the_window_is_closed() {
    let mut world = World::shop_with(|parts| {
        parts.plans[0].expand.within = vec![WeeklyWindow {
            days: vec![1],
            from_minute: 9 * 60 + 5,
            until_minute: 9 * 60 + 6,
            zone: "UTC".to_owned(),
        }];
    });
    check_in(
        &mut world,
        "
        cleo approve catalogue
        ana hold checkout
        wait 89s
        wait 1s
        show pages
        ",
        "
        09:00:00 cleo approved entering catalogue
        09:00:00 catalogue waits for the plan's window, which opens at 09:05:00
        09:00:00 ana holds checkout
        09:01:30 the approval of checkout is overdue; its owner is paged
        09:01:30 inc-1 opened (sev3, checkout, by a decision that waits (checkout)): checkout waits for its approval
        09:01:30 called ana for inc-1 (rung 1, call 1); next at 09:02:30
        = pages under way: ana of inc-1 by way 1, ana of inc-1 by way 2
        ",
    );
}

#[test]
fn nothing_grows_in_a_freeze() {
    let mut world = World::shop_with(|parts| {
        parts.plans[0].expand.never = vec![(Timestamp(0), Timestamp(1_772_442_030_000))];
    });
    check_in(
        &mut world,
        "
        cleo approve catalogue
        wait 29s
        show catalogue
        wait 1s
        ",
        "
        09:00:00 cleo approved entering catalogue
        09:00:00 catalogue waits for the plan's window, which opens at 09:00:30
        = catalogue is ready at 0 %, attempt 1; it waits for: the plan's windows say not now
        09:00:30 exposed catalogue to 50 % (step 1), as approved
        ",
    );
}
