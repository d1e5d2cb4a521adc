"""Peripherals of the STM32F74x and STM32F75x. Manual: ST RM0385."""
