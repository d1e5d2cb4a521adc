"""The simavr engine on tiny programs whose cycles can be counted by hand (DS40002198)."""

from __future__ import annotations

import importlib.util
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from scopeless.board import load_board
from scopeless.engines import start
from scopeless.engines.remote import RemoteMachine
from scopeless.errors import FirmwareFault, RunTimeout, UsageError
from scopeless.machine import RunResult, Stop
from support.avr import assemble_avr

UNO = load_board("arduino_uno")
FIRMWARE = Path(__file__).parents[2] / "build/firmware/arduino_uno-16mhz-stock.elf"
PREBUILT = Path(__file__).parents[2] / "firmware/prebuilt/arduino_uno-16mhz-stock.elf"

needs_avr_gcc = pytest.mark.skipif(shutil.which("avr-gcc") is None, reason="needs avr-gcc")
pytestmark = needs_avr_gcc

VECTORS = """
    rjmp main                   ; 2 cycles from reset
    .org INT0_vect_num * 4
    rjmp lower
    .org INT1_vect_num * 4
    rjmp lower_later
    .org TIMER0_OVF_vect_num * 4
    rjmp raise
    .org _VECTORS_SIZE
lower:
lower_later:
    cbi IO(PORTB), 1
    reti
raise:
    sbi IO(PORTB), 1
    reti
main:
    sbi IO(DDRB), 1
    ldi r16, 0x0f               ; INT0 and INT1 on rising edges of PD2 and PD3, which we drive ourselves
    sts EICRA, r16
    sbi IO(DDRD), 2
    sbi IO(DDRD), 3
    ldi r16, 3
    out IO(EIMSK), r16
"""

UART_AT_2_MBAUD = """
    ldi r16, 1 << U2X0
    sts UCSR0A, r16
    clr r16
    sts UBRR0L, r16             ; 8 cycles a bit, 80 a byte
    ldi r16, 1 << RXEN0 | 1 << TXEN0
    sts UCSR0B, r16
"""

ECHO = (
    UART_AT_2_MBAUD.replace("clr r16", "ldi r16, 3")
    + """
receive:                        ; 32 cycles a bit, 320 a byte
    lds r16, UCSR0A
    sbrs r16, RXC0
    rjmp receive
    lds r17, UDR0
    sts UDR0, r17
    rjmp receive
"""
)

Assemble = Callable[..., Path]


@pytest.fixture
def assemble(tmp_path: Path) -> Assemble:
    """Make an ELF of assembly code that is placed at address 0."""

    def assemble(code: str, *options: str, mcu: str = UNO.mcu) -> Path:
        return assemble_avr(tmp_path, code, *options, mcu=mcu)

    return assemble


@pytest.fixture
def machine() -> Iterator[RemoteMachine]:
    with start(UNO) as machine:
        yield machine


def edges(machine: RemoteMachine, elf: Path, for_us: float = 100) -> list[tuple[int, int]]:
    machine.load(elf)
    return [(edge.cycle, edge.level) for edge in machine.run(for_us=for_us).edges]


def test_edges_carry_the_cycle_at_which_the_writing_instruction_ends(
    machine: RemoteMachine, assemble: Assemble
) -> None:
    elf = assemble("""
    main:
        sbi IO(DDRB), 1         ; 2
        sbi IO(PORTB), 1        ; 4
        nop
        nop
        cbi IO(PORTB), 1        ; 8
        ldi r16, 2
        out IO(PORTB), r16      ; 10
        out IO(PORTB), r0       ; 11
        sts PORTB, r0           ; 13
        ldi ZL, lo8(PORTB)
        clr ZH
        st Z, r16               ; 17
    stay:
        rjmp stay
    """)
    machine.load(elf)
    seen = machine.run(for_us=10).edges
    assert [(edge.cycle, edge.level) for edge in seen] == [(4, 1), (8, 0), (10, 1), (11, 0), (17, 1)]
    assert [edge.counters[0] for edge in seen] == [2, 5, 7, 8, 12]
    assert {edge.pin for edge in seen} == {"PB1"}
    assert machine.counter_names[0] == "instructions"


