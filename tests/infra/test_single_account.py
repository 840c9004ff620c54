"""The template of a single account stays as it is, whatever the app learns about organizations."""

from pathlib import Path

from infra.app import build_app
from tests.infra.template import Synthesise, Template

# If a change of a single account's template is meant, put the new digest here. If it is not, then
# a change for organizations has reached deployments that have none.
_DEFAULT = "4b8a47a94deb817708e6e7cdad6b4cfdf24857c498e39ae3b42458a7c2994e08"
_CUSTOMISED = "e961d2ac4390d3479d6b19a3324b747c2e9641fb175f2ceb7c986f99704409a0"
_IN_CHINA_WITH_VIEWER = "56fc181290b19890430748073a1041e900be9b4c5e511cc00721fd9325956510"


def test_the_template_of_a_single_account_is_byte_for_byte_what_was_released(
    template: Template, customised: Template, synthesise: Synthesise
) -> None:
    with_viewer = synthesise("cn-north-1", viewer_policy="true")
    assert template.digest() == _DEFAULT
    assert customised.digest() == _CUSTOMISED
    assert with_viewer.digest() == _IN_CHINA_WITH_VIEWER


def test_the_app_of_a_single_account_has_one_stack(package: Path, tmp_path: Path) -> None:
    context: dict[str, object] = {"email": "none"}
    app = build_app(package=package, context=context, outdir=str(tmp_path), validate=False)
    assert [each.stack_name for each in app.synth().stacks] == ["KeyRotation"]
