"""What a Rust test's own words come to, in the spellings of several compilers."""

from __future__ import annotations

import pytest

from assay.replicators.rust_says import lacked, message, needs, output

HEAD = "\nrunning 1 test\ntest t ... FAILED\n\nfailures:\n\n---- t stdout ----\n"
TAIL = (
    "note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace\n\n\n"
    "failures:\n    t\n\ntest result: FAILED. 0 passed; 1 failed;\n"
)


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("thread 't' panicked at tests/a.rs:3:5:\nboom\nwith a second line\n",
         "tests/a.rs:3:5: boom\nwith a second line"),
        ("thread 't' (4711) panicked at tests/a.rs:3:5:\nboom\n", "tests/a.rs:3:5: boom"),
        ("thread 't' panicked at 'boom', tests/a.rs:3:5\n", "tests/a.rs:3:5: boom"),
        ("asking\nthread 't' panicked at tests/a.rs:3:5:\nboom\n", "tests/a.rs:3:5: boom"),
    ],
)  # fmt: skip
def test_the_message_of_a_panic(said, wanted):
    assert message(HEAD + said + TAIL, "t") == wanted


def test_an_error_that_is_returned_and_what_was_printed_before():
    text = HEAD + 'asking\nError: "no"\n\n\nfailures:\n    t\n'
    assert message(text, "t") == 'Error: "no"'
    assert output(text, "t").startswith("asking")


@pytest.fixture
def crate(tmp_path):
    (tmp_path / "tests").mkdir()
    path = tmp_path / "tests" / "a.rs"
    path.write_text(
        'fn url() -> Option<String> { std::env::var("TEST_MYSQL_URL").ok() }\n'
        '#[test] fn first() { let x = "}"; url().expect("TEST_MYSQL_URL must be set"); }\n'
        '#[test] fn second() { assert!(true, "{}", url().is_some()); }\n'
        '#[test] fn third() { read().expect("UNHEARD_OF must be set, of IN_PROGRESS"); }\n'
        '#[test] fn fourth() { read().expect("the state IN_PROGRESS"); }\n'
        'const STATE: &str = "IN_PROGRESS";\n'
        'fn bare() { std::env::var("TEST_KAFKA_URL").unwrap(); }\n'
    )
    return tmp_path, path


def test_only_what_the_test_itself_expects_is_needed_beforehand(crate):
    _, path = crate
    assert needs(path, "first", ()) == ("TEST_MYSQL_URL",)
    assert needs(path, "first", ("TEST_MYSQL_URL",)) == ()
    assert needs(path, "second", ()) == ()
    assert needs(path, "third", ()) == ("IN_PROGRESS",)
    assert needs(path, "fourth", ()) == ()
    assert needs(path, "in_another_file", ()) == ()


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("tests/a.rs:2:1: TEST_MYSQL_URL must be set", ("TEST_MYSQL_URL",)),
        ("tests/a.rs:2:1: TEST_MYSQL_URL: connection refused", ("TEST_MYSQL_URL",)),
        ("tests/a.rs:2:1: UNHEARD_OF must be set", ()),
        ("tests/a.rs:2:1: assertion failed: IN_PROGRESS must be set", ()),
        ("tests/a.rs:2:1: the job is IN_PROGRESS", ()),
        ("tests/a.rs:7:44: called `Result::unwrap()` on an `Err` value: NotPresent",
         ("TEST_KAFKA_URL",)),
        ("tests/b.rs:5:44: called `Result::unwrap()` on an `Err` value: NotPresent", ()),
    ],
)  # fmt: skip
def test_what_a_panic_says_that_it_lacks(crate, said, wanted):
    root, _ = crate
    assert lacked(said, root, ("TEST_SOURCE_URL",)) == wanted
