"""Checks the platforms in ``renode/`` without Renode: each file by itself, and against its board."""

from __future__ import annotations

import ast
import re
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from scopeless.board import Board, Memory, PeripheralSpec, board_names, build_name, load_board
from scopeless.firmware.build import FIRMWARE
from scopeless.renode import RENODE_DIR
from scopeless.renode.classes import CLASSES, PeripheralClass, own_class
from scopeless.renode.description import Attribute, Description, Entry, integer, read_description
from scopeless.renode.problem import Problem
from scopeless.renode.script import Command, Script, read_script

CPU_TYPES = {
    "cortex-m3": "cortex-m3",
    "cortex-m4": "cortex-m4",
    "cortex-m4f": "cortex-m4f",
    "cortex-m7": "cortex-m7",
}
PERIPHERAL_BITS = 0x4200_0000
"""Bit-band alias of the peripherals: Arm DDI0403 B3.1; M3 and M4 only."""
SYSTEM = range(0xE000_0000, 0xE010_0000)
"""The private peripheral bus: NVIC and DWT have it, whatever the board's file lists there."""

TRACE_SCRIPT = "trace.resc"
TRACING = {
    ("sysbus.cpu", "MaximumBlockSize"): ("1",),
    ("sysbus.cpu", "CreateExecutionTracing"): (
        *('"tracer"', "$trace", "PCAndOpcode"),
        *("true", "false", "true"),
    ),
    ("tracer", "TrackMemoryAccesses"): (),
}
"""What makes a trace that can be followed: ExecutionTracer.cs; docs/renode.md says why."""

_LINKER_REGION = re.compile(r"ORIGIN = (0x[0-9A-Fa-f]+), LENGTH = (\d+)K")

USED_BY_THE_BENCHMARK = (
    *(
        "afio",
        "cachectrl",
        "clkgen",
        "clock",
        "eefc",
        "flash",
        "fmc",
        "gpio",
        "mcg",
        "mcuctrl",
        "nvmc",
        "osc",
    ),
    *("pio", "pmc", "port", "pwr", "pwrctrl", "rcc", "rstc", "sim", "syscfg", "uart", "usart", "wdog", "wdt"),
)
"""Kinds of blocks, behind the family's name, that the benchmark's firmware uses: the platforms, which are
made for it, must have them."""


class Range(NamedTuple):
    """Addresses of one registration of an entry."""

    start: int
    end: int
    entry: Entry
    region: str
    line: int


def renode_boards() -> list[Board]:
    """The boards that have a platform: all with a Cortex-M core."""
    return [board for board in map(load_board, board_names()) if board.core in CPU_TYPES]


def check_all(folder: Path = RENODE_DIR) -> list[Problem]:
    """Every problem of every board's platform, in order of files and lines."""
    boards = [problem for board in renode_boards() for problem in check_board(board, folder)]
    return sorted(boards + check_tracing(folder / TRACE_SCRIPT))


def check_tracing(path: Path) -> list[Problem]:
    """Every problem of the script that records traces: the replay reads what it makes."""
    if not path.exists():
        return [Problem(path, 1, "there is no such file")]
    script = read_script(path)
    for name, arguments in TRACING.items():
        if [command.arguments for command in script.all(*name)] != [arguments]:
            script.complain(1, f"it must say {' '.join((*name, *arguments))}, once")
    return sorted(script.problems)


def check_board(board: Board, folder: Path = RENODE_DIR) -> list[Problem]:
    """Every problem of ``board``'s platform."""
    description_path, script_path = folder / f"{board.name}.repl", folder / f"{board.name}.resc"
    missing = [path for path in (description_path, script_path) if not path.exists()]
    if missing:
        return [Problem(path, 1, "there is no such file") for path in missing]
    script = read_script(script_path)
    description = read_description(description_path)
    classes = CLASSES | _own_classes(script)
    for entry in description.entries.values():
        _check_entry(description, entry, classes)
    ranges = _ranges(description, classes)
    _check_overlaps(description, ranges)
    _check_core(description, board)
    for memory in board.memory:
        if memory.kind != "rom":  # which the benchmark does not read
            _check_memory(description, memory, ranges)
    for spec in board.peripherals:
        _check_peripheral(description, board, spec, ranges)
    _check_script(script, description, board, ranges)
    return sorted(description.problems + script.problems)


