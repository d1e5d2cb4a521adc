"""Short forms of what `make reliability` runs at full length."""

from reliability.endings import end_runs
from reliability.hours import busy, idle
from reliability.mutants import run_mutants
from reliability.parsers import damage_files
from reliability.repeats import distinct_records


def test_damaged_firmware_ends_in_an_error_or_runs_its_time():
    tally = run_mutants(60, seed=2)
    assert tally.stories == []
    assert tally.passed, tally  # and memory within its bounds
    assert tally.ends.total() == 60 and {"ran", "refused", "faulted"} <= set(tally.ends)


def test_damaged_files_of_every_kind_are_read_or_refused():
    ends, defects = damage_files(60, seed=2)
    assert defects == []
    assert ends.total() == 60 * 7


def test_the_same_run_gives_the_same_record_beside_others():
    found = distinct_records(("stm32f103", "arduino_uno"), 4)
    assert {name: list(digests.values()) for name, digests in found.items()} == {
        "stm32f103": [4],
        "arduino_uno": [4],
    }


def test_a_run_ended_at_any_moment_leaves_nothing_wrong():
    ends, wrong = end_runs(12, seed=3)
    assert wrong == []
    assert ends.total() == 12


def test_an_hour_of_idle_time_is_no_work_and_predictions_cost_no_memory():
    idle("stm32f103", 3600)  # would take minutes if it were not skipped
    edges, growth_mb = busy("stm32f103", 600)
    assert edges == 199 * 6
    assert growth_mb < 2
