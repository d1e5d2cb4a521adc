"""Firmware: the files it comes in, their symbols and source lines, and how the benchmark's is built."""
