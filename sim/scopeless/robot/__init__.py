"""A Robot Framework library: acceptance tests of firmware on an emulated board.

In a suite: ``Library    scopeless.robot``. docs/robot.md shows it at work, docs/robot-library.html has every
keyword.
"""

from scopeless.robot.library import ScopelessLibrary

# The name under which Robot Framework, 6.1 included, looks for a library class in the module of that name.
robot = ScopelessLibrary

__all__ = ["ScopelessLibrary", "robot"]
