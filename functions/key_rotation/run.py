"""One run, on one screen: settings -> inventory -> decide -> apply -> record -> notify."""

from key_rotation.adapters import lease
from key_rotation.adapters.aws import Clients
from key_rotation.adapters.ledger import Ledger
from key_rotation.adapters.notices import Notices
from key_rotation.adapters.parameters import read_settings
from key_rotation.domain.budget import UNLIMITED, Budget
from key_rotation.domain.model import Mode, Now, Place
from key_rotation.domain.plan import make_plan
from key_rotation.errors import AnotherRunError
from key_rotation.reporting.outcome import outcomes_of
from key_rotation.reporting.report import Report
from key_rotation.request import Request
from key_rotation.service_layer.apply import Hands
from key_rotation.service_layer.details import describe
from key_rotation.service_layer.inventory import Eyes
from key_rotation.service_layer.tell import Voice


def run(
    request: Request,
    place: Place,
    clients: Clients,
    *,
    now: Now,
    run_id: str,
    budget: Budget = UNLIMITED,
) -> Report:
    """Enforce the rotation of every access key of the account, and tell people.

    Returns all there is to say of it: the failures of single keys, and what is left to the next
    part where time or room ran out. Raises AnotherRunError when another run is under way, or the
    ledger expects no such part, and RunStoppedError when this one cannot be trusted.
    """
    ledger = Ledger(clients.table, run_id)
    notices = Notices(clients.sns, place.topic_arn)
    with lease.held(clients.table, run_id, report=request.report) as held:
        previous = ledger.state()
        if request.remainder and request.remainder.fingerprint not in previous.going_on:
            raise AnotherRunError("a run that began since")
        settings = read_settings(clients.ssm, place.parameter_path)
        mode = Mode.REPORT if request.report else settings.mode
        if mode is Mode.ENFORCE:
            notices.require_listener()
        memory = ledger.memory()
        eyes = Eyes(clients.iam, settings, now, budget, mode)
        seen = eyes.look(memory, previous, request.remainder)
        limit = request.limit(settings.max_changes_per_run)
        first = request.remainder is None
        plan = make_plan(seen, memory, now=now, settings=settings, limit=limit, first=first)
        hands = Hands(clients.iam, ledger, held, settings, now, run_id, budget)
        plan = hands.carry_out(plan) if mode is Mode.ENFORCE else hands.only_remember(plan)
        report = Report(
            run_id=run_id,
            account_id=place.account_id,
            mode=mode,
            now=now,
            settings=settings,
            seen=seen,
            previous=previous,
            plan=plan,
            outcomes=describe(clients.iam, outcomes_of(plan, memory, previous, mode), seen),
            limit=limit,
            earlier=request.remainder,
        )
        report = Voice(notices, ledger, held, now, run_id).tell(report, memory)
        ledger.save(report.next_state())
        return report
