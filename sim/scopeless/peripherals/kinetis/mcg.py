"""Oscillator, FLL and PLL. K20P64M72SF1RM and K64P144M120SF5RM, chapters MCG and OSC."""

from __future__ import annotations

from scopeless.board import PeripheralSpec
from scopeless.peripherals.base import Register
from scopeless.peripherals.events import Event
from scopeless.peripherals.kinetis.block import Block
from scopeless.peripherals.system import System

SLOW_REFERENCE_HZ, FAST_REFERENCE_HZ = 32_768, 4_000_000
FLL_FACTORS = ((640, 1280, 1920, 2560), (732, 1464, 2197, 2929))  # by C4.DMX32 and C4.DRST_DRS
FLL_DIVIDERS = ((1, 2, 4, 8, 16, 32, 64, 128), (32, 64, 128, 256, 512, 1024, 1280, 1536))
"""By C2.RANGE (0 or another) and C1.FRDIV."""

OSCILLATOR_STARTUP_US = 600
"""Typical start-up of a fast crystal in low-power mode: data sheet K20P64M72SF1, 6.3.2.2."""
PLL_REFERENCE_HZ = (2_000_000, 4_000_000)  # same, MCG specifications


def pll_lock_us(reference_hz: float) -> float:
    """Longest time to lock: 150 us + 1075 periods of the reference (data sheets, MCG specifications)."""
    return 150 + 1075 * 1e6 / reference_hz


IREFS, EREFS, IRCS, PLLS, DMX32 = 1 << 2, 1 << 2, 1 << 0, 1 << 6, 1 << 7  # C1, C2, C2, C6, C4
IRCST, OSCINIT, IREFST, PLLST, LOCK = 1 << 0, 1 << 1, 1 << 4, 1 << 5, 1 << 6  # S
FLL, INTERNAL, EXTERNAL, PLL = range(4)  # S.CLKST


class Mcg(Block, model="kinetis.mcg"):
    """Options: ``crystal_hz``; ``vco_mhz``, lowest and highest frequency of the PLL.

    A selection takes effect as soon as what it needs is ready; the few cycles of synchronisation after that
    are left out.
    """

    width = 1

    C1 = Register(0x00, reset=IREFS)
    C2 = Register(0x01, reset=0x80)
    C3 = Register(0x02)
    C4 = Register(0x03)
    C5 = Register(0x04, writable=0x7F)
    C6 = Register(0x05)
    S = Register(0x06, reset=IREFST, writable=0)
    SC = Register(0x08, reset=0x02)
    ATCVH = Register(0x0A)
    ATCVL = Register(0x0B)
    C7 = Register(0x0C)
    C8 = Register(0x0D, reset=0x80)

    def __init__(self, spec: PeripheralSpec, system: System) -> None:
        self._starting: Event | None = None
        self._locking: Event | None = None
        super().__init__(spec, system)

    def reset(self) -> None:
        for event in (self._starting, self._locking):
            if event is not None:
                event.cancel()
        self._starting = self._locking = None
        super().reset()
        self._update()

    def write_c1(self, value: int) -> None:
        self.C1 = value
        self._start_oscillator()

    def write_c2(self, value: int) -> None:
        self.C2 = value
        self._start_oscillator()

    def write_c4(self, value: int) -> None:
        self.C4 = value
        self._update()

    def write_c5(self, value: int) -> None:
        old, self.C5 = self.C5, value & 0x7F
        self._start_pll(restart=old != self.C5)

    def write_c6(self, value: int) -> None:
        old, self.C6 = self.C6, value
        self._start_pll(restart=(old ^ value) & 0x1F != 0)

    def write_sc(self, value: int) -> None:
        self.SC = value
        self._update()

    def _start_oscillator(self) -> None:
        wanted = self.C2 & EREFS and (not self.C1 & IREFS or self.C1 >> 6 == EXTERNAL)
        if not wanted:
            if self._starting is not None:
                self._starting.cancel()
            self._starting = None
            self.S &= ~OSCINIT
        elif self._starting is None and "crystal_hz" in self.spec.options:
            self._starting = self.system.ready_after_us(OSCILLATOR_STARTUP_US, self._oscillator_runs)
        self._select()

    def _oscillator_runs(self) -> None:
        self.S |= OSCINIT
        self._start_pll(restart=True)

    def _start_pll(self, restart: bool) -> None:
        if restart and self._locking is not None:
            self._locking.cancel()
            self._locking = None
        if not self.C6 & PLLS or restart:
            self.S &= ~LOCK
        if self.C6 & PLLS and self.S & OSCINIT and self._locking is None:
            self._check_pll()
            self._locking = self.system.ready_after_us(pll_lock_us(self._pll_reference()), self._pll_locks)
        self._select()

    def _pll_locks(self) -> None:
        self.S |= LOCK
        self._locking = None
        self._select()

    def _select(self) -> None:
        """Status follows the selections where their sources run: chapter MCG, 'status register'."""
        external = self.S & OSCINIT or not self.C2 & EREFS
        if self.C1 & IREFS:
            self.S |= IREFST
        elif external:
            self.S &= ~IREFST
        self.S = self.S & ~IRCST | self.C2 & IRCS
        self.S = self.S & ~PLLST | (PLLST if self.C6 & PLLS else 0)
        wanted = (FLL, INTERNAL, EXTERNAL, FLL)[self.C1 >> 6]
        if wanted == FLL and self.C6 & PLLS:
            wanted = PLL
        ready = {FLL: True, INTERNAL: True, EXTERNAL: external, PLL: self.S & LOCK}[wanted]
        if ready:
            self.S = self.S & ~0xC | wanted << 2
        self._update()

    def _crystal(self) -> int:
        return int(self.spec.options.get("crystal_hz", 0))

    def _pll_reference(self) -> float:
        return self._crystal() / ((self.C5 & 0x1F) + 1)

    def _pll_hz(self) -> int:
        return round(self._pll_reference() * ((self.C6 & 0x1F) + 24))

    def _check_pll(self) -> None:
        reference, lowest, highest = self._pll_reference(), *PLL_REFERENCE_HZ
        if not lowest <= reference <= highest:
            self.system.notes.add(
                f"The PLL's reference is {reference / 1e6:.3g} MHz, where the data sheet has 2 to 4 MHz."
            )
        mhz = self._pll_hz() / 1e6
        low, high = self.spec.options.get("vco_mhz", (0, mhz))
        if not low <= mhz <= high:
            self.system.notes.add(
                f"The PLL is set to {mhz:g} MHz, where the data sheet has {low} to {high} MHz."
            )

    def _update(self) -> None:
        if self.S & IREFST:
            reference = float(SLOW_REFERENCE_HZ)
        else:
            reference = self._crystal() / FLL_DIVIDERS[bool(self.C2 & 0x30)][self.C1 >> 3 & 7]
        fll = round(reference * FLL_FACTORS[bool(self.C4 & DMX32)][self.C4 >> 5 & 3])
        fast = FAST_REFERENCE_HZ >> (self.SC >> 1 & 7)
        internal = fast if self.C2 & IRCS else SLOW_REFERENCE_HZ
        source = self.S >> 2 & 3
        hz = (fll, internal, self._crystal(), self._pll_hz())[source]
        self.system.clocks.set(mcgout=hz)


class Oscillator(Block, model="kinetis.osc"):
    """Load capacitors and enable bits; the MCG starts the oscillator."""

    width = 1

    CR = Register(0x00)