# A .repl by itself


def _own_classes(script: Script) -> dict[str, PeripheralClass]:
    found = {}
    for command in script.all("include"):
        file = script.file(command.arguments[0])
        if file.suffix == ".cs" and file.exists():
            try:
                name, described = own_class(file)
            except ValueError as error:
                script.complain(command.line, str(error))
            else:
                found[name] = described
    return found


def _check_entry(description: Description, entry: Entry, classes: dict[str, PeripheralClass]) -> None:
    known = classes.get(entry.kind)
    if known is None:
        if entry.kind:
            description.complain(entry.line, f"{entry.name}: there is no class {entry.kind} that we know of")
        return
    for attribute in entry.attributes:
        wanted = known.parameters.get(attribute.name)
        if wanted is None:
            choices = ", ".join(known.parameters) or "none"
            description.complain(
                attribute.line, f"{entry.kind} has no parameter {attribute.name}; it has {choices}"
            )
        elif not _is_a(attribute, wanted):
            description.complain(attribute.line, f"{attribute.name} of {entry.name} should be a {wanted}")
        if attribute.reference and attribute.reference not in description.entries:
            description.complain(
                attribute.line, f"{attribute.name} refers to {attribute.reference}, not defined"
            )
        if attribute.code:
            _check_code(description, attribute)
    for name in sorted(known.required - {attribute.name for attribute in entry.attributes}):
        description.complain(entry.line, f"{entry.name} lacks the parameter {name}")
    for registration in entry.registrations:
        if registration.bus != "sysbus" and registration.bus not in description.entries:
            description.complain(registration.line, f"{entry.name} is on {registration.bus}, not defined")
        if registration.start is not None and known.size == "" and registration.size is None:
            description.complain(registration.line, f"{entry.name} needs a range: <address, +size>")
    for interrupt in entry.interrupts:
        if interrupt.target not in description.entries:
            description.complain(interrupt.line, f"{entry.name} interrupts {interrupt.target}, not defined")
        if (interrupt.output or "IRQ") not in known.outputs:
            description.complain(
                interrupt.line, f"{entry.kind} has no output {interrupt.output or 'to connect'}"
            )


def _is_a(attribute: Attribute, wanted: str) -> bool:
    value = attribute.value
    if wanted == "reference":
        return bool(attribute.reference)
    if wanted in ("number", "byte"):
        limit = 0xFF if wanted == "byte" else 0xFFFF_FFFF
        return isinstance(value, int) and not isinstance(value, bool) and value <= limit
    return isinstance(value, {"bool": bool, "string": str}.get(wanted, object))


def _check_code(description: Description, attribute: Attribute) -> None:
    try:
        ast.parse(str(attribute.value))
    except SyntaxError as error:
        line = attribute.line + (error.lineno or 1) - 1
        description.complain(line, f"the script is not Python: {error.msg}")


def _ranges(description: Description, classes: dict[str, PeripheralClass]) -> list[Range]:
    ranges = []
    for entry in description.entries.values():
        known = classes.get(entry.kind)
        for registration in entry.registrations:
            size: object = registration.size
            if size is None and known is not None:
                size = known.size
                if isinstance(size, str) and (attribute := entry.get(size)):
                    size = attribute.value
            if registration.start is not None and isinstance(size, int):
                start, end = registration.start, registration.start + size
                ranges.append(Range(start, end, entry, registration.region, registration.line))
    return sorted(ranges, key=lambda r: (r.start, r.end))


def _check_overlaps(description: Description, ranges: list[Range]) -> None:
    for first, second in pairwise(ranges):
        if second.start < first.end:
            later = max(first, second, key=lambda r: r.line)
            description.complain(
                later.line, f"{first.entry.name} and {second.entry.name} overlap at {second.start:#010x}"
            )


