"""Examples: what would a request look like that fits its description?

Made from the schema, where the model does not show one of its own. A test sends
every example through its model, so that none of them lies.
"""

from collections.abc import Mapping
from typing import Any

Json = Mapping[str, Any]


def example_of(schema: Json, definitions: Json) -> Any:
    """A value that fits a schema of ours; optional fields are left out."""
    if "$ref" in schema:
        return example_of(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    if schema.get("examples"):
        return schema["examples"][0]
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    for choices in ("oneOf", "anyOf", "allOf"):
        if choices in schema:
            return example_of(schema[choices][0], definitions)
    return _of_type(schema, definitions)


def _of_type(schema: Json, definitions: Json) -> Any:
    kind = schema.get("type")
    if kind == "object":
        properties = schema.get("properties", {})
        return {name: example_of(properties[name], definitions) for name in schema.get("required", ())}
    if kind == "array":
        return [example_of(schema["items"], definitions)] * schema.get("minItems", 1)
    if kind == "integer":
        return max(schema.get("minimum", 1), min(10_000, schema.get("maximum", 10_000)))
    if kind == "boolean":
        return True
    return _text(schema)


def _text(schema: Json) -> str:
    if schema.get("format") == "date-time":
        return "2026-11-22T08:00:00Z"
    if schema.get("format") == "date":
        return "2026-11-22"
    return "text".ljust(schema.get("minLength", 0), "x")[: schema.get("maxLength", 4)]