def test_only_the_benchmark_pin_is_recorded(machine: RemoteMachine, assemble: Assemble) -> None:
    elf = assemble(
        "main: sbi IO(DDRB), 2\n sbi IO(PORTB), 2\n sbi IO(DDRD), 1\n sbi IO(PORTD), 1\n 1: rjmp 1b"
    )
    assert edges(machine, elf) == []


def test_interrupt_entry_takes_4_cycles(machine: RemoteMachine, assemble: Assemble) -> None:
    elf = assemble(VECTORS + "sei\n nop\n sbi IO(PORTB), 1\n sbi IO(PORTD), 2\n nop\n 1: rjmp 1b")
    (high, _), (low, _) = edges(machine, elf)
    assert low - high == 2 + 4 + 2 + 2  # sbi PORTD, entry, rjmp in the vector, cbi


def test_interrupt_entry_takes_5_cycles_with_a_22_bit_pc(assemble: Assemble) -> None:
    timer = VECTORS + "ldi r16, 1\n sts TIMSK0, r16\n out IO(TCCR0B), r16\n sei\n"
    timer += ".rept 400\n nop\n .endr\n 1: rjmp 1b"
    at = {}
    for mcu in ("atmega328p", "atmega2560"):
        with start(replace(UNO, mcu=mcu)) as machine:
            ((at[mcu], _),) = edges(machine, assemble(timer, mcu=mcu), for_us=20)
    assert at["atmega2560"] - at["atmega328p"] == 1


def test_one_instruction_runs_between_sei_and_a_pending_interrupt(
    machine: RemoteMachine, assemble: Assemble
) -> None:
    elf = assemble(
        VECTORS + "sbi IO(PORTD), 2\n nop\n sei\n sbi IO(PORTB), 1\n cbi IO(PORTB), 1\n 1: rjmp 1b"
    )
    (high, _), (low, _) = edges(machine, elf)
    assert low - high == 4 + 2 + 2  # the handler's cbi, not the one after the sbi


def test_one_instruction_runs_between_reti_and_the_next_interrupt(
    machine: RemoteMachine, assemble: Assemble
) -> None:
    both = "sbi IO(PORTD), 2\n sbi IO(PORTD), 3\n nop\n sei\n nop\n"
    elf = assemble(VECTORS + both + "sbi IO(PORTB), 1\n cbi IO(PORTB), 1\n 1: rjmp 1b")
    (high, _), (low, _) = edges(machine, elf)
    assert low - high == 4 + 2 + 2


def test_waking_up_takes_4_cycles_more_than_an_interrupt(machine: RemoteMachine, assemble: Assemble) -> None:
    timer = VECTORS + "ldi r16, 1\n sts TIMSK0, r16\n out IO(TCCR0B), r16\n sei\n"
    awake = edges(machine, assemble(timer + ".rept 400\n nop\n .endr\n 1: rjmp 1b"), for_us=20)
    asleep = edges(machine, assemble(timer + "out IO(SMCR), r16\n sleep\n 1: rjmp 1b"), for_us=20)
    # Main reaches the start of the timer, which overflows 256 cycles later; entry, rjmp, sbi.
    started = 2 + 2 + 1 + 2 + 2 + 2 + 1 + 1 + 1 + 2
    assert awake == [(started + 256 + 4 + 2 + 2, 1)]
    assert asleep == [(started + 256 + 4 + 4 + 2 + 2, 1)]


def test_sleep_is_counted_and_skipped(machine: RemoteMachine, assemble: Assemble) -> None:
    machine.load(assemble("main: sei\n sleep\n 1: rjmp 1b"))
    result = machine.run(for_us=3600e6)  # an hour without an event passes at once
    assert (result.stop, result.cycle) == (Stop.CYCLES, 3600 * 16_000_000)


