"""The chat API of api.md and the demo page, as one ASGI application.

`create_app` takes its collaborators, so that tests bring their own; nothing here knows of Rasa or of a model.
"""
from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any

from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel
from starlette.background import BackgroundTasks

from bot.clinics import DEFAULT_CLINIC
from bot.conversations import ConversationStore, Rating
from bot.counts.counting import WRITE_EVERY, Counts
from bot.engine import Answer, Answering
from bot.errors import EngineError
from bot.inbox.earlier import said_before_reply
from bot.inbox.keeping import Inbox
from bot.settings import Settings
from bot.text import MAX_CHARACTERS, clean
from bot.turn import House
from bot.web import schemas
from bot.web.bodies import read_body, read_text
from bot.web.clinic_profiles import add_clinic_profiles, named_clinic
from bot.web.failures import ApiError, error_body, handle_errors, log_failure
from bot.web.last_resort import LastResort, within
from bot.web.limits import Limiter, client_address
from bot.web.origins import Cors, require_origin
from bot.web.static_pages import add_pages
from bot.web.tokens import Tokens, new_conversation
from bot.web.widget_files import add_widget, load_widget

PURGE_EVERY = 3600.0
ENGINE_GRACE = 0.5  # the engine keeps its own time; this catches one that hangs beyond it
FAILING_AFTER, FAILING_FOR = 3, 60.0  # turns in a row without an answer; seconds that these count


def create_app(
    settings: Settings, engine: Answering, store: ConversationStore, house: House, inbox: Inbox | None = None,
    counts: Counts | None = None,
) -> FastAPI:
    """The application. Opens neither the key nor the store before the first request (or its start-up)."""
    inbox = inbox or Inbox(store, house.clinics)
    counts = counts or Counts(settings.counts)
    api = Api(settings, engine, store, house, inbox, counts)

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await api.purge()
        purging = asyncio.create_task(api.purge_for_ever())
        counting = asyncio.create_task(api.write_counts_for_ever())
        yield
        purging.cancel()
        counting.cancel()
        await run_in_threadpool(inbox.close)
        await run_in_threadpool(_tell, "the counts", counts.write)

    app = FastAPI(
        title="Footnote", version="1", docs_url=None, redoc_url=None, openapi_url="/api/openapi.json",
        redirect_slashes=False, lifespan=lifespan,
        description="The chat API. Every error is {\"error\": {\"code\", \"message\"}} with the fitting status.",
    )
    app.add_middleware(Cors, clinics=house.clinics, trust_proxy=settings.trust_proxy)
    handle_errors(app)
    app.add_api_route(
        "/api/v1/messages", api.messages, methods=["POST"], summary="Say something",
        openapi_extra=_takes(schemas.MessageIn),
        responses={200: {"model": schemas.MessageOut}, **_errors(400, 401, 403, 404, 413, 422, 429, 503)},
    )
    app.add_api_route(
        "/api/v1/feedback", api.feedback, methods=["POST"], status_code=204, summary="Rate a reply",
        openapi_extra=_takes(schemas.FeedbackIn), responses=_errors(400, 401, 403, 413, 422, 429, 503),
    )
    app.add_api_route(
        "/api/v1/conversation", api.delete, methods=["DELETE"], status_code=204, summary="Delete a conversation",
        openapi_extra=_takes(schemas.ConversationIn), responses=_errors(400, 401, 403, 413, 429, 503),
    )
    add_clinic_profiles(app, house)
    app.add_api_route(
        "/api/v1/health", api.health, methods=["GET"], summary="Can messages be answered?",
        responses={200: {"model": schemas.HealthOut}, 503: {"model": schemas.HealthOut}},
    )
    add_pages(app, house)
    add_widget(app, load_widget())
    return app


