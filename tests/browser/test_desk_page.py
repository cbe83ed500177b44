"""The desk in Chromium: by keys, by mouse without script, on a phone, and against another site's page."""
from __future__ import annotations

import json
import shutil
import time

import pytest

from bot.desk.compare import PICTURE, RESULT
from bot.releases import Release, add_releases
from bot.server_reports import Report, ReportFile
from bot.settings import ROOT
from bot.web.desk.app import create_desk
from tests.browser.conftest import PHONE, Server, axe
from tests.web.desk.conftest import NEW, PASSWORD, archive, commands, desk, hashed, keep, noted, root, settings  # noqa: F401
from tests.web.desk.test_model_pages import COMPARISON

pytestmark = pytest.mark.browser
FILE = "data/nlu/massage_safety.yml"
GUESSES = (("massage_safety", 0.41), ("heat_therapy", 0.22), ("not_covered", 0.1))
DARK = {"color_scheme": "dark"}


@pytest.fixture
def address(desk):  # noqa: F811
    server = Server(create_desk(desk))
    server.start()
    yield server.address
    server.stop()


@pytest.fixture
def open_desk(chromium, address):
    """Opens a page as somebody; complaints of the console fail the test, but for statuses that `expected` names."""
    contexts, complaints = [], []

    def open_(path="/", *, name="shipper", expected=(), **options):
        context = chromium.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        contexts.append(context)
        context.set_default_timeout(5000)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: complaints.append(message.text) if message.type in ("error", "warning")
                and not any(f"status of {status}" in message.text for status in expected) else None)
        page.goto(address + path)
        if name:
            page.get_by_label("Name").fill(name)
            page.get_by_label("Password").fill(PASSWORD)
            page.get_by_role("button", name="Sign in").click()
            page.wait_for_url(f"{address}{path}")
        return page

    yield open_
    for context in contexts:
        context.close()
    assert complaints == []


def fill(desk, keep) -> None:  # noqa: F811
    """An inbox with a group of seven, a masked message, a long one and one without a guess."""
    for n in range(7):
        keep(f"{NEW} {n}" if n else NEW, f"{n}", guesses=GUESSES, why=("refused", "thumbs_down"))
    keep("I'm [name], is it risky", "m", guesses=GUESSES)
    keep("b" + "a very long question indeed " * 12, "l", clinic="harbour", guesses=GUESSES[:1])
    keep("ok", "o", guesses=())


# By keys alone

def test_message_is_read_filed_and_written_by_keys(open_desk, desk, keep, root, noted) -> None:  # noqa: F811
    fill(desk, keep)
    page = open_desk("/inbox", name="editor")
    page.keyboard.press("j")
    assert NEW in page.locator(":focus").inner_text() and page.locator(":focus").evaluate("e => e.tagName") == "ARTICLE"
    page.keyboard.press("1")
    page.get_by_role("heading", name="Write this?").wait_for()
    assert f"+    - {NEW}" in page.locator(".diff").inner_text() and NEW not in (root / FILE).read_text()
    page.keyboard.press("Enter")
    page.wait_for_url("**/inbox?said=train#first")
    assert (root / FILE).read_text().endswith(f"    - {NEW}\n")
    assert page.get_by_role("status").inner_text() == "Filed. To learn it, train a model."
    assert page.locator(":focus").get_attribute("id") == "first", "the next group waits for its key"
    page.keyboard.press("d")
    page.get_by_role("heading", name="Drop this message?").wait_for()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/inbox?said=drop#first")
    assert len(desk.inbox.messages()) == 3 and [what for _, what, _ in noted()][-2:] == ["filed", "dropped"]


@pytest.mark.parametrize(("key", "heading", "topic"), [
    ("2", "Write this?", "heat_therapy"), ("3", "Write this?", "not_covered"), ("n", "Write this?", "not_covered"),
    ("e", "Write this for the evaluation?", "massage_safety"), ("d", "Drop this message?", None),
])
def test_each_key_does_its_work_and_escape_leaves_all_as_it_was(open_desk, desk, keep, key, heading, topic) -> None:  # noqa: F811
    fill(desk, keep)
    page = open_desk("/inbox", name="editor")
    page.keyboard.press("j")
    page.keyboard.press(key)
    page.get_by_role("heading", name=heading).wait_for()
    assert topic is None or page.locator("main code").first.inner_text() == topic
    page.wait_for_load_state()  # the keys work once the script has come
    page.keyboard.press("Escape")
    page.wait_for_url("**/inbox#first")
    assert len(desk.inbox.messages()) == 10


