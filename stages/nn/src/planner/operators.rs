//! What a `.tflite` file may ask for, from the [table](crate::operators::table) of operators: their numbers, what lowers
//! each, how it treats the rows of a stream, and the names for errors.

use super::Lowering;
use super::node::Node;
use super::streaming::Along;
use crate::error::ModelError;

macro_rules! define_builtin {
    ($($name:ident = $number:literal: $lower:ident, $along:ident;)+) => {
        /// Numbers of the operators.
        pub(crate) mod code {
            $(pub(crate) const $name: i32 = $number;)+
            /// An operator that is known by its name.
            pub(crate) const CUSTOM: i32 = 32;
        }

        const BUILTIN: &[&str] = &[$(stringify!($name)),+];

        #[cfg(test)]
        const NUMBERS: &[(&str, i32)] = &[$((stringify!($name), $number)),+];

        impl<'a> Lowering<'_, 'a> {
            fn builtin(&mut self, node: &Node<'_, 'a>) -> Result<(), ModelError> {
                match node.operator.code.code {
                    $(code::$name => self.$lower(node),)+
                    _ => Err(node.unsupported()),
                }
            }
        }

        fn builtin_along(code: i32) -> Option<Along> {
            match code {
                $(code::$name => Some(Along::$along),)+
                _ => None,
            }
        }
    };
}

macro_rules! define_custom {
    ($($name:ident = $text:literal: $lower:ident, $along:ident;)+) => {
        const CUSTOM: &[&str] = &[$($text),+];

        impl<'a> Lowering<'_, 'a> {
            fn custom(&mut self, node: &Node<'_, 'a>) -> Result<(), ModelError> {
                match node.operator.code.custom.as_str() {
                    $($text => self.$lower(node),)+
                    _ => Err(node.unsupported()),
                }
            }
        }

        fn custom_along(name: &str) -> Option<Along> {
            match name {
                $($text => Some(Along::$along),)+
                _ => None,
            }
        }
    };
}

crate::operators::table::builtin_operators!(define_builtin);
crate::operators::table::custom_operators!(define_custom);

impl<'a> Lowering<'_, 'a> {
    /// Lowers an operator to operations.
    pub(crate) fn lower(&mut self, node: &Node<'_, 'a>) -> Result<(), ModelError> {
        if node.operator.code.code == code::CUSTOM { self.custom(node) } else { self.builtin(node) }
    }
}

impl Node<'_, '_> {
    /// How this operator treats the rows of a stream; an unknown one mixes them.
    pub(in crate::planner) fn along(&self) -> Along {
        let code = &self.operator.code;
        let known =
            if code.code == code::CUSTOM { custom_along(&code.custom) } else { builtin_along(code.code) };
        known.unwrap_or(Along::Mix)
    }
}

/// The operators that the planner knows, for the error about one that it does not.
pub(crate) fn known() -> String {
    let sorted = [BUILTIN, CUSTOM].into_iter().flat_map(|names| {
        let mut names = names.to_vec();
        names.sort_unstable();
        names
    });
    sorted.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::NUMBERS;
    use crate::builtin::Builtin;

    #[test]
    fn numbers_are_those_of_the_schema_s_names() {
        for (name, code) in NUMBERS {
            assert_eq!(Builtin { code: *code, custom: String::new() }.to_string(), *name);
        }
    }
}
