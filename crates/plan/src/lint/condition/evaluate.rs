//! What a condition says about a value: expr 1.17 as Argo Rollouts calls it (`utils/evaluate/evaluate.go`).

use std::cell::Cell;
use std::cmp::Ordering;

use super::super::value::{Value, to_float};
use super::call;
use super::grammar::{Expr, Operator};

/// Why a condition has no truth value.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::lint) enum Fault {
    /// The tool refuses the condition before it runs it, whatever is short-circuited.
    Type(String),
    /// The tool fails while it runs the condition.
    Run(String),
    /// This evaluator does not know what the tool would do.
    NotKnown(String),
}

/// What a condition is asked about.
#[derive(Clone, Copy)]
pub(super) struct Scene<'a> {
    /// The provider's answer.
    pub(super) result: &'a Value,
    /// The element that a predicate is asked about.
    pub(super) element: Option<&'a Value>,
    /// Steps that are left: predicates in predicates could take for ever.
    pub(super) steps: &'a Cell<u32>,
}

/// Most steps of one evaluation.
const STEPS_MAX: u32 = 5_000;

/// The truth value of a condition.
///
/// # Errors
/// Why there is none.
pub(super) fn truth(expr: &Expr, result: &Value) -> Result<bool, Fault> {
    let steps = Cell::new(STEPS_MAX);
    boolean(
        expr,
        Scene {
            result,
            element: None,
            steps: &steps,
        },
    )
}

pub(super) fn value(expr: &Expr, scene: Scene<'_>) -> Result<Value, Fault> {
    let left = scene.steps.get().checked_sub(1);
    scene
        .steps
        .set(left.ok_or_else(|| Fault::NotKnown(format!("more than {STEPS_MAX} steps")))?);
    match expr {
        Expr::Nil => Ok(Value::Nil),
        Expr::Truth(truth) => Ok(Value::Truth(*truth)),
        Expr::Whole(whole) => Ok(Value::Whole(*whole)),
        Expr::Float(float) => Ok(Value::Float(*float)),
        Expr::Text(text) => Ok(Value::Text(text.clone())),
        Expr::Result => Ok(scene.result.clone()),
        Expr::Element => scene
            .element
            .cloned()
            .ok_or_else(|| Fault::NotKnown("an element outside of a predicate".to_owned())),
        Expr::Unknown(name) => Err(Fault::Type(format!("the tool knows no `{name}`"))),
        Expr::Field(of, name) => field(value(of, scene)?, name, scene),
        Expr::Index(of, index) => {
            let (of, index) = (value(of, scene)?, value(index, scene)?.resolved());
            if let Value::Whole(index) = index {
                return element(of, index, scene);
            }
            if let Value::Text(name) = &index {
                return field(of, name, scene);
            }
            Err(mismatch(scene, format!("{} is no index", index.kind())))
        }
        Expr::Call(name, arguments) => call::call(name, arguments, scene),
        Expr::Not(inner) => Ok(Value::Truth(!boolean(inner, scene)?)),
        Expr::Negative(inner) => {
            let of = value(inner, scene)?.resolved();
            if let Value::Whole(whole) = of {
                return Ok(Value::Whole(whole.wrapping_neg()));
            }
            of.number()
                .map(|float| Value::Float(-float))
                .ok_or_else(|| mismatch(scene, format!("{} has no negative", of.kind())))
        }
        Expr::Binary(operator, left, right) => binary(*operator, left, right, scene),
        Expr::Choice(condition, then, other) => {
            let (taken, left_out) = if boolean(condition, scene)? {
                (then, other)
            } else {
                (other, then)
            };
            refuse_typed(left_out, scene)?;
            value(taken, scene)
        }
        Expr::List(items) => items
            .iter()
            .map(|item| value(item, scene).map(Value::resolved))
            .collect::<Result<_, _>>()
            .map(Value::list),
    }
}

/// A fault of types: before the run when the answer's type is known then.
pub(super) fn mismatch(scene: Scene<'_>, words: String) -> Fault {
    if scene.result.is_typed() {
        Fault::Type(words)
    } else {
        Fault::Run(words)
    }
}

