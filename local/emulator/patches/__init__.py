"""Where ministack differs from AWS in what this product depends on, and what is done about it.

Each patch says what ministack does, what AWS does, and why the difference matters here. Each
replaces a private name; one that is gone stops the emulator from starting.
"""

from local.emulator.innards import check_version
from local.emulator.patches import functions, iam, requests, sns, templates
from local.emulator.workings import Workings


def install(parts: Workings) -> None:
    """Apply every patch, or raise."""
    check_version()
    requests.accept_any_signing_time()
    requests.accept_requests_through_a_proxy(parts.hosting)
    requests.pretend_tls()
    templates.keep_the_schedules_time_zone()
    templates.keep_the_topics_key()
    requests.check_the_user_of_a_key()
    requests.check_each_parameter()
    requests.check_the_topics_key()
    iam.page_users()
    iam.page_keys()
    iam.check_the_owner_of_a_deleted_key()
    iam.tell_last_uses(parts.journal)
    iam.report_last_uses(parts.journal)
    sns.refuse_bad_publications()
    sns.keep_mails(parts.clock, parts.journal)
    functions.run_in_the_lambda_runtime(parts.clock, parts.journal, parts.hosting)
    functions.wait_for_asynchronous_invocations(parts.background)
    functions.fire_by_the_timetable(parts.timetable)
