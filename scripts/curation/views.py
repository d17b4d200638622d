"""The views, as the package computes them: for the build and for whoever looks for them among its steps."""

from belarus_iran_pact.computed import views

__all__ = ["views"]
