"""The published schemas: one document for each sort of file that ops staff write."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType

from keepwarm.schema.catalog import Catalog
from keepwarm.schema.json_schema.conditions import LIVE, conditions_schemas
from keepwarm.schema.json_schema.names import Names
from keepwarm.schema.json_schema.objects import definitions_for, object_schema
from keepwarm.schema.json_schema.values import Schema
from keepwarm.schema.playbook_reading import Known
from keepwarm.schema.written_form import FORMS

#: File of the schema -> the form of the file that it is for, and what editors call it.
DOCUMENTS = {
    "playbook.schema.json": ("playbook", "A playbook of Keepwarm"),
    "playbook-test.schema.json": ("stories", "The tests of a playbook of Keepwarm"),
    "catalog.schema.json": ("catalog", "The catalog of Keepwarm"),
    "policies.schema.json": ("policies", "The policies of Keepwarm"),
}
_DIALECT = "http://json-schema.org/draft-07/schema#"
_COMMENT = "Made by `keepwarm schema` from the catalog; changes here are lost."


def publish(
    catalog: Catalog, known: Known, live: Mapping[str, str] = MappingProxyType({})
) -> dict[str, str]:
    """Give the text of every schema by its file's name; the same workspace gives the same bytes.

    `live` has a sentence for facts on how they stand among the customers there are, which editors
    show below their meaning.
    """
    return {file: _text(document(file, catalog, known, live)) for file in DOCUMENTS}


def without_live(text: str) -> str:
    """Give the text of a schema without what it says of the customers there are."""
    return _text(json.loads(text, object_hook=_without_live))


def _without_live(part: Schema) -> Schema:
    said = part.get("markdownDescription")
    return (
        part | {"markdownDescription": said.partition(LIVE)[0]} if isinstance(said, str) else part
    )


def _text(schema: Schema) -> str:
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def document(
    file: str, catalog: Catalog, known: Known, live: Mapping[str, str] = MappingProxyType({})
) -> Schema:
    """Give one schema, by the name of its file."""
    form = FORMS[DOCUMENTS[file][0]]
    may_grow = form.name == "catalog" or not known.catalog_is_whole
    names = Names(catalog, known, may_grow=may_grow, live=live)
    definitions = {**conditions_schemas(names), **definitions_for(form, names)}
    root = object_schema(form, names)
    needed = _referred(root, definitions)
    return {
        "$schema": _DIALECT,
        "$comment": _COMMENT,
        "title": DOCUMENTS[file][1],
        **root,
        "definitions": {name: definitions[name] for name in sorted(needed)},
    }


def document_for(path: str) -> str:
    """Give the schema's file for a file of the workspace, by its path in it."""
    if path.startswith("catalog/"):
        return "catalog.schema.json"
    if path == "policies.yaml":
        return "policies.schema.json"
    return "playbook-test.schema.json" if path.endswith(".test.yaml") else "playbook.schema.json"


def _referred(root: Schema, definitions: dict[str, Schema]) -> set[str]:
    """Give the definitions that a schema refers to, and those that they refer to."""
    found: set[str] = set()
    awaited: list[object] = [root]
    while awaited:
        part = awaited.pop()
        if isinstance(part, list):
            awaited.extend(part)
        elif isinstance(part, dict):
            awaited.extend(part.values())
            name = str(part.get("$ref", "")).rpartition("/")[2]
            if name and name not in found:
                found.add(name)
                awaited.append(definitions[name])
    return found