# A .repl against its board


def _check_core(description: Description, board: Board) -> None:
    mhz = board.clocks_mhz[0]
    cpus = [entry for entry in description.entries.values() if entry.kind == "CPU.CortexM"]
    nvics = [entry for entry in description.entries.values() if entry.kind == "IRQControllers.NVIC"]
    if len(cpus) != 1 or len(nvics) != 1:
        description.complain(1, "there must be one CPU.CortexM and one IRQControllers.NVIC")
        return
    spec = next(spec for spec in board.peripherals if spec.model == "cortexm.nvic")
    mask = 0xFF << (8 - int(spec.options["priority_bits"])) & 0xFF
    _expect(description, cpus[0], "cpuType", CPU_TYPES[board.core])
    _expect(description, cpus[0], "PerformanceInMips", mhz)
    _expect(description, nvics[0], "systickFrequency", mhz * 1_000_000)
    _expect(description, nvics[0], "priorityMask", mask)
    if not any(i.target == cpus[0].name and i.number == 0 for i in nvics[0].interrupts):
        description.complain(nvics[0].line, f"{nvics[0].name} must interrupt {cpus[0].name}@0")
    interrupts = int(spec.options["irqs"])
    for entry in description.entries.values():
        for interrupt in entry.interrupts:
            if interrupt.target == nvics[0].name and interrupt.number >= interrupts:
                description.complain(
                    interrupt.line, f"{board.mcu} has {interrupts} interrupts, so no {interrupt.number}"
                )


def _expect(description: Description, entry: Entry, name: str, wanted: int | str) -> None:
    attribute = entry.get(name)
    if attribute is None or attribute.value != wanted:
        line = attribute.line if attribute else entry.line
        description.complain(line, f"{name} of {entry.name} must be {wanted!r}, as the board has it")


def _check_memory(description: Description, memory: Memory, ranges: list[Range]) -> None:
    first = _memory_at(description, memory, memory.base, ranges)
    for alias in memory.aliases:
        other = _memory_at(description, memory, alias, ranges)
        if first and other and first.entry is not other.entry:
            description.complain(other.line, f"{memory.name} at {alias:#010x} must be {first.entry.name}")
    if memory.bitband is not None:
        for alias, base in ((memory.bitband, memory.bitband - 0x200_0000), (PERIPHERAL_BITS, 0x4000_0000)):
            found = next((r.entry for r in ranges if r.start == alias), None)
            target = found.get("peripheralBase") if found else None
            if found is None or found.kind != "Miscellaneous.BitBanding" or target is None:
                description.complain(1, f"there is no Miscellaneous.BitBanding at {alias:#010x}")
            elif target.value != base:
                description.complain(target.line, f"peripheralBase of {found.name} must be {base:#010x}")


def _memory_at(description: Description, memory: Memory, base: int, ranges: list[Range]) -> Range | None:
    """The memory that has all of ``memory`` from ``base``, reported as a problem when there is none."""
    for r in ranges:
        if r.start <= base and base + memory.size <= r.end and r.entry.kind == "Memory.MappedMemory":
            return r
    near = next((r for r in ranges if r.start <= base < r.end), None)
    description.complain(
        near.line if near else 1,
        f"the board's memory {memory.name}, {base:#010x} to {base + memory.size - 1:#010x}, is not all there",
    )
    return None


def _check_peripheral(
    description: Description, board: Board, spec: PeripheralSpec, ranges: list[Range]
) -> None:
    if spec.base in SYSTEM:
        return
    found = next((r for r in ranges if r.start == spec.base), None)
    if found is None and spec.model.partition(".")[2] not in USED_BY_THE_BENCHMARK:
        return
    if found is None:
        description.complain(1, f"nothing is at {spec.base:#010x}, where the board has {spec.name}")
        return
    entry = found.entry
    if spec.name == board.uart and entry.name != spec.name:
        description.complain(entry.line, f"{entry.name} must be called {spec.name}, as the board's UART is")
    if spec.irq is None:
        return
    numbers = [i.number for i in entry.interrupts if (i.output or "IRQ") == "IRQ"]
    if not numbers and spec.name != board.uart:
        return  # the UART's is the only interrupt that the benchmark uses
    if numbers != [spec.irq]:
        line = entry.interrupts[0].line if entry.interrupts else entry.line
        has = f"has interrupt {numbers[0]}" if numbers else "has no interrupt"
        description.complain(line, f"{entry.name} {has}, but the board's {spec.name} has {spec.irq}")


