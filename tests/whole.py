"""Whether long checks run whole, as `make soak` runs them, or by a sample, as every run does."""

import os

IS_WHOLE = bool(os.environ.get("KEYHOLDER_WHOLE"))
