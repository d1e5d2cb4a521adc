"""The action's comment: puts check.md on the pull request, in one comment that later runs find by a hidden
marker and update.

A comment is a courtesy: where the token may not write one (a pull request from a fork has a token that only
reads) or GitHub does not answer, a note says so and the job goes on.
API: docs.github.com/en/rest/issues/comments.
"""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

LONGEST = 65_536
"""Characters that GitHub takes in one comment."""
PAGE = 100
TIMEOUT_S = 30
REFUSED = (401, 403, 404)
"""How GitHub answers a token that may not: 404 where it may not even know."""


def main() -> None:
    """Comment, or say why not."""
    event = json.loads(Path(os.environ["GITHUB_EVENT_PATH"]).read_text())
    number = event.get("pull_request", {}).get("number")
    if number is None:
        print("This run is not of a pull request: there is nothing to comment on.")
        return
    report = Path(os.environ["RUNNER_TEMP"]) / "scopeless" / "check.md"
    try:
        print(write(number, marker(), report.read_text()))
    except urllib.error.HTTPError as error:
        reason = f"GitHub answered {error.code} {error.reason}"
        if error.code in REFUSED:
            reason = (
                f"the token may not write one ({reason}): give the job `permissions: pull-requests: write`; "
                "for a pull request from a fork GitHub withholds it"
            )
        print(f"::notice title=Scopeless check::No comment on the pull request: {reason}.")
    except OSError as error:
        print(f"::notice title=Scopeless check::No comment on the pull request: {error}.")


def marker() -> str:
    """What the comment begins with and no reader sees: checks of other firmware have a comment each."""
    about = " ".join([os.environ["CONFIG"], *os.environ["NAMES"].split()])
    return f"<!-- scopeless check {about.replace('--', '- -')} -->"


def write(number: int, mark: str, report: str) -> str:
    """Make or update the comment on pull request ``number``; say what was done."""
    body = f"{mark}\n{report}"
    if len(body) > LONGEST:
        rest = "\n\nThe rest is in the job's summary.\n"
        body = body[: body.rindex("\n", 0, LONGEST - len(rest))] + rest
    comments = f"/issues/{number}/comments"
    page = 1
    while found := call("GET", f"{comments}?per_page={PAGE}&page={page}"):
        for comment in found:
            if (comment["body"] or "").startswith(mark):
                call("PATCH", f"/issues/comments/{comment['id']}", body)
                return f"Updated {comment['html_url']}"
        page += 1
    return f"Wrote {call('POST', comments, body)['html_url']}"


def call(method: str, path: str, body: str | None = None) -> Any:
    """Call GitHub's API on this repository. Raises OSError, of which HTTPError is one."""
    request = urllib.request.Request(
        f"{os.environ['GITHUB_API_URL']}/repos/{os.environ['GITHUB_REPOSITORY']}{path}",
        method=method,
        data=None if body is None else json.dumps({"body": body}).encode(),
        headers={
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {os.environ['GITHUB_TOKEN']}",
            "Content-Type": "application/json",
            "X-GitHub-Api-Version": "2022-11-28",
        },
    )
    with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:
        return json.load(answer)


if __name__ == "__main__":
    main()
