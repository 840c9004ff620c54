"""Two Cloud Custodian policies that deactivate keys over 90 days old.

One filters by the listed keys, the other by the credential report.
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
