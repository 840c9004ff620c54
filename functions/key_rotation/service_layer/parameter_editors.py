"""Reads who edited the parameters that changed: only the digest tells it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from key_rotation.adapters.concurrency import in_parallel
from key_rotation.adapters.parameter_store import read_last_editor
from key_rotation.domain.settings import EXEMPTION
from key_rotation.reporting.exemption_news import as_many_as_fit
from key_rotation.reporting.report import Report
from key_rotation.service_layer.run_context import RunContext

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient


@dataclass(frozen=True, slots=True)
class ParameterEditorReader:
    """Reads editors while there is time.

    path: what stands before the names of the parameters, such as `/key-rotation`
    """

    ssm: "SSMClient"
    path: str
    context: RunContext

    def read(self, report: Report) -> Mapping[str, str | None]:
        """Return the ARN of the last editor of each parameter that the digest names as changed.

        By name, such as `mode` or `exemption/NAME`; None where it could not be read. Of a parameter
        that was removed, Parameter Store knows nothing.
        """
        changes, _ = as_many_as_fit(report.exemption_news.changes)
        one_by_one = (f"{EXEMPTION}/{change.name}" for change in changes if change.now)
        names = [*sorted(report.changed_parameters), *one_by_one]
        return dict(zip(names, in_parallel(self._editor, names), strict=True))

    def _editor(self, name: str) -> str | None:
        if not self.context.budget.allows_details:
            return None
        return read_last_editor(self.ssm, f"{self.path}/{name}")
