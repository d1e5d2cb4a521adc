"""Stand-ins for GitHub: a runner that executes a composite action's steps, and the API for comments.

Runner: docs.github.com/en/actions/reference/workflows-and-actions/metadata-syntax (composite actions) and
.../workflow-commands (environment files). API: docs.github.com/en/rest/issues/comments.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import yaml

REPOSITORY = "someone/firmware"
PULL_REQUEST = 7


class GitHub:
    """The comments of one pull request, behind HTTP. ``may_write`` is whether the token may; ``refusal`` is
    the answer where it may not."""

    def __init__(self) -> None:
        self.comments: list[dict[str, Any]] = []
        self.calls: list[str] = []
        self.may_write = True
        self.refusal = 403
        github = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                github.answer(self)

            do_POST = do_PATCH = do_GET

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def add(self, body: str) -> None:
        """Write a comment as anybody."""
        number = 1000 + len(self.comments)
        url = f"https://github.example/{REPOSITORY}/pull/{PULL_REQUEST}#issuecomment-{number}"
        self.comments.append({"id": number, "body": body, "html_url": url})

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        """Answer one call."""
        self.calls.append(f"{request.command} {request.path}")
        code, data = self._reply(request)
        content = json.dumps(data).encode()
        request.send_response(code)
        request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        request.wfile.write(content)

    def _reply(self, request: BaseHTTPRequestHandler) -> tuple[int, Any]:
        if request.headers["Authorization"] != "Bearer the-token":
            return 401, {"message": "Bad credentials"}
        length = int(request.headers["Content-Length"] or 0)
        sent = json.loads(request.rfile.read(length)) if length else {}
        listed = rf"/repos/{REPOSITORY}/issues/{PULL_REQUEST}/comments"
        if request.command == "GET" and (
            page := re.fullmatch(rf"{listed}\?per_page=100&page=(\d+)", request.path)
        ):
            first = 100 * (int(page[1]) - 1)
            return 200, self.comments[first : first + 100]
        if not self.may_write:
            return self.refusal, {"message": "Resource not accessible by integration"}
        if request.command == "POST" and request.path == listed:
            self.add(sent["body"])
            return 201, self.comments[-1]
        if request.command == "PATCH" and (
            one := re.fullmatch(rf"/repos/{REPOSITORY}/issues/comments/(\d+)", request.path)
        ):
            comment = self.comments[int(one[1]) - 1000]
            comment["body"] = sent["body"]
            return 200, comment
        return 404, {"message": "Not Found"}

    def close(self) -> None:
        """End the server."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@dataclass
class Job:
    """What a run of an action left: its exit code (that of the first step that failed), its outputs, the
    step summary, what it printed, and the steps of other actions with their inputs."""

    code: int = 0
    outputs: dict[str, str] = field(default_factory=dict)
    summary: str = ""
    log: str = ""
    used: dict[str, dict[str, str]] = field(default_factory=dict)


class Runner:
    """Executes an action's steps in ``workspace``; ``temp`` is the runner's own folder."""

    def __init__(self, action: Path, workspace: Path, temp: Path, github: GitHub) -> None:
        self._action = action
        self._metadata = yaml.safe_load((action / "action.yml").read_text())
        self._workspace = workspace
        self._temp = temp
        self._github = github

    def run(self, *, event: dict[str, Any] | None = None, **given: str) -> Job:
        """Run the action with the inputs ``given`` (``_`` stands for ``-``) on ``event``."""
        known = self._metadata["inputs"]
        values = {f"inputs.{name}": str(about.get("default", "")) for name, about in known.items()}
        values |= {"inputs.token": "the-token", "runner.temp": str(self._temp)}
        for name, value in given.items():
            assert f"inputs.{name.replace('_', '-')}" in values
            values[f"inputs.{name.replace('_', '-')}"] = value
        (self._temp / "event.json").write_text(json.dumps({} if event is None else event))
        summary = self._temp / "summary.md"
        summary.write_text("")
        job = Job()
        for step in self._metadata["runs"]["steps"]:
            if job.code or not self._holds(step.get("if"), values):
                continue
            if "uses" in step:
                job.used[step["uses"]] = {k: self._expand(v, values) for k, v in step["with"].items()}
                if step["uses"].startswith("actions/setup-python@"):
                    values[f"steps.{step['id']}.outputs.python-path"] = ""
            else:
                self._step(step, values, job)
        job.summary = summary.read_text()
        for name, about in self._metadata["outputs"].items():
            job.outputs[name] = self._expand(about["value"], values)
        return job

    def _step(self, step: dict[str, Any], values: dict[str, str], job: Job) -> None:
        assert step["shell"] == "bash", "a composite action's step must name its shell"
        assert "${{" not in step["run"], "an input that is pasted into a script can be a script"
        script, outputs = self._temp / "step.sh", self._temp / "output"
        script.write_text(step["run"])
        outputs.write_text("")
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))},
            "GITHUB_ACTIONS": "true",
            "GITHUB_ACTION_PATH": str(self._action),
            "GITHUB_API_URL": self._github.url,
            "GITHUB_EVENT_PATH": str(self._temp / "event.json"),
            "GITHUB_OUTPUT": str(outputs),
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_STEP_SUMMARY": str(self._temp / "summary.md"),
            "GITHUB_WORKSPACE": str(self._workspace),
            "RUNNER_TEMP": str(self._temp),
            **{name: self._expand(value, values) for name, value in step.get("env", {}).items()},
        }
        result = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", script],
            cwd=self._workspace,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
            check=False,
        )
        job.code = result.returncode
        job.log += result.stdout
        for line in outputs.read_text().splitlines():
            name, _, value = line.partition("=")
            values[f"steps.{step['id']}.outputs.{name}"] = value

    def _expand(self, text: object, values: dict[str, str]) -> str:
        return re.sub(r"\$\{\{ (\S+) \}\}", lambda found: values.get(found[1], ""), str(text))

    def _holds(self, condition: str | None, values: dict[str, str]) -> bool:
        if condition is None:
            return True
        parts = re.fullmatch(r"(\S+) (==|!=) '(.*)'", condition)
        assert parts is not None, f"the condition {condition!r} is more than this runner knows"
        return (values[parts[1]] == parts[3]) == (parts[2] == "==")