# A .resc against its board and its .repl


def _check_script(script: Script, description: Description, board: Board, ranges: list[Range]) -> None:
    loaded = [script.file(c.arguments[0]) for c in script.all("machine", "LoadPlatformDescription")]
    if loaded != [description.path]:
        script.complain(1, f"it must load {description.path.name}, once")
    included = {script.file(command.arguments[0]).name for command in script.all("include")}
    for helper in ("clock.py", "edges.py"):
        if helper not in included:
            script.complain(1, f"it must include $ORIGIN/{helper}")
    for command in script.all("showAnalyzer"):
        if command.arguments[0] not in description.entries:
            script.complain(command.line, f"{command.arguments[0]} is not in {description.path.name}")
    port, pin = _pin(board, ranges)
    mhz = board.clocks_mhz[0]
    wanted = {
        "clock_mhz": str(mhz),
        "port": f'"sysbus.{port.entry.name}"' if port else "",
        "pin": str(pin),
        "uart": f'"sysbus.{board.uart}"',
        "elf": f"$ORIGIN/../firmware/prebuilt/{build_name(board.name, mhz, board.libm[0])}.elf",
    }
    for name, value in wanted.items():
        set_to, line = script.variables.get(name, ("not set", 1))
        if set_to != value:
            script.complain(line, f"${name} must be {value}, as the board has it, but is {set_to}")
    _check_start(script, board, ranges)
    watched = script.all("sysbus", "AddWatchpointHook")
    if not watched:
        script.complain(1, "there is no watchpoint on the registers of the benchmark pin's port")
    for command in watched:
        address = _address(script, command)
        if port and address is not None and not port.start <= address < port.end:
            script.complain(command.line, f"{address:#010x} is no register of {port.entry.name}")


def _address(script: Script, command: Command) -> int | None:
    """The address that a command begins with; a complaint and None where it is none."""
    text = command.arguments[0] if command.arguments else "nothing"
    try:
        return integer(text)
    except ValueError:
        script.complain(command.line, f"{text} is not an address")
        return None


def _check_start(script: Script, board: Board, ranges: list[Range]) -> None:
    """The vectors are where the linker puts them, and all of the linker's memory is there."""
    linker = FIRMWARE / board.name / "link.ld"
    regions = [(int(b, 0), int(k) * 1024) for b, k in _LINKER_REGION.findall(linker.read_text())]
    for command in script.all("cpu", "VectorTableOffset"):
        if _address(script, command) not in (None, regions[0][0]):
            script.complain(command.line, f"the firmware's vectors are at {regions[0][0]:#010x}")
    if not script.all("cpu", "VectorTableOffset"):
        script.complain(1, "VectorTableOffset is not set")
    for base, size in regions:
        at = base
        for r in ranges:
            if r.start <= at < r.end and r.entry.kind == "Memory.MappedMemory":
                at = r.end
        if at < base + size:
            script.complain(1, f"the firmware's memory at {at:#010x} ({linker.name}) is not in the platform")


def _pin(board: Board, ranges: list[Range]) -> tuple[Range | None, int]:
    """The port of the benchmark pin and its number there: PB12 is pin 12 of port PB."""
    ports = [spec for spec in board.peripherals if "port" in spec.options or spec.model.endswith(".gpio")]
    names = {str(spec.options.get("port", "P")): spec.base for spec in ports}
    prefix = max((name for name in names if board.pin.startswith(name)), key=len)
    found = next((r for r in ranges if r.start == names[prefix] and r.region != "port"), None)
    return found, int(board.pin.removeprefix(prefix).lstrip("."))
