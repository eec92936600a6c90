//! The functions of conditions: those that Argo Rollouts gives them, and the ones of the expression language that are in use.

use super::super::value::{Value, to_float};
use super::evaluate::{Fault, Scene, boolean, mismatch, value};
use super::grammar::Expr;

/// The value of a call.
///
/// # Errors
/// Why there is none; a function that is not known here is no error of the condition.
pub(super) fn call(name: &str, arguments: &[Expr], scene: Scene<'_>) -> Result<Value, Fault> {
    match (name, arguments) {
        ("all" | "none" | "any" | "one" | "count" | "filter" | "map", [list, predicate]) => {
            each(name, list, predicate, scene)
        }
        ("count" | "sum" | "mean" | "median" | "min" | "max" | "len" | "first" | "last", [list]) => {
            over(name, value(list, scene)?.resolved(), scene)
        }
        ("sum", [list, term]) => over("sum", each("map", list, term, scene)?, scene),
        ("asFloat" | "float", [argument]) => float(&value(argument, scene)?.resolved(), scene).map(Value::Float),
        ("asInt" | "int", [argument]) => whole(&value(argument, scene)?.resolved(), scene),
        ("isNaN" | "isInf", [argument]) => {
            let of = value(argument, scene)?.resolved();
            let Value::Float(float) = of else {
                return Err(refused(name, &of, scene));
            };
            Ok(Value::Truth(if name == "isNaN" {
                float.is_nan()
            } else {
                float.is_infinite()
            }))
        }
        // Both look at the answer itself, whatever they are given; what they are given is evaluated first.
        ("isNil", [argument]) => {
            value(argument, scene)?;
            Ok(Value::Truth(*scene.result == Value::Nil))
        }
        ("default", [argument, instead]) => {
            value(argument, scene)?;
            if *scene.result == Value::Nil {
                value(instead, scene)
            } else {
                Ok(scene.result.clone())
            }
        }
        ("abs" | "round" | "floor" | "ceil", [argument]) => match (name, value(argument, scene)?.resolved()) {
            ("abs", Value::Whole(whole)) => Ok(Value::Whole(whole.wrapping_abs())),
            ("abs", Value::Float(float)) => Ok(Value::Float(float.abs())),
            ("round", Value::Float(float)) => Ok(Value::Float(float.round())),
            ("floor", Value::Float(float)) => Ok(Value::Float(float.floor())),
            ("ceil", Value::Float(float)) => Ok(Value::Float(float.ceil())),
            (_, Value::Whole(whole)) => Ok(Value::Float(to_float(whole))),
            (_, other) => Err(refused(name, &other, scene)),
        },
        _ => Err(Fault::NotKnown(format!("`{name}` with {} arguments", arguments.len()))),
    }
}

/// A function that takes no such value.
fn refused(name: &str, value: &Value, scene: Scene<'_>) -> Fault {
    let kind = value.kind();
    let kind = kind.strip_prefix("a ").unwrap_or(kind);
    mismatch(scene, format!("`{name}` takes no {kind}"))
}

fn items(of: Value, name: &str, scene: Scene<'_>) -> Result<Vec<Value>, Fault> {
    if let Value::List { items, .. } = of {
        return Ok(items);
    }
    Err(refused(name, &of, scene))
}

/// A function that asks a predicate about each element.
fn each(name: &str, list: &Expr, predicate: &Expr, scene: Scene<'_>) -> Result<Value, Fault> {
    let items = items(value(list, scene)?.resolved(), name, scene)?;
    let about = |element| Scene {
        result: scene.result,
        element: Some(element),
        steps: scene.steps,
    };
    if name == "map" {
        return items
            .iter()
            .map(|item| value(predicate, about(item)).map(Value::resolved))
            .collect::<Result<_, _>>()
            .map(Value::list);
    }
    let mut held = Vec::new();
    for item in &items {
        let holds = boolean(predicate, about(item))?;
        // These two stop at the first element that decides.
        match name {
            "all" if !holds => return Ok(Value::Truth(false)),
            "any" if holds => return Ok(Value::Truth(true)),
            _ => {}
        }
        if holds {
            held.push(item.clone());
        }
    }
    Ok(match name {
        "all" => Value::Truth(true),
        "any" => Value::Truth(false),
        "none" => Value::Truth(held.is_empty()),
        "one" => Value::Truth(held.len() == 1),
        "count" => length(held.len()),
        _ => Value::list(held),
    })
}

