"""`python -m belarus_iran_pact` is the command line."""

import sys

from .cli import main

sys.exit(main())
