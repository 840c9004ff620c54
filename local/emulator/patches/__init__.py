"""The differences between ministack and AWS that matter here, one patch for each.

The docstring of a patch describes what ministack does, what AWS does, and why the difference
matters. A patch replaces a private name of ministack; if the name is missing, the emulator does not
start.
"""

from local.emulator.components import Components
from local.emulator.ministack_internals import check_version
from local.emulator.patches import (
    assumed_roles,
    authorization,
    cloudformation,
    iam,
    lambda_functions,
    last_used,
    mail,
    organization_operations,
    organizations,
    parameters,
    queues,
    signatures,
    sns,
    stack_sets,
    state_machines,
)
from local.emulator.stack_sets import StackSets


def install(components: Components) -> None:
    """Apply all patches. Raises MinistackChangedError."""
    check_version()
    signatures.accept_any_signing_time()
    signatures.accept_requests_through_proxy(components.pool)
    signatures.treat_requests_as_tls()
    cloudformation.keep_schedule_time_zone()
    cloudformation.keep_topic_kms_key()
    cloudformation.refuse_taken_names()
    _authorize_requests()
    iam.paginate_users()
    iam.paginate_access_keys()
    iam.check_owner_of_deleted_key()
    last_used.serve_last_used(components.event_log)
    last_used.serve_last_used_in_credential_report(components.event_log)
    parameters.reject_invalid_values()
    organization_operations.add_membership_operations()
    organization_operations.add_delegation_operations()
    organizations.share_organizations()
    organizations.show_state_and_paths()
    organizations.paginate_lists()
    assumed_roles.name_role_as_principal()
    assumed_roles.tell_organization_ids()
    assumed_roles.limit_chained_sessions()
    sets = StackSets(components.pool.endpoint)
    stack_sets.deploy_stack_sets(sets)
    stack_sets.deploy_stack_sets_to_new_members(sets, components.background_tasks)
    state_machines.authorize_tasks()
    state_machines.authorize_distributed_maps()
    state_machines.limit_payloads()
    queues.answer_empty_queues_at_once()
    sns.reject_invalid_messages()
    sns.record_messages(components.clock, components.event_log)
    lambda_functions.run_in_lambda_runtime(components.clock, components.event_log, components.pool)
    lambda_functions.track_asynchronous_invocations(components.background_tasks)
    lambda_functions.run_schedules_by_emulated_clock(components.schedule_runner)


def _authorize_requests() -> None:
    authorization.authorize_key_calls_by_user()
    authorization.authorize_each_parameter()
    authorization.authorize_topic_kms_key()
    authorization.tell_leading_keys()
    authorization.parse_policies_once()
    mail.authorize_mails()
