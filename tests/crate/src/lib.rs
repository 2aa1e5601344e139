//! Nothing but something to link the tests against.

/// The environment variable's value, or a panic that names it.
pub fn required(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set"))
}
