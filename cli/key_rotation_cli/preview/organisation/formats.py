"""How the preview of an organization is written."""

from key_rotation_cli.preview.organisation.csv_table import to_csv
from key_rotation_cli.preview.organisation.document import to_json
from key_rotation_cli.preview.organisation.page import to_html
from key_rotation_cli.preview.organisation.screen import print_preview
from key_rotation_cli.preview.output import Formats

OF_ORGANISATION = Formats(to_html=to_html, to_csv=to_csv, to_json=to_json, show=print_preview)
