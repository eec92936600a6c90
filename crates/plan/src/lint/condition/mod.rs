//! Conditions of Argo Rollouts, evaluated as it evaluates them. What this evaluator does not understand it says.

mod call;
mod evaluate;
mod grammar;
mod token;

pub(super) use evaluate::Fault;
pub(super) use grammar::{Expr, Operator};

use super::value::Value;

/// A condition that was read.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Condition {
    expr: Expr,
}

impl Condition {
    /// Reads a condition.
    ///
    /// # Errors
    /// What was not understood.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        grammar::read(text).map(|expr| Self { expr })
    }

    /// What it says about a value.
    ///
    /// # Errors
    /// Why it says nothing.
    pub(super) fn holds(&self, result: &Value) -> Result<bool, Fault> {
        evaluate::truth(&self.expr, result)
    }

    /// Every part, parents before children.
    pub(super) fn parts(&self) -> Vec<&Expr> {
        let mut parts = Vec::new();
        let mut open = vec![&self.expr];
        while let Some(expr) = open.pop() {
            parts.push(expr);
            match expr {
                Expr::Nil
                | Expr::Truth(_)
                | Expr::Whole(_)
                | Expr::Float(_)
                | Expr::Text(_)
                | Expr::Result
                | Expr::Element
                | Expr::Unknown(_) => {}
                Expr::Field(of, _) | Expr::Not(of) | Expr::Negative(of) => open.push(of),
                Expr::Index(left, right) | Expr::Binary(_, left, right) => open.extend([&**right, &**left]),
                Expr::Call(_, items) | Expr::List(items) => open.extend(items.iter().rev()),
                Expr::Choice(first, second, third) => open.extend([&**third, &**second, &**first]),
            }
        }
        parts
    }

    /// Numbers that stand in it.
    pub(super) fn numbers(&self) -> Vec<f64> {
        let parts = self.parts();
        parts.into_iter().filter_map(number).collect()
    }

    /// Whether it calls a function.
    pub(super) fn calls(&self, name: &str) -> bool {
        self.parts()
            .iter()
            .any(|part| matches!(part, Expr::Call(called, _) if called == name))
    }
}

