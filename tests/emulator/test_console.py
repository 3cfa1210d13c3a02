"""The console in a real browser: what it shows, what it does, whom it lets in."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from urllib.parse import quote

import pytest
import requests
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from taskrouter_sync.emulator import Emulator
from taskrouter_sync.emulator.setup import ReadyWorkspace
from tests.emulator.conftest import Desk
from tests.emulator.rest import Rest


CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))),
    None,
)
pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="there is no Chromium here: apt-get install chromium"
)

# On a busy machine a page takes its time.
PATIENCE = 15_000
expect.set_options(timeout=PATIENCE)

# It asks nothing of the world outside, and runs as root too.
OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

# As long as a name may be.
NASTY = "<img src=x onerror=\"document.title='hacked'\"><script>"

OpenPage = Callable[..., Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        yield browser
        browser.close()


@pytest.fixture
def complaints() -> list[str]:
    """What the pages of a test complain of; what is left in the end fails it."""
    return []


@pytest.fixture
def open_page(browser: Browser, complaints: list[str]) -> Iterator[OpenPage]:
    """Opens an emulator's console."""
    contexts = []

    def open_one(emulator: Emulator, width: int = 1280, zoom: float = 1) -> Page:
        context = browser.new_context(
            viewport={"width": int(width / zoom), "height": int(900 / zoom)},
            device_scale_factor=zoom,
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console",
            lambda message: (
                complaints.append(message.text) if message.type == "error" else None
            ),
        )
        page.goto(emulator.url)
        expect(page.locator("#live")).to_have_text("live")
        return page

    yield open_one
    for context in contexts:
        context.close()
    # A connection that is lost on purpose is said by the browser itself.
    assert [each for each in complaints if "net::ERR_" not in each] == []


@pytest.fixture
def page(emulator: Emulator, workspace: ReadyWorkspace, open_page: OpenPage) -> Page:
    """The console of an emulator in which Alice is available."""
    return open_page(emulator)


def heading(page: Page, section: str) -> Locator:
    return page.locator(f"h2:has(#{section}-title)")


def row(page: Page, table: str, text: str) -> Locator:
    return page.locator(f"#{table} tr").filter(has_text=text)


# What it shows


def test_it_shows_workers_queues_and_reservations_as_they_change(
    emulator: Emulator, page: Page
) -> None:
    alice = row(page, "workers", "Alice")
    expect(alice).to_contain_text("idle")
    expect(alice.get_by_role("combobox")).to_have_value(re.compile("^WA"))
    expect(row(page, "queues", "Everyone")).to_contain_text("1 of 1")
    expect(page.get_by_text("There are no reservations.")).to_be_visible()

    for number in range(2):
        emulator.create_task(attributes={"n": number})
    expect(alice).to_contain_text("default 1 of 1")
    expect(row(page, "reservations", "Alice")).to_contain_text('{"n": 0}')
    expect(row(page, "reservations", "Alice")).to_contain_text("pending")
    expect(row(page, "queues", "Everyone")).to_contain_text("1 waiting")


def test_events_are_listed_live_newest_first(emulator: Emulator, page: Page) -> None:
    emulator.create_task(attributes={"n": 1})
    first = page.locator("#events li").first
    expect(first).to_contain_text("reservation.created")
    first.locator("summary").click()
    expect(first.locator("pre")).to_contain_text('"worker_name": "Alice"')

    page.get_by_label("Search events").fill("task.created")
    expect(page.locator("#events li")).to_have_count(1)


def test_a_log_stands_still_while_it_is_paused(emulator: Emulator, page: Page) -> None:
    expect(page.locator("#events li").first).to_be_visible()
    listed = page.locator("#events li").count()
    page.get_by_label("Pause events").check()
    emulator.create_task()
    expect(heading(page, "events")).to_contain_text("not shown")
    assert page.locator("#events li").count() == listed
    page.get_by_label("Pause events").uncheck()
    expect(page.locator("#events li").first).to_contain_text("reservation.created")


