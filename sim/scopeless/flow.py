"""Trace events as the native libraries record them: ``sl_flow_event`` in sim/native/shared/flow.h."""

from __future__ import annotations

from struct import Struct

from scopeless.machine import Flow, FlowEvent

EVENT = Struct("<QQIII4x")
KINDS = tuple(Flow)  # in the order of enum sl_flow


def unpack(data: bytes) -> list[FlowEvent]:
    """The events in ``data``."""
    return [
        FlowEvent(cycle, instructions, KINDS[kind], pc, sp)
        for cycle, instructions, kind, pc, sp in EVENT.iter_unpack(data)
    ]
