"""ctypes binding of the timing core (sim/native/timing/scopeless.h)."""

from __future__ import annotations

import ctypes
import importlib.util
import weakref
from collections.abc import Collection, Sequence
from ctypes import POINTER, c_bool, c_char_p, c_int, c_int32, c_int64, c_size_t, c_uint32, c_uint64, c_void_p
from enum import IntEnum

from scopeless import flow
from scopeless.errors import UsageError
from scopeless.machine import ProfileRow


class Bus(IntEnum):
    """``enum sl_bus``."""

    (
        NONE,
        FLASH,
        CODE,
        SYSTEM,
        AHB,
        APB1,
        APB2,
        PPB,
        TCM,
        ITCM_FLASH,
        AXI_FLASH,
        AXI_SRAM,
        AHBP,
    ) = range(13)


class Setting(IntEnum):
    """``enum sl_setting``."""

    (
        FLASH_MODEL,
        FLASH_WAIT_STATES,
        FLASH_PREFETCH,
        FLASH_ICACHE,
        FLASH_DCACHE,
        APB1_DIVIDER,
        APB2_DIVIDER,
        FLASH_RATIO,
        FLASH_WIDTH,
        FLASH_DATA_PREFETCH,
        FLASH_LINE_BUFFER,
        FLASH_CACHE_SETS,
        FLASH_CACHE_WAYS,
        FLASH_REPLACE_OLDEST,
        FLASH_INVALIDATE,
        L1_ICACHE,
        L1_DCACHE,
        L1_ICACHE_INVALIDATE,
        L1_DCACHE_INVALIDATE,
        M7_NO_BTAC,
        MEMO,
    ) = range(21)


class FlashModel(IntEnum):
    """``enum sl_flash_model``."""

    IDEAL, STM32F1, STM32L4, SAM3X, K20, K64, NRF52, APOLLO3 = range(8)


class NativeStop(IntEnum):
    """``enum sl_stop``."""

    CYCLE, INSTRUCTION, REQUEST, SLEEP, UNMASK, EXCEPTION, ERROR, FOLLOW, BREAKPOINT = range(9)


CORE_KINDS = {"cortex-m3": 3, "cortex-m4": 4, "cortex-m4f": 4, "cortex-m7": 7}


class _Unicorn(ctypes.Structure):
    _fields_ = (
        ("uc", c_void_p),
        ("reg_read", c_void_p),
        ("emu_start", c_void_p),
        ("emu_stop", c_void_p),
        ("register_ids", c_int32 * 16),
    )


CAUSES = 11  # SL_CAUSE_COUNT: the last of the counters


class _ProfileRow(ctypes.Structure):
    _fields_ = (
        ("address", c_uint32),
        ("executions", c_uint64),
        ("cycles", c_uint64),
        ("causes", c_uint64 * CAUSES),
    )


class Record(ctypes.Structure):
    """``sl_record``: one executed instruction of a recorded trace; ``size`` is 0 where its bytes are not
    known."""

    _fields_ = (("pc", c_uint32), ("raw", c_uint32), ("size", c_uint32))


class Access(ctypes.Structure):
    """``sl_access``: one access to a register in a trace."""

    _fields_ = (("record", c_uint64), ("value", c_uint64), ("address", c_uint32), ("write", c_uint32))


class Batch(ctypes.Structure):
    """``sl_batch``."""

    _fields_ = (
        ("records", POINTER(Record)),
        ("accesses", POINTER(Access)),
        ("record_capacity", c_size_t),
        ("access_capacity", c_size_t),
        ("record_count", c_size_t),
        ("access_count", c_size_t),
        ("problem", c_int),
    )


