"""Timing what another simulator executed: a recorded trace, instruction for instruction, through our models.

``trace`` reads the files that Renode's ExecutionTracer writes, ``script`` hands out what comes next, ``core``
is the processor that follows it; the engine is :mod:`scopeless.engines.replay`.
"""
