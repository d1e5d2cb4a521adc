"""Scopeless: microcontroller benchmarks without hardware and without an oscilloscope."""

__version__ = "0.1.0"
