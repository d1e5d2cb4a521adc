"""Flame graphs, Perfetto traces, function costs and annotated source: each read back by another reader."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from dataclasses import replace
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

import pytest
from perfetto.protos.perfetto.trace import perfetto_trace_pb2 as proto

from scopeless.board import load_board
from scopeless.cli import main
from scopeless.engines import start
from scopeless.errors import UsageError
from scopeless.firmware.build import firmware_for
from scopeless.firmware.elf import Elf
from scopeless.inside import View
from scopeless.inside.annotate import SourceFile, annotate, check_source
from scopeless.inside.calls import ASLEEP, EXCEPTIONS, Call, build
from scopeless.inside.flamegraph import check_suffix, flamegraph, folded
from scopeless.inside.functions import FunctionCost, FunctionCosts
from scopeless.inside.listing import MISSING, as_html, as_text
from scopeless.inside.perfetto import perfetto
from scopeless.inside.recorder import EXCEPTION_ROOT, Recorder
from scopeless.inside.slices import slices
from scopeless.machine import Flow, FlowEvent
from scopeless.timeline import Timeline


@cache
def whole_run(name: str = "stm32f103") -> View:
    """A board from reset until its first answer, with interrupts, sleep, pins and UART."""
    board = load_board(name)
    path = firmware_for(board, board.clocks_mhz[0], board.libm[0])
    elf = Elf.open(path)
    with start(board) as machine:
        machine.load(path)
        machine.watch_pins(None)
        machine.trace_start()
        machine.profile_start()
        ready = machine.run(for_us=10e6, until_line="^Ready$")
        machine.uart_send(b"START=1\n")
        answer = machine.run(for_us=10e6, until_line="^Run 1")
        calls = build(machine.trace_stop(), elf)
        rows = machine.profile_stop()
        timeline = machine.timeline()
    edges, uart = ready.edges + answer.edges, ready.uart + answer.uart
    return View(name, calls, rows, elf, timeline, edges, uart, 1 / board.baud)


BOARDS = pytest.mark.parametrize("name", ["stm32f103", "arduino_uno"])


def total(view: View) -> int:
    return max(call.exit_cycle for call in view.calls) - min(call.entry_cycle for call in view.calls)


@BOARDS
def test_slices_nest(name: str) -> None:
    open_calls: list[Call] = []
    before = 0
    for cycle, begins, call in slices(whole_run(name).calls):
        assert cycle >= before
        before = cycle
        if begins:
            open_calls.append(call)
        else:
            assert open_calls.pop() is call
    assert open_calls == []


def test_slices_of_threads_in_turn_end_and_begin_again() -> None:
    rows = [
        *[(0, Flow.START, 0x90), (10, Flow.EXCEPTION, 0x80), (20, Flow.EXCEPTION_RETURN, 0x50)],
        *[(30, Flow.EXCEPTION, 0x48), (40, Flow.EXCEPTION_RETURN, 0x80), (45, Flow.CALL, 0x90)],
        *[(47, Flow.RETURN, 0x90), (50, Flow.EXCEPTION, 0x80), (60, Flow.EXCEPTION_RETURN, 0x48)],
        (70, Flow.STOP, 0x50),
    ]
    calls = build([FlowEvent(cycle, cycle, kind, cycle, sp) for cycle, kind, sp in rows])
    depth: dict[int, int] = defaultdict(int)
    for _, begins, call in slices(calls):
        depth[id(call)] += 1 if begins else -1
    assert set(depth.values()) == {0}


# Long runs


def test_a_recorder_takes_calls_as_they_end() -> None:
    view = whole_run()
    recorder = Recorder()
    for call in sorted(view.calls, key=lambda call: call.exit_cycle):
        recorder.add([call])
    assert recorder.weights == view.weights
    assert [id(call) for call in recorder.calls] == [id(call) for call in view.calls]


def test_a_full_recorder_keeps_the_first_calls_and_their_callers() -> None:
    view = whole_run()
    recorder = Recorder(limit=500)
    for call in sorted(view.calls, key=lambda call: call.exit_cycle):
        recorder.add([call])
    assert recorder.weights == view.weights
    assert recorder.full_at is not None
    kept = set(recorder.calls)
    assert kept == {call for call in view.calls if call.entry_cycle < recorder.full_at}
    assert 500 <= len(kept) < 520
    assert all(call.parent is None or call.parent in kept for call in kept)


# Flame graphs


@BOARDS
def test_folded_stacks_add_up_to_the_run(name: str) -> None:
    view = whole_run(name)
    weights: dict[tuple[str, ...], int] = {}
    for line in folded(view.weights).splitlines():
        stack, _, cycles = line.rpartition(" ")
        weights[tuple(stack.split(";"))] = int(cycles)
    assert sum(weights.values()) == total(view)
    exceptions = sum(cycles for stack, cycles in weights.items() if stack[0] == EXCEPTION_ROOT)
    assert exceptions == sum(call.self_cycles for call in view.calls if call.thread == EXCEPTIONS) > 0
    asleep = sum(cycles for stack, cycles in weights.items() if stack[-1] == ASLEEP)
    assert asleep > total(view) / 2


@BOARDS
def test_speedscope(name: str) -> None:
    """Read as https://www.speedscope.app/file-format-schema.json has it."""
    view = whole_run(name)
    file = json.loads(flamegraph(view, ".json"))
    assert file["$schema"] == "https://www.speedscope.app/file-format-schema.json"
    frames = [frame["name"] for frame in file["shared"]["frames"]]
    assert len(set(frames)) == len(frames)
    sampled, evented = file["profiles"]
    assert (sampled["type"], sampled["unit"]) == ("sampled", "none")
    assert len(sampled["samples"]) == len(sampled["weights"])
    assert sum(sampled["weights"]) == sampled["endValue"] == total(view)
    assert (evented["type"], evented["unit"]) == ("evented", "microseconds")
    stack: list[int] = []
    at = evented["startValue"]
    for event in evented["events"]:
        assert evented["startValue"] <= at <= event["at"] <= evented["endValue"]
        at = event["at"]
        if event["type"] == "O":
            stack.append(event["frame"])
        else:
            assert (event["type"], event["frame"]) == ("C", stack.pop())
    assert stack == []
    end = max(call.exit_cycle for call in view.calls)
    assert evented["endValue"] == view.timeline.time_us(end)


