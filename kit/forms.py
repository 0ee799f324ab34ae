"""Turns the bytes of a bracket form into plain dicts, or refuses them with a typed error.

Stripe's clients write nested parameters as `line_items[0][price_data][currency]=usd`. The well-formed
grammar is read by hand, because qs-codec takes three times as long and every API call passes here; keys
outside of that grammar (an unbalanced bracket, text after one) are left to qs-codec's reading. A test
holds both to the same answer. Nothing else than ParamError is ever raised for any bytes.
"""

import re
from functools import lru_cache
from typing import Any
from urllib.parse import unquote_to_bytes

import qs_codec

from kit.params.errors import ParamError, bracketed

MAX_BODY_BYTES = 256 * 1024
MAX_KEYS = 1_000
MAX_DEPTH = 5
CACHED_KEY_CHARS = 200
LAID_OUT_PAIRS = 64
LAID_OUT_CHARS = 4_000
SHOWN_CHARS = 100

BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
SEGMENT = re.compile(r"\[([^\[\]]*)\]")
WELL_FORMED_KEY = re.compile(r"[^\[\]]+(?:\[[^\[\]]*\])*")
INDEX = re.compile(r"0|[1-9][0-9]{0,8}")
QS_OPTIONS = qs_codec.DecodeOptions(
    depth=MAX_DEPTH,
    parameter_limit=MAX_KEYS,
    list_limit=MAX_KEYS,
    strict_depth=True,
    raise_on_limit_exceeded=True,
)

Path = tuple[str, ...]


def decode(body: bytes, query: bytes = b"") -> dict[str, Any]:
    """The parameters of a form body and a query string: nested dicts and lists whose leaves are strings.

    `a[0]=` counted from zero without a gap, and `a[]=`, become lists; other indices stay a dict with digit
    keys, which the validator of kit/params turns into a list or a hash as the parameter demands. An empty
    string stays `""`, for Stripe the wish to unset.
    """
    text = _text(body, query)
    if not text:
        return {}
    pairs = text.split("&")
    if len(pairs) > LAID_OUT_PAIRS or len(text) > LAID_OUT_CHARS:
        return _read(pairs)
    keys, values = [], []
    for pair in pairs:
        key, _, value = pair.partition("=")
        keys.append(key)
        values.append(_unescape(value) if "%" in value or "+" in value else value)
    layout = _layout(tuple(keys))
    return _read(pairs) if layout is None else _filled(layout, values)


@lru_cache(maxsize=256)
def _layout(keys: Path) -> dict[str, Any] | None:
    """Where the values of such keys belong: a tree with each one's number in its place.

    A client sends the same keys again and again, and what becomes of them does not depend on the values. None
    where it might, because a key is not well formed.
    """
    if not all(key and _path_of(key) for key in keys):
        return None
    layout: dict[str, Any] = _numbered(_read([f"{key}={number}" for number, key in enumerate(keys)]))
    return layout


def _numbered(branch: Any) -> Any:
    if type(branch) is str:
        return int(branch)
    if type(branch) is list:
        return [_numbered(element) for element in branch]
    return {name: _numbered(element) for name, element in branch.items()}


def _filled(layout: dict[str, Any], values: list[str]) -> dict[str, Any]:
    """The tree of a layout with the values in their places."""
    return {
        name: values[part]
        if type(part) is int
        else _filled(part, values)
        if type(part) is dict
        else _filled_list(part, values)
        for name, part in layout.items()
    }


def _filled_list(layout: list[Any], values: list[str]) -> list[Any]:
    return [
        values[part]
        if type(part) is int
        else _filled(part, values)
        if type(part) is dict
        else _filled_list(part, values)
        for part in layout
    ]


