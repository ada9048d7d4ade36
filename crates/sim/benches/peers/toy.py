"""The toy model of src/toy.rs in plain Python, Mesa and AgentPy, timed on one core.

Called by compare.sh with the line that the benchmark `toy` prints, for the first row of the
table; without arguments the table has only the Python rows.
"""

import statistics
import sys
import time
from importlib.metadata import version

import agentpy
import mesa

STAKERS = 10_000
STEPS = 100
RUNS = 5


def held(i):
    return 1 + 7_919 * i % 1_000


def required(i):
    return 10_000 + 104_729 * i % 190_001


def reward(n, k):
    return 30 * n + n * k // 5


def decide(staker, model):
    """One decision: all or nothing, given what the others stake."""
    without = model.total - staker.staked
    staker.staked = (
        staker.held
        if 1_000_000 * model.reward >= staker.required * (without + staker.held)
        else 0
    )
    model.total = without + staker.staked


class MesaStaker(mesa.Agent):
    def __init__(self, model, i):
        super().__init__(model)
        self.held, self.required, self.staked = held(i), required(i), 0

    def step(self):
        decide(self, self.model)


class MesaModel(mesa.Model):
    def __init__(self):
        super().__init__(seed=0)
        self.total, self.k = 0, 0
        for i in range(STAKERS):
            MesaStaker(self, i)

    def step(self):
        self.reward = reward(STAKERS, self.k)
        self.agents.do("step")
        self.k += 1


class AgentPyStaker(agentpy.Agent):
    def setup(self, **_):
        i = self.id - 1
        self.held, self.required, self.staked = held(i), required(i), 0

    def step(self):
        decide(self, self.model)


class AgentPyModel(agentpy.Model):
    def setup(self):
        self.total = 0
        # The model itself is number 0, so the stakers are 1 to n.
        self.stakers = agentpy.AgentList(self, STAKERS, AgentPyStaker)

    def step(self):
        self.reward = reward(STAKERS, self.t - 1)
        self.stakers.step()


class PlainStaker:
    __slots__ = ("held", "required", "staked")

    def __init__(self, i):
        self.held, self.required, self.staked = held(i), required(i), 0


class PlainModel:
    def __init__(self):
        self.total, self.k = 0, 0
        self.stakers = [PlainStaker(i) for i in range(STAKERS)]

    def step(self):
        self.reward = reward(STAKERS, self.k)
        for staker in self.stakers:
            decide(staker, self)
        self.k += 1


def agentpy_model():
    model = AgentPyModel()
    # Counts steps from 1 and calls setup; its own run() also records and reports.
    model.sim_setup(steps=STEPS)
    return model


def timed(build, step):
    """Median rate of some runs, and how the last one ended.

    In seconds of processor time, so that a busy machine does not count against the others;
    ours is timed by the clock.
    """
    rates = []
    for _ in range(RUNS):
        model = build()
        total = 0
        start = time.process_time()
        for _ in range(STEPS):
            step(model)
            total += model.total
        rates.append(STAKERS * STEPS / (time.process_time() - start))
    return statistics.median(rates), (model.total, total)


def main(ours):
    rows = []
    if ours:
        rate, staked, supply, total = (int(field) for field in ours)
        assert supply == sum(held(i) for i in range(STAKERS)), "another supply"
        rows.append(("homeostat-sim (Rust)", float(rate), (staked, total)))
    for name, build, step in [
        ("plain Python " + sys.version.split()[0], PlainModel, PlainModel.step),
        ("Mesa " + version("mesa"), MesaModel, MesaModel.step),
        ("AgentPy " + version("agentpy"), agentpy_model, AgentPyModel.sim_step),
    ]:
        rows.append((name, *timed(build, step)))

    supply = sum(held(i) for i in range(STAKERS))
    slowest = min(rate for _, rate, _ in rows)
    print(f"{STAKERS:,} stakers, {STEPS} steps, one core; median of the runs")
    print(f"{'':24}{'M agent-steps/s':>16}{'times':>8}{'staked share':>14}{'sum over steps':>18}")
    for name, rate, (staked, total) in rows:
        print(
            f"{name:24}{rate / 1e6:16.2f}{rate / slowest:8.1f}{staked / supply:14.6f}{total:18,}"
        )
    if len({outcome for _, _, outcome in rows}) != 1:
        sys.exit("the models do not end alike")


if __name__ == "__main__":
    main(sys.argv[2:])