def test_speedscope_frames_say_where_a_function_is() -> None:
    frames = json.loads(flamegraph(whole_run(), ".json"))["shared"]["frames"]
    sigmoid = next(frame for frame in frames if frame["name"] == "sigmoid")
    assert sigmoid["file"].endswith("common/network.c")
    source = (Path(__file__).parents[2] / sigmoid["file"]).read_text().splitlines()
    assert any("sigmoid(" in line for line in source[sigmoid["line"] - 2 : sigmoid["line"]])


def test_svg_is_as_wide_as_the_run() -> None:
    view = whole_run()
    root = ElementTree.fromstring(flamegraph(view, ".svg"))
    titles = [element.text or "" for element in root.iter("{http://www.w3.org/2000/svg}title")]
    assert titles[0] == f"stm32f103: {total(view)} cycles, 100.0 %"
    assert any(title.startswith(f"{ASLEEP}: ") for title in titles)


def test_a_name_says_the_format() -> None:
    with pytest.raises(UsageError, match=r"graph\.png does not say which kind"):
        check_suffix(Path("graph.png"))


# Perfetto


def tracks_of(view: View) -> tuple[dict[str, list[proto.TracePacket]], dict[str, proto.TrackDescriptor]]:
    """The packets and the descriptor of each track by its name, read by Google's protobuf library."""
    trace = proto.Trace()
    trace.ParseFromString(perfetto(view))
    descriptors = [packet.track_descriptor for packet in trace.packet if packet.HasField("track_descriptor")]
    names = {descriptor.uuid: descriptor.name for descriptor in descriptors}
    packets: dict[str, list[proto.TracePacket]] = defaultdict(list)
    for packet in trace.packet:
        assert packet.trusted_packet_sequence_id == 1
        if packet.HasField("track_event"):
            packets[names[packet.track_event.track_uuid]].append(packet)
    return packets, {descriptor.name: descriptor for descriptor in descriptors}


def slices_of(packets: list[proto.TracePacket]) -> list[tuple[int, int, str]]:
    """(begin, end, name) in nanoseconds; they have to nest."""
    found: list[tuple[int, int, str]] = []
    stack: list[tuple[int, str]] = []
    for packet in packets:
        if packet.track_event.type == proto.TrackEvent.TYPE_SLICE_BEGIN:
            stack.append((packet.timestamp, packet.track_event.name))
        else:
            assert packet.track_event.type == proto.TrackEvent.TYPE_SLICE_END
            begin, name = stack.pop()
            assert packet.timestamp >= begin
            found.append((begin, packet.timestamp, name))
    assert stack == []
    return found


