//! Why exposure fell, in words.

use crate::event::Cause;

/// Why exposure fell, as a clause.
pub(crate) fn blame(cause: &Cause) -> String {
    match cause {
        Cause::Harm(criterion) => format!("because {criterion} found harm"),
        Cause::Brake => "by the brake".to_owned(),
        Cause::Person(reason) if reason.trim().is_empty() => "as asked".to_owned(),
        Cause::Person(reason) => format!("as asked: {reason}"),
        Cause::Action(action) => format!("by the action {action}"),
        Cause::Restored => "because the journal was restored".to_owned(),
        Cause::Unknown(gateway) => format!("because gateway {gateway} holds what this journal does not know"),
    }
}
