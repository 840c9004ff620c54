"""The templates of an organization stay as they are, whatever else the app can add to them."""

from tests.infra.template import Template

# If a change of these templates is meant, put the new digests here. If it is not, then a change for
# deployments with other context values has reached those without them.
_HUB = "889f53c3a2ec4518ae613412c39852f5775ea06b463ed2c61422c9aa67457565"
_MEMBER = "80ff2137b06d5f79f47bbd92aedad499d03b6812daafb18003b6e243edc85e11"


def test_the_templates_of_an_organization_are_byte_for_byte_what_they_were(
    hub: Template, member: Template
) -> None:
    assert hub.digest() == _HUB
    assert member.digest() == _MEMBER
