"""The machinery under the data: what a column, a table and a package are, and the laws they obey."""

from typing import Final

NAME: Final = "belarus-iran-pact"
"""What the dataset, its distribution and its command are called."""