_SIGNATURES: dict[str, tuple[object, list[object]]] = {
    "sl_new": (c_void_p, [POINTER(_Unicorn), c_int]),
    "sl_free": (None, [c_void_p]),
    "sl_map": (c_int, [c_void_p, c_uint32, c_uint32, c_void_p, c_int]),
    "sl_set": (c_int, [c_void_p, c_int, c_int64]),
    "sl_reset": (None, [c_void_p]),
    "sl_run": (c_int, [c_void_p, c_uint32, c_uint64, c_uint64]),
    "sl_request_stop": (None, [c_void_p]),
    "sl_watch_unmask": (None, [c_void_p, c_bool]),
    "sl_set_breakpoints": (c_int, [c_void_p, POINTER(c_uint32), c_size_t]),
    "sl_pc": (c_uint32, [c_void_p]),
    "sl_exception_number": (c_uint32, [c_void_p]),
    "sl_unicorn_error": (c_int, [c_void_p]),
    "sl_cycles": (c_uint64, [c_void_p]),
    "sl_counters": (POINTER(c_uint64), [c_void_p]),
    "sl_sleep": (None, [c_void_p, c_uint64]),
    "sl_exception_entry": (None, [c_void_p, c_uint32, c_uint32, c_uint32, c_bool]),
    "sl_exception_return": (None, [c_void_p, c_uint32, c_uint32]),
    "sl_stack_words": (None, [c_void_p, c_uint32]),
    "sl_profile_start": (c_int, [c_void_p]),
    "sl_profile_stop": (c_size_t, [c_void_p, POINTER(_ProfileRow), c_size_t]),
    "sl_trace_start": (c_int, [c_void_p, POINTER(c_uint32), c_size_t]),
    "sl_trace_take": (c_void_p, [c_void_p, POINTER(c_size_t)]),
    "sl_trace_stop": (None, [c_void_p]),
    "sl_follow": (None, [c_void_p, POINTER(Record), c_size_t]),
    "sl_followed": (c_size_t, [c_void_p]),
    "sl_read_records": (c_size_t, [c_char_p, c_size_t, c_bool, c_uint64, POINTER(Batch)]),
    "sl_counter_name": (c_char_p, [c_int]),
}


def load_library() -> ctypes.CDLL:
    """The timing core. Raises :class:`UsageError` where the package was installed without it."""
    spec = importlib.util.find_spec("scopeless._timing")
    if spec is None or spec.origin is None:
        raise UsageError(
            "The timing core is not built; run `make` in the project's folder, or `pip install` it again."
        )
    library = ctypes.CDLL(spec.origin)
    for name, (restype, argtypes) in _SIGNATURES.items():
        function = getattr(library, name)
        function.restype, function.argtypes = restype, argtypes
    return library