@BOARDS
def test_perfetto_has_a_track_for_everything(name: str) -> None:
    view = whole_run(name)
    packets, descriptors = tracks_of(view)
    pins = {edge.pin for edge in view.edges}
    assert packets.keys() == {"functions", "exceptions", "UART, sent", *pins}
    assert descriptors[""].process.process_name == name
    assert {descriptors[track].parent_uuid for track in packets} == {descriptors[""].uuid}
    for pin in pins:
        edges = [edge for edge in view.edges if edge.pin == pin]
        levels = [
            (packet.timestamp, packet.track_event.counter_value)
            for packet in packets[pin]
            if packet.track_event.type == proto.TrackEvent.TYPE_COUNTER
        ]
        assert levels == [(round(view.timeline.exact_us(e.cycle) * 1000), e.level) for e in edges]
        assert descriptors[pin].HasField("counter")


@BOARDS
def test_perfetto_slices_are_the_calls(name: str) -> None:
    view = whole_run(name)
    packets, _ = tracks_of(view)
    for track, thread in (("functions", 0), ("exceptions", EXCEPTIONS)):
        expected = sorted(
            (
                round(view.timeline.exact_us(call.entry_cycle) * 1000),
                round(view.timeline.exact_us(call.exit_cycle) * 1000),
                call.function,
            )
            for call in view.calls
            if call.thread == thread
        )
        assert sorted(slices_of(packets[track])) == expected


def test_perfetto_shows_each_byte_in_its_line() -> None:
    packets, _ = tracks_of(whole_run())
    found = slices_of(packets["UART, sent"])
    ready = next(piece for piece in found if piece[2] == "Ready")
    inside = [(begin, name) for begin, end, name in found if ready[0] <= begin and end <= ready[1]]
    assert [name for _, name in sorted(inside[:-1])] == [*"Ready", "0x0d", "0x0a"]
    assert (ready[1] - ready[0]) / 7 == pytest.approx(10 / load_board("stm32f103").baud * 1e9, rel=0.02)


def test_the_same_view_gives_the_same_bytes() -> None:
    view = whole_run()
    assert perfetto(view) == perfetto(replace(view))
    assert flamegraph(view, ".json") == flamegraph(replace(view), ".json")


# Functions


def costs(view: View, *names: str) -> dict[str, FunctionCost]:
    found = FunctionCosts(names, view.elf)
    found.add(view.calls)
    return found.complete()


def test_the_cost_of_a_function_is_that_of_its_calls() -> None:
    view = whole_run()
    finite = [call for call in view.calls if call.function == "finite"]
    cost = costs(view, "finite", "sigmoid")["finite"]
    assert cost.inclusive.number == len(finite) == 1
    assert cost.inclusive.min == cost.inclusive.max == finite[0].cycles
    assert cost.own_total == cost.own.min == finite[0].self_cycles


def test_all_functions_together_are_the_run() -> None:
    view = whole_run()
    all_costs = costs(view, "all")
    own = sum(cost.own_total for cost in all_costs.values())
    left = sum(call.self_cycles for call in view.calls if not (call.complete and call.at_start))
    assert own + left == total(view)
    assert next(iter(all_costs)) == ASLEEP
    assert all_costs["hal_wait"].exceptions > 0


def test_open_calls_are_counted_and_not_measured() -> None:
    view = whole_run()
    main_calls = FunctionCosts(("reset_handler",), view.elf)
    main_calls.add(view.calls)
    assert main_calls.complete() == {}


def test_a_function_that_there_is_not() -> None:
    with pytest.raises(UsageError, match="no function 'sigmoyd'; did you mean 'sigmoid'"):
        costs(whole_run(), "sigmoyd")
    with pytest.raises(UsageError, match="--function needs an ELF"):
        FunctionCosts(("sigmoid",), None)


# Source


def network(files: list[SourceFile]) -> SourceFile:
    return next(file for file in files if file.path.endswith("common/network.c"))


def test_annotated_lines_add_up_to_the_rows() -> None:
    view = whole_run()
    assert view.elf is not None
    files = annotate(view.rows, view.elf)
    assert sum(file.cycles for file in files) == sum(row.cycles for row in view.rows)
    file = network(files)
    assert file.text is not None
    assert any("exp(" in file.line(number) for number in file.lines)
    for line in file.lines.values():
        assert sum(line.causes.values()) == line.cycles