def test_a_line_ends_when_its_last_stop_bit_has_left_the_wire(
    machine: RemoteMachine, assemble: Assemble
) -> None:
    send = "ldi r17, {}\n sts UDR0, r17\n .rept 97\n nop\n .endr\n"
    elf = assemble(
        f"main: {UART_AT_2_MBAUD}" + send.format("'A'") + send.format("13") + send.format("10") + "1: rjmp 1b"
    )
    machine.load(elf)
    result = machine.run(for_us=1000, until_line="^A$")
    start_of_third = 9 + 2 * 100 + 1  # set-up, two bytes of 100 cycles each, ldi
    assert [(line.cycle, line.text) for line in result.lines] == [(start_of_third + 80, "A")]
    assert result.stop is Stop.LINE
    assert result.cycle in (start_of_third + 80, start_of_third + 81)  # the rjmp takes two


def test_every_byte_is_received_at_the_baud_rate(machine: RemoteMachine, assemble: Assemble) -> None:
    machine.load(assemble(f"main: {ECHO}"))
    text = "".join(map(chr, range(32, 127))) * 5
    machine.uart_send(text.encode() + b"\n")
    machine.uart_send(b"bye\n")
    first, second = machine.run(for_us=50_000, until_line="^bye$").lines
    assert (first.text, second.text) == (text, "bye")
    assert abs(second.cycle - first.cycle - 4 * 320) <= 8  # the echo's polling loop
    assert abs(first.cycle - (len(text) + 2) * 320) <= 32


def test_bytes_wait_until_the_receiver_is_on(machine: RemoteMachine, assemble: Assemble) -> None:
    machine.load(assemble("main: .rept 1000\n nop\n .endr\n" + ECHO))
    machine.uart_send(b"early\n")
    (line,) = machine.run(for_us=1000, until_line="early").lines
    assert line.text == "early"
    assert line.cycle > 1000 + 7 * 320


def test_the_result_does_not_depend_on_how_a_run_is_cut(machine: RemoteMachine, assemble: Assemble) -> None:
    elf = assemble(
        VECTORS
        + UART_AT_2_MBAUD
        + "ldi r16, 1\n sts TIMSK0, r16\n out IO(TCCR0B), r16\n out IO(SMCR), r16\n sei\n"
        + "again: sleep\n cbi IO(PORTB), 1\n ldi r17, 10\n sts UDR0, r17\n rjmp again"
    )
    machine.load(elf)
    machine.uart_send(b"xyz")
    whole = machine.run(for_us=200)
    machine.reset()
    machine.uart_send(b"xyz")
    parts: list[RunResult] = []
    while not parts or parts[-1].cycle < whole.cycle:
        left_us = (whole.cycle - (parts[-1].cycle if parts else 0)) / 16
        parts.append(machine.run(for_us=min(0.4375, left_us), until_edges=1 if len(parts) % 3 else None))
    assert len(whole.edges) > 20
    assert len(whole.lines) > 10
    assert [edge for part in parts for edge in part.edges] == whole.edges
    assert [line for part in parts for line in part.lines] == whole.lines


def test_until_edges_stops_after_so_many(machine: RemoteMachine, assemble: Assemble) -> None:
    machine.load(assemble("main: sbi IO(DDRB), 1\n 1: sbi IO(PINB), 1\n rjmp 1b"))
    result = machine.run(for_us=1000, until_edges=3)
    assert result.stop is Stop.EDGES
    assert [(edge.cycle, edge.level) for edge in result.edges] == [(4, 1), (8, 0), (12, 1)]
    assert machine.run(for_us=1000, until_edges=1).edges[0].cycle == 16


def test_time_is_cycles_of_the_crystal(machine: RemoteMachine, assemble: Assemble) -> None:
    machine.load(assemble("main: nop\n 1: rjmp 1b"))
    assert machine.run(for_us=2.5).cycle == 41  # 40 is in the middle of an rjmp
    assert machine.clock_hz() == 16_000_000
    assert machine.time_us(41) == 2.5625


def test_asleep_for_ever(machine: RemoteMachine, assemble: Assemble) -> None:
    machine.load(assemble("rjmp main\n nop\n main: cli\n sleep\n 1: rjmp 1b"))
    with pytest.raises(
        FirmwareFault, match=r"PC 0x0006 in main \(program.S:\d+\) at cycle 4: it sleeps with interrupts"
    ):
        machine.run(for_us=100)


