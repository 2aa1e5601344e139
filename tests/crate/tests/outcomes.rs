//! One test for each way a test can end.

use assay_tiny::required;

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
