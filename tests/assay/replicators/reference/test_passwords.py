"""Password files."""

from assay.postgres.address import Address
from assay.redact import Secret
from assay.replicators.reference.passwords import find, passfile, read


def test_what_is_written_for_children_is_read_back():
    hostile = Address("h", 5, "us:er", Secret(r"a:b\c"), "db")
    with passfile(hostile) as path:
        assert path.stat().st_mode & 0o077 == 0
        assert find(read(path), "h", 5, "any", "us:er") == r"a:b\c"
    assert not path.exists()


def test_the_first_line_that_fits_counts(tmp_path):
    path = tmp_path / "passfile"
    path.write_text("# comment:1:2:3:4\nh:5:special:me:first\nh:*:*:me:second\nshort:line\n")
    path.chmod(0o600)
    lines = read(path)
    assert find(lines, "h", 5, "special", "me") == "first"
    assert find(lines, "h", 6, "other", "me") == "second"
    assert find(lines, "h", 5, "special", "you") == ""
    assert len(lines) == 2
