import json

import pytest

from assay.report import verdicts
from assay.report.draw import draw
from assay.report.records import load


def test_the_file_fits_its_schema(run_folder, judged, skipped, self_test, hold):
    rust = {"event": "rust-test", "name": "t", "target": "it", "result": "passed", "seconds": 1}
    left_out = [{"phase": "cutover", "requires": "cutover"}]
    folder = run_folder(
        self_test(), judged("a"), judged("b", "SILENT_WRONG", skipped_phases=left_out), skipped(),
        {**rust, "why": None, "nodeid": "n"},
        {"event": "item-error", "nodeid": "x", "when": "setup", "why": "no server"},
    )  # fmt: skip
    draw(folder)
    written = json.loads((folder / verdicts.NAME).read_text())
    hold("verdicts.schema.json", written)
    assert written["rust_tests"][0]["name"] == "t"
    assert written["errors"][0]["nodeid"] == "x"


def test_it_has_the_shape_of_the_design(run_folder, judged, self_test):
    written = verdicts.verdicts(load(run_folder(self_test(), judged("dt-toast"))))
    assert written["verdict"] == "PASS"
    assert written["line"] == "PASS, 1 judged, 0 known gaps, 0 skipped"
    assert written["run"] == {
        "id": "0a1b2c3d", "started": "2026-01-02T03:04:05.678Z", "seed": 7, "assay": "0.1.0",
    }  # fmt: skip
    assert written["replicators"] == [{"name": "seren", "version": "2.5.1"}]
    assert written["counts"] == {"FAITHFUL": 1}
    assert written["outcomes"][0].items() >= {
        "case": "dt-toast", "category": "data-types", "phase": "init", "replicator": "seren",
        "pg": "17:17", "outcome": "FAITHFUL", "proof": "bytes", "harmed_source": False,
        "expected": True, "why": None, "seconds": 0.5, "findings": [],
    }.items()  # fmt: skip


def test_plants_of_all_workers_are_counted_together(run_folder, judged, self_test):
    slow = self_test(worker="gw1", detected=2, missed=["lost-grant"], seconds=2.5)
    written = verdicts.verdicts(load(run_folder(self_test(worker="gw0"), slow, judged())))
    assert written["self_test"] == {
        "planted": 6, "detected": 5, "missed": ["lost-grant"], "seconds": 2.5,
    }  # fmt: skip
    assert written["verdict"] == "UNKNOWN"


def test_what_the_oracle_was_measured_to_see_is_told(run_folder, judged):
    written = verdicts.verdicts(load(run_folder(judged())))
    assert written["oracle"]["corpus"]["found"] >= 250
    assert written["oracle"]["equal_pairs"]["comparisons"] >= 1


def test_a_broken_text_is_still_json(run_folder, judged, hold):
    folder = run_folder(judged(why="caf\udce9 \u2028 é"))
    draw(folder)
    written = json.loads((folder / verdicts.NAME).read_text(encoding="utf-8"))
    assert written["outcomes"][0]["why"] == "caf\udce9 \u2028 é"


def test_the_schema_refuses_what_it_does_not_know(run_folder, judged, hold):
    written = verdicts.verdicts(load(run_folder(judged())))
    with pytest.raises(Exception, match="surprise"):
        hold("verdicts.schema.json", {**written, "surprise": 1})