/// The number that a part is.
pub(super) fn number(expr: &Expr) -> Option<f64> {
    if let Expr::Whole(whole) = expr {
        return Some(super::value::to_float(*whole));
    }
    if let Expr::Float(float) = expr {
        Some(*float)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(condition: &str, value: &Value) -> Result<bool, Fault> {
        Condition::read(condition).expect("the condition is read").holds(value)
    }

    fn fails(condition: &str, value: &Value) {
        let said = says(condition, value);
        assert!(
            matches!(said, Err(Fault::Run(_) | Fault::Type(_))),
            "{condition}: {said:?}"
        );
    }

    #[test]
    fn an_empty_list_fails_an_index_and_satisfies_every_element() {
        let empty = Value::floats(&[]);
        fails("result[0] >= 0.95", &empty);
        fails("max(result) < 5", &empty);
        fails("default(result[0], 0) < 5", &empty);
        for condition in [
            "all(result, # < 5)",
            "all(result, {# < 5})",
            "none(result, # > 5)",
            "len(result) == 0",
            "sum(result) < 5",
            "mean(result) < 5",
            "len(result) == 0 || result[0] < 5",
            "not any(result, # > 5)",
        ] {
            assert_eq!(says(condition, &empty), Ok(true), "{condition}");
        }
        assert_eq!(says("len(result) > 0 && result[0] < 5", &empty), Ok(false));
        assert_eq!(says("any(result, # < 5)", &empty), Ok(false));
    }

    #[test]
    fn no_comparison_with_nan_is_true_but_the_one_that_denies_equality() {
        let nan = Value::floats(&[f64::NAN]);
        for condition in [
            "result[0] < 1",
            "result[0] >= 1",
            "result[0] == result[0]",
            "1 in result",
        ] {
            assert_eq!(says(condition, &nan), Ok(false), "{condition}");
        }
        for condition in [
            "isNaN(result[0])",
            "!(result[0] > 1)",
            "result[0] != 1",
            "result[-1] != 0",
        ] {
            assert_eq!(says(condition, &nan), Ok(true), "{condition}");
        }
        assert_eq!(says("isInf(result[0])", &Value::floats(&[f64::INFINITY])), Ok(true));
    }

    #[test]
    fn a_default_stands_in_for_nil_only() {
        assert_eq!(says("default(result, 0) < 0.05", &Value::Nil), Ok(true));
        assert_eq!(says("isNil(result) || result < 1", &Value::Nil), Ok(true));
        assert_eq!(says("(result ?? 0) < 1", &Value::Nil), Ok(true));
        fails("result < 0.05", &Value::Nil);
        fails("asFloat(result) < 0.05", &Value::Nil);
        assert_eq!(says("asFloat(result) < 0.05", &Value::Text("NaN".into())), Ok(false));
        assert_eq!(says("asFloat(result) > 5", &Value::Text("+Inf".into())), Ok(true));
    }

    #[test]
    fn a_field_of_an_unknown_mapping_holds_what_it_is_said_to_hold() {
        let nothing = Value::object(Value::Nil);
        fails("result.rate < 1", &nothing);
        assert_eq!(says("result.data.ok == true", &nothing), Ok(false));
        assert_eq!(says("result['rate'] == nil", &nothing), Ok(true));
        let list = Value::object(Value::list(vec![]));
        assert_eq!(
            says("all(result.service.values, {asFloat(.value) >= 9})", &list),
            Ok(true)
        );
    }

    #[test]
    fn the_tool_checks_types_before_it_runs() {
        fails("true || len(result) == 0", &Value::Float(1.0));
        fails("result >= 0.95", &Value::floats(&[1.0]));
        fails("result[0] >= 0.95", &Value::Float(1.0));
        fails("speed > 1", &Value::Float(1.0));
        fails("result", &Value::Float(1.0));
    }

    #[test]
    fn precedence_is_that_of_the_language() {
        let one = Value::Float(1.0);
        for condition in [
            "1 + 2 * 3 == 7",
            "-2 + 3 == 1",
            "false and false or true",
            "not false and true",
            "(result > 0 ? 1 : 2) == 1",
            "result in [1, 2]",
            "1 not in [2]",
            "'abc' contains 'b' && 'abc' startsWith 'a'",
            "7 % 4 == 3 && 1 / 2 == 0.5",
        ] {
            assert_eq!(says(condition, &one), Ok(true), "{condition}");
        }
        fails("! result > 0", &one);
    }

    #[test]
    fn what_is_not_understood_is_said() {
        for condition in [
            "result | len()",
            "let x = 1; x > 0",
            "result[0:1] == 1",
            "",
            "result >",
            "1 < 2 < 3",
            "\"a",
        ] {
            assert!(Condition::read(condition).is_err(), "{condition}");
        }
        let nested = format!("{}# < 5{}", "all(result, ".repeat(30), ")".repeat(30));
        assert!(matches!(
            says(&nested, &Value::floats(&[1.0, 2.0])),
            Err(Fault::NotKnown(_))
        ));
        let deep = format!("{}result{}", "(".repeat(10_000), ")".repeat(10_000));
        assert!(Condition::read(&deep).is_err());
        assert!(Condition::read("reduce(result, #acc, 0) > 1").is_err());
        assert!(matches!(
            says("toJSON(result) == ''", &Value::Nil),
            Err(Fault::NotKnown(_))
        ));
        assert!(matches!(says("2 ** 2 == 4", &Value::Nil), Err(Fault::NotKnown(_))));
        assert!(matches!(
            says("asInt(result) > 1", &Value::Float(f64::NAN)),
            Err(Fault::NotKnown(_))
        ));
    }
}