def test_j_and_k_go_from_group_to_group_and_typing_is_no_command(open_desk, desk, keep) -> None:  # noqa: F811
    fill(desk, keep)
    page = open_desk("/inbox", name="editor")

    def group() -> str:
        return page.locator(":focus").get_attribute("aria-labelledby")

    page.keyboard.press("1")  # nothing has the focus yet
    page.keyboard.press("d")
    order = []
    for key in "jjjjjkk":
        page.keyboard.press(key)
        order.append(group())
    assert len(set(order)) == 4 and order[3] == order[4] and order[5:] == [order[2], order[1]]
    words = page.locator("article").first.get_by_label("Other words, in its place")
    words.focus()
    page.keyboard.type("j1nde")
    assert words.input_value() == "j1nde" and page.url.endswith("/inbox")
    page.keyboard.press("Control+d")
    assert len(desk.inbox.messages()) == 10 and page.url.endswith("/inbox")


def test_help_says_which_keys_there_are(open_desk, desk, keep) -> None:  # noqa: F811
    fill(desk, keep)
    page = open_desk("/inbox", name="editor")
    page.get_by_text("Keys", exact=True).click()
    said = page.locator("details.help").inner_text()
    keys = set(page.locator("[data-key]").evaluate_all("all => all.map(one => one.dataset.key)")) | {"j", "k"}
    assert set(page.locator("details.help kbd").all_inner_texts()) == keys | {"Enter", "Esc"}, said


def test_skip_link_is_first_and_leads_to_the_page(open_desk) -> None:
    page = open_desk("/")
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "Skip to the page"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


# Without script

def test_all_of_it_works_without_script(open_desk, desk, keep, root, commands) -> None:  # noqa: F811
    keep("I'm [name], is it risky", guesses=GUESSES)
    page = open_desk("/inbox", java_script_enabled=False, expected=(422,))
    group = page.locator("article").first
    group.get_by_role("button", name="Not covered").last.click()
    assert "what was masked cannot be learned" in page.get_by_role("alert").inner_text()
    page.get_by_label("Topic").select_option("heat_therapy")
    page.get_by_label("Other words, in its place").fill("is heat risky")
    page.get_by_role("button", name="File under the topic").click()
    assert "+    - is heat risky" in page.locator(".diff").inner_text()
    page.get_by_role("button", name="Write it").click()
    assert "The inbox is empty" in page.locator("main").inner_text()
    assert "is heat risky" in (root / "data/nlu/heat_therapy.yml").read_text()
    commands.program = "import time; print('begun', flush=True); time.sleep(3); print('done it')"
    page.goto(page.url.partition("/inbox")[0] + "/models")
    page.get_by_role("button", name="Train what stands in the checkout").click()
    page.get_by_text("done it").wait_for(timeout=15_000)  # the page reloads itself
    assert page.get_by_role("status").inner_text() == "Done."


# Jobs

def test_job_is_followed_to_its_end_without_a_reload(open_desk, archive, commands) -> None:  # noqa: F811
    archive("aaa1")
    commands.program = "import time\nfor n in range(4): print('step', n, flush=True); time.sleep(1)"
    page = open_desk("/models")
    page.evaluate("window.stayed = true")
    page.get_by_role("button", name="Train what stands in the checkout").click()
    page.wait_for_url("**/jobs/*")
    page.evaluate("window.stayed = true")
    page.get_by_text("step 1").wait_for()
    assert page.get_by_role("button", name="Stop it").is_visible()
    page.get_by_text("Done.").wait_for(timeout=15_000)
    assert "step 3" in page.locator(".lines").inner_text() and page.evaluate("window.stayed")
    assert page.title().startswith("Train a model: done")


def test_model_is_shipped_by_force_with_a_reason_only(open_desk, archive, commands, desk) -> None:  # noqa: F811
    archive("aaa1")
    page = open_desk("/models")
    page.get_by_text("Ship against objections").click()
    force = page.get_by_role("button", name="Ship aaa1 all the same")
    force.click()
    assert page.url.endswith("/models"), "the browser asks for the reason"
    page.get_by_label("Reason, kept with your name").fill("the label is wrong")
    force.click()
    page.wait_for_url("**/jobs/*")
    how = {"by": "shipper", "model": "footnote-aaa1.tar.gz", "reason": "the label is wrong", "force": True}
    assert commands.asked == [("ship", how)]


# Two maintainers