/// What is not evaluated is still checked by the tool before it runs.
fn refuse_typed(expr: &Expr, scene: Scene<'_>) -> Result<(), Fault> {
    match value(expr, scene) {
        Err(fault @ Fault::Type(_)) => Err(fault),
        Err(Fault::Run(_) | Fault::NotKnown(_)) | Ok(_) => Ok(()),
    }
}

pub(super) fn boolean(expr: &Expr, scene: Scene<'_>) -> Result<bool, Fault> {
    let of = value(expr, scene)?.resolved();
    if let Value::Truth(truth) = of {
        return Ok(truth);
    }
    Err(mismatch(scene, format!("{} is no truth value", of.kind())))
}

fn field(of: Value, name: &str, scene: Scene<'_>) -> Result<Value, Fault> {
    if let Value::Object(inner) | Value::Inside(inner) = of {
        return Ok(Value::Inside(inner));
    }
    Err(mismatch(scene, format!("{} has no `{name}`", of.kind())))
}

fn element(of: Value, index: i64, scene: Scene<'_>) -> Result<Value, Fault> {
    // The list may lie anywhere on the way to the value inside.
    if let Value::Inside(inner) = &of
        && !matches!(**inner, Value::List { .. })
    {
        return Ok(of);
    }
    let of = of.resolved();
    let Value::List { items, .. } = of else {
        return Err(mismatch(scene, format!("{} has no elements", of.kind())));
    };
    let length = items.len();
    let at = if index < 0 {
        length.checked_sub(usize::try_from(index.unsigned_abs()).unwrap_or(usize::MAX))
    } else {
        usize::try_from(index).ok()
    };
    at.and_then(|at| items.into_iter().nth(at)).ok_or_else(|| {
        Fault::Run(if length == 0 {
            format!("an empty list has no element {index}")
        } else {
            format!("a list of {length} has no element {index}")
        })
    })
}

fn binary(operator: Operator, left: &Expr, right: &Expr, scene: Scene<'_>) -> Result<Value, Fault> {
    match operator {
        Operator::Or | Operator::And => {
            let first = boolean(left, scene)?;
            if first == (operator == Operator::Or) {
                refuse_typed(right, scene)?;
                return Ok(Value::Truth(first));
            }
            return boolean(right, scene).map(Value::Truth);
        }
        Operator::OrElse => {
            let first = value(left, scene)?.resolved();
            return if first == Value::Nil {
                value(right, scene)
            } else {
                Ok(first)
            };
        }
        Operator::Equal
        | Operator::NotEqual
        | Operator::Less
        | Operator::AtMost
        | Operator::More
        | Operator::AtLeast
        | Operator::In
        | Operator::NotIn
        | Operator::Contains
        | Operator::StartsWith
        | Operator::EndsWith
        | Operator::Plus
        | Operator::Minus
        | Operator::Times
        | Operator::Over
        | Operator::Remainder
        | Operator::Power => {}
    }
    let (left, right) = (value(left, scene)?.resolved(), value(right, scene)?.resolved());
    match operator {
        Operator::Equal => equal(&left, &right, scene).map(Value::Truth),
        Operator::NotEqual => equal(&left, &right, scene).map(|is_equal| Value::Truth(!is_equal)),
        Operator::Less => order(&left, &right, scene, Ordering::is_lt),
        Operator::AtMost => order(&left, &right, scene, Ordering::is_le),
        Operator::More => order(&left, &right, scene, Ordering::is_gt),
        Operator::AtLeast => order(&left, &right, scene, Ordering::is_ge),
        Operator::In => is_in(&left, &right, scene).map(Value::Truth),
        Operator::NotIn => is_in(&left, &right, scene).map(|is_in| Value::Truth(!is_in)),
        Operator::Contains => texts(&left, &right, scene, |text, part| text.contains(part)),
        Operator::StartsWith => texts(&left, &right, scene, |text, part| text.starts_with(part)),
        Operator::EndsWith => texts(&left, &right, scene, |text, part| text.ends_with(part)),
        Operator::Plus => match (&left, &right) {
            (Value::Text(left), Value::Text(right)) => Ok(Value::Text(format!("{left}{right}"))),
            _ => arithmetic(&left, &right, scene, i64::checked_add, |left, right| left + right),
        },
        Operator::Minus => arithmetic(&left, &right, scene, i64::checked_sub, |left, right| left - right),
        Operator::Times => arithmetic(&left, &right, scene, i64::checked_mul, |left, right| left * right),
        Operator::Remainder => match (&left, &right) {
            (Value::Whole(left), Value::Whole(right)) => left
                .checked_rem(*right)
                .map(Value::Whole)
                .ok_or_else(|| Fault::Run("a remainder without a result".to_owned())),
            _ => Err(mismatch(scene, "a remainder of numbers that are not whole".to_owned())),
        },
        Operator::Over => floats(&left, &right, scene, |left, right| left / right),
        Operator::Power => Err(Fault::NotKnown("a power".to_owned())),
        Operator::Or | Operator::And | Operator::OrElse => Err(Fault::NotKnown("an operator".to_owned())),
    }
}

