"""The signature of webhooks: X-Twilio-Signature.

Pure. The key that it takes is the account's auth token.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping


def sign(auth_token: str, url: str, params: Mapping[str, str]) -> str:
    """Give the signature of a request.

    Args:
        auth_token: the account's key.
        url: the URL as the receiver sees it, with its query.
        params: the form; nothing for a GET, whose parameters are in the URL.
    """
    text = url + "".join(name + params[name] for name in sorted(params))
    digest = hmac.digest(auth_token.encode(), text.encode(), "sha1")
    return base64.b64encode(digest).decode()