def test_second_of_two_is_told_and_nothing_is_lost(open_desk, desk, keep, root) -> None:  # noqa: F811
    keep(NEW, guesses=GUESSES)
    pages = [open_desk("/inbox", name=name, expected=(409,)) for name in ("editor", "shipper")]
    for page in pages:
        page.keyboard.press("j")
        page.keyboard.press("1")
        page.get_by_role("button", name="Write it").wait_for()
    pages[0].get_by_role("button", name="Write it").click()
    pages[0].wait_for_url("**/inbox?said=train*")
    pages[1].get_by_role("button", name="Write it").click()
    assert "somebody has filed or dropped it" in pages[1].get_by_role("alert").inner_text()
    assert (root / FILE).read_text().count(NEW) == 1


# Other sites

FOREIGN = """<form method="post" action="{desk}/inbox/{number}/write"><input name="do" value="drop"><button>Win a prize</button></form>
<iframe src="{desk}/inbox"></iframe><script>
window.read = fetch("{desk}/inbox", {{credentials: "include"}}).then(r => r.text(), () => "refused")</script>"""


def test_page_of_another_port_can_neither_act_nor_read_nor_frame(open_desk, desk, keep, host, address) -> None:  # noqa: F811
    number = keep(NEW)
    page = open_desk("/inbox", expected=(403,))
    cookies = page.context.cookies()
    assert cookies[0]["httpOnly"] and cookies[0]["sameSite"] == "Strict" and page.evaluate("document.cookie") == ""
    page = page.context.new_page()  # without the listener: here the console must complain
    host.pages["/evil"] = ({}, FOREIGN.format(desk=address, number=number))
    page.goto(f"{host.address}/evil")
    assert page.evaluate("window.read") == "refused"
    assert NEW not in page.frames[1].locator("body").inner_text()
    page.get_by_role("button", name="Win a prize").click()
    page.get_by_text("The desk takes nothing from other sites' pages").wait_for()
    assert len(desk.inbox.messages()) == 1


def test_signing_out_ends_it_for_the_other_tabs_too(open_desk, address) -> None:
    page = open_desk("/", expected=(401,))
    other = page.context.new_page()
    other.goto(f"{address}/models")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/sign-in")
    other.get_by_role("button", name="Train").click()
    other.get_by_text("You are not signed in (any more)").wait_for()
    page.go_back()
    assert page.url.startswith(f"{address}/sign-in") or page.get_by_role("heading", name="Sign in").is_visible()


# Looks

@pytest.fixture
def everything(desk, keep, archive, settings, root, commands):  # noqa: F811
    """A desk on which every page has something to show; paths of all pages."""
    fill(desk, keep)
    archive("aaa1"), archive("bbb2"), archive("ccc3").with_name("footnote-ccc3.record.json").unlink()
    entry = Release(model="footnote-aaa1.tar.gz", sha256="", size=0, action="ship", by="ann")
    add_releases(settings.models, entry, Release(**{**vars(entry), "model": "footnote-bbb2.tar.gz", "reason": "see #12",
                                                    "forced_over": ("below the floor: caveat is 0.9",)}), expected=0)
    report = ReportFile(settings.models)
    report.write(Report(
        server=report.server, state="serving", model="footnote-bbb2.tar.gz", number=2, at="2026-11-22T10:00:00+00:00"))
    (root / RESULT).parent.mkdir()
    (root / RESULT).write_text(json.dumps(COMPARISON))
    shutil.copy(ROOT / "docs" / "widget.png", root / PICTURE)
    commands.program = "print('x' * 300); print('done it')"
    job = desk.jobs.start("train", commands("train"), by="ann")
    while desk.jobs.running():
        time.sleep(0.02)
    yield ["/", "/inbox", f"/inbox/{desk.inbox.messages()[7].id}", "/models", "/models/comparison", f"/jobs/{job.number}",
           "/audit"]
    report.remove()


@pytest.mark.parametrize("options", [{}, {**PHONE}, {**PHONE, **DARK}], ids=["desktop", "phone", "phone in the dark"])
def test_every_page_can_be_used_by_everybody(open_desk, everything, desk, address, options) -> None:  # noqa: F811
    page = open_desk("/sign-in", name=None, expected=(404, 401), **options)
    found = {"/sign-in": axe(page)}
    page.get_by_label("Name").fill("shipper")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("alert").wait_for()
    found["/sign-in, wrong"] = axe(page)
    page.get_by_label("Name").fill("shipper")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{address}/")
    wide = []

    def look(name: str) -> None:
        page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
        found[name] = axe(page)
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            wide.append(name)

    for path in [*everything, "/nothing"]:
        page.goto(address + path)
        look(path)
    for do in ("Not covered", "Drop"):
        page.goto(f"{address}/inbox")
        page.locator("article").first.get_by_role("button", name=do).last.click()
        page.wait_for_url("**/file")
        look(do)
    assert {name: complaints for name, complaints in found.items() if complaints} == {} and wide == []
