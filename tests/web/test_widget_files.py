"""How the widget is served: small, packed rightly, cached rightly."""
from __future__ import annotations

import gzip
import json
import re

import pytest

from bot.web.pack import pack_css, pack_modules, pack_script
from bot.web.widget_files import FOLDER, load_widget

MOST_BYTES = 12 * 1024
SOURCES = sorted(FOLDER.iterdir())


@pytest.fixture(scope="module")
def files():
    return load_widget()


def test_all_that_is_transferred_is_at_most_12_kib(files):
    for panel in files.panels.values():
        assert len(files.loader.zipped) + len(panel.zipped) <= MOST_BYTES
    assert len(files.loader.zipped) < 2560


def test_the_loader_is_kept_shortly_and_the_chat_for_ever(client, files):
    loader = client.get("/widget.js")
    assert loader.headers["cache-control"] == "public, max-age=300"
    panel = client.get(f"/widget/{files.version}/panel.en.js")
    assert panel.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert f"widget/{files.version}" in loader.text
    for response in (loader, panel):
        assert response.headers["content-type"].startswith("text/javascript")
        assert response.headers["access-control-allow-origin"] == "*"
        assert response.headers["content-encoding"] == "gzip"
        assert response.headers["vary"] == "accept-encoding"
        assert response.headers["x-content-type-options"] == "nosniff"


def test_without_gzip_it_comes_plain(client, files):
    response = client.get("/widget.js", headers={"accept-encoding": "identity"})
    assert "content-encoding" not in response.headers
    assert response.content == files.loader.body == gzip.decompress(files.loader.zipped)


def test_what_has_not_changed_is_not_sent_again(client):
    etag = client.get("/widget.js").headers["etag"]
    response = client.get("/widget.js", headers={"if-none-match": etag})
    assert (response.status_code, response.content) == (304, b"")
    assert client.head("/widget.js").status_code == 200


def test_a_loader_from_before_an_update_gets_what_there_is_but_not_to_keep(client, files):
    response = client.get("/widget/older/panel.en.js")
    assert response.content == next(iter(files.panels.values())).body
    assert response.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("path", ["/widget/x/panel.de.js", "/widget/x/chat.js", "/widget/panel.en.js", "/widget/"])
def test_there_is_nothing_else(client, assert_error, path):
    assert_error(client.get(path), 404, "not_found")


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_no_source_makes_markup_from_text_or_code_or_loads_from_elsewhere(path):
    text = path.read_text(encoding="utf-8")
    for forbidden in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", ".style.cssText",
                      'setAttribute("style"', "DOMParser", "createContextualFragment", "document.cookie"):
        assert forbidden not in text
    assert [url for url in re.findall(r"(?:https?:)?//[\w.-]+\.\w+", text) if "www.w3.org" not in url] == []
    assert len(text.splitlines()) <= 250


def test_every_string_is_used_and_there():
    strings = json.loads((FOLDER / "strings.en.json").read_text(encoding="utf-8"))
    code = "".join(path.read_text(encoding="utf-8") for path in SOURCES if path.suffix == ".js")
    named = set(re.findall(r"strings\.(\w+)", code)) | set(re.findall(r'"(\w+)"', code))
    assert set(strings) - named - {"open", "unreachable", "you", "bot"} == set()
    assert set(re.findall(r"strings\.(\w+)", code)) - set(strings) == set()


def test_strings_are_easy_to_read():
    from textstat import textstat

    def words(value):
        if isinstance(value, str):
            return [value]
        return [word for part in (value.values() if isinstance(value, dict) else value) for word in words(part)]

    text = [word for word in words(json.loads((FOLDER / "strings.en.json").read_text(encoding="utf-8"))) if " " in word]
    assert textstat.flesch_kincaid_grade(" ".join(f"{line.rstrip('.?!')}." for line in text)) <= 8


# Packing

@pytest.mark.parametrize(("source", "packed"), [
    ("const long = 1; // why\nf(long + +long);", "let e=1;f(e+ +e);"),
    ("function add(first, second) { return first + second; }", "function e(e,t){return e+t}"),
    ("const { name, other: own = 2 } = given; g(name, own);", "let{name:e,other:t=2}=given;g(e,t);"),
    ("f({ key: 1, make(value) { return value.key; } });", "f({key:1,make(e){return e.key}});"),
    ("const word = 'a // b'; f(`x ${word} {} ${`in ${word}`}`);", "let e='a // b';f(`x ${e} {} ${`in ${e}`}`);"),
    ("const found = text.replace(/[/\"]\\/ +/g, (part) => part);", "let e=text.replace(/[/\"]\\/ +/g,(e)=>e);"),
    ("class Box extends Base { #kept = 1; get size() { return this.#kept; } }",
     "class e extends Base{#e=1;get size(){return this.#e}}"),
    ("const one = 1; const two = {}; f(one); const three = 3; let four = two;", "let e=1,t={};f(e);let n=3,r=t;"),
    ("if (document.body) { const own = a ? b : c; f(own); }", "if(document.body){let e=a?b:c;f(e)}"),
    ("for (const [one, two] of pairs) { f({ one, two }); }", "for(let[e,t]of pairs){f({one:e,two:t})}"),
])
def test_a_script_is_packed(source, packed):
    assert re.sub(r"\b[a-z]\b", "?", pack_script(source)) == re.sub(r"\b[a-z]\b", "?", packed)


def test_modules_become_one_with_the_exports_of_the_last():
    modules = {"a": 'import { b } from "./b.js";\n\nexport const top = () => b(2);\n', "b": "export function b(n) { return n; }\n"}
    assert re.fullmatch(r"function (\w)\((\w)\)\{return \2\}let (\w)=\(\)=>\1\(2\);export\{\3 as top\};", pack_modules(modules, "a"))


def test_modules_that_do_not_fit_together_are_refused():
    with pytest.raises(ValueError, match="named in two modules of the widget: one"):
        pack_modules({"a": 'import { x } from "./b.js";\nconst one = 1;\n', "b": "const one = 2;\n"}, "a")
    with pytest.raises(ValueError, match="no module of the widget: b"):
        pack_modules({"a": 'import { x } from "./b.js";\n'}, "a")


def test_css_is_packed():
    assert pack_css("/* why */ .a > .b {\n  color: red; margin: calc(1px + 2px);\n}") == ".a>.b{color:red;margin:calc(1px + 2px)}"