class Api:
    """The addresses of api.md."""

    def __init__(
        self, settings: Settings, engine: Answering, store: ConversationStore, house: House, inbox: Inbox, counts: Counts,
    ) -> None:
        self._inbox, self._counts = inbox, counts
        self._settings, self._engine, self._store, self._house = settings, engine, store, house
        self._tokens = Tokens(settings.var / "secret.key", keep_days=settings.keep_days)
        self._limiter = Limiter(settings.rate_limit)
        self._last_resort = LastResort(house)
        self._failed_turns, self._failed_at = 0, 0.0
        self._deletions = 0  # how many so far: a turn need look for its own only when the number has grown

    async def messages(self, request: Request) -> Response:
        """Answers a message: red flags first, then what was asked."""
        self._limit(request, "messages")
        body = await read_body(request, schemas.MessageIn)
        clinic = named_clinic(self._house.clinics, DEFAULT_CLINIC if body.clinic is None else body.clinic)
        require_origin(request, clinic)
        text = read_text(body.text)
        token, conversation = body.conversation, None
        if token is not None:
            conversation = self._genuine(token)
            token = self._tokens.refresh(token)
        begins = conversation is None
        if conversation is None:
            conversation = new_conversation()
            token = self._tokens.issue(conversation)
        began = time.perf_counter()
        answer = await self._answer(text, conversation, body.clinic, keep_days=clinic.keep_days)
        seconds = time.perf_counter() - began
        after = BackgroundTasks()
        after.add_task(_tell_now, "the inbox", partial(
            self._inbox.heard, text, answer.replies, answer.guesses, conversation=conversation, clinic=body.clinic))
        after.add_task(_tell_now, "the counts", partial(
            self._counts.turn, clinic.id, answer.replies, seconds=seconds, begins=begins))
        return JSONResponse({
            "conversation": token, "replies": [reply.as_dict() for reply in answer.replies],
            "standing_tier": answer.standing_tier,
        }, background=after)

    async def _answer(self, text: str, conversation: str, clinic: str | None, *, keep_days: int | None) -> Answer:
        """The engine's answer, or the last resort's. A visitor in danger is answered whatever breaks."""
        deletions = self._deletions
        try:
            if self._store.is_deleted(conversation):
                raise ApiError("bad_token")
            if keep_days is not None:  # before anything of the conversation is kept
                await within(
                    self._settings.answer_seconds, run_in_threadpool(self._store.keep_at_most, conversation, keep_days))
            answer = await within(
                self._settings.answer_seconds + ENGINE_GRACE,
                self._engine.answer(text, conversation=conversation, clinic=clinic),
            )
            if not answer.replies:
                raise EngineError("the engine said nothing")
            self._failed_turns = 0
        except ApiError:
            raise
        except Exception as error:  # noqa: BLE001 - see the docstring
            log_failure("a message was not answered", error)
            if self._engine.model is not None:  # a message that came before the model says nothing of the model
                self._failed_turns, self._failed_at = self._failed_turns + 1, time.monotonic()
            answer = await self._last_resort.answer(text, clinic=clinic)
        if deletions != self._deletions:
            with contextlib.suppress(Exception):  # what broke above may break here; the answer matters more
                await self._forget_if_deleted(conversation)
        return answer

    async def _forget_if_deleted(self, conversation: str) -> None:
        """The visitor may have deleted the conversation while this turn was under way, and wrote into it."""
        if await run_in_threadpool(self._store.is_deleted, conversation):
            await self._forget(conversation)

    async def _forget(self, conversation: str) -> None:
        self._deletions += 1
        self._inbox.forget(conversation)
        # The engine first: what it still holds in memory must not be written after the file was cleared.
        await within(self._settings.answer_seconds + ENGINE_GRACE, self._engine.forget(conversation))
        await run_in_threadpool(self._store.delete, conversation)

    async def feedback(self, request: Request) -> Response:
        """Keeps a rating of a reply; a second one for the same reply replaces the first."""
        self._limit(request, "feedback")
        body = await read_body(request, schemas.FeedbackIn)
        reason = clean(body.reason or "") or None
        if reason is not None and len(reason) > MAX_CHARACTERS:
            raise ApiError("long_text")
        conversation = await self._alive(body.conversation)
        before = await run_in_threadpool(self._store.rate, conversation, body.reply, body.rating, reason)
        await self._forget_if_deleted(conversation)
        after = BackgroundTasks()
        if body.rating == "down":
            after.add_task(_tell_now, "the inbox", partial(self._inbox.rated_down, conversation, body.reply))
        after.add_task(_tell, "the counts", partial(
            self._count_rating, conversation, body.reply, body.rating, before))
        return Response(status_code=204, background=after)

    def _count_rating(self, conversation: str, reply: str, rating: str, before: Rating | None) -> None:
        """For the clinic that the rated reply spoke for; a reply that nobody knows (any more) is not counted."""
        said = said_before_reply(self._store.events(conversation), reply)
        if said is not None:
            self._counts.rated(said.clinic or DEFAULT_CLINIC, rating, before=before)

    async def delete(self, request: Request) -> Response:
        """Deletes all that is kept of a conversation; its token is dead from then on."""
        self._limit(request, "deletions")
        body = await read_body(request, schemas.ConversationIn)
        conversation = await self._alive(body.conversation)
        try:
            await self._forget(conversation)
        except Exception as error:  # noqa: BLE001 - told as "try again", not as a crash
            log_failure("a conversation could not be deleted", error)
            raise ApiError("unavailable") from None
        return Response(status_code=204)

    async def health(self) -> JSONResponse:
        """200 while messages can be answered, else 503."""
        recently = time.monotonic() - self._failed_at < FAILING_FOR
        if self._engine.model is None:
            # `bot.engine.Engine` says so when loading has failed for good; other engines need not.
            status = "failing" if getattr(self._engine, "failure", None) else "loading"
        elif self._failed_turns >= FAILING_AFTER and recently:
            status = "failing"
        else:
            return JSONResponse({"status": "ok", "model": self._engine.model})
        values = {"status": status, "model": self._engine.model, **error_body("unavailable")}
        return JSONResponse(values, status_code=503)

    def _limit(self, request: Request, what: str) -> None:
        """Counts a request; deletions apart from messages, so that who wrote a lot can still delete it."""
        peer = request.client.host if request.client else None
        address = client_address(peer, request.headers, trust_proxy=self._settings.trust_proxy)
        wait = self._limiter.allow(f"{what} {address}")
        if wait:
            raise ApiError("too_many_requests", headers={"retry-after": str(wait)})

    def _genuine(self, token: str) -> str:
        conversation = self._tokens.read(token)
        if conversation is None:
            raise ApiError("bad_token")
        return conversation

    async def _alive(self, token: str) -> str:
        """The conversation of a genuine token that was not deleted."""
        conversation = await run_in_threadpool(self._genuine, token)
        if await run_in_threadpool(self._store.is_deleted, conversation):
            raise ApiError("bad_token")
        return conversation

    async def purge(self) -> None:
        """Forgets conversations that are too old; a failure is tried again an hour later."""
        try:
            await run_in_threadpool(self._store.purge)
            await run_in_threadpool(self._inbox.withdraw)
        except Exception as error:  # noqa: BLE001 - chatting goes on without it
            log_failure("old conversations could not be deleted", error)

    async def purge_for_ever(self) -> None:
        while True:
            await asyncio.sleep(PURGE_EVERY)
            await self.purge()

    async def write_counts_for_ever(self) -> None:
        while True:
            await run_in_threadpool(_tell, "the counts", self._counts.write)
            await asyncio.sleep(WRITE_EVERY)


def _tell(whom: str, tell: Callable[[], None]) -> None:
    """Once the response is out: the visitor has the answer already, whatever breaks here. As a task: in a thread."""
    try:
        tell()
    except Exception as error:  # noqa: BLE001 - see above
        log_failure(f"{whom} could not be told", error)


async def _tell_now(whom: str, tell: Callable[[], None]) -> None:
    """What takes microseconds, for which a thread would cost more."""
    _tell(whom, tell)


def _takes(model: type[BaseModel]) -> dict[str, Any]:
    """A request body for the OpenAPI page; the route reads it itself, to bound and check it strictly."""
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": model.schema()}}}}


def _errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    return {status: {"model": schemas.ErrorOut} for status in statuses}
