"""Blocks that several STM32 families share. Manuals: ST RM0385 (STM32F74x/75x), ST RM0351 (STM32L47x/48x)."""
