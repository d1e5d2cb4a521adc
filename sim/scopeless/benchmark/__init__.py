"""The benchmark: its session over UART, the two windows, the record of a run, every board at once."""
