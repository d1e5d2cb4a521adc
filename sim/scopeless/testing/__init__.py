"""Tests of firmware in pytest: the fixture ``mcu`` (docs/pytest.md)."""
