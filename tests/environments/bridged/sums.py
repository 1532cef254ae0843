"""An Inspect AI task and a `verifiers` taskset that need no network: sums."""

import random

import verifiers.v1 as vf
from inspect_ai import Task, task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.scorer import choice, includes, match
from inspect_ai.solver import generate, multiple_choice

__all__ = ["SumTaskset"]


def numbers() -> list[tuple[int, int]]:
    rng = random.Random(0)
    return [(rng.randint(100, 999), rng.randint(100, 999)) for _ in range(40)]


@task
def sums(scorers: int = 1) -> Task:
    samples = [
        Sample(input=f"What is {a} + {b}?", target=str(a + b), metadata={"a": a}) for a, b in numbers()
    ]
    return Task(dataset=MemoryDataset(samples), solver=generate(), scorer=[match(), includes()][:scorers])


@task
def chosen() -> Task:
    samples = [
        Sample(input=f"What is {a} + {b}?", choices=[str(a + b), str(a - b), str(a * b)], target="A")
        for a, b in numbers()
    ]
    return Task(dataset=MemoryDataset(samples), solver=multiple_choice(), scorer=choice())


@task
def boxed() -> Task:
    return Task(dataset=MemoryDataset([Sample(input="x", target="y")]), scorer=match(), sandbox="docker")


class SumData(vf.TaskData):
    answer: int = 0


class SumTask(vf.Task[SumData]):
    @vf.reward(weight=1.0)
    async def right(self, trace: vf.Trace) -> float:
        return float(trace.last_reply.split()[-1:] == [str(self.data.answer)])

    @vf.metric
    async def words(self, trace: vf.Trace) -> float:
        return float(len(trace.last_reply.split()))


class SumTaskset(vf.Taskset[SumTask, vf.TasksetConfig]):
    def load(self):
        for a, b in numbers():
            yield SumTask(SumData(prompt=f"What is {a} + {b}?", answer=a + b), self.config.task)
