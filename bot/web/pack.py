"""Makes one small script out of the widget's modules, when the server starts.

There is no build step: the modules under bot/widget run as they are, and what is sent is made from them in memory.
Comments and blanks stay here, and the names of variables get short; properties, which may be the browser's or the
API's, keep theirs. Held to the plain sort of JavaScript that those modules are written in: statements end with a
semicolon, imports are named and from "./x.js", no top-level name is used twice, no `var`, `switch`, label or `eval`.
"""
from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping

_TOKEN = re.compile(r"""
    (?P<blank>\s+ | //[^\n]* | /\*.*?\*/)
  | (?P<text>"(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*')
  | (?P<name>\#?[A-Za-z_$][\w$]*)
  | (?P<number>\d[\w.]*)
  | (?P<sign>\.\.\. | \?\.(?!\d) | \?\?=? | => | [=!]==? | &&=? | \|\|=? | \+\+ | -- | [-+*/<>]= | .)
""", re.VERBOSE | re.DOTALL)
_REGEX = re.compile(r"/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\[\n])+/[a-z]*")
_IMPORT = re.compile(r'^import \{[^}]*\} from "\./(\w+)\.js";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=const|let|function|async|class)", re.MULTILINE)
_TOP_LEVEL = re.compile(r"^(?:export )?(?:async )?(?:const|let|function|class) (\w+)", re.MULTILINE)
_NAME = re.compile(r"#?[A-Za-z_$][\w$]*")
_WORDS = frozenset("""async await break case catch class const constructor continue default delete do else export extends
    false finally for from function get if import in instanceof let new null of return set static super this throw true
    try typeof undefined while""".split())
# A brace after one of these opens an object or a pattern; any other, a block.
_BEFORE_OBJECT = frozenset("( , = : [ return const let export ? && || ?? ??= ... {".split())
_CSS_BLANKS = re.compile(r"\s*([{};,>])\s*")


def pack_modules(modules: Mapping[str, str], entry: str) -> str:
    """The module `entry` and all that it imports, as one module with the exports of `entry`.

    Args:
        modules: source by name without ".js".

    Raises:
        ValueError: a module that is not there, or a top-level name of two modules.
    """
    order: list[str] = []
    _visit(entry, modules, order)
    names = Counter(name for module in order for name in _TOP_LEVEL.findall(modules[module]))
    twice = sorted(name for name, times in names.items() if times > 1)
    if twice:
        raise ValueError(f"named in two modules of the widget: {', '.join(twice)}")
    exports = re.findall(r"^export .*?(?:const|function|class) (\w+)", modules[entry], re.MULTILINE)
    source = "".join(_EXPORT.sub("", _IMPORT.sub("", modules[module])) for module in order)
    return pack_script(f"{source}\nexport {{ {', '.join(f'{name} as {name}' for name in exports)} }};\n")


def _visit(name: str, modules: Mapping[str, str], order: list[str]) -> None:
    if name in order:
        return
    if name not in modules:
        raise ValueError(f"no module of the widget: {name}")
    for other in _IMPORT.findall(modules[name]):
        _visit(other, modules, order)
    order.append(name)


def pack_script(source: str) -> str:
    """`source` without comments and blanks, its variables' names shortened."""
    out: list[str] = []
    for token in _join_declarations(_shorten([*_tokens(source)])):
        last = out[-1] if out else ""
        if token == "}" and last == ";" or token in ("}", "]", ")") and last == ",":
            last = out.pop() and out[-1]
        joined = re.match(r"[\w$#]", token) and re.search(r"[\w$]$", last) and last[0] not in "\"'"
        if joined or token[0] in "+-" and last[-1:] == token[0]:
            out.append(" ")
        out.append(token)
    return "".join(out)


def pack_css(source: str) -> str:
    """`source` without comments and blanks."""
    source = re.sub(r"/\*.*?\*/", "", source, flags=re.DOTALL)
    source = _CSS_BLANKS.sub(r"\1", re.sub(r"\s+", " ", source))
    return re.sub(r"(?<=[\w-]): ", ":", source).replace(";}", "}").strip()


def _tokens(source: str) -> Iterator[str]:
    """Names, strings, numbers, regular expressions and signs; of a template the parts: `…${  }…${  }…`."""
    at, last, open_ = 0, "", []  # open_: what each "{" or "${" was
    while at < len(source):
        char = source[at]
        if char == "`" or char == "}" and open_ and open_[-1] == "${":
            if char == "}":
                open_.pop()
            token = _part_of_template(source, at)
            if token.endswith("${"):
                open_.append("${")
        elif char == "/" and source[at + 1] not in "/*" and not re.search(r"[\w$)\]}\"'`]$", last):
            token = _REGEX.match(source, at).group()  # type: ignore[union-attr]
        else:
            match = _TOKEN.match(source, at)
            assert match
            token = match.group()
            if match.lastgroup == "blank":
                at = match.end()
                continue
            if token == "{":
                open_.append("{")
            elif token == "}":
                open_.pop()
        yield token
        at, last = at + len(token), token


def _part_of_template(source: str, at: int) -> str:
    end = at + 1
    while source[end] != "`" and not source.startswith("${", end):
        end += 2 if source[end] == "\\" else 1
    return source[at:end + (1 if source[end] == "`" else 2)]


def _shorten(tokens: list[str]) -> list[str]:
    """`tokens` with short names for variables: each top-level statement gives its own ones anew."""
    roles = [*_roles(tokens)]
    statements = [*_statements(tokens)]
    own, everywhere = _declared(tokens, roles, statements)
    variable = [role in ("variable", "shorthand") and token in own or token[0] == "#" for token, role in zip(tokens, roles)]
    used: dict[str, set[int]] = {}
    for token, is_variable, (statement, _) in zip(tokens, variable, statements):
        if is_variable:
            used.setdefault(token, set()).add(statement)
    used.update({name: set(range(statements[-1][0] + 1)) for name in everywhere})
    often = Counter(token for token, is_variable in zip(tokens, variable) if is_variable)
    taken = {token for token, is_variable in zip(tokens, variable) if not is_variable} | _WORDS
    short: dict[str, str] = {}
    in_use: dict[int, set[str]] = {}  # by statement
    for name in sorted(often, key=lambda name: (-often[name], name)):
        blocked = taken.union(*(in_use.setdefault(statement, set()) for statement in used[name]))
        short[name] = next(new for new in _short_names(name[0] == "#") if new not in blocked)
        for statement in used[name]:
            in_use[statement].add(short[name])
    return [
        token if not is_variable else f"{token}:{short[token]}" if role == "shorthand" else short[token]
        for token, role, is_variable in zip(tokens, roles, variable)
    ]


def _join_declarations(tokens: list[str]) -> list[str]:
    """`const a = 1; const b = 2;` as `let a = 1, b = 2;`."""
    out: list[str] = []
    declaring = [False]  # for each open bracket: the statement is a declaration
    for token in tokens:
        token = "let" if token == "const" else token
        last = out[-1] if out else "{"
        if token == "let" and last == ";" and declaring[-1]:
            out[-1] = ","
            continue
        if last in (";", "{", "}"):
            declaring[-1] = token == "let" or last == "}" and declaring[-1]
        if not _is_text(token):
            declaring = declaring[:-1] if token[0] in "})]" else declaring
            declaring = [*declaring, False] if token[-1] in "{([" else declaring
        out.append(token)
    return out


def _statements(tokens: list[str]) -> Iterator[tuple[int, int]]:
    """For each token the number of its top-level statement, and in how many brackets it stands there."""
    number = depth = 0
    for n, token in enumerate(tokens):
        yield number, depth
        depth += (token[-1] in "{([" and not _is_text(token)) - (token[0] in "})]" and not _is_text(token))
        after = tokens[n + 1] if n + 1 < len(tokens) else ""
        if depth == 0 and (token == ";" or token == "}" and after in ("const", "let", "function", "async", "class", "if", "export")):
            number += 1


def _is_text(token: str) -> bool:
    return token[0] in "\"'" or token[0] == "/" and len(token) > 2


def _roles(tokens: list[str]) -> Iterator[str]:
    """For each token: variable, property, shorthand (`{ name }`, both at once), or other."""
    kinds: list[str] = []  # of the brackets that are open: object, block, class, ( or [
    class_next = False
    for n, token in enumerate(tokens):
        before, after = tokens[n - 1] if n else "", tokens[n + 1] if n + 1 < len(tokens) else ""
        inside = kinds[-1] if kinds else ""
        role = "other"
        if _NAME.fullmatch(token) and token not in _WORDS and token[0] != "#":
            role = "variable"
            listed = before in ("{", ",") or before in ("get", "set", "async", "static") and inside in ("object", "class")
            if before in (".", "?.", "as"):
                role = "property"
            elif inside == "object" and listed and after in (":", "("):
                role = "property"
            elif inside == "object" and listed and after in (",", "}", "="):
                role = "shorthand"
            elif inside == "class" and (listed or before in (";", "}")) and after in ("(", "=", ";"):
                role = "property"
        yield role
        class_next = class_next or token == "class"
        if token == "{":
            kinds.append("class" if class_next else "object" if before in _BEFORE_OBJECT or before.endswith("${") else "block")
            class_next = False
        elif token in ("(", "[") or token.endswith("${") and not _is_text(token):
            kinds.append(token)
        elif token in ("}", ")", "]"):
            kinds.pop()
        elif token[0] == "}" and len(token) > 1 and token.endswith("`"):
            kinds.pop()


def _declared(tokens: list[str], roles: list[str], statements: list[tuple[int, int]]) -> tuple[set[str], set[str]]:
    """The variables that the tokens declare, by a statement, as a parameter, in a pattern of either; and which of them
    all statements see."""
    own: set[str] = set()
    everywhere: set[str] = set()
    for n, token in enumerate(tokens):
        if token in ("const", "let", "function", "class") and n + 1 < len(tokens):
            end = n + 2 if _NAME.fullmatch(tokens[n + 1]) else _closing(tokens, n + 1)
        elif token == "(" and _takes_parameters(tokens, n):
            end = _closing(tokens, n)
        else:
            continue
        names = {tokens[k] for k in range(n + 1, end) if roles[k] in ("variable", "shorthand")}
        while token == "let" and tokens[end] == ",":
            names.add(tokens[end + 1])
            end += 2
        own |= names
        if token != "(" and statements[n][1] == 0:
            everywhere |= names
    return own, everywhere


def _takes_parameters(tokens: list[str], at: int) -> bool:
    """Whether the parenthesis at `at` opens a list of parameters."""
    after = tokens[_closing(tokens, at):][:1]
    before = tokens[at - 1]
    return after == ["=>"] or after == ["{"] and before not in ("if", "for", "while")


def _closing(tokens: list[str], at: int) -> int:
    """One past the bracket that closes the one at `at`."""
    depth = 0
    for n in range(at, len(tokens)):
        if not _is_text(tokens[n]):
            depth += (tokens[n][-1] in "{([") - (tokens[n][0] in "})]")
        if depth == 0:
            return n + 1
    raise ValueError("a bracket is not closed")


def _short_names(private: bool) -> Iterator[str]:
    letters = "etnraiosclpudhmgfbvywkxqzjABCDEFGHIJKLMNOPQRSTUVWXYZ"
    mark = "#" if private else ""
    for first in ("", *letters):
        for letter in letters:
            yield f"{mark}{first}{letter}"