def test_timers_run_by_the_clock_of_the_service(open_page: OpenPage) -> None:
    with Emulator() as emulator:
        emulator.workspace(worker_activity="Available")
        emulator.create_task()
        page = open_page(emulator)
        time = row(page, "reservations", "Alice").locator(".time")
        expect(time).to_have_text(re.compile(r"^1:5\d left$"))
        expect(page.get_by_role("button", name="Advance")).to_be_hidden()


def test_figures_have_plots_that_are_told_in_words(
    emulator: Emulator, page: Page
) -> None:
    emulator.create_task()
    plot = page.get_by_role(
        "img", name="Tasks created per half minute: 1 in 15 minutes"
    )
    expect(plot).to_be_visible()
    expect(plot.locator("rect")).to_have_count(1)
    open_tasks = page.locator(".tile").filter(has_text="Open tasks now")
    expect(open_tasks).to_contain_text("1 reserved")


def test_one_of_several_workspaces_is_chosen(emulator: Emulator, page: Page) -> None:
    expect(page.get_by_label("Workspace")).to_be_hidden()
    emulator.workspace("Other", workers={"Zoë": {}})
    page.get_by_label("Workspace").select_option("Other")
    expect(row(page, "workers", "Zoë")).to_be_visible()
    expect(row(page, "workers", "Alice")).to_have_count(0)


def test_an_emulator_without_a_workspace_says_so(
    emulator: Emulator, open_page: OpenPage
) -> None:
    page = open_page(emulator)
    nothing = page.get_by_text("There is no workspace yet.")
    expect(nothing).to_be_visible()
    emulator.workspace()
    expect(row(page, "workers", "Alice")).to_be_visible()
    expect(nothing).to_be_hidden()


def test_it_finds_the_emulator_again(emulator: Emulator, page: Page) -> None:
    expect(page.locator("#events li").first).to_be_visible()
    listed = page.locator("#events li").count()
    emulator.stop()
    expect(page.locator("#live")).to_have_text("disconnected, reconnecting…")
    emulator.start()
    expect(page.locator("#live")).to_have_text("live")
    emulator.create_task()
    expect(row(page, "reservations", "Alice")).to_be_visible()
    expect(page.locator("#events li")).to_have_count(len(emulator.events))
    assert len(emulator.events) > listed


@pytest.fixture
def crowd(emulator: Emulator, open_page: OpenPage) -> Page:
    """The console with thirty workers, a task for each, and ten tasks that wait."""
    workers = {f"Worker {n}": {"team": f"T{n % 3}"} for n in range(1, 31)}
    emulator.workspace(workers=workers, worker_activity="Available")
    for n in range(40):
        emulator.create_task(attributes={"n": n}, priority=n % 7)
    return open_page(emulator)


def test_lists_are_searched_filtered_and_sorted(crowd: Page) -> None:
    for table, label, value, count, first in (
        ("workers", "Search workers", "T2 worker 2", "10 of 30", "Worker 2"),
        ("workers", "Activity of workers", "Break", "0 of 30", None),
        ("tasks", "Sort tasks by", "priority", "40", '{"n": 6}'),
        ("tasks", "Sort tasks by", "newest", "40", '{"n": 39}'),
        ("tasks", "Status of tasks", "reserved", "30 of 40", "Worker 30"),
        ("tasks", "Search tasks", "worker 7", "6 of 40", '{"n": 27}'),
        ("reservations", "Search reservations", "12", "2 of 30", "Worker 12"),
        ("queues", "Search task queues", "nobody", "0 of 1", None),
    ):
        control = crowd.get_by_label(label)
        (control.fill if label.startswith("Search") else control.select_option)(value)
        expect(heading(crowd, table).locator(".count")).to_have_text(count)
        link = crowd.locator(f"#sections a[href='#{table}-title']")
        expect(link).to_contain_text(count)
        if first is None:
            none = crowd.locator(f"section:has(#{table}-title) .none")
            expect(none).to_have_text(re.compile("^No .* matches.$"))
        else:
            expect(crowd.locator(f"#{table} tr").first).to_contain_text(first)