fn is_in(needle: &Value, list: &Value, scene: Scene<'_>) -> Result<bool, Fault> {
    match list {
        Value::List { items, .. } => Ok(items.iter().any(|item| same(item, needle))),
        Value::Nil => Ok(false),
        Value::Truth(_) | Value::Whole(_) | Value::Float(_) | Value::Text(_) | Value::Object(_) | Value::Inside(_) => {
            Err(mismatch(scene, format!("{} holds no elements", list.kind())))
        }
    }
}

fn texts(left: &Value, right: &Value, scene: Scene<'_>, holds: fn(&str, &str) -> bool) -> Result<Value, Fault> {
    match (left, right) {
        (Value::Text(text), Value::Text(part)) => Ok(Value::Truth(holds(text, part))),
        _ => Err(mismatch(scene, format!("{} is no text", left.kind()))),
    }
}

fn floats(left: &Value, right: &Value, scene: Scene<'_>, of: fn(f64, f64) -> f64) -> Result<Value, Fault> {
    left.number()
        .zip(right.number())
        .map(|(left, right)| Value::Float(of(left, right)))
        .ok_or_else(|| {
            mismatch(
                scene,
                format!("{} and {} are no two numbers", left.kind(), right.kind()),
            )
        })
}

fn arithmetic(
    left: &Value,
    right: &Value,
    scene: Scene<'_>,
    of_wholes: fn(i64, i64) -> Option<i64>,
    of_floats: fn(f64, f64) -> f64,
) -> Result<Value, Fault> {
    match (left, right) {
        (Value::Whole(left), Value::Whole(right)) => of_wholes(*left, *right)
            .map(Value::Whole)
            // There it wraps around.
            .ok_or_else(|| Fault::NotKnown("a whole number past its range".to_owned())),
        _ => floats(left, right, scene, of_floats),
    }
}

/// Numbers by value, whatever their types; NaN equals nothing.
#[expect(clippy::float_cmp, reason = "the expression language compares exactly")]
fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Whole(left), Value::Float(right)) | (Value::Float(right), Value::Whole(left)) => {
            to_float(*left) == *right
        }
        _ => left == right,
    }
}

fn equal(left: &Value, right: &Value, scene: Scene<'_>) -> Result<bool, Fault> {
    let is_mixed = left.is_typed() && right.is_typed() && left.kind() != right.kind();
    if is_mixed && scene.result.is_typed() {
        return Err(Fault::Type(format!("{} is never {}", left.kind(), right.kind())));
    }
    Ok(same(left, right))
}

fn order(left: &Value, right: &Value, scene: Scene<'_>, holds: fn(Ordering) -> bool) -> Result<Value, Fault> {
    let ordering = match (left, right) {
        (Value::Text(left), Value::Text(right)) => Some(left.cmp(right)),
        _ => {
            let (left, right) = left.number().zip(right.number()).ok_or_else(|| {
                mismatch(
                    scene,
                    format!("{} cannot be compared with {}", left.kind(), right.kind()),
                )
            })?;
            left.partial_cmp(&right)
        }
    };
    Ok(Value::Truth(ordering.is_some_and(holds)))
}