def _read(pairs: list[str]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    nested = False
    for pair in pairs:
        if not pair:
            continue
        key, _, value = pair.partition("=")
        path = _path_of(key)
        if path is None:
            path, value = _odd(pair)
        elif "%" in value or "+" in value:
            value = _unescape(value)
        if len(path) > 1:
            nested = True
            _plant(tree, path, value)
        elif path[0] in tree:
            raise _conflict(path)
        else:
            tree[path[0]] = value
    return {name: _with_lists(branch, name) for name, branch in tree.items()} if nested else tree


# ---- the form's text


def _text(body: bytes, query: bytes) -> str:
    if len(body) + len(query) > MAX_BODY_BYTES:
        raise ParamError(f"The request is larger than {MAX_BODY_BYTES} bytes.")
    raw = body + b"&" + query if body and query else body or query
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        raise ParamError("The request contains bytes that are not UTF-8.") from None
    if text.count("&") >= MAX_KEYS:
        raise ParamError(f"The request has more than {MAX_KEYS} parameters.")
    if "%" in text:
        if BAD_ESCAPE.search(text):
            raise ParamError("The request contains a percent sign that is not followed by two hex digits.")
        if "%00" in text:
            raise nul_refused()
    if "\0" in text:
        raise nul_refused()
    return text


def nul_refused() -> ParamError:
    """What is told of a NUL, which no column can hold."""
    return ParamError("The request contains a NUL character.")


def _unescape(text: str) -> str:
    try:
        return unquote_to_bytes(text.replace("+", " ")).decode()
    except UnicodeDecodeError:
        # Lone surrogates are refused here too: UTF-8 has no form for them.
        raise ParamError("The request contains escaped bytes that are not UTF-8.") from None


# ---- keys


def _path_of(raw_key: str) -> Path | None:
    return _path(raw_key) if len(raw_key) <= CACHED_KEY_CHARS else _path.__wrapped__(raw_key)


@lru_cache(maxsize=4_096)
def _path(raw_key: str) -> Path | None:
    """The segments of a key (`a[b][]` -> a, b, ""), or None where the key is not well formed."""
    key = _unescape(raw_key)
    if not key:
        raise ParamError("The request contains a parameter without a name.")
    if "[" not in key and "]" not in key:
        return (key,)
    if not WELL_FORMED_KEY.fullmatch(key):
        return None
    root = key[: key.index("[")]
    path = (root, *SEGMENT.findall(key, len(root)))
    if len(path) - 1 > MAX_DEPTH:
        shown = root[:SHOWN_CHARS]
        raise ParamError(f"The parameter {shown} is nested deeper than {MAX_DEPTH} levels.", param=shown)
    return path


def _conflict(path: Path) -> ParamError:
    name = bracketed(path)[:SHOWN_CHARS]
    return ParamError(f"The parameter {name} is given more than once, or in two shapes.", param=name)


def _plant(tree: dict[str, Any], path: Path, value: str) -> None:
    """Hang a value into the tree. Lists of `[]` segments are kept under the key "" until _with_lists."""
    node = tree
    last = len(path) - 1
    for depth, segment in enumerate(path):
        if segment == "" and depth:
            elements = node.setdefault("", [])
            if depth == last:
                elements.append(value)
                return
            # As in Rack, which reads Stripe's forms: `a[][x]=1&a[][y]=2` is one element until a name repeats.
            if not elements or not isinstance(elements[-1], dict) or _holds(elements[-1], path[depth + 1 :]):
                elements.append({})
            node = elements[-1]
        elif depth == last:
            if segment in node:
                raise _conflict(path)
            node[segment] = value
        else:
            child = node.get(segment)
            if child is None:
                child = node[segment] = {}
            elif type(child) is not dict:
                raise _conflict(path)
            node = child


def _holds(node: dict[str, Any], rest: Path) -> bool:
    """Whether the path is already taken within this element of an array of hashes."""
    branch: Any = node
    for segment in rest:
        if segment == "":
            return False
        if not isinstance(branch, dict) or segment not in branch:
            return False
        branch = branch[segment]
    return True


def _with_lists(branch: Any, name: str) -> Any:
    """The branch with each `[]` and each gapless count from zero as a list."""
    if type(branch) is str:
        return branch
    if type(branch) is list:
        return [_with_lists(element, name) for element in branch]
    if "" in branch:
        if len(branch) > 1:
            raise _conflict((name,))
        return _with_lists(branch[""], name)
    if "0" in branch and all(str(index) in branch for index in range(len(branch))):
        return [_with_lists(branch[str(index)], name) for index in range(len(branch))]
    return {key: _with_lists(value, name) for key, value in branch.items()}


# ---- keys outside of the grammar


def _odd(pair: str) -> tuple[Path, str]:
    """The path that qs-codec reads from a malformed key, and its value; the tree is still planted by us.

    qs-codec may ignore text (`a[b]c`), so that two odd keys can mean one path: _plant then sees the conflict.
    """
    cut = pair.find("]=") + 1 or pair.find("=")
    key, value = (pair[:cut], pair[cut + 1 :]) if cut >= 0 else (pair, "")
    shown = _unescape(key)[:SHOWN_CHARS]
    try:
        branch: Any = qs_codec.decode(f"{key}=", QS_OPTIONS)
    except (ValueError, IndexError):
        branch = None
    segments: list[str] = []
    while isinstance(branch, dict | list) and len(branch) == 1:
        segment, branch = next(iter(branch.items())) if isinstance(branch, dict) else ("", branch[0])
        segments.append(segment)
    if branch != "" or not segments or not segments[0] or shown[0] == "[":
        raise ParamError(f"Invalid parameter name: {shown}", param=shown)
    return tuple(segments), _unescape(value)
