"""What-if runs of a board's benchmark, over axes that the firmware's build sets: docs/sweep.md."""
