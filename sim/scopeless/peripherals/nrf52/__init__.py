"""Peripherals of the nRF52840. Manual: Nordic nRF52840 Product Specification v1.7 (PS), chapters by name."""
