"""``python -m scopeless``."""

import sys

from scopeless.cli import main

sys.exit(main())
