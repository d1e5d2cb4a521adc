"""A server for GDB's remote serial protocol in front of any engine that is debuggable.

Protocol: *Debugging with GDB*, appendix E; target descriptions: appendix G. docs/gdb.md shows a session.
"""
