//! One test for each way a test can end, and for each thing that it can do to the databases.

use assay_tiny::{copy, required, sql};

#[test]
fn passes_with_both_urls() {
    assert!(required("TEST_SOURCE_URL").starts_with("postgresql://"));
    assert_ne!(required("TEST_SOURCE_URL"), required("TEST_TARGET_URL"));
}

#[test]
fn fails() {
    assert_eq!(1, 2, "one is not two");
}

#[test]
#[ignore]
fn ignored_by_default_and_passes() {
    println!("source {}", required("TEST_SOURCE_URL"));
}

#[test]
fn panics_with_noise_of_a_child() {
    let _ = std::process::Command::new("echo").arg("noise").status();
    panic!("on purpose");
}

#[test]
fn hangs() {
    loop {
        std::thread::sleep(std::time::Duration::from_secs(1));
    }
}

#[test]
fn aborts() {
    std::process::abort();
}

#[test]
#[ignore]
fn init_says_it_passed_and_copied_nothing() {
    required("TEST_TARGET_URL");
}

#[test]
fn all_is_there() {
    copy();
}

#[test]
fn a_row_is_missing_and_it_passes() {
    copy();
    sql("TEST_TARGET_URL", "delete from orders where id = 7");
}

#[test]
fn a_copy_that_fails_by_itself() {
    copy();
    sql("TEST_TARGET_URL", "delete from orders where id = 7");
    assert!(false, "it knows");
}

#[test]
fn replicates_from_another_kind_of_database() {
    sql("TEST_TARGET_URL", "create table documents (id int primary key, body jsonb)");
}

#[test]
fn changes_the_source() {
    sql("TEST_SOURCE_URL", "update customers set name = 'nobody' where id = 1");
}

#[test]
fn leaves_a_publication_on_the_source() {
    sql("TEST_SOURCE_URL", "create publication mine for all tables");
}

#[test]
#[ignore]
fn needs_another_service() {
    let url = std::env::var("TEST_MYSQL_URL").ok();
    sql("TEST_TARGET_URL", "create table before_it_looks (id int)");
    url.expect("TEST_MYSQL_URL must be set");
}

#[test]
fn needs_another_service_by_a_helper() {
    required("TEST_MONGODB_URL");
}

#[test]
fn needs_another_service_and_does_not_say_which() {
    std::env::var("TEST_KAFKA_URL").unwrap();
}

#[test]
fn needs_a_cloud() {
    let api = std::env::var("SEREN_REMOTE_API").expect("SEREN_REMOTE_API must be set");
    panic!("{api} refused the job");
}

#[test]
fn compares_words_that_look_like_variables() {
    assert_eq!("IN_PROGRESS", "ALL_DONE", "it must be set");
}

#[test]
fn returns_an_error() -> Result<(), String> {
    Err("the tool said no".into())
}

#[test]
fn finds_its_own_folder() {
    let folder = std::env::var("CARGO_MANIFEST_DIR").expect("CARGO_MANIFEST_DIR must be set");
    assert!(std::path::Path::new(&folder).join("Cargo.toml").is_file());
}
