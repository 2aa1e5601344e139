//! Nothing but something to link the tests against.

/// The environment variable's value, or a panic that names it.
pub fn required(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set"))
}

/// Runs a statement with psql on the server that a variable names.
pub fn sql(url: &str, statement: &str) {
    let url = required(url);
    run("psql", &["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", &url, "-c", statement]);
}

/// Copies the source to the target, as a replicator would.
pub fn copy() {
    let file = std::env::temp_dir().join("dump.sql");
    let file = file.to_str().expect("a path that is text");
    run("pg_dump", &["-d", &required("TEST_SOURCE_URL"), "-f", file]);
    run("psql", &["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", &required("TEST_TARGET_URL"), "-f", file]);
}

fn run(program: &str, arguments: &[&str]) {
    let done = std::process::Command::new(program).args(arguments).status();
    assert!(done.expect("PostgreSQL's client programs").success());
}
