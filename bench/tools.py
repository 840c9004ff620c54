"""The tools that are measured."""

from enum import StrEnum


class Tool(StrEnum):
    """A tool, by its name in the report and in the order of its tables.

    The product is measured on four days, because its runs differ.
    """

    DEACTIVATION_DAY = "key-rotation, deactivation day"
    MINIMAL_SCRIPT = "minimal script"
    THREAD_POOL = "thread pool over all users"
    SEQUENTIAL = "one user at a time"
    CUSTODIAN_REPORT = "Cloud Custodian, credential report"
    CUSTODIAN_KEYS = "Cloud Custodian, access-key filter"
    QUIET_DAY = "key-rotation, quiet day"
    NOTICE_DAY = "key-rotation, notice day"
    FULL_SCAN_DAY = "key-rotation, full scan day"