def test_invalid_opcode(machine: RemoteMachine, assemble: Assemble) -> None:
    machine.load(assemble("rjmp main\n nop\n main: nop\n .word 0x0001\n 1: rjmp 1b"))
    with pytest.raises(
        FirmwareFault, match=r"PC 0x0006 in main \(program.S:\d+\) at cycle 4: there is no valid"
    ):
        machine.run(for_us=100)
    with pytest.raises(FirmwareFault, match="PC 0x0006"):  # it stays so until it is reset
        machine.run(for_us=100)
    machine.reset()
    assert machine.run(for_us=2 / 16).cycle == 2


@pytest.mark.parametrize("access", ["sts 0x8000, r1", "lds r1, 0xffff"])
def test_access_behind_the_memory(machine: RemoteMachine, assemble: Assemble, access: str) -> None:
    machine.load(assemble(f"rjmp main\n main: {access}\n 1: rjmp 1b"))
    with pytest.raises(
        FirmwareFault, match=r"PC 0x0002 in main .* at cycle 4: it accessed memory that an atmega328p does"
    ):
        machine.run(for_us=100)


def test_jump_to_nowhere(machine: RemoteMachine, assemble: Assemble) -> None:
    machine.load(assemble("rjmp main\n main: nop\n jmp 0x7000"))
    with pytest.raises(
        FirmwareFault, match=r"PC 0x0004 in main .* at cycle 6: it went on to 0x7000, where no program"
    ):
        machine.run(for_us=100)


def test_what_simavr_asserts_is_a_fault_and_not_a_crash(assemble: Assemble) -> None:
    board = load_board("arduino_leonardo")
    elf = assemble("rjmp main\n main: sts UESTA1X, r1\n 1: rjmp 1b", mcu=board.mcu)
    with start(board) as machine:
        machine.load(elf)
        for _ in range(2):
            with pytest.raises(FirmwareFault, match=r"PC 0x0002 in main .*: it uses a peripheral in a"):
                machine.run(for_us=100)
        machine.load(assemble("main: rjmp main", mcu=board.mcu))
        assert machine.run(for_us=1).cycle == 16


def test_endless_loop_ends_with_the_time(machine: RemoteMachine, assemble: Assemble) -> None:
    machine.load(assemble("main: rjmp main"))
    result = machine.run(for_us=1000, until_line="never")
    assert (result.stop, result.cycle) == (Stop.CYCLES, 16_000)


def test_endless_loop_ends_with_the_instruction_limit(assemble: Assemble) -> None:
    with start(UNO, instruction_limit=1000) as machine:
        machine.load(assemble("rjmp main\n main: rjmp main"))
        with pytest.raises(
            RunTimeout, match=r"executed 1000 instructions .* PC 0x0002 in main .*, cycle 2000 .*;"
        ):
            machine.run(for_us=1e6)


def test_pin_that_never_stops(machine: RemoteMachine, assemble: Assemble) -> None:
    machine.load(assemble("main: sbi IO(DDRB), 1\n 1: sbi IO(PINB), 1\n rjmp 1b"))
    with pytest.raises(RunTimeout, match="pins changed 1048576 times"):
        machine.run(for_us=1e6)


def test_watchdog_reset_is_noted(machine: RemoteMachine, assemble: Assemble) -> None:
    elf = assemble("""
    main:
        ldi r16, 1 << WDCE | 1 << WDE
        ldi r17, 1 << WDE
        sts WDTCSR, r16
        sts WDTCSR, r17
        sbi IO(DDRB), 1
        sbi IO(PORTB), 1        ; 10
    1:  rjmp 1b
    """)
    (up, _), (down, level), (up_again, _) = edges(machine, elf, for_us=20_000)
    assert (up, level) == (10, 0)
    assert down - 256_000 in range(10)  # 2048 cycles at 128 kHz: data sheet table 11-2
    assert up_again - down == 10
    assert machine.notes() == ["The watchdog reset the board once."]


def test_restart_is_noted_and_strict_forbids_it(machine: RemoteMachine, assemble: Assemble) -> None:
    elf = assemble("main: nop\n nop\n rjmp main")
    machine.load(elf)
    machine.run(for_us=1)
    assert [re.sub(";.*", "", note) for note in machine.notes()] == [
        "The firmware jumped to address 0 and so started again 4 times"
    ]
    with start(UNO, strict=True) as strict:
        strict.load(elf)
        with pytest.raises(FirmwareFault, match="jumped to address 0"):
            strict.run(for_us=1)


