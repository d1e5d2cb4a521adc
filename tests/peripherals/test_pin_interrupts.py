"""Interrupts of pins, in every family, on the bench: who drives, which edge, which line, how it clears."""

import pytest

from support.bench import Bench, poke


def drive(bench: Bench, pin: str, *levels: int) -> None:
    for level in levels:
        bench.system.pins.drive_input(pin, level)


# STM32: EXTI and the selection of ports

IMR, RTSR, FTSR, SWIER, PR = 0x00, 0x08, 0x0C, 0x10, 0x14
STM32 = {
    "stm32f103": ("afio", [("gpioa", 0, 0x4444_4444), ("gpiob", 0, 0x4444_4444)]),
    "stm32f746": ("syscfg", [("gpioa", 0, 0), ("gpiob", 0, 0)]),
    "stm32l476": ("syscfg", [("gpioa", 0, 0), ("gpiob", 0, 0)]),
}


@pytest.fixture(params=STM32)
def stm32(request) -> Bench:
    """Ports A and B as floating inputs."""
    bench = Bench(request.param)
    selector, ports = STM32[request.param]
    for name, offset, value in ports:
        poke(bench[name], (offset, value))
    bench.selector = bench[selector]
    return bench


def test_exti_flags_the_edges_that_are_selected(stm32):
    exti = stm32["exti"]
    poke(exti, (IMR, 0b11), (RTSR, 0b01), (FTSR, 0b10))
    drive(stm32, "PA0", 1, 0)
    assert (exti.read(PR, 4), stm32.lines[6], stm32.lines[7]) == (0b01, True, False)
    drive(stm32, "PA1", 1)
    assert exti.read(PR, 4) == 0b01
    drive(stm32, "PA1", 0)
    assert (exti.read(PR, 4), stm32.lines[7]) == (0b11, True)
    poke(exti, (PR, 0b01))
    assert (exti.read(PR, 4), stm32.lines[6]) == (0b10, False)


def test_exti_takes_the_pin_of_the_port_that_is_selected(stm32):
    exti = stm32["exti"]
    poke(exti, (IMR, 1 << 5), (RTSR, 1 << 5))
    poke(stm32.selector, (0x0C, 1 << 4))  # EXTICR2: line 5 is PB5
    drive(stm32, "PA5", 1)
    assert exti.read(PR, 4) == 0
    drive(stm32, "PB5", 1)
    assert (exti.read(PR, 4), stm32.lines[23]) == (1 << 5, True)


def test_lines_5_to_9_and_10_to_15_share_an_interrupt(stm32):
    exti = stm32["exti"]
    poke(exti, (IMR, 0xFFFF), (RTSR, 0xFFFF))
    for n in (9, 5, 12):
        drive(stm32, f"PA{n}", 1)
    poke(exti, (PR, 1 << 9))
    assert (stm32.lines[23], stm32.lines[40]) == (True, True)
    poke(exti, (PR, 1 << 5 | 1 << 12))
    assert (stm32.lines[23], stm32.lines[40]) == (False, False)


def test_an_edge_of_a_masked_line_waits_in_pr_and_software_can_make_one(stm32):
    exti = stm32["exti"]
    poke(exti, (IMR, 0), (RTSR, 1 << 3))
    drive(stm32, "PA3", 1)
    assert (exti.read(PR, 4), stm32.lines[9]) == (1 << 3, False)
    poke(exti, (IMR, 1 << 3 | 1 << 4))
    assert stm32.lines[9]
    poke(exti, (SWIER, 1 << 4))
    assert stm32.lines[10]
    poke(exti, (PR, 1 << 4))
    assert (exti.read(SWIER, 4), stm32.lines[10]) == (0, False)


def test_a_pull_and_the_chip_s_own_output_make_edges_too():
    bench = Bench("stm32f746")
    port, exti = bench["gpioa"], bench["exti"]
    poke(port, (0, 0), (0x0C, 1 << 4))  # PA2 pulled up
    poke(exti, (IMR, 0xFFFF), (RTSR, 1 << 2), (FTSR, 1 << 2))
    drive(bench, "PA2", 0)
    assert exti.read(PR, 4) == 1 << 2
    poke(exti, (PR, 1 << 2))
    poke(port, (0x18, 1 << 2), (0, 1 << 4))  # an output, high
    assert exti.read(PR, 4) == 1 << 2
    poke(exti, (PR, 1 << 2))
    drive(bench, "PA2", 1, 0)  # an output does not hear the outside
    assert exti.read(PR, 4) == 0


