"""Two policies for Cloud Custodian, as documented, that deactivate keys over 90 days.

Its action `remove-keys` needs no more than these; a policy without a filter on the keys would do
the same, with fewer words and as many calls.
"""

BY_KEYS = """\
policies:
  - name: old-keys
    resource: aws.iam-user
    filters:
      - type: access-key
        key: Status
        value: Active
      - type: access-key
        match-operator: and
        key: CreateDate
        value_type: age
        op: greater-than
        value: 90
    actions:
      - {type: remove-keys, disable: true, age: 90}
"""

BY_REPORT = """\
policies:
  - name: old-keys
    resource: aws.iam-user
    filters:
      - type: credential
        key: access_keys.active
        value: true
      - type: credential
        key: access_keys.last_rotated
        value_type: age
        op: greater-than
        value: 90
    actions:
      - {type: remove-keys, disable: true, age: 90}
"""
