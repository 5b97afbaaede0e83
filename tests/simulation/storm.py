"""One run: a firm, its bad luck, the calm after, and the promises looked at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.exc import OperationalError

from core.errors import InlayError
from core.ledger import Plan, dead_letters
from core.ledger.operations import IN_FLIGHT
from core.store.tables import operation
from tests.simulation import happenings
from tests.simulation.disk import SimStore
from tests.simulation.fate import Crash, CrashPoint, Fate, Stuck
from tests.simulation.firm import LEASE, Firm
from tests.simulation.happenings import Happening
from tests.simulation.hours import WorldClock
from tests.simulation.promises import broken_promises
from tests.simulation.worlds import WORLDS, World

START = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
STEPS = 5
ROUNDS = 14
HOUR, DAY = 3600, 86_400


@dataclass(frozen=True)
class Ended:
    """How a run ended: the promises broken, the story, and the hash that names it."""

    world: str
    seed: int
    broken: tuple[str, ...]
    story: tuple[str, ...]
    hash: str
    crashes: int
    calls: int

    def __str__(self) -> str:
        """What somebody needs who has to find out why."""
        lines = [f"world {self.world!r}, seed {self.seed}:", *(f"  BROKEN {one}" for one in self.broken)]
        told = [*lines, "what happened:", *(f"  {line}" for line in self.story)]
        return "\n".join([*told, f"again: python -m tests.simulation --world '{self.world}' --seed {self.seed}"])


class Storm:
    """Everything that happens in one seed."""

    def __init__(
        self,
        world: World,
        seed: int,
        doom: CrashPoint | None = None,
        deadly: float | None = None,
        *,
        thick: bool = False,
    ) -> None:
        self.world = world
        self.seed = seed
        self.fate = Fate(f"{world.name}/{seed}", deadly=world.deadly if deadly is None else deadly, doom=doom)
        self.firm = Firm(world, self.fate, WorldClock(START), SimStore(self.fate, thick=thick))

    def run(self, script: tuple[Happening, ...] | None = None) -> Ended:
        """Let it happen, settle, and look."""
        firm, truth = self.firm, self.firm.truth
        try:
            happenings.found(firm)
            for happening in script or self._drawn():
                self._attempt(happening)
            self._settle()
        except Stuck as stuck:
            truth.breaks(f"liveness: {stuck}")
        finally:
            firm.store.close()
        fate = self.fate
        broken = tuple(truth.broken)
        return Ended(self.world.name, self.seed, broken, tuple(fate.story), fate.hash, fate.crashes, fate.calls)

    def _drawn(self) -> list[Happening]:
        """Two rounds of the job at least, and whatever else fate has in store between them."""
        names, weights = zip(*happenings.happenings_of(self.world), strict=True)
        drawn = [self.fate.weighed(names, weights) for _ in range(STEPS)]
        last = [] if self.world.polls else [happenings.rename, happenings.events, happenings.only_read]
        return [happenings.propose, happenings.work, *drawn[:3], happenings.work, *drawn[3:], *last]

    def _attempt(self, happening: Happening) -> bool:
        """Let one thing happen; the process may die of it, the disk be full, the vendor not answer."""
        self.fate.note(f"{self.firm.clock.now():%d. %H:%M:%S} {happening.__name__}")
        self.firm.clock.sleep(2)
        try:
            happening(self.firm)
        except Crash:
            self._start_again()
        except OperationalError as error:
            self.fate.note(f"      {error.orig}")
            self.firm.forget()
        except InlayError as error:
            self.fate.note(f"      {type(error).__name__}: {error.what}")
        else:
            return True
        return False

    def _start_again(self) -> None:
        """A new process: the same rows, no memory; some time has passed, at times more than a lease."""
        self.firm.forget()
        if self.world.power_cuts:
            self.firm.lose_power()
        self.firm.clock.sleep(self.fate.pick((1, 20, LEASE + 1)))

    # --- after the storm --------------------------------------------------------------------------------------------

    def _settle(self) -> None:
        """No more faults: within so many rounds everything must come to rest by itself."""
        self.fate.calm = True
        self.firm.store.make_room()
        for system in self.firm.systems:
            system.down_until, system.locked_out = None, False
        for number in range(ROUNDS):
            self.firm.clock.sleep(DAY if self.world.temper.quota else HOUR)
            if self._attempt(self._round_numbered(number)) and self._is_quiet():
                for broken in broken_promises(self.firm, self._plan):
                    self.firm.truth.breaks(broken)
                return
        self.firm.truth.breaks(f"liveness: not at rest after {ROUNDS} rounds")

    def _round_numbered(self, number: int) -> Happening:
        def settling(firm: Firm) -> None:
            if not self.world.polls:
                happenings.events(firm)
            if number == 0:
                firm.resume()
                self._look_for_letters()
                for system in firm.systems:
                    system.heal()
            self._letters(number)
            firm.sync(full=self.world.reconciles)
            firm.join()
            firm.signals()
            plan = firm.plan()
            if plan.ready or plan.in_flight:
                firm.apply()

        return settling

    def _letters(self, number: int) -> None:
        """A person looks after the dead letters: sends them again, and later gives them up."""
        if not dead_letters(self.firm.store):
            return
        if number < 2:
            self.firm.replay()
        else:
            self.firm.dismiss()

    def _look_for_letters(self) -> None:
        """I9: what the vendor refuses for good has to be among the dead letters, or still on its way to them."""
        firm = self.firm
        letters = {one.operation.key for one in dead_letters(firm.store)}
        with firm.store.read() as conn:
            query = operation.select().with_only_columns(operation.c.key, operation.c.state)
            states = {row[0]: row[1] for row in conn.execute(query.where(operation.c.key.in_(firm.truth.refused)))}
        for key in sorted(firm.truth.refused):
            if states.get(key, "planned") not in ("planned", *IN_FLIGHT) and key not in letters:
                firm.truth.breaks(f"I9 {key} was refused, is {states[key]}, and no dead letter says so")

    @property
    def _plan(self) -> Plan:
        assert self.firm.last_plan is not None
        return self.firm.last_plan

    def _is_quiet(self) -> bool:
        plan = self._plan
        untold = any(crm.outgoing for crm in self.firm.crms) and not self.world.polls
        return not plan.ready and not plan.in_flight and not dead_letters(self.firm.store) and not untold


Told = Callable[[Ended], None]


def run_seed(world: str, seed: int) -> Ended:
    """One run of one world."""
    return Storm(WORLDS[world], seed).run()
