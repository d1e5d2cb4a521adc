"""Peripherals of the STM32L47x and STM32L48x. Manual: ST RM0351."""