class TimingCore:
    """The timing core attached to one Unicorn instance.

    ``engine`` is a ``unicorn.Uc``; its code and interrupt hooks are taken by the core. Cycle totals are
    those of ``sl_cycles``: exact per instruction.
    """

    def __init__(self, engine: object, core: str) -> None:
        from unicorn import arm_const, unicorn_const
        from unicorn.unicorn_py3.unicorn import uclib

        self._library = load_library()
        self._engine = engine
        handle = engine._uch  # type: ignore[attr-defined]

        def address(name: str) -> int | None:
            return ctypes.cast(getattr(uclib, name), c_void_p).value

        ids = [getattr(arm_const, f"UC_ARM_REG_R{n}") for n in range(13)]
        ids += [arm_const.UC_ARM_REG_SP, arm_const.UC_ARM_REG_LR, arm_const.UC_ARM_REG_PC]
        functions = (address("uc_reg_read"), address("uc_emu_start"), address("uc_emu_stop"))
        self._unicorn = _Unicorn(handle.value, *functions, (c_int32 * 16)(*ids))
        self._core = self._library.sl_new(ctypes.byref(self._unicorn), CORE_KINDS[core])
        if not self._core:
            raise MemoryError("timing core")
        self._freed = weakref.finalize(self, self._library.sl_free, self._core)
        self._freed.atexit = False
        self._hooks = []
        for kind, hook in (
            (unicorn_const.UC_HOOK_CODE, self._library.sl_on_code),
            (unicorn_const.UC_HOOK_INTR, self._library.sl_on_interrupt),
        ):
            identity = c_size_t()
            error = uclib.uc_hook_add(
                handle,
                ctypes.byref(identity),
                c_int(kind),
                ctypes.cast(hook, c_void_p),
                c_void_p(self._core),
                c_uint64(1),
                c_uint64(0),
            )
            if error:
                raise RuntimeError(f"uc_hook_add failed with error {error}")
            self._hooks.append(identity)
        names: list[str] = []
        while name := self._library.sl_counter_name(len(names)):
            names.append(name.decode())
        self.counter_names: tuple[str, ...] = tuple(names)
        self._counters = self._library.sl_counters(self._core)

    def close(self) -> None:
        """Free the core. The Unicorn instance must not run afterwards."""
        self._freed()
        self._core = None

    def map(self, base: int, size: int, host: int | None, bus: Bus) -> None:
        """Connect an address range to a bus; ``host`` is the address of its bytes where code may run from
        it."""
        if self._library.sl_map(self._core, base, size, host, bus):
            raise RuntimeError("too many regions for the timing core")

    def set(self, setting: Setting, value: int) -> None:
        """Tell the core what the firmware's registers say (wait states, prefetch, bus dividers)."""
        if self._library.sl_set(self._core, setting, value):
            raise ValueError(f"unknown setting {setting}")

    def reset(self) -> None:
        """Empty pipeline and buffers, totals zero."""
        self._library.sl_reset(self._core)

    def run(self, pc: int, cycle_limit: int, instruction_limit: int) -> NativeStop:
        """Run from ``pc`` until a limit (absolute totals) or another reason."""
        return NativeStop(self._library.sl_run(self._core, pc, cycle_limit, instruction_limit))

    def request_stop(self) -> None:
        """Make :meth:`run` return before the next instruction."""
        self._library.sl_request_stop(self._core)

    def watch_unmask(self, on: bool) -> None:
        """Whether :meth:`run` returns after an instruction that may unmask exceptions."""
        self._library.sl_watch_unmask(self._core, on)

    def set_breakpoints(self, addresses: Collection[int]) -> None:
        """Where :meth:`run` returns before the instruction, in place of those set before; without effect on
        the cycles."""
        values = (c_uint32 * len(addresses))(*sorted(addresses))
        if self._library.sl_set_breakpoints(self._core, values, len(values)):
            raise MemoryError("breakpoints")

    @property
    def pc(self) -> int:
        """Address of the next instruction."""
        return int(self._library.sl_pc(self._core))

    @property
    def exception_number(self) -> int:
        """Unicorn's number of the exception that ended the last run."""
        return int(self._library.sl_exception_number(self._core))

    @property
    def unicorn_error(self) -> int:
        """Unicorn's error code of the last run."""
        return int(self._library.sl_unicorn_error(self._core))

    @property
    def cycles(self) -> int:
        """Cycles since reset; inside a memory-mapped access, the cycle of its data phase."""
        return int(self._library.sl_cycles(self._core))

    @property
    def counters(self) -> tuple[int, ...]:
        """All running totals, in the order of :attr:`counter_names`."""
        self._library.sl_counters(self._core)
        return tuple(self._counters[: len(self.counter_names)])

    def stack_words(self, words: int) -> None:
        """Charge for FP registers that are stored or loaded around an exception, a cycle each."""
        self._library.sl_stack_words(self._core, words)

    def profile_start(self) -> None:
        """Begin to count executions and cycles by instruction address."""
        if self._library.sl_profile_start(self._core):
            raise MemoryError("profile")

    def profile_stop(self) -> list[ProfileRow]:
        """End the profile: a row for every instruction executed since, by address."""
        count = self._library.sl_profile_stop(self._core, None, 0)
        rows = (_ProfileRow * max(count, 1))()
        self._library.sl_profile_stop(self._core, rows, len(rows))
        names = self.counter_names[-CAUSES:]
        return [
            ProfileRow(
                row.address,
                row.executions,
                row.cycles,
                {name: cycles for name, cycles in zip(names, row.causes, strict=True) if cycles},
            )
            for row in sorted(rows[:count], key=lambda row: int(row.address))
        ]

    def trace_start(self, bounds: Sequence[int]) -> None:
        """Begin to record transitions between functions, which begin or end at the addresses ``bounds``."""
        if self._library.sl_trace_start(self._core, (c_uint32 * len(bounds))(*bounds), len(bounds)):
            raise MemoryError("trace")

    def trace_take(self) -> bytes:
        """The events since the last call, as :func:`scopeless.flow.unpack` reads them."""
        count = c_size_t()
        events = self._library.sl_trace_take(self._core, ctypes.byref(count))
        return ctypes.string_at(events, count.value * flow.EVENT.size) if count.value else b""

    def trace_stop(self) -> bytes:
        """End the trace; what has not been taken yet."""
        self._library.sl_trace_stop(self._core)
        return self.trace_take()

    def follow(self, records: ctypes.Array[Record], count: int) -> None:
        """From here on execute the first ``count`` of ``records`` and nothing else: :meth:`run` ends before
        any other instruction, and behind the last."""
        self._followed = records  # the core keeps a pointer
        self._library.sl_follow(self._core, records, count)

    @property
    def followed(self) -> int:
        """How many of the records have been executed; inside an access, its own instruction counts."""
        return int(self._library.sl_followed(self._core))

    def sleep(self, cycles: int) -> None:
        """Let ``cycles`` pass asleep."""
        self._library.sl_sleep(self._core, cycles)

    def exception_entry(self, vector: int, handler: int, stack: int, tail_chained: bool) -> None:
        """Charge an exception entry (Cortex-M3 TRM: 12 cycles with zero-wait memory; 6 when tail-chained)."""
        self._library.sl_exception_entry(self._core, vector, handler, stack, tail_chained)

    def exception_return(self, target: int, stack: int) -> None:
        """Charge an exception return."""
        self._library.sl_exception_return(self._core, target, stack)
