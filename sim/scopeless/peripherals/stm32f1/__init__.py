"""Peripherals of the STM32F1. Manual: ST RM0008 (STM32F101/102/103/105/107 reference manual)."""