# SAM3X: PIO

IER, IDR, ISR, AIMER, LSR, FELLSR, REHLSR = 0x40, 0x44, 0x4C, 0xB0, 0xC4, 0xD0, 0xD4


@pytest.fixture
def due() -> Bench:
    bench = Bench("arduino_due")
    poke(bench["piob"], (0x60, 0xFFFF_FFFF))  # no pull-ups
    return bench


def test_pio_tells_of_every_change_and_reading_clears(due):
    pio = due["piob"]
    poke(pio, (IER, 1 << 27))
    for level in (1, 0):
        drive(due, "PB27", level)
        assert due.lines[12]
        assert (pio.read(ISR, 4), pio.read(ISR, 4), due.lines[12]) == (1 << 27, 0, False)
    drive(due, "PB26", 1)
    poke(pio, (IDR, 1 << 27))
    drive(due, "PB27", 1)
    assert not due.lines[12]


def test_pio_s_additional_modes_choose_the_edge_or_a_level(due):
    pio = due["piob"]
    poke(pio, (AIMER, 0b11), (REHLSR, 0b01), (FELLSR, 0b10), (IER, 0b11))
    drive(due, "PB0", 1, 0)
    drive(due, "PB1", 1)
    assert pio.read(ISR, 4) == 0b01
    drive(due, "PB1", 0)
    assert pio.read(ISR, 4) == 0b10
    poke(pio, (LSR, 0b01))
    drive(due, "PB0", 1)
    assert (pio.read(ISR, 4), pio.read(ISR, 4), due.lines[12]) == (1, 1, True)
    drive(due, "PB0", 0)
    assert (pio.read(ISR, 4), pio.read(ISR, 4), due.lines[12]) == (1, 0, False)


# Kinetis: PORT

GPIO, ISFR = 1 << 8, 0xA0
PORTC_IRQ = {"teensy32": 89, "teensy35": 61}


@pytest.fixture(params=PORTC_IRQ)
def teensy(request) -> Bench:
    bench = Bench(request.param)
    bench.system.clocks.enabled["scgc5"] = 0xFFFF_FFFF
    bench["gpioc"]
    bench.irq = PORTC_IRQ[request.param]
    return bench


@pytest.mark.parametrize(("condition", "seen"), [(9, [1, 0]), (10, [0, 1]), (11, [1, 1]), (0, [0, 0])])
def test_port_flags_the_edges_that_irqc_says(teensy, condition, seen):
    port = teensy["portc"]
    poke(port, (4 * 5, GPIO | condition << 16))
    flags = []
    for level in (1, 0):
        drive(teensy, "PTC5", level)
        flags.append(port.read(ISFR, 4) >> 5)
        assert teensy.lines[teensy.irq] == bool(flags[-1])
        poke(port, (ISFR, 1 << 5))
    assert flags == seen
    assert not teensy.lines[teensy.irq]


def test_a_level_is_flagged_again_for_as_long_as_it_holds(teensy):
    port = teensy["portc"]
    poke(port, (4 * 7, GPIO | 8 << 16))  # low
    assert port.read(4 * 7, 4) >> 24 & 1
    poke(port, (ISFR, 1 << 7))
    assert teensy.lines[teensy.irq]
    drive(teensy, "PTC7", 1)
    poke(port, (4 * 7, GPIO | 8 << 16 | 1 << 24))  # the flag can be cleared in PCR as well
    assert not teensy.lines[teensy.irq]


# nRF52: GPIOTE

SET, CLR, INTENSET, CONFIG = 0x30, 0x60, 0x304, 0x510


@pytest.fixture
def nano() -> Bench:
    bench = Bench("nano33ble")
    poke(bench["p1"], (0x200 + 4 * 11, 0))  # P1.11: input connected
    bench["p0"]
    return bench


