"""The picture of a pin in Robot Framework's log."""

import re
import xml.etree.ElementTree as ElementTree
from itertools import pairwise

from scopeless.machine import Edge
from scopeless.robot.waveform import HIGH_Y, LOW_Y, waveform_svg

EDGES = [Edge(100 * n, "PB12", 1 - n % 2) for n in range(6)]


def test_the_trace_changes_its_level_at_each_edge_in_order() -> None:
    picture = ElementTree.fromstring(waveform_svg(EDGES, 72_000_000, "stm32f103"))
    trace = next(element.attrib["d"] for element in picture.iter() if element.tag.endswith("path"))
    steps = re.findall(r"H([\d.]+)V([\d.]+)", trace)
    assert [int(y) for _, y in steps] == [HIGH_Y, LOW_Y] * 3
    distances = [float(b[0]) - float(a[0]) for a, b in pairwise(steps)]
    assert max(distances) - min(distances) < 0.05, "equal times are equally wide"
    assert trace.startswith(f"M70.0 {LOW_Y}H"), "low before the first edge"


def test_it_is_labelled_with_durations_and_the_pin() -> None:
    picture = waveform_svg(EDGES, 100_000_000, "a <b> & c")
    assert picture.count(">1 us<") == 5
    assert ">PB12<" in picture
    assert "500 cycles, 5 us from first to last edge" in picture
    assert "a &lt;b&gt; &amp; c" in picture


def test_levels_too_narrow_for_a_label_have_none() -> None:
    edges = [*EDGES[:5], Edge(1_000_000, "PB12", 0)]
    assert waveform_svg(edges, 1_000_000, "").count(">100 us<") == 0


def test_one_edge_is_a_picture_too() -> None:
    picture = ElementTree.fromstring(waveform_svg(EDGES[:1], 72_000_000, "one"))
    assert picture.tag.endswith("svg") and "one" in "".join(picture.itertext())