/// A function over all elements.
fn over(name: &str, of: Value, scene: Scene<'_>) -> Result<Value, Fault> {
    match (name, of) {
        ("len", Value::Text(text)) => Ok(length(text.chars().count())),
        ("len", Value::Object(_)) => Err(Fault::NotKnown("the length of a mapping".to_owned())),
        ("len", of) => items(of, name, scene).map(|items| length(items.len())),
        // Out of an empty list these take nil instead of failing.
        ("first", of) => Ok(items(of, name, scene)?.into_iter().next().unwrap_or(Value::Nil)),
        ("last", of) => Ok(items(of, name, scene)?.into_iter().next_back().unwrap_or(Value::Nil)),
        ("count", of) => {
            let held = items(of, name, scene)?;
            Ok(length(held.iter().filter(|item| **item == Value::Truth(true)).count()))
        }
        (_, of) => numbers(name, &items(of, name, scene)?, scene),
    }
}

fn length(length: usize) -> Value {
    Value::Whole(i64::try_from(length).unwrap_or(i64::MAX))
}

/// Sum, mean and median of nothing are 0 there; minimum and maximum of nothing fail.
fn numbers(name: &str, items: &[Value], scene: Scene<'_>) -> Result<Value, Fault> {
    let mut floats = Vec::new();
    for item in items {
        floats.push(item.number().ok_or_else(|| refused(name, item, scene))?);
    }
    let count = to_float(i64::try_from(floats.len()).unwrap_or(i64::MAX));
    let keep = |is_kept: fn(f64, f64) -> bool| {
        floats
            .iter()
            .copied()
            .reduce(|kept, next| if is_kept(kept, next) { next } else { kept })
            .map(Value::Float)
            .ok_or_else(|| Fault::Run(format!("`{name}` of nothing")))
    };
    match name {
        "max" => keep(|kept, next| kept < next),
        "min" => keep(|kept, next| kept > next),
        "mean" if floats.is_empty() => Ok(Value::Float(0.0)),
        "mean" => Ok(Value::Float(floats.iter().sum::<f64>() / count)),
        "median" => {
            floats.sort_by(f64::total_cmp);
            let (low, high) = (floats.len().saturating_sub(1) / 2, floats.len() / 2);
            let middle = floats.get(low).zip(floats.get(high));
            Ok(Value::Float(
                middle.map_or(0.0, |(low, high)| f64::midpoint(*low, *high)),
            ))
        }
        _ => Ok(Value::Float(floats.iter().sum())),
    }
}

fn float(of: &Value, scene: Scene<'_>) -> Result<f64, Fault> {
    if let Value::Text(text) = of {
        return parse_float(text).ok_or_else(|| Fault::Run(format!("`{text}` is no number")));
    }
    of.number()
        .ok_or_else(|| mismatch(scene, format!("{} is no number", of.kind())))
}

/// Go's `strconv.ParseFloat`, as far as its special values and plain decimals go.
fn parse_float(text: &str) -> Option<f64> {
    let is_plain = text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+' | b'e' | b'E'));
    match text.to_ascii_lowercase().as_str() {
        "nan" => Some(f64::NAN),
        "inf" | "+inf" | "infinity" | "+infinity" => Some(f64::INFINITY),
        "-inf" | "-infinity" => Some(f64::NEG_INFINITY),
        _ if is_plain => text.parse().ok(),
        _ => None,
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the expression language cuts the same way"
)]
fn whole(of: &Value, scene: Scene<'_>) -> Result<Value, Fault> {
    match of {
        Value::Whole(whole) => Ok(Value::Whole(*whole)),
        Value::Float(float) if float.is_finite() => Ok(Value::Whole(*float as i64)),
        Value::Float(_) => Err(Fault::NotKnown(
            "the whole number of something infinite or not a number".to_owned(),
        )),
        Value::Text(text) => text
            .parse()
            .map(Value::Whole)
            .map_err(|_| Fault::Run(format!("`{text}` is no whole number"))),
        Value::Nil | Value::Truth(_) | Value::List { .. } | Value::Object(_) | Value::Inside(_) => {
            Err(mismatch(scene, format!("{} is no number", of.kind())))
        }
    }
}
