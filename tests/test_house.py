"""The house: what each room may know of the others."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

import belarus_iran_pact
from belarus_iran_pact.core.column import ORIGINS
from belarus_iran_pact.core.table import ValueType
from belarus_iran_pact.models import DATASET

PACKAGE = Path(belarus_iran_pact.__file__).parent
CORE = sorted((PACKAGE / "core").glob("*.py"))

# What core means by these words is no term, though one is spelled so: properties of schemas, origins, types of values, "none"
# in a message.
OWN_WORDS = {"name", "description", "none", *ORIGINS, *get_args(ValueType)}


def imports(tree: ast.AST) -> Iterator[str]:
    """What a module of core imports, anywhere in it: modules of the package by a path from it, others by their names."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            modules = [node.module] if node.module else [alias.name for alias in node.names]
            yield from (f"{'.' * node.level}{module}" for module in modules)


@pytest.mark.parametrize("file", CORE, ids=lambda file: file.stem)
def test_core_knows_its_dataset(file: Path) -> None:
    """The machine imports the dataset that it is to serve, or names a table or term of it."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    assert [name for name in imports(tree) if name.startswith(("..", "belarus_iran_pact"))] == []
    words = {*DATASET.tables, *(term for vocabulary in DATASET.vocabularies.values() for term in vocabulary.values())}
    literals = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    assert literals & (words - OWN_WORDS) == set()
