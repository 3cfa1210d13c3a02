"""Answers against Twilio's published OpenAPI description (openapi.json).

Owns: the schema of each operation's answer, a client of Twilio's library that
checks every answer it gets, and a body that this client has no type for.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jsonschema
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response


PUBLISHED = json.loads((Path(__file__).parent / "openapi.json").read_text())
DATE = "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$"


def strict(schema: Any) -> Any:
    """Say in JSON Schema what OpenAPI 3.0 says: nullable; all properties, no others."""
    if isinstance(schema, list):
        return [strict(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    result = {name: strict(item) for name, item in schema.items()}
    if result.get("format") == "date-time":
        result["pattern"] = DATE
    if result.pop("nullable", False) and "type" in result:
        result["type"] = [result["type"], "null"]
    if "properties" in result:
        result["required"] = sorted(result["properties"])
        result["additionalProperties"] = False
    return result


SCHEMAS = {"schemas": strict(PUBLISHED["schemas"])}


def operation(method: str, path: str) -> Any:
    """Find the published operation of a request."""
    for template, methods in PUBLISHED["paths"].items():
        pattern = re.sub(r"\{\w+\}", "[^/]+", template)
        if re.fullmatch(pattern, path):
            return methods[method.lower()]
    raise LookupError(f"{method} {path} is not published")


def check(method: str, url: str, status: int, text: str) -> None:
    """Fail unless the answer is what is published for the operation."""
    published = operation(method, urlsplit(url).path)
    assert status == published["status"]
    if published["schema"] is None:
        assert text == ""
        return
    schema = {**strict(published["schema"]), "components": SCHEMAS}
    jsonschema.Draft4Validator(schema).validate(json.loads(text))


# The library has no types.
@dataclass(frozen=True)
class QueueSids:
    """The body of the statistics in bulk, in the form that Twilio's client takes."""

    sids: list[str]

    def to_dict(self) -> dict[str, list[str]]:
        """Give what becomes JSON."""
        return {"QueueSids": self.sids}


class CheckedHttpClient(TwilioHttpClient):  # type: ignore[misc]
    """Twilio's HTTP client, sent to the emulator; successes must be as published."""

    def __init__(self, emulator_url: str) -> None:
        super().__init__(timeout=5)
        self._emulator_url = emulator_url
        self.checked: set[tuple[str, str]] = set()

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Response:
        url = url.replace("https://taskrouter.twilio.com", self._emulator_url)
        response = super().request(method, url, *args, **kwargs)
        if response.status_code < 400:
            check(method, url, response.status_code, response.text)
            path = re.sub(r"/[A-Z]{2}[0-9a-f]{32}", "/{}", urlsplit(url).path)
            self.checked.add((method.upper(), path))
        return response
