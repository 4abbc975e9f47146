"""The work list: what is to be done, most worth first, and what operators make of it."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from tutorpulse.api import worklist_examples as examples
from tutorpulse.api.access import needs
from tutorpulse.api.answers import answer, polled
from tutorpulse.api.context import here, scorer_of
from tutorpulse.api.described import answers, content, not_modified
from tutorpulse.api.params import Cursor, Limit, Strict, Time
from tutorpulse.api.posted import posted, takes
from tutorpulse.features.frame import EntityType
from tutorpulse.service.proof.playbooks import kept
from tutorpulse.service.proof.shapes import Playbooks
from tutorpulse.service.worklist import tasks
from tutorpulse.service.worklist.shapes import TaskChange, TaskList, TaskPage
from tutorpulse.store.state.tasks import TaskState

router = APIRouter(tags=["worklist"])
TaskId = Annotated[str, Path(max_length=128, description="As the list has it; that of the recommendation.")]


class TaskParams(Strict):
    """Which tasks."""

    state: TaskState = Field("open", description="Of this state; `over`: its reason was gone first.")
    entity_type: EntityType | None = Field(None, description="Only of tutors, or only of students.")
    entity_id: str | None = Field(None, max_length=128, description="Only of this one.")
    owner: str | None = Field(None, max_length=128, description="Of this owner; empty: of nobody.")
    rule: str | None = Field(None, max_length=128, description="Of this rule.")
    due_before: Time | None = Field(None, description="Due before this time.")
    limit: Limit = 100
    cursor: Cursor = None

    def asked(self) -> tasks.Asked:
        """As the query asks it."""
        return tasks.Asked(
            self.state,
            self.entity_type,
            self.entity_id,
            self.owner,
            self.rule,
            self.due_before,
            self.cursor,
            self.limit,
        )


@router.get(
    "/v1/tasks",
    summary="What is to be done",
    responses=answers("One page.", content(TaskList, examples.TASKS), ("invalid",)) | not_modified(),
    dependencies=[needs("read")],
)
def list_tasks(request: Request, asked: Annotated[TaskParams, Query()]) -> Response:
    """Most worth first: risk × value at stake × how much such an action has helped. Values are at most an hour old.

    Whoever is held out of a playbook has no task of it meanwhile; whoever is paused, on leave or at their goal has no open one.
    """
    context = here(request)
    with context.service.lend() as pulse:
        context.values.bring_up_to_date(pulse)
        return polled(request, answer(tasks.listed(pulse, asked.asked())))


@router.get(
    "/v1/tasks/{task_id}",
    summary="One task",
    responses=answers(
        "The task and its trail.", content(TaskPage, examples.TASK_PAGE), ("not-found", "invalid")
    ),
    dependencies=[needs("read")],
)
def one_task(request: Request, task_id: TaskId) -> Response:
    """With who did what about it, oldest first."""
    with here(request).service.lend() as pulse:
        return answer(tasks.task_page(pulse, task_id))


@router.post(
    "/v1/tasks/{task_id}",
    summary="Do something about a task",
    responses=answers(
        "As it is now.",
        content(TaskPage, examples.TASK_PAGE),
        ("not-found", "invalid", "body-too-large", "media-type"),
    ),
    openapi_extra=takes(TaskChange, examples.TASK_CHANGE),
)
async def change_task(request: Request, task_id: TaskId) -> Response:
    """Mark it done or dismissed, put it off, give it to somebody, note something: in the name of the key.

    Done is told to the log as `action_taken`, and stays. Dismissed lasts until its reason is gone and comes again.
    """
    change, caller = await posted(request, TaskChange)

    def changed() -> TaskPage:
        with here(request).service.lend() as pulse:
            return tasks.change_task(pulse, task_id, change, caller.name)

    return answer(await run_in_threadpool(changed))


@router.get(
    "/v1/playbooks",
    summary="What actions do",
    responses=answers("Every trial.", content(Playbooks, examples.PLAYBOOKS)),
    dependencies=[needs("read")],
)
def list_playbooks(request: Request) -> Response:
    """Effects on exits, velocity and health of rules that hold out a share, with intervals; measured once a day at most.

    Where too little is known it says so. Only the interval for every look decides, so looking often does no harm.
    """
    context = here(request)
    scorer = scorer_of(context.service)
    with context.service.lend() as pulse:
        context.proofs.bring_up_to_date(pulse, scorer)
        return answer(kept(pulse))