def test_a_list_is_shown_page_by_page(crowd: Page, emulator: Emulator) -> None:
    crowd.get_by_label("Status of tasks").select_option("pending")
    crowd.get_by_label("Rows per page of tasks").select_option("5")
    pager = crowd.get_by_role("group", name="Pages of tasks")
    expect(pager).to_contain_text("5 of 10")
    pager.get_by_role("button", name="Next page").focus()
    crowd.keyboard.press("Enter")
    expect(pager).to_contain_text("10 of 10")
    # There is no further page: the focus goes to the button that can be used.
    expect(pager.get_by_role("button", name="Previous page")).to_be_focused()
    # A page that is gone gives way to the last one that there is.
    rest = Rest(emulator, crowd.locator("#workspace").input_value())
    for sid in crowd.locator("#tasks .sid").all_inner_texts():
        assert rest.ask("DELETE", f"/Tasks/{sid}").status_code == 204
    expect(crowd.locator("#tasks tr")).to_have_count(5)
    expect(crowd.locator("#tasks tr").first).to_contain_text('{"n": 39}')


def test_sections_are_folded_and_jumped_to(emulator: Emulator, page: Page) -> None:
    title = page.get_by_role("button", name="Tasks", exact=True)
    title.focus()
    page.keyboard.press("Enter")
    expect(title).to_have_attribute("aria-expanded", "false")
    page.reload()
    expect(page.get_by_label("Search tasks")).to_be_hidden()
    emulator.create_task()
    page.get_by_role("link", name="Tasks 1").focus()
    page.keyboard.press("Enter")
    expect(title).to_be_focused()
    expect(title).to_be_in_viewport()
    expect(row(page, "tasks", "Alice")).to_contain_text("reserved")


def test_requests_are_listed_with_their_responses(page: Page, desk: Desk) -> None:
    desk.emulator.faults.answer(503)
    desk.post("POST", "/Tasks/WT1", {"Priority": "7"})
    first = page.locator("#requests li").first
    expect(first).to_contain_text("503event bridge…/Tasks/WT1")
    first.locator("summary").click()
    expect(first.locator("pre")).to_contain_text('"Priority": "7"')
    page.get_by_label("Search requests").fill("websocket 101")
    expect(page.locator("#requests li")).to_have_count(1)


def test_a_new_task_leaves_all_other_rows_as_they_are(
    crowd: Page, emulator: Emulator
) -> None:
    expect(crowd.locator("tbody tr")).to_have_count(31)
    crowd.evaluate("document.querySelectorAll('tr').forEach((r) => r.id = 'old')")
    emulator.create_task(attributes={"n": "new"})
    expect(row(crowd, "tasks", '"new"')).to_be_visible()
    expect(crowd.locator("tbody tr:not(#old)")).to_have_count(1)


# What it does


def test_a_task_is_created(emulator: Emulator, page: Page) -> None:
    page.get_by_label("Attributes").fill('{"language": "fr"}')
    page.get_by_role("spinbutton", name="Priority").fill("9")
    page.get_by_label("Task channel").select_option("voice")
    page.get_by_role("button", name="Create task").click()
    expect(page.locator("#word")).to_contain_text("is reserved")
    [event] = [e for e in emulator.events if e.event_type == "task.created"]
    assert event.task is not None
    assert (event.task.attributes, event.task.priority) == ('{"language": "fr"}', 9)
    assert event.task.task_channel_unique_name == "voice"


