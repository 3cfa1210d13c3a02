"""REST as programs of the account use it."""

from __future__ import annotations

from typing import Any

import requests

from taskrouter_sync.emulator import Emulator


class Rest:
    """Requests with the account's credentials, to paths below a workspace or URLs."""

    def __init__(self, emulator: Emulator, workspace_sid: str) -> None:
        self.emulator = emulator
        self.url = f"{emulator.api_base_url}/Workspaces/{workspace_sid}"

    @classmethod
    def of(cls, emulator: Emulator) -> Rest:
        """Ask for the only workspace of an emulator."""
        (sid,) = emulator.call(lambda engine: list(engine.workspaces))
        return cls(emulator, sid)

    def ask(self, method: str, path: str, **options: Any) -> requests.Response:
        account = self.emulator.account_sid, self.emulator.auth_token
        options = {"auth": account, "timeout": 5, **options}
        url = path if path.startswith("http") else self.url + path
        return requests.request(method, url, **options)

    def get(self, path: str, **params: Any) -> Any:
        """Give the body of a success."""
        answer = self.ask("GET", path, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, **form: Any) -> requests.Response:
        """Create or change something."""
        return self.ask("POST", path, data=form)

    def only(self, kind: str) -> str:
        """Give the path of the only resource of a kind, such as /Tasks."""
        body = self.get(kind)
        [found] = body[body["meta"]["key"]]
        return f"{kind}/{found['sid']}"
