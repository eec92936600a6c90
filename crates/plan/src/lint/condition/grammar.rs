//! From a condition's text to its tree, with the precedence of the expression language (expr 1.17, `parser/operator`).

use super::token::{Token, tokens};

/// Deepest nesting of a condition.
const DEPTH_MAX: usize = 64;

/// A part of a condition.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::lint) enum Expr {
    Nil,
    Truth(bool),
    Whole(i64),
    Float(f64),
    Text(String),
    /// What the provider answered.
    Result,
    /// The element that a predicate is asked about.
    Element,
    /// A name that the tool does not give to conditions.
    Unknown(String),
    Field(Box<Expr>, String),
    Index(Box<Expr>, Box<Expr>),
    Call(String, Vec<Expr>),
    Not(Box<Expr>),
    Negative(Box<Expr>),
    Binary(Operator, Box<Expr>, Box<Expr>),
    Choice(Box<Expr>, Box<Expr>, Box<Expr>),
    List(Vec<Expr>),
}

/// An operator between two parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::lint) enum Operator {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    AtMost,
    More,
    AtLeast,
    In,
    NotIn,
    Contains,
    StartsWith,
    EndsWith,
    Plus,
    Minus,
    Times,
    Over,
    Remainder,
    Power,
    OrElse,
}

impl Operator {
    /// Whether it asks which of two is larger.
    fn is_order(self) -> bool {
        matches!(self, Self::Less | Self::AtMost | Self::More | Self::AtLeast)
    }
}

/// Reads a condition.
///
/// # Errors
/// What was not understood; the tool itself may well understand it.
pub(super) fn read(text: &str) -> Result<Expr, String> {
    let mut reader = Reader {
        tokens: tokens(text)?,
        at: 0,
        depth: 0,
    };
    let expr = reader.choice()?;
    match reader.peek() {
        None => Ok(expr),
        Some(token) => Err(shown(token)),
    }
}

struct Reader {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
}

impl Reader {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn takes(&mut self, sign: &str) -> bool {
        let is_next = matches!(self.peek(), Some(Token::Sign(next)) if *next == sign);
        self.at += usize::from(is_next);
        is_next
    }

    fn needs(&mut self, sign: &str) -> Result<(), String> {
        if self.takes(sign) {
            return Ok(());
        }
        Err(self.peek().map_or_else(|| "an early end".to_owned(), shown))
    }

