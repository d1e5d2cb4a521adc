"""What the Kinetis blocks have in common: narrow registers, and a clock gate in the SIM."""

from __future__ import annotations

from typing import ClassVar

from scopeless.board import PeripheralSpec
from scopeless.cortexm.memory import BusError
from scopeless.peripherals.base import Peripheral
from scopeless.peripherals.system import System


class Block(Peripheral):
    """Registers of ``width`` bytes. Options: ``gate``, register and bit of the SIM's clock gate, such as
    ``["scgc4", 10]``: an access while it is off is a bus error (chapter SIM, 'clock gating')."""

    width: ClassVar[int] = 4

    def __init__(self, spec: PeripheralSpec, system: System) -> None:
        gate = spec.options.get("gate")
        self._gate: tuple[str, int] | None = (gate[0], gate[1]) if gate else None
        super().__init__(spec, system)

    def read(self, offset: int, size: int) -> int:
        self._check_gate(offset)
        if self.width == 4:
            return super().read(offset, size)
        step = self.width
        first = offset & -step
        value = sum(self.read_word(at) << 8 * (at - first) for at in range(first, offset + size, step))
        return value >> 8 * (offset - first) & (1 << 8 * size) - 1

    def write(self, offset: int, size: int, value: int) -> None:
        self._check_gate(offset)
        if self.width == 4:
            super().write(offset, size, value)
            return
        data, step = value.to_bytes(size, "little"), self.width
        for at in range(offset & -step, offset + size, step):
            word = bytearray(self.values.get(at, 0).to_bytes(step, "little"))
            for i in range(step):
                if 0 <= at + i - offset < size:
                    word[i] = data[at + i - offset]
            self.write_word(at, int.from_bytes(word, "little"))

    def _check_gate(self, offset: int) -> None:
        if self._gate is None or self.system.clocks.is_enabled(self._gate):
            return
        register, bit = self._gate
        self.system.notes.add(
            f"The firmware uses {self.name} while its clock is off (bit {bit} of SIM_{register.upper()}), a "
            "bus error on silicon."
        )
        raise BusError(self.spec.base + offset)