def test_what_came_of_it_is_in_sight_wherever_the_page_is(
    emulator: Emulator, workspace: ReadyWorkspace, open_page: OpenPage
) -> None:
    page = open_page(emulator, 320)
    page.get_by_role("button", name="Create task").click()
    expect(page.locator("#word")).to_contain_text("is reserved")
    expect(page.locator("#word")).to_be_in_viewport()
    assert page.evaluate("scrollY") > 0


@pytest.mark.parametrize("attributes", ["{", "[]", "null", '"text"'])
def test_attributes_that_are_no_object_are_said_where_they_are(
    emulator: Emulator, page: Page, attributes: str
) -> None:
    page.get_by_label("Attributes").fill(attributes)
    page.get_by_role("button", name="Create task").click()
    expect(page.locator("#attributes-problem")).to_contain_text("Not ")
    expect(page.get_by_label("Attributes")).to_be_focused()
    assert "task.created" not in [event.event_type for event in emulator.events]


def test_an_activity_is_changed(
    rest: Rest, workspace: ReadyWorkspace, page: Page
) -> None:
    alice = row(page, "workers", "Alice")
    alice.get_by_role("combobox").select_option("Break")
    alice.get_by_role("button", name="Set").click()
    expect(page.locator("#word")).to_have_text("Activity of Alice set to Break.")
    worker = rest.get(f"/Workers/{workspace.workers['Alice']}")
    assert worker["activity_name"] == "Break"


def test_a_choice_stays_while_the_page_changes(emulator: Emulator, page: Page) -> None:
    """What somebody is about to set is not taken away by what happens elsewhere."""
    activity = row(page, "workers", "Alice").get_by_role("combobox")
    activity.select_option("Break")
    emulator.create_task()
    expect(row(page, "reservations", "Alice")).to_be_visible()
    expect(activity.locator("option:checked")).to_have_text("Break")


