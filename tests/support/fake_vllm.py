"""A program like `vllm` that serves a list of models and nothing else, at once.

Used as `vllm`, it is told by the file `vllm.json` beside it how it goes wrong.
"""

import json
import os
import stat
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import pairwise
from pathlib import Path
from typing import Any


def install(folder: Path, **wrong: Any) -> Path:
    """Put the program into a folder, and say how it goes wrong."""
    program = folder / "vllm"
    program.write_text(f"#!{sys.executable}\n{Path(__file__).read_text()}")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    (folder / "vllm.json").write_text(json.dumps(wrong))
    return program


def main(words: list[str]) -> None:
    """Serve until told to end, with a process of its own beside it."""
    given = dict(pairwise(words))
    folder = Path(sys.argv[0]).parent
    wrong = json.loads((folder / "vllm.json").read_text())
    started = folder / "started.jsonl"
    with started.open("a") as file:
        file.write(json.dumps({"words": words, "pid": os.getpid()}) + "\n")
    if "says" in wrong and len(started.read_text().splitlines()) <= wrong.get("times", 1_000):
        print(wrong["says"], flush=True)
        sys.exit(1)
    engine = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    (folder / "engine.pid").write_text(str(engine.pid))
    key = os.environ["VLLM_API_KEY"]

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            good = self.headers["Authorization"] == f"Bearer {key}"
            loading = "loads_until" in wrong and not Path(wrong["loads_until"]).exists()
            names = [] if loading else [wrong.get("model", words[1])]
            body = json.dumps({"data": [{"id": name} for name in names]}).encode()
            self.send_response(200 if good else 401)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    print("the fake is ready", flush=True)
    server = HTTPServer((given["--host"], int(given["--port"])), Handler)
    if "lives" in wrong:
        server.timeout = 0.1
        until = time.monotonic() + wrong["lives"]
        while time.monotonic() < until:
            server.handle_request()
        print("out of memory", flush=True)
        sys.exit(9)
    server.serve_forever()


if __name__ == "__main__":
    main(sys.argv[1:])
