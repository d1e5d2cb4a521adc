"""Peripherals of the SAM3X and SAM3A. Manual: Atmel 11057 (SAM3X/SAM3A data sheet); addresses and bits as in
the chip's CMSIS headers."""