def test_a_reservation_is_accepted_and_completed_by_keyboard(
    emulator: Emulator, page: Page
) -> None:
    emulator.create_task()
    reservation = row(page, "reservations", "Alice")
    reservation.get_by_role("button", name="Accept").focus()
    page.keyboard.press("Enter")
    expect(reservation).to_contain_text("accepted")
    # The focus goes on to what can be done next.
    expect(reservation.get_by_role("button", name="Wrap up")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(reservation).to_have_count(0)
    expect(page.locator("#reservations-title")).to_be_focused()


def test_what_the_service_refuses_is_said(emulator: Emulator, page: Page) -> None:
    page.get_by_role("spinbutton", name="Priority").fill("99999999999")
    page.get_by_role("button", name="Create task").click()
    expect(page.get_by_role("alert")).to_contain_text("Priority")


def test_a_connection_is_dropped(emulator: Emulator, page: Page, desk: Desk) -> None:
    alice = row(page, "workers", "Alice")
    expect(alice).to_contain_text("1 open")
    alice.get_by_role("button", name="Cut").click()
    emulator.wait_for_connections(desk.worker_sid, 0)
    expect(alice.get_by_role("button", name="Cut")).to_be_disabled()


def test_the_clock_is_advanced(emulator: Emulator, page: Page) -> None:
    expect(page.locator("#clock")).to_have_text("2026-01-01 00:00:00 UTC")
    emulator.create_task()
    time = row(page, "reservations", "Alice").locator(".time")
    expect(time).to_have_text("2:00 left")
    page.get_by_label("Advance by").fill("90")
    page.get_by_role("button", name="Advance").click()
    expect(time).to_have_text("0:30 left")
    page.get_by_role("button", name="To next deadline").click()
    expect(page.locator("#clock")).to_have_text("2026-01-01 00:02:00 UTC")
    expect(page.locator("#events")).to_contain_text("reservation.timeout")


# Whom it lets in


def test_markup_in_names_and_attributes_stays_text(
    emulator: Emulator, open_page: OpenPage
) -> None:
    workspace = emulator.workspace(
        NASTY,
        activities={"Away": False, NASTY: True},
        workers={NASTY: {NASTY: NASTY}},
        worker_activity=NASTY,
        queues={NASTY: "1==1"},
    )
    for _ in range(2):
        emulator.create_task(workspace, attributes={"x": NASTY})
    page = open_page(emulator)
    expect(page.locator("#workers strong")).to_have_text(NASTY)
    expect(page.locator("#queues strong")).to_have_text(NASTY)
    expect(page.locator("#reservations strong")).to_have_text(NASTY)
    expect(page.locator("#tasks code").first).to_contain_text("onerror")
    requests.get(f"{emulator.url}/v1/{quote(NASTY)}", {"x": NASTY}, timeout=5)
    expect(page.locator("#requests .about").first).to_contain_text("img")
    page.locator("#requests summary").first.click()
    page.locator("#events summary").first.click()
    page.locator("#queues summary").click()
    expect(page.locator("#events pre").first).to_contain_text("onerror")
    assert page.locator("img, main script").count() == 0
    expect(page).to_have_title("TaskRouter emulator")


def test_a_text_cannot_become_markup_by_mistake(
    page: Page, complaints: list[str]
) -> None:
    """The browser refuses what the page's own code never does."""
    refused = page.evaluate(
        "() => { try { document.body.innerHTML = '<b>'; } catch { return true; } }"
    )
    assert refused is True
    assert "TrustedHTML" in complaints.pop()


# Who can use it


@pytest.mark.parametrize(
    ("width", "zoom"), [(1280, 1), (1280, 2), (1280, 4), (320, 1)], ids=str
)
def test_nothing_is_wider_than_the_page(
    emulator: Emulator, open_page: OpenPage, width: int, zoom: float
) -> None:
    workspace = emulator.workspace(
        workers={"Alice" * 12: {"languages": ["en"] * 20, "x" * 90: 1}},
        worker_activity="Available",
        queues={"Q" * 60: "1==1"},
    )
    emulator.create_task(workspace, attributes={"url": "https://x.test/" + "y" * 200})
    page = open_page(emulator, width, zoom)
    expect(row(page, "reservations", "Alice")).to_be_visible()
    expect(page.locator("#tasks tr")).to_have_count(1)
    wide = """[document.documentElement, ...document.querySelectorAll("section")]
        .filter((each) => each.scrollWidth > each.clientWidth).map((each) => each.id)"""
    assert page.evaluate(wide) == []


def test_the_keyboard_reaches_everything_in_order(
    emulator: Emulator, page: Page
) -> None:
    emulator.create_task()
    expect(row(page, "reservations", "Alice")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the workers")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#workers-title")).to_be_focused()
    reached = ["workers-title"]
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate(
                "document.activeElement.getAttribute('aria-label') ?? "
                "document.activeElement.id ?? document.activeElement.tagName"
            )
        )
    for group in (
        ["workers-title", "Search workers", "Activity of workers", "Sort workers by"],
        ["Activity of Alice", "reservations-title"],
        ["Sort reservations by", "Accept, Alice", "Reject, Alice", "create-title"],
        ["attributes", "workflow", "task-channel", "priority"],
        ["Search tasks", "Status of tasks", "Sort tasks by"],
        ["events-title", "Search events", "Pause events"],
        ["requests-title", "Search requests", "Pause requests"],
    ):
        at = reached.index(group[0])
        assert reached[at : at + len(group)] == group


def test_everything_that_can_be_used_has_a_name(emulator: Emulator, page: Page) -> None:
    emulator.create_task()
    expect(row(page, "reservations", "Alice")).to_be_visible()
    nameless = page.evaluate(
        """() => {
            const used = "button, input, select, textarea, meter, progress, a";
            const said = (each) => [each, ...(each.labels ?? [])].some(
                (part) => part.getAttribute("aria-label") || part.textContent.trim());
            return [...document.querySelectorAll(used)]
                .filter((each) => !said(each)).map((each) => each.outerHTML);
        }"""
    )
    assert nameless == []