def test_listing_has_source_cycles_and_stalls() -> None:
    view = whole_run()
    assert view.elf is not None
    files = annotate(view.rows, view.elf)
    text = as_text(files, "a run")
    assert re.search(r"^ +\d+ +\d+\.\d +1 +\d+ .*exp\(.*// .*fetch_flash \d+", text, re.MULTILINE)
    page = as_html(files, "a <run>")
    assert "<title>a &lt;run&gt;</title>" in page
    assert page.count("<table>") == len(files)


def test_source_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    view = whole_run()
    assert view.elf is not None
    monkeypatch.chdir(tmp_path)
    elsewhere = tmp_path / "firmware.elf"
    elsewhere.write_bytes(view.elf.path.read_bytes())
    files = annotate(view.rows, Elf.open(elsewhere))
    file = network(files)
    assert file.text is None
    assert f"{file.path} ({MISSING})" in as_text(files, "a run")
    assert f"({MISSING})" in as_html(files, "a run")


def test_source_of_firmware_without_debug_information() -> None:
    view = whole_run()
    assert view.elf is not None
    bare = replace(view.elf)
    object.__setattr__(bare, "_content", b"\x7fELF")
    with pytest.raises(UsageError, match="has no source lines; compile it with -g"):
        check_source(bare)
    with pytest.raises(UsageError, match="--annotate needs an ELF"):
        check_source(None)


# The command


def test_the_command_writes_everything(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = ("graph.json", "graph.folded", "run.pftrace", "source.html")
    graph, stacks, trace, source = (tmp_path / name for name in names)
    command = ["profile", "stm32f103", "--model", "simple1", "--function", "sigmoid"]
    assert main([*command, "--flamegraph", str(graph), "--trace", str(trace), "--annotate", str(source)]) == 0
    assert re.search(r"^sigmoid +1( +\d+){7}$", capsys.readouterr().out, re.MULTILINE)
    assert main([*command, "--flamegraph", str(stacks), "--annotate"]) == 0
    printed = capsys.readouterr().out
    cycles = sum(json.loads(graph.read_text())["profiles"][0]["weights"])
    assert sum(int(line.split()[-1]) for line in stacks.read_text().splitlines()) == cycles
    assert f"simple1 on stm32f103 at 72 MHz: {cycles} cycles" in printed
    assert source.read_text().startswith("<!DOCTYPE html>")
    assert proto.Trace.FromString(trace.read_bytes()).packet


def test_run_looks_inside_while_it_goes_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """From reset: everything that the window of a prediction does not have."""
    view = whole_run()
    assert view.elf is not None
    graph, stacks, trace = tmp_path / "graph.json", tmp_path / "graph.folded", tmp_path / "run.pftrace"
    commands = tmp_path / "commands"
    commands.write_text("START=1\n")
    command = ["run", "stm32f103", str(view.elf.path), "--until", "^Run 1: ", "--input", str(commands)]
    assert main([*command, "--flamegraph", str(graph), "--trace", str(trace), "--annotate"]) == 0
    captured = capsys.readouterr()
    assert captured.out.startswith("Scopeless benchmark on stm32f103")
    assert re.search(r"^ +\d+ +\d+\.\d +1 +\d+ .*exp\(-x\)", captured.err, re.MULTILINE)
    cycles = sum(json.loads(graph.read_text())["profiles"][0]["weights"])
    assert f"at cycle {cycles}." in captured.err
    names = {packet.track_descriptor.name for packet in proto.Trace.FromString(trace.read_bytes()).packet}
    assert {"functions", "exceptions", "PB12", "UART, sent"} <= names
    assert main([*command, "--function", "sigmoid", "--flamegraph", str(stacks)]) == 0
    assert re.search(r"^sigmoid +1( +\d+){7}$", capsys.readouterr().err, re.MULTILINE)
    assert sum(int(line.split()[-1]) for line in stacks.read_text().splitlines()) == cycles


def test_the_command_refuses_before_it_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["profile", "stm32f103", "--flamegraph", str(tmp_path / "graph.png")]) == 2
    assert "name it .folded" in capsys.readouterr().err
    assert main(["profile", "stm32f103", "--trace", str(tmp_path / "nowhere/run.pftrace")]) == 2
    assert "there is no folder" in capsys.readouterr().err


def test_time_is_simulated_time_through_a_clock_change() -> None:
    timeline = Timeline(1_000_000)
    timeline.change(10, 2_000_000)
    calls = build([FlowEvent(0, 0, Flow.START, 1, 9), FlowEvent(30, 9, Flow.STOP, 1, 9)])
    file = json.loads(flamegraph(View("t", calls, [], None, timeline), ".json"))
    assert file["profiles"][1]["endValue"] == 20.0
