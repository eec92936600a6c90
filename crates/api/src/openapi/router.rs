//! Routes that come with their descriptions: there is no way to add the one without the other.

use axum::Router;
use axum::handler::Handler;
use axum::http::Method;
use axum::routing::{MethodRouter, get, post};
use serde_json::{Map, Value, json};

use crate::app::Shared;
use crate::problem::{Code, Document};

use super::{Answers, Asks, Operation, Types, frame};

/// Routes, what they do, and the types that they speak of.
pub(crate) struct Described {
    router: Router<Shared>,
    operations: Vec<Operation>,
    types: Types,
}

impl Described {
    pub(crate) fn new() -> Self {
        Self {
            router: Router::new(),
            operations: Vec::new(),
            types: Types::new(),
        }
    }

    /// Serves a look at `path`.
    pub(crate) fn get<T: 'static, H: Tells<T>>(
        self,
        path: &'static str,
        id: &'static str,
        says: &'static str,
        handler: H,
    ) -> Self {
        self.route(Method::GET, path, id, says, get(handler), H::tell)
    }

    /// Serves a question with a body, or a request to change something.
    pub(crate) fn post<T: 'static, H: Tells<T>>(
        self,
        path: &'static str,
        id: &'static str,
        says: &'static str,
        handler: H,
    ) -> Self {
        self.route(Method::POST, path, id, says, post(handler), H::tell)
    }

    fn route(
        mut self,
        method: Method,
        path: &'static str,
        id: &'static str,
        says: &'static str,
        route: MethodRouter<Shared>,
        tell: fn(&mut Operation, &mut Types),
    ) -> Self {
        let mut operation = Operation::new(method, path, id, says);
        tell(&mut operation, &mut self.types);
        self.operations.push(operation);
        self.router = self.router.route(path, route);
        self
    }

    /// Adds problems to what was described last that neither its arguments nor its answer can know.
    pub(crate) fn may_fail(mut self, codes: &[Code]) -> Self {
        if let Some(last) = self.operations.last_mut() {
            last.may_fail(codes);
        }
        self
    }

    /// What is served.
    pub(crate) fn router(self) -> Router<Shared> {
        self.router
    }

    /// What is told of it.
    pub(super) fn document(mut self) -> Map<String, Value> {
        let mut paths: Map<String, Value> = Map::new();
        for operation in &self.operations {
            let methods = paths.entry(operation.path.clone()).or_insert_with(|| json!({}));
            methods[operation.method.as_str().to_lowercase()] = operation.to_value();
        }
        // Named by the answers that refer to it.
        self.types.given::<Document>();
        frame(paths, self.types.named())
    }
}

/// A handler whose arguments and answer say what they are.
pub(crate) trait Tells<T>: Handler<T, Shared> {
    /// Adds all of it to an operation.
    fn tell(operation: &mut Operation, types: &mut Types);
}

// A function cannot speak of the arguments of another; axum knows handlers by tuples of them in the same way.
macro_rules! tells {
    ($($argument:ident),*) => {
        impl<F, Answer, Given, Way, $($argument),*> Tells<(Way, $($argument,)*)> for F
        where
            F: Handler<(Way, $($argument,)*), Shared> + FnOnce($($argument),*) -> Answer,
            Answer: Future<Output = Given>,
            Given: Answers,
            $($argument: Asks,)*
        {
            fn tell(operation: &mut Operation, types: &mut Types) {
                $($argument::ask(operation, types);)*
                Given::answer(operation, types);
            }
        }
    };
}

tells!(A);
tells!(A, B);
tells!(A, B, C);
tells!(A, B, C, D);
tells!(A, B, C, D, E);