@pytest.mark.parametrize(("polarity", "seen"), [(1, [1, 0]), (2, [0, 1]), (3, [1, 1])])
def test_gpiote_makes_events_of_edges(nano, polarity, seen):
    gpiote = nano["gpiote"]
    poke(gpiote, (CONFIG + 8, 1 | 11 << 8 | 1 << 13 | polarity << 16), (INTENSET, 1 << 2))
    events = []
    for level in (1, 0):
        drive(nano, "P1.11", level)
        events.append(gpiote.read(0x108, 4))
        assert nano.lines[6] == bool(events[-1])
        poke(gpiote, (0x108, 0))
    assert events == seen


def test_gpiote_s_tasks_drive_a_pin(nano):
    seen = []
    nano.system.pins.listeners.append(lambda pin, level: seen.append((pin, level)))
    poke(nano["gpiote"], (CONFIG, 3 | 27 << 8 | 3 << 16), (0x00, 1), (0x00, 1), (SET, 1), (CLR, 1))
    assert seen == [("P0.27", 1), ("P0.27", 0), ("P0.27", 1), ("P0.27", 0)]


def test_the_port_event_comes_when_the_first_pin_is_as_sensed(nano):
    gpiote, p1 = nano["gpiote"], nano["p1"]
    poke(gpiote, (INTENSET, 1 << 31))
    poke(p1, (0x200 + 4 * 11, 2 << 16), (0x200 + 4 * 12, 2 << 16))  # high
    drive(nano, "P1.11", 1)
    assert (gpiote.read(0x17C, 4), nano.lines[6], p1.read(0x20, 4)) == (1, True, 1 << 11)
    poke(gpiote, (0x17C, 0))
    drive(nano, "P1.12", 1)  # DETECT is up already
    assert (gpiote.read(0x17C, 4), p1.read(0x20, 4)) == (0, 3 << 11)
    drive(nano, "P1.11", 0)
    drive(nano, "P1.12", 0, 1)
    assert gpiote.read(0x17C, 4) == 1


def test_a_latch_stays_until_it_is_cleared(nano):
    p1 = nano["p1"]
    poke(p1, (0x200 + 4 * 11, 3 << 2 | 3 << 16), (0x24, 1))  # pulled up, low; DETECT from LATCH
    drive(nano, "P1.11", 0, 1)
    assert (p1.read(0x20, 4), nano.system.pins.functions["DETECT P1"]) == (1 << 11, 1)
    poke(p1, (0x20, 1 << 11))
    assert (p1.read(0x20, 4), nano.system.pins.functions["DETECT P1"]) == (0, 0)


# Apollo3: GPIO

PADKEY, PADREG, CFG = 0x60, 0x00, 0x40
EN, STAT, CLEAR_0, SET_0, BANK_1 = 0x200, 0x204, 0x208, 0x20C, 0x10


@pytest.mark.parametrize(
    ("configuration", "seen"),
    [(0, [1, 0]), (8, [0, 1]), (1, [0, 0]), (9, [1, 1])],
    ids=lambda value: str(value),
)
@pytest.mark.parametrize("pad", [13, 40])
def test_apollo3_pads_interrupt_on_the_edges_that_their_configuration_says(pad, configuration, seen):
    bench = Bench("sparkfun_edge")
    gpio, bank, bit = bench["gpio"], BANK_1 * (pad >= 32), 1 << pad % 32
    shift = 4 * (pad % 8)
    poke(gpio, (PADKEY, 0x73), (PADREG + pad // 4 * 4, (3 << 3 | 2) << pad % 4 * 8))
    poke(gpio, (CFG + pad // 8 * 4, configuration << shift), (PADKEY, 0), (EN + bank, bit))
    flags = []
    for level in (1, 0):
        drive(bench, f"P{pad}", level)
        flags.append(int(gpio.read(STAT + bank, 4) == bit))
        assert bench.lines[13] == bool(flags[-1])
        poke(gpio, (CLEAR_0 + bank, bit))
    assert flags == seen
    poke(gpio, (SET_0 + bank, bit))
    assert bench.lines[13]
