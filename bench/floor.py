"""The floor: a constant JSON body through Flask, so that all that Florin adds to its server can be seen."""

from functools import cache

from flask import Flask, Response

app = Flask(__name__)


@cache
def constant(size_bytes: int) -> bytes:
    """Return a JSON object of exactly this size."""
    frame = len('{"constant":""}')
    return b'{"constant":"' + b"x" * max(0, size_bytes - frame) + b'"}'


@app.route("/constant/<int:size_bytes>", methods=["GET", "POST"])
def answer(size_bytes: int) -> Response:
    """Answer the same bytes whatever is asked, as cheaply as Flask can."""
    return Response(constant(size_bytes), mimetype="application/json")