    fn choice(&mut self) -> Result<Expr, String> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(format!("nesting deeper than {DEPTH_MAX}"));
        }
        let mut expr = self.binary(0)?;
        if self.takes("?") {
            let then = self.choice()?;
            self.needs(":")?;
            let other = self.choice()?;
            expr = Expr::Choice(Box::new(expr), Box::new(then), Box::new(other));
        }
        self.depth -= 1;
        Ok(expr)
    }

    fn binary(&mut self, least: u8) -> Result<Expr, String> {
        let is_closed = matches!(self.peek(), Some(Token::Sign("(")));
        let mut left = self.unary()?;
        while let Some((operator, precedence, length)) = self.operator() {
            if precedence < least {
                break;
            }
            // `a < b < c` means `a < b && b < c` there; nobody is known to write it.
            if operator.is_order() && matches!(&left, Expr::Binary(earlier, ..) if earlier.is_order() && !is_closed) {
                return Err("a chain of comparisons".to_owned());
            }
            self.at += length;
            let right = self.binary(precedence + u8::from(operator != Operator::Power))?;
            left = Expr::Binary(operator, Box::new(left), Box::new(right));
        }
        Ok(left)
    }

    /// The operator that follows, its precedence, and how many tokens it takes.
    fn operator(&self) -> Option<(Operator, u8, usize)> {
        let found = match self.peek()? {
            Token::Sign(sign) => match *sign {
                "||" => (Operator::Or, 10),
                "&&" => (Operator::And, 15),
                "==" => (Operator::Equal, 20),
                "!=" => (Operator::NotEqual, 20),
                "<" => (Operator::Less, 20),
                "<=" => (Operator::AtMost, 20),
                ">" => (Operator::More, 20),
                ">=" => (Operator::AtLeast, 20),
                "+" => (Operator::Plus, 30),
                "-" => (Operator::Minus, 30),
                "*" => (Operator::Times, 60),
                "/" => (Operator::Over, 60),
                "%" => (Operator::Remainder, 60),
                "**" | "^" => (Operator::Power, 100),
                "??" => (Operator::OrElse, 250),
                _ => return None,
            },
            Token::Word(word) => match word.as_str() {
                "or" => (Operator::Or, 10),
                "and" => (Operator::And, 15),
                "in" => (Operator::In, 20),
                "contains" => (Operator::Contains, 20),
                "startsWith" => (Operator::StartsWith, 20),
                "endsWith" => (Operator::EndsWith, 20),
                "not" if matches!(self.tokens.get(self.at + 1), Some(Token::Word(next)) if next == "in") => {
                    return Some((Operator::NotIn, 20, 2));
                }
                _ => return None,
            },
            Token::Whole(_) | Token::Float(_) | Token::Text(_) => return None,
        };
        Some((found.0, found.1, 1))
    }

    fn unary(&mut self) -> Result<Expr, String> {
        let is_not = matches!(self.peek(), Some(Token::Word(word)) if word == "not");
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(format!("nesting deeper than {DEPTH_MAX}"));
        }
        let expr = if is_not || self.takes("!") {
            self.at += usize::from(is_not);
            Expr::Not(Box::new(self.binary(50)?))
        } else if self.takes("-") {
            Expr::Negative(Box::new(self.binary(90)?))
        } else if self.takes("+") {
            self.binary(90)?
        } else {
            let first = self.primary()?;
            self.postfix(first)?
        };
        self.depth -= 1;
        Ok(expr)
    }

    fn postfix(&mut self, mut expr: Expr) -> Result<Expr, String> {
        loop {
            if self.takes("[") {
                let index = self.choice()?;
                self.needs("]")?;
                expr = Expr::Index(Box::new(expr), Box::new(index));
            } else if self.takes(".") {
                let name = self.word()?;
                expr = Expr::Field(Box::new(expr), name);
            } else {
                return Ok(expr);
            }
        }
    }

    fn word(&mut self) -> Result<String, String> {
        match self.peek().cloned() {
            Some(Token::Word(word)) => {
                self.at += 1;
                Ok(word)
            }
            Some(token) => Err(shown(&token)),
            None => Err("an early end".to_owned()),
        }
    }

    fn primary(&mut self) -> Result<Expr, String> {
        let token = self.peek().cloned().ok_or("an early end")?;
        self.at += 1;
        Ok(match token {
            Token::Whole(whole) => Expr::Whole(whole),
            Token::Float(float) => Expr::Float(float),
            Token::Text(text) => Expr::Text(text),
            Token::Word(word) => return self.named(word),
            Token::Sign("#") => {
                if matches!(self.peek(), Some(Token::Word(_))) {
                    return Err("`#` with a name".to_owned());
                }
                Expr::Element
            }
            // `.field` inside a predicate is a field of its element.
            Token::Sign(".") => Expr::Field(Box::new(Expr::Element), self.word()?),
            Token::Sign("(") => {
                let expr = self.choice()?;
                self.needs(")")?;
                expr
            }
            Token::Sign("[") => Expr::List(self.list("]")?),
            sign @ Token::Sign(_) => return Err(shown(&sign)),
        })
    }

    fn named(&mut self, word: String) -> Result<Expr, String> {
        if self.takes("(") {
            return Ok(Expr::Call(word, self.list(")")?));
        }
        Ok(match word.as_str() {
            "nil" => Expr::Nil,
            "true" => Expr::Truth(true),
            "false" => Expr::Truth(false),
            "result" => Expr::Result,
            "let" | "if" => return Err(format!("`{word}`")),
            _ => Expr::Unknown(word),
        })
    }

    /// Parts between commas up to a closing sign; a predicate may stand in braces.
    fn list(&mut self, close: &str) -> Result<Vec<Expr>, String> {
        let mut items = Vec::new();
        while !self.takes(close) {
            if !items.is_empty() {
                self.needs(",")?;
            }
            if self.takes("{") {
                items.push(self.choice()?);
                self.needs("}")?;
            } else {
                items.push(self.choice()?);
            }
        }
        Ok(items)
    }
}

fn shown(token: &Token) -> String {
    match token {
        Token::Whole(whole) => format!("`{whole}`"),
        Token::Float(float) => format!("`{float}`"),
        Token::Text(text) => format!("`\"{text}\"`"),
        Token::Word(word) => format!("`{word}`"),
        Token::Sign(sign) => format!("`{sign}`"),
    }
}
