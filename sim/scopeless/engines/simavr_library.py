"""What ``sim/native/simavr/glue.h`` declares, for ctypes."""

from __future__ import annotations

import ctypes
import importlib.util
from ctypes import (
    POINTER,
    Structure,
    c_bool,
    c_char,
    c_char_p,
    c_int,
    c_size_t,
    c_uint,
    c_uint32,
    c_uint64,
    c_void_p,
)
from enum import IntEnum

from scopeless.errors import UsageError

COUNTER_NAMES = ("instructions", "interrupts", "cycles_sleep")
"""Counters of every edge: instructions executed, interrupts entered, cycles asleep."""

PINS = 128
"""``SL_AVR_PINS``: eight of each port, PA to PP."""

INSTALL = "install it with `apt-get install libsimavr-dev`, then run `make`"


class NativeStop(IntEnum):
    """``enum sl_avr_stop``."""

    (
        CYCLE,
        EDGES,
        INSTRUCTION,
        EDGE_FLOOD,
        INVALID_OPCODE,
        BAD_ACCESS,
        NO_PROGRAM,
        SLEEP_FOREVER,
        OUT_OF_MEMORY,
        ASSERTION,
        BREAKPOINT,
        WATCHPOINT,
    ) = range(12)


class _Edge(Structure):
    _fields_ = (
        ("cycle", c_uint64),
        ("counters", c_uint64 * len(COUNTER_NAMES)),
        ("level", c_uint32),
        ("pin", c_uint32),
    )


class _Byte(Structure):
    _fields_ = (("cycle", c_uint64), ("value", c_uint32))


class Watch(Structure):
    """``sl_avr_watch``."""

    _fields_ = (("address", c_uint32), ("size", c_uint32), ("read", c_bool), ("write", c_bool))


class NativeProfileRow(Structure):
    _fields_ = (("address", c_uint32), ("executions", c_uint64), ("cycles", c_uint64))


class View(Structure):
    _fields_ = (
        ("cycle", c_uint64),
        ("counters", c_uint64 * len(COUNTER_NAMES)),
        ("edges", POINTER(_Edge)),
        ("edge_count", c_size_t),
        ("bytes", POINTER(_Byte)),
        ("byte_count", c_size_t),
        ("pc", c_uint32),
        ("fault_pc", c_uint32),
        ("restarts", c_uint32),
        ("watchdog_resets", c_uint32),
        ("cycles_per_bit", c_uint32),
        ("hit", c_uint32),
        ("log", c_char * 160),
    )


_SIGNATURES: dict[str, tuple[object, list[object]]] = {
    "sl_avr_version": (c_char_p, []),
    "sl_avr_part": (c_char_p, [c_size_t]),
    "sl_avr_new": (c_void_p, [c_char_p, c_uint32]),
    "sl_avr_free": (None, [c_void_p]),
    "sl_avr_flash_size": (c_uint32, [c_void_p]),
    "sl_avr_load_flash": (c_int, [c_void_p, c_uint32, c_char_p, c_uint32]),
    "sl_avr_load_eeprom": (c_int, [c_void_p, c_uint32, c_char_p, c_uint32]),
    "sl_avr_has_pin": (c_bool, [c_void_p, c_uint]),
    "sl_avr_watch_pin": (c_int, [c_void_p, c_uint, c_bool]),
    "sl_avr_drive": (c_int, [c_void_p, c_uint, c_uint, c_uint64]),
    "sl_avr_watch_uart": (c_int, [c_void_p, c_char]),
    "sl_avr_send": (c_int, [c_void_p, c_char_p, c_size_t]),
    "sl_avr_profile_start": (c_int, [c_void_p]),
    "sl_avr_profile_stop": (c_size_t, [c_void_p, POINTER(NativeProfileRow), c_size_t]),
    "sl_avr_trace_start": (c_int, [c_void_p, POINTER(c_uint32), c_size_t]),
    "sl_avr_trace_take": (c_void_p, [c_void_p, POINTER(c_size_t)]),
    "sl_avr_trace_stop": (None, [c_void_p]),
    "sl_avr_register": (c_uint32, [c_void_p, c_uint]),
    "sl_avr_set_register": (None, [c_void_p, c_uint, c_uint32]),
    "sl_avr_ram_size": (c_uint32, [c_void_p]),
    "sl_avr_eeprom_size": (c_uint32, [c_void_p]),
    "sl_avr_read_flash": (c_size_t, [c_void_p, c_uint32, c_void_p, c_size_t]),
    "sl_avr_read_eeprom": (c_size_t, [c_void_p, c_uint32, c_void_p, c_size_t]),
    "sl_avr_read_data": (c_size_t, [c_void_p, c_uint32, c_void_p, c_size_t]),
    "sl_avr_write_data": (c_size_t, [c_void_p, c_uint32, c_char_p, c_size_t]),
    "sl_avr_reset": (None, [c_void_p]),
    "sl_avr_asleep": (c_bool, [c_void_p]),
    "sl_avr_set_breakpoints": (c_int, [c_void_p, POINTER(c_uint32), c_size_t]),
    "sl_avr_set_watches": (c_int, [c_void_p, POINTER(Watch), c_size_t]),
    "sl_avr_attach": (None, [c_void_p, c_bool]),
    "sl_avr_run": (c_int, [c_void_p, c_uint64, c_uint64, c_size_t, c_bool, POINTER(View)]),
}


def load_library() -> ctypes.CDLL:
    """The glue. Raises :class:`UsageError` where it or libsimavr is missing."""
    spec = importlib.util.find_spec("scopeless._simavr")
    if spec is None or spec.origin is None:
        raise UsageError(f"The simavr engine is not built, because libsimavr was not there; {INSTALL}.")
    try:
        library = ctypes.CDLL(spec.origin)
    except OSError as error:
        raise UsageError(f"The simavr engine cannot be loaded ({error}); {INSTALL}.") from error
    for name, (restype, argtypes) in _SIGNATURES.items():
        function = getattr(library, name)
        function.restype, function.argtypes = restype, argtypes
    return library
