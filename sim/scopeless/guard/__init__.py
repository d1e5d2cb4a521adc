"""Guarding cycle counts: what a firmware costs now, beside the baseline that was accepted (docs/ci.md)."""