def test_wrong_baud_rate_is_noted(machine: RemoteMachine, assemble: Assemble) -> None:
    machine.load(assemble(f"main: {UART_AT_2_MBAUD} sts UDR0, r16\n 1: rjmp 1b"))
    machine.run(for_us=100)
    assert machine.notes() == ["The firmware's UART runs at 2000000 baud, but the board's is 9600."]


def test_eeprom_is_loaded(machine: RemoteMachine, assemble: Assemble) -> None:
    elf = assemble("""
    main:
        ldi r16, 1
        out IO(EEARL), r16
        sbi IO(EECR), EERE
        in r16, IO(EEDR)
        sbi IO(DDRB), 1
        out IO(PORTB), r16
    1:  rjmp 1b
        .section .eeprom, "a"
        .byte 0, 2
    """)
    assert [level for _, level in edges(machine, elf)] == [1]


def test_unknown_part_pin_and_uart() -> None:
    with pytest.raises(UsageError, match="does not know the part 'atmega329p'; did you mean 'atmega32"):
        start(replace(UNO, mcu="atmega329p"))
    with pytest.raises(UsageError, match="has no pin 'PZ9'"):
        start(replace(UNO, pin="PZ9"))
    with pytest.raises(UsageError, match="has no UART '7'"):
        start(replace(UNO, uart="7"))


def test_files_that_are_no_firmware(machine: RemoteMachine, assemble: Assemble, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        machine.load(tmp_path / "missing.elf")
    with pytest.raises(UsageError, match=r"is for x86-64|is not an ELF"):
        machine.load(Path(sys.executable))
    elf = assemble("main: rjmp main")
    elf.write_bytes(elf.read_bytes()[:100])
    with pytest.raises(UsageError, match="truncated"):
        machine.load(elf)
    machine.load(assemble("main: rjmp main"))  # and the machine is still good
    assert machine.run(for_us=1).cycle == 16


def test_firmware_that_is_too_large(machine: RemoteMachine, assemble: Assemble) -> None:
    elf = assemble('main: rjmp main\n .section .far, "ax"\n .word 0', "-Wl,--section-start=.far=0x7fff0")
    with pytest.raises(UsageError, match="needs flash up to 0x7fff2, but an atmega328p has 0x8000 bytes"):
        machine.load(elf)


def test_missing_library(monkeypatch: pytest.MonkeyPatch) -> None:
    from scopeless.engines.simavr_library import load_library

    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match="apt-get install libsimavr-dev"):
        load_library()


@pytest.mark.skipif(not (FIRMWARE.exists() or PREBUILT.exists()), reason="needs the Uno's firmware")
def test_the_benchmark_on_the_real_arduino_core(machine: RemoteMachine) -> None:
    machine.load(FIRMWARE if FIRMWARE.exists() else PREBUILT)
    boot = machine.run(for_us=2e6, until_line="^Ready$")
    assert boot.lines[0].text == "Scopeless benchmark on arduino_uno at 16 MHz, libm stock"
    machine.uart_send(b"TEST=1\n")
    lines = [line.text for line in machine.run(for_us=2e6, until_line="^Finished$").lines]
    assert lines[:2] == ["Test 1", "[0 0 0] = 0.50000000"]
    assert len(lines) == 10
    machine.uart_send(b"START=2\r\n")
    run = machine.run(for_us=4e6, until_line="^Run 2")
    assert run.stop is Stop.LINE
    assert [edge.level for edge in run.edges] == [1, 0, 1, 0, 1, 0]
    started, reported = run.lines
    assert run.edges[0].cycle - started.cycle == pytest.approx(3 * 16e6, rel=0.01)
    assert reported.cycle > run.edges[-1].cycle
    _, interrupts, _ = (b - a for a, b in zip(run.edges[0].counters, run.edges[-1].counters, strict=True))
    assert interrupts == 0
    assert machine.notes() == []
